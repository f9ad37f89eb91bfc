"""The traffic of a connection, or of all: a line per frame and request."""

from hlbench.inert import inert
from hlbench.text import clock, fit
from hlbench.tui.frames import INCOMING, payload_of, traffic_of
from hlbench.tui.session import Session
from hlbench.tui.spans import Line, Span
from hlbench.tui.widgets.events import EventsPane
from hlmock.trace import stages
from hlmock.trace.events import Enqueued, FrameReceived, TraceEvent

PREVIEW = 400
"""Characters of a payload that a line may show. Our choice."""


class FramesPane(EventsPane):
    """The event log, reduced to what went over the wire."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, id=id)
        self.filter = traffic_of(None)
        self.compared: int | None = None
        """seq of the frame that others are compared with."""

    def line(self, index: int, width: int) -> Line:
        seq = self.seq_at(index)
        event = self._pages.get(seq)
        if event is None:
            return [(f" {seq:>7} ", "dim"), ("not kept any more", "dim")]
        gutter = "▶" if index == self.cursor else "±" if seq == self.compared else "▌" if seq in self._marked else " "
        is_in = event.stage in INCOMING
        arrow: Span = ("▶ in ", "accent") if is_in else ("◀ out", "good")
        payload = payload_of(event, self._pages) or b""
        wide = width >= 60
        line: list[Span] = [
            (gutter, "accent"),
            (f"{seq:>7} ", "dim"),
            (f"{clock(event.time_ms) if wide else clock(event.time_ms)[6:]} ", "dim"),
            (fit(inert(event.connection or "http"), 5), "accent"),
            (" ", ""),
            arrow,
            (f" {fit(kind_of(event), 12)}", "strong" if is_in else ""),
            (f" {event.payload_bytes or len(payload):>6,} B ", "dim"),
            (inert(payload[:PREVIEW].decode("utf-8", "replace")), "dim"),
        ]
        return [(text, "dim") for text, _ in line] if self._now is not None and seq > self._now else line


def kind_of(event: TraceEvent) -> str:
    """One word for what a frame is."""
    detail = event.detail
    if isinstance(detail, FrameReceived):
        return inert(detail.what)
    if isinstance(detail, Enqueued) and event.stage == stages.FRAME_ENQUEUED:
        return inert(detail.what or "frame")
    if event.stage == stages.DELIVERY_ENQUEUED:
        return inert(event.channel or "data")
    return event.stage.replace(".enqueued", "").replace(".", " ").removesuffix(" received").removesuffix(" sent")
