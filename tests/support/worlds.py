"""A core without sockets: a clock that the test advances and transports that keep what was written."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from hlmock.exchange.engine import Exchange
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.connection import lose_connection, open_connection
from hlmock.paths.core import Connection, Core
from hlmock.paths.driver import Driver, Run
from hlmock.paths.frames import read_frame
from hlmock.paths.reply import Reply
from hlmock.paths.request import exchange_request
from hlmock.paths.settings import CoreSettings
from hlmock.signing.wallets import Wallet
from hlmock.trace.events import TraceEvent
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


class World:
    """A core, its straight-on driver, and the requests of test wallets."""

    def __init__(self, settings: CoreSettings | None = None, **exchange: Any) -> None:
        self.core, self.clock = new_core(settings, **exchange)
        self.driver = Driver(self.core)
        self._nonce = START_MS

    def connect(self) -> tuple[Connection, MemoryTransport]:
        transport = MemoryTransport()
        return open_connection(self.core, transport), transport

    def send(self, connection: Connection, frame: Any) -> None:
        """A frame of the client, through the driver."""
        self.driver.receive(connection, read_frame(frame if isinstance(frame, bytes) else msgspec.json.encode(frame)))

    def subscribe(self, connection: Connection, type_: str = "orderUpdates", **fields: Any) -> None:
        self.send(connection, {"method": "subscribe", "subscription": {"type": type_, **fields}})

    def lose(self, connection: Connection) -> None:
        self.driver.start(lose_connection(self.core, connection, 1006, "", who="network"), f"{connection.id} cleanup")

    def body(self, who: Wallet, action: dict[str, Any], **envelope: Any) -> bytes:
        """The signed body of one action, with a nonce of its own."""
        self._nonce += 1
        return who.request(action, self._nonce, **envelope)

    def post(self, body: bytes) -> Run[Reply]:
        """`POST /exchange`; its `result` is there unless a gate holds it."""
        return self.driver.start(exchange_request(self.core, body), "request")

    def act(self, who: Wallet, action: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        """Sign and post an action; the decoded answer."""
        run = self.post(self.body(who, action, **envelope))
        assert run.result is not None, "held at a gate"
        answer: dict[str, Any] = msgspec.json.decode(run.result.body)
        return answer

    def place(self, who: Wallet, px: str = "50000", sz: str = "0.01", **fields: Any) -> dict[str, Any]:
        """Place one BTC order, a resting buy by default; the decoded answer."""
        return self.act(who, order_action(px, sz, **fields))

    def events(self, stage: str | None = None) -> list[TraceEvent]:
        """Everything so far, optionally of one stage."""
        return [event for event in self.core.log.since(0) if stage in (None, event.stage)]


def order_action(
    px: str = "50000",
    sz: str = "0.01",
    *,
    is_buy: bool = True,
    asset: int = 0,
    tif: str = "Gtc",
    cloid: str | None = None,
    reduce_only: bool = False,
) -> dict[str, Any]:
    """An `order` action of one limit order, as a client builds it."""
    order: dict[str, Any] = {
        "a": asset,
        "b": is_buy,
        "p": px,
        "s": sz,
        "r": reduce_only,
        "t": {"limit": {"tif": tif}},
    }
    if cloid is not None:
        order["c"] = cloid
    return {"type": "order", "orders": [order], "grouping": "na"}
