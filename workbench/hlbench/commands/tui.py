"""`hlbench tui`: live inspection of an embedded exchange, a running server, or a recording."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from hlbench.commands.output import say
from hlbench.commands.reading import Attach, Port, Token
from hlbench.controls import Controls
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert
from hlbench.sources import open_source

if TYPE_CHECKING:
    from hlbench.tui.lab_run import LabRun


def tui(
    recording: Path | None = None,
    /,
    *,
    attach: Attach = None,
    token: Token = None,
    beside: Path | None = None,
    scenario: str | None = None,
    schedule: str | None = None,
    variant: Literal["failing", "passing"] = "failing",
    defect: str | None = None,
    web: Annotated[bool, Parameter(negative="")] = False,
    port: Port = 8081,
) -> ExitCode:
    """Watch the registry, every order's path and its verdict.

    Without a recording and without --attach it embeds an exchange and lets the demo's three wallets trade on it.

    Args:
        recording: a file that `hlbench serve --record` wrote, or a foreign log.
        attach: a running server.
        token: the server's token, where it needs one.
        beside: another recording, whose ladders are shown beside this one's.
        scenario: of the lab, to step through it, as `hlbench lab list` names it.
        schedule: of the lab's run, as `hlbench lab explore` prints it.
        variant: of the lab's scenario: with its bug, or without.
        defect: another defect of the library in its place.
        web: show it in a browser on this machine.
        port: of the browser's page; 0 takes a free one.
    """
    if beside is not None and recording is None and attach is None:
        raise UsageError("--beside compares a recording with another, or a server: name one")
    if web:
        return _in_browser(recording, attach, token, beside, (scenario, schedule, variant, defect), port)
    run = _lab_run(scenario, schedule, variant, defect)
    if recording is None and attach is None:
        _need_terminal()
        return _embedded(run)
    from hlbench.sources.attached import AttachedSource
    from hlbench.tui.app import WorkbenchApp

    try:
        source = open_source(recording, attach=attach, token=token)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        _need_terminal()
        controller = source.controller if isinstance(source, AttachedSource) else None
        controls = Controls(source.url, token=token, controller=controller) if source.url is not None else None
        other = open_source(beside) if beside is not None else None
        WorkbenchApp(source, lab=run, controls=controls, beside=other).run()
    finally:
        trouble = source.error
        source.close()
    if trouble is not None:
        say(f"hlbench: {inert(trouble)}")
        return ExitCode.UNREACHABLE
    return ExitCode.FINE


def _need_terminal() -> None:
    if not has_terminal():
        raise UsageError("the TUI needs a terminal: `hlbench demo`, `why` and `report` write text, `tui --web` a page")


def has_terminal() -> bool:
    """Whether there is one to draw on; a page of `--web` brings its own driver."""
    return "TEXTUAL_DRIVER" in os.environ or all(
        stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__)
    )


def _lab_run(
    name: str | None, schedule: str | None, variant: Literal["failing", "passing"], defect: str | None
) -> "LabRun | None":
    if name is None:
        if schedule is not None or defect is not None:
            raise UsageError("--schedule and --defect belong to a scenario: name one with --scenario")
        return None
    from hlbench.commands.lab import schedule_of, target_of
    from hlbench.lab.schedules import FIFO
    from hlbench.tui.lab_run import LabRun

    return LabRun(target_of(name, variant, defect), FIFO if schedule is None else schedule_of(schedule))


def _in_browser(
    recording: Path | None,
    attach: str | None,
    token: str | None,
    beside: Path | None,
    lab: tuple[str | None, str | None, Literal["failing", "passing"], str | None],
    port: int,
) -> ExitCode:
    """Each page runs this command in a process of its own; the demo's exchange, where there is one, is shared. What
    cannot be shown is told here, before anybody opens a page."""
    run = _lab_run(*lab)
    if run is not None:
        run.close()
    for file in (recording, beside):
        if file is not None:
            open_source(file).close()
    try:
        from hlbench.web import WebWorkbench
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'hlbench[web]'") from error
    if token is not None:
        os.environ["HLBENCH_TOKEN"] = token  # for the pages' processes; a command line is for all to see
    with _demo() if recording is None and attach is None else nullcontext() as url:
        words = [sys.executable, "-c", "from hlbench.cli import main; main()", "tui"]
        words += [str(recording)] if recording is not None else ["--attach", attach or url or ""]
        words += ["--beside", str(beside)] if beside is not None else []
        for name, value in zip(("--scenario", "--schedule", "--variant", "--defect"), lab, strict=True):
            words += [name, value] if value is not None and lab[0] is not None else []
        try:
            workbench = WebWorkbench(shlex.join(words), port)
        except OSError as error:
            say(f"hlbench: cannot listen on port {port}: {os.strerror(error.errno or 0)}; try --port 0")
            return ExitCode.UNREACHABLE
        workbench.run(lambda link: say(f"hlbench: open {link} (the link works once)"))
    return ExitCode.FINE


@contextmanager
def _demo() -> Iterator[str]:
    from hlbench.demo.traffic import Traffic
    from hlmock import MockExchange

    with MockExchange() as exchange:
        traffic = Traffic(exchange)
        traffic.start()
        try:
            yield exchange.url
        finally:
            traffic.stop()


def _embedded(run: "LabRun | None") -> ExitCode:
    from hlbench.demo.traffic import Traffic
    from hlbench.sources.embedded import EmbeddedSource
    from hlbench.tui.app import WorkbenchApp
    from hlmock import MockExchange

    with MockExchange() as exchange:
        traffic = Traffic(exchange)
        traffic.start()
        source = EmbeddedSource(exchange, on_close=traffic.stop)
        try:
            WorkbenchApp(source, lab=run, controls=Controls(exchange.url)).run()
        finally:
            source.close()
    if traffic.error is not None:
        say(f"hlbench: the demo's traffic ended early: {traffic.error}")
    return ExitCode.FINE
