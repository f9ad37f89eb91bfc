"""What an account holds: perp positions with their margin, spot balances, what it can still trade.

Source of the formulas: Hyperliquid docs, Margining, Margin tiers, Liquidations. Key orders are those of recorded
answers. Amounts of USD have at most 6 decimals, prices 8.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple

from hlmock.exchange import margin
from hlmock.exchange.liquidation import LIQUIDATOR
from hlmock.exchange.margin import (
    cross_positions,
    free_margin,
    held,
    liquidation_px,
    maintenance_margin,
    pools,
    withdrawable,
)
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import MarginTier, Market
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.model.terms import MICRO_USD, USD_DECIMALS, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded


class Standing(NamedTuple):
    """A perp position at the mark price of now, in USD."""

    market: Market
    position: Position
    leverage: Leverage
    mark_px: Decimal
    ntl: Decimal
    """Unsigned."""
    pnl: Decimal
    """Unrealised."""
    margin_used: Decimal
    """Cross: initial margin. Isolated: its own equity."""
    maintenance: Decimal
    tiers: Sequence[MarginTier]

    @property
    def is_cross(self) -> bool:
        return self.position.isolated_margin is None


def standing(state: State, account: Account, position: Position) -> Standing:
    market = state.markets.by_asset[position.asset]
    leverage = account.leverage_in(market)
    mark_px = state.mark_px(position.coin)
    ntl = abs(position.szi) * mark_px
    pnl = position.pnl_at(mark_px)
    isolated = position.isolated_margin
    used = ntl / leverage.value if isolated is None else isolated + pnl
    tiers = state.markets.margin_tiers(market)
    return Standing(market, position, leverage, mark_px, ntl, pnl, used, maintenance_margin(tiers, ntl), tiers)


def clearinghouse_state(state: State, account: Account, dex: str, now_ms: int, number: NumberForm) -> dict[str, Any]:
    """Perp positions and margin in one dex.

    Collateral that several dexes draw on counts for the main one (our choice); that of a unified account stands in
    its spot state (Hyperliquid docs, Account abstraction modes).
    """
    standings = [
        each
        for each in (standing(state, account, position) for position in account.positions.values())
        if each.market.dex == dex
    ]
    cross = [each for each in standings if each.is_cross]
    is_elsewhere = account.is_unified or (dex and not account.dexes_are_apart)
    cross_value = (ZERO if is_elsewhere else account.collateral(dex)) + _sum(each.pnl for each in cross)
    to_spare = _to_spare(state, account, dex)
    value = cross_value + _sum(each.margin_used for each in standings if not each.is_cross)
    return {
        "marginSummary": _summary(value, standings, number),
        "crossMarginSummary": _summary(cross_value, cross, number),
        "crossMaintenanceMarginUsed": number(_usd(_sum(each.maintenance for each in cross))),
        "withdrawable": number(_usd(ZERO if is_elsewhere else withdrawable(state, account, dex))),
        "assetPositions": [
            {"type": "oneWay", "position": _position(account, each, to_spare, number)} for each in standings
        ],
        "time": now_ms,
    }


def liquidatable(state: State) -> list[dict[str, Any]]:
    """Accounts short of margin whose positions the book does not take: others are liquidated at once.

    The numbers are equity and maintenance margin, USD (our choice: no source says what they are; nor how `cross` is
    written).
    """
    return [
        {
            "user": account.address,
            "positionIndex": "cross" if pool.is_cross else {"isolated": {"asset": pool.positions[0].asset}},
            "marginAvailable": [float(pool.equity), float(pool.maintenance)],
        }
        for account in state.accounts.values()
        for pool in pools(state, account)
        if pool.is_short and account.address != LIQUIDATOR
    ]


def account_value(state: State, account: Account) -> Decimal:
    """Perp equity over all dexes, isolated positions included, USD; without the collateral that stands in spot."""
    standings = (standing(state, account, position) for position in account.positions.values())
    return perp_collateral(account) + _sum(each.pnl if each.is_cross else each.margin_used for each in standings)


def perp_collateral(account: Account) -> Decimal:
    """Of all perp dexes, USD; none of a unified account."""
    return account.perp_usdc + _sum(account.dex_usdc.values())


def _to_spare(state: State, account: Account, dex: str) -> Decimal:
    """How much the cross positions that draw on a dex's collateral may lose before they are liquidated, USD."""
    cross = [standing(state, account, position) for position in cross_positions(account, dex)]
    return margin.account_value(state, account, dex) - _sum(each.maintenance for each in cross)


