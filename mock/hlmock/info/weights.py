"""What a request weighs against the limit of 1,200 per minute and IP address.

Source: Hyperliquid docs, Rate limits and user limits.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

USUAL: Final = 20

_LIGHT: Final = 2
_HEAVY: Final = 60
_FEW_ROWS: Final = 20
_MANY_ROWS: Final = 60

WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "l2Book",
                "allMids",
                "clearinghouseState",
                "orderStatus",
                "spotClearinghouseState",
                "exchangeStatus",
            ),
            _LIGHT,
        ),
        "userRole": _HEAVY,
    }
)
"""By request type; every other one has the `USUAL` weight."""

ROWS_PER_WEIGHT: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "recentTrades",
                "historicalOrders",
                "userFills",
                "userFillsByTime",
                "fundingHistory",
                "userFunding",
                "twapHistory",
                "userTwapSliceFills",
                "userTwapSliceFillsByTime",
                "delegatorHistory",
                "delegatorRewards",
            ),
            _FEW_ROWS,
        ),
        "candleSnapshot": _MANY_ROWS,
    }
)
"""So many rows in an answer weigh one more."""


def weight_of(type_: str, rows: int) -> int:
    """Of an answered request. A part of so many rows weighs nothing (our choice).

    Args:
        rows: of the answer; 0 where it is no list.
    """
    more = rows // ROWS_PER_WEIGHT[type_] if type_ in ROWS_PER_WEIGHT else 0
    return WEIGHTS.get(type_, USUAL) + more
