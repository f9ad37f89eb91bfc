"""Premiums: how far a coin's book stands from its oracle price, over the hour. Source: Hyperliquid docs, Funding.

The premium of a coin is sampled every 5 seconds, at times that 5 s divide; the first sample of an hour is at its start.
Rule 1: between two changes of its book or oracle price a coin's premium stands still, so a sample is only taken after a
change (entry `premium` of the agenda); those in between are reckoned. Rule 2: what a change did before the next sample
is not seen.
"""

from decimal import Decimal
from functools import cache
from typing import Final

from hlmock.exchange.agenda import next_full
from hlmock.exchange.book import NO_QUOTE, Book
from hlmock.exchange.markets import load_markets
from hlmock.exchange.model.funding import Premium
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.terms import HOUR_MS, ZERO, Side
from hlmock.exchange.state import State

SAMPLE_MS: Final = 5_000
SAMPLES: Final = HOUR_MS // SAMPLE_MS
"""In an hour."""

LARGE_IMPACT: Final = frozenset({"BTC", "ETH"})
LARGE_IMPACT_NTL, IMPACT_NTL = Decimal(20_000), Decimal(6_000)
"""USD that an impact price is measured with."""

DECIMALS: Final = 10
"""Source: recorded contexts."""


def impact_pxs(book: Book) -> tuple[Decimal, Decimal] | None:
    """Average prices at which the impact notional sells and buys; `None` where a side is too thin for it."""
    ntl = LARGE_IMPACT_NTL if book.coin in LARGE_IMPACT else IMPACT_NTL
    bid, ask = _impact_px(book, "B", ntl), _impact_px(book, "A", ntl)
    return None if bid is None or ask is None else (bid, ask)


def _impact_px(book: Book, side: Side, ntl: Decimal) -> Decimal | None:
    taken_ntl = taken_sz = ZERO
    for level in book.levels(side):
        level_ntl = level.px * level.sz
        if taken_ntl + level_ntl >= ntl:
            taken_sz += (ntl - taken_ntl) / level.px
            return round(ntl / taken_sz, book.market.px_decimals)
        taken_ntl += level_ntl
        taken_sz += level.sz
    return None


def premium_of(market: Market, oracle_px: Decimal, impact: tuple[Decimal, Decimal] | None) -> Decimal:
    """Part of the oracle price by which the book stands above or below it; 0 without impact prices (our choice)."""
    if impact is None or not oracle_px:
        return ZERO
    bid, ask = impact
    if market.dex:
        return round((bid + ask) / (2 * oracle_px) - 1, DECIMALS)
    above, below = max(bid - oracle_px, ZERO), max(oracle_px - ask, ZERO)
    return round((above - below) / oracle_px, DECIMALS)


def touch(state: State, coin: str, time_ms: int) -> None:
    """The book or the oracle price of a coin has changed: look at its premium at the next sample."""
    if not state.touched:
        state.agenda.add(next_full(time_ms, SAMPLE_MS), "premium")
    state.touched[coin] = None


def sample(state: State, time_ms: int) -> None:
    """Look at the premiums that may have changed."""
    now = time_ms // SAMPLE_MS
    for coin in state.touched:
        market = state.markets.by_coin[coin]
        if market.is_spot:
            continue
        seen = state.premiums.get(coin)
        if seen is None:
            seen = state.premiums[coin] = Premium(at_start(state.profile.universe, coin), now - now % SAMPLES)
        seen.total += (now - seen.since) * seen.value
        book = state.book(coin)
        seen.since, seen.value = now, premium_of(market, book.oracle_px, impact_pxs(book))
    state.touched.clear()


@cache
def at_start(universe: str, coin: str) -> Decimal:
    """The premium of a book that nobody has touched yet."""
    markets = load_markets(universe)
    market = markets.by_coin[coin]
    return premium_of(market, market.oracle_px, impact_pxs(Book(market, markets.quotes.get(coin, NO_QUOTE))))


def mean_premium(state: State, market: Market, *, end: int | None = None) -> Decimal:
    """Of the hour so far, the sample of now included.

    Args:
        end: number of the first sample of the next hour, when the hour is over.
    """
    now = state.now_ms // SAMPLE_MS
    first = now - now % SAMPLES if end is None else end - SAMPLES
    seen = state.premiums.get(market.coin)
    if seen is not None:
        return round(seen.mean(first, now + 1 if end is None else end), DECIMALS)
    return at_start(state.profile.universe, market.coin)
