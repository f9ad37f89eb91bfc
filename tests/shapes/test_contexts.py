"""Contexts: the documented premium, impact prices from the book."""

from decimal import Decimal

from hlmock.exchange.markets import load_markets
from hlmock.exchange.premiums import premium_of
from hlmock.shapes.contexts import perp_ctx
from hlmock.wire.numbers import wire
from support.trading import ALICE, BOB, NOW_MS, Trading

BTC = load_markets("hyperliquid").by_coin["BTC"]


def test_the_premium_is_the_recorded_one() -> None:
    impact = Decimal("69172.0"), Decimal("69173.0")
    assert premium_of(BTC, Decimal("69182.2"), impact) == Decimal("-0.0001329822")


def test_the_premium_is_zero_while_the_oracle_lies_in_the_spread() -> None:
    assert premium_of(BTC, Decimal(100), (Decimal(99), Decimal(101))) == 0


def test_impact_prices_are_averages_over_the_impact_notional() -> None:
    trading = Trading()
    market = trading.exchange.markets.by_coin["ETH"]
    trading.exchange.set_quote("ETH", None, None, None, None, NOW_MS)
    for side, prices in (("B", ("1900", "1800")), ("A", ("2000", "2100"))):
        for px in prices:
            trading.order(ALICE, "ETH", side, px, "8")
    # 20,000 USD buy 8 at 2000, and 4,000 / 2100 more.
    ctx = perp_ctx(trading.exchange, market, wire)
    assert ctx["impactPxs"] == ["1875.0", "2019.23"]
    assert ctx["midPx"] == "1950.0"


def test_a_book_too_thin_for_the_impact_notional_has_a_mid_but_no_premium() -> None:
    trading = Trading()
    trading.exchange.set_quote("ETH", None, None, None, None, NOW_MS)
    trading.order(ALICE, "ETH", "B", "1900", "0.1")
    trading.order(BOB, "ETH", "A", "2000", "0.1")
    ctx = perp_ctx(trading.exchange, trading.exchange.markets.by_coin["ETH"], wire)
    assert (ctx["premium"], ctx["midPx"], ctx["impactPxs"]) == (None, "1950.0", None)


def test_without_a_book_there_is_no_mid_even_after_a_trade() -> None:
    trading = Trading()
    trading.trade("ETH", "1950", "1")
    ctx = perp_ctx(trading.exchange, trading.exchange.markets.by_coin["ETH"], wire)
    assert (ctx["premium"], ctx["midPx"], ctx["impactPxs"]) == (None, None, None)


def test_trades_add_to_the_days_volume() -> None:
    trading = Trading()
    market = trading.exchange.markets.by_coin["BTC"]
    before = perp_ctx(trading.exchange, market, wire)
    trading.trade("BTC", "66000", "0.5")
    after = perp_ctx(trading.exchange, market, wire)
    assert Decimal(after["dayNtlVlm"]) - Decimal(before["dayNtlVlm"]) == 33_000
    assert Decimal(after["dayBaseVlm"]) - Decimal(before["dayBaseVlm"]) == Decimal("0.5")
