"""What follows an acknowledgement: recent events, the whole state, or nothing."""

import json
from decimal import Decimal
from typing import Any

import pytest

from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.keys import TYPES, SubscriptionKey, key_of
from hlmock.delivery.settings import FeedSettings
from hlmock.delivery.snapshots import is_known_subject, snapshot_of
from support.trading import ALICE, NOW_MS, Trading, cloid_of

SILENT = {"orderUpdates", "userEvents", "notification", "outcomeMetaUpdates"}
MARKED = {
    "userFills": "fills",
    "userFundings": "fundings",
    "userNonFundingLedgerUpdates": "nonFundingLedgerUpdates",
    "userHistoricalOrders": "orderHistory",
    "userTwapSliceFills": "twapSliceFills",
    "userTwapHistory": "history",
}


@pytest.fixture
def trading() -> Trading:
    return Trading()


def snapshot(trading: Trading, key: SubscriptionKey) -> Any:
    """The frame's data, after a look at its envelope."""
    found = snapshot_of(key, trading.exchange, trading.now_ms, FeedMemory())
    assert found is not None, f"{key.text} has no snapshot"
    frame = json.loads(found)
    assert list(frame) == ["channel", "data"]
    assert frame["channel"] == key.channel
    return frame["data"]


def some_key(type_: str) -> SubscriptionKey:
    names = {field.name for field in TYPES[type_]}
    coin = "@107" if type_ == "activeSpotAssetCtx" else "BTC"
    return key_of(
        type_,
        user=ALICE if "user" in names else None,
        coin=coin if "coin" in names else None,
        interval="1m" if "interval" in names else None,
    )


@pytest.mark.parametrize("type_", sorted(SILENT))
def test_feeds_without_a_snapshot_begin_with_silence(trading: Trading, type_: str) -> None:
    trading.trade("BTC", "66000", "0.5")
    assert snapshot_of(some_key(type_), trading.exchange, NOW_MS, FeedMemory()) is None


@pytest.mark.parametrize("type_", sorted(TYPES.keys() - SILENT - {"explorerBlock", "explorerTxs"}))
def test_every_other_feed_begins_with_a_frame_on_its_channel(trading: Trading, type_: str) -> None:
    trading.trade("BTC", "66000", "0.5")
    assert snapshot(trading, some_key(type_)) not in (None, {}, [])


@pytest.mark.parametrize(("type_", "rows"), MARKED.items())
def test_event_feeds_mark_the_snapshot_first_also_when_it_is_empty(trading: Trading, type_: str, rows: str) -> None:
    data = snapshot(trading, some_key(type_))
    assert list(data) == ["isSnapshot", "user", rows]
    assert data == {"isSnapshot": True, "user": ALICE, rows: []}


def test_a_new_users_first_fills_frame_is_exactly_this(trading: Trading) -> None:
    assert snapshot_of(some_key("userFills"), trading.exchange, NOW_MS, FeedMemory()) == (
        f'{{"channel":"userFills","data":{{"isSnapshot":true,"user":"{ALICE}","fills":[]}}}}'.encode()
    )


def test_fills_are_newest_first_and_limited(trading: Trading) -> None:
    for number in range(FeedSettings().snapshot_rows + 5):
        trading.now_ms = NOW_MS + number
        trading.trade("BTC", "66000", "0.01")
    fills = snapshot(trading, some_key("userFills"))["fills"]
    assert (len(fills), fills[0]["time"]) == (FeedSettings().snapshot_rows, NOW_MS + FeedSettings().snapshot_rows + 4)


def test_history_says_what_became_of_each_order(trading: Trading) -> None:
    trading.order(ALICE, "BTC", "B", "66345", "0.1", cloid=cloid_of(7))
    rows = snapshot(trading, some_key("userHistoricalOrders"))["orderHistory"]
    assert [(row["status"], row["order"]["cloid"]) for row in rows] == [
        ("filled", cloid_of(7)),
        ("open", cloid_of(7)),
    ]


def test_trades_begin_with_recent_ones_and_without_a_marker(trading: Trading) -> None:
    for number in range(35):
        trading.trade("BTC", str(66000 + number), "0.01")
    trades = snapshot(trading, some_key("trades"))
    assert [trade["px"] for trade in trades] == [f"{66005 + number}.0" for number in range(30)]


def test_a_coin_that_never_traded_has_no_first_trades(trading: Trading) -> None:
    assert snapshot_of(some_key("trades"), trading.exchange, NOW_MS, FeedMemory()) is None


