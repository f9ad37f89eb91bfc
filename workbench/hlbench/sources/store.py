"""A bounded store of events that came from elsewhere: what an attached view can go back to.

Rule 1: one thread appends; any thread reads. Rule 2: blocks start at a checkpoint and are dropped whole, so that what
is left can be folded from its first event.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from hlmock.trace import stages
from hlmock.trace.events import Gap, TraceEvent

EVENT_BYTES: Final = 512
"""What one event takes in memory beside its payload, about. The same estimate as the server's ring."""


class _Block:
    """Events from one checkpoint to before the next, with their seqs (which may jump over a gap)."""

    __slots__ = ("bytes", "events", "first_seq")

    def __init__(self, first: TraceEvent) -> None:
        self.first_seq = first.seq
        self.events = [first]
        self.bytes = 0


class EventStore:
    """Events in seq order, the oldest dropped when it is full.

    Args:
        capacity: events held, about: dropping goes by whole blocks.
        max_bytes: memory held, an estimate.
    """

    def __init__(self, *, capacity: int = 200_000, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._blocks: tuple[_Block, ...] = ()
        """Replaced, never changed: a reader in another thread works on the blocks it has seen."""
        self._count = 0
        self._bytes = 0
        self.last_seq = 0

    @property
    def first_seq(self) -> int:
        """seq of the oldest event held; of the next one while there is none."""
        return self._blocks[0].first_seq if self._blocks else self.last_seq + 1

    def extend(self, events: Sequence[TraceEvent]) -> None:
        """Append newer events. Those that are held already are skipped, so that a reconnection may overlap."""
        for event in events:
            if event.seq <= self.last_seq:
                continue
            size = EVENT_BYTES + (len(event.payload) if event.payload is not None else 0)
            if not self._blocks or event.stage == stages.STATE_CHECKPOINT:
                self._start_block(event)
            else:
                self._blocks[-1].events.append(event)
            self._blocks[-1].bytes += size
            self._count += 1
            self._bytes += size
            self.last_seq = event.seq

    def _start_block(self, first: TraceEvent) -> None:
        block = _Block(first)
        kept = self._blocks
        while len(kept) > 1 and (self._count > self._capacity or self._bytes > self._max_bytes):
            self._count -= len(kept[0].events)
            self._bytes -= kept[0].bytes
            kept = kept[1:]
        self._blocks = (*kept, block)

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        """Events after `since`, as `EventSource.read`."""
        blocks = self._blocks
        if not blocks or (limit is not None and limit <= 0):
            return []
        found: list[TraceEvent] = []
        start = bisect_right(blocks, since, key=lambda block: block.first_seq) - 1
        first = blocks[0]
        if start < 0:
            start = 0
            if max(since, 0) + 1 < first.first_seq and first.events[0].stage != stages.EVENTS_GAP:
                found.append(_gap(max(since, 0) + 1, first.events[0]))
        for block in blocks[start:]:
            events = block.events
            offset = 0 if block.first_seq > since else bisect_right(events, since, key=_seq)
            room = None if limit is None else limit - len(found)
            found += events[offset : None if room is None else offset + room]
            if limit is not None and len(found) >= limit:
                break
        return found


def _seq(event: TraceEvent) -> int:
    return event.seq


def _gap(missing_from: int, oldest: TraceEvent) -> TraceEvent:
    return TraceEvent(
        oldest.seq - 1,
        oldest.mono_ns,
        oldest.time_ms,
        stages.EVENTS_GAP,
        detail=Gap(missing_from, oldest.seq - 1),
    )
