"""What time itself will cause: entries in the order in which they fall due.

Rule 1: an entry is plain values (when, what, whom), so that a dump can hold it. Rule 2: entries are never taken back;
who carries one out checks that it still stands. Rule 3: of equal times, the entry added first comes first.
"""

from heapq import heappop, heappush

import msgspec


def next_full(now_ms: int, interval_ms: int) -> int:
    """The next multiple of an interval after now: the next full hour, say."""
    return (now_ms // interval_ms + 1) * interval_ms


class Entry(msgspec.Struct, frozen=True, order=True, gc=False):
    """One thing that falls due."""

    time_ms: int
    number: int
    """In the order of adding."""
    kind: str
    """A name of `due.STEPS`."""
    key: tuple[str | int, ...]
    """Arguments of the step: an address, an oid."""


class Agenda(msgspec.Struct):
    """A heap of entries."""

    entries: list[Entry] = msgspec.field(default_factory=list)
    """Heap; the first is due next."""
    added: int = 0

    def add(self, time_ms: int, kind: str, *key: str | int) -> None:
        """Let a step of `due.STEPS` be carried out at this time, or at the first tick after it."""
        self.added += 1
        heappush(self.entries, Entry(time_ms, self.added, kind, key))

    def pop_due(self, now_ms: int) -> Entry | None:
        """Take the next entry that is due by now."""
        return heappop(self.entries) if self.entries and self.entries[0].time_ms <= now_ms else None
