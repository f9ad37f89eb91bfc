from decimal import Decimal

import pytest

from hlmock.exchange.model.changes import NonUserCancel
from hlmock.exchange.model.fills import TradePrint
from support.desk import (
    BTC,
    ETH,
    HYPE_USDC,
    Desk,
    address,
    cloid,
    element,
    elements,
    error,
    fills,
    order_changes,
    orders,
    spec,
    statuses,
)


def test_a_resting_order_answers_its_oid() -> None:
    assert element(Desk().order("alice", "buy", "1", "66000")) == {"resting": {"oid": 400_000_000_001}}


def test_a_resting_order_with_a_cloid_answers_it_too() -> None:
    outcome = Desk().order("alice", "buy", "1", "66000", cloid=cloid(7))
    assert element(outcome) == {"resting": {"oid": 400_000_000_001, "cloid": cloid(7)}}


def test_oids_increase_over_all_accounts() -> None:
    desk = Desk()
    oids = [element(desk.order(who, "buy", "1", "66000"))["resting"]["oid"] for who in ("alice", "bob", "alice")]
    assert oids == [400_000_000_001, 400_000_000_002, 400_000_000_003]


def test_a_filled_order_answers_size_and_average_price() -> None:
    outcome = Desk().order("alice", "buy", "0.5", "70000", "Ioc", cloid=cloid(1))
    assert element(outcome) == {
        "filled": {"totalSz": "0.5", "avgPx": "66345.0", "oid": 400_000_000_001, "cloid": cloid(1)}
    }


def test_the_average_price_is_volume_weighted_and_cut_to_price_decimals() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    outcome = desk.order("alice", "buy", "3", "70000", "Ioc")
    assert element(outcome)["filled"]["avgPx"] == "66344.6"  # (66344 + 2 * 66345) / 3


def test_an_order_that_fills_at_once_is_first_open_then_filled() -> None:
    outcome = Desk().order("alice", "buy", "0.5", "70000", "Ioc")
    assert [(change.status, change.order.sz, change.time_ms) for change in orders(outcome)] == [
        ("open", Decimal("0.5"), 1_760_000_000_000),
        ("filled", Decimal(0), 1_760_000_000_000),
    ]


def test_an_ioc_without_a_match_is_only_rejected() -> None:
    assert statuses(Desk().order("alice", "buy", "1", "66000", "Ioc")) == ["iocCancelRejected"]


def test_an_ioc_that_fills_partly_ends_as_filled_with_its_rest_as_size() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001", "1")
    outcome = desk.order("alice", "buy", "3", "66001", "Ioc")
    assert element(outcome)["filled"]["totalSz"] == "1.0"
    assert [(c.status, c.order.sz) for c in orders(outcome) if c.published] == [
        ("open", Decimal(3)),
        ("filled", Decimal(2)),
    ]
    assert not desk.account("alice").open_orders


def test_a_gtc_that_fills_partly_answers_filled_and_stays_open_with_the_rest() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001", "1")
    outcome = desk.order("alice", "buy", "3", "66001")
    assert element(outcome)["filled"]["totalSz"] == "1.0"
    assert order_changes(outcome) == [(400_000_000_001, "open")]
    assert desk.newest("alice").is_open
    assert desk.newest("alice").sz == 2


def test_frontend_market_is_shown_as_a_market_order() -> None:
    desk = Desk()
    desk.order("alice", "buy", "0.5", "70000", "FrontendMarket")
    assert (desk.newest("alice").order_type, desk.newest("alice").tif) == ("Market", "FrontendMarket")


def test_a_later_failure_in_a_batch_does_not_undo_an_earlier_fill() -> None:
    desk = Desk()
    outcome = desk.batch("alice", spec("buy", "1", "66345", "Ioc"), spec("buy", "1", "60000", "Ioc"))
    assert [next(iter(one)) for one in elements(outcome)] == ["filled", "error"]
    assert desk.account("alice").positions[BTC].szi == 1


def test_a_batch_is_one_commit() -> None:
    desk = Desk()
    desk.account("alice")
    before = desk.exchange.commit
    outcome = desk.batch("alice", *[spec("buy", "1", "66000")] * 5)
    assert outcome.commit == before + 1
    assert desk.exchange.commit == before + 1


