"""A modify is a cancel and a new order with a new oid: S37 to S40 as clients meet it.

Source of what is sent: Hyperliquid docs, Exchange endpoint; recorded updates (`open` of the new order and `canceled` of
the old one in one message, both with the cloid).
"""

from decimal import Decimal
from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import order_action
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.traders import ZERO, Trader, error_of
from hlbench.lab.world import Message, World

CLOID = "0x000000000000000000000000000000a1"


def modify(which: int | str, px: str, sz: str, cloid: str | None = None) -> dict[str, Any]:
    """A `batchModify` of one order; its reply names the new oid, which that of a plain `modify` does not."""
    order = order_action(px, sz, cloid=cloid)["orders"][0]
    return {"type": "batchModify", "modifies": [{"oid": which, "order": order}]}


def new_oid(answer: dict[str, Any]) -> int | None:
    """The oid in the reply to a modify; `None` when it was refused."""
    if error_of(answer) is not None:
        return None
    element = answer["response"]["data"]["statuses"][0]
    oid: int = next(iter(element.values()))["oid"]
    return oid


# -- S37: read as a cancel --------------------------------------------------------------------------------------


class ByCloid(Trader):
    """Knows its orders by cloid only: whatever ends one of its oids ends the order."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.newest: dict[str, int] = {}
        """The newest oid of each cloid."""

    def apply(self, row: dict[str, Any], message: Message) -> None:
        super().apply(row, message)
        oid, cloid = row["order"]["oid"], row["order"]["cloid"]
        newest = self.newest[cloid] = max(oid, self.newest.get(cloid, oid))
        if row["status"] == "canceled" and oid != newest:
            self.assume(newest, "canceled", message, cloid=cloid, source=f"#{oid}, which had the same cloid")


def modifies_once(me: Trader) -> Script:
    yield from me.come_online("orderUpdates")
    oid = yield from me.rest(cloid=CLOID)
    ticket = yield from me.act(modify(oid, "50001", "0.01", CLOID))
    yield from me.reply(ticket)
    yield from me.listen()


def build_read_as_cancel(world: World, variant: Variant, size: Size) -> None:
    trader = ByCloid if variant == "failing" else Trader
    world.spawn("alice", modifies_once(trader(world, "alice")))


add_scenario(
    Scenario(
        "S37c",
        "a modify read as a cancel",
        "client",
        "A modify is accepted; one message says that the new oid is open and the old one canceled, both with the same"
        " cloid. A client that knows orders by cloid closes the order, which lives on. The cancel of a replaced oid"
        " ends nothing.",
        "O5",
        1,
        ("nautechsystems/nautilus_trader#3827", "nautechsystems/nautilus_trader#3831"),
        build_read_as_cancel,
        oracles=(oracles.views_match, oracles.nobody_waits),
    )
)


# -- S38: the mark comes too late -------------------------------------------------------------------------------


class Replacing(Trader):
    """Marks an order before, or after, its modify is answered; an unmarked one is dead once it is canceled."""

    def __init__(self, world: World, name: str, *, marks_first: bool) -> None:
        super().__init__(world, name)
        self.marks_first = marks_first
        self.own: set[int] = set()
        self.replaced: set[int] = set()
        self.dead: set[int] = set()
        self.expects = 0
        """Requests under way that may make an order."""

    def apply(self, row: dict[str, Any], message: Message) -> None:
        oid = row["order"]["oid"]
        if oid not in self.own and not self.expects:
            self.ignore(message, f"#{oid} is nobody's: no order and no replacement was expected", oid=oid)
            return
        self.own.add(oid)
        if row["status"] == "canceled" and oid not in self.replaced:
            self.dead.add(oid)
        super().apply(row, message)

    def place_all(self, count: int) -> Script:
        self.expects += 1
        for number in range(count):
            oid = yield from self.rest(f"{50_000 + number}")
            self.own.add(oid)
        self.expects -= 1

    def replace_all(self) -> Script:
        """Every modify is sent before the first is answered."""
        sent = {}
        self.expects += self.marks_first
        for oid in sorted(self.own):
            if self.marks_first:
                self.replaced.add(oid)
            sent[oid] = yield from self.act(modify(oid, "49000", "0.01"))
        for oid, ticket in sent.items():
            answer = yield from self.reply(ticket)
            self.replaced.add(oid)
            new = new_oid(answer)
            assert new is not None
            if oid in self.dead:
                reason = f"the reply that names #{new}: #{oid} was canceled before it was marked as replaced"
                self.ignore(self.replied(ticket), reason, oid=new)
            else:
                self.own.add(new)
                self.believe(new, "open", self.replied(ticket), source="the reply to the modify")
        self.expects -= self.marks_first


def modifies_together(me: Replacing, orders: int) -> Script:
    yield from me.come_online("orderUpdates")
    yield from me.place_all(orders)
    yield from me.updates(orders)
    yield from me.replace_all()
    yield from me.listen()


def build_late_mark(world: World, variant: Variant, size: Size) -> None:
    me = Replacing(world, "alice", marks_first=variant == "passing")
    world.spawn("alice", modifies_together(me, size.orders))


add_scenario(
    Scenario(
        "S38",
        "the cancel comes before the pending mark",
        "client",
        "Two modifies are in flight. The stream says that the old oids are canceled before the replies return and the"
        " orders are marked as being replaced: spurious cancels, and the replacements belong to nobody. The mark has"
        " to be set before sending.",
        "O5",
        2,
        ("nautechsystems/nautilus_trader#3971",),
        build_late_mark,
        size=Size(orders=2),
        oracles=(oracles.views_match, oracles.nobody_waits),
    )
)


# -- S39: a fill of the unknown ---------------------------------------------------------------------------------


class Rejecting(Trader):
    """Takes fills of known orders only."""

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        oid = row["oid"]
        if oid in self.view:
            super().take_fill(row, message)
        else:
            self.ignore(message, f"a fill of #{oid}, an order that it did not know: its replacement", oid=oid)


class Promoting(Trader):
    """A fill tells as much as an update: its cloid says which order the new oid belongs to."""

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        if row["oid"] not in self.view:
            self.believe(row["oid"], "open", message, cloid=row["cloid"], source="a fill")
        super().take_fill(row, message)


def two_streams(me: Trader) -> Script:
    """Order updates on one connection, fills on another."""
    world = me.world
    yield from me.come_online("userFills")
    yield from me.come_online("orderUpdates")
    oid = yield from me.rest(cloid=CLOID)
    yield from me.updates(1)
    ticket = yield from me.act(modify(oid, "50001", "0.01", CLOID))
    world.spawn(MARKET, market_fills(world, me, CLOID))
    yield from me.reply(ticket)
    yield from me.listen()


def build_unknown_fill(world: World, variant: Variant, size: Size) -> None:
    trader = Rejecting if variant == "failing" else Promoting
    world.spawn("alice", two_streams(trader(world, "alice")))


add_scenario(
    Scenario(
        "S39",
        "a fill of the replacement before the replacement is known",
        "client",
        "A modify is in flight and its new order is filled at once. The fill, on another connection, is there before"
        " the update that names the new oid: a client that takes fills of known orders only loses it. The fill's cloid"
        " says whose it is.",
        "O13",
        2,
        ("nautechsystems/nautilus_trader#3972", "nautechsystems/nautilus_trader#4270"),
        build_unknown_fill,
        size=Size(connections=2),
        oracles=(oracles.filled_sizes_match, oracles.views_match, oracles.nobody_waits),
    )
)


# -- S40: a fill while the modify is in flight ------------------------------------------------------------------


class Resizing(Trader):
    """Modifies to its whole size, whatever of the old order was filled meanwhile."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name, wants="1")
        self.replaced: int | None = None

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        super().take_fill(row, message)
        if row["oid"] == self.replaced:
            self.ignore(message, f"{row['sz']} of #{row['oid']} was filled while it was replaced by another whole size")

    def resize(self, new: int) -> Script:
        """Nothing is done about what was filled."""
        yield from ()


