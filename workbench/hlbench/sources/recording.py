"""The source over a recording: batches are decoded when somebody looks at them, so that a long one takes no memory.

A file may hold several runs (each new server that records to it starts again at seq 1); a source is one run, the
newest unless told otherwise.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hlbench.sources.base import SourceError
from hlmock.trace.events import TraceEvent
from hlmock.trace.recording_format import RecordingError
from hlmock.trace.recording_reader import Recording, Segment, read_recording

if TYPE_CHECKING:
    import pyarrow as pa

BATCHES_KEPT: Final = 64
"""Decoded batches held; a batch has at most 1,000 events."""


class RecordingSource:
    """One run of a recording, as it was when opened.

    Args:
        path: the file.
        run: which run, from 1; without it the newest.

    Raises:
        SourceError: not a readable recording, no event in it, or no such run.
    """

    def __init__(self, path: Path, *, run: int | None = None) -> None:
        try:
            recording = read_recording(path)
        except RecordingError as error:
            raise SourceError(str(error)) from error
        recording.let_go()
        runs = runs_of(recording)
        if not runs:
            rest = f" ({recording.torn})" if recording.torn is not None else ""
            raise SourceError(
                f"{path} holds no whole event{rest}: its server had written none yet, or the file was cut off; "
                "record again, or copy the file once more"
            )
        number = len(runs) if run is None else run
        if not 1 <= number <= len(runs):
            raise SourceError(f"{path} has no run {number}: it holds {len(runs)}")
        self.batches: tuple[pa.RecordBatch, ...] = tuple(runs[number - 1])
        """Columns as in `hlmock.trace.recording_format.COLUMNS`, backed by the file."""
        self.let_go = recording.let_go
        """Give back the memory of what was read from the file; it is read again when it is needed."""
        self.first_seqs = [_seq(batch, 0) for batch in self.batches]
        recording.let_go()
        self._version = recording.version
        self.path: str | None = str(path)
        self.url: str | None = None
        of_runs = f" (run {number} of {len(runs)})" if len(runs) > 1 else ""
        self.description = f"recording {path}{of_runs}"
        self.is_live = False
        self.error: str | None = None
        if recording.torn is not None and number == len(runs):
            self.error = f"{path}: {recording.torn}; the writer was stopped while writing, all before that is shown"
        self._decoded = lru_cache(maxsize=BATCHES_KEPT)(self._decode)

    @property
    def first_seq(self) -> int:
        return self.first_seqs[0] if self.first_seqs else 1

    @property
    def last_seq(self) -> int:
        return _seq(self.batches[-1], -1) if self.batches else 0

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        """As `EventSource.read`.

        Raises:
            SourceError: a batch is whole but holds no trace events.
        """
        found: list[TraceEvent] = []
        for index in range(max(bisect_right(self.first_seqs, since) - 1, 0), len(self.batches)):
            room = None if limit is None else limit - len(found)
            if room is not None and room <= 0:
                break
            events = self._decoded(index)
            offset = bisect_right(events, since, key=lambda event: event.seq) if not found else 0
            found += events[offset : None if room is None else offset + room]
        return found

    def _decode(self, index: int) -> list[TraceEvent]:
        import pyarrow as pa

        try:
            return list(Segment(pa.Table.from_batches([self.batches[index]]), self._version, True).events())
        except RecordingError as error:
            raise SourceError(f"{self.path}: {error}") from error

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Nothing more will come: the callback is never called."""
        return lambda: None

    def catch_up(self, timeout_s: float) -> None:
        """All that the file held is there from the start."""

    def close(self) -> None:
        self._decoded.cache_clear()
        self.batches = ()
        self.first_seqs = []


def runs_of(recording: Recording) -> list[list["pa.RecordBatch"]]:
    """The batches of each run of a server, without events that a later segment repeats.

    A recorder that is closed and opened again on the same log starts at the log's oldest event, which the file has
    already; another server's seq starts again, and its events are others.
    """
    runs: list[list[pa.RecordBatch]] = []
    for segment in recording.segments:
        batches = [batch for batch in segment.table.to_batches() if batch.num_rows]
        if not batches:
            continue
        if runs and _continues(runs[-1], batches):
            last = _seq(runs[-1][-1], -1)
            runs[-1] += [rest for batch in batches if (rest := _after(batch, last)).num_rows]
        else:
            runs.append(batches)
    return runs


def _continues(run: list["pa.RecordBatch"], batches: list["pa.RecordBatch"]) -> bool:
    """Whether the batches go on with the run: what both have of it is the same, at both ends of the overlap."""
    first, last = _seq(batches[0], 0), min(_seq(run[-1], -1), _seq(batches[-1], -1))
    if first > last:
        return bool(batches[0].column("mono_ns")[0].as_py() >= run[-1].column("mono_ns")[-1].as_py())
    return all((ours := _row(run, seq)) is not None and ours == _row(batches, seq) for seq in (first, last))


def _row(batches: list["pa.RecordBatch"], seq: int) -> tuple[object, ...] | None:
    """What tells two events with the same seq apart; `None` where there is no such event."""
    for batch in batches:
        if seq <= _seq(batch, -1):
            row = bisect_right(batch.column("seq").to_pylist(), seq) - 1
            if row < 0 or _seq(batch, row) != seq:
                return None
            return tuple(batch.column(name)[row].as_py() for name in ("mono_ns", "time_ms", "stage", "cause", "key"))
    return None


def _seq(batch: "pa.RecordBatch", row: int) -> int:
    return int(batch.column("seq")[row].as_py())


def _after(batch: "pa.RecordBatch", seq: int) -> "pa.RecordBatch":
    return batch.slice(bisect_right(batch.column("seq").to_pylist(), seq))
