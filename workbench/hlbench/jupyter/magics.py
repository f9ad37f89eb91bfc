"""`%hlbench` in IPython and Jupyter: a server, an attachment, a lab run, and the answers to "why?".

Rule 1: what is said last is what is asked: `serve`, `attach` and `run` open something, `why`, `timeline` and `follow`
look at it. Rule 2: what looks returns a value, so that it can be kept: `answer = %hlbench why 0x...`. Rule 3: a mistake
is one line that says what would be right, never a traceback.
"""

import atexit
import os
import re
import shlex
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from hlbench.answers import Answer, order_id
from hlbench.jupyter.runs import LabRun, run_scenario
from hlbench.sources import EventSource, SourceError, open_source
from hlbench.sources.embedded import EmbeddedSource
from hlbench.timeline import Timeline

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hlbench.jupyter.live import LiveView
    from hlmock import MockExchange

CATCH_UP_S: Final = 10.0

_ADDRESS: Final = re.compile(r"\w+://.*|[^/\\]+:\d+")
"""A server's; all else is a file's."""

NOTHING: Final = (
    "nothing is open: start with %hlbench serve, %hlbench attach http://127.0.0.1:8080, %hlbench attach run.hlrec or"
    " %hlbench run S03"
)


@magics_class
class HlbenchMagics(Magics):
    """`%hlbench serve | attach | run | why | timeline | follow | stop`."""

    def __init__(self, shell: "InteractiveShell") -> None:
        super().__init__(shell)
        self._variables = shell.user_ns
        self.served: MockExchange | None = None
        self.opened: EventSource | LabRun | None = None
        """What `why`, `timeline` and `follow` look at."""
        self._views: list[LiveView] = []
        self._parser = _parser()
        atexit.register(self.close)

    @line_magic
    def hlbench(self, line: str) -> Any:
        """Debug order flow: `%hlbench --help` lists what it can do."""
        try:
            found = self._parser.parse_args(shlex.split(line))
            return getattr(self, f"_{found.does}")(found)
        except _Done:
            return None
        except (SourceError, ValueError, OSError) as error:
            raise UsageError(f"%hlbench: {error}") from error

    def close(self) -> None:
        """End everything that was opened here."""
        self._let_go()
        for view in self._views:
            view.close()
            view.source.close()
        self._views.clear()
        served, self.served = self.served, None
        if served is not None:
            served.stop()

    # -- opening --------------------------------------------------------------------------------------------

    def _serve(self, asked: Namespace) -> None:
        from hlmock import MockExchange

        if self.served is not None:
            raise UsageError(f"%hlbench: {self.served.url} is being served; %hlbench stop ends it")
        self._let_go()
        self.served = MockExchange(port=asked.port, record=asked.record).start()
        self.opened = EmbeddedSource(self.served)
        self._say(f"serving {self.served.url} and {self.served.ws_url}; the variable `exchange` is this exchange")
        self._variables["exchange"] = self.served

    def _attach(self, asked: Namespace) -> None:
        target = asked.target
        is_server = _ADDRESS.fullmatch(target) is not None
        source = open_source(attach=target, token=asked.token) if is_server else open_source(target)
        try:
            source.catch_up(CATCH_UP_S)
        except SourceError:
            source.close()
            raise
        self._let_go()
        self.opened = source
        self._say(f"{source.description}: events up to seq {source.last_seq:,}")

    def _run(self, asked: Namespace) -> LabRun:
        run = run_scenario(asked.scenario, asked.schedule, variant=asked.variant, defect=asked.defect)
        self._let_go()
        self.opened = run
        return run

    def _let_go(self) -> None:
        """Make room for another one. What a live view follows stays open until `close`."""
        opened, self.opened = self.opened, None
        if opened is None or isinstance(opened, LabRun):
            return
        if all(view.source is not opened for view in self._views):
            opened.close()

    # -- looking --------------------------------------------------------------------------------------------

    def _timeline(self, asked: Namespace) -> Timeline:
        opened = self._current()
        if isinstance(opened, LabRun):
            return opened.timeline
        if opened.is_live:
            opened.catch_up(CATCH_UP_S)
        return Timeline(opened)

    def _why(self, asked: Namespace) -> Answer:
        return self._timeline(asked).why(**order_id(asked.order), account=asked.account, all=asked.all)

    def _follow(self, asked: Namespace) -> "LiveView":
        from hlbench.jupyter.live import follow

        opened = self._current()
        if isinstance(opened, LabRun):
            raise UsageError("%hlbench: a lab run is over; %hlbench timeline shows it")
        view = follow(opened, rows=asked.rows)
        self._views.append(view)
        return view

    def _stop(self, asked: Namespace) -> None:
        self.close()

    def _current(self) -> EventSource | LabRun:
        if self.opened is None:
            raise UsageError(f"%hlbench: {NOTHING}")
        return self.opened

    def _say(self, text: str) -> None:
        print(text)  # noqa: T201  # narration in the cell's output


class _Done(Exception):
    """Help was shown."""


class _Parser(ArgumentParser):
    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _Done

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}; {self.prog} --help says more")


def _parser() -> _Parser:
    parser = _Parser(prog="%hlbench", description="Debug Hyperliquid order flow from a notebook.")
    does = parser.add_subparsers(dest="does", required=True, metavar="serve|attach|run|why|timeline|follow|stop")

    serve = does.add_parser("serve", prog="%hlbench serve", help="start a mock exchange; the variable `exchange` is it")
    serve.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    serve.add_argument("--record", help="file to record the event stream to")

    attach = does.add_parser(
        "attach", prog="%hlbench attach", help="read a running server, a recording or a foreign log"
    )
    attach.add_argument("target", help="http://127.0.0.1:8080, or a file")
    attach.add_argument("--token", default=os.environ.get("HLBENCH_TOKEN"), help="the server's; else HLBENCH_TOKEN")

    run = does.add_parser("run", prog="%hlbench run", help="run a scenario of the lab, and say what it breaks")
    run.add_argument("scenario", help="as `hlbench lab list` shows it: S03")
    run.add_argument(
        "schedule", nargs="?", help="as `hlbench lab explore` prints it; without it a failing one is sought"
    )
    run.add_argument("--variant", choices=("failing", "passing"), default="failing", help="with the bug, or without")
    run.add_argument("--defect", help="another defect of the library in its place")

    why = does.add_parser("why", prog="%hlbench why", help="the verdict for one order")
    why.add_argument("order", help="cloid or oid")
    why.add_argument("--account", help="whose order, where several use the cloid")
    why.add_argument("--all", action="store_true", help="every use of the cloid, not only the newest")

    does.add_parser("timeline", prog="%hlbench timeline", help="everything so far, as frames")

    follow = does.add_parser("follow", prog="%hlbench follow", help="a live view of the server")
    follow.add_argument("--rows", type=int, default=12, help="orders shown")

    does.add_parser("stop", prog="%hlbench stop", help="end the server and whatever else was opened")
    return parser


def load(shell: "InteractiveShell") -> None:
    """What `%load_ext hlbench` does; again, it changes nothing."""
    if "hlbench" not in shell.magics_manager.magics["line"]:
        shell.register_magics(HlbenchMagics(shell))


def unload(shell: "InteractiveShell") -> None:
    """What `%unload_ext hlbench` does."""
    magic = shell.magics_manager.magics["line"].pop("hlbench", None)
    if magic is not None:
        magic.__self__.close()
