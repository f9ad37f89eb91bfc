"""Accounts whose margin is short: on the book, in parts, to the liquidator."""

from decimal import Decimal
from typing import TypeVar

import pytest

from hlmock.exchange.liquidation import LIQUIDATOR
from hlmock.exchange.margin import pools
from hlmock.exchange.model.accounts import Account, LedgerUpdate
from hlmock.exchange.model.changes import Liquidation, NonUserCancel
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.outcome import Outcome
from hlmock.shapes.positions import clearinghouse_state, liquidatable
from hlmock.wire.numbers import wire
from support.desk import BTC, ETH, HYPE_USDC, Desk, address, fills, order_changes

D = Decimal
ALICE = address("alice")


def long_btc(usdc: str, sz: str, *, isolated: int | None = None, settings: dict[str, object] | None = None) -> Desk:
    """Alice has bought at 60,000, at the highest cross leverage unless isolated."""
    desk = Desk(initial_usdc=D(usdc), **settings or {})
    desk.quote("BTC", "59999", "60000")
    leverage = 40 if isolated is None else isolated
    desk.do("alice", "updateLeverage", asset=BTC, isCross=isolated is None, leverage=leverage)
    (fill,) = fills(desk.order("alice", "buy", sz, "61000", "Ioc"))
    assert fill.sz == D(sz)
    return desk


def mark(desk: Desk, px: int) -> Outcome:
    return desk.quote("BTC", str(px - 1), str(px + 1))


T = TypeVar("T")


def of_kind(outcome: Outcome, kind: type[T]) -> list[T]:
    return [change for change in outcome.changes if isinstance(change, kind)]


def szi(account: Account, asset: int = BTC) -> Decimal:
    return account.positions[asset].szi if asset in account.positions else D(0)


def test_at_the_maintenance_margin_nothing_happens() -> None:
    desk = long_btc("2027", "1")
    assert fills(mark(desk, 58_735)) == []
    (pool,) = pools(desk.exchange, desk.account("alice"))
    assert (pool.equity, pool.maintenance) == (D(735), 58_735 * D("0.0125"))


def test_the_shown_liquidation_price_is_where_it_happens() -> None:
    desk = long_btc("2027", "1")
    (row,) = clearinghouse_state(desk.exchange, desk.account("alice"), "", desk.now_ms, wire)["assetPositions"]
    px = D(row["position"]["liquidationPx"])
    assert fills(desk.prices("BTC", mark=str(px + D("0.01")))) == []
    assert len(fills(desk.prices("BTC", mark=str(px - D("0.01"))))) == 1


def test_below_the_maintenance_margin_the_position_is_closed_on_the_book() -> None:
    desk = long_btc("2027", "1")
    outcome = mark(desk, 58_600)  # equity 600, of 732.5; two thirds are 488.3
    closed = fills(outcome)
    assert [(fill.dir, fill.px, fill.sz, fill.crossed) for fill in closed] == [("Close Long", D(58_599), D(1), True)]
    liquidation = closed[0].liquidation
    assert liquidation is not None
    assert (liquidation.liquidated_user, liquidation.mark_px, liquidation.method) == (ALICE, D(58_600), "market")
    assert not desk.account("alice").positions
    assert desk.account("alice").usdc > 0
    assert LIQUIDATOR not in desk.exchange.accounts


def test_open_orders_of_perps_end_first_and_spot_orders_stay() -> None:
    desk = long_btc("2027", "1")
    desk.order("alice", "buy", "0.01", "50000")
    desk.order("alice", "sell", "0.01", "70000", reduce_only=True)
    desk.order("alice", "buy", "1", "20", asset=HYPE_USDC)
    desk.order("alice", "sell", "1", "50000", trigger=("sl", "50000"), reduce_only=True)
    outcome = mark(desk, 58_600)
    assert [status for _, status in order_changes(outcome)] == ["liquidatedCanceled"] * 3 + ["open", "filled"]
    assert len(of_kind(outcome, NonUserCancel)) == 3
    assert [order.asset for order in desk.account("alice").open_orders.values()] == [HYPE_USDC]


