"""The application: wakes up when the source has more, folds it in, and lets the screen show it.

Rule 1: a source's wake-up, in whatever thread, becomes one message, however many there are. Rule 2: events are folded
in for a short while at a time, so that keys are answered in between. Rule 3: it reads the source; what changes the
server goes through `controls`.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.timer import Timer

from hlbench.controls import Controls
from hlbench.inert import inert
from hlbench.saved_filters import saved_filters
from hlbench.sources.base import EventSource
from hlbench.sources.saving import save_recording
from hlbench.tui.control_panel import NO_SERVER, Action, ControlPanel, Done, check
from hlbench.tui.lab_run import LabRun
from hlbench.tui.orders import OrderRow
from hlbench.tui.screens.ask import AskScreen
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.screens.control import ControlScreen
from hlbench.tui.screens.deliveries import DeliveriesScreen
from hlbench.tui.screens.frames import FramesScreen
from hlbench.tui.screens.help import HelpScreen
from hlbench.tui.screens.lab import LabScreen
from hlbench.tui.screens.ladder import LadderScreen
from hlbench.tui.screens.live import LiveScreen
from hlbench.tui.session import Session
from hlbench.tui.theme import DARK, LIGHT
from hlmock.trace.folds import LIVE_STATUSES

FRAME_S: Final = 0.05
"""Events are shown at most this often."""

BREATH_S: Final = 0.01
"""While there is more to fold in than fits into one frame, keys have their turn for so long."""

BUDGET_NS: Final = 25_000_000
"""Folding takes at most so long before keys and drawing have their turn."""

TICK_S: Final = 0.5
"""Pace, counts and verdicts go on this often where nothing happens."""


WHOLE_NS: Final = 60_000_000_000
"""For a source that is read to its end at once."""

LAB: Final = 4
"""Which of the screens is the lab."""


class TraceAppended(Message):
    """The source may have more. Posted from any thread, once until it is handled."""

    bubble = False

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, TraceAppended)


class WorkbenchApp(App[None]):
    """The workbench over one source.

    Args:
        source: what is shown. Closed when the application ends.
        lab: a run of the lab that is open at the start.
        beside: another run, whose ladders stand beside this one's. Read to its end at the start.
        controls: of the server that the source shows; without them it can only be watched.
        clock_ns: monotonic; a test gives its own.
    """

    CSS_PATH = "workbench.tcss"
    TITLE = "hlbench"
    ENABLE_COMMAND_PALETTE = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="What all this is"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Quit the workbench"),
        Binding("E", "save", show=False, id="app.save", tooltip="Keep everything as a recording"),
        Binding("colon", "palette", show=False, id="app.palette", tooltip="Every command"),
        *(Binding(str(number), f"screen({number})", show=False, id=f"app.screen{number}") for number in range(1, 10)),
    ]

    def __init__(
        self,
        source: EventSource,
        *,
        lab: LabRun | None = None,
        controls: Controls | None = None,
        beside: EventSource | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__()
        self.home = source
        """What is shown while no run of the lab is open."""
        self._source: EventSource = lab.source if lab is not None else self.home
        self.session = Session(self._source, names=lab.names if lab is not None else {}, clock_ns=clock_ns)
        self.live = LiveScreen(self.session)
        self.panel = ControlPanel(controls)
        self.control = ControlScreen(self.session, self.panel)
        self._beside = Session(beside, clock_ns=clock_ns) if beside is not None else None
        self.ladder = LadderScreen(self.session, self._beside)
        self.pages: tuple[WorkbenchScreen, ...] = (
            self.live,
            self.ladder,
            DeliveriesScreen(self.session),
            FramesScreen(self.session),
            LabScreen(self.session, lab),
            self.control,
        )
        """The screens, in the order of their keys."""
        self.current: WorkbenchScreen = self.live if lab is None else self.pages[LAB]
        """The one that is shown, below any dialog."""
        self.tabs = tuple(page.TITLE_OF_TAB for page in self.pages)
        self._stop_listening: Callable[[], None] | None = None
        self._is_woken = False
        self._next_frame = 0.0
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        for page in self.pages:
            self.install_screen(page, page.TITLE_OF_TAB)
        if self._beside is not None:
            while self._beside.drain(WHOLE_NS):
                pass
            self._beside.look(at_once=True)
        self.push_screen(self.current.TITLE_OF_TAB)
        self._stop_listening = self._source.listen(self.wake)
        self.set_interval(TICK_S, self._tick, name="tick")
        self.wake()

    def on_unmount(self) -> None:
        if self._stop_listening is not None:
            self._stop_listening()
        self.home.close()
        if self._beside is not None:
            self._beside.source.close()

    # -- following the source -------------------------------------------------------------------------------

    def follow(self, source: EventSource, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """Show another source from now on, on every screen; `names` of accounts as in `Session`."""
        if self._stop_listening is not None:
            self._stop_listening()
        self._source = source
        self._stop_listening = source.listen(self.wake)
        self.session.open(source, names)
        self.wake()

    def wake(self) -> None:
        """There may be more to show. Any thread."""
        if not self._is_woken:
            self._is_woken = True
            self.post_message(TraceAppended())

    def on_trace_appended(self) -> None:
        self._is_woken = False
        if self._timer is not None:
            return
        delay = self._next_frame - time.monotonic()
        if delay > 0:
            self._timer = self.set_timer(delay, self._frame, name="frame")
        else:
            self._frame()

    def _frame(self) -> None:
        """Fold in what there is and show it."""
        self._timer = None
        has_more = self.session.drain(BUDGET_NS)
        self.current.update(is_new=self.session.look())
        has_more |= self.current.scan()
        self._next_frame = time.monotonic() + (BREATH_S if has_more else FRAME_S)
        if has_more:
            self.wake()

    def _tick(self) -> None:
        self.current.update(is_new=self.session.look())

    # -- actions --------------------------------------------------------------------------------------------

    def action_screen(self, number: int) -> None:
        """Show another screen; the selection and the cursor stay."""
        if self.screen is self.current and 1 <= number <= len(self.pages):
            self.show(self.pages[number - 1])

    def show(self, page: WorkbenchScreen) -> None:
        """Show this screen."""
        self.current = page
        self.switch_screen(self.current.TITLE_OF_TAB)
        self.current.update(is_new=True)

    def action_pause(self) -> None:
        """Freeze the view, or go on."""
        if self.session.is_paused:
            self.action_resume()
        else:
            self.session.is_paused = True
            self.current.update()

    def action_resume(self) -> None:
        """Go on."""
        self.session.resume()
        self.current.update(is_new=True)
        self.wake()

    # -- controlling the server -----------------------------------------------------------------------------

    def do(self, make: Callable[[], Action]) -> None:
        """Have something done to the server, in a thread; say what came of it."""
        try:
            action = make()
        except ValueError as error:
            self.notify(inert(error), severity="warning", timeout=6, markup=False)
            return

        def work() -> None:
            done = self.panel.do(action)
            self.panel.ask_gates()
            self.call_from_thread(self._done, done)

        self.run_worker(work, name=action.command, group="control", thread=True)

    def _done(self, done: Done) -> None:
        if self.current is not self.control:  # which lists it
            severity: SeverityLevel = "warning" if done.is_refused else "information"
            timeout = 8 if done.is_refused else 4
            self.notify(done.answer, title=done.command, severity=severity, timeout=timeout, markup=False)
        self.control.show_done(done)

    def _ask(self, question: str, hint: str, make: Callable[[str], Action], answer: str = "") -> None:
        """Ask for the words of an action, and do it."""
        if self.panel.controls is None:
            self.notify(NO_SERVER, timeout=6, markup=False)
            return

        def go(text: str | None) -> None:
            if text:
                self.do(lambda: make(text))

        self.push_screen(AskScreen(question, hint, answer=answer, check=lambda text: check(make, text)), go)

    def action_break_at(self) -> None:
        """Hold paths at a stage."""
        board, selection, row = self.session.board, self.session.selection, self.session.order
        suggested = "registry.resolved"
        if selection.connection is not None:
            suggested = f"delivery.enqueued connection:{selection.connection}"
        elif row is not None:
            suggested += f" account:{board.names.get(row.account, row.account)}"
        hint = "STAGE, then account: connection: coin: oid: cloid: channel: found= nth= before"
        self._ask(
            "Break at", hint, lambda text: self.panel.break_at(text, board.names, board.state.accounts), suggested
        )

    def action_release(self, count: int | None = None) -> None:
        """Let everything held go on, or so many paths."""
        self.do(lambda: self.panel.release(count=count))

    def action_remove_gates(self) -> None:
        """Take every breakpoint away."""
        self.do(self.panel.remove_gates)

    def action_order(self) -> None:
        """Place an order of a test wallet."""
        self._ask("Order", "alice buy 0.01 BTC at 60000 Gtc", self.panel.order)

    def _resting(self) -> OrderRow | None:
        row = self.session.order
        return row if row is not None and row.status in LIVE_STATUSES else None

    def action_cancel(self) -> None:
        """Cancel an order of a test wallet; the selected one is suggested while it rests."""
        row, names = self._resting(), self.session.board.names
        mine = f"{names[row.account]} {row.coin} {row.oid}" if row is not None and row.account in names else ""
        self._ask("Cancel", "alice BTC 400000000001", self.panel.cancel, mine)

    def action_fill(self) -> None:
        """Force an execution; the selected order is suggested while it rests."""
        row = self._resting()
        self._ask("Fill", "oid or cloid, size, price", self.panel.fill, str(row.oid) if row is not None else "")

    def action_quote(self) -> None:
        """Set a quoted best bid and offer."""
        self._ask("Quote", "BTC 60000 60010", self.panel.quote)

    def action_advance(self) -> None:
        """Move the exchange's clock."""
        self._ask("Advance the clock by", "30, 5m, 1h", self.panel.advance)

    def action_save(self) -> None:
        """Keep everything that can be read as a recording."""
        source = self._source

        def go(name: str | None) -> None:
            if name:
                self.run_worker(lambda: self._save(source, Path(name)), name="save", thread=True)

        self.push_screen(AskScreen("Save a recording", "a new file", answer="run.hlrec"), go)

    def _save(self, source: EventSource, path: Path) -> None:
        """In a thread."""
        try:
            said = f"{save_recording(source, path):,} events written to {path}"
        except OSError as error:
            said = f"Cannot save: {error}"
        self.call_from_thread(lambda: self.notify(inert(said), timeout=6, markup=False))

    # -- everything -----------------------------------------------------------------------------------------

    def _use_filter(self, text: str) -> None:
        self.show(self.live)
        self.live.use_filter(text)

    def action_palette(self) -> None:
        """Every command, by name."""
        self.action_command_palette()

    def action_help(self) -> None:
        self.push_screen(HelpScreen())

    def action_toggle_theme(self) -> None:
        """Dark, or light."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield SystemCommand("Help", "What all this is", self.action_help)
        yield SystemCommand("Pause or go on", "Freeze the view, never the server", self.action_pause)
        for number, page in enumerate(self.pages, 1):
            yield SystemCommand(page.TITLE_OF_TAB, f"Key {number}", partial(self.action_screen, number))
        yield SystemCommand("Go on live", "Follow the newest", self.current.action_live)
        yield SystemCommand("Next problem", "The next missing or late update", partial(self.current.action_problem, 1))
        yield SystemCommand("Previous problem", "The one before", partial(self.current.action_problem, -1))
        yield SystemCommand("Filter", "Filter the event log", self.live.action_filter)
        for text in saved_filters():
            yield SystemCommand(f"Filter: {inert(text)}", "A saved filter", partial(self._use_filter, text))
        yield SystemCommand("Break at", "Hold paths at a stage", self.action_break_at)
        yield SystemCommand("Continue", "Let everything held go on", self.action_release)
        yield SystemCommand("Step", "Let one held path go on", partial(self.action_release, 1))
        yield SystemCommand("Remove breakpoints", "All; what they hold goes on", self.action_remove_gates)
        yield SystemCommand("Order", "Place an order of a test wallet", self.action_order)
        yield SystemCommand("Cancel", "Cancel an order of a test wallet", self.action_cancel)
        yield SystemCommand("Fill", "Force an execution of a resting order", self.action_fill)
        yield SystemCommand("Quote", "Set a quoted best bid and offer", self.action_quote)
        yield SystemCommand("Advance the clock", "Of the exchange, not of this machine", self.action_advance)
        yield SystemCommand("Save a recording", "Everything that can be read, as a file", self.action_save)
        yield SystemCommand("Copy the command line", "That says the same as the screen", self.current.action_copy)
        yield SystemCommand("Dark or light", "Change between the two themes", self.action_toggle_theme)
        yield from super().get_system_commands(screen)
