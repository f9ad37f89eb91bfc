"""The application: wakes up when the source has more, folds it in, and lets the screen show it.

Rule 1: a source's wake-up, in whatever thread, becomes one message, however many there are. Rule 2: events are folded
in for a short while at a time, so that keys are answered in between. Rule 3: it reads the source; what changes the
server goes through `controls`.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from hlbench.sources.base import EventSource
from hlbench.tui.lab_run import LabRun
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.screens.deliveries import DeliveriesScreen
from hlbench.tui.screens.frames import FramesScreen
from hlbench.tui.screens.help import HelpScreen
from hlbench.tui.screens.lab import LabScreen
from hlbench.tui.screens.ladder import LadderScreen
from hlbench.tui.screens.live import LiveScreen
from hlbench.tui.session import Session
from hlbench.tui.theme import DARK, LIGHT

FRAME_S: Final = 0.05
"""Events are shown at most this often."""

BREATH_S: Final = 0.01
"""While there is more to fold in than fits into one frame, keys have their turn for so long."""

BUDGET_NS: Final = 25_000_000
"""Folding takes at most so long before keys and drawing have their turn."""

TICK_S: Final = 0.5
"""Pace, counts and verdicts go on this often where nothing happens."""


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
        clock_ns: monotonic; a test gives its own.
    """

    CSS_PATH = "workbench.tcss"
    TITLE = "hlbench"
    ENABLE_COMMAND_PALETTE = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="What all this is"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Quit the workbench"),
        Binding("colon", "palette", show=False, id="app.palette", tooltip="Every command"),
        *(Binding(str(number), f"screen({number})", show=False, id=f"app.screen{number}") for number in range(1, 10)),
    ]

    def __init__(
        self,
        source: EventSource,
        *,
        lab: LabRun | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__()
        self.home = source
        """What is shown while no run of the lab is open."""
        self._source: EventSource = lab.source if lab is not None else self.home
        self.session = Session(self._source, clock_ns=clock_ns)
        self.live = LiveScreen(self.session)
        self.ladder = LadderScreen(self.session)
        self.pages: tuple[WorkbenchScreen, ...] = (
            self.live,
            self.ladder,
            DeliveriesScreen(self.session),
            FramesScreen(self.session),
            LabScreen(self.session, lab),
        )
        """The screens, in the order of their keys."""
        self.current: WorkbenchScreen = self.live if lab is None else self.pages[-1]
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
        self.push_screen(self.current.TITLE_OF_TAB)
        self._stop_listening = self._source.listen(self.wake)
        self.set_interval(TICK_S, self._tick, name="tick")
        self.wake()

    def on_unmount(self) -> None:
        if self._stop_listening is not None:
            self._stop_listening()
        self.home.close()

    # -- following the source -------------------------------------------------------------------------------

    def follow(self, source: EventSource) -> None:
        """Show another source from now on, on every screen."""
        if self._stop_listening is not None:
            self._stop_listening()
        self._source = source
        self._stop_listening = source.listen(self.wake)
        self.session.open(source)
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
        yield SystemCommand("Copy the command line", "That says the same as the screen", self.current.action_copy)
        yield SystemCommand("Dark or light", "Change between the two themes", self.action_toggle_theme)
        yield from super().get_system_commands(screen)
