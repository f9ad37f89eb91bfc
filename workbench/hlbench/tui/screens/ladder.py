"""Ladder: who sent what to whom, for the selected order or connection; what is missing is a dashed arrow."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from hlbench.describe import account_label
from hlbench.tui.details.facts import event_lines
from hlbench.tui.details.ladder import Step, ladder_of_connection, ladders_of
from hlbench.tui.details.lines import DetailLine, paragraph
from hlbench.tui.details.order import problems_among, verdict_lines
from hlbench.tui.orders import OrderRow
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from hlbench.tui.widgets.ladder import LadderPane
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.why import WhyPane


def counterpart(row: OrderRow, other: Session) -> OrderRow | None:
    """The same order in another run: the one with its cloid, else the one with its number."""
    rows = other.board.orders.rows
    if row.cloid is not None:
        found = next((each for each in rows if each.cloid == row.cloid), None)
        if found is not None:
            return found
    index = row.number - other.board.orders.dropped
    return rows[index] if 0 <= index < len(rows) else None


class LadderScreen(WorkbenchScreen):
    """One ladder, or two side by side; below them the step under the cursor."""

    TITLE_OF_TAB = "Ladder"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "order(1)", "Order", id="ladder.next_order", tooltip="The next order"),
        Binding("O", "order(-1)", "Order back", show=False, id="ladder.previous_order"),
        Binding("m", "compare", "Compare", id="ladder.compare", tooltip="Keep this order at the side, for comparison"),
        Binding("tab", "pane(1)", "Pane", show=False, id="ladder.next_pane"),
        Binding("t", "travel_here", "Time", id="ladder.travel", tooltip="Show the state after the selected step"),
        Binding("escape", "back", "Back", show=False, id="ladder.back"),
    ]

    def __init__(self, session: Session, other_run: Session | None = None) -> None:
        super().__init__(session)
        self._other_run = other_run
        self._ladder = LadderPane(id="ladder")
        self._beside = LadderPane(id="ladder-beside")
        self._step = WhyPane(id="step")
        self._compared: int | None = None
        """oid of the order at the side."""
        self._subject: object = None
        self._seq: int | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="panes"):
            with Horizontal(id="ladders"):
                yield self._beside
                yield self._ladder
            yield self._step
        yield self.scrubber
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._ladder.focus()
        super().on_mount()

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        if not is_new:
            return
        session = self.session
        selection, row = session.selection, session.order
        subject = (selection.kind, selection.oid, selection.connection)
        is_other, self._subject = subject != self._subject, subject
        if is_other:
            self._seq = None
        connection = selection.connection if row is None else None
        if row is not None:
            self._show_order(self._ladder, row, session, is_new=is_other)
        elif connection is not None:
            steps = ladder_of_connection(session.board, session.pages, connection)
            self._show(self._ladder, [steps], "http", f"Ladder · connection {connection}", is_new=is_other)
        else:
            self._show(self._ladder, [], "http", "Ladder · no order yet", is_new=is_other)
        other_run = session if self._compared is not None else self._other_run
        compared = self._order_beside(row)
        self.set_class(compared is not None, "-comparing")
        if compared is not None and other_run is not None:
            self._show_order(self._beside, compared, other_run, is_new=False)
        self._show_step()

    def _order_beside(self, row: OrderRow | None) -> OrderRow | None:
        """The order that was kept for comparison, else the selected one in the other run."""
        if self._compared is not None:
            return self.session.board.orders.get(self._compared)
        return counterpart(row, self._other_run) if row is not None and self._other_run is not None else None

    def _show_order(self, pane: LadderPane, row: OrderRow, session: Session, *, is_new: bool) -> None:
        who = account_label(row.account, session.board.names)
        ladders = list(ladders_of(session.board, session.pages, row))
        run = "" if session is self.session else f" · {session.source.description}"
        self._show(pane, ladders, f"{who} http", f"Ladder · {who} #{row.oid} {row.symbol}{run}", is_new=is_new)

    def _show(self, pane: LadderPane, ladders: list[list[Step]], requester: str, title: str, *, is_new: bool) -> None:
        pane.show_ladders(ladders, requester, is_new=is_new)
        hidden = f"no room for {' '.join(pane.left_out)}" if pane.left_out else ""
        pane.show_titles(title, hidden)

    def _show_step(self) -> None:
        session = self.session
        event = session.pages.get(self._seq) if self._seq is not None else None
        if event is not None:
            self._step.show_titles(f"Event {event.seq:,}")
            self._step.show(lambda width: event_lines(event, session.board, width), is_new=True)
            return
        row = session.order
        self._step.show_titles("What is missing")
        self._step.show(lambda width: self._missing_lines(row, width), is_new=True)

    def _missing_lines(self, row: OrderRow | None, width: int) -> list[DetailLine]:
        bad = problems_among(self.session.board.deliveries(row.oid)) if row is not None else []
        lines = [line for each in bad for line in verdict_lines(each, width)]
        return lines or list(
            paragraph(("", ""), "Nothing is missing here. Choose a step to see its event.", width, "dim")
        )

    # -- selecting ------------------------------------------------------------------------------------------

    @on(LineList.Moved, "LadderPane")
    def _moved(self, event: LineList.Moved) -> None:
        assert isinstance(event.list, LadderPane)
        self._seq = event.list.seq_at(event.index)
        self._show_step()

    @on(LineList.Chosen, "LadderPane")
    def _chosen(self) -> None:
        self._step.focus()

    # -- keys -----------------------------------------------------------------------------------------------

    def show_problem(self) -> None:
        self._ladder.focus()

    def action_order(self, step: int) -> None:
        """To the next or previous order."""
        orders, row = self.session.board.orders, self.session.order
        index = orders.index_of(row) + step if row is not None else 0
        if 0 <= index < len(orders.rows):
            self.session.select(Selection("order", oid=orders.rows[index].oid))
            self.update(is_new=True)

    def action_compare(self) -> None:
        """Keep the selected order at the side; the same key lets go of it."""
        row = self.session.order
        self._compared = None if row is None or self._compared == row.oid else row.oid
        self.update(is_new=True)

    def action_pane(self, step: int) -> None:
        panes = [pane for pane in (self._beside, self._ladder, self._step) if pane.display]
        at = next((number for number, pane in enumerate(panes) if pane.has_focus), -step)
        panes[(at + step) % len(panes)].focus()

    def action_travel_here(self) -> None:
        if self._seq is not None:
            self.travel(self._seq)

    def action_back(self) -> None:
        """Let go of the comparison, else of the step."""
        self._compared = None
        self._seq = None
        self.update(is_new=True)
