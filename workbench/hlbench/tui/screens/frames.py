"""Frames: what went over the wire, byte for byte, and how to send it again."""

import difflib
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer

from hlbench.describe import account_label
from hlbench.inert import inert
from hlbench.text import numbered
from hlbench.tui.details.lines import BLANK, DetailLine, paragraph, rule
from hlbench.tui.frames import FORMS, INCOMING, command_to_send, payload_of, pretty, traffic_of
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from hlbench.tui.spans import Role
from hlbench.tui.widgets.frames import FramesPane, kind_of
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.why import WhyPane
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent

LINES = 5_000
"""Lines of one payload that are shown. Our choice."""

_DIFFERENCE: dict[str, Role] = {"+": "good", "-": "bad", "?": "dim", "@": "accent"}


class FramesScreen(WorkbenchScreen):
    """The traffic on the left; the frame under the cursor on the right, or how it differs from another."""

    TITLE_OF_TAB = "Frames"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "connection(1)", "Connection", key_display="]", id="frames.next"),
        Binding("left_square_bracket", "connection(-1)", show=False, id="frames.previous"),
        Binding("m", "compare", "Compare", id="frames.compare", tooltip="Show how other frames differ from this one"),
        Binding("f", "form", "Copy as", id="frames.form", tooltip="curl and websocat, or Python"),
        Binding("tab", "pane", "Pane", show=False, id="frames.next_pane"),
        Binding("t", "travel_here", "Time", show=False, id="frames.travel"),
        Binding("escape", "back", "Back", show=False, id="frames.back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._frames = FramesPane(session, id="frames")
        self._payload = WhyPane(id="payload")
        self._form = next(iter(FORMS))
        self._connection: str | None = None
        self._seq: int | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="traffic"):
            yield self._frames
            yield self._payload
        yield self.scrubber
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._frames.focus()
        super().on_mount()

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        session = self.session
        board = session.board
        self._frames.show(session.model.seq)
        self._frames.stand_at(board.seq if board.is_past else None)
        if is_new:
            selected = session.selection.connection
            if selected is not None and selected != self._connection:
                self._show_connection(selected)
            self._show_payload()
        owner = account_label(board.registry.owner_of(self._connection), board.names) if self._connection else ""
        subject = f"{self._connection} {owner}".rstrip() if self._connection else "all connections and requests"
        scanning = " …" if self._frames.is_scanning else ""
        self._frames.show_titles(f"Frames · {subject} · {self._frames.count:,}{scanning}", None)

    def scan(self) -> bool:
        self._frames.scan()
        return self._frames.is_scanning

    def _show_connection(self, connection: str | None) -> None:
        self._connection = connection
        self._frames.set_filter(traffic_of(connection))
        self.workbench.wake()

    @property
    def _event(self) -> TraceEvent | None:
        return self.session.pages.get(self._seq) if self._seq is not None else None

    def _show_payload(self) -> None:
        event, compared = self._event, self._frames.compared
        other = self.session.pages.get(compared) if compared is not None and compared != self._seq else None
        if event is None:
            self._payload.show_titles("Payload")
            self._payload.show(lambda width: _hint(width), is_new=True)
        elif other is not None:
            self._payload.show_titles(f"From seq {other.seq:,} to seq {event.seq:,}")
            self._payload.show(lambda width: list(self._difference(other, event)), is_new=True)
        else:
            marked = " · ± compares it with what you choose next" if compared == self._seq else ""
            self._payload.show_titles(f"{kind_of(event)} · seq {event.seq:,}{marked}")
            self._payload.show(lambda width: list(self._lines(event, width)), is_new=True)

    def _lines(self, event: TraceEvent, width: int) -> Iterator[DetailLine]:
        payload = payload_of(event, self.session.pages)
        if payload is None:
            yield from paragraph(("", ""), "The stream does not have its bytes.", width, "dim")
            return
        if event.payload_bytes:
            yield rule(f"the first {len(payload):,} of {event.payload_bytes:,} B", width, "warn")
        lines = pretty(payload).split("\n")
        for line in lines[:LINES]:
            yield DetailLine(((inert(line, 4_000), ""),))
        if event.stage == stages.REQUEST_RECEIVED and b'"signature"' in payload:
            yield BLANK
            yield from paragraph(("", ""), "The stream keeps no signature: sent again, this is refused.", width, "dim")

    def _difference(self, before: TraceEvent, after: TraceEvent) -> Iterator[DetailLine]:
        pages = self.session.pages
        old, new = (pretty(payload_of(event, pages) or b"").split("\n") for event in (before, after))
        lines = difflib.unified_diff(old, new, f"seq {before.seq}", f"seq {after.seq}", n=LINES, lineterm="")
        is_same = True
        for line in lines:
            is_same = False
            yield DetailLine(((inert(line, 4_000), _DIFFERENCE.get(line[:1], "")),))
        if is_same:
            yield DetailLine((("the same, byte for byte", "good"),))

    def command(self, width: int) -> str:
        event = self._event
        payload = payload_of(event, self.session.pages) if event is not None else None
        if event is None or payload is None:
            return super().command(width)
        return inert(command_to_send(self._form, self.session.source.url, event, payload), 100_000)

    # -- selecting ------------------------------------------------------------------------------------------

    @on(LineList.Moved, "#frames")
    def _moved(self, event: LineList.Moved) -> None:
        self._seq = self._frames.seq_at(event.index)
        self.update()
        self._show_payload()

    @on(LineList.Chosen, "#frames")
    def _chosen(self) -> None:
        self._payload.focus()

    # -- keys -----------------------------------------------------------------------------------------------

    def action_connection(self, step: int) -> None:
        """To the next or previous connection, or to all."""
        state = self.session.board.state
        names = {*state.connections, *(view.connection for view in state.closed_connections)}
        choices = [None, *sorted(names, key=numbered)]
        at = choices.index(self._connection) if self._connection in choices else 0
        connection = choices[(at + step) % len(choices)]
        self._seq = None
        if connection is not None:
            self.session.select(Selection("connection", connection=connection))
        self._show_connection(connection)
        self.update()
        self._show_payload()

    def action_compare(self) -> None:
        """Compare other frames with this one; the same key on it lets go."""
        self._frames.compared = None if self._frames.compared == self._seq else self._seq
        self._frames.paint()
        self._show_payload()

    def action_form(self) -> None:
        """Copy in the other form."""
        forms = list(FORMS)
        self._form = forms[(forms.index(self._form) + 1) % len(forms)]
        self.update()
        event = self._event
        if event is None or event.stage not in INCOMING:
            self.app.notify(f"Requests and frames of clients are copied as {self._form}.", timeout=3, markup=False)

    def show_problem(self) -> None:
        missed = self.session.board.missed_by(self.session.selection.oid or 0)
        if missed:
            self._show_connection(missed[0])
            self.update()

    def action_pane(self) -> None:
        (self._payload if self._frames.has_focus else self._frames).focus()

    def action_travel_here(self) -> None:
        if self._seq is not None:
            self.travel(self._seq)

    def action_live(self) -> None:
        super().action_live()
        self._frames.action_last()

    def action_back(self) -> None:
        """Let go of the comparison, else show everything."""
        if self._frames.compared is not None:
            self._frames.compared = None
        else:
            self._seq = None
            self._show_connection(None)
        self.update()
        self._show_payload()


def _hint(width: int) -> list[DetailLine]:
    text = (
        "Choose a frame: its JSON is shown here, and the line below sends it again. "
        "m compares it with others, ] goes to another connection."
    )
    return list(paragraph(("", ""), text, width, "dim"))
