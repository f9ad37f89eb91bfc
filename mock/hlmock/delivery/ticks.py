"""Feeds on a clock: what one tick publishes.

One tick is one block; feeds of one interval share a clock and publish in one burst (recorded). An unchanged state is
sent again (recorded of `l2Book`).
"""

from collections.abc import Iterator

from hlmock.delivery.fast_ctxs import changed_since, fast_ctxs, packed
from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.feeds import Draft, SubscribedKeys, frame
from hlmock.delivery.settings import FeedSettings
from hlmock.delivery.states import MARKET_STATES, USER_STATES
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, number_form


def tick_drafts(exchange: State, subscribed: SubscribedKeys, memory: FeedMemory, now_ms: int) -> list[Draft]:
    """The messages of the clocked feeds that are due and that somebody is subscribed to.

    Args:
        memory: when each feed was last due, and how often it is; changed here.
    """
    number = number_form(exchange.profile)
    drafts: list[Draft] = []
    due: set[int] = set()
    for type_, interval_ms in intervals(memory.settings).items():
        if interval_ms is None or not memory.is_due(interval_ms, now_ms):
            continue
        due.add(interval_ms)
        if type_ == "fastAssetCtxs":
            drafts += _fast_ctxs(exchange, subscribed, memory, number)
            continue
        is_market = type_ in MARKET_STATES
        build = MARKET_STATES[type_] if is_market else USER_STATES[type_]
        for key in subscribed.keys(type_):
            payload = frame(key.channel, build(key, exchange, now_ms, number))
            drafts.append(Draft(key, key.channel, payload, key.user, coin=key.coin, supersedable=is_market))
    for interval_ms in due:
        memory.done(interval_ms, now_ms)
    return drafts


def intervals(settings: FeedSettings) -> dict[str, int | None]:
    """Interval of every clocked feed, ms, in the order in which one tick publishes them."""
    return {
        "l2Book": settings.l2_book_ms,
        "allMids": settings.all_mids_ms,
        "activeAssetCtx": settings.asset_ctx_ms,
        "activeSpotAssetCtx": settings.asset_ctx_ms,
        "fastAssetCtxs": settings.fast_ctxs_ms,
        "assetCtxs": settings.all_ctxs_ms,
        "spotAssetCtxs": settings.all_ctxs_ms,
        "allDexsAssetCtxs": settings.all_ctxs_ms,
        **dict.fromkeys(USER_STATES, settings.user_state_ms),
    }


def _fast_ctxs(exchange: State, subscribed: SubscribedKeys, memory: FeedMemory, number: NumberForm) -> Iterator[Draft]:
    keys = subscribed.keys("fastAssetCtxs")
    if not keys:
        memory.fast_ctxs = None
        return
    now = fast_ctxs(exchange, number)
    changed = changed_since(memory.fast_ctxs or {}, now)
    memory.fast_ctxs = now
    if changed:
        for key in keys:
            yield Draft(key, key.channel, frame(key.channel, packed(changed)))
