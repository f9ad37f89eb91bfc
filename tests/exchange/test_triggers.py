"""Trigger orders: what fires them, what becomes of them, and of the group they belong to."""

from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange.model.changes import NonUserCancel
from hlmock.exchange.outcome import Outcome
from support.desk import BTC, Desk, address, cloid, element, elements, error, fills, order_changes, orders, spec

# The quote of BTC is 66343@66345.


def long_one(desk: Desk, name: str = "alice") -> None:
    desk.order(name, "buy", "1", "66345", "Ioc")


def sl(
    px: str = "64000", limit: str = "60000", sz: str = "1", *, is_market: bool = True, **more: Any
) -> dict[str, Any]:
    return spec("sell", sz, limit, reduce_only=True, trigger=("sl", px, is_market), **more)


def tp(
    px: str = "68000", limit: str = "62000", sz: str = "1", *, is_market: bool = True, **more: Any
) -> dict[str, Any]:
    return spec("sell", sz, limit, reduce_only=True, trigger=("tp", px, is_market), **more)


def armed(desk: Desk) -> list[int]:
    return list(desk.exchange.armed.get("BTC", {}))


def words(outcome: Outcome) -> list[str]:
    return [status for _, status in order_changes(outcome)]


def test_a_quote_that_moves_the_mark_to_the_price_fires_a_market_stop() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl())
    oid = desk.newest("alice").oid
    assert words(desk.quote("BTC", "64000", "64002")) == []
    outcome = desk.quote("BTC", "63999", "64001")
    assert order_changes(outcome) == [(oid, "triggered"), (oid, "open"), (oid, "filled")]
    assert [(fill.px, fill.sz, fill.dir) for fill in fills(outcome)] == [(Decimal(63_999), Decimal(1), "Close Long")]
    assert not desk.account("alice").open_orders
    assert not armed(desk)


def test_a_mark_price_that_is_set_by_hand_fires_too() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", tp("68000"))
    assert words(desk.prices("BTC", mark="67999.9")) == []
    assert words(desk.prices("BTC", mark="68000")) == ["triggered", "open", "filled"]


@pytest.mark.parametrize(
    ("side", "tpsl", "trigger_px", "mark"),
    [
        ("buy", "sl", "67000", "67000"),
        ("buy", "tp", "66000", "66000"),
        ("sell", "sl", "66000", "65999"),
        ("sell", "tp", "67000", "67001"),
    ],
)
def test_each_kind_of_trigger_fires_on_its_own_side(side: str, tpsl: str, trigger_px: str, mark: str) -> None:
    desk = Desk()
    desk.order("alice", side, "1", "66344", trigger=(tpsl, trigger_px, False))
    assert words(desk.prices("BTC", mark=mark))[0] == "triggered"


def test_a_fired_order_says_so_in_its_condition_and_keeps_its_type() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(is_market=False, limit="63000"))
    desk.prices("BTC", mark="63500")
    order = desk.newest("alice")
    assert (order.trigger_condition, order.order_type, order.trigger_px) == ("Triggered", "Stop Limit", Decimal(64_000))


def test_a_trigger_limit_rests_at_its_price_when_nothing_crosses() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(is_market=False, limit="65000"))
    oid = desk.newest("alice").oid
    outcome = desk.quote("BTC", "63000", "63001")
    assert order_changes(outcome) == [(oid, "triggered"), (oid, "open")]
    first = desk.exchange.book("BTC").first("A")
    assert first is not None
    assert (first.oid, first.tif) == (oid, "Gtc")


def test_a_trigger_limit_that_crosses_trades_at_once() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(is_market=False, limit="62000"))
    outcome = desk.quote("BTC", "63000", "63001")
    assert words(outcome) == ["triggered", "open", "filled"]
    assert [fill.px for fill in fills(outcome)] == [63_000]


def test_a_resting_trigger_limit_is_cancelled_like_any_order() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(is_market=False, limit="65000"))
    oid = desk.newest("alice").oid
    desk.quote("BTC", "63000", "63001")
    outcome = desk.do("alice", "cancel", cancels=[{"a": BTC, "o": oid}], f=True)
    assert elements(outcome) == ["success"]
    assert desk.exchange.book("BTC").first("A") is None


def test_a_trigger_market_trades_at_most_a_tenth_from_the_mark() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(limit="10000"))
    desk.quote("BTC", "50000", None)
    outcome = desk.prices("BTC", mark="60000")
    assert words(outcome) == ["triggered", "iocCancelRejected"]
    assert orders(outcome)[-1].order.limit_px == 54_000


def test_a_trigger_market_trades_within_its_own_limit() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl("64000", limit="63990"))
    assert words(desk.quote("BTC", "63980", "63981")) == ["triggered", "iocCancelRejected"]


