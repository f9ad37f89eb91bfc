"""Candles as the `candle` channel and `candleSnapshot` show them."""

import msgspec

from hlmock.exchange.candles import Candle
from hlmock.shapes import NumberForm


class CandleShape(msgspec.Struct, frozen=True, gc=False):
    """Key order and string prices of recorded frames (the docs print numbers)."""

    t: int
    """First ms."""
    T: int
    """Last ms."""
    s: str
    i: str
    o: str
    c: str
    h: str
    l: str  # noqa: E741 - the wire's own word
    v: str
    n: int


def candle_shape(candle: Candle, coin: str, interval: str, number: NumberForm) -> CandleShape:
    return CandleShape(
        candle.start_ms,
        candle.end_ms,
        coin,
        interval,
        number(candle.open_px),
        number(candle.close_px),
        number(candle.high_px),
        number(candle.low_px),
        number(candle.volume),
        candle.n,
    )
