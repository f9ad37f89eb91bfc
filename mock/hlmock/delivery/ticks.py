"""Feeds on a clock: what one tick publishes.

One tick is one block; feeds of one interval share a clock and publish in one burst (recorded). An unchanged state is
sent again (recorded of `l2Book`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

from hlmock.delivery.fast_ctxs import changed_since, fast_ctxs, packed
from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.feeds import Draft, SubscribedKeys, frame
from hlmock.delivery.keys import SubscriptionKey
from hlmock.delivery.settings import FeedSettings
from hlmock.delivery.states import MARKET_STATES, USER_STATES
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, number_form
from hlmock.shapes.accounts import account_at
from hlmock.shapes.candles import candle_shape
from hlmock.shapes.web_data import market_part, web_data2
from hlmock.wire.addresses import ZERO_ADDRESS


def tick_drafts(exchange: State, subscribed: SubscribedKeys, memory: FeedMemory, now_ms: int) -> list[Draft]:
    """The messages of the clocked feeds that are due and that somebody is subscribed to.

    Args:
        memory: when each feed was last due, and how often it is; changed here.
    """
    number = number_form(exchange.profile)
    settings = memory.settings
    due = [ms for ms in intervals(settings) if memory.is_due(ms, now_ms)]
    drafts: list[Draft] = []
    for type_ in CLOCKED:
        keys = [key for key in subscribed.keys(type_) if interval_of(key, settings) in due]
        if type_ == "fastAssetCtxs":
            if settings.fast_ctxs_ms in due:
                drafts += _fast_ctxs(keys, exchange, memory, number)
            continue
        if type_ == "webData2":
            drafts += _web_data2(keys, exchange, now_ms, number)
            continue
        if type_ == "candle":
            if settings.candle_ms in due:
                drafts += _candles(keys, exchange, memory, now_ms, number)
            continue
        is_market = type_ in MARKET_STATES
        build = MARKET_STATES[type_] if is_market else USER_STATES[type_]
        for key in keys:
            payload = frame(key.channel, build(key, exchange, now_ms, number))
            drafts.append(Draft(key, key.channel, payload, key.user, coin=key.coin, supersedable=is_market))
    for interval_ms in due:
        memory.done(interval_ms, now_ms)
    return drafts


CLOCKED: Final = (
    *("l2Book", "candle", "allMids", "activeAssetCtx", "activeSpotAssetCtx", "fastAssetCtxs"),
    *("assetCtxs", "spotAssetCtxs", "allDexsAssetCtxs"),
    *USER_STATES,
)
"""The types that a clock repeats, in the order in which one tick publishes them (our choice)."""


def interval_of(key: SubscriptionKey, settings: FeedSettings) -> int | None:
    """Interval of a clocked feed, ms; `None` where it is turned off."""
    match key.type:
        case "l2Book":
            return settings.l2_book_fast_ms if key.fast else settings.l2_book_ms
        case "candle":
            return settings.candle_ms
        case "allMids":
            return settings.all_mids_ms
        case "activeAssetCtx" | "activeSpotAssetCtx":
            return settings.asset_ctx_ms
        case "fastAssetCtxs":
            return settings.fast_ctxs_ms
        case "assetCtxs" | "spotAssetCtxs":
            return settings.all_ctxs_ms
        case "allDexsAssetCtxs":
            return settings.all_dexs_ctxs_ms
        case "webData2":
            return settings.web_data2_ms
        case _:
            return settings.user_state_ms


def intervals(settings: FeedSettings) -> list[int]:
    """The different intervals, ms, shortest first."""
    all_ms = {getattr(settings, each.name) for each in fields(settings) if each.name.endswith("_ms")}
    return sorted(all_ms - {None})


def next_tick_ms(subscribed: SubscribedKeys, memory: FeedMemory, now_ms: int) -> int | None:
    """When the next clocked feed that somebody is subscribed to publishes; `None` where nobody is."""
    followed = {interval_of(key, memory.settings) for type_ in CLOCKED for key in subscribed.keys(type_)}
    return min((memory.next_ms(each, now_ms) for each in followed if each is not None), default=None)


def _candles(
    keys: Sequence[SubscriptionKey], exchange: State, memory: FeedMemory, now_ms: int, number: NumberForm
) -> Iterator[Draft]:
    """Every candle that traded since the last time: also one that has closed meanwhile."""
    for key in keys:
        coin, interval = key.coin or "", key.interval or ""
        since_ms = memory.traded.get(coin)
        if since_ms is None:
            continue
        book = exchange.book(coin)
        for candle in book.candles.between(interval, since_ms, now_ms, now_ms=now_ms, mark_px=book.mark_px):
            if candle.n:
                shape = candle_shape(candle, coin, interval, number)
                yield Draft(key, key.channel, frame(key.channel, shape), coin=coin)
    memory.traded.clear()


def _web_data2(keys: Sequence[SubscriptionKey], exchange: State, now_ms: int, number: NumberForm) -> Iterator[Draft]:
    """Each user's own; what they have in common is made once."""
    market = market_part(exchange, number) if keys else None
    for key in keys:
        data = web_data2(exchange, account_at(exchange, key.user or ZERO_ADDRESS), now_ms, number, market)
        yield Draft(key, key.channel, frame(key.channel, data), key.user)


def _fast_ctxs(
    keys: Sequence[SubscriptionKey], exchange: State, memory: FeedMemory, number: NumberForm
) -> Iterator[Draft]:
    if not keys:
        memory.fast_ctxs = None
        return
    now = fast_ctxs(exchange, number)
    changed = changed_since(memory.fast_ctxs or {}, now)
    memory.fast_ctxs = now
    if changed:
        for key in keys:
            yield Draft(key, key.channel, frame(key.channel, packed(changed)))