def test_a_maker_is_changed_before_its_taker_and_the_print_comes_last() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    outcome = desk.order("alice", "buy", "1", "66344", "Ioc")
    kinds = [
        (
            type(change).__name__,
            getattr(change, "account", None) or getattr(getattr(change, "order", None), "account", ""),
        )
        for change in outcome.changes
    ]
    alice, bob = address("alice"), address("bob")
    assert kinds == [
        ("OrderChange", alice),
        ("OrderChange", bob),
        ("Fill", bob),
        ("OrderChange", alice),
        ("Fill", alice),
        ("TradePrint", ""),
        ("BookChanged", ""),
        ("UserStateChanged", bob),
        ("UserStateChanged", alice),
    ]


def test_both_sides_of_an_execution_share_tid_and_hash() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    outcome = desk.order("alice", "buy", "1", "66344", "Ioc")
    maker, taker = fills(outcome)
    assert (maker.tid, maker.hash) == (taker.tid, taker.hash)
    assert len(taker.hash) == 66
    assert (maker.crossed, taker.crossed) == (False, True)


def test_an_execution_is_at_the_resting_price() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    assert [fill.px for fill in fills(desk.order("alice", "buy", "1", "70000", "Ioc"))] == [66_344, 66_344]


def test_an_older_order_at_the_same_price_goes_first() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    desk.order("carol", "sell", "1", "66344")
    maker = fills(desk.order("alice", "buy", "1", "66344", "Ioc"))[0]
    assert maker.account == address("bob")


def test_a_better_price_goes_first() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66500")
    desk.order("bob", "sell", "1", "66400")
    desk.order("carol", "sell", "1", "66300")
    maker = fills(desk.order("alice", "buy", "1", "70000", "Ioc"))[0]
    assert maker.account == address("carol")


def test_an_account_goes_before_the_quote_at_the_same_price() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66345")
    outcome = desk.order("alice", "buy", "1", "66345", "Ioc")
    assert fills(outcome)[0].account == address("bob")


def test_the_quote_goes_before_an_account_at_a_worse_price() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66345", "1")
    desk.order("bob", "sell", "1", "66346")
    outcome = desk.order("alice", "buy", "1.5", "66346", "Ioc")
    assert [(fill.account, fill.px) for fill in fills(outcome)] == [
        (address("alice"), Decimal(66_345)),
        (address("bob"), Decimal(66_346)),
        (address("alice"), Decimal(66_346)),
    ]


def test_the_quote_does_not_deplete_from_order_to_order() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001", "1")
    for _ in range(3):
        assert element(desk.order("alice", "buy", "1", "66001", "Ioc"))["filled"]["totalSz"] == "1.0"


def test_the_rest_of_a_taker_withdraws_that_side_of_the_quote_until_it_is_gone() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001", "1")
    desk.order("alice", "buy", "3", "66001")
    book = desk.exchange.book("BTC")
    assert (book.best_bid, book.best_ask) == (Decimal(66_001), None)
    assert error(desk.order("bob", "buy", "1", "66001", "Ioc")) is not None
    desk.cancel("alice", desk.newest("alice").oid)
    assert (book.best_bid, book.best_ask) == (Decimal(66_000), Decimal(66_001))


def test_an_own_resting_order_is_cancelled_instead_of_traded() -> None:
    desk = Desk()
    desk.order("alice", "sell", "1", "66344", cloid=cloid(1))
    own = desk.newest("alice").oid
    outcome = desk.order("alice", "buy", "1", "66345", "Ioc")
    assert order_changes(outcome) == [(own, "selfTradeCanceled"), (own + 1, "open"), (own + 1, "filled")]
    assert NonUserCancel(address("alice"), "BTC", own) in [c for c in outcome.changes if isinstance(c, NonUserCancel)]
    assert [fill.px for fill in fills(outcome)] == [66_345]


