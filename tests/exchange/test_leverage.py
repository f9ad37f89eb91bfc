from decimal import Decimal

import pytest

from support.desk import BTC, ETH, Desk, error

STRICT = 33  # HPOS is delisted; only the leverage rules are asked
D = Decimal


def leverage(desk: Desk, value: int, *, cross: bool = True, asset: int = BTC) -> str | None:
    return error(desk.do("alice", "updateLeverage", asset=asset, isCross=cross, leverage=value))


def margin(desk: Desk, ntli: int, asset: int = BTC) -> str | None:
    return error(desk.do("alice", "updateIsolatedMargin", asset=asset, isBuy=True, ntli=ntli))


def test_a_fresh_account_has_20x_cross_or_the_coins_maximum() -> None:
    desk = Desk()
    perps = desk.exchange.markets.perps
    chosen = [desk.account("alice").leverage_in(perps[asset]) for asset in (BTC, 2)]
    assert [(each.is_cross, each.value) for each in chosen] == [(True, 20), (True, 5)]


@pytest.mark.parametrize("value", [0, 41])
def test_leverage_is_between_1_and_the_coins_maximum(value: int) -> None:
    assert leverage(Desk(), value) == "Invalid leverage value"


def test_a_strictly_isolated_coin_has_no_cross_margin() -> None:
    assert leverage(Desk(), 1, asset=STRICT) == "Cross margin is not allowed for this asset."
    assert leverage(Desk(), 1, asset=STRICT, cross=False) is None


def test_the_mode_cannot_change_with_an_open_position() -> None:
    desk = Desk()
    desk.order("alice", "buy", "0.1", "70000", "Ioc")
    assert leverage(desk, 20, cross=False) == "Cannot switch leverage type with open position."
    assert leverage(desk, 30) is None


def test_the_mode_cannot_change_with_an_open_order() -> None:
    desk = Desk()
    desk.order("alice", "buy", "0.1", "60000")
    assert leverage(desk, 20, cross=False) == "Cannot switch leverage type with open position."


def test_leverage_cannot_fall_below_what_the_account_can_carry() -> None:
    desk = Desk(initial_usdc=D(10_000))
    desk.order("alice", "buy", "1", "70000", "Ioc")
    text = leverage(desk, 2)
    assert text is not None
    assert text.startswith("Cross position does not have sufficient margin available to decrease leverage.")


def test_isolated_leverage_cannot_fall_below_what_the_position_carries() -> None:
    desk = Desk()
    leverage(desk, 20, cross=False)
    desk.order("alice", "buy", "1", "70000", "Ioc")
    text = leverage(desk, 2, cross=False)
    assert text is not None
    assert text.startswith("Isolated position does not have sufficient margin available")


def test_higher_leverage_affords_more() -> None:
    desk = Desk(initial_usdc=D(10_000))
    assert error(desk.order("alice", "buy", "4", "66000")) == "Insufficient margin to place order. asset=0"
    leverage(desk, 40)
    assert error(desk.order("alice", "buy", "4", "66000")) is None


def test_the_margin_of_open_positions_is_not_free() -> None:
    desk = Desk(initial_usdc=D(10_000))
    desk.order("alice", "buy", "2", "70000", "Ioc")  # takes 6634.5
    assert error(desk.order("alice", "buy", "50", "1900", asset=ETH)) == "Insufficient margin to place order. asset=1"
    assert error(desk.order("alice", "buy", "30", "1900", asset=ETH)) is None


def test_reducing_is_affordable_without_any_margin() -> None:
    desk = Desk(initial_usdc=D(10_000))
    desk.order("alice", "buy", "2.9", "70000", "Ioc")
    assert error(desk.order("alice", "sell", "2.9", "60000", "Ioc")) is None


def test_margin_can_be_added_to_and_taken_from_an_isolated_position() -> None:
    desk = Desk()
    leverage(desk, 20, cross=False)
    desk.order("alice", "buy", "1", "70000", "Ioc")
    position = desk.account("alice").positions[BTC]
    before, usdc = position.isolated_margin, desk.account("alice").usdc
    assert before is not None
    assert margin(desk, 5_000_000_000) is None
    assert position.isolated_margin == before + 5_000
    assert desk.account("alice").usdc == usdc - 5_000
    assert margin(desk, -1_000_000_000) is None
    assert position.isolated_margin == before + 4_000


@pytest.mark.parametrize(
    ("ntli", "text"),
    [
        (0, "Update to isolated margin cannot be zero."),
        (2_000_000_000_000, "Account does not have sufficient margin available for increase."),
        (-3_000_000_000, "Position does not have sufficient margin for reduction."),
    ],
)
def test_refusals_of_an_isolated_margin_update(ntli: int, text: str) -> None:
    desk = Desk()
    leverage(desk, 20, cross=False)
    desk.order("alice", "buy", "1", "70000", "Ioc")
    assert margin(desk, ntli) == text


def test_margin_needs_an_isolated_position() -> None:
    desk = Desk()
    assert margin(desk, 1) == "Cannot update margin for empty position."
    desk.order("alice", "buy", "0.1", "70000", "Ioc")
    assert margin(desk, 1) == "Position does not use isolated margin."


def test_a_top_up_is_for_strictly_isolated_coins() -> None:
    outcome = Desk().do("alice", "topUpIsolatedOnlyMargin", asset=BTC, leverage="5")
    assert error(outcome) == "Asset not strict isolated"


def test_a_position_cannot_outgrow_the_tier_of_its_leverage() -> None:
    desk = Desk(initial_usdc=D(10) ** 9)
    leverage(desk, 40)
    outcome = desk.order("alice", "buy", "2300", "66000")  # 151.8 million, where 20x is the maximum
    text = "Order would cause position to exceed margin tier limit at current leverage asset=0"
    assert error(outcome) == text
    leverage(desk, 20)
    assert error(desk.order("alice", "buy", "2300", "66000")) is None


def test_leverage_cannot_rise_above_the_tier_of_the_position() -> None:
    desk = Desk(initial_usdc=D(10) ** 9)
    desk.quote("BTC", "66343", "66345", "3000")
    desk.order("alice", "buy", "2300", "66345")
    assert leverage(desk, 40) == "Invalid leverage value"
    desk.order("alice", "sell", "100", "60000", "Ioc")
    assert leverage(desk, 40) is None


def test_turning_an_isolated_position_around_may_use_what_it_sets_free() -> None:
    desk = Desk(initial_usdc=D(3_400))
    leverage(desk, 20, cross=False)
    desk.order("alice", "buy", "1", "66345", "Ioc")
    assert desk.account("alice").usdc < 100
    assert error(desk.order("alice", "sell", "2.1", "66343", "Ioc")) == "Insufficient margin to place order. asset=0"
    assert error(desk.order("alice", "sell", "1.9", "66343", "Ioc")) is None
    assert desk.account("alice").positions[BTC].szi == D("-0.9")


def test_a_top_up_is_rounded_up_to_a_millionth() -> None:
    desk = Desk()
    tsla = 110_001
    desk.order("alice", "buy", "1", "400", "Ioc", asset=tsla)
    assert error(desk.do("alice", "topUpIsolatedOnlyMargin", asset=tsla, leverage="3")) is None
    position = desk.account("alice").positions[tsla]
    assert position.isolated_margin == D("133.173334")


def test_the_margin_of_a_strictly_isolated_position_stays() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "400", "Ioc", asset=110_001)
    text = "Cannot remove isolated margin for this asset. To remove margin, reduce the position."
    assert margin(desk, -1, asset=110_001) == text
    assert margin(desk, 1, asset=110_001) is None
