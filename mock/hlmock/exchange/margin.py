"""Initial and maintenance margin. Source: Hyperliquid docs, Margining, Margin tiers, Liquidations.

An order is checked when it is placed and again when it trades while resting. Resting orders reserve no margin (our
choice), so the second check matters.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import MarginTier, Market
from hlmock.exchange.model.positions import Position
from hlmock.exchange.model.terms import MICRO_USD, USDC, ZERO, Side
from hlmock.exchange.state import State


def initial_margin(state: State, account: Account, position: Position) -> Decimal:
    """Of a cross position, at the mark price."""
    leverage = account.leverage_in(state.markets.by_asset[position.asset])
    return abs(position.szi) * state.book(position.coin).mark_px / leverage.value


def cross_positions(account: Account, dex: str = "") -> Iterator[Position]:
    """The cross positions that draw on the collateral of a dex: those of all dexes, unless these are apart."""
    is_apart = account.dexes_are_apart
    for position in account.positions.values():
        if position.isolated_margin is None and not (is_apart and position.dex != dex):
            yield position


def account_value(state: State, account: Account, dex: str = "") -> Decimal:
    """Cross account value: collateral and unrealised PnL of the cross positions that draw on it."""
    value = account.collateral(dex)
    if account.positions:
        for position in cross_positions(account, dex):
            value += position.pnl_at(state.book(position.coin).mark_px)
    return value


def held(state: State, account: Account, token: int) -> Decimal:
    """What the account has of a token and cannot spend: what its open spot orders hold.

    Of a unified account's USDC also the margin of its positions (Hyperliquid docs, Account abstraction modes).
    """
    total = ZERO
    if token == USDC and account.is_unified:
        for position in account.positions.values():
            if position.isolated_margin is None:
                total += initial_margin(state, account, position)
    return total + held_by_orders(state, account, token)


def held_by_orders(state: State, account: Account, token: int) -> Decimal:
    """What the account's open spot orders hold of a token: quote for a buy, base for a sell."""
    total = ZERO
    for order in account.open_orders.values():
        market = state.markets.by_asset[order.asset]
        if not market.is_spot:
            continue
        if order.side == "B" and market.quote_token == token:
            total += order.limit_px * order.sz
        elif order.side == "A" and market.base_token == token:
            total += order.sz
    return total


def spot_free(state: State, account: Account, token: int) -> Decimal:
    """Spot balance that can be spent. Of a unified account's USDC no more than its positions leave."""
    free = account.balance(token) - held(state, account, token)
    return min(free, withdrawable(state, account)) if token == USDC and account.is_unified else free


def _unpromised(state: State, account: Account, value: Decimal) -> Decimal:
    """What spot orders leave of it: those of a unified account hold the balance that its perps draw on."""
    return value - held_by_orders(state, account, USDC) if account.is_unified else value


def free_margin(state: State, account: Account, market: Market) -> Decimal:
    """What is left of the account value for a position in this market, beside all other cross positions."""
    free = _unpromised(state, account, account_value(state, account, market.dex))
    for position in cross_positions(account, market.dex):
        if position.asset != market.asset:
            free -= initial_margin(state, account, position)
    return free


def can_afford(state: State, account: Account, market: Market, side: Side, sz: Decimal, px: Decimal) -> bool:
    """Whether the account has the initial margin for this much more of a perp. Reducing is always affordable."""
    position = account.positions.get(market.asset)
    leverage = account.leverage_in(market)
    if position is None:
        opened, kept = sz, ZERO
    elif (position.szi > 0) is (side == "B"):
        opened, kept = sz, abs(position.szi)
    else:
        opened, kept = sz - abs(position.szi), ZERO
        if opened <= 0:
            return True
    if not account.positions:
        return opened * px <= _unpromised(state, account, account.collateral(market.dex)) * leverage.value
    free = free_margin(state, account, market)
    if position is not None and position.isolated_margin is not None and not kept:
        free += position.isolated_margin + position.pnl_at(px)  # what turning the position around sets free
    needed = opened * px
    if kept and leverage.is_cross:
        needed += kept * state.book(market.coin).mark_px
    return needed <= free * leverage.value


def exceeds_margin_tier(state: State, account: Account, market: Market, side: Side, ntl: Decimal) -> bool:
    """Whether the position would become too large for the leverage that the account has chosen."""
    tiers = state.markets.margin_tiers(market)
    if len(tiers) == 1:
        return False
    position = account.positions.get(market.asset)
    if position is not None:
        held = position.szi * state.book(market.coin).mark_px
        ntl = abs(held + (ntl if side == "B" else -ntl))
    if ntl <= tiers[1].lower_bound:
        return False
    return account.leverage_in(market).value > largest_leverage(tiers, ntl)


