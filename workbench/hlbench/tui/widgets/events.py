"""The event log: every event, or those that a filter selects, read from the source when they come into view."""

from bisect import bisect_left
from collections.abc import Collection
from typing import Final

from hlbench.describe import Names, account_label, describe
from hlbench.filters import Filter
from hlbench.inert import inert
from hlbench.text import clock, fit
from hlbench.tui.details.path import stage_role
from hlbench.tui.session import Session
from hlbench.tui.spans import Line, Role, Span
from hlbench.tui.widgets.lines import LineList
from hlmock.trace.events import TraceEvent

CHUNK: Final = 5_000
"""Events that a filter looks at before the next frame is drawn."""

SEARCH_MOST: Final = 200_000
"""Events among which the next match is looked for at once. Our choice."""

SCAN_MOST: Final = 2_000_000
"""Events that a filter looks back at. Our choice."""


def event_line(event: TraceEvent, names: Names, width: int, *, gutter: str = " ") -> Line:
    """A row of the log: seq, time, stage, connection, account, words."""
    wide = width >= 76
    who = account_label(event.account, names, 11)
    line: list[Span] = [
        (gutter, "accent"),
        (f"{event.seq:>7} ", "dim"),
        (clock(event.time_ms) if wide else clock(event.time_ms)[3:], "dim"),
        (" ", ""),
        (fit(event.stage, 20), stage_role(event)),
        (" ", ""),
        (fit(inert(event.connection or ""), 5), "accent"),
    ]
    if wide:
        line += [(" ", ""), (fit(who, 11), "")]
    return [*line, (" ", ""), (describe(event, names), "dim")]


