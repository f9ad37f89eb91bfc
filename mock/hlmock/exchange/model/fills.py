"""Executions: each side of one as its account sees it, and the public print."""

from decimal import Decimal
from typing import Literal

import msgspec

from hlmock.exchange.model.terms import Oid, Side, Tid
from hlmock.wire.addresses import Address


class FillLiquidation(msgspec.Struct, frozen=True, gc=False):
    """What makes a fill part of a liquidation; both sides have it."""

    liquidated_user: Address
    mark_px: Decimal
    method: Literal["market", "backstop"]


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One side of one execution, as one account sees it."""

    account: Address
    coin: str
    asset: int
    px: Decimal
    sz: Decimal
    side: Side
    time_ms: int
    start_position: Decimal
    """Signed position (spot: balance) before this fill."""
    dir: str
    """`Open Long`, `Close Short`, `Long > Short`, spot `Buy`/`Sell`, ..."""
    closed_pnl: Decimal
    """Without the fee. Source: Hyperliquid docs, Entry price and pnl."""
    hash: str
    oid: Oid
    crossed: bool
    """True for the taker."""
    fee: Decimal
    """Positive is paid, negative a rebate."""
    fee_token: str
    tid: Tid
    cloid: str | None = None
    builder_fee: Decimal | None = None
    twap_id: int | None = None
    liquidation: FillLiquidation | None = None


class TradePrint(msgspec.Struct, frozen=True, gc=False):
    """A public trade. `side` is the aggressor's."""

    coin: str
    side: Side
    px: Decimal
    sz: Decimal
    time_ms: int
    hash: str
    tid: Tid
    buyer: Address
    seller: Address
