"""What a driver gives to a core: time, and a way out for each connection's frames."""

from typing import Protocol

from hlmock.exchange.movements import Movement


class Clock(Protocol):
    """Time, as the driver sees it."""

    def mono_ns(self) -> int:
        """Monotonic, for durations."""
        ...

    def time_ms(self) -> int:
        """Exchange clock, ms since the epoch: wall time plus an offset, or virtual."""
        ...

    def wall_ms(self) -> int:
        """What nonces and expiries are judged by, ms since the epoch."""
        ...


class Outside(Protocol):
    """What a market outside does, as the driver knows it: prices of a file, say."""

    @property
    def next_ms(self) -> int | None:
        """When the next thing happens; `None`: nothing more."""
        ...

    def pop_due(self, now_ms: int) -> tuple[int, Movement] | None:
        """The next thing that is due by now, and its time."""
        ...


class Transport(Protocol):
    """Where a connection's frames go. Every call returns at once."""

    def write(self, frame: bytes) -> None:
        """Hand one text frame over.

        Raises:
            OSError: the peer is gone; the frame counts as failed.
        """
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame."""
        ...

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        ...