def test_a_trigger_market_without_any_liquidity_is_rejected_in_its_own_words() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl())
    desk.quote("BTC", None, "66345")
    assert words(desk.prices("BTC", mark="63000")) == ["triggered", "marketOrderNoLiquidityRejected"]


def test_a_fired_reduce_only_order_without_a_position_is_rejected() -> None:
    desk = Desk()
    desk.batch("alice", sl())
    outcome = desk.quote("BTC", "63999", "64000")
    assert words(outcome) == ["triggered", "reduceOnlyRejected"]
    assert not desk.account("alice").open_orders


def test_a_fired_reduce_only_order_never_turns_the_position() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl(sz="5"))
    (fill,) = fills(desk.quote("BTC", "63999", "64000"))
    assert fill.sz == 1
    assert not desk.account("alice").positions


def test_a_stop_that_opens_a_position_needs_margin_when_it_fires() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "70000", trigger=("sl", "67000"))
    desk.account("alice").usdc = Decimal(0)
    assert words(desk.quote("BTC", "67000", "67001")) == ["triggered", "perpMarginRejected"]


def test_several_triggers_fire_the_oldest_first() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl("64000", sz="0.5"), sl("65000", sz="0.5"))
    last = desk.newest("alice").oid
    outcome = desk.quote("BTC", "63000", "63001")
    assert [oid for oid, status in order_changes(outcome) if status == "triggered"] == [last - 1, last]


def test_a_trigger_of_another_coin_stays() -> None:
    desk = Desk()
    long_one(desk)
    desk.batch("alice", sl())
    desk.quote("ETH", "1", "2")
    assert armed(desk)


def test_a_small_trigger_order_is_refused() -> None:
    outcome = Desk().order("alice", "sell", "0.0001", "60000", trigger=("sl", "64000"))
    assert error(outcome) == "Order must have minimum value of $10. asset=0"


# normalTpsl: children of a parent.


def bracket(desk: Desk, parent: dict[str, Any], *children: dict[str, Any]) -> tuple[Outcome, int]:
    """The answer, and the parent's oid."""
    oid = int(desk.exchange.next_oid)
    return desk.batch("alice", parent, *(children or (tp(), sl())), grouping="normalTpsl"), oid


def test_children_are_armed_when_the_parent_has_filled_whole() -> None:
    desk = Desk()
    outcome, parent = bracket(desk, spec("buy", "1", "66000"))
    assert elements(outcome)[1:] == ["waitingForFill", "waitingForFill"]
    desk.fill(parent, "0.5")
    assert not armed(desk)
    desk.fill(parent, "0.5")
    assert armed(desk) == [parent + 1, parent + 2]


def test_a_waiting_child_does_not_fire() -> None:
    desk = Desk()
    bracket(desk, spec("buy", "1", "60000"))
    assert words(desk.prices("BTC", mark="63000")) == []


def test_children_of_an_ioc_that_filled_partly_are_armed_for_that_part() -> None:
    desk = Desk()
    desk.quote("BTC", "66343", "66345", "0.4")
    outcome, _ = bracket(desk, spec("buy", "1", "66345", "Ioc"))
    assert elements(outcome)[1:] == ["waitingForTrigger", "waitingForTrigger"]
    assert [desk.placed(oid).sz for oid in armed(desk)] == [Decimal("0.4"), Decimal("0.4")]


def test_children_of_a_partly_filled_parent_end_with_it() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66000"))
    desk.fill(parent, "0.5")
    outcome = desk.cancel("alice", parent)
    assert order_changes(outcome) == [(parent, "canceled"), (parent + 1, "canceled"), (parent + 2, "canceled")]


def test_children_of_a_parent_that_ran_out_of_margin_after_a_part_are_armed_for_that_part() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66344"))
    desk.order("bob", "sell", "0.3", "66344", "Ioc")
    desk.account("alice").usdc = Decimal(-10_000)
    outcome = desk.order("bob", "sell", "0.3", "66344", "Ioc")
    assert (parent, "marginCanceled") in order_changes(outcome)
    assert [(oid, desk.placed(oid).sz) for oid in armed(desk)] == [
        (parent + 1, Decimal("0.3")),
        (parent + 2, Decimal("0.3")),
    ]


def test_a_child_that_holds_already_when_it_is_armed_fires_in_the_same_block() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66000"), sl("66500"))
    outcome = desk.fill(parent)
    assert order_changes(outcome)[:2] == [(parent, "filled"), (parent + 1, "triggered")]


def test_when_one_of_a_pair_fills_the_other_ends() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66345", "Ioc"))
    take, stop = parent + 1, parent + 2
    outcome = desk.quote("BTC", "68000", "68001")
    assert order_changes(outcome) == [
        (take, "triggered"),
        (take, "open"),
        (take, "filled"),
        (stop, "siblingFilledCanceled"),
    ]
    assert [c for c in outcome.changes if isinstance(c, NonUserCancel)] == [
        NonUserCancel(address("alice"), "BTC", desk.placed(stop).oid)
    ]
    assert not armed(desk)