def test_a_liquidation_is_told_and_stands_in_the_ledger() -> None:
    desk = long_btc("2027", "1")
    outcome = mark(desk, 58_600)
    (told,) = of_kind(outcome, Liquidation)
    assert (told.account, told.liquidated_user, told.id) == (ALICE, ALICE, 1)
    assert (told.ntl, told.account_value) == (D(58_600), D(600))
    (entry,) = of_kind(outcome, LedgerUpdate)
    assert entry.delta == {
        "type": "liquidation",
        "liquidatedNtlPos": "58600.0",
        "accountValue": "600.0",
        "leverageType": "Cross",
        "liquidatedPositions": [{"coin": "BTC", "szi": "1.0"}],
    }


def test_a_resting_order_that_trades_with_a_liquidation_says_so_too() -> None:
    desk = long_btc("2027", "1")
    desk.account("bob").usdc = D(100_000)
    desk.order("bob", "buy", "1", "58700")
    desk.quote("BTC", None, None)
    outcome = desk.prices("BTC", mark="58600")
    maker, taker = fills(outcome)
    assert (maker.account, taker.account, maker.px) == (address("bob"), ALICE, D(58_700))
    assert taker.liquidation is not None
    assert maker.liquidation == taker.liquidation


def test_of_a_large_position_a_fifth_goes_first_and_the_rest_after_30_seconds() -> None:
    desk = long_btc("6081", "3")
    (first,) = fills(mark(desk, 58_550))
    assert first.sz == D("0.6")
    assert fills(mark(desk, 58_540)) == []
    assert desk.advance(29) == []
    (rest,) = (fill for outcome in desk.advance(1) for fill in fills(outcome))
    assert rest.sz == D("2.4")
    assert not desk.account("alice").positions


def test_on_testnet_a_position_is_large_from_10000_on() -> None:
    desk = long_btc("405.4", "0.2", settings={"network": "testnet"})
    (first,) = fills(mark(desk, 58_550))
    assert first.sz == D("0.04")


def test_a_part_is_enough_when_the_margin_is_then() -> None:
    desk = long_btc("6081", "3")
    mark(desk, 58_720)
    assert szi(desk.account("alice")) == D("2.4")
    assert desk.advance(60) == []
    assert szi(desk.account("alice")) == D("2.4")
    assert desk.account("alice").partly_liquidated_ms is None


def test_in_the_cooldown_the_liquidator_may_still_come() -> None:
    desk = long_btc("6081", "3")
    mark(desk, 58_550)
    assert {fill.account for fill in fills(mark(desk, 58_300))} == {ALICE, LIQUIDATOR}


def test_below_two_thirds_the_liquidator_takes_position_and_margin() -> None:
    desk = long_btc("2027", "1")
    outcome = mark(desk, 58_400)  # equity 400, two thirds of the margin are 486.7
    taken, given = fills(outcome)
    assert (taken.account, taken.dir, given.account, given.dir) == (ALICE, "Close Long", LIQUIDATOR, "Open Long")
    assert taken.tid == given.tid
    assert taken.liquidation == given.liquidation
    assert (taken.px, taken.fee, taken.liquidation and taken.liquidation.method) == (D(58_400), D(0), "backstop")
    alice, liquidator = desk.account("alice"), desk.exchange.accounts[LIQUIDATOR]
    assert (alice.usdc, alice.positions) == (D(0), {})
    assert (liquidator.usdc, szi(liquidator)) == (D(400), D(1))
    assert [told.account for told in of_kind(outcome, Liquidation)] == [ALICE, LIQUIDATOR]
    assert desk.exchange.book("BTC").trades[-1].px == D(60_000)


def test_the_liquidator_bears_a_debt() -> None:
    desk = long_btc("2027", "1")
    mark(desk, 50_000)
    alice, liquidator = desk.account("alice"), desk.exchange.accounts[LIQUIDATOR]
    assert (alice.usdc, liquidator.usdc) == (D(0), D(-8_000))
    mark(desk, 10_000)
    assert szi(liquidator) == 1


def test_all_cross_positions_go_to_the_liquidator_together() -> None:
    desk = long_btc("4000", "1")
    desk.quote("ETH", "1999", "2000")
    desk.order("alice", "sell", "5", "1999", "Ioc", asset=ETH)
    mark(desk, 56_000)
    assert not desk.account("alice").positions
    assert [szi(desk.exchange.accounts[LIQUIDATOR], asset) for asset in (BTC, ETH)] == [1, -5]


