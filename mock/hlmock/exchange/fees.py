"""Fees of the lowest tier. Source of all rates: Hyperliquid docs, Fees."""

from decimal import ROUND_DOWN, Decimal

from hlmock.exchange.model import ZERO, Market

PERP_TAKER, PERP_MAKER = Decimal("0.00045"), Decimal("0.00015")
SPOT_TAKER, SPOT_MAKER = Decimal("0.0007"), Decimal("0.0004")
BUILDER_DEX_FACTOR = 2
"""A builder's dex doubles the fee: half of it is the deployer's."""
GROWTH_FACTOR = Decimal("0.1")
"""Of builder perps in growth mode."""
BUILDER_UNIT = Decimal("0.00001")
"""A builder's fee is in tenths of a basis point."""
USDC_UNIT = Decimal("0.000001")
"""Perp fees are cut to this. Source: recorded fills."""


def fee_rate(market: Market, *, is_taker: bool) -> Decimal:
    """Part of the notional (spot buy: of the size)."""
    if market.is_spot:
        return SPOT_TAKER if is_taker else SPOT_MAKER
    rate = PERP_TAKER if is_taker else PERP_MAKER
    if market.dex:
        rate *= BUILDER_DEX_FACTOR
        if market.growth_mode is not None:
            rate *= GROWTH_FACTOR
    return rate


def cut(amount: Decimal, unit: Decimal) -> Decimal:
    """Round down to a multiple of a power of ten."""
    return amount.quantize(unit, ROUND_DOWN) if amount else ZERO


def builder_fee(tenths_of_bp: int, ntl: Decimal, unit: Decimal) -> Decimal:
    return cut(ntl * tenths_of_bp * BUILDER_UNIT, unit)