def test_a_candle_begins_with_the_open_one(trading: Trading) -> None:
    trading.trade("BTC", "66000", "0.5")
    trading.now_ms += 60_000
    candle = snapshot(trading, some_key("candle"))
    assert (candle["t"], candle["o"], candle["n"]) == (NOW_MS + 60_000, "66000.0", 0)


def test_an_empty_touch_is_sent_as_nulls(trading: Trading) -> None:
    assert snapshot(trading, key_of("bbo", coin="MATIC")) == {"coin": "MATIC", "time": NOW_MS, "bbo": [None, None]}


def test_a_book_honours_its_aggregation_and_depth(trading: Trading) -> None:
    data = snapshot(trading, key_of("l2Book", coin="BTC", n_sig_figs=2, fast=True))
    assert data == {
        "coin": "BTC",
        "time": NOW_MS,
        "levels": [[{"px": "66000.0", "sz": "3.7", "n": 1}], [{"px": "67000.0", "sz": "3.7", "n": 1}]],
        "spread": "2.0",
        "fast": True,
    }


def test_the_main_dex_is_named_in_states_but_not_in_mids(trading: Trading) -> None:
    assert list(snapshot(trading, key_of("allMids"))) == ["mids"]
    assert list(snapshot(trading, key_of("allMids", dex="xyz"))) == ["dex", "mids"]
    for type_, name in (
        ("clearinghouseState", "clearinghouseState"),
        ("openOrders", "orders"),
        ("twapStates", "states"),
    ):
        data = snapshot(trading, some_key(type_))
        assert list(data) == ["dex", "user", name]
        assert (data["dex"], data["user"]) == ("", ALICE)


def test_a_spot_coins_context_has_a_channel_of_its_own(trading: Trading) -> None:
    spot = key_of("activeAssetCtx", coin="@107")
    assert spot.channel == "activeSpotAssetCtx"
    assert snapshot(trading, spot)["ctx"]["coin"] == "@107"
    assert list(snapshot(trading, some_key("activeAssetCtx"))) == ["coin", "ctx"]


def test_web_data2_has_the_keys_that_sdks_know(trading: Trading) -> None:
    data = snapshot(trading, some_key("webData2"))
    assert list(data) == [
        *("clearinghouseState", "leadingVaults", "totalVaultEquity", "openOrders", "agentAddress"),
        *("agentValidUntil", "cumLedger", "meta", "assetCtxs", "serverTime", "isVault", "user", "twapStates"),
        *("spotState", "spotAssetCtxs"),
    ]


def test_web_data3_has_one_state_per_dex(trading: Trading) -> None:
    data = snapshot(trading, some_key("webData3"))
    assert list(data["userState"]) == [
        *("agentAddress", "agentValidUntil", "cumLedger", "serverTime", "isVault", "user"),
    ]
    assert len(data["perpDexStates"]) == len(trading.exchange.markets.dexes)


def test_deposits_count_as_ledger(trading: Trading) -> None:
    trading.exchange.fund(ALICE, Decimal("12.5"), NOW_MS)
    assert snapshot(trading, some_key("webData3"))["userState"]["cumLedger"] == "12.5"


def test_the_explorer_answers_one_bare_array(trading: Trading) -> None:
    assert snapshot_of(key_of("explorerBlock"), trading.exchange, NOW_MS, FeedMemory()) == b"[]"


@pytest.mark.parametrize(
    ("key", "is_known"),
    [
        (key_of("l2Book", coin="BTC"), True),
        (key_of("l2Book", coin="MATIC"), True),
        (key_of("l2Book", coin="btc"), False),
        (key_of("l2Book", coin="BTC", n_sig_figs=6), False),
        (key_of("l2Book", coin="BTC", mantissa=2), False),
        (key_of("l2Book", coin="BTC", n_sig_figs=5, mantissa=5), True),
        (key_of("trades", coin="TSLA"), False),
        (key_of("trades", coin="xyz:TSLA"), True),
        (key_of("activeAssetData", user=ALICE, coin="@107"), False),
        (key_of("activeAssetData", user=ALICE, coin="BTC"), True),
        (key_of("activeSpotAssetCtx", coin="BTC"), False),
        (key_of("activeAssetCtx", coin="@107"), True),
        (key_of("allMids", dex="nope"), False),
        (key_of("openOrders", user=ALICE, dex="xyz"), True),
    ],
    ids=lambda value: value.text if isinstance(value, SubscriptionKey) else str(value),
)
def test_a_subject_must_exist(trading: Trading, key: SubscriptionKey, is_known: bool) -> None:
    assert is_known_subject(key, trading.exchange) is is_known
