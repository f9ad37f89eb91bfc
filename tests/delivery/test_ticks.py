"""Clocked feeds: who is due, what a tick sends, and to whom."""

import base64
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest

from hlmock.delivery.fast_ctxs import packed
from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.feeds import Draft, publications_of
from hlmock.delivery.keys import SubscriptionKey, key_of
from hlmock.delivery.registry import Registry
from hlmock.delivery.settings import FeedSettings
from hlmock.delivery.snapshots import snapshot_of
from hlmock.delivery.ticks import CLOCKED, interval_of, intervals, tick_drafts
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.settings import CoreSettings
from hlmock.server.profiles import chosen
from support.trading import ALICE, BOB, NOW_MS, Trading

MEASURED = chosen("mainnet@2026-09", {}, ExchangeSettings(), CoreSettings(), FeedSettings())[2]
OFF = FeedSettings(None, None, None, None, None, None, None, None, None, None)


class Ticking:
    """An exchange with subscribers and a clock that starts at 0 ms."""

    def __init__(self, *keys: SubscriptionKey, settings: FeedSettings | None = None) -> None:
        self.trading = Trading()
        self.registry = Registry()
        for key in keys:
            self.registry.add("c1", key, 0)
        self.memory = FeedMemory(settings)

    def at(self, ms: int) -> list[Draft]:
        return tick_drafts(self.trading.exchange, self.registry, self.memory, NOW_MS + ms)

    def types_at(self, ms: int) -> list[str]:
        return [draft.key.type for draft in self.at(ms)]


def data_of(draft: Draft) -> Any:
    return json.loads(draft.payload)["data"]


def test_a_feed_is_sent_once_per_interval() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"))
    assert [bool(ticking.at(ms)) for ms in (0, 100, 499, 500, 900, 1_000)] == [True, False, False, True, False, True]


def test_missed_ticks_are_not_made_up_for() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"))
    assert [len(ticking.at(ms)) for ms in (0, 5_000, 5_001, 5_500)] == [1, 1, 0, 1]


def test_a_clock_that_was_set_back_does_not_silence_a_feed() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"))
    ticking.at(1_000_000)
    assert len(ticking.at(0)) == 1


def test_each_feed_has_its_interval() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"), key_of("allMids"), key_of("webData2", user=ALICE))
    ticking.at(0)
    assert [ticking.types_at(ms) for ms in (500, 1_000, 2_000)] == [
        ["l2Book"],
        ["l2Book", "allMids"],
        ["l2Book", "allMids", "webData2"],
    ]


def test_a_feed_can_be_turned_off() -> None:
    assert Ticking(key_of("l2Book", coin="BTC"), settings=OFF).at(0) == []


def test_nothing_is_made_for_nobody() -> None:
    assert Ticking().at(0) == []


def test_every_book_of_a_tick_has_the_same_time() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"), key_of("l2Book", coin="ETH"))
    assert [(data_of(draft)["coin"], data_of(draft)["time"]) for draft in ticking.at(7)] == [
        ("BTC", NOW_MS + 7),
        ("ETH", NOW_MS + 7),
    ]


def test_an_unchanged_book_is_sent_again_with_a_new_time() -> None:
    ticking = Ticking(key_of("l2Book", coin="BTC"))
    (first,), (second,) = ticking.at(0), ticking.at(500)
    assert data_of(first) | {"time": 0} == data_of(second) | {"time": 0}
    assert data_of(second)["time"] - data_of(first)["time"] == 500


@pytest.mark.parametrize(
    ("key", "supersedable"),
    [
        (key_of("l2Book", coin="BTC"), True),
        (key_of("activeAssetCtx", coin="@107"), True),
        (key_of("fastAssetCtxs"), False),
        (key_of("clearinghouseState", user=ALICE), False),
    ],
    ids=lambda value: value.text if isinstance(value, SubscriptionKey) else str(value),
)
def test_users_frames_and_differences_are_never_superseded(key: SubscriptionKey, supersedable: bool) -> None:
    (draft,) = Ticking(key).at(0)
    assert draft.supersedable is supersedable
    assert (draft.account, draft.channel) == (key.user, key.channel)


def test_a_users_state_is_that_of_now() -> None:
    ticking = Ticking(key_of("openOrders", user=ALICE))
    ticking.at(0)
    ticking.trading.order(ALICE, "BTC", "B", "60000", "0.5")
    (draft,) = ticking.at(5_000)
    assert [order["limitPx"] for order in data_of(draft)["orders"]] == ["60000.0"]


def unpacked(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(data_of(draft)), -15))
    return found


def test_fast_contexts_are_whole_first_and_then_say_only_what_changed() -> None:
    ticking = Ticking(key_of("fastAssetCtxs"))
    (first,) = ticking.at(0)
    assert unpacked(first)["BTC"] == {"markPx": "66344.0", "midPx": "66344.0"}
    ticking.trading.order(ALICE, "BTC", "B", "66344", "0.5")
    (second,) = ticking.at(1_000)
    assert unpacked(second) == {"BTC": {"midPx": "66344.5"}}
    assert ticking.at(2_000) == []


