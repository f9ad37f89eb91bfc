"""Fills that are put in the wrong sequence, or taken for one another: S48, S49."""

from decimal import Decimal
from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.traders import Trader
from hlbench.lab.world import Message, World

# -- S48: fills of one millisecond ------------------------------------------------------------------------------


def reads_position_from_fills(me: Trader, *, by_tid: bool) -> Script:
    """Asks for its fills, newest first as they come, and takes the position after the last one."""
    world = me.world
    yield from me.come_online("orderUpdates")
    oid = yield from me.rest(sz="1")
    world.spawn(MARKET, market_fills(world, me, oid, "0.3", "0.7"))
    yield from me.until(lambda: me.view.get(oid) == "filled")
    ticket = yield from me.ask({"type": "userFills", "user": me.address})
    rows: Any = yield from me.reply(ticket)
    last = max(rows, key=lambda row: row["tid"]) if by_tid else sorted(rows, key=lambda row: row["time"])[-1]
    me.position = Decimal(last["startPosition"]) + Decimal(last["sz"])
    if not by_tid:
        me.ignore(me.replied(ticket), "the tids: fills of one millisecond were sorted by time alone")
    yield from me.listen()


def build_same_ms(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", reads_position_from_fills(Trader(world, "alice"), by_tid=variant == "passing"))


add_scenario(
    Scenario(
        "S48",
        "fills of one millisecond in the wrong order",
        "client",
        "Two fills have the same time, and the answer lists the newest first. Sorted by time alone they stay that way,"
        " the first counts as the last, and the position is wrong until the next trade. Fills chain by tid or by their"
        " start position.",
        "O13",
        1,
        ("enarjord/passivbot#1428",),
        build_same_ms,
        oracles=(oracles.positions_match, oracles.nobody_waits),
    )
)


# -- S49: deduplication by oid ----------------------------------------------------------------------------------


class ByOrder(Trader):
    """Takes a fill for known when its order and time are."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.seen: set[tuple[int, int]] = set()

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        key = (row["oid"], row["time"])
        if key in self.seen:
            reason = f"fill {row['tid']} as a duplicate: its oid and time had been seen"
            self.ignore(message, reason, oid=row["oid"])
        else:
            self.seen.add(key)
            super().take_fill(row, message)


def filled_in_parts(me: Trader) -> Script:
    world = me.world
    yield from me.come_online("userFills")
    oid = yield from me.rest(sz="1")
    world.spawn(MARKET, market_fills(world, me, oid, "0.3", "0.7"))
    yield from me.listen()


def build_by_order(world: World, variant: Variant, size: Size) -> None:
    trader = ByOrder if variant == "failing" else Trader
    world.spawn("alice", filled_in_parts(trader(world, "alice")))


add_scenario(
    Scenario(
        "S49",
        "deduplication by order id eats partial fills",
        "client",
        "Two partial fills share order, hash and time; only the trade id differs. A client that recognises duplicates"
        " by the former loses the second.",
        "O4",
        0,
        ("rotki/rotki#11983",),
        build_by_order,
        oracles=(oracles.fills_count_once, oracles.filled_sizes_match),
    )
)
