"""What a fill does to its account: perp positions and spot balances.

Source of the perp rules: Hyperliquid docs, Entry price and pnl. The entry price is size-weighted on an increase and
unchanged on a decrease; closed PnL is side * (price - entry) * closed size, without the fee.
"""

from decimal import Context, Decimal
from typing import NamedTuple

from hlmock.exchange.model import ZERO, Account, Leverage, Market, Position, Side

_ENTRY = Context(prec=16)
"""An entry price is kept to 16 digits (our choice)."""


class Effect(NamedTuple):
    """Of one fill on one account."""

    start_position: Decimal
    dir: str
    closed_pnl: Decimal


def fill_perp(account: Account, market: Market, leverage: Leverage, side: Side, px: Decimal, sz: Decimal) -> Effect:
    """Change position and collateral; the fee is the caller's."""
    position = account.positions.get(market.asset)
    if position is None:
        position = account.positions[market.asset] = Position(
            market.coin, market.asset, isolated_margin=None if leverage.is_cross else ZERO
        )
    start = position.szi
    signed = sz if side == "B" else -sz
    end = start + signed
    name = "Long" if side == "B" else "Short"
    if not start or (start > 0) is (signed > 0):
        _increase(account, position, leverage, signed, px)
        return Effect(start, f"Open {name}", ZERO)
    held_name = "Long" if start > 0 else "Short"
    closed = min(abs(start), sz)
    pnl = (px - position.entry_px) * (closed if start > 0 else -closed)
    account.usdc += pnl
    if position.isolated_margin is not None:
        freed = position.isolated_margin * closed / abs(start)
        position.isolated_margin -= freed
        account.usdc += freed
    position.szi = start + (closed if signed > 0 else -closed)
    if not end:
        del account.positions[market.asset]
        return Effect(start, f"Close {held_name}", pnl)
    if (end > 0) is (start > 0):
        return Effect(start, f"Close {held_name}", pnl)
    _increase(account, position, leverage, end, px)
    return Effect(start, f"{held_name} > {name}", pnl)


def _increase(account: Account, position: Position, leverage: Leverage, signed: Decimal, px: Decimal) -> None:
    before, end = position.szi, position.szi + signed
    if before:
        position.entry_px = _ENTRY.divide(position.entry_px * before + px * signed, end)
    else:
        position.entry_px = px
    position.szi = end
    if position.isolated_margin is not None:
        margin = px * abs(signed) / leverage.value
        position.isolated_margin += margin
        account.usdc -= margin


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
