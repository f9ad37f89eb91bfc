"""Feeds of events: from the changes of one commit to the messages that it publishes.

Rule 1: one commit is one block: everything for one key goes into one message (except where the channel's form holds
only one thing, `userEvents`). Rule 2: messages for users are made whether or not anybody is subscribed, so that the
trace can say who missed one; what repeats them (aggregated fills, userHistoricalOrders, notification, activeAssetData)
and market data are made for subscribed keys only. Rule 3: within a commit the sequence is orderUpdates, userEvents,
userFills, notification, userHistoricalOrders, userFundings, userNonFundingLedgerUpdates, those of TWAPs,
activeAssetData, trades, bbo, candle, and within a type that of the changes (our choice: no source documents one).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

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


class SubscribedKeys(Protocol):
    """What the feeds need of the registry."""

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
    block = _Block(changes)
    drafts = [_order_updates(user, updates, exchange.profile, number) for user, updates in block.updates.items()]
    if block.fills or block.cancels or block.fundings or block.liquidations:
        drafts += _events_and_fills(block, subscribed, number)
        drafts += _notifications(block, subscribed)
    drafts += _histories(block.updates, subscribed, number)
    for user, payments in block.fundings.items():
        fundings = [funding_shape(payment, number) for payment in payments]
        drafts.append(_user_draft("userFundings", user, {"user": user, "fundings": fundings}))
    for user, entries in block.ledger.items():
        ledger = [ledger_shape(entry) for entry in entries]
        data = {"user": user, "nonFundingLedgerUpdates": ledger}
        drafts.append(_user_draft("userNonFundingLedgerUpdates", user, data))
    if exchange.twaps or block.twaps:
        drafts += _twaps(block, number)
    for user in block.states:
        drafts += _active_asset_data(user, exchange, subscribed, now_ms, number)
    if block.trades:
        drafts += _trades(block.trades, subscribed, number)
    for coin in block.books:
        drafts += _bbo(coin, exchange, subscribed, memory, now_ms, number)
    for coin in block.trades:
        if memory.settings.candle_ms is None:
            drafts += _candles(coin, exchange, subscribed, number)
        elif subscribed.keys("candle", coin):
            memory.traded.setdefault(coin, now_ms)
    return drafts


class _Block:
    """The changes of one commit by kind and by whom they concern, each in the order of the changes."""

    __slots__ = (
        "books",
        "cancels",
        "fills",
        "fundings",
        "ledger",
        "liquidations",
        "states",
        "trades",
        "twaps",
        "updates",
    )

    def __init__(self, changes: Iterable[Change]) -> None:
        self.updates: dict[Address, list[OrderChange]] = {}
        self.fills: dict[Address, list[Fill]] = {}
        self.cancels: dict[Address, list[NonUserCancel]] = {}
        self.fundings: dict[Address, list[FundingPayment]] = {}
        self.liquidations: list[Liquidation] = []
        self.ledger: dict[Address, list[LedgerUpdate]] = {}
        self.trades: dict[str, list[TradePrint]] = {}
        self.twaps: dict[Address, list[TwapRow]] = {}
        self.books: list[str] = []
        self.states: list[Address] = []
        for change in changes:
            match change:
                case OrderChange():
                    if change.published:
                        self.updates.setdefault(change.order.account, []).append(change)
                case BookChanged():
                    self.books.append(change.coin)
                case Fill():
                    self.fills.setdefault(change.account, []).append(change)
                case TradePrint():
                    self.trades.setdefault(change.coin, []).append(change)
                case UserStateChanged():
                    self.states.append(change.account)
                case NonUserCancel():
                    self.cancels.setdefault(change.account, []).append(change)
                case FundingPayment():
                    self.fundings.setdefault(change.account, []).append(change)
                case Liquidation():
                    self.liquidations.append(change)
                case LedgerUpdate():
                    self.ledger.setdefault(change.account, []).append(change)
                case TwapRow():
                    self.twaps.setdefault(change.twap.account, []).append(change)
                case _:
                    # An opened account has no message of its own.
                    pass


@lru_cache(maxsize=65_536)
def _user_key(type: str, user: Address) -> SubscriptionKey:  # noqa: A002 - the wire's own word
    return key_of(type, user=user)


def _user_draft(type: str, user: Address, data: object) -> Draft:  # noqa: A002 - the wire's own word
    key = _user_key(type, user)
    return Draft(key, key.channel, frame(key.channel, data), user)


def _order_updates(user: Address, updates: Sequence[OrderChange], profile: Profile, number: NumberForm) -> Draft:
    """No field of the message names the user. Source: recorded frames."""
    payload = frame("orderUpdates", [order_update(change, number, null_cloid=profile.null_cloid) for change in updates])
    return Draft(_user_key("orderUpdates", user), "orderUpdates", payload, user, tuple(updates))


def _events_and_fills(block: _Block, subscribed: SubscribedKeys, number: NumberForm) -> Iterator[Draft]:
    """`userEvents` has exactly one key, so different things go in different messages. Source: Hyperliquid docs.

    `isSnapshot` is absent from `userFills`. Source: recorded frames (the docs say `false`).
    """
    # A fill is in two messages and takes long to print: it is encoded once.
    encoded = {user: msgspec.Raw(_encode(fill_shapes(fills, number))) for user, fills in block.fills.items()}
    for user, rows in encoded.items():
        yield _user_draft("userEvents", user, {"fills": rows})
    for user, cancels in block.cancels.items():
        coins = [{"coin": cancel.coin, "oid": cancel.oid} for cancel in cancels]
        yield _user_draft("userEvents", user, {"nonUserCancel": coins})
    for user, payments in block.fundings.items():
        for payment in payments:
            yield _user_draft("userEvents", user, {"funding": funding_shape(payment, number)})
    for each in block.liquidations:
        yield _user_draft("userEvents", each.account, {"liquidation": liquidation_shape(each, number)})
    for user, rows in encoded.items():
        yield _user_draft("userFills", user, {"user": user, "fills": rows})
        for key in subscribed.keys("userFills", user):
            if key.aggregate_by_time:
                data = {"user": user, "fills": fill_shapes(aggregated(block.fills[user]), number)}
                yield Draft(key, key.channel, frame(key.channel, data), user)


def _twaps(block: _Block, number: NumberForm) -> Iterator[Draft]:
    """Changes of status and fills of slices, each in `userEvents` and in a feed of its own.

    The fills are in `userFills` and in the `fills` of `userEvents` too, so that who follows only those misses nothing
    (our choice: it is not recorded).
    """
    for user, changes in block.twaps.items():
        history = [twap_history_row(row, number) for row in changes]
        yield _user_draft("userEvents", user, {"twapHistory": history})
        yield _user_draft("userTwapHistory", user, {"user": user, "history": history})
    for user, fills in block.fills.items():
        rows = slice_fills(fills, number)
        if rows:
            yield _user_draft("userEvents", user, {"twapSliceFills": rows})
            yield _user_draft("userTwapSliceFills", user, {"user": user, "twapSliceFills": rows})


def _notifications(block: _Block, subscribed: SubscribedKeys) -> Iterator[Draft]:
    """One per resting order that this block filled to its end, with what was asked for and the last price.

    Source: a recorded frame (the text); that a partial fill says nothing is our choice.
    """
    if not subscribed.keys("notification"):
        return
    last = {fill.oid: fill for fills in block.fills.values() for fill in fills if not fill.crossed}
    for user, updates in block.updates.items():
        for change in updates if subscribed.keys("notification", user) else ():
            order, fill = change.order, last.get(change.order.oid)
            if fill is not None and change.status == "filled":
                done = "Bought" if order.side == "B" else "Sold"
                text = f"{done} {shortest(order.orig_sz)} {order.coin} at ${shortest(fill.px)}"
                yield _user_draft("notification", user, {"notification": f"Resting order filled: {text}"})


def _active_asset_data(
    user: Address, exchange: State, subscribed: SubscribedKeys, now_ms: int, number: NumberForm
) -> Iterator[Draft]:
    """When the user's leverage or balances changed; its clock repeats it besides (our choice: not recorded)."""
    for key in subscribed.keys("activeAssetData", user):
        data = USER_STATES["activeAssetData"](key, exchange, now_ms, number)
        yield Draft(key, key.channel, frame(key.channel, data), user, coin=key.coin)