def largest_leverage(tiers: Sequence[MarginTier], ntl: Decimal) -> int:
    """That a position of this notional may have."""
    return next(tier for tier in reversed(tiers) if tier.lower_bound < ntl or not tier.lower_bound).max_leverage


def withdrawable(state: State, account: Account, dex: str = "") -> Decimal:
    """What may leave the perp balance of a dex: the rest must cover the initial margin and a tenth of the notional.

    Isolated positions count for neither. Source: recorded `clearinghouseState` answer. Rounded down to a millionth.
    """
    value = _unpromised(state, account, account_value(state, account, dex))
    if account.positions:
        margin = ntl = ZERO
        for position in cross_positions(account, dex):
            margin += initial_margin(state, account, position)
            ntl += abs(position.szi) * state.mark_px(position.coin)
        value -= max(margin, ntl / 10)
    return max(ZERO, value).quantize(MICRO_USD, ROUND_DOWN)


class Bracket(NamedTuple):
    """A margin tier as maintenance margin: notional * rate - deduction."""

    lower_bound: Decimal
    rate: Decimal
    """Half the initial margin at the tier's maximum leverage."""
    deduction: Decimal
    """Keeps the margin continuous between tiers."""


def brackets(tiers: Sequence[MarginTier]) -> list[Bracket]:
    """By ascending lower bound; the first starts at 0."""
    found: list[Bracket] = []
    for tier in tiers:
        rate = Decimal(1) / (2 * tier.max_leverage)
        before = found[-1] if found else Bracket(ZERO, rate, ZERO)
        found.append(Bracket(tier.lower_bound, rate, before.deduction + tier.lower_bound * (rate - before.rate)))
    return found


def maintenance_margin(tiers: Sequence[MarginTier], ntl: Decimal) -> Decimal:
    """Margin below which a position of this notional is liquidated."""
    if len(tiers) == 1:
        return ntl / (2 * tiers[0].max_leverage)
    bracket = next(each for each in reversed(brackets(tiers)) if each.lower_bound < ntl or not each.lower_bound)
    return ntl * bracket.rate - bracket.deduction


def liquidation_px(tiers: Sequence[MarginTier], szi: Decimal, mark_px: Decimal, equity: Decimal) -> Decimal | None:
    """Mark price at which a position is liquidated, by the tier that it is in there; `None` where no price does it.

    Args:
        equity: at the mark price of now, less the maintenance margin of the positions that share it, USD.
    """
    sz = abs(szi)
    rows = brackets(tiers)
    for bracket, upper in zip(rows, [*(row.lower_bound for row in rows[1:]), None], strict=True):
        px = (szi * mark_px - equity - bracket.deduction) / (szi - sz * bracket.rate)
        if px > 0 and bracket.lower_bound <= sz * px and (upper is None or sz * px <= upper):
            return px
    return None


class Pool(NamedTuple):
    """Positions that stand in for each other: all cross ones of an account, or a single isolated one. USD."""

    positions: tuple[Position, ...]
    equity: Decimal
    maintenance: Decimal

    @property
    def is_cross(self) -> bool:
        """Of the cross positions, not of an isolated one."""
        return self.positions[0].isolated_margin is None

    @property
    def is_short(self) -> bool:
        """Below its maintenance margin."""
        return self.equity < self.maintenance


def pools(state: State, account: Account) -> Iterator[Pool]:
    """The cross positions first, together or by dex where these are apart, then each isolated one; none is empty."""
    cross: dict[str, list[Position]] = {}
    is_apart = account.dexes_are_apart
    for position in account.positions.values():
        if position.isolated_margin is None:
            cross.setdefault(position.dex if is_apart else "", []).append(position)
    for dex, positions in cross.items():
        equity, maintenance = account.collateral(dex), ZERO
        for position in positions:
            pnl, needed = _standing(state, position)
            equity += pnl
            maintenance += needed
        yield Pool(tuple(positions), equity, maintenance)
    for position in list(account.positions.values()):
        if position.isolated_margin is not None:
            pnl, needed = _standing(state, position)
            yield Pool((position,), position.isolated_margin + pnl, needed)


def _standing(state: State, position: Position) -> tuple[Decimal, Decimal]:
    """Unrealised PnL and maintenance margin."""
    mark_px = state.mark_px(position.coin)
    tiers = state.markets.margin_tiers(state.markets.by_asset[position.asset])
    return position.pnl_at(mark_px), maintenance_margin(tiers, abs(position.szi) * mark_px)
