"""Reading a recording: every whole batch, and where a torn tail begins.

Rule 1: nothing half-read is reported as whole. Rule 2: what a newer minor version adds is carried or skipped; a newer
major version is an error that says what to do.
"""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hlmock.trace.events import TraceEvent
from hlmock.trace.recording_format import (
    COLUMNS,
    DETAIL,
    END_OF_STREAM,
    MAJOR,
    VERSION_KEY,
    RecordingError,
    decode_detail,
)

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class TornTail:
    """The end of a file whose writer was killed while writing it: no event in it is whole."""

    offset: int
    """Where the unreadable bytes start."""
    bytes: int

    def __str__(self) -> str:
        return f"torn tail: {self.bytes} bytes from offset {self.offset} are not readable"


@dataclass(frozen=True, slots=True)
class Segment:
    """What one writer wrote. Starts with a checkpoint; seq is dense except over `events.gap`."""

    table: "pa.Table"
    """Columns as in `recording_format.COLUMNS`, and those that a newer version added; backed by the file."""
    version: str
    is_closed: bool
    """Whether its writer ended it; a killed one did not, and one still at work has not yet."""

    def events(self) -> Iterator[TraceEvent]:
        """Its events, decoded on the way.

        Raises:
            RecordingError: a batch that is whole but holds no trace events.
        """
        for batch in self.table.to_batches():
            yield from _decode(batch)


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's readable content. seq starts again in each segment that another run of a server wrote."""

    path: Path
    segments: tuple[Segment, ...]
    torn: TornTail | None = None
    mapped: "mmap.mmap | None" = None
    """The file; absent for an empty one."""

    def let_go(self) -> None:
        """Give back the memory of what was read. It is read from the file again when it is needed.

        A pass over a long file otherwise leaves all of it mapped in, which counts as the process's own on most meters.
        """
        if self.mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.mapped.madvise(mmap.MADV_DONTNEED)

    @property
    def version(self) -> str:
        """Of the newest segment."""
        return self.segments[-1].version

    @property
    def table(self) -> "pa.Table":
        """All segments, one below the other."""
        import pyarrow as pa

        return pa.concat_tables([segment.table for segment in self.segments], promote_options="default")

    def events(self) -> Iterator[TraceEvent]:
        """The events of all segments, in the order of the file."""
        for segment in self.segments:
            yield from segment.events()


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read what a recording holds now; its writer may still be at work.

    Raises:
        RecordingError: no such file, not a recording, cut off before its first event, or of a newer major version.
    """
    import pyarrow as pa

    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}") from error
    source = pa.BufferReader(pa.py_buffer(mapped) if mapped is not None else b"")
    segments: list[Segment] = []
    whole = 0
    while whole < size:
        source.seek(whole)
        segment, whole_after = _read_segment(source, whole, path)
        if segment is None:
            break
        segments.append(segment)
        whole = whole_after
        if not segment.is_closed:
            break
    if not segments:
        raise RecordingError(
            f"{path} is not a recording of hlbench, or was cut off before its first event: nothing can be read"
        )
    return Recording(path, tuple(segments), TornTail(whole, size - whole) if whole < size else None, mapped)


def _read_segment(source: Any, start: int, path: Path) -> tuple[Segment | None, int]:
    """The segment that starts here and the offset where its readable part ends; `None` when none starts here."""
    import pyarrow as pa

    try:
        stream = pa.ipc.open_stream(source)
    except (pa.ArrowException, OSError):
        return None, start
    version = _version(stream.schema, path)
    if version is None:
        return None, start
    batches = []
    whole = source.tell()
    try:
        while True:
            batches.append(stream.read_next_batch())
            whole = source.tell()
    except StopIteration:
        pass
    except (pa.ArrowException, OSError):
        pass  # half a batch: the end of what is readable
    source.seek(whole)
    is_closed = source.read(len(END_OF_STREAM)) == END_OF_STREAM
    segment = Segment(pa.Table.from_batches(batches, schema=stream.schema), version, is_closed)
    return segment, whole + (len(END_OF_STREAM) if is_closed else 0)


def _version(schema: "pa.Schema", path: Path) -> str | None:
    raw = (schema.metadata or {}).get(VERSION_KEY)
    if raw is None:
        return None
    version: str = raw.decode("ascii", "replace")
    major, _, minor = version.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        raise RecordingError(f"{path} names the recording version {version!r}, which is not a version")
    if int(major) > MAJOR:
        raise RecordingError(
            f"{path} was written in recording format {version}; this hlbench reads up to {MAJOR}.x: "
            "upgrade hlbench, or record again with this one"
        )
    return version


def _decode(batch: "pa.RecordBatch") -> Iterator[TraceEvent]:
    names = set(batch.schema.names)
    columns: list[list[Any]] = [
        batch.column(name).to_pylist() if name in names else [None] * batch.num_rows for name, _ in COLUMNS
    ]
    try:
        columns[DETAIL] = [decode_detail(text) for text in columns[DETAIL]]
    except msgspec.DecodeError as error:
        raise RecordingError(
            f"the batch that starts at seq {columns[0][0]} holds a detail that is not one: {error}"
        ) from error
    return map(TraceEvent, *columns)