def _summary(value: Decimal, standings: Sequence[Standing], number: NumberForm) -> dict[str, str]:
    signed_ntl = _sum(each.position.szi * each.mark_px for each in standings)
    return {
        "accountValue": number(_usd(value)),
        "totalNtlPos": number(_usd(_sum(each.ntl for each in standings))),
        "totalRawUsd": number(_usd(value - signed_ntl)),
        "totalMarginUsed": number(_usd(_sum(each.margin_used for each in standings))),
    }


def _position(account: Account, each: Standing, to_spare: Decimal, number: NumberForm) -> dict[str, Any]:
    """Funding is positive where it was paid (our choice: no source tells the sign)."""
    position = each.position
    leverage: dict[str, Any] = {
        "type": "cross" if each.is_cross else "isolated",
        "value": each.leverage.value,
    }
    if not each.is_cross:
        leverage["rawUsd"] = number(_usd(each.margin_used - position.szi * each.mark_px))
    cost = abs(position.cost)
    equity_return = each.pnl * each.leverage.value / cost if cost else ZERO
    equity = to_spare + each.maintenance if each.is_cross else each.margin_used
    px = liquidation_px(each.tiers, position.szi, each.mark_px, equity)
    return {
        "coin": position.coin,
        "szi": number(position.szi),
        "leverage": leverage,
        "entryPx": number(rounded(position.entry_px)),
        "positionValue": number(_usd(each.ntl)),
        "unrealizedPnl": number(_usd(each.pnl)),
        "returnOnEquity": number(rounded(equity_return)),
        "liquidationPx": None if px is None else number(rounded(px)),
        "marginUsed": number(_usd(each.margin_used)),
        "maxLeverage": each.market.max_leverage,
        "cumFunding": {
            "allTime": number(account.funding_paid.get(position.asset, ZERO)),
            "sinceOpen": number(position.funding_since_open),
            "sinceChange": number(position.funding_since_change),
        },
    }


def active_asset_data(state: State, account: Account, market: Market, number: NumberForm) -> dict[str, Any]:
    """Leverage and what can be bought and sold, as pairs [buy, sell]. Perps only.

    The side that reduces a position may first close it and then use the freed margin (our choice).
    """
    leverage = account.leverage_in(market)
    mark_px, lot = state.mark_px(market.coin), market.lot
    held_position = account.positions.get(market.asset)
    own = None if held_position is None else standing(state, account, held_position)
    free = free_margin(state, account, market) - (own.margin_used if own is not None and own.is_cross else ZERO)
    freed = ZERO
    if own is not None:
        freed = 2 * own.margin_used
    is_long = own is not None and own.position.szi > 0
    available = [
        max(free + (freed if reduces else ZERO), ZERO).quantize(MICRO_USD, ROUND_DOWN)
        for reduces in (own is not None and not is_long, is_long)
    ]
    shape: dict[str, Any] = {"type": "cross" if leverage.is_cross else "isolated", "value": leverage.value}
    if not leverage.is_cross:
        own_margin = own.margin_used - own.position.szi * mark_px if own is not None else ZERO
        shape["rawUsd"] = number(_usd(own_margin))
    return {
        "user": account.address,
        "coin": market.coin,
        "leverage": shape,
        "maxTradeSzs": [
            number((usd * leverage.value / mark_px).quantize(lot, ROUND_DOWN) if mark_px else ZERO) for usd in available
        ],
        "availableToTrade": [number(usd) for usd in available],
        "markPx": number(mark_px),
    }


def spot_state(state: State, account: Account, number: NumberForm) -> dict[str, Any]:
    """Balances of every token that the account has."""
    shape: dict[str, Any] = {
        "balances": [
            {
                "coin": state.markets.token_by_index[token].name,
                "token": token,
                "total": number(account.balance(token)),
                "hold": number(held(state, account, token)),
                "entryNtl": number(rounded(account.spot_entry_ntl.get(token, ZERO))),
            }
            for token, total in account.spot.items()
            if total
        ]
    }
    if account.abstraction == "portfolioMargin":
        shape["portfolioMarginEnabled"] = True
    return shape


def _usd(amount: Decimal) -> Decimal:
    return rounded(amount, USD_DECIMALS)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
