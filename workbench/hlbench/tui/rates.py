"""Events per second, the latency of deliveries and the depth of outboxes, in the stream's own time."""

from collections import deque
from typing import Final

from hlmock.trace import stages
from hlmock.trace.events import Enqueued, PublicationCreated, TraceEvent, Written

SECOND: Final = 1_000_000_000
HISTORY: Final = 60
"""Seconds that are remembered. Our choice."""
SAMPLE: Final = 2_000
"""Deliveries of which the latency is known. Our choice."""

BARS: Final = " ▁▂▃▄▅▆▇█"


class Rates:
    """Counts events by second of the stream's monotonic clock."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int, int, int]] = deque(maxlen=HISTORY)
        """(second, events, slowest delivery in µs, deepest outbox), seconds without events left out."""
        self._second = -1
        self._count = 0
        self._slowest_us = 0
        self._deepest = 0
        self._created: dict[int, int] = {}
        """mono_ns of publications on their way."""
        self._latencies: deque[int] = deque(maxlen=SAMPLE)
        self.last_ns = 0

    def apply(self, event: TraceEvent) -> None:
        self.last_ns = event.mono_ns
        second = event.mono_ns // SECOND
        if second != self._second:
            if self._count:
                self._counts.append((self._second, self._count, self._slowest_us, self._deepest))
            self._second, self._count, self._slowest_us, self._deepest = second, 0, 0, 0
        self._count += 1
        detail = event.detail
        if isinstance(detail, PublicationCreated):
            self._created[detail.publication] = event.mono_ns
            if len(self._created) > SAMPLE:
                del self._created[next(iter(self._created))]
        elif isinstance(detail, Written) and event.stage == stages.DELIVERY_WRITTEN:
            created = self._created.get(detail.publication) if detail.publication is not None else None
            if created is not None:
                self._latencies.append(event.mono_ns - created)
                self._slowest_us = max(self._slowest_us, (event.mono_ns - created) // 1_000)
        elif isinstance(detail, Enqueued):
            self._deepest = max(self._deepest, detail.depth)

    def per_second(self, now_ns: int | None = None) -> list[int]:
        """Events in each of the last seconds, the newest last, up to the stream's now."""
        return self._history(0, now_ns)

    def slowest_us(self, now_ns: int | None = None) -> list[int]:
        """The slowest delivery of each of the last seconds, from publication to write, µs; 0 where there was none."""
        return self._history(1, now_ns)

    def deepest(self, now_ns: int | None = None) -> list[int]:
        """Frames in the fullest outbox in each of the last seconds."""
        return self._history(2, now_ns)

    def _history(self, column: int, now_ns: int | None) -> list[int]:
        now = (self.last_ns if now_ns is None else max(now_ns, self.last_ns)) // SECOND
        history = [0] * HISTORY
        current = (self._second, self._count, self._slowest_us, self._deepest)
        for second, *values in (*self._counts, current):
            age = now - second
            if 0 <= age < HISTORY:
                history[HISTORY - 1 - age] = values[column]
        return history

    def rate(self, now_ns: int | None = None) -> float:
        """Events per second over the last two whole seconds, or over the one that runs where there is none."""
        history = self.per_second(now_ns)
        done = history[-3:-1]
        return sum(done) / 2 if any(done) else float(history[-1])

    def latency_ns(self, share: float = 0.99) -> int | None:
        """The latency, from publication to write, that this share of the latest deliveries stayed within."""
        if not self._latencies:
            return None
        ordered = sorted(self._latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def sparkline(values: list[int], width: int) -> str:
    """The newest values as bars, one cell each, the highest one a full cell. Any value above zero shows."""
    shown = values[-width:] if width > 0 else []
    highest = max(shown, default=0)
    steps = len(BARS) - 1
    return "".join(BARS[-(-value * steps // highest)] if highest else BARS[0] for value in shown).rjust(width)
