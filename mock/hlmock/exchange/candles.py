"""Candles, kept up to date trade by trade.

One-minute candles are always kept; another interval is built from them when somebody first asks
for it and kept up to date from then on. Rule: what was never asked for costs nothing per trade.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from hlmock.exchange.model.fills import TradePrint
from hlmock.exchange.model.terms import ZERO

MAX_CANDLES: Final = 5_000
"""Only the newest so many are answered. Source: Hyperliquid docs, Info endpoint (candle snapshot)."""

_MINUTE_MS: Final = 60_000
_MINUTES: Final = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "8h": 480,
    "12h": 720,
    "1d": 1_440,
    "3d": 4_320,
    "1w": 10_080,
}
"""Fixed intervals, aligned to the epoch (the alignment of `3d` and `1w` is our choice)."""

INTERVALS: Final = (*_MINUTES, "1M")
"""Source: Hyperliquid docs, WebSocket subscriptions (candle)."""


class Candle(msgspec.Struct):
    """One interval of one coin. Without a trade (`n` 0) all four prices are the close before it."""

    start_ms: int
    end_ms: int
    """Last ms that belongs to it."""
    open_px: Decimal
    close_px: Decimal
    high_px: Decimal
    low_px: Decimal
    volume: Decimal = ZERO
    n: int = 0
    """Trades."""

    def absorb(self, later: "Candle") -> None:
        """Take in a candle of a shorter interval that follows what is in here."""
        self.close_px = later.close_px
        self.high_px = max(self.high_px, later.high_px)
        self.low_px = min(self.low_px, later.low_px)
        self.volume += later.volume
        self.n += later.n

    def trade(self, px: Decimal, sz: Decimal) -> None:
        """Take in a trade that follows what is in here."""
        self.close_px = px
        if px > self.high_px:
            self.high_px = px
        elif px < self.low_px:
            self.low_px = px
        self.volume += sz
        self.n += 1


def start_of(interval: str, time_ms: int) -> int:
    """First ms of the interval that contains `time_ms`.

    Raises:
        KeyError: not one of `INTERVALS`.
    """
    if interval == "1M":
        day = datetime.fromtimestamp(time_ms // 1000, UTC)
        return _ms(day.year, day.month)
    width = _MINUTES[interval] * _MINUTE_MS
    return time_ms - time_ms % width


def end_of(interval: str, start_ms: int) -> int:
    """Last ms of the interval that starts at `start_ms`."""
    if interval == "1M":
        day = datetime.fromtimestamp(start_ms // 1000, UTC)
        return _ms(day.year + day.month // 12, day.month % 12 + 1) - 1
    return start_ms + _MINUTES[interval] * _MINUTE_MS - 1


def _ms(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000


def flat(interval: str, start_ms: int, px: Decimal) -> Candle:
    """A candle without a trade."""
    return Candle(start_ms, end_of(interval, start_ms), px, px, px, px)


class Candles:
    """The candles of one coin."""

    __slots__ = ("_by_interval",)

    def __init__(self) -> None:
        self._by_interval: dict[str, list[Candle]] = {"1m": []}
        """`1m`, and the intervals somebody asked for."""

    def add(self, trade: TradePrint) -> None:
        """Take in one trade; trades come in order of time."""
        px, sz, time_ms = trade.px, trade.sz, trade.time_ms
        for interval, candles in self._by_interval.items():
            if candles and candles[-1].start_ms <= time_ms <= candles[-1].end_ms:
                candles[-1].trade(px, sz)
            else:
                start_ms = start_of(interval, time_ms)
                candles.append(Candle(start_ms, end_of(interval, start_ms), px, px, px, px, sz, 1))

    def of(self, interval: str) -> Sequence[Candle]:
        """The candles with trades, oldest first; the last one still changes.

        Raises:
            KeyError: not one of `INTERVALS`.
        """
        known = self._by_interval.get(interval)
        if known is None:
            if interval not in INTERVALS:
                raise KeyError(interval)
            known = []
            for minute in self._by_interval["1m"]:
                _extend(interval, known, minute)
            self._by_interval[interval] = known
        return known

    def between(
        self,
        interval: str,
        start_ms: int,
        end_ms: int,
        *,
        now_ms: int,
        mark_px: Decimal,
        fills_gaps: bool = True,
    ) -> list[Candle]:
        """The candles that overlap the range, oldest first, the open one included; of the `MAX_CANDLES` newest only.

        Args:
            start_ms: the candle that contains it is included. Source: recorded answers.
            end_ms: inclusive; times after now do not exist yet.
            mark_px: price of a coin that never traded.
            fills_gaps: a quiet interval after the first trade repeats the close before it, and a coin that never
                traded has one flat candle now; else intervals without a trade are left out. What the real
                exchange does is not known.
        """
        traded = self.of(interval)
        last_ms = start_of(interval, min(end_ms, now_ms))
        if start_ms > end_of(interval, last_ms):
            return []
        if not fills_gaps:
            return [each for each in traded[-MAX_CANDLES:] if each.end_ms >= start_ms and each.start_ms <= last_ms]
        first_ms = traded[0].start_ms if traded else start_of(interval, now_ms)
        floor_ms = max(start_of(interval, start_ms), first_ms, _oldest(interval, now_ms))
        at_ms = last_ms
        index = bisect_left(traded, at_ms, key=lambda candle: candle.start_ms)
        found: list[Candle] = []
        while at_ms >= floor_ms:
            if index < len(traded) and traded[index].start_ms == at_ms:
                found.append(traded[index])
            else:
                found.append(flat(interval, at_ms, traded[index - 1].close_px if traded else mark_px))
            at_ms = start_of(interval, at_ms - 1)
            if index > 0 and traded[index - 1].start_ms == at_ms:
                index -= 1
        return found[::-1]


def _oldest(interval: str, now_ms: int) -> int:
    """First ms of the oldest candle that there still is."""
    if interval == "1M":
        return 0
    return start_of(interval, now_ms) - (MAX_CANDLES - 1) * _MINUTES[interval] * _MINUTE_MS


def _extend(interval: str, candles: list[Candle], later: Candle) -> None:
    start_ms = start_of(interval, later.start_ms)
    if candles and candles[-1].start_ms == start_ms:
        candles[-1].absorb(later)
        return
    candles.append(
        Candle(
            start_ms,
            end_of(interval, start_ms),
            later.open_px,
            later.close_px,
            later.high_px,
            later.low_px,
            later.volume,
            later.n,
        )
    )
