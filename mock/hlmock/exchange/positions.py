"""What a fill does to its account: perp positions and spot balances.

Source of the perp rules: Hyperliquid docs, Entry price and pnl. The entry price is size-weighted on an increase and
unchanged on a decrease; closed PnL is side * (price - entry) * closed size, without the fee. Where a division leaves
more than 6 decimals of a USD, the rounding stays in the position: what an account gets and what remains add up.
"""

from decimal import Context, Decimal
from typing import NamedTuple

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.model.terms import USD_DECIMALS, ZERO, Side

_ENTRY = Context(prec=16)
"""The average cost of spot is kept to 16 digits (our choice)."""


class Effect(NamedTuple):
    """Of one fill on one account."""

    start_position: Decimal
    dir: str
    closed_pnl: Decimal


def fill_perp(account: Account, market: Market, leverage: Leverage, side: Side, px: Decimal, sz: Decimal) -> Effect:
    """Change position and collateral; the fee is the caller's."""
    position = account.positions.get(market.asset)
    if position is None:
        position = _open(account, market, leverage)
    start = position.szi
    signed = sz if side == "B" else -sz
    end = start + signed
    name = "Long" if side == "B" else "Short"
    if not start or (start > 0) is (signed > 0):
        _increase(account, position, leverage, signed, px)
        return Effect(start, f"Open {name}", ZERO)
    held_name = "Long" if start > 0 else "Short"
    if (end > 0) is (start > 0) and end:
        return Effect(start, f"Close {held_name}", _decrease(account, position, signed, px))
    pnl = _close(account, position, px)
    if not end:
        return Effect(start, f"Close {held_name}", pnl)
    _increase(account, _open(account, market, leverage), leverage, end, px)
    return Effect(start, f"{held_name} > {name}", pnl)


def _open(account: Account, market: Market, leverage: Leverage) -> Position:
    position = Position(market.coin, market.asset, isolated_margin=None if leverage.is_cross else ZERO)
    account.positions[market.asset] = position
    return position


def _increase(account: Account, position: Position, leverage: Leverage, signed: Decimal, px: Decimal) -> None:
    position.szi += signed
    position.cost += px * signed
    position.funding_since_change = ZERO
    if position.isolated_margin is not None:
        margin = round(px * abs(signed) / leverage.value, USD_DECIMALS)
        position.isolated_margin += margin
        account.add_collateral(position.dex, -margin)


def _decrease(account: Account, position: Position, signed: Decimal, px: Decimal) -> Decimal:
    """Returns the closed PnL."""
    part = -signed / position.szi
    cost = round(position.cost * part, USD_DECIMALS)
    pnl = -signed * px - cost
    account.add_collateral(position.dex, pnl)
    if position.isolated_margin is not None:
        freed = round(position.isolated_margin * part, USD_DECIMALS)
        position.isolated_margin -= freed
        account.add_collateral(position.dex, freed)
    position.szi += signed
    position.cost -= cost
    position.funding_since_change = ZERO
    return pnl


def _close(account: Account, position: Position, px: Decimal) -> Decimal:
    """Returns the closed PnL."""
    pnl = position.pnl_at(px)
    account.add_collateral(position.dex, pnl + (position.isolated_margin or ZERO))
    del account.positions[position.asset]
    return pnl


def fill_spot(account: Account, market: Market, side: Side, px: Decimal, sz: Decimal) -> Effect:
    """Exchange base for quote; the fee is the caller's. Closed PnL of a sale is against the average cost."""
    base, quote = market.base_token, market.quote_token
    start = account.spot.get(base, ZERO)
    ntl = px * sz
    cost = account.spot_entry_ntl.get(base, ZERO)
    if side == "B":
        account.spot[base] = start + sz
        account.spot[quote] = account.spot.get(quote, ZERO) - ntl
        account.spot_entry_ntl[base] = cost + ntl
        return Effect(start, "Buy", ZERO)
    sold_cost = _ENTRY.divide(cost * sz, start) if start else ZERO
    account.spot[base] = start - sz
    account.spot[quote] = account.spot.get(quote, ZERO) + ntl
    account.spot_entry_ntl[base] = cost - sold_cost
    return Effect(start, "Sell", ntl - sold_cost)
