"""Client programs that keep books: orders by oid, fills by trade id.

`Trader` is the sound one. A buggy client of the catalogue is a `Trader` with one habit replaced, so that the two
variants of a scenario differ in the bug alone. Rule 1: what ended an order is never taken back by older news. Rule 2: a
fill counts once, by its tid. Rule 3: after a reconnect the exchange is asked, once every subscription is acknowledged.
"""

from collections.abc import Callable, Generator, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from hlbench.lab.actors import BLOCKED, Script
from hlbench.lab.clients import Answer, Client, signed_body
from hlbench.lab.links import Link
from hlbench.lab.world import Message, World
from hlmock.trace import stages
from hlmock.trace.events import Note

ZERO = Decimal(0)


class Trader(Client):
    """A program that trades BTC for one account."""

    def __init__(
        self,
        world: World,
        name: str,
        signer: str | None = None,
        *,
        account: str | None = None,
        wants: str | None = None,
    ) -> None:
        """
        Args:
            wants: size that it means to have at the exchange in the end, filled or resting.
        """
        super().__init__(world, name, signer, account=account)
        self.wants = None if wants is None else Decimal(wants)
        self.filled: dict[int, Decimal] = {}
        """By oid: what it believes was executed."""
        self.position = ZERO
        """Signed, BTC."""
        self.counted: dict[int, int] = {}
        """How often it has counted each fill, by tid."""
        self.heard_ns: dict[str, int] = {}
        """When bytes last came in, by connection."""
        self.link: Link | None = None
        self.is_done = False
        """It has nothing more to do than to listen."""
        self._arrived: dict[int, Message] = {}

    # -- steps ----------------------------------------------------------------------------------------------

    def come_online(self, *types: str) -> Generator[str, None, Link]:
        """Connect, subscribe and wait for every acknowledgement."""
        link = yield from self.connect()
        self.link = link
        for type_ in types:
            yield from self.subscribe(link, type_)
        for type_ in types:
            yield from self.acked(link, type_)
        return link

    def rest(self, px: str = "50000", sz: str = "0.01", **fields: Any) -> Generator[str, None, int]:
        """Place an order and wait for the reply; returns its oid."""
        ticket = yield from self.place(px, sz, **fields)
        answer = yield from self.reply(ticket)
        oid: int = _only_status(answer)["resting"]["oid"]
        return oid

    def ping(self) -> Script:
        assert self.link is not None
        yield from self.send(self.link, b'{"method":"ping"}')

    def post_frame(self, link: Link, number: int, body: bytes) -> Script:
        """Send a signed action over the WebSocket; `replies[-number]` will hold the answer."""
        payload = msgspec.Raw(body)
        frame = {"method": "post", "id": number, "request": {"type": "action", "payload": payload}}
        yield from self.send(link, msgspec.json.encode(frame))

    def sign(self, action: dict[str, Any], nonce: int) -> bytes:
        """The body of a signed request, for clients that send one twice."""
        return signed_body(self.signer, msgspec.json.encode(action), nonce, None)

    def query(self, type_: str, **fields: Any) -> Generator[str, None, Any]:
        """Ask `POST /info` about the own account, and wait for the answer."""
        ticket = yield from self.ask({"type": type_, "user": self.address, **fields})
        answer = yield from self.reply(ticket)
        return answer

    def status_of(self, which: int | str) -> Generator[str, None, Answer | None]:
        """What the exchange says of an order, by oid or cloid; `None` when it does not know it."""
        answer = yield from self.query("orderStatus", oid=which)
        return None if answer["status"] != "order" else answer["order"]

    def reconcile(self) -> Script:
        """Compare the view with the exchange."""
        ticket = yield from self.ask({"type": "openOrders", "user": self.address})
        yield from self.take_over(ticket)

    def take_over(self, ticket: int) -> Script:
        """Take over an answer about open orders: it is as old as its reading, so the stream's news win."""
        rows: Any = yield from self.reply(ticket)
        for row in rows:
            self.believe(row["oid"], "open", source="openOrders")
        for oid in [oid for oid, status in self.view.items() if status == "open"]:
            if any(row["oid"] == oid for row in rows):
                continue
            order = yield from self.status_of(oid)
            if order is not None:
                self.believe(oid, order["status"], source="orderStatus")

    # -- waits ----------------------------------------------------------------------------------------------

    def within(self, ms: int, condition: Callable[[], bool]) -> Generator[str, None, bool]:
        """Wait for a condition, at most so long; returns whether it holds."""
        yield "client.slept"
        due = self.world.sleep(self.name, ms)
        yield from self.until(lambda: condition() or self.world.clock.ns >= due)
        return condition()

    def listen(self) -> Script:
        """Nothing more to do: go on handling what comes."""
        self.is_done = True
        while True:
            self.handle_inbox()
            yield BLOCKED

    def is_closed(self, link: Link) -> bool:
        """Whether it has heard of the connection's end."""
        return link.connection in self._closed

    def is_acked(self, link: Link, type_: str) -> bool:
        return (link.connection, type_) in self._acks

    # -- what it makes of frames ----------------------------------------------------------------------------

    def _take_in(self, message: Message) -> None:
        if message.connection is not None and message.closed is None:
            self.heard_ns[message.connection] = self.world.clock.ns
        if message.ticket is not None:
            self._arrived[message.ticket] = message
        super()._take_in(message)

    def handle(self, message: Message) -> None:
        frame = msgspec.json.decode(message.data)
        self.take(frame["channel"], frame.get("data"), message)

    def take(self, channel: str, data: Any, message: Message) -> None:
        """One frame."""
        assert message.connection is not None
        match channel:
            case "subscriptionResponse" if data["method"] == "subscribe":
                self._acks.add((message.connection, data["subscription"]["type"]))
            case "orderUpdates":
                for row in data:
                    self.apply(row, message)
            case "userFills" | "user" if "fills" in data:
                self.take_fills(data["fills"], message)
            case "post":
                self.replies[-data["id"]] = data["response"]["payload"]
            case "error":
                self.take_error(data, message)

    def take_error(self, text: str, message: Message) -> None:
        """An `error` frame names no request: what it echoes says which subscription it is about."""
        what, _, echoed = text.partition(": ")
        if what == "Already subscribed":
            assert message.connection is not None
            self._acks.add((message.connection, msgspec.json.decode(echoed)["type"]))
        else:
            self.ignore(message, text)

    def apply(self, row: dict[str, Any], message: Message) -> None:
        order = row["order"]
        self.believe(order["oid"], row["status"], message, cloid=order.get("cloid"))

    def believe(
        self,
        oid: int,
        status: str,
        message: Message | None = None,
        *,
        cloid: str | None = None,
        source: str | None = None,
    ) -> None:
        """Take a status over, unless the order is known to have ended.

        Args:
            source: where it comes from, other than the stream.
        """
        if self.view.get(oid, "open") != "open" or self.view.get(oid) == status:
            return
        self.assume(oid, status, message, cloid=cloid, source=source)

    def assume(
        self,
        oid: int,
        status: str,
        message: Message | None = None,
        *,
        cloid: str | None = None,
        source: str | None = None,
    ) -> None:
        """Take a status over, whatever was known."""
        self.view[oid] = status
        self.world.log.emit(
            stages.CLIENT_APPLIED,
            cause=message.seq if message else None,
            connection=message.connection if message else None,
            account=self.address,
            oid=oid,
            cloid=cloid,
            detail=Note(f"{status} from {source}" if source else status, self.name),
        )

    def take_fills(self, rows: Iterable[dict[str, Any]], message: Message) -> None:
        for row in rows:
            self.take_fill(row, message)

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        if row["tid"] not in self.counted:
            self.count(row, message)

    def count(self, row: dict[str, Any], message: Message, *, why: str | None = None) -> None:
        """Add a fill to the books."""
        oid, tid, sz = row["oid"], row["tid"], Decimal(row["sz"])
        self.counted[tid] = self.counted.get(tid, 0) + 1
        self.filled[oid] = self.filled.get(oid, ZERO) + sz
        self.position += sz if row["side"] == "B" else -sz
        self.world.log.emit(
            stages.CLIENT_APPLIED,
            cause=message.seq,
            connection=message.connection,
            account=self.address,
            oid=oid,
            cloid=row.get("cloid"),
            detail=Note(f"fill {row['sz']}" + (f" {why}" if why else ""), self.name),
        )

    def replied(self, ticket: int) -> Message:
        """The message that brought a reply."""
        return self._arrived[ticket]


def _only_status(answer: Answer) -> dict[str, Any]:
    """The one element of the answer to an order."""
    status: dict[str, Any] = answer["response"]["data"]["statuses"][0]
    return status


def error_of(answer: Answer) -> str | None:
    """The refusal in an answer to an action with one element; `None` when it was carried out."""
    if answer["status"] == "err":
        return str(answer["response"])
    element = answer["response"]["data"]["statuses"][0]
    return str(element["error"]) if isinstance(element, dict) and "error" in element else None
