"""Feeds of events: from the changes of one commit to the messages that it publishes.

Rule 1: one commit is one block: everything for one key goes into one message (except where the channel's form holds
only one thing, `userEvents`). Rule 2: messages for users are made whether or not anybody is subscribed, so that the
trace can say who missed one; what repeats them (aggregated fills, userHistoricalOrders, notification, activeAssetData)
and market data are made for subscribed keys only. Rule 3: within a commit the sequence is orderUpdates, userEvents,
userFills, notification, userHistoricalOrders, userFundings, userNonFundingLedgerUpdates, those of TWAPs,
activeAssetData, trades, bbo, candle, and within a type that of the changes (our choice: no source documents one).
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar

import msgspec

from hlmock.delivery.feed_memory import FeedMemory, Touch, touch_of
from hlmock.delivery.keys import SubscriptionKey, key_of
from hlmock.delivery.states import USER_STATES
from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.model.changes import BookChanged, Change, Liquidation, NonUserCancel, OrderChange, UserStateChanged
from hlmock.exchange.model.fills import Fill, TradePrint
from hlmock.exchange.model.orders import HistoryRow, TwapRow
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.profiles import Profile
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, number_form
from hlmock.shapes.accounts import funding_shape, ledger_shape, liquidation_shape
from hlmock.shapes.books import bbo, l2_book
from hlmock.shapes.candles import candle_shape
from hlmock.shapes.fills import aggregated, fill_shapes
from hlmock.shapes.orders import history_row, order_update
from hlmock.shapes.trades import trade
from hlmock.shapes.twaps import slice_fills, twap_history_row
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import shortest

_Kind = TypeVar("_Kind", bound=Change)


class SubscribedKeys(Protocol):
    """What the feeds need of the registry."""

    @property
    def types(self) -> Set[str]:
        """The types that somebody is subscribed to now."""
        ...

    def keys(self, type: str, subject: str | None = None) -> Sequence[SubscriptionKey]:  # noqa: A002
        """Keys of a type that somebody is subscribed to now, optionally only of one user or coin."""
        ...


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A message for one key, not yet a publication."""

    key: SubscriptionKey
    channel: str
    payload: bytes
    """The whole frame: `{"channel": ..., "data": ...}`."""
    account: Address | None = None
    updates: tuple[OrderChange, ...] = ()
    """The order changes that an `orderUpdates` message carries, in its order."""
    coin: str | None = None
    supersedable: bool = False
    """Whether a newer message of the key makes it worthless: books, mids and contexts, never a user's messages."""


class _Frame(msgspec.Struct, frozen=True, gc=False):
    """The envelope of every data frame, `channel` first. Source: Hyperliquid docs, WebSocket."""

    channel: str
    data: object


_encode = msgspec.json.Encoder().encode


def frame(channel: str, data: object) -> bytes:
    """A complete data frame."""
    return _encode(_Frame(channel, data))


def publications_of(
    changes: Iterable[Change], exchange: State, subscribed: SubscribedKeys, memory: FeedMemory, now_ms: int
) -> list[Draft]:
    """The messages of one commit, in the order in which they are published.

    Args:
        changes: everything the commit changed, as the exchange returned it.
        exchange: as it stands right after the commit.
        subscribed: the keys that somebody holds.
        memory: what the feeds remember; changed here.
        now_ms: time of the commit.
    """
    number = number_form(exchange.profile)
    block: _Block = {}
    for change in changes:
        block.setdefault(type(change), []).append(change)
    updates: _Updates = {}
    for update in block.get(OrderChange, ()):
        if update.published:
            updates.setdefault(update.order.account, []).append(update)
    drafts: list[Draft] = []
    for user, changes_of_user in updates.items():
        drafts.append(_order_updates(user, changes_of_user, exchange.profile, number))
    if not _EVENTS.isdisjoint(block):
        drafts += _events_and_fills(block, subscribed, number)
        if "notification" in subscribed.types:
            drafts += _notifications(updates, block, subscribed)
    if updates and "userHistoricalOrders" in subscribed.types:
        drafts += _histories(updates, subscribed, number)
    if FundingPayment in block:
        drafts += _fundings(block, number)
    if LedgerUpdate in block:
        drafts += _ledger_updates(block)
    if exchange.twaps or TwapRow in block:
        drafts += _twaps(block, number)
    if UserStateChanged in block and "activeAssetData" in subscribed.types:
        drafts += _active_asset_data(block, exchange, subscribed, now_ms, number)
    if TradePrint in block:
        drafts += _trades(block, subscribed, number)
    if BookChanged in block and "bbo" in subscribed.types:
        drafts += _bbo(block, exchange, subscribed, memory, now_ms, number)
    if TradePrint in block:
        drafts += _candles(block, exchange, subscribed, memory, now_ms, number)
    return drafts


