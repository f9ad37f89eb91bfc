"""The clocks that a session can run on: wall time with an offset, or time that only moves when told to."""

import time
from typing import Protocol

from hlmock.paths.ports import Clock


class MovableClock(Clock, Protocol):
    """A clock whose exchange time can be advanced by hand."""

    @property
    def is_virtual(self) -> bool:
        """Whether time stands still between two calls of `advance`."""
        ...

    def advance(self, seconds: float) -> None:
        """Move exchange time forward.

        Raises:
            ValueError: `seconds` is negative: time never goes back.
        """
        ...

    def set_time(self, time_ms: int) -> None:
        """Put exchange time where a restored state has it, which may be earlier than now."""
        ...


class WallClock:
    """Wall time plus an offset. Nonces and expiries are judged by wall time alone, so that real clients stay valid."""

    is_virtual = False

    def __init__(self) -> None:
        self._offset_ms = 0
        self.mono_ns = time.monotonic_ns
        """Ticks of the system's monotonic clock."""

    def time_ms(self) -> int:
        """Exchange clock, ms since the epoch."""
        return time.time_ns() // 1_000_000 + self._offset_ms

    def wall_ms(self) -> int:
        """Wall clock, ms since the epoch."""
        return time.time_ns() // 1_000_000

    def advance(self, seconds: float) -> None:
        """Move exchange time forward; wall time stays.

        Raises:
            ValueError: `seconds` is negative.
        """
        self._offset_ms += _ms(seconds)

    def set_time(self, time_ms: int) -> None:
        """Put exchange time to a moment, from which it goes on; wall time stays."""
        self._offset_ms = time_ms - self.wall_ms()


class VirtualClock:
    """Time that stands still until `advance`: equal inputs then give equal logs.

    Args:
        start_ms: exchange time at the start, ms since the epoch. Clients that use wall time as nonce need one near it.
    """

    is_virtual = True

    def __init__(self, start_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = start_ms
        self._passed_ms = 0

    def mono_ns(self) -> int:
        """Virtual ns that have passed; not set back by `set_time`."""
        return self._passed_ms * 1_000_000

    def time_ms(self) -> int:
        """Virtual ms since the epoch."""
        return self._now_ms

    wall_ms = time_ms

    def advance(self, seconds: float) -> None:
        """Move time forward.

        Raises:
            ValueError: `seconds` is negative.
        """
        passed_ms = _ms(seconds)
        self._now_ms += passed_ms
        self._passed_ms += passed_ms

    def set_time(self, time_ms: int) -> None:
        """Put time to a moment."""
        self._now_ms = time_ms


def _ms(seconds: float) -> int:
    if seconds < 0:
        raise ValueError(f"time never goes back: cannot advance by {seconds} s")
    return round(seconds * 1_000)
