"""A source's events, kept as a recording."""

from pathlib import Path

from hlbench.sources.base import EventSource
from hlmock.trace.recording import RecordingWriter

CHUNK = 10_000
"""Events per batch of the file. Our choice."""


def save_recording(source: EventSource, path: Path) -> int:
    """Write everything that can be read now to a new file; returns how many events that is. Blocks.

    Raises:
        FileExistsError: the file is there already; a recording is continued by its server alone.
        OSError: it cannot be written.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already: name another file")
    writer = RecordingWriter(path)
    written, seq = 0, 0
    try:
        while events := source.read(seq, CHUNK):
            writer.write(events)
            written += len(events)
            seq = events[-1].seq
    finally:
        writer.close()
    return written
