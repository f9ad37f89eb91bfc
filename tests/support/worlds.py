"""A core without sockets: a clock that the test advances and transports that keep what was written."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from hlmock.exchange.engine import Exchange
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.core import Core
from hlmock.paths.settings import CoreSettings
from hlmock.trace.log import EventLog

START_MS = 1_700_000_000_000


@dataclass
class FakeClock:
    """Every reading of the monotonic clock is 1 us after the last; the exchange clock stands still."""

    ns: int = 0
    ms: int = START_MS

    def mono_ns(self) -> int:
        self.ns += 1_000
        return self.ns

    def time_ms(self) -> int:
        return self.ms

    def wall_ms(self) -> int:
        return self.ms


@dataclass
class MemoryTransport:
    """Keeps frames; `fails` makes every write raise, as a lost peer does."""

    frames: list[bytes] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    is_aborted: bool = False
    fails: bool = False

    def write(self, frame: bytes) -> None:
        if self.fails:
            raise ConnectionResetError("peer is gone")
        self.frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def abort(self) -> None:
        self.is_aborted = True

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was written, decoded."""
        return [msgspec.json.decode(frame) for frame in self.frames]

    def channel(self, name: str) -> list[Any]:
        """`data` of every frame on a channel."""
        return [message["data"] for message in self.messages if message["channel"] == name]


def new_core(
    settings: CoreSettings | None = None, *, clock: FakeClock | None = None, **exchange: Any
) -> tuple[Core, FakeClock]:
    """A fresh core; keyword arguments go to `ExchangeSettings`."""
    clock = clock or FakeClock()
    exchange.setdefault("initial_usdc", Decimal(1_000_000))
    return Core(Exchange(ExchangeSettings(**exchange)), clock, EventLog(clock), settings), clock