_Block = dict[type, list[Any]]
"""The changes of one commit by kind, each in the order of the changes. An opened account has no message of its own."""

_Updates = dict[Address, list[OrderChange]]
"""The order changes of one commit that the wire shows, by account."""

_EVENTS: Final = frozenset({Fill, NonUserCancel, FundingPayment, Liquidation})
"""What `userEvents` tells besides TWAPs."""


def _grouped(block: _Block, kind: type[_Kind], by: str) -> dict[Any, list[_Kind]]:
    """The changes of one kind by whom or what they concern.

    Args:
        by: attribute that names it, such as `account`.
    """
    subject_of = attrgetter(by)
    groups: dict[Any, list[_Kind]] = {}
    for change in block.get(kind, ()):
        groups.setdefault(subject_of(change), []).append(change)
    return groups


@lru_cache(maxsize=65_536)
def _user_key(type: str, user: Address) -> SubscriptionKey:  # noqa: A002 - the wire's own word
    return key_of(type, user=user)


def _user_draft(type: str, user: Address, data: object) -> Draft:  # noqa: A002 - the wire's own word
    key = _user_key(type, user)
    return Draft(key, key.channel, frame(key.channel, data), user)


def _order_updates(user: Address, updates: Sequence[OrderChange], profile: Profile, number: NumberForm) -> Draft:
    """No field of the message names the user. Source: recorded frames."""
    rows, null_cloid = [], profile.null_cloid
    for update in updates:
        rows.append(order_update(update, number, null_cloid=null_cloid))
    return Draft(_user_key("orderUpdates", user), "orderUpdates", frame("orderUpdates", rows), user, tuple(updates))


def _events_and_fills(block: _Block, subscribed: SubscribedKeys, number: NumberForm) -> Iterator[Draft]:
    """`userEvents` has exactly one key, so different things go in different messages. Source: Hyperliquid docs.

    `isSnapshot` is absent from `userFills`. Source: recorded frames (the docs say `false`).
    """
    # A fill is in two messages and takes long to print: it is encoded once.
    fills_by_user = _grouped(block, Fill, "account")
    encoded = {user: msgspec.Raw(_encode(fill_shapes(fills, number))) for user, fills in fills_by_user.items()}
    for user, rows in encoded.items():
        yield _user_draft("userEvents", user, {"fills": rows})
    for user, cancels in _grouped(block, NonUserCancel, "account").items():
        coins = [{"coin": cancel.coin, "oid": cancel.oid} for cancel in cancels]
        yield _user_draft("userEvents", user, {"nonUserCancel": coins})
    for user, payments in _grouped(block, FundingPayment, "account").items():
        for payment in payments:
            yield _user_draft("userEvents", user, {"funding": funding_shape(payment, number)})
    for each in block.get(Liquidation, ()):
        yield _user_draft("userEvents", each.account, {"liquidation": liquidation_shape(each, number)})
    for user, rows in encoded.items():
        yield _user_draft("userFills", user, {"user": user, "fills": rows})
        for key in subscribed.keys("userFills", user):
            if key.aggregate_by_time:
                data = {"user": user, "fills": fill_shapes(aggregated(fills_by_user[user]), number)}
                yield Draft(key, key.channel, frame(key.channel, data), user)


def _twaps(block: _Block, number: NumberForm) -> Iterator[Draft]:
    """Changes of status and fills of slices, each in `userEvents` and in a feed of its own.

    The fills are in `userFills` and in the `fills` of `userEvents` too, so that who follows only those misses nothing
    (our choice: it is not recorded).
    """
    for user, changes in _grouped(block, TwapRow, "twap.account").items():
        history = [twap_history_row(row, number) for row in changes]
        yield _user_draft("userEvents", user, {"twapHistory": history})
        yield _user_draft("userTwapHistory", user, {"user": user, "history": history})
    for user, fills in _grouped(block, Fill, "account").items():
        rows = slice_fills(fills, number)
        if rows:
            yield _user_draft("userEvents", user, {"twapSliceFills": rows})
            yield _user_draft("userTwapSliceFills", user, {"user": user, "twapSliceFills": rows})


