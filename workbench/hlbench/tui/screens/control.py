"""Control: hold paths, break connections, trade, move prices and time; each action with its command line."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from hlbench.describe import account_label
from hlbench.inert import inert
from hlbench.tui import marks
from hlbench.tui.control_panel import NO_SERVER, ControlPanel, Done, NotPossible
from hlbench.tui.details.lines import BLANK, DetailLine, paragraph, rule
from hlbench.tui.screens.ask import AskScreen
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from hlbench.tui.spans import Line
from hlbench.tui.widgets.choices import Choices
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.why import WhyPane
from hlmock.trace.folds import ConnectionView


class ControlScreen(WorkbenchScreen):
    """Gates and what they hold, connections, and what was done."""

    TITLE_OF_TAB = "Control"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.pause", show=False, id="control.pause"),
        Binding("L", "live", show=False, id="control.live"),
        Binding("n", "problem(1)", show=False, id="control.next_problem"),
        Binding("b", "app.break_at", "Break", id="control.break", tooltip="Hold paths at a stage"),
        Binding("c", "app.release", "Continue", id="control.continue", tooltip="Let everything held go on"),
        Binding("s", "app.release(1)", "Step", id="control.step", tooltip="Let one held path go on"),
        Binding("enter,x", "fault", "Fault", id="control.fault", tooltip="Close, abort, stall … the chosen connection"),
        Binding("o", "app.order", "Order", id="control.order", tooltip="Place an order of a test wallet"),
        Binding("C", "app.cancel", "Cancel", id="control.cancel", tooltip="Cancel an order of a test wallet"),
        Binding("f", "app.fill", "Fill", id="control.fill", tooltip="Force an execution"),
        Binding("u", "app.quote", "Quote", id="control.quote", tooltip="Set a quoted best bid and offer"),
        Binding("T", "app.advance", "Clock", id="control.advance", tooltip="Move the exchange's clock"),
        Binding("delete,backspace", "remove_gate", show=False, id="control.remove_gate"),
        Binding("tab", "pane(1)", "Pane", show=False, id="control.next_pane"),
        Binding("shift+tab", "pane(-1)", "Pane back", show=False, id="control.previous_pane"),
    ]

    def __init__(self, session: Session, panel: ControlPanel) -> None:
        super().__init__(session)
        self._panel = panel
        self._gates: Choices[dict[str, Any]] = Choices(self._gate_line, id="gates")
        self._held = WhyPane(id="held")
        self._connections: Choices[ConnectionView] = Choices(self._connection_line, id="connections")
        self._history = WhyPane(id="history")

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="panes"):
            with Horizontal(id="control-top"):
                with Vertical(id="control-gates"):
                    yield self._gates
                    yield self._held
                yield self._connections
            yield self._history
        yield self.scrubber
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._connections.focus()
        super().on_mount()

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        board = self.session.board
        self._gates.show(self._panel.gates)
        self._gates.show_titles(f"Gates · {len(self._panel.gates)}", "delete takes one away")
        self._connections.show(list(board.state.connections.values()))
        self._connections.show_titles(f"Connections · {len(board.state.connections)}", "enter: faults")
        self._connections.paint()
        self._held.show(self._held_lines, is_new=False)
        self._held.show_titles(f"Held · {len(board.state.gates)}")
        self._history.show(self._history_lines, is_new=False)
        self._history.show_titles("Done")

    def _gate_line(self, gate: dict[str, Any]) -> Line:
        return (
            (f" {gate['id']:<4}", "accent"),
            (inert(gate["stage"]), "strong"),
            (f" {inert(gate.get('conditions', ''))}", "dim"),
        )

    def _held_lines(self, width: int) -> list[DetailLine]:
        held = self.session.board.state.gates
        lines = [
            DetailLine((marks.mark(marks.HELD), (f" {inert(each.path)} ", "held"), (f"at {inert(each.gate)}", "dim")))
            for each in held
        ]
        return lines or list(paragraph(("", ""), "Nothing is held. b sets a breakpoint.", width, "dim"))

    def _connection_line(self, view: ConnectionView) -> Line:
        board = self.session.board
        who = account_label(board.registry.owner_of(view.connection), board.names)
        subscriptions = len(board.state.subscriptions_of(connection=view.connection))
        return (
            (f" {inert(view.connection):<6}", "accent"),
            (f"{who:<13}", ""),
            (f"{view.state:<8}", "good" if view.state == "open" else "warn"),
            (f"q {view.depth:<4}", "warn" if view.depth else "dim"),
            (f"subs {subscriptions:<3} written {view.written:,}", "dim"),
        )

    def _history_lines(self, width: int) -> list[DetailLine]:
        if self._panel.controls is None:
            return list(paragraph(("", ""), NO_SERVER, width, "dim"))
        lines: list[DetailLine] = []
        for done in reversed(self._panel.history):
            lines += [DetailLine((("$ ", "dim"), (done.command, "accent")))]
            lines += paragraph(("  ", ""), done.answer, width, "bad" if done.is_refused else "dim")
        hint = "What you do here is listed with the command line that does the same, the newest first."
        return lines or [rule("nothing yet", width), BLANK, *paragraph(("", ""), hint, width, "dim")]

    def command(self, width: int) -> str:
        history = self._panel.history
        return history[-1].command if history else super().command(width)

    # -- the reader -----------------------------------------------------------------------------------------

    @on(LineList.Moved, "#connections")
    def _connection_moved(self) -> None:
        view = self._connections.chosen
        if view is not None:
            self.session.select(Selection("connection", connection=view.connection))

    @on(LineList.Chosen, "#connections")
    def _connection_chosen(self) -> None:
        self.action_fault()

    def action_fault(self) -> None:
        """Ask what happens to the chosen connection."""
        view = self._connections.chosen
        if view is None:
            self.app.notify("There is no connection.", timeout=3, markup=False)
            return
        try:
            faults = self._panel.faults()
        except NotPossible as error:
            self.app.notify(inert(error), timeout=6, markup=False)
            return
        hint = " · ".join(" ".join([word, *takes]) for word, takes in faults.items())
        connection = view.connection
        question = AskScreen(
            f"What happens to {connection}", hint, check=lambda text: _check(self._panel, connection, text)
        )

        def go(text: str | None) -> None:
            if text:
                self.workbench.do(lambda: self._panel.fault(connection, text))

        self.app.push_screen(question, go)

    def action_remove_gate(self) -> None:
        gate = self._gates.chosen
        if gate is not None:
            self.workbench.do(lambda: self._panel.remove_gate(str(gate["id"])))

    def action_pane(self, step: int) -> None:
        panes: list[LineList] = [self._connections, self._history, self._gates, self._held]
        at = next((number for number, pane in enumerate(panes) if pane.has_focus), -step)
        panes[(at + step) % len(panes)].focus()

    def show_done(self, done: Done) -> None:
        """Something was done: the history shows it on top."""
        self._history.top = 0
        self.update(is_new=True)


def _check(panel: ControlPanel, connection: str, text: str) -> None:
    panel.fault(connection, text)
