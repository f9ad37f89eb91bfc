"""Cancels that meet fills: S41, S42."""

from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.traders import Trader, error_of
from hlbench.lab.world import Message, World


def cancel(oid: int) -> dict[str, Any]:
    return {"type": "cancel", "cancels": [{"a": 0, "o": oid}]}


# -- S41: cancel versus fill ------------------------------------------------------------------------------------


def requotes(me: Trader, *, asks: bool) -> Script:
    """Move an order to another price: cancel it, place it anew.

    Args:
        asks: look at the order's status when the cancel is refused.
    """
    world = me.world
    oid = yield from me.rest()
    world.spawn(MARKET, market_fills(world, me, oid))
    ticket = yield from me.act(cancel(oid))
    answer = yield from me.reply(ticket)
    refusal = error_of(answer)
    if refusal is not None and asks:
        order = yield from me.status_of(oid)
        if order is not None and order["status"] == "filled":
            yield from me.listen()
    elif refusal is not None:
        me.ignore(me.replied(ticket), f"'{refusal}' was read as 'never placed'")
    yield from me.rest("50001")
    yield from me.listen()


def build_requote(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", requotes(Trader(world, "alice", wants="0.01"), asks=variant == "passing"))


add_scenario(
    Scenario(
        "S41",
        "cancel versus fill",
        "client",
        "A cancel is sent, a fill commits first. The cancel is answered 'Order was never placed, already canceled, or"
        " filled.'; the client reads 'never placed' and places again: double. On this answer the status must be asked"
        " for.",
        "O12",
        1,
        ("enarjord/passivbot#514",),
        build_requote,
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)


# -- S42: partial fill, then cancel -----------------------------------------------------------------------------


class Forgetful(Trader):
    """Drops an order with everything that belongs to it once it has ended."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.dropped: set[int] = set()

    def apply(self, row: dict[str, Any], message: Message) -> None:
        super().apply(row, message)
        if row["status"] == "canceled":
            self.dropped.add(row["order"]["oid"])

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        oid = row["oid"]
        if oid in self.dropped:
            self.ignore(message, f"an orphan: a fill of #{oid}, which was dropped when it was canceled", oid=oid)
        else:
            super().take_fill(row, message)


def cancels_the_rest(me: Trader) -> Script:
    world = me.world
    yield from me.come_online("userFills")
    yield from me.come_online("orderUpdates")
    oid = yield from me.rest(sz="1")
    yield from me.updates(1)
    world.spawn(MARKET, market_fills(world, me, oid, "0.4"))
    ticket = yield from me.act(cancel(oid))
    yield from me.reply(ticket)
    yield from me.listen()


def build_orphan(world: World, variant: Variant, size: Size) -> None:
    trader = Forgetful if variant == "failing" else Trader
    world.spawn("alice", cancels_the_rest(trader(world, "alice")))


add_scenario(
    Scenario(
        "S42",
        "partial fill, then cancel",
        "client",
        "0.4 of 1.0 is filled, then the order is canceled. Fills come on another connection than order updates, and"
        " the cancel is there first: the client drops the order, and the fill is an orphan. Ended orders must be kept"
        " for a while.",
        "O13",
        2,
        ("hummingbot/hummingbot#7322",),
        build_orphan,
        size=Size(connections=2),
        oracles=(oracles.filled_sizes_match, oracles.views_match, oracles.nobody_waits),
    )
)
