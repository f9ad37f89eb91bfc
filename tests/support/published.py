"""A desk whose every step is published: subscribers, their acknowledgements and messages, without sockets."""

import json
from typing import Any

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.outcome import Outcome
from hlmock.paths.connection import open_connection
from hlmock.paths.core import Core
from hlmock.paths.driver import Driver
from hlmock.paths.frames import read_frame
from hlmock.paths.settings import CoreSettings
from hlmock.paths.tick import tick
from hlmock.trace.log import EventLog
from support.desk import Desk
from support.worlds import MemoryTransport


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


class Listener:
    """What one connection was sent, a line per message."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self._read = len(transport.frames)

    def messages(self) -> list[Any]:
        """Since the last call."""
        frames = self._transport.frames[self._read :]
        self._read += len(frames)
        return [json.loads(frame) for frame in frames]

    def lines(self) -> list[str]:
        """Since the last call: `orderUpdates: open 0.5, filled 0.0`, `user fills: B 0.5`."""
        return [line_of(message) for message in self.messages()]


def line_of(message: Any) -> str:
    """The channel and, briefly, what it says."""
    channel, data = message["channel"], message["data"]
    if channel == "orderUpdates":
        return "orderUpdates: " + ", ".join(f"{row['status']} {row['order']['sz']}" for row in data)
    name, rows = next((name, rows) for name, rows in data.items() if name != "user")
    said = [_brief(row) for row in rows] if isinstance(rows, list) else [_brief(rows)]
    return f"{channel} {name}: {', '.join(said)}" if channel == "user" else f"{channel}: {', '.join(said)}"


def _brief(row: Any) -> str:
    match row:
        case {"fill": fill}:
            return _brief(fill)
        case {"side": side, "sz": sz, "tid": _}:
            return f"{side} {sz}"
        case {"order": {"sz": sz}, "status": status}:
            return f"{status} {sz}"
        case {"state": _, "status": {"status": status}}:
            return str(status)
        case {"fundingRate": _, "coin": coin, "usdc": usdc}:
            return f"{coin} {usdc}"
        case {"delta": {"type": kind}}:
            return str(kind)
        case {"coin": coin, "oid": _}:
            return str(coin)
        case _:
            return str(row)


class Published(Desk):
    """Open the accounts before anybody subscribes."""

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

    # What happens.

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

    def listen(self, name: str, *types: str) -> "Listener":
        """One connection that follows several feeds of a user."""
        user = self.account(name).address
        transport = MemoryTransport()
        connection = open_connection(self.core, transport)
        for type_ in types:
            frame = json.dumps({"method": "subscribe", "subscription": {"type": type_, "user": user}}).encode()
            self.driver.receive(connection, read_frame(frame))
        return Listener(transport)

    def subscribe(self, sent: dict[str, Any]) -> Subscriber:
        transport = MemoryTransport()
        connection = open_connection(self.core, transport)
        frame = json.dumps({"method": "subscribe", "subscription": sent}).encode()
        self.driver.receive(connection, read_frame(frame))
        return Subscriber(sent, transport)
