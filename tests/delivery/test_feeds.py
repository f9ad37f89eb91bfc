"""A commit becomes the messages of recorded frames: for whom, in which form, in which sequence."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest

from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.feeds import Draft, publications_of
from hlmock.delivery.keys import SubscriptionKey, key_of
from hlmock.delivery.registry import Registry
from hlmock.delivery.snapshots import snapshot_of
from hlmock.exchange.model.changes import NonUserCancel
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.model.terms import Oid
from hlmock.exchange.outcome import Outcome
from support.trading import ALICE, BOB, NOW_MS, Trading, cloid_of, oid_of


@dataclass
class Feeds:
    """An exchange with subscribers. `drafts(outcome)` is what the commit publishes."""

    trading: Trading
    registry: Registry = field(default_factory=Registry)
    memory: FeedMemory = field(default_factory=FeedMemory)

    def subscribe(self, key: SubscriptionKey) -> None:
        self.registry.add("c1", key, self.trading.exchange.commit)
        snapshot_of(key, self.trading.exchange, self.trading.now_ms, self.memory)

    def drafts(self, outcome: Outcome) -> list[Draft]:
        now_ms = self.trading.now_ms
        return publications_of(outcome.changes, self.trading.exchange, self.registry, self.memory, now_ms)


@pytest.fixture
def feeds() -> Feeds:
    return Feeds(Trading())


def data_of(drafts: list[Draft], key_text: str) -> list[Any]:
    """`data` of every message for a key."""
    frames = [json.loads(draft.payload) for draft in drafts if draft.key.text == key_text]
    return [frame["data"] for frame in frames]


def empty_book(feeds: Feeds, coin: str = "BTC") -> None:
    feeds.trading.exchange.set_quote(coin, None, None, None, None, NOW_MS)


# Orders.


def test_a_resting_order_is_published_as_the_recorded_frame(feeds: Feeds) -> None:
    outcome = feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5", cloid=cloid_of(7))
    (draft,) = feeds.drafts(outcome)
    assert (draft.key.text, draft.channel, draft.account) == (f"orderUpdates:{ALICE}", "orderUpdates", ALICE)
    assert draft.payload.decode() == (
        '{"channel":"orderUpdates","data":[{"order":{"coin":"BTC","side":"B","limitPx":"60000.0","sz":"0.5",'
        f'"oid":{oid_of(outcome)},"timestamp":{NOW_MS},"origSz":"0.5","cloid":"{cloid_of(7)}"}},'
        f'"status":"open","statusTimestamp":{NOW_MS}}}]}}'
    )


def test_a_message_carries_the_changes_it_is_made_of(feeds: Feeds) -> None:
    (draft,) = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    assert [(change.order.account, change.status) for change in draft.updates] == [(ALICE, "open")]


def test_all_updates_of_a_batch_are_one_message(feeds: Feeds) -> None:
    spec = {"a": 0, "b": True, "p": "60000", "s": "0.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    outcome = feeds.trading.act(ALICE, {"type": "order", "orders": [spec, spec], "grouping": "na"})
    (updates,) = data_of(feeds.drafts(outcome), f"orderUpdates:{ALICE}")
    assert [update["status"] for update in updates] == ["open", "open"]


def test_an_order_that_fills_on_entry_is_open_and_filled_in_one_message(feeds: Feeds) -> None:
    (updates, *more) = data_of(
        feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66345", "0.5")), f"orderUpdates:{ALICE}"
    )
    assert [(update["status"], update["order"]["sz"]) for update in updates] == [("open", "0.5"), ("filled", "0.0")]
    assert not more


def test_a_modify_says_the_new_order_before_the_old_one(feeds: Feeds) -> None:
    old = oid_of(feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    spec = {"a": 0, "b": True, "p": "61000", "s": "0.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    outcome = feeds.trading.act(ALICE, {"type": "modify", "oid": old, "order": spec})
    (updates,) = data_of(feeds.drafts(outcome), f"orderUpdates:{ALICE}")
    assert [(update["status"], update["order"]["oid"] == old) for update in updates] == [
        ("open", False),
        ("canceled", True),
    ]


def test_a_partial_fill_of_a_resting_order_is_no_order_update(feeds: Feeds) -> None:
    empty_book(feeds)
    feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5")
    drafts = feeds.drafts(feeds.trading.order(BOB, "BTC", "A", "60000", "0.2"))
    assert data_of(drafts, f"orderUpdates:{ALICE}") == []
    assert len(data_of(drafts, f"userFills:{ALICE}")) == 1


def test_the_old_mocks_profile_publishes_a_partial_fill_in_its_number_form() -> None:
    feeds = Feeds(Trading(profile="recomma-mock"))
    oid = oid_of(feeds.trading.order(ALICE, "BTC", "B", "60000.0", "0.5"))
    (updates,) = data_of(
        feeds.drafts(feeds.trading.exchange.force_fill(oid, Decimal("0.2"), now_ms=NOW_MS)), f"orderUpdates:{ALICE}"
    )
    assert [(update["status"], update["order"]["sz"], update["order"]["limitPx"]) for update in updates] == [
        ("open", "0.3", "60000")
    ]


def test_what_changes_nothing_on_the_wire_publishes_nothing(feeds: Feeds) -> None:
    action = {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5}
    assert feeds.drafts(feeds.trading.act(ALICE, action)) == []


# Fills and other events of a user.


def test_fills_reach_both_users_on_both_channels(feeds: Feeds) -> None:
    outcome = feeds.trading.trade("BTC", "66000", "0.5")
    drafts = feeds.drafts(outcome)
    for user, direction in ((ALICE, "Open Long"), (BOB, "Open Short")):
        (fills,) = data_of(drafts, f"userFills:{user}")
        (events,) = data_of(drafts, f"userEvents:{user}")
        assert list(fills) == ["user", "fills"]
        assert fills["user"] == user
        assert events == {"fills": fills["fills"]}
        assert [fill["dir"] for fill in fills["fills"]] == [direction]


def test_user_events_go_out_on_channel_user(feeds: Feeds) -> None:
    drafts = feeds.drafts(feeds.trading.trade("BTC", "66000", "0.5"))
    assert {draft.channel for draft in drafts if draft.key.type == "userEvents"} == {"user"}


def test_nobody_gets_another_users_message(feeds: Feeds) -> None:
    for draft in feeds.drafts(feeds.trading.trade("BTC", "66000", "0.5")):
        if draft.account is not None:
            other = BOB if draft.account == ALICE else ALICE
            assert draft.key.user == draft.account
            assert other not in draft.payload.decode()


def two_fills(feeds: Feeds) -> list[Draft]:
    empty_book(feeds)
    for px in ("66000", "66010"):
        feeds.trading.order(BOB, "BTC", "A", px, "0.1")
    return feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66010", "0.2"))


def test_aggregated_fills_are_published_only_when_somebody_wants_them(feeds: Feeds) -> None:
    assert {draft.key.text for draft in two_fills(feeds) if draft.key.type == "userFills"} == {
        f"userFills:{ALICE}",
        f"userFills:{BOB}",
    }


def test_aggregated_fills_merge_what_one_crossing_order_got(feeds: Feeds) -> None:
    key = key_of("userFills", user=ALICE, aggregate_by_time=True)
    feeds.subscribe(key)
    drafts = two_fills(feeds)
    (plain,), (merged,) = data_of(drafts, f"userFills:{ALICE}"), data_of(drafts, key.text)
    assert ([fill["sz"] for fill in plain["fills"]], [fill["sz"] for fill in merged["fills"]]) == (
        ["0.1", "0.1"],
        ["0.2"],
    )


def test_history_is_published_only_when_somebody_wants_it(feeds: Feeds) -> None:
    assert len(feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5"))) == 1
    feeds.subscribe(key_of("userHistoricalOrders", user=ALICE))
    drafts = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    (data,) = data_of(drafts, f"userHistoricalOrders:{ALICE}")
    assert [(row["status"], row["order"]["orderType"]) for row in data["orderHistory"]] == [("open", "Limit")]


def test_a_deposit_is_published_as_a_ledger_update(feeds: Feeds) -> None:
    outcome = feeds.trading.exchange.fund(ALICE, Decimal(5), NOW_MS)
    (data,) = data_of(feeds.drafts(outcome), f"userNonFundingLedgerUpdates:{ALICE}")
    (row,) = data["nonFundingLedgerUpdates"]
    assert (data["user"], row["time"], row["delta"]) == (ALICE, NOW_MS, {"type": "deposit", "usdc": "5.0"})


def test_funding_and_cancels_by_the_exchange_are_events_of_their_own(feeds: Feeds) -> None:
    payment = FundingPayment(ALICE, NOW_MS, "ETH", Decimal("-0.5"), Decimal(2), Decimal("0.0001"), None, "0x")
    outcome = Outcome({"status": "ok"}, None, (NonUserCancel(ALICE, "BTC", Oid(9)), payment, payment))
    drafts = feeds.drafts(outcome)
    funding = {
        "time": NOW_MS,
        "coin": "ETH",
        "usdc": "-0.5",
        "szi": "2.0",
        "fundingRate": "0.0001",
        "nSamples": None,
    }
    assert data_of(drafts, f"userEvents:{ALICE}") == [
        {"nonUserCancel": [{"coin": "BTC", "oid": 9}]},
        {"funding": funding},
        {"funding": funding},
    ]
    assert data_of(drafts, f"userFundings:{ALICE}") == [{"user": ALICE, "fundings": [funding, funding]}]


def test_a_resting_order_that_is_filled_is_a_notification_as_the_recorded_one(feeds: Feeds) -> None:
    feeds.subscribe(key_of("notification", user=BOB))
    empty_book(feeds)
    feeds.trading.order(BOB, "BTC", "A", "66000", "0.5")
    part = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66000", "0.2"))
    rest = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66000", "0.3"))
    assert data_of(part, f"notification:{BOB}") == []
    (draft,) = [each for each in rest if each.key.type == "notification"]
    assert draft.payload.decode() == (
        '{"channel":"notification","data":{"notification":"Resting order filled: Sold 0.5 BTC at $66000"}}'
    )


def test_what_may_be_traded_is_told_at_once_when_leverage_or_balances_change(feeds: Feeds) -> None:
    feeds.subscribe(key_of("activeAssetData", user=ALICE, coin="BTC"))
    action = {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5}
    (data,) = data_of(feeds.drafts(feeds.trading.act(ALICE, action)), f"activeAssetData:{ALICE}:BTC")
    assert list(data) == ["user", "coin", "leverage", "maxTradeSzs", "availableToTrade", "markPx"]
    assert data["leverage"] == {"type": "cross", "value": 5}
    (data,) = data_of(feeds.drafts(feeds.trading.trade("BTC", "66000", "0.5")), f"activeAssetData:{ALICE}:BTC")
    assert data["availableToTrade"][0] != data["availableToTrade"][1]


# Market data.


def test_market_data_is_made_for_subscribers_only(feeds: Feeds) -> None:
    drafts = feeds.drafts(feeds.trading.trade("BTC", "66000", "0.5"))
    assert [draft for draft in drafts if draft.account is None] == []


def test_the_sequence_within_a_commit_is_the_documented_one(feeds: Feeds) -> None:
    empty_book(feeds)
    feeds.trading.order(BOB, "BTC", "A", "67000", "5")
    for key in (
        key_of("candle", coin="BTC", interval="1m"),
        key_of("bbo", coin="BTC"),
        key_of("trades", coin="BTC"),
        key_of("activeAssetData", user=ALICE, coin="BTC"),
        key_of("userHistoricalOrders", user=ALICE),
        key_of("notification", user=BOB),
    ):
        feeds.subscribe(key)
    drafts = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "67000", "5", tif="Gtc"))
    assert [type_ for type_, _ in groupby(drafts, lambda draft: draft.key.type)] == [
        *("orderUpdates", "userEvents", "userFills", "notification", "userHistoricalOrders", "activeAssetData"),
        *("trades", "bbo", "candle"),
    ]


def test_a_trade_names_buyer_and_seller(feeds: Feeds) -> None:
    feeds.subscribe(key_of("trades", coin="BTC"))
    ((trade,),) = data_of(feeds.drafts(feeds.trading.trade("BTC", "66000", "0.5")), "trades:BTC")
    assert (trade["side"], trade["px"], trade["users"]) == ("B", "66000.0", [ALICE, BOB])


def test_the_open_candle_is_published_with_each_trade(feeds: Feeds) -> None:
    feeds.subscribe(key_of("candle", coin="BTC", interval="15m"))
    feeds.trading.trade("BTC", "66000", "0.5")
    feeds.trading.now_ms += 60_000
    (candle,) = data_of(feeds.drafts(feeds.trading.trade("BTC", "66100", "0.2")), "candle:BTC:15m")
    assert (candle["t"], candle["o"], candle["c"], candle["v"], candle["n"]) == (NOW_MS, "66000.0", "66100.0", "0.7", 2)


def test_the_touch_is_published_when_it_changes(feeds: Feeds) -> None:
    feeds.subscribe(key_of("bbo", coin="BTC"))
    (bbo,) = data_of(feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66343", "0.3")), "bbo:BTC")
    assert bbo["bbo"] == [{"px": "66343.0", "sz": "4.0", "n": 2}, {"px": "66345.0", "sz": "3.7", "n": 1}]


def test_the_touch_is_not_repeated(feeds: Feeds) -> None:
    feeds.subscribe(key_of("bbo", coin="BTC"))
    below = feeds.trading.order(ALICE, "BTC", "B", "60000", "0.3")
    assert data_of(feeds.drafts(below), "bbo:BTC") == []


def test_a_touch_that_changed_unseen_is_compared_with_the_new_snapshot(feeds: Feeds) -> None:
    feeds.subscribe(key_of("bbo", coin="BTC"))
    feeds.registry.remove_connection("c1", 0)
    feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "66343", "0.3"))
    feeds.subscribe(key_of("bbo", coin="BTC"))
    below = feeds.trading.order(ALICE, "BTC", "B", "60000", "0.3")
    assert data_of(feeds.drafts(below), "bbo:BTC") == []


def test_the_old_mocks_profile_shows_the_touch_as_a_book() -> None:
    feeds = Feeds(Trading(profile="recomma-mock"))
    feeds.subscribe(key_of("bbo", coin="BTC"))
    outcome = feeds.trading.exchange.set_quote("BTC", Decimal(90), Decimal(1), Decimal(91), Decimal(2), NOW_MS)
    (draft,) = feeds.drafts(outcome)
    assert draft.channel == "l2Book"
    assert draft.payload.decode() == (
        f'{{"channel":"l2Book","data":{{"coin":"BTC","time":{NOW_MS},'
        '"levels":[[{"px":"90","sz":"1","n":1}],[{"px":"91","sz":"2","n":1}]]}}'
    )


def test_only_what_a_newer_message_replaces_may_be_superseded(feeds: Feeds) -> None:
    for type_ in ("trades", "bbo"):
        feeds.subscribe(key_of(type_, coin="BTC"))
    feeds.subscribe(key_of("candle", coin="BTC", interval="1m"))
    drafts = feeds.drafts(feeds.trading.order(ALICE, "BTC", "B", "67000", "5"))
    assert {draft.key.type for draft in drafts if draft.supersedable} == {"bbo"}
