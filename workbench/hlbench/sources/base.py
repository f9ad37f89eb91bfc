"""`EventSource`: one way to read the event stream, wherever it comes from.

Rule 1: events come in seq order, and what is missing is an `events.gap` event, never silence. Rule 2: reading never
blocks and is safe from any thread; a wake-up only says that there may be more. Rule 3: a source that breaks keeps
what it has and says in `error` what happened, where, and what to do next.
"""

from collections.abc import Callable
from typing import Protocol

from hlmock.trace.events import TraceEvent


class SourceError(Exception):
    """The source could not be reached or read. The message says what, where, and what to do next."""


class EventSource(Protocol):
    """A readable stream of trace events. Close it when done."""

    @property
    def description(self) -> str:
        """What this is, for a title line: `embedded ws://127.0.0.1:8080/ws`. Never has a token in it."""
        ...

    @property
    def url(self) -> str | None:
        """What `--attach` takes to reach the same server; absent for a recording. Never has a token in it."""
        ...

    @property
    def path(self) -> str | None:
        """The recording's file; absent for a server."""
        ...

    @property
    def is_live(self) -> bool:
        """Whether more events may come."""
        ...

    @property
    def error(self) -> str | None:
        """What is wrong now, in one sentence; absent while all is well (and again after a reconnection)."""
        ...

    @property
    def first_seq(self) -> int:
        """seq of the oldest event that can still be read; of the next one while there is none."""
        ...

    @property
    def last_seq(self) -> int:
        """seq of the newest event that can be read; 0 while there is none."""
        ...

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        """Events with a seq above `since`, oldest first, at most `limit`. Never blocks; any thread.

        Where some of them are gone, the first one is `events.gap`; its seq is the last one missing.
        """
        ...

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a callback run when there may be more to read or `error` has changed; returns what ends it.

        The callback runs in any thread, must be quick and must not raise: set a flag, then `read`.
        """
        ...

    def catch_up(self, timeout_s: float) -> None:
        """Block until everything that had happened at the call can be read.

        Raises:
            SourceError: it could not be reached in time.
        """
        ...

    def close(self) -> None:
        """Let go of threads, sockets and files. Calling it again does nothing."""
        ...


class Listeners:
    """Callbacks of one source. Adding, removing and calling are safe from any thread."""

    def __init__(self) -> None:
        self._callbacks: tuple[Callable[[], None], ...] = ()

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Returns what removes it again."""
        entry = _Entry(callback)
        self._callbacks = (*self._callbacks, entry)

        def remove() -> None:
            self._callbacks = tuple(each for each in self._callbacks if each is not entry)

        return remove

    def wake(self) -> None:
        for callback in self._callbacks:
            callback()


class _Entry:
    """Its own identity, so that the same callback may be added twice."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def __call__(self) -> None:
        self._callback()
