"""What every screen of the workbench has: header, cursor, command line, and the keys that mean the same everywhere."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hlbench.tui.commands import command_for
from hlbench.tui.session import Session
from hlbench.tui.widgets.command_line import CommandLine
from hlbench.tui.widgets.header import StatusHeader
from hlbench.tui.widgets.scrubber import Scrubber

if TYPE_CHECKING:
    from hlbench.tui.app import WorkbenchApp


class WorkbenchScreen(Screen[None]):
    """A screen over the one session. A subclass composes its panes and implements `show_board`.

    `header`, `scrubber` and `command_line` are made here; the subclass puts them into its layout.
    """

    TITLE_OF_TAB: ClassVar[str]
    """What the header calls it."""

    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (110, "-normal"),
        (160, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.pause", "Pause", id="pause", tooltip="Freeze the view, never the server"),
        Binding("L", "live", "Live", id="live", tooltip="Go on, and follow the newest"),
        Binding("left", "step(-1)", "Back", show=False, id="step_back", tooltip="One event back"),
        Binding("right", "step(1)", "Forward", show=False, id="step_forward", tooltip="One event forward"),
        Binding("shift+left", "step_order(-1)", show=False, id="order_back", tooltip="The order's event before"),
        Binding("shift+right", "step_order(1)", show=False, id="order_forward", tooltip="The order's next event"),
        Binding("n", "problem(1)", "Problem", id="next_problem", tooltip="Next missing or late update"),
        Binding("N", "problem(-1)", "Problem back", show=False, id="previous_problem"),
        Binding("b", "app.break_at", show=False, id="break", tooltip="Hold paths at a stage"),
        Binding("c", "app.release", show=False, id="continue", tooltip="Let everything held go on"),
        Binding("s", "app.release(1)", show=False, id="step", tooltip="Let one held path go on"),
        Binding("y", "copy", "Copy", id="copy", tooltip="Copy the command line"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.header = StatusHeader(session.board, session.status)
        self.scrubber = Scrubber()
        self.command_line = CommandLine()

    @property
    def workbench(self) -> "WorkbenchApp":
        """The application, typed."""
        from hlbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    # -- for subclasses -------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        """Show the session's board in the panes; `is_new` where verdicts or the selection may be others."""
        raise NotImplementedError

    def show_problem(self) -> None:
        """The selection went to a problem: bring it into view."""

    def scan(self) -> bool:
        """Do a part of what takes longer than a frame. Returns whether there is more to do."""
        return False

    def command(self, width: int) -> str:
        """The command line that says the same as the screen, in so many cells if that is possible."""
        session = self.session
        return command_for(session.selection, session.board, session.source, width)

    # -- showing --------------------------------------------------------------------------------------------

    def update(self, *, is_new: bool = False) -> None:
        """Show the session as it is now."""
        session = self.session
        self.set_class(session.is_paused, "-paused")
        self.header.show(session.board, session.status, self.workbench.tabs, self.TITLE_OF_TAB)
        self.scrubber.show(session.place)
        self.show_board(is_new=is_new)
        self.command_line.show(self.command(self.size.width - 4))

    def on_mount(self) -> None:
        self.update(is_new=True)

    # -- keys -----------------------------------------------------------------------------------------------

    def action_live(self) -> None:
        self.workbench.action_resume()

    def action_step(self, by: int) -> None:
        """Stand at the event before or after."""
        self.travel(self.session.board.seq + by)

    def action_step_order(self, by: int) -> None:
        """Stand at the selected order's event before or after."""
        seq = self.session.order_event_beside(by)
        if seq is not None:
            self.travel(seq)

    def travel(self, seq: int) -> None:
        """Let every pane show the state after the event `seq`."""
        self.session.travel(seq)
        self.update(is_new=True)

    @on(Scrubber.Travelled)
    def _scrubbed(self, event: Scrubber.Travelled) -> None:
        self.travel(event.seq)

    def action_problem(self, step: int) -> None:
        if self.session.select_problem(step):
            self.update(is_new=True)
            self.show_problem()
        else:
            self.app.notify("Nothing is missing or late.", timeout=3, markup=False)

    def action_copy(self) -> None:
        if self.command_line.command:
            self.app.copy_to_clipboard(self.command_line.command)
            self.app.notify("Copied the line at the bottom.", timeout=3, markup=False)
