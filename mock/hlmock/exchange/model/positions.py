"""Perp positions, the leverage that an account chooses for them, and the funding that they pay."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.terms import ZERO
from hlmock.wire.addresses import Address


class Position(msgspec.Struct):
    """A perp position. `szi` is signed."""

    coin: str
    asset: int
    szi: Decimal = ZERO
    cost: Decimal = ZERO
    """What `szi` was bought for, signed like it. Kept instead of the entry price, which is rounded: so no money is."""
    funding_since_open: Decimal = ZERO
    """Paid, USDC; negative was received."""
    funding_since_change: Decimal = ZERO
    """Since the last fill."""
    isolated_margin: Decimal | None = None
    """USDC set aside for this position alone, without unrealised PnL; `None` for cross margin."""

    @property
    def dex(self) -> str:
        """Builder's dex, the part of the coin's name before a colon; empty for the exchange's own perps."""
        return self.coin.rpartition(":")[0]

    @property
    def entry_px(self) -> Decimal:
        """Size-weighted on an increase, unchanged on a decrease."""
        return self.cost / self.szi

    def pnl_at(self, px: Decimal) -> Decimal:
        """Unrealised, at a price."""
        return self.szi * px - self.cost


class Leverage(msgspec.Struct, frozen=True, gc=False):
    """Chosen by an account for one coin."""

    is_cross: bool
    value: int


class FundingPayment(msgspec.Struct, frozen=True, gc=False):
    """What one position paid or received at a full hour."""

    account: Address
    time_ms: int
    coin: str
    usdc: Decimal
    """Negative was paid."""
    szi: Decimal
    funding_rate: Decimal
    n_samples: int | None
    hash: str
