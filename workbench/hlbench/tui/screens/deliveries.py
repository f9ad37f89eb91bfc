"""Deliveries: which update reached which connection, and why not."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer

from hlbench.text import counted
from hlbench.tui.details.lines import DetailLine, paragraph
from hlbench.tui.details.order import problems_among, quiet_line, verdict_lines
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from hlbench.tui.updates import OrderUpdate
from hlbench.tui.widgets.deliveries import DeliveriesPane
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.why import WhyPane


class DeliveriesScreen(WorkbenchScreen):
    """The matrix, and below it the verdicts of the update under the cursor."""

    TITLE_OF_TAB = "Deliveries"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "problems", "Problems only", id="deliveries.problems", tooltip="Only what is missing or late"),
        Binding("tab", "pane", "Pane", show=False, id="deliveries.next_pane"),
        Binding("t", "travel_here", "Time", id="deliveries.travel", tooltip="Show the state after this update"),
        Binding("enter", "ladder", "Ladder", show=False, id="deliveries.ladder"),
        Binding("escape", "back", "Back", show=False, id="deliveries.back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._matrix = DeliveriesPane(session.board, id="matrix")
        self._verdicts = WhyPane(id="verdicts")
        self._update: OrderUpdate | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="panes"):
            yield self._matrix
            yield self._verdicts
        yield self.scrubber
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._matrix.focus()
        super().on_mount()

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        self._matrix.show(self.session.board)
        count = self._matrix.count
        what = f"{count:,} missing or late" if self._matrix.only_problems else counted(count, "order update")
        self._matrix.show_titles(f"Deliveries · {what}", None)
        if is_new:
            if self._update is None or self._update.oid != self.session.selection.oid:
                self._update = self._update_of_selection()
            self._matrix.put_cursor(self._matrix.index_of(self._update) if self._update is not None else None)
            self._show_verdicts()

    def _update_of_selection(self) -> OrderUpdate | None:
        """The selected order's first update with a problem, else its last one."""
        row = self.session.order
        if row is None:
            return None
        bad = problems_among(self.session.board.deliveries(row.oid))
        return OrderUpdate(min(each.updated for each in bad) if bad else row.changed, row.oid)

    def _show_verdicts(self) -> None:
        update = self._update
        self._verdicts.show_titles(f"Why · #{update.oid} at seq {update.seq:,}" if update is not None else "Why")
        self._verdicts.show(lambda width: self._verdict_lines(update, width), is_new=True)

    def _verdict_lines(self, update: OrderUpdate | None, width: int) -> list[DetailLine]:
        rows = self._matrix.deliveries_of(update) if update is not None else []
        bad = problems_among(rows)
        lines = [line for row in bad for line in verdict_lines(row, width)]
        lines += (quiet_line(row, self.session.board) for row in rows if row not in bad)
        nothing = "Nobody was subscribed to this update." if update is not None else "No order was updated yet."
        return lines or list(paragraph(("", ""), nothing, width, "dim"))

    # -- selecting ------------------------------------------------------------------------------------------

    @on(LineList.Moved, "#matrix")
    def _moved(self, event: LineList.Moved) -> None:
        self._update = self._matrix.update_at(event.index)
        if self._update is not None:
            self.session.select(Selection("order", oid=self._update.oid))
            self.update(is_new=True)

    @on(LineList.Chosen, "#matrix")
    def _chosen(self) -> None:
        self.workbench.show(self.workbench.ladder)

    # -- keys -----------------------------------------------------------------------------------------------

    def show_problem(self) -> None:
        self._update = self._update_of_selection()
        index = self._matrix.index_of(self._update) if self._update is not None else None
        self._matrix.put_cursor(index, reveal=True)
        self._show_verdicts()

    def action_problems(self) -> None:
        self._matrix.toggle_problems()
        self.update(is_new=True)

    def action_pane(self) -> None:
        (self._verdicts if self._matrix.has_focus else self._matrix).focus()

    def action_travel_here(self) -> None:
        if self._update is not None:
            self.travel(self._update.seq)

    def action_live(self) -> None:
        super().action_live()
        self._matrix.action_last()

    def action_back(self) -> None:
        """Back to everything, and to the automatic selection."""
        if self._matrix.only_problems:
            self._matrix.toggle_problems()
        self.session.release()
        self._update = None
        self.update(is_new=True)
