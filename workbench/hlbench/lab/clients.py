"""Scripted clients: generators that connect, subscribe, order and wait, one step each.

A script is a function of a `Client` that is a generator. Each method that touches the world is a generator too and is
called with `yield from`; it is one step, or it waits without a step.

    def trader(alice: Client) -> Script:
        c = yield from alice.connect()
        yield from alice.subscribe(c, "orderUpdates")
        yield from alice.acked(c, "orderUpdates")
        yield from alice.place("50000")
"""

from collections import deque
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any

import msgspec

from hlbench.lab.actors import BLOCKED, Script
from hlbench.lab.clock import START_MS
from hlbench.lab.links import Link
from hlbench.lab.remembered import answer_once, subscription_once
from hlbench.lab.world import Message, World
from hlmock.signing.wallets import Wallet, wallet
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Note, Written
from hlmock.wire.remembering import KEPT

Answer = dict[str, Any]

TEXT_FRAME = b"\x81"
"""First byte of the header of a whole text frame, which the lab's wires carry only for a server that writes header and
body on their own. Source: RFC 6455, section 5.2."""


@lru_cache(KEPT)
def signed_body(signer: str, action: bytes, nonce: int, vault: str | None) -> bytes:
    """A signed request; equal arguments are signed once per process."""
    return wallet(signer).request(msgspec.json.decode(action), nonce, vault)


