"""The terms in which everything else here is written: ids, sides, the zero amount, spans of time."""

from decimal import Decimal
from typing import Final, Literal, NewType

Oid = NewType("Oid", int)
"""Order id, strictly increasing over the whole exchange; never goes back, also not over a restore."""

Tid = NewType("Tid", int)
"""Trade id; both sides of one execution share it."""

Commit = NewType("Commit", int)
"""Number of a block of changes, from 1; never goes back."""

Side = Literal["B", "A"]
"""`B` is bid (buy), `A` is ask (sell). Source: Hyperliquid docs, Info endpoint."""

Tif = Literal["Gtc", "Ioc", "Alo", "FrontendMarket", "LiquidationMarket"]

ZERO = Decimal(0)

USDC = 0
"""Token index."""

USD_DECIMALS: Final = 6
MICRO_USD: Final = Decimal("0.000001")
"""What amounts in USDC are counted in, also those that actions carry as whole numbers. Source: recorded answers."""

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
