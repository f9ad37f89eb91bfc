"""The events that one timeline stands on, in the form in which they came: structs in memory, or Arrow batches.

A capture never changes: a timeline's frames agree with each other, whatever the exchange does meanwhile.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from hlbench.timeline.columns import batches_frame, events_frame
from hlmock.trace.events import TraceEvent

if TYPE_CHECKING:
    import pyarrow as pa

    from hlbench.sources import EventSource
    from hlmock.trace.log import EventLog


class HasLog(Protocol):
    """A running exchange: `hlmock.MockExchange`."""

    @property
    def log(self) -> "EventLog": ...


class Capture(Protocol):
    """Events of one run, in seq order."""

    def frame(self) -> pd.DataFrame:
        """As `Timeline.events`."""
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


class MemoryCapture:
    """Structs."""

    def __init__(self, events: Sequence[TraceEvent]) -> None:
        self._events = events

    def frame(self) -> pd.DataFrame:
        return events_frame(self._events)

    def events(self) -> Iterable[TraceEvent]:
        return self._events

    def of_stages(self, stages: Collection[str]) -> Iterator[TraceEvent]:
        return (event for event in self._events if event.stage in stages)

    def between(self, first: int, last: int) -> list[TraceEvent]:
        return [event for event in self._events if first <= event.seq <= last]


class BatchCapture:
    """A recording's batches."""

    def __init__(self, batches: Sequence["pa.RecordBatch"]) -> None:
        self._batches = batches

    def frame(self) -> pd.DataFrame:
        return batches_frame(self._batches)

    def events(self) -> Iterator[TraceEvent]:
        return self._decode(self._batches)

    def of_stages(self, stages: Collection[str]) -> Iterator[TraceEvent]:
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(sorted(stages), pa.string())
        return self._decode(batch.filter(pc.is_in(batch.column("stage"), wanted)) for batch in self._batches)

    def between(self, first: int, last: int) -> list[TraceEvent]:
        import pyarrow.compute as pc

        chosen = (
            batch.filter(
                pc.and_(pc.greater_equal(batch.column("seq"), first), pc.less_equal(batch.column("seq"), last))
            )
            for batch in self._batches
            if batch.column("seq")[-1].as_py() >= first and batch.column("seq")[0].as_py() <= last
        )
        return list(self._decode(chosen))

    @staticmethod
    def _decode(batches: Iterable["pa.RecordBatch"]) -> Iterator[TraceEvent]:
        import pyarrow as pa

        from hlmock.trace.recording_reader import Segment

        for batch in batches:
            if batch.num_rows:
                yield from Segment(pa.Table.from_batches([batch]), "", True).events()


def capture(source: "HasLog | EventSource | str | os.PathLike[str] | Iterable[TraceEvent]") -> Capture:
    """Take what a source holds now.

    Raises:
        SourceError: a recording that cannot be read.
    """
    from hlbench.sources.recording import RecordingSource

    if isinstance(source, str | os.PathLike):
        source = RecordingSource(Path(source))
    if isinstance(source, RecordingSource):
        return BatchCapture(source.batches)
    if hasattr(source, "log"):
        return MemoryCapture(source.log.since(0))
    if hasattr(source, "read"):
        return MemoryCapture(source.read(0))
    return MemoryCapture(list(source))
