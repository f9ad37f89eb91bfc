"""Public trades."""

import msgspec

from hlmock.exchange.model.fills import TradePrint
from hlmock.shapes import NumberForm

RECENT_TRADES = 30
"""Trades of `recentTrades` and of the first `trades` frame. Source: recorded frames."""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """A trade in the `trades` channel and in `recentTrades`. `side` is the aggressor's.

    Source: recorded frames.
    """

    coin: str
    side: str
    px: str
    sz: str
    time: int
    hash: str
    tid: int
    users: tuple[str, str]
    """Buyer, seller: not maker and taker. Source: Hyperliquid docs, WebSocket subscriptions."""


def trade(print_: TradePrint, number: NumberForm) -> Trade:
    return Trade(
        print_.coin,
        print_.side,
        number(print_.px),
        number(print_.sz),
        print_.time_ms,
        print_.hash,
        print_.tid,
        (print_.buyer, print_.seller),
    )