def test_the_largest_position_is_closed_first_and_the_others_stay_if_that_is_enough() -> None:
    desk = long_btc("2200", "1")
    desk.quote("ETH", "1999", "2000")
    desk.order("alice", "sell", "0.5", "1999", "Ioc", asset=ETH)
    (fill,) = fills(mark(desk, 58_500))
    assert (fill.coin, fill.sz) == ("BTC", D(1))
    assert list(desk.account("alice").positions) == [ETH]


def test_an_isolated_position_is_liquidated_alone() -> None:
    desk = long_btc("10000", "1", isolated=20)
    desk.quote("ETH", "1999", "2000")
    desk.order("alice", "sell", "0.5", "1999", "Ioc", asset=ETH)
    desk.order("alice", "buy", "0.1", "1500", asset=ETH)
    alice = desk.account("alice")
    usdc = alice.usdc
    outcome = mark(desk, 57_400)  # of 3,000 400 are left; two thirds of the margin are 478.3
    (entry,) = of_kind(outcome, LedgerUpdate)
    assert entry.delta["leverageType"] == "Isolated"
    assert list(alice.positions) == [ETH]
    assert alice.usdc == usdc
    assert desk.exchange.accounts[LIQUIDATOR].usdc == 400
    assert len(alice.open_orders) == 1


def test_an_isolated_position_that_the_book_closes_gives_back_what_is_left() -> None:
    desk = long_btc("10000", "1", isolated=20)
    alice, usdc = desk.account("alice"), desk.account("alice").usdc
    (fill,) = fills(mark(desk, 57_600))
    assert alice.usdc == usdc + 3_000 + fill.closed_pnl - fill.fee
    assert alice.usdc > usdc


def test_the_book_takes_nothing_at_a_price_that_leaves_a_debt() -> None:
    desk = long_btc("2027", "1")
    desk.quote("BTC", "57000", None)
    assert fills(desk.prices("BTC", mark="58600")) == []
    assert szi(desk.account("alice")) == 1
    assert liquidatable(desk.exchange) == [{"user": ALICE, "positionIndex": "cross", "marginAvailable": [600.0, 732.5]}]


def test_a_fill_at_a_bad_price_is_looked_at_in_its_own_block() -> None:
    desk = Desk(initial_usdc=D(3_000))
    desk.do("alice", "updateLeverage", asset=BTC, isCross=True, leverage=40)
    desk.prices("BTC", mark="50000")
    desk.quote("BTC", None, "60000")
    outcome = desk.order("alice", "buy", "1", "61000", "Ioc")
    assert [fill.liquidation is not None for fill in fills(outcome)] == [False, True, True]
    assert desk.account("alice").usdc == 0


def test_a_forced_fill_that_nobody_could_afford_is_looked_at_too() -> None:
    desk = Desk(initial_usdc=D(1_505))
    desk.do("alice", "updateLeverage", asset=BTC, isCross=True, leverage=40)
    desk.quote("BTC", "60000", "60010")
    for _ in range(2):
        desk.order("alice", "buy", "1", "60000")
    first, second = desk.account("alice").open_orders
    assert [fill.liquidation for fill in fills(desk.fill(first))] == [None]
    assert [fill.liquidation is not None for fill in fills(desk.fill(second))] == [False, True]


def test_funding_can_take_the_last_margin() -> None:
    desk = long_btc("2027", "1")
    mark(desk, 58_740)
    desk.prices("BTC", oracle="50000")
    outcomes = desk.advance(2 * 3_600)
    assert any(of_kind(outcome, Liquidation) for outcome in outcomes)


@pytest.mark.parametrize("settings", [{"margin_checks": False}])
def test_without_margin_checks_nobody_is_liquidated(settings: dict[str, object]) -> None:
    desk = long_btc("2027", "1", settings=settings)
    assert fills(mark(desk, 10_000)) == []


def test_ids_of_liquidations_go_on() -> None:
    desk = long_btc("2027", "1")
    mark(desk, 58_600)
    desk.exchange.reset(desk.now_ms)
    assert desk.exchange.next_liquidation == 2


def test_fills_of_the_book_carry_no_liquidation() -> None:
    desk = long_btc("2027", "1")
    mark(desk, 58_600)
    (fill,) = fills(desk.order("bob", "buy", "0.01", "60000", "Ioc"))
    assert isinstance(fill, Fill)
    assert fill.liquidation is None
