"""The events that one timeline stands on, in the form in which they came: structs in memory, or Arrow batches.

A capture never changes: a timeline's frames agree with each other, whatever the exchange does meanwhile. Of a
recording nothing is held but the map of its file; what is read is read a chunk at a time.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from hlbench.timeline.columns import events_table
from hlmock.trace.events import TraceEvent

if TYPE_CHECKING:
    import pyarrow as pa

    from hlbench.sources import EventSource
    from hlmock.trace.log import EventLog

CHUNK: Final = 250_000
"""Events looked at at once, where all of them may be too many."""


HELD_BATCHES: Final = 250
"""Batches of a recording after which a pass gives back what it has read; about 70 MB."""


class HasLog(Protocol):
    """A running exchange: `hlmock.MockExchange`."""

    @property
    def log(self) -> "EventLog": ...


class HasEvents(Protocol):
    """A finished run of the lab: `hlbench.lab.RunResult`."""

    @property
    def events(self) -> Sequence[TraceEvent]: ...


class Capture(Protocol):
    """Events of one run, in seq order."""

    def tables(self, size: int | None = None) -> "Iterator[pa.Table]":
        """The common columns, named and typed as in a recording, about `size` events at a time; at least one table."""
        ...

    def events(self) -> Iterable[TraceEvent]:
        """All of them."""
        ...

    def of_stages(self, stages: Collection[str]) -> Iterator[TraceEvent]:
        """Those of some stages; no other is decoded."""
        ...

    def between(self, first: int, last: int) -> list[TraceEvent]:
        """Those with a seq from `first` to `last`, both included."""
        ...

    def at(self, seqs: Collection[int]) -> list[TraceEvent]:
        """Those with one of these seqs."""
        ...

    def last_seq(self) -> int | None:
        """seq of the newest; `None` where there is none."""
        ...

    def newest_ms(self) -> int | None:
        """Exchange clock of the newest."""
        ...


class MemoryCapture:
    """Structs."""

    def __init__(self, events: Sequence[TraceEvent]) -> None:
        self._events = events

    def tables(self, size: int | None = None) -> "Iterator[pa.Table]":
        size = size or max(len(self._events), 1)
        for start in range(0, max(len(self._events), 1), size):
            yield events_table(self._events[start : start + size])

    def events(self) -> Iterable[TraceEvent]:
        return self._events

    def of_stages(self, stages: Collection[str]) -> Iterator[TraceEvent]:
        return (event for event in self._events if event.stage in stages)

    def between(self, first: int, last: int) -> list[TraceEvent]:
        start, end = bisect_left(self._events, first, key=_seq), bisect_right(self._events, last, key=_seq)
        return list(self._events[start:end])

    def at(self, seqs: Collection[int]) -> list[TraceEvent]:
        return [event for seq in sorted(set(seqs)) for event in self.between(seq, seq)]

    def last_seq(self) -> int | None:
        return self._events[-1].seq if self._events else None

    def newest_ms(self) -> int | None:
        return self._events[-1].time_ms if self._events else None


class BatchCapture:
    """A recording's batches."""

    def __init__(
        self, batches: Sequence["pa.RecordBatch"], first_seqs: Sequence[int], let_go: Callable[[], None]
    ) -> None:
        self._batches = batches
        self._first_seqs = first_seqs
        self._let_go = let_go

    def _place(self, seq: int) -> int:
        """The batch that a seq is in, if it is anywhere; found without looking into the file."""
        return max(bisect_right(self._first_seqs, seq) - 1, 0)

    def _passing(self) -> "Iterator[pa.RecordBatch]":
        """Every batch, while memory holds a few of them."""
        for number, batch in enumerate(self._batches, 1):
            yield batch
            if number % HELD_BATCHES == 0:
                self._let_go()

    def tables(self, size: int | None = None) -> "Iterator[pa.Table]":
        import pyarrow as pa

        if not self._batches:
            yield events_table([])
        held: list[pa.RecordBatch] = []
        count = 0
        for batch in self._passing() if size is not None else self._batches:
            held.append(batch)
            count += batch.num_rows
            if size is not None and count >= size:
                yield from _cut(pa.Table.from_batches(held), size)
                held, count = [], 0
        if held:
            yield from _cut(pa.Table.from_batches(held), size or count)

    def events(self) -> Iterator[TraceEvent]:
        return self._decode(self._passing())

    def of_stages(self, stages: Collection[str]) -> Iterator[TraceEvent]:
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(sorted(stages), pa.string())
        return self._decode(batch.filter(pc.is_in(batch.column("stage"), wanted)) for batch in self._passing())

    def between(self, first: int, last: int) -> list[TraceEvent]:
        import pyarrow.compute as pc

        chosen = (
            batch.filter(
                pc.and_(pc.greater_equal(batch.column("seq"), first), pc.less_equal(batch.column("seq"), last))
            )
            for batch in self._batches[self._place(first) : self._place(last) + 1]
        )
        return list(self._decode(chosen))

    def at(self, seqs: Collection[int]) -> list[TraceEvent]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not seqs:
            return []
        wanted = pa.array(sorted(seqs), pa.int64())
        places = sorted({self._place(seq) for seq in seqs})
        chosen = (
            batch.filter(pc.is_in(batch.column("seq"), wanted))
            for batch in (self._batches[place] for place in places if place < len(self._batches))
        )
        return list(self._decode(chosen))

    def last_seq(self) -> int | None:
        return self._batches[-1].column("seq")[-1].as_py() if self._batches else None

    def newest_ms(self) -> int | None:
        return self._batches[-1].column("time_ms")[-1].as_py() if self._batches else None

    @staticmethod
    def _decode(batches: Iterable["pa.RecordBatch"]) -> Iterator[TraceEvent]:
        import pyarrow as pa

        from hlmock.trace.recording_reader import Segment

        for batch in batches:
            if batch.num_rows:
                yield from Segment(pa.Table.from_batches([batch]), "", True).events()


def capture(source: "HasLog | HasEvents | EventSource | str | os.PathLike[str] | Iterable[TraceEvent]") -> Capture:
    """Take what a source holds now.

    Raises:
        SourceError: a recording that cannot be read.
    """
    from hlbench.sources import open_source
    from hlbench.sources.recording import RecordingSource

    if isinstance(source, str | os.PathLike):
        source = open_source(source)
    if isinstance(source, RecordingSource):
        return BatchCapture(source.batches, source.first_seqs, source.let_go)
    if hasattr(source, "log"):
        return MemoryCapture(source.log.since(0))
    if hasattr(source, "read"):
        return MemoryCapture(source.read(0))
    if hasattr(source, "events"):
        return MemoryCapture(source.events)
    return MemoryCapture(list(source))


def _cut(table: "pa.Table", size: int) -> "Iterator[pa.Table]":
    for start in range(0, table.num_rows, size):
        yield table.slice(start, size)


def _seq(event: TraceEvent) -> int:
    return event.seq
