"""The first data frame after an acknowledgement.

Feeds of events begin with recent events, marked `isSnapshot` (first key); feeds of whole states with the state;
`orderUpdates`, `userEvents` and `notification` with nothing. Source: recorded frames; Hyperliquid docs, WebSocket.
"""

from itertools import islice
from typing import Final

from hlmock.delivery.explorer import NOTHING
from hlmock.delivery.fast_ctxs import fast_ctxs, packed
from hlmock.delivery.feed_memory import FeedMemory, touch_of
from hlmock.delivery.feeds import bbo_frame, frame
from hlmock.delivery.keys import SubscriptionKey
from hlmock.delivery.states import MARKET_STATES, USER_STATES
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, number_form
from hlmock.shapes.accounts import account_at, funding_shape, ledger_shape
from hlmock.shapes.books import BadAggregation, check_aggregation
from hlmock.shapes.candles import candle_shape
from hlmock.shapes.fills import aggregated, fill_shapes
from hlmock.shapes.orders import history_row, newest_first
from hlmock.shapes.trades import RECENT_TRADES, trade
from hlmock.shapes.twaps import slice_fills, twap_history_row

WITHOUT_SNAPSHOT: Final = frozenset({"orderUpdates", "userEvents", "notification"})
"""Types that begin with nothing."""


def is_known_subject(key: SubscriptionKey, exchange: State) -> bool:
    """Whether the exchange has what the key is about: its coin, of the right kind, its dex, its aggregation."""
    if key.dex and exchange.markets.dex(key.dex) is None:
        return False
    if key.coin is not None:
        market = exchange.markets.by_coin.get(key.coin)
        if market is None:
            return False
        if key.type in ("activeAssetData", "activeSpotAssetCtx"):
            return market.is_spot is (key.type == "activeSpotAssetCtx")
    if key.type == "l2Book":
        try:
            check_aggregation(key.n_sig_figs, key.mantissa)
        except BadAggregation:
            return False
    return True


def snapshot_of(key: SubscriptionKey, exchange: State, now_ms: int, memory: FeedMemory) -> bytes | None:
    """The first data frame; `None` where a feed has none.

    Args:
        key: of a known subject (`is_known_subject`).
        memory: what the feeds remember; changed here.
    """
    if key.type in WITHOUT_SNAPSHOT:
        return None
    number = number_form(exchange.profile)
    state = MARKET_STATES.get(key.type) or USER_STATES.get(key.type)
    if state is not None:
        return frame(key.channel, state(key, exchange, now_ms, number))
    if key.user is not None:
        rows = _recent_events(key, account_at(exchange, key.user), memory.settings.snapshot_rows, number)
        return None if rows is None else frame(key.channel, {"isSnapshot": True, "user": key.user, **rows})
    if key.coin is not None:
        return _market_snapshot(key, key.coin, exchange, now_ms, memory, number)
    match key.type:
        case "fastAssetCtxs":
            ctxs = fast_ctxs(exchange, number)
            if memory.fast_ctxs is None:
                memory.fast_ctxs = ctxs
            return frame(key.channel, packed(ctxs))
        case "explorerBlock" | "explorerTxs":
            return None if memory.settings.explorer else NOTHING
        case _:
            return None


def _recent_events(key: SubscriptionKey, account: Account, most: int, number: NumberForm) -> dict[str, object] | None:
    match key.type:
        case "userFills":
            fills = aggregated(account.fills) if key.aggregate_by_time else account.fills
            return {"fills": fill_shapes(islice(reversed(fills), most), number)}
        case "userFundings":
            payments = islice(reversed(account.fundings), most)
            return {"fundings": [funding_shape(payment, number) for payment in payments]}
        case "userNonFundingLedgerUpdates":
            return {"nonFundingLedgerUpdates": [ledger_shape(update) for update in account.ledger]}
        case "userHistoricalOrders":
            rows = newest_first(account.history, most)
            return {"orderHistory": [history_row(row, number) for row in rows]}
        case "userTwapSliceFills":
            return {"twapSliceFills": slice_fills(account.fills, number)[: -most - 1 : -1]}
        case "userTwapHistory":
            return {"history": [twap_history_row(row, number) for row in account.twap_history[: -most - 1 : -1]]}
        case _:
            return None


def _market_snapshot(
    key: SubscriptionKey, coin: str, exchange: State, now_ms: int, memory: FeedMemory, number: NumberForm
) -> bytes | None:
    book = exchange.book(coin)
    match key.type:
        case "bbo":
            touch = touch_of(book)
            memory.sees_new_touch(coin, touch)
            return bbo_frame(coin, now_ms, touch, exchange, number)[1]
        case "trades":
            # Without a marker, and not sent where there is none. Source: recorded frames.
            recent = list(book.trades)[-RECENT_TRADES:]
            return frame("trades", [trade(each, number) for each in recent]) if recent else None
        case "candle":
            interval = key.interval or ""
            candle = book.candles.between(interval, now_ms, now_ms, now_ms=now_ms, mark_px=book.mark_px)[0]
            return frame("candle", candle_shape(candle, coin, interval, number))
        case _:
            return None