def test_a_fired_limit_of_a_pair_ends_the_other_only_when_it_fills() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66345", "Ioc"), tp(is_market=False, limit="69000"), sl())
    take, stop = parent + 1, parent + 2
    assert order_changes(desk.prices("BTC", mark="68000")) == [(take, "triggered"), (take, "open")]
    assert armed(desk) == [stop]
    assert order_changes(desk.fill(take)) == [(take, "filled"), (stop, "siblingFilledCanceled")]


def test_modifying_a_parent_ends_its_children() -> None:
    desk = Desk()
    _, parent = bracket(desk, spec("buy", "1", "66000"), sl())
    outcome = desk.modify("alice", parent, "buy", "1", "65900")
    assert order_changes(outcome) == [(parent + 2, "open"), (parent, "canceled"), (parent + 1, "canceled")]


@pytest.mark.parametrize(
    "child",
    [
        spec("buy", "1", "66000", reduce_only=True, trigger=("sl", "64000")),
        spec("sell", "1", "3000", asset=1, reduce_only=True, trigger=("sl", "3000")),
        spec("sell", "1", "60000", trigger=("sl", "64000")),
        spec("sell", "1", "66345", reduce_only=True),
    ],
)
def test_a_child_must_reduce_what_its_parent_opens(child: dict[str, Any]) -> None:
    outcome, _ = bracket(Desk(), spec("buy", "1", "66000"), child)
    assert error(outcome) == "TP/SL orders must be reduce-only."


# positionTpsl: as large as the position.


def position_tpsl(desk: Desk, *children: dict[str, Any]) -> Outcome:
    return desk.batch("alice", *children, grouping="positionTpsl")


def test_position_tpsl_has_the_size_of_the_position_whatever_was_sent() -> None:
    desk = Desk()
    long_one(desk)
    assert elements(position_tpsl(desk, tp(sz="0.1"), sl(sz="0"))) == ["waitingForTrigger"] * 2
    assert [desk.placed(oid).sz for oid in armed(desk)] == [1, 1]


def test_position_tpsl_follows_the_position() -> None:
    desk = Desk()
    long_one(desk)
    position_tpsl(desk, sl())
    (oid,) = armed(desk)
    long_one(desk)
    assert desk.placed(oid).sz == 2
    desk.order("alice", "sell", "0.5", "66000", "Ioc")
    assert (desk.placed(oid).sz, desk.placed(oid).orig_sz) == (Decimal("1.5"), Decimal("1.5"))
    assert [fill.sz for fill in fills(desk.quote("BTC", "63000", "63001"))] == [Decimal("1.5")]


def test_a_position_tpsl_pair_is_one_cancels_the_other() -> None:
    desk = Desk()
    long_one(desk)
    position_tpsl(desk, tp(), sl())
    take, stop = armed(desk)
    outcome = desk.quote("BTC", "63000", "63001")
    assert order_changes(outcome) == [
        (stop, "triggered"),
        (stop, "open"),
        (stop, "filled"),
        (take, "siblingFilledCanceled"),
    ]


def test_a_refused_position_group_leaves_nothing() -> None:
    desk = Desk()
    long_one(desk)
    outcome = position_tpsl(desk, tp(), sl("67000"))
    assert error(outcome) == "Invalid TP/SL price. asset=0"
    assert words(outcome) == ["badTriggerPxRejected"]
    assert not armed(desk)
    assert not desk.account("alice").open_orders


def test_position_tpsl_on_the_position_s_own_side_is_refused() -> None:
    desk = Desk()
    desk.order("alice", "sell", "1", "66000", "Ioc")
    assert error(position_tpsl(desk, sl())) == "Reduce only order would increase position. asset=0"


def test_a_trigger_order_answers_its_oid_and_cloid() -> None:
    outcome = Desk().order("alice", "sell", "1", "60000", trigger=("sl", "64000"), cloid=cloid(3))
    assert element(outcome)["resting"]["cloid"] == cloid(3)


def test_a_liquidation_ends_a_parent_and_its_children_alike() -> None:
    desk = Desk()
    desk.quote("BTC", "66343", "66345", "1000")
    desk.account("alice").usdc = Decimal(40_000)
    desk.order("alice", "buy", "10", "66345", "Ioc")
    bracket(desk, spec("buy", "0.001", "50000"), sl("45000", "40000", "0.001"))
    outcome = desk.quote("BTC", "62000", "62001", "1000")
    assert words(outcome)[:2] == ["liquidatedCanceled", "liquidatedCanceled"]