def test_a_trade_names_aggressor_buyer_and_seller() -> None:
    desk = Desk()
    desk.order("bob", "buy", "1", "66344")
    outcome = desk.order("alice", "sell", "1", "66344", "Ioc")
    (trade,) = [change for change in outcome.changes if isinstance(change, TradePrint)]
    assert (trade.side, trade.buyer, trade.seller) == ("A", address("bob"), address("alice"))
    assert list(desk.exchange.book("BTC").trades) == [trade]


def test_a_resting_maker_that_cannot_pay_any_more_is_margin_cancelled() -> None:
    desk = Desk()
    desk.order("bob", "buy", "0.1", "66344")
    desk.account("bob").usdc = Decimal(0)
    outcome = desk.order("alice", "sell", "0.1", "66344", "Ioc")
    assert [status for _, status in order_changes(outcome)] == ["marginCanceled", "iocCancelRejected"]
    assert not fills(outcome)


def test_an_ioc_that_meets_only_own_orders_is_only_rejected() -> None:
    desk = Desk()
    desk.order("alice", "sell", "1", "66344")
    own = desk.newest("alice").oid
    outcome = desk.order("alice", "buy", "1", "66344", "Ioc")
    assert order_changes(outcome) == [(own, "selfTradeCanceled"), (own + 1, "iocCancelRejected")]


@pytest.mark.parametrize(("tif", "left"), [("Gtc", 1), ("Ioc", 0)])
def test_history_has_one_row_per_status_change(tif: str, left: int) -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001", "1")
    desk.order("alice", "buy", "2", "66001", tif)
    expected = ["open"] if tif == "Gtc" else ["open", "filled"]
    assert [row.status for row in desk.account("alice").history] == expected
    assert len(desk.account("alice").open_orders) == left


def test_the_shown_size_is_frozen_at_the_last_status_change() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    order = desk.newest("alice")
    desk.fill(order.oid, "0.4")
    assert order.sz == Decimal("0.6")
    assert order.shown is not None
    assert order.shown.order.sz == 1


def test_terminal_orders_are_kept_up_to_a_limit() -> None:
    desk = Desk(kept_orders=3)
    for n in range(5):
        desk.order("alice", "buy", "1", "66000", cloid=cloid(n))
        desk.cancel("alice", desk.newest("alice").oid)
    assert len(desk.exchange.orders) == 3
    assert list(desk.account("alice").latest_by_cloid) == [cloid(2), cloid(3), cloid(4)]


def test_history_and_fills_are_kept_up_to_a_limit() -> None:
    desk = Desk(kept_history=4, kept_fills=4)
    for _ in range(30):
        desk.order("alice", "buy", "0.001", "70000", "Ioc")
    assert 4 <= len(desk.account("alice").history) <= 8
    assert 4 <= len(desk.account("alice").fills) <= 8


# Reduce-only.


def long_one(desk: Desk) -> None:
    desk.order("alice", "buy", "1", "70000", "Ioc")


def test_a_reduce_only_ioc_is_shrunk_to_the_position_and_never_flips_it() -> None:
    desk = Desk()
    long_one(desk)
    outcome = desk.order("alice", "sell", "5", "60000", "Ioc", reduce_only=True)
    assert element(outcome)["filled"]["totalSz"] == "1.0"
    assert not desk.account("alice").positions
    assert desk.newest("alice").orig_sz == 5


def test_a_resting_reduce_only_order_shrinks_with_the_position_and_keeps_its_original_size() -> None:
    desk = Desk()
    long_one(desk)
    desk.order("alice", "sell", "1", "69000", reduce_only=True)
    resting = desk.newest("alice")
    outcome = desk.order("alice", "sell", "0.25", "60000", "Ioc")
    assert (resting.sz, resting.orig_sz) == (Decimal("0.75"), Decimal(1))
    assert (resting.oid, "open") not in order_changes(outcome)


def test_a_reduce_only_order_ends_when_the_position_closes_in_the_same_commit() -> None:
    desk = Desk()
    long_one(desk)
    desk.order("alice", "sell", "1", "69000", reduce_only=True)
    resting = desk.newest("alice").oid
    outcome = desk.order("alice", "sell", "1", "60000", "Ioc")
    assert (resting, "reduceOnlyCanceled") in order_changes(outcome)
    assert not [change for change in outcome.changes if isinstance(change, NonUserCancel)]