class Recomputing(Resizing):
    """Once the modify is answered, the new size is worked out from what was filled by then."""

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        Trader.take_fill(self, row, message)

    def resize(self, new: int) -> Script:
        fills = yield from self.query("userFills")
        rows = yield from self.query("openOrders")
        assert self.wants is not None
        filled = sum((Decimal(row["sz"]) for row in fills), ZERO)
        resting = sum((Decimal(row["sz"]) for row in rows), ZERO)
        excess = filled + resting - self.wants
        if excess > 0:
            ticket = yield from self.act(modify(new, "50001", f"{resting - excess:f}", CLOID))
            yield from self.reply(ticket)


def reprices(me: Resizing) -> Script:
    world = me.world
    yield from me.come_online("userFills")
    oid = yield from me.rest(sz="1", cloid=CLOID)
    me.replaced = oid
    ticket = yield from me.act(modify(oid, "50001", "1", CLOID))
    world.spawn(MARKET, market_fills(world, me, CLOID, "0.165"))
    answer = yield from me.reply(ticket)
    new = new_oid(answer)
    assert new is not None
    yield from me.resize(new)
    world.spawn("market2", market_fills(world, me, CLOID))
    yield from me.listen()


def build_overfill(world: World, variant: Variant, size: Size) -> None:
    trader = Resizing if variant == "failing" else Recomputing
    world.spawn("alice", reprices(trader(world, "alice")))


add_scenario(
    Scenario(
        "S40",
        "a partial fill while the modify is in flight",
        "client",
        "An order of 1.0 is modified to another price and 1.0. Before that is carried out 0.165 of the old order is"
        " filled; the new one is for 1.0 again, and 1.165 is executed. The size must be worked out anew at the ack.",
        "O13",
        2,
        ("nautechsystems/nautilus_trader#4154", "nautechsystems/nautilus_trader#3986"),
        build_overfill,
        oracles=(oracles.never_overfilled, oracles.nobody_waits),
    )
)