def test_fast_contexts_are_packed_as_the_documented_example_unpacks() -> None:
    documented = "q1ZyCnFWsqpWyk0syg6oULJSsjQ3NTDQM1Wq1VFyDfFAkTI2MzXQMwJLVVRWWfmFuTiiyBuamOoZKdXWAgA="
    ctxs: dict[str, dict[str, str | None]] = json.loads(zlib.decompress(base64.b64decode(documented), -15))
    assert json.loads(zlib.decompress(base64.b64decode(packed(ctxs)), -15)) == ctxs


def test_every_interval_is_a_setting() -> None:
    assert {interval_of(key_of(type_), OFF) for type_ in CLOCKED} == {None}
    assert intervals(OFF) == []


@pytest.mark.parametrize(
    ("key", "seconds"),
    [
        (key_of("l2Book", coin="BTC"), 5),
        (key_of("l2Book", coin="BTC", fast=True), 0.54),
        (key_of("allMids"), 5),
        (key_of("activeAssetCtx", coin="BTC"), 1),
        (key_of("fastAssetCtxs"), 1),
        (key_of("allDexsAssetCtxs"), 13.6),
        (key_of("openOrders", user=ALICE), 5),
        (key_of("webData3", user=ALICE), 5),
    ],
    ids=lambda value: value.text if isinstance(value, SubscriptionKey) else str(value),
)
def test_the_measured_rhythm_is_that_of_recorded_frames(key: SubscriptionKey, seconds: float) -> None:
    assert interval_of(key, MEASURED) == round(seconds * 1_000)


def test_a_fast_book_has_a_clock_of_its_own() -> None:
    slow, fast = key_of("l2Book", coin="BTC"), key_of("l2Book", coin="BTC", fast=True)
    ticking = Ticking(slow, fast, settings=MEASURED)
    ticking.at(0)
    assert [[draft.key for draft in ticking.at(ms)] for ms in (539, 540, 5_000)] == [[], [fast], [slow, fast]]


class Candles(Ticking):
    """Candles of BTC by the minute, every 600 ms."""

    def __init__(self) -> None:
        super().__init__(key_of("candle", coin="BTC", interval="1m"), settings=replace(OFF, candle_ms=600))
        self.at(0)

    def trade(self, ms: int, px: str) -> list[Draft]:
        """What the trade itself publishes of candles."""
        self.trading.now_ms = NOW_MS + ms
        outcome = self.trading.trade("BTC", px, "0.1")
        found = publications_of(outcome.changes, self.trading.exchange, self.registry, self.memory, self.trading.now_ms)
        return [draft for draft in found if draft.key.type == "candle"]

    def told(self, ms: int) -> list[tuple[str, int]]:
        """Close and number of trades of every candle."""
        return [(data_of(draft)["c"], data_of(draft)["n"]) for draft in self.at(ms)]


def test_candles_on_a_clock_say_once_what_many_trades_did() -> None:
    candles = Candles()
    assert [candles.trade(ms, px) for ms, px in ((100, "66000"), (200, "66100"), (300, "66200"))] == [[], [], []]
    assert [candles.told(ms) for ms in (500, 600, 1_200)] == [[], [("66200.0", 3)], []]
    candles.trade(1_300, "66300")
    assert candles.told(1_800) == [("66300.0", 4)]


def test_a_candle_that_closed_before_its_clock_is_still_told() -> None:
    candles = Candles()
    candles.told(59_700)
    candles.trade(59_900, "66000")
    candles.trade(60_100, "66100")
    assert candles.told(60_300) == [("66000.0", 1), ("66100.0", 1)]


def test_a_fast_context_that_a_first_frame_told_is_not_told_again() -> None:
    key = key_of("fastAssetCtxs")
    ticking = Ticking(key)
    snapshot_of(key, ticking.trading.exchange, NOW_MS, ticking.memory)
    assert ticking.at(0) == []
    ticking.trading.order(ALICE, "BTC", "B", "66344", "0.5")
    (draft,) = ticking.at(1_000)
    assert unpacked(draft) == {"BTC": {"midPx": "66344.5"}}


def test_every_user_gets_the_same_markets_and_a_state_of_its_own() -> None:
    alice, bob = key_of("webData2", user=ALICE), key_of("webData2", user=BOB)
    ticking = Ticking(alice, bob)
    ticking.trading.order(BOB, "BTC", "B", "60000", "0.5")
    first, second = (data_of(draft) for draft in ticking.at(0))
    for key in (alice, bob):
        at_once = snapshot_of(key, ticking.trading.exchange, NOW_MS, ticking.memory)
        assert at_once is not None
        assert json.loads(at_once)["data"] in (first, second)
    assert [len(each["openOrders"]) for each in (first, second)] == [0, 1]
    assert {name for name in first if first[name] != second[name]} == {"user", "openOrders"}
