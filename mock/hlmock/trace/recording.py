"""Writing a recording: the event log in a file that survives `kill -9`.

Rule 1: a batch is written whole and handed to the operating system at once. Rule 2: a file is only ever appended to;
what a killed writer left half-written at its end is cut off by the next writer, never read by anyone. Rule 3: a file
has one writer.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from msgspec.structs import astuple

from hlmock.trace.events import TraceEvent
from hlmock.trace.log import EventLog
from hlmock.trace.recording_format import (
    DETAIL,
    END_OF_STREAM,
    RecordingError,
    encode_detail,
    schema,
)
from hlmock.trace.recording_reader import read_recording

BATCH_EVENTS: Final = 1_000
BATCH_NS: Final = 100_000_000
"""A batch closes after so many events or this time. Source: design of the recording; both bound what a kill loses."""


class RecordingWriter:
    """Appends events to a recording, one batch per call.

    Raises:
        RecordingError: the file is something else, of a newer major version, or being written by another process.
        OSError: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import pyarrow as pa

        self.path = Path(path)
        self._arrow = pa
        self._schema = schema()
        self._file = _open_to_append(self.path)
        self._file.write(self._schema.serialize())
        self._file.flush()

    def write(self, events: Sequence[TraceEvent]) -> None:
        """Write one batch and flush it to the operating system."""
        if not events:
            return
        columns: list[Sequence[Any]] = list(zip(*map(astuple, events), strict=True))
        columns[DETAIL] = [encode_detail(event.detail) for event in events]
        arrays = [
            self._arrow.array(column, type=field.type) for column, field in zip(columns, self._schema, strict=True)
        ]
        self._file.write(self._arrow.record_batch(arrays, schema=self._schema).serialize())
        self._file.flush()

    def close(self) -> None:
        """End the segment."""
        if not self._file.closed:
            try:
                self._file.write(END_OF_STREAM)
            finally:
                self._file.close()


class Recorder:
    """Follows an event log into a recording, from the oldest event that the log still holds (a checkpoint).

    Call `tick` often (it is cheap) and `close` at the end; safe in another thread than the log's owner.

    Args:
        path: created, or appended to as a new segment.
        log: the log to follow.

    Raises:
        RecordingError: as for `RecordingWriter`.
        OSError: the file cannot be opened or, from `tick`, `flush` and `close`, written.
    """

    def __init__(self, path: str | os.PathLike[str], log: EventLog) -> None:
        self._log = log
        self._writer = RecordingWriter(path)
        self._seq = log.first_seq - 1
        self._flushed_ns: int | None = None

    @property
    def path(self) -> Path:
        return self._writer.path

    @property
    def recorded_seq(self) -> int:
        """seq of the last event in the file."""
        return self._seq

    def tick(self, now_ns: int) -> None:
        """Close the batch if it is due.

        Args:
            now_ns: any monotonic clock.
        """
        if self._flushed_ns is None:
            self._flushed_ns = now_ns
        waiting = self._log.last_seq - self._seq
        if waiting >= BATCH_EVENTS or (waiting and now_ns - self._flushed_ns >= BATCH_NS):
            self._flushed_ns = now_ns
            self.flush()
        elif not waiting:
            self._flushed_ns = now_ns

    def flush(self) -> None:
        """Write everything that the log has and the file has not."""
        while events := self._log.since(self._seq, BATCH_EVENTS):
            self._writer.write(events)
            self._seq = events[-1].seq

    def close(self) -> None:
        """Write what is left and end the segment."""
        try:
            self.flush()
        finally:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open_to_append(path: Path) -> BinaryIO:
    file = open(path, "ab")  # noqa: SIM115 (closed by the writer)
    try:
        _lock(file, path)
        if file.tell():
            _repair_end(file, path)
    except BaseException:
        file.close()
        raise
    return file


def _lock(file: BinaryIO, path: Path) -> None:
    """Two writers would interleave their batches. The lock ends with the process, however it ends."""
    with contextlib.suppress(ImportError):  # not on Windows
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordingError(f"{path} is being recorded to by another process: choose another file") from None


def _repair_end(file: BinaryIO, path: Path) -> None:
    """Cut what a killed writer left half-written, and end its segment, so that a new one may follow."""
    recording = read_recording(path)
    if recording.torn is not None:
        file.truncate(recording.torn.offset)
        file.seek(0, os.SEEK_END)
    if not recording.segments[-1].is_closed:
        file.write(END_OF_STREAM)
