"""Live: registry, orders, event log, and why the selected order's updates did or did not arrive."""

from itertools import chain
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Input, Label

from hlbench.filters import Filter, FilterError, parse
from hlbench.inert import inert
from hlbench.saved_filters import save_filter
from hlbench.tui.details.selected import explanation
from hlbench.tui.orders import OrderRow
from hlbench.tui.rates import sparkline
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from hlbench.tui.widgets.events import EventsPane
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.orders import OrdersPane
from hlbench.tui.widgets.registry import RegistryPane
from hlbench.tui.widgets.why import WhyPane
from hlmock.trace.events import TraceEvent

PANES = ("orders", "why", "registry", "events")
"""In the order of tab."""


class LiveScreen(WorkbenchScreen):
    """Arranges the panes and carries the selection between them."""

    TITLE_OF_TAB = "Live"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "pane(1)", "Pane", id="live.next_pane", tooltip="Go to the next pane"),
        Binding("shift+tab", "pane(-1)", "Pane back", show=False, id="live.previous_pane"),
        Binding("slash", "filter", "Filter", key_display="/", id="live.filter", tooltip="Filter the event log"),
        Binding(
            "h", "highlight", "Highlight", show=False, id="live.highlight", tooltip="Hide what a filter leaves out"
        ),
        Binding("ctrl+s", "save_filter", "Save filter", show=False, id="live.save_filter", priority=True),
        Binding("t", "travel_here", "Time", id="live.travel", tooltip="Show the state after the selected event"),
        Binding("escape", "back", "Back", show=False, id="live.back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._orders = OrdersPane(session.board, id="orders")
        self._why = WhyPane(id="why")
        self._registry = RegistryPane(session.board, id="registry")
        self._events = EventsPane(session, id="events")
        self._input = Input(
            id="filter-input", compact=True, placeholder="account:0xeb5 stage:registry.* coin:BTC found=0 conn:c3 text"
        )
        self._note = Label("", id="filter-note", markup=False)
        self._pane = ""
        """The pane that a narrow screen shows below the orders."""
        self._explained: object = None
        """What the details show, so that they are built again only when it changes."""

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="panes"):
            with Horizontal(id="top"):
                yield self._orders
                yield self._why
            with Horizontal(id="bottom"):
                yield self._registry
                yield self._events
        with Horizontal(id="filter"):
            yield Label("/", id="filter-label", markup=False)
            yield self._input
            yield self._note
        yield self.scrubber
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._orders.focus()
        super().on_mount()

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        session = self.session
        board = session.board
        self._orders.show(board)
        self._registry.show(board)
        self._events.show(session.model.seq)
        self._events.stand_at(board.seq if board.is_past else None)
        if is_new:
            self._show_selection()
        self._show_titles()

    def _show_selection(self) -> None:
        """Bring every pane in line with the one selection."""
        session = self.session
        selection, row = session.selection, session.order
        self._orders.put_cursor(session.board.orders.index_of(row) if row is not None else None)
        if not self._registry.has_focus:
            self._registry.select(session.focus)
        subject = (selection.kind, selection.oid, selection.connection, selection.account, selection.seq)
        is_other = self._explained != subject
        self._explained = subject
        title, build = explanation(session)
        self._why.show_titles(title)
        self._why.show(build, is_new=is_other)
        self._events.mark(frozenset(chain.from_iterable(row.trees)) if row is not None else frozenset())

    def _show_titles(self) -> None:
        model, filter_ = self.session.board, self._events.filter
        dropped = f" · the latest {len(model.orders.rows):,}" if model.orders.dropped else ""
        hidden = "" if self._events.highlights else f" · {self._events.count:,}"
        shown = f" /{filter_.text}{hidden}" if filter_ else ""
        scanning = " …" if self._events.is_scanning else ""
        self._orders.show_titles(f"Orders{dropped}", None)
        self._events.show_titles(f"Events{shown}{scanning}", None)
        depths = model.rates.deepest(self.session.now_ns)
        outboxes = f"outbox {depths[-1]} {sparkline(depths, 12)}" if any(depths) else ""
        self._registry.show_titles(f"Registry · {len(model.state.subscriptions):,}", outboxes)

    def scan(self) -> bool:
        """Let a filter look through more of the past. Returns whether there is more to do."""
        self._events.scan()
        self._show_titles()
        return self._events.is_scanning

    # -- selecting ------------------------------------------------------------------------------------------

    def select(self, selection: Selection) -> None:
        """Select for every pane."""
        self.session.select(selection)
        self.update(is_new=True)

    def select_order(self, row: OrderRow, *, reveal: bool = False) -> None:
        """Select an order; the event log goes to its request."""
        self.select(Selection("order", oid=row.oid))
        if reveal:
            self._orders.reveal(self.session.board.orders.index_of(row))
        if row.trees:
            self._events.go_to(row.trees[-1][0])
        self._show_titles()

    @on(LineList.Moved, "#orders")
    def _order_moved(self, event: LineList.Moved) -> None:
        row = self._orders.row_at(event.index)
        if row is not None:
            self.select_order(row)

    @on(LineList.Chosen, "#orders")
    def _order_chosen(self) -> None:
        self._focus("why")

    @on(LineList.Moved, "#registry")
    def _registry_moved(self, event: LineList.Moved) -> None:
        selection = self._registry.selection_at(event.index)
        if selection is not None:
            self.select(selection)

    @on(LineList.Chosen, "#registry")
    def _registry_chosen(self, event: LineList.Chosen) -> None:
        node = self._registry.nodes[event.index]
        if node.kind == "group":
            self._registry.toggle(node)

    @on(LineList.Moved, "#events")
    def _event_moved(self, event: LineList.Moved) -> None:
        seq = self._events.seq_at(event.index)
        row = self._order_of(self.session.pages.get(seq))
        self.select(Selection("event", seq=seq, oid=row.oid if row is not None else None))

    @on(LineList.Chosen, "#events")
    def _event_chosen(self, event: LineList.Chosen) -> None:
        found = self.session.pages.get(self._events.seq_at(event.index))
        row = self._order_of(found)
        if row is not None:
            self.select(Selection("order", oid=row.oid))
            self._orders.reveal(self.session.board.orders.index_of(row))
        elif found is not None and found.connection is not None:
            self.select(Selection("connection", connection=found.connection))

    def _order_of(self, event: TraceEvent | None) -> OrderRow | None:
        session = self.session
        return session.board.order_of(event, session.pages) if event is not None else None

    @on(LineList.Moved, "#why")
    def _why_moved(self, event: LineList.Moved) -> None:
        seq = self._why.seq_at(event.index)
        if seq is not None:
            self._events.go_to(seq)
            self._show_titles()

    @on(LineList.Chosen, "#why")
    def _why_chosen(self, event: LineList.Chosen) -> None:
        seq = self._why.seq_at(event.index)
        if seq is not None:
            self._events.go_to(seq)
            self._focus("events")

    # -- keys -----------------------------------------------------------------------------------------------

    def action_pane(self, step: int) -> None:
        """To the next or previous pane."""
        focused = self.focused.id if self.focused is not None else None
        at = PANES.index(focused) if focused in PANES else -step
        self._focus(PANES[(at + step) % len(PANES)])

    def _focus(self, pane: str) -> None:
        if pane != self._pane:
            self.remove_class(f"-pane-{self._pane}")
            self.add_class(f"-pane-{pane}")
            self._pane = pane
        self.query_one(f"#{pane}").focus()

    def show_problem(self) -> None:
        row = self.session.order
        if row is not None:
            self.select_order(row, reveal=True)

    def action_travel_here(self) -> None:
        """Stand after the selected event; without one, after the selected order's last event."""
        selection, row = self.session.selection, self.session.order
        seq = (
            selection.seq if selection.seq is not None else row.trees[-1][-1] if row is not None and row.trees else None
        )
        if seq is not None:
            self.travel(seq)

    def action_live(self) -> None:
        super().action_live()
        for pane in (self._orders, self._events):
            pane.action_last()
        self._show_titles()

    def action_back(self) -> None:
        """One step back: out of the filter, else to the automatic selection."""
        if self.has_class("-filtering"):
            self._close_filter()
        elif self._events.filter:
            self._input.value = ""
            self._apply(Filter())
        else:
            self.session.release()
            self.update(is_new=True)
            self.action_live()

    def action_problem(self, step: int) -> None:
        """To the next match of the filter where the log has the focus, else to the next problem."""
        if self._events.has_focus and self._events.filter:
            if not self._events.go_to_match(step):
                self.app.notify("No further match.", timeout=3, markup=False)
        else:
            super().action_problem(step)

    def action_highlight(self) -> None:
        """Show every event and mark those that match, or hide the others again."""
        self._events.highlight(not self._events.highlights)
        self._show_titles()
        self.workbench.wake()

    def action_save_filter(self) -> None:
        """Keep the filter for another time: it is in the command palette then."""
        text = self._events.filter.text
        if not text:
            self.app.notify("There is no filter to save: / makes one.", timeout=4, markup=False)
            return
        try:
            save_filter(text)
        except OSError as error:
            self.app.notify(inert(f"Cannot save: {error}"), severity="warning", timeout=6, markup=False)
        else:
            self.app.notify(inert(f"Saved: {text}"), timeout=3, markup=False)

    def use_filter(self, text: str) -> None:
        """Filter by this text."""
        self._input.value = text
        self._focus("events")

    # -- the filter -----------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.add_class("-filtering")
        self._focus("events")
        self._input.focus()

    @on(Input.Changed, "#filter-input")
    def _filter_changed(self, event: Input.Changed) -> None:
        try:
            filter_ = parse(event.value, newest_ms=self.session.newest_ms)
        except FilterError as error:
            self._note.update(inert(error))
            self._note.add_class("-wrong")
            return
        self._note.remove_class("-wrong")
        self._note.update("enter keeps it, escape leaves")
        self._apply(filter_)

    @on(Input.Submitted, "#filter-input")
    def _filter_submitted(self) -> None:
        if not self._note.has_class("-wrong"):
            self._close_filter()

    def _close_filter(self) -> None:
        self.remove_class("-filtering")
        self._focus("events")

    def _apply(self, filter_: Filter) -> None:
        self._events.set_filter(filter_)
        self._show_titles()
        self.workbench.wake()