class Client:
    """One client program: a wallet, its connections, what has reached it and what it believes.

    `view` maps an oid (or a cloid) to the last status that the client has taken over from `orderUpdates`.

    Args:
        name: of its actor.
        account: name of the wallet that it watches and trades for; by default its own name.
        signer: name of the key that it signs with; by default the account's.
    """

    def __init__(self, world: World, name: str, signer: str | None = None, *, account: str | None = None) -> None:
        self.world = world
        self.name = name
        self.wallet: Wallet = wallet(account or name)
        self.address: str = self.wallet.address
        self.signer = signer or account or name
        self.inbox: deque[Message] = deque()
        self.replies: dict[int, Answer] = {}
        self.view: dict[int, str] = {}
        self.received: list[Message] = []
        self._nonces = 0
        self._acks: set[tuple[str, str]] = set()
        self._closed: set[str] = set()
        self._headers: set[str] = set()
        """Connections on which a header has come without its body."""
        world.mailboxes[name] = self._take_in
        world.clients[name] = self

    def _take_in(self, message: Message) -> None:
        self.received.append(message)
        if message.ticket is not None:
            self.replies[message.ticket] = answer_once(message.data)
        elif message.closed is not None:
            assert message.connection is not None
            self._closed.add(message.connection)
        elif message.data.startswith(TEXT_FRAME):
            self._take_in_header(message)
        else:
            if self._headers:
                self._headers.discard(message.connection or "")
            self.inbox.append(message)

    def _take_in_header(self, message: Message) -> None:
        """A header on its own: the body is next, or the connection is of no use any more."""
        assert message.connection is not None
        if message.connection in self._headers:
            self.world.end_link(self.world.links[message.connection], 1002, "protocol error")
        self._headers.add(message.connection)

    # -- steps ----------------------------------------------------------------------------------------------

    def connect(self) -> Generator[str, None, Link]:
        yield stages.CONNECTION_OPENED
        return self.world.open(self.name)

    def send(self, link: Link, frame: bytes) -> Script:
        yield "client.sent"
        self.world.send(link, frame)

    def subscribe(self, link: Link, type_: str = "orderUpdates", **fields: Any) -> Script:
        fields.setdefault("user", self.address)
        return self.send(link, subscription_once("subscribe", type_, **fields))

    def unsubscribe(self, link: Link, type_: str = "orderUpdates", **fields: Any) -> Script:
        fields.setdefault("user", self.address)
        return self.send(link, subscription_once("unsubscribe", type_, **fields))

    def act(
        self, action: dict[str, Any], *, nonce: int | None = None, vault: str | None = None
    ) -> Generator[str, None, int]:
        """Post a signed action without waiting for the reply; returns its ticket."""
        return self._act(msgspec.json.encode(action), nonce, vault)

    def _act(self, action: bytes, nonce: int | None = None, vault: str | None = None) -> Generator[str, None, int]:
        if nonce is None:
            self._nonces += 1
            nonce = START_MS + self._nonces
        return self.post(signed_body(self.signer, action, nonce, vault))

    def post(self, body: bytes) -> Generator[str, None, int]:
        """Post a body as it is, without waiting for the reply; returns its ticket."""
        yield "client.sent"
        return self.world.post(self.name, body)

    def ask(self, query: dict[str, Any]) -> Generator[str, None, int]:
        """Post an info request without waiting for the answer; returns its ticket."""
        yield "client.sent"
        return self.world.ask(self.name, msgspec.json.encode(query))

    def place(self, px: str = "50000", sz: str = "0.01", **fields: Any) -> Generator[str, None, int]:
        """Post one limit order on BTC, without waiting; returns its ticket."""
        return self._act(_encoded_order(px, sz, **fields))

    def close(self, link: Link, code: int = 1000) -> Script:
        """The client closes; the server notices when its cleanup runs."""
        yield stages.CONNECTION_CLOSING
        self.world.end_link(link, code, "closed by the client")

    def stop_reading(self, link: Link) -> Script:
        """The client hangs: nothing that is sent to it is taken from its kernel."""
        yield stages.FAULT_INJECTED
        self.world.stall(link.connection)

    def lose(self, link: Link, *, is_reset: bool = False) -> Script:
        """The connection breaks under the client."""
        yield stages.FAULT_INJECTED
        self.world.cut(link.connection, is_reset=is_reset)

    # -- waits ----------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], bool]) -> Script:
        """Wait, handling what arrives, until a condition holds."""
        while True:
            if self.inbox:
                self.handle_inbox()
            if condition():
                return
            yield BLOCKED

    def acked(self, link: Link, type_: str = "orderUpdates") -> Script:
        """Wait for the acknowledgement of a subscription, or for the connection's end."""
        wanted = (link.connection, type_)
        return self.until(lambda: wanted in self._acks or link.connection in self._closed)

    def reply(self, ticket: int) -> Generator[str, None, Answer]:
        """Wait for the reply to a request."""
        self.handle_inbox()
        while ticket not in self.replies:
            yield BLOCKED
            self.handle_inbox()
        return self.replies[ticket]

    def updates(self, count: int) -> Script:
        """Wait until so many order updates have been applied."""
        return self.until(lambda: len(self.view) >= count)

    def closed(self, link: Link) -> Script:
        """Wait for the end of a connection."""
        return self.until(lambda: link.connection in self._closed)

    def pause(self, ms: int) -> Script:
        """Sleep on the virtual clock."""
        yield "client.slept"
        due = self.world.sleep(self.name, ms)
        yield from self.until(lambda: self.world.clock.ns >= due)

    # -- what it makes of frames ----------------------------------------------------------------------------

    def handle_inbox(self) -> None:
        while self.inbox:
            self.handle(self.inbox.popleft())

    def handle(self, message: Message) -> None:
        """One frame: acknowledgements are noted, order updates are applied. Buggy clients override this."""
        frame = answer_once(message.data)
        channel, data = frame["channel"], frame.get("data")
        assert message.connection is not None
        if channel == "subscriptionResponse":
            if data["method"] == "subscribe":
                self._acks.add((message.connection, data["subscription"]["type"]))
        elif channel == "orderUpdates":
            for row in data:
                self.apply(row, message)

    def apply(self, row: dict[str, Any], message: Message) -> None:
        """Take one order update over into the view."""
        order = row["order"]
        self.view[order["oid"]] = row["status"]
        if not self.world.tells_clients:
            self.world.log.leave_out()
            return
        self.world.log.emit(
            stages.CLIENT_APPLIED,
            cause=message.seq,
            connection=message.connection,
            account=self.address,
            oid=order["oid"],
            cloid=order.get("cloid"),
            detail=Note(row["status"], self.name),
        )

    def ignore(
        self, message: Message | None, reason: str, *, connection: str | None = None, oid: int | None = None
    ) -> None:
        """Let a frame, or (`None`) what should have been done, go; and say why."""
        publication = None
        if message is not None and message.written is not None:
            written = self.world.log.since(message.written - 1, 1)[0].detail
            publication = written.publication if isinstance(written, Written) else None
        self.world.log.emit(
            stages.CLIENT_IGNORED,
            cause=message.seq if message else None,
            connection=message.connection if message else connection,
            account=self.address,
            oid=oid,
            detail=DeliveryEnded(publication, reason),
        )


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
    """An `order` action of one limit order."""
    order: dict[str, Any] = {"a": asset, "b": is_buy, "p": px, "s": sz, "r": reduce_only, "t": {"limit": {"tif": tif}}}
    if cloid is not None:
        order["c"] = cloid
    return {"type": "order", "orders": [order], "grouping": "na"}


@lru_cache(KEPT)
def _encoded_order(px: str, sz: str, **fields: Any) -> bytes:
    return msgspec.json.encode(order_action(px, sz, **fields))
