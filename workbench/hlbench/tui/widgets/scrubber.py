"""Where the view stands in the stream: shown while it does not follow the newest event."""

from dataclasses import dataclass

from textual import events
from textual.message import Message

from hlbench.text import clock, duration
from hlbench.tui.spans import Line, Span, plain, width_of
from hlbench.tui.widgets.roles import Panel


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor among the events that can be read."""

    first: int
    seq: int
    last: int
    time_ms: int = 0
    """Exchange clock at the cursor."""
    before_ns: int = 0
    """How long before the newest event that is shown."""


class Scrubber(Panel):
    """One line: the seq, a bar with the cursor in it, the newest seq, and the keys. A click travels there."""

    @dataclass
    class Travelled(Message):
        """The reader clicked at a place in the stream."""

        seq: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._place = Place(1, 0, 0)

    def show(self, place: Place) -> None:
        self._place = place
        self.paint()

    def lines(self, width: int) -> list[Line]:
        left, right, room = self._layout(width)
        at = self._cell(room)
        bar: list[Span] = [("━" * at, "accent"), ("●", "accent"), ("─" * max(room - at - 1, 0), "bar")]
        return [[*left, *(bar if room > 0 else ()), *right]]

    def _layout(self, width: int) -> tuple[list[Span], list[Span], int]:
        place = self._place
        before = f"  {duration(place.before_ns)} before" if place.before_ns and width >= 100 else ""
        left: list[Span] = [
            (f" seq {place.seq:,} ", "strong"),
            (f"{clock(place.time_ms)}{before} ", "dim"),
            ("◀", "dim"),
        ]
        right: list[Span] = [("▶", "dim"), (f" {place.last:,}", ""), ("  ←→ step  L live ", "dim")]
        return left, right, width - width_of(left) - width_of(right)

    def _cell(self, room: int) -> int:
        """The cursor's cell in the bar."""
        place = self._place
        span = max(place.last - place.first, 1)
        return min(max((place.seq - place.first) * (room - 1) // span, 0), max(room - 1, 0))

    def on_click(self, event: events.Click) -> None:
        left, _, room = self._layout(self.size.width)
        cell = event.x - len(plain(left))
        if room > 1 and 0 <= cell < room:
            place = self._place
            self.post_message(self.Travelled(place.first + cell * (place.last - place.first) // (room - 1)))
