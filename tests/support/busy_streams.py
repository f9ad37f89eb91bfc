"""The busy exchange as subscribers see it: everything is subscribed to before the story begins and again after it."""

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

from hlmock.delivery.keys import TYPES
from hlmock.exchange.model import Account
from hlmock.exchange.outcome import Outcome
from hlmock.paths.connection import open_connection
from hlmock.paths.core import Core
from hlmock.paths.driver import Driver
from hlmock.paths.frames import read_frame
from hlmock.paths.settings import CoreSettings
from hlmock.paths.tick import tick
from hlmock.trace.log import EventLog
from support.busy import ALICE, BOB, CAROL, DAVE, Busy, busy_desk
from support.desk import address
from support.worlds import MemoryTransport

PERPS = ("BTC", "ETH", "MATIC", "xyz:TSLA")
SPOT = ("@107", "PURR/USDC")


class Subscriber:
    """One connection with one subscription."""

    def __init__(self, sent: dict[str, Any], transport: MemoryTransport) -> None:
        self.sent = sent
        self._transport = transport
        self.at_once = len(transport.frames)
        """Frames that the subscription itself was answered with."""

    @property
    def acknowledged(self) -> Any:
        """The subscription as it was repeated."""
        ack = json.loads(self._transport.frames[0])
        assert (list(ack), ack["channel"]) == (["channel", "data"], "subscriptionResponse"), ack
        assert (list(ack["data"]), ack["data"]["method"]) == (["method", "subscription"], "subscribe")
        return ack["data"]["subscription"]

    @property
    def first(self) -> list[Any]:
        """The frame that came with the acknowledgement, if one did."""
        return [json.loads(frame) for frame in self._transport.frames[1 : self.at_once]]

    @property
    def later(self) -> list[Any]:
        return [json.loads(frame) for frame in self._transport.frames[self.at_once :]]


class BusyStreams(Busy):
    """A desk whose every step is published to subscribers."""

    def __init__(self) -> None:
        super().__init__()
        self._ns = 0
        log = EventLog(self)
        settings = CoreSettings(idle_close_ms=None, max_subscriptions=None, max_users=None)
        self.core = Core(self.exchange, self, log, settings)
        self.driver = Driver(self.core)

    # The core's clock.

    def time_ms(self) -> int:
        return self.now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def mono_ns(self) -> int:
        self._ns += 1_000
        return self._ns

    def tell(self) -> None:
        """The whole story, and what only streams show of it."""
        busy_desk(self)
        self.must("dave", "spotUser", toggleSpotDusting={"optOut": True})
        agent = f" valid_until {self.now_ms + 86_400_000}"
        self.must("bob", "approveAgent", agentAddress=address("bobbot"), agentName=agent, nonce=self.nonce + 1)
        self.rests("dave", "buy", "0.1", "50000")
        self.must("dave", "scheduleCancel", time=self.now_ms + 10_000)
        self.advance(10)

    # What the story does.

    def _publish(self, outcome: Outcome) -> Outcome:
        self.core.take(outcome, None)
        self.driver.pump()
        return outcome

    def account(self, name: str) -> Account:
        known = len(self.exchange.accounts)
        account = super().account(name)
        assert known == len(self.exchange.accounts) or not self.core.connections, "open accounts before subscribing"
        return account

    def do(self, name: str, type_: str, /, **fields: Any) -> Outcome:
        return self._publish(super().do(name, type_, **fields))

    def quote(self, *args: Any, **named: Any) -> Outcome:
        return self._publish(super().quote(*args, **named))

    def prices(self, *args: Any, **named: Any) -> Outcome:
        return self._publish(super().prices(*args, **named))

    def fill(self, *args: Any, **named: Any) -> Outcome:
        return self._publish(super().fill(*args, **named))

    def fund(self, *args: Any, **named: Any) -> Outcome:
        return self._publish(super().fund(*args, **named))

    def advance(self, seconds: float) -> list[Outcome]:
        """One tick, as late as it may be."""
        self.now_ms += round(seconds * 1_000)
        self.driver.start(tick(self.core), "tick")
        return []

    # Who listens.

    def subscribe(self, sent: dict[str, Any]) -> Subscriber:
        transport = MemoryTransport()
        connection = open_connection(self.core, transport)
        frame = json.dumps({"method": "subscribe", "subscription": sent}).encode()
        self.driver.receive(connection, read_frame(frame))
        return Subscriber(sent, transport)

    def subscribe_to_all(self) -> dict[str, list[Subscriber]]:
        """Subscribers by type, one for every user, coin and option."""
        return {type_: [self.subscribe(sent) for sent in subscriptions_of(type_)] for type_ in TYPES}


def subscriptions_of(type_: str) -> list[dict[str, Any]]:
    """What clients send of a type: options absent, at their defaults, and set."""
    names = [field.name for field in TYPES[type_]]
    return [
        {"type": type_, **{name: value for name, value in zip(names, values, strict=True) if value is not _ABSENT}}
        for values in product(*(_values_of(type_, name) for name in names))
    ]


_ABSENT = object()


def _values_of(type_: str, name: str) -> Sequence[Any]:
    match name:
        case "user":
            return (ALICE, BOB, CAROL, DAVE)
        case "coin" if type_ == "activeAssetData":
            return PERPS
        case "coin":
            return SPOT if type_ == "activeSpotAssetCtx" else (*PERPS, *SPOT)
        case "dex":
            return (_ABSENT, "", "xyz")
        case "interval":
            return ("1m", "1d")
        case "nSigFigs":
            return (_ABSENT, None, 5)
        case "mantissa":
            return (_ABSENT, None)
        case "fast" | "aggregateByTime":
            return (_ABSENT, False, True)
        case "ignorePortfolioMargin" | "isPortfolioMargin":
            return (_ABSENT, True)
        case _:
            raise AssertionError(f"say what to ask for in {type_}.{name}")