def _notifications(updates_by_user: _Updates, block: _Block, subscribed: SubscribedKeys) -> Iterator[Draft]:
    """One per resting order that this block filled to its end, with what was asked for and the last price.

    Source: a recorded frame (the text); that a partial fill says nothing is our choice.
    """
    last = {fill.oid: fill for fill in block.get(Fill, ()) if not fill.crossed}
    for user, updates in updates_by_user.items():
        for change in updates if subscribed.keys("notification", user) else ():
            order, fill = change.order, last.get(change.order.oid)
            if fill is not None and change.status == "filled":
                done = "Bought" if order.side == "B" else "Sold"
                text = f"{done} {shortest(order.orig_sz)} {order.coin} at ${shortest(fill.px)}"
                yield _user_draft("notification", user, {"notification": f"Resting order filled: {text}"})


def _histories(updates_by_user: _Updates, subscribed: SubscribedKeys, number: NumberForm) -> Iterator[Draft]:
    for user, updates in updates_by_user.items():
        if subscribed.keys("userHistoricalOrders", user):
            rows = [HistoryRow(change.order, change.status, change.time_ms) for change in updates]
            data = {"user": user, "orderHistory": [history_row(row, number) for row in rows]}
            yield _user_draft("userHistoricalOrders", user, data)


def _fundings(block: _Block, number: NumberForm) -> Iterator[Draft]:
    for user, payments in _grouped(block, FundingPayment, "account").items():
        fundings = [funding_shape(payment, number) for payment in payments]
        yield _user_draft("userFundings", user, {"user": user, "fundings": fundings})


def _ledger_updates(block: _Block) -> Iterator[Draft]:
    for user, entries in _grouped(block, LedgerUpdate, "account").items():
        data = {"user": user, "nonFundingLedgerUpdates": [ledger_shape(entry) for entry in entries]}
        yield _user_draft("userNonFundingLedgerUpdates", user, data)


def _active_asset_data(
    block: _Block, exchange: State, subscribed: SubscribedKeys, now_ms: int, number: NumberForm
) -> Iterator[Draft]:
    """When a user's leverage or balances changed; its clock repeats it besides (our choice: not recorded)."""
    for change in block[UserStateChanged]:
        for key in subscribed.keys("activeAssetData", change.account):
            data = USER_STATES["activeAssetData"](key, exchange, now_ms, number)
            yield Draft(key, key.channel, frame(key.channel, data), change.account, coin=key.coin)


def _trades(block: _Block, subscribed: SubscribedKeys, number: NumberForm) -> Iterator[Draft]:
    """Oldest first. Source: recorded frames."""
    for coin, prints in _grouped(block, TradePrint, "coin").items():
        for key in subscribed.keys("trades", coin):
            payload = frame("trades", [trade(each, number) for each in prints])
            yield Draft(key, "trades", payload, coin=coin)


def _bbo(
    block: _Block,
    exchange: State,
    subscribed: SubscribedKeys,
    memory: FeedMemory,
    now_ms: int,
    number: NumberForm,
) -> Iterator[Draft]:
    """Only when price, size or count at the touch changed. Source: recorded frames (no repeats)."""
    for change in block[BookChanged]:
        coin = change.coin
        keys = subscribed.keys("bbo", coin)
        if not keys:
            continue
        touch = touch_of(exchange.book(coin))
        if memory.sees_new_touch(coin, touch):
            for key in keys:
                channel, payload = bbo_frame(coin, now_ms, touch, exchange, number)
                yield Draft(key, channel, payload, coin=coin, supersedable=True)


def bbo_frame(coin: str, now_ms: int, touch: Touch, exchange: State, number: NumberForm) -> tuple[str, bytes]:
    """Channel and frame of a touch: a profile may show it as a book of one level."""
    bid, ask = touch
    if exchange.profile.bbo_on_l2_book:
        book = l2_book(coin, now_ms, [bid] if bid else [], [ask] if ask else [], number)
        return "l2Book", frame("l2Book", book)
    return "bbo", frame("bbo", bbo(coin, now_ms, bid, ask, number))


def _candles(
    block: _Block,
    exchange: State,
    subscribed: SubscribedKeys,
    memory: FeedMemory,
    now_ms: int,
    number: NumberForm,
) -> Iterator[Draft]:
    """The open candle, once per block with a trade; where candles have a clock, it is told what traded."""
    for coin in _grouped(block, TradePrint, "coin"):
        keys = subscribed.keys("candle", coin)
        if keys and memory.settings.candle_ms is not None:
            memory.traded.setdefault(coin, now_ms)
            continue
        for key in keys:
            interval = key.interval or ""
            open_candle = exchange.book(coin).candles.of(interval)[-1]
            payload = frame("candle", candle_shape(open_candle, coin, interval, number))
            yield Draft(key, "candle", payload, coin=coin)