def test_of_two_reduce_only_orders_that_exceed_the_position_the_older_ends() -> None:
    desk = Desk()
    long_one(desk)
    desk.order("alice", "sell", "0.7", "69000", reduce_only=True)
    older = desk.newest("alice").oid
    outcome = desk.order("alice", "sell", "0.7", "69001", reduce_only=True)
    assert order_changes(outcome) == [(older + 1, "open"), (older, "reduceOnlyCanceled")]


def test_two_reduce_only_orders_within_the_position_both_rest() -> None:
    desk = Desk()
    long_one(desk)
    desk.order("alice", "sell", "0.4", "69000", reduce_only=True)
    desk.order("alice", "sell", "0.6", "69001", reduce_only=True)
    assert len(desk.account("alice").open_orders) == 2


# Spot.


def test_a_spot_buy_pays_its_fee_in_the_token_it_receives() -> None:
    desk = Desk()
    outcome = desk.order("alice", "buy", "10", "42", "Ioc", asset=HYPE_USDC)
    (fill,) = fills(outcome)
    assert (fill.fee, fill.fee_token, fill.dir, fill.start_position) == (Decimal("0.007"), "HYPE", "Buy", Decimal(0))
    assert desk.account("alice").spot[150] == Decimal("9.993")
    assert desk.account("alice").spot[0] == 1_000_000 - Decimal("418.97")


def test_a_spot_sale_pays_its_fee_in_the_quote_and_closes_against_the_average_cost() -> None:
    desk = Desk()
    desk.quote("@107", "39", "40")
    desk.order("alice", "buy", "10", "42", "Ioc", asset=HYPE_USDC)
    desk.quote("@107", "50", "51")
    (fill,) = fills(desk.order("alice", "sell", "5", "49", "Ioc", asset=HYPE_USDC))
    assert (fill.fee, fill.fee_token, fill.dir) == (Decimal("0.175"), "USDC", "Sell")
    assert round(fill.closed_pnl, 2) == Decimal("49.86")  # the fee in HYPE made the rest a little dearer


def test_a_spot_ioc_executes_the_whole_lots_that_it_can_afford() -> None:
    desk = Desk(initial_spot_usdc=Decimal(100))
    outcome = desk.order("alice", "buy", "10", "42", "Ioc", asset=HYPE_USDC)
    assert element(outcome)["filled"]["totalSz"] == "2.38"  # 100 / 41.897
    assert order_changes(outcome)[-1][1] == "filled"


def test_a_resting_spot_order_holds_what_it_would_pay() -> None:
    desk = Desk(initial_spot_usdc=Decimal(100))
    desk.order("alice", "buy", "2", "40", asset=HYPE_USDC)
    second = desk.order("alice", "buy", "1", "40", asset=HYPE_USDC)
    assert error(second) == "Insufficient spot balance asset=10107"
    desk.cancel("alice", desk.newest("alice").oid - 1, HYPE_USDC)
    assert error(desk.order("alice", "buy", "1", "40", asset=HYPE_USDC)) is None


def test_a_spot_taker_cannot_spend_what_its_resting_orders_hold() -> None:
    desk = Desk(initial_spot_usdc=Decimal(100))
    desk.order("alice", "buy", "2", "40", asset=HYPE_USDC)
    outcome = desk.order("alice", "buy", "1", "42", "Ioc", asset=HYPE_USDC)
    assert element(outcome)["filled"]["totalSz"] == "0.47"  # 20 / 41.897


# Fees, builders, triggers, groups.


def test_perp_fees_are_cut_to_millionths_of_a_dollar() -> None:
    desk = Desk()
    desk.quote("ETH", "4307.3", "4307.4")
    (fill,) = fills(desk.order("alice", "buy", "0.0025", "4400", "Ioc", asset=ETH))
    assert fill.fee == Decimal("0.004845")  # as recorded
    assert fill.fee_token == "USDC"


def test_a_maker_pays_the_maker_rate() -> None:
    desk = Desk()
    desk.order("bob", "sell", "1", "66344")
    maker, taker = fills(desk.order("alice", "buy", "1", "66344", "Ioc"))
    assert (maker.fee, taker.fee) == (Decimal("9.9516"), Decimal("29.8548"))


