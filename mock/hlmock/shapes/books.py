"""Order books: levels, aggregation into price buckets, best bid and offer."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import islice

import msgspec
from msgspec import UNSET, UnsetType

from hlmock.exchange.book import Level
from hlmock.shapes import NumberForm

LEVELS = 20
"""Levels a side. Source: Hyperliquid docs, Info endpoint (L2 book snapshot)."""

FAST_LEVELS = 5
"""Levels a side of a `fast` subscription. Source: recorded frames."""


class LevelShape(msgspec.Struct, frozen=True, gc=False):
    px: str
    sz: str
    n: int


class L2Book(msgspec.Struct, frozen=True, gc=False):
    """The whole book, never a difference. Source: recorded frames; where `spread` and `fast` stand is our choice."""

    coin: str
    time: int
    levels: tuple[list[LevelShape], list[LevelShape]]
    """Bids from the highest, asks from the lowest."""
    spread: str | UnsetType = UNSET
    """Best ask minus best bid, only where `nSigFigs` was asked for and both sides have a level."""
    fast: bool | UnsetType = UNSET
    """True, only where `fast` was asked for."""


class Bbo(msgspec.Struct, frozen=True, gc=False):
    coin: str
    time: int
    bbo: tuple[LevelShape | None, LevelShape | None]
    """Best bid and best ask; `null` where a side is empty."""


class BadAggregation(ValueError):
    """The exchange has no book for this `nSigFigs` and `mantissa`; answered with HTTP 500 and `null`."""


def check_aggregation(n_sig_figs: int | None, mantissa: int | None) -> None:
    """Raise on a combination that the exchange refuses.

    Source: Hyperliquid docs, Info endpoint; recorded refusals (`mantissa` 1 fails although the docs list it).

    Raises:
        BadAggregation: not 2 to 5 significant figures, or a mantissa other than 2 or 5, or one without 5 figures.
    """
    if n_sig_figs is not None and not 2 <= n_sig_figs <= 5:
        raise BadAggregation(f"nSigFigs cannot be {n_sig_figs}")
    if mantissa is not None and (n_sig_figs != 5 or mantissa not in (2, 5)):
        raise BadAggregation(f"mantissa cannot be {mantissa} with nSigFigs {n_sig_figs}")


def l2_book(
    coin: str,
    time_ms: int,
    bids: Iterable[Level],
    asks: Iterable[Level],
    number: NumberForm,
    *,
    n_sig_figs: int | None = None,
    mantissa: int | None = None,
    fast: bool = False,
) -> L2Book:
    """The book as `l2Book` shows it.

    Args:
        bids: every bid level, highest first.
        asks: every ask level, lowest first.

    Raises:
        BadAggregation: as `check_aggregation`.
    """
    check_aggregation(n_sig_figs, mantissa)
    spread: str | UnsetType = UNSET
    if n_sig_figs is not None:
        bids, asks = list(bids), list(asks)
        if bids and asks:
            spread = number(asks[0].px - bids[0].px)
        bids = _in_buckets(bids, n_sig_figs, mantissa or 1, ROUND_FLOOR)
        asks = _in_buckets(asks, n_sig_figs, mantissa or 1, ROUND_CEILING)
    depth = FAST_LEVELS if fast else LEVELS
    return L2Book(
        coin,
        time_ms,
        (_level_shapes(bids, depth, number), _level_shapes(asks, depth, number)),
        spread,
        True if fast else UNSET,
    )


def bbo(coin: str, time_ms: int, bid: Level | None, ask: Level | None, number: NumberForm) -> Bbo:
    return Bbo(
        coin,
        time_ms,
        (
            None if bid is None else _level_shape(bid, number),
            None if ask is None else _level_shape(ask, number),
        ),
    )


def _level_shape(level: Level, number: NumberForm) -> LevelShape:
    return LevelShape(number(level.px), number(level.sz), level.n)


def _level_shapes(levels: Iterable[Level], depth: int, number: NumberForm) -> list[LevelShape]:
    return [_level_shape(level, number) for level in islice(levels, depth)]


def _in_buckets(levels: Iterable[Level], n_sig_figs: int, mantissa: int, rounding: str) -> list[Level]:
    """Sum sizes and counts per bucket of `mantissa` units of the last significant figure.

    Source: recorded books (bucket widths); that bids go down and asks up is our choice.
    """
    buckets: dict[Decimal, Level] = {}
    for level in levels:
        width = Decimal(mantissa).scaleb(level.px.adjusted() - n_sig_figs + 1)
        px = (level.px / width).to_integral_value(rounding) * width
        known = buckets.get(px)
        buckets[px] = (
            Level(px, level.sz, level.n) if known is None else Level(px, known.sz + level.sz, known.n + level.n)
        )
    return list(buckets.values())