class EventsPane(LineList):
    """Rows are seqs: all of them in a row, or the ones that match."""

    BORDER_TITLE = "Events"
    POINTS_AT_CURSOR = False

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._pages = session.pages
        self.filter = Filter()
        self.highlights = False
        """Whether the filter marks what matches, in place of hiding what does not."""
        self._first = 1
        """seq of row 0, without a filter."""
        self._last = 0
        """The cursor of the view: the last seq shown."""
        self._older: list[int] = []
        """Matches found by looking back, the newest first."""
        self._newer: list[int] = []
        """Matches found since the filter was set, the oldest first."""
        self._back_to = 0
        """Down to this seq a filter has looked back."""
        self._now: int | None = None
        """The last event that is taken in, where newer ones are shown too."""
        self._marked: Collection[int] = ()
        """seqs of the selected order's events."""
        self.follows = True

    @property
    def _names(self) -> Names:
        return self._session.board.names

    # -- what is shown --------------------------------------------------------------------------------------

    def stand_at(self, seq: int | None) -> None:
        """Draw what is newer than `seq` as not yet happened, and bring it into view."""
        if seq != self._now:
            self._now = seq
            if seq is not None:
                self.go_to(seq)
            self.paint()

    def show(self, last_seq: int) -> None:
        """Show the events up to `last_seq`."""
        if self._pages is not self._session.pages:
            self._pages = self._session.pages
            self._last = 0
            self.set_filter(self.filter)
        before, self._last = self._last, last_seq
        first = self._pages.first_seq
        dropped, self._first = (first - self._first if self._last else 0), first
        if self._hides:
            if last_seq > before:
                self._newer += [e.seq for e in self._pages.span(before + 1, last_seq) if self._matches(e)]
            dropped = self._drop_matches(first)
            self.set_count(len(self._older) + len(self._newer), dropped=dropped)
        else:
            self.set_count(max(last_seq - first + 1, 0), dropped=max(dropped, 0))

    def set_filter(self, filter_: Filter) -> None:
        """Show only what matches; the log is looked through from its end, a part per `scan`."""
        at = self.seq_at(self.cursor) if self.cursor is not None else None
        follows = self.follows
        self.filter = filter_
        self._older, self._newer = [], []
        self._back_to = self._last + 1
        self.cursor = None
        self.set_count(0)
        self.follows = follows or at is None
        if self._hides:
            self.scan()
        else:
            self.show(self._last)
        if at is not None:
            self.put_cursor(self.index_of(at), reveal=not self.follows)

    @property
    def _hides(self) -> bool:
        return bool(self.filter) and not self.highlights

    def highlight(self, is_on: bool) -> None:
        """Mark what matches in the whole log, or show only that."""
        if is_on != self.highlights:
            at = self.seq_at(self.cursor) if self.cursor is not None else None
            self.highlights = is_on
            self.cursor = None
            self.set_filter(self.filter)
            if at is not None:
                self.put_cursor(self.index_of(at), reveal=not self.follows)

    def go_to_match(self, step: int) -> bool:
        """To the next (1) or previous (-1) match from the cursor on. Returns whether there is one near enough."""
        at = self.seq_at(self.cursor) if self.cursor is not None else self._last + 1 if step < 0 else self._first - 1
        for number in range(SEARCH_MOST // CHUNK):
            if step > 0:
                first = at + 1 + number * CHUNK
                found = self._pages.span(first, min(first + CHUNK - 1, self._last))
            else:
                last = at - 1 - number * CHUNK
                found = self._pages.span(max(last - CHUNK + 1, self._first), last)[::-1]
            if not found:
                return False
            seq = next((event.seq for event in found if self._matches(event)), None)
            if seq is not None:
                index = self.index_of(seq)
                if index is not None:
                    self._move_to(index)
                return True
        return False

    def mark(self, seqs: Collection[int]) -> None:
        """Point at events: those of the selected order."""
        if seqs != self._marked:
            self._marked = seqs
            self.paint()

    @property
    def is_scanning(self) -> bool:
        """Whether a filter has not looked at all events yet."""
        return self._hides and self._back_to > max(self._first, self._last - SCAN_MOST)

    def scan(self) -> None:
        """Look through the next part of the past."""
        if not self.is_scanning:
            return
        start = max(self._back_to - CHUNK, self._first)
        events = self._pages.span(start, self._back_to - 1)
        found = [event.seq for event in reversed(events) if self._matches(event)]
        self._back_to = start
        self._older += found
        self.set_count(len(self._older) + len(self._newer), dropped=-len(found))

    def _matches(self, event: TraceEvent) -> bool:
        return self.filter.matches(event, self._names)

    def _drop_matches(self, first: int) -> int:
        """Forget matches that the source does not have any more; returns how many."""
        dropped = 0
        while self._older and self._older[-1] < first:
            self._older.pop()
            dropped += 1
        if not self._older and self._newer and self._newer[0] < first:
            gone = bisect_left(self._newer, first)
            del self._newer[:gone]
            dropped += gone
        return dropped

    # -- rows and seqs --------------------------------------------------------------------------------------

    def seq_at(self, index: int) -> int:
        if not self._hides:
            return self._first + index
        older = len(self._older)
        return self._older[older - 1 - index] if index < older else self._newer[index - older]

    def index_of(self, seq: int) -> int | None:
        """The row of a seq, or the one after it where a filter leaves it out."""
        if not self.count:
            return None
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.seq_at(middle) < seq:
                low = middle + 1
            else:
                high = middle
        return min(low, self.count - 1)

    def go_to(self, seq: int) -> None:
        """Bring an event into view and put the cursor on it."""
        self.put_cursor(self.index_of(seq), reveal=True)

    def line(self, index: int, width: int) -> Line:
        seq = self.seq_at(index)
        event = self._pages.get(seq)
        if event is None:
            return [(f" {seq:>7} ", "dim"), ("not kept any more", "dim")]
        gutter = "▶" if index == self.cursor else "▌" if seq in self._marked else " "
        line = event_line(event, self._names, width, gutter=gutter)
        if self.highlights and self.filter:
            role: Role = "warn" if self._matches(event) else "dim"
            line = [line[0], ("◆" if role == "warn" else " ", "warn"), *((text, role) for text, _ in line[1:])]
        return [(text, "dim") for text, _ in line] if self._now is not None and seq > self._now else line
