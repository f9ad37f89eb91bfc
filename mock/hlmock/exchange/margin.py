"""Initial and maintenance margin. Source: Hyperliquid docs, Margining, Margin tiers, Liquidations.

An order is checked when it is placed and again when it trades while resting. Resting orders reserve no margin (our
choice), so the second check matters.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from hlmock.exchange.model import ZERO, Account, MarginTier, Market, Position
from hlmock.exchange.state import State


def unrealized_pnl(state: State, account: Account) -> Decimal:
    """Of the cross positions, at mark prices."""
    total = ZERO
    for position in account.positions.values():
        if position.isolated_margin is None:
            total += position.pnl_at(state.book(position.coin).mark_px)
    return total


def margin_used(state: State, account: Account, *, without: int | None = None) -> Decimal:
    """Initial margin of the cross positions at mark prices, except of the asset `without`."""
    total = ZERO
    for asset, position in account.positions.items():
        if position.isolated_margin is None and asset != without:
            leverage = state.leverage(account, state.markets.by_asset[asset])
            total += abs(position.szi) * state.book(position.coin).mark_px / leverage.value
    return total


def account_value(state: State, account: Account) -> Decimal:
    """Cross account value: collateral and unrealised PnL of the cross positions."""
    return account.usdc + unrealized_pnl(state, account) if account.positions else account.usdc


def can_afford(state: State, account: Account, market: Market, *, is_buy: bool, sz: Decimal, px: Decimal) -> bool:
    """Whether the account has the initial margin for this much more of a perp. Reducing is always affordable."""
    position = account.positions.get(market.asset)
    leverage = state.leverage(account, market)
    if position is None:
        opened, kept = sz, ZERO
    elif (position.szi > 0) is is_buy:
        opened, kept = sz, abs(position.szi)
    else:
        opened, kept = sz - abs(position.szi), ZERO
        if opened <= 0:
            return True
    if not account.positions:
        return opened * px <= account.usdc * leverage.value
    free = account_value(state, account) - margin_used(state, account, without=market.asset)
    needed = opened * px
    if kept and leverage.is_cross:
        needed += kept * state.book(market.coin).mark_px
    return needed <= free * leverage.value


def exceeds_margin_tier(state: State, account: Account, market: Market, *, is_buy: bool, ntl: Decimal) -> bool:
    """Whether the position would become too large for the leverage that the account has chosen."""
    tiers = state.markets.margin_tiers(market)
    if len(tiers) == 1 or (ntl <= tiers[1].lower_bound and market.asset not in account.positions):
        return False
    position = account.positions.get(market.asset)
    if position is not None:
        held = position.szi * state.book(market.coin).mark_px
        ntl = abs(held + (ntl if is_buy else -ntl))
    allowed = max(
        (tier for tier in tiers if tier.lower_bound < ntl or not tier.lower_bound), key=lambda tier: tier.lower_bound
    )
    return state.leverage(account, market).value > allowed.max_leverage


def withdrawable(state: State, account: Account) -> Decimal:
    """What may leave the perp balance: the rest must cover the initial margin and a tenth of the notional.

    Isolated positions count for neither. Source: recorded `clearinghouseState` answer.
    """
    if not account.positions:
        return max(ZERO, account.usdc)
    cross = (position for position in account.positions.values() if position.isolated_margin is None)
    ntl = sum((abs(position.szi) * state.mark_px(position.coin) for position in cross), ZERO)
    locked = max(margin_used(state, account), ntl / 10)
    return max(ZERO, account_value(state, account) - locked)


def maintenance_margin(tiers: Sequence[MarginTier], ntl: Decimal) -> tuple[Decimal, Decimal]:
    """Margin below which a position of this notional is liquidated, and its rate on the next USD of notional.

    Half the initial margin at maximum leverage; a deduction keeps it continuous between tiers.
    """
    rate = deduction = ZERO
    for tier in tiers:
        if rate and tier.lower_bound >= ntl:
            break
        tier_rate = Decimal(1) / (2 * tier.max_leverage)
        if rate:
            deduction += tier.lower_bound * (tier_rate - rate)
        rate = tier_rate
    return ntl * rate - deduction, rate


class Pool(NamedTuple):
    """Positions that stand in for each other: all cross ones of an account, or a single isolated one. USD."""

    positions: tuple[Position, ...]
    equity: Decimal
    maintenance: Decimal

    @property
    def is_cross(self) -> bool:
        return self.positions[0].isolated_margin is None

    @property
    def is_short(self) -> bool:
        """Below its maintenance margin."""
        return self.equity < self.maintenance


def pools(state: State, account: Account) -> Iterator[Pool]:
    """The cross positions first, then each isolated one; none is empty."""
    cross: list[Position] = []
    for position in account.positions.values():
        if position.isolated_margin is None:
            cross.append(position)
    if cross:
        equity, maintenance = account.usdc, ZERO
        for position in cross:
            pnl, needed = _standing(state, position)
            equity += pnl
            maintenance += needed
        yield Pool(tuple(cross), equity, maintenance)
    for position in list(account.positions.values()):
        if position.isolated_margin is not None:
            pnl, needed = _standing(state, position)
            yield Pool((position,), position.isolated_margin + pnl, needed)


def _standing(state: State, position: Position) -> tuple[Decimal, Decimal]:
    """Unrealised PnL and maintenance margin."""
    mark_px = state.mark_px(position.coin)
    tiers = state.markets.margin_tiers(state.markets.by_asset[position.asset])
    return position.pnl_at(mark_px), maintenance_margin(tiers, abs(position.szi) * mark_px)[0]