def _histories(
    updates_by_user: Mapping[Address, list[OrderChange]], subscribed: SubscribedKeys, number: NumberForm
) -> Iterator[Draft]:
    for user, updates in updates_by_user.items():
        if subscribed.keys("userHistoricalOrders", user):
            rows = [HistoryRow(change.order, change.status, change.time_ms) for change in updates]
            data = {"user": user, "orderHistory": [history_row(row, number) for row in rows]}
            yield _user_draft("userHistoricalOrders", user, data)


def _trades(
    trades_by_coin: Mapping[str, list[TradePrint]], subscribed: SubscribedKeys, number: NumberForm
) -> Iterator[Draft]:
    """Oldest first. Source: recorded frames."""
    for coin, prints in trades_by_coin.items():
        for key in subscribed.keys("trades", coin):
            payload = frame("trades", [trade(each, number) for each in prints])
            yield Draft(key, "trades", payload, coin=coin)


def _bbo(
    coin: str,
    exchange: State,
    subscribed: SubscribedKeys,
    memory: FeedMemory,
    now_ms: int,
    number: NumberForm,
) -> Iterator[Draft]:
    """Only when price, size or count at the touch changed. Source: recorded frames (no repeats)."""
    keys = subscribed.keys("bbo", coin)
    if not keys:
        return
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


def _candles(coin: str, exchange: State, subscribed: SubscribedKeys, number: NumberForm) -> Iterator[Draft]:
    """The open candle, once per block with a trade."""
    for key in subscribed.keys("candle", coin):
        interval = key.interval or ""
        open_candle = exchange.book(coin).candles.of(interval)[-1]
        payload = frame("candle", candle_shape(open_candle, coin, interval, number))
        yield Draft(key, "candle", payload, coin=coin)