def test_a_builder_fee_is_part_of_the_fee() -> None:
    desk = Desk()
    builder = {"b": "0x" + "be" * 20, "f": 10}
    desk.do("alice", "approveBuilderFee", maxFeeRate="0.01%", builder=builder["b"], nonce=desk.nonce + 1)
    (fill,) = fills(desk.order("alice", "buy", "1", "70000", "Ioc", builder=builder))
    assert fill.builder_fee == Decimal("6.6345")  # one basis point
    assert fill.fee == Decimal("29.85525") + Decimal("6.6345")


def test_a_trigger_order_is_armed_and_not_in_the_book() -> None:
    desk = Desk()
    outcome = desk.order("alice", "sell", "1", "60000", trigger=("sl", "64000"))
    order = desk.newest("alice")
    assert "resting" in element(outcome)
    assert (order.order_type, order.trigger_condition) == ("Stop Market", "Price below 64000")
    assert order.oid in desk.exchange.armed["BTC"]
    assert desk.exchange.book("BTC").first("A") is None


@pytest.mark.parametrize(
    ("side", "tpsl", "trigger_px", "is_accepted"),
    [
        ("buy", "sl", "67000", True),
        ("buy", "sl", "66344", False),
        ("buy", "tp", "66000", True),
        ("buy", "tp", "66344", False),
        ("sell", "sl", "66000", True),
        ("sell", "sl", "66344", False),
        ("sell", "tp", "67000", True),
        ("sell", "tp", "66344", False),
    ],
)
def test_a_trigger_that_already_holds_at_the_mark_is_refused(
    side: str, tpsl: str, trigger_px: str, is_accepted: bool
) -> None:
    outcome = Desk().order("alice", side, "1", "66344", trigger=(tpsl, trigger_px))
    assert (error(outcome) is None) is is_accepted


def test_children_wait_for_their_parent_to_fill() -> None:
    desk = Desk()
    child = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    outcome = desk.batch("alice", spec("buy", "1", "66000"), child, grouping="normalTpsl")
    parent = desk.newest("alice").oid - 1
    assert elements(outcome)[1:] == ["waitingForFill"]
    assert not desk.exchange.armed.get("BTC")
    desk.fill(parent)
    assert list(desk.exchange.armed["BTC"]) == [parent + 1]


def test_children_of_a_parent_that_filled_at_once_wait_for_their_trigger() -> None:
    desk = Desk()
    child = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    outcome = desk.batch("alice", spec("buy", "1", "67000"), child, grouping="normalTpsl")
    assert elements(outcome)[1:] == ["waitingForTrigger"]


def test_cancelling_a_parent_cancels_its_children() -> None:
    desk = Desk()
    child = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    desk.batch("alice", spec("buy", "1", "66000"), child, grouping="normalTpsl")
    parent = desk.newest("alice").oid - 1
    assert order_changes(desk.cancel("alice", parent)) == [(parent, "canceled"), (parent + 1, "canceled")]


def test_a_refused_parent_answers_for_its_group() -> None:
    child = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    outcome = Desk().batch("alice", spec("buy", "1", "66000", "Ioc"), child, grouping="normalTpsl")
    assert len(elements(outcome)) == 1


def test_a_group_must_not_begin_with_a_trigger() -> None:
    outcome = Desk().batch("alice", spec("sell", "1", "60000", trigger=("sl", "64000")), grouping="normalTpsl")
    assert error(outcome) == "Main order cannot be trigger order."


def test_position_tpsl_needs_a_position_and_ends_with_it() -> None:
    desk = Desk()
    tpsl = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    refused = desk.batch("alice", tpsl, grouping="positionTpsl")
    assert error(refused) == "Reduce only order would increase position. asset=0"
    long_one(desk)
    assert elements(desk.batch("alice", tpsl, grouping="positionTpsl")) == ["waitingForTrigger"]
    armed = desk.newest("alice").oid
    outcome = desk.order("alice", "sell", "1", "60000", "Ioc")
    assert (armed, "reduceOnlyCanceled") in order_changes(outcome)
    assert not desk.exchange.armed["BTC"]
