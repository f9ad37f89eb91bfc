"""The source over an imported file: its events in memory."""

from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

from hlbench.imports import Imported
from hlmock.trace.events import TraceEvent


class ImportedSource:
    """All that the file holds, from the start. `error` carries what it leaves open."""

    url: str | None = None
    is_live = False

    def __init__(self, path: Path, title: str, imported: Imported) -> None:
        self.path: str | None = str(path)
        self.description = f"{title} {path}"
        self.notes = imported.notes
        self.error: str | None = f"{path}: {' '.join(imported.notes)}" if imported.notes else None
        self._events = imported.events

    @property
    def first_seq(self) -> int:
        return self._events[0].seq if self._events else 1

    @property
    def last_seq(self) -> int:
        return self._events[-1].seq if self._events else 0

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        start = bisect_right(self._events, since, key=attrgetter("seq"))
        return self._events[start : None if limit is None else start + max(limit, 0)]

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Nothing more will come: the callback is never called."""
        return lambda: None

    def catch_up(self, timeout_s: float) -> None:
        """All that the file held is there from the start."""

    def close(self) -> None:
        self._events = []
