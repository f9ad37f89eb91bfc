"""Positions and margin: the recorded state, the documented formulas."""

from decimal import Decimal

import msgspec
import pytest

from hlmock.exchange.margin import maintenance_margin
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import MarginTier
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.settings import ExchangeSettings
from hlmock.exchange.state import State
from hlmock.shapes.positions import active_asset_data, clearinghouse_state
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

OWNER = Address("0x" + "a1" * 20)
TIERS = [MarginTier(Decimal(0), 40), MarginTier(Decimal(150_000_000), 20)]


def state_at(coin: str, mark_px: str) -> State:
    state = State(ExchangeSettings())
    state.book(coin).mark_px = Decimal(mark_px)
    return state


def position_of(account: Account, coin: str, asset: int, szi: str, entry_px: str) -> Position:
    account.positions[asset] = position = Position(coin, asset, Decimal(szi), Decimal(szi) * Decimal(entry_px))
    return position


def test_an_isolated_position_is_the_recorded_object() -> None:
    state = state_at("ETH", "2985.9")
    account = Account(OWNER, perp_usdc=Decimal("13104.51"), leverage={1: Leverage(False, 20)})
    position = position_of(account, "ETH", 1, "0.0335", "2986.3")
    position.isolated_margin = Decimal("0.0335") * Decimal("2986.3") - Decimal("95.059824")
    account.funding_paid[1] = Decimal("514.085417")
    # Recorded when ETH had a maximum leverage of 50 (now 25), which liquidationPx and maxLeverage depend on.
    found = msgspec.json.encode(clearinghouse_state(state, account, "", 1708622398623, wire)).decode()
    assert found == (
        '{"marginSummary":{"accountValue":"13109.477826","totalNtlPos":"100.02765","totalRawUsd":"13009.450176",'
        '"totalMarginUsed":"4.967826"},"crossMarginSummary":{"accountValue":"13104.51","totalNtlPos":"0.0",'
        '"totalRawUsd":"13104.51","totalMarginUsed":"0.0"},"crossMaintenanceMarginUsed":"0.0",'
        '"withdrawable":"13104.51","assetPositions":[{"type":"oneWay","position":{"coin":"ETH","szi":"0.0335",'
        '"leverage":{"type":"isolated","value":20,"rawUsd":"-95.059824"},"entryPx":"2986.3",'
        '"positionValue":"100.02765","unrealizedPnl":"-0.0134","returnOnEquity":"-0.0026789",'
        '"liquidationPx":"2895.51702711","marginUsed":"4.967826","maxLeverage":25,'
        '"cumFunding":{"allTime":"514.085417","sinceOpen":"0.0","sinceChange":"0.0"}}}],"time":1708622398623}'
    )


@pytest.mark.parametrize(
    ("ntl", "margin"),
    [("0", "0"), ("100", "1.25"), ("150000000", "1875000"), ("160000000", "2125000")],
)
def test_maintenance_is_half_the_initial_margin_and_continuous_between_tiers(ntl: str, margin: str) -> None:
    assert maintenance_margin(TIERS, Decimal(ntl)) == Decimal(margin)


@pytest.mark.parametrize(
    ("usdc", "szi", "liquidation_px"),
    [
        ("50000", "1", "50632.91139241"),
        ("50000", "-1", "148148.14814815"),
        # Into another tier: it is 20x above 150 million.
        ("40000000", "1600", "75949.36708861"),
        ("40000000", "-1400", "126742.16027875"),
    ],
)
def test_at_the_liquidation_price_the_equity_equals_the_maintenance_margin(
    usdc: str, szi: str, liquidation_px: str
) -> None:
    state = state_at("BTC", "100000")
    account = Account(OWNER, perp_usdc=Decimal(usdc))
    position_of(account, "BTC", 0, szi, "100000")
    (row,) = clearinghouse_state(state, account, "", 1, wire)["assetPositions"]
    assert row["position"]["liquidationPx"] == liquidation_px
    state.book("BTC").mark_px = Decimal(liquidation_px)
    after = clearinghouse_state(state, account, "", 1, wire)
    equity, needed = after["crossMarginSummary"]["accountValue"], after["crossMaintenanceMarginUsed"]
    assert abs(Decimal(equity) - Decimal(needed)) < Decimal("0.0001")


def test_a_position_that_no_price_can_liquidate_has_no_liquidation_price() -> None:
    state = state_at("BTC", "100000")
    account = Account(OWNER, perp_usdc=Decimal(200_000))
    position_of(account, "BTC", 0, "1", "100000")
    (row,) = clearinghouse_state(state, account, "", 1, wire)["assetPositions"]
    assert row["position"]["liquidationPx"] is None


def test_the_side_that_reduces_a_position_can_trade_more() -> None:
    state = state_at("BTC", "100000")
    account = Account(OWNER, perp_usdc=Decimal(50_000), leverage={0: Leverage(True, 10)})
    position_of(account, "BTC", 0, "1", "100000")
    data = active_asset_data(state, account, state.markets.by_coin["BTC"], wire)
    assert data["availableToTrade"] == ["40000.0", "60000.0"]
    assert data["maxTradeSzs"] == ["4.0", "6.0"]


def test_sizes_that_can_be_traded_are_whole_lots() -> None:
    state = state_at("HYPE", "94.017")
    account = Account(OWNER, perp_usdc=Decimal("680.955673"), leverage={159: Leverage(True, 10)})
    market = state.markets.by_coin["HYPE"]
    assert market.asset == 159
    data = active_asset_data(state, account, market, wire)
    # Source: recorded answer.
    assert data["maxTradeSzs"] == ["72.42", "72.42"]
    assert data["availableToTrade"] == ["680.955673", "680.955673"]
