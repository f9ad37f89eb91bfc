"""How much an answer holds at most, which end is cut, and how a caller gets the rest."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.model.positions import FundingPayment
from hlmock.info import InfoAnswer, answer, decode
from support.trading import ALICE, NOW_MS, Trading

HOUR_MS = 3_600_000


def ask(trading: Trading, type_: str, **fields: Any) -> Any:
    request = decode(json.dumps({"type": type_, **fields}).encode(), "application/json")
    assert not isinstance(request, InfoAnswer), request
    found = answer(trading.exchange, request, trading.now_ms)
    assert found.status == 200
    return json.loads(found.body)


@pytest.fixture(scope="module")
def old_hand() -> Trading:
    """Alice has 12,000 fills, 3,000 status changes, 1,200 funding payments and 1,200 transfers, a millisecond apart."""
    trading = Trading()
    trading.trade("BTC", "66000", "0.1")
    alice = trading.exchange.accounts[ALICE]
    (fill,), row = alice.fills, alice.history[-1]
    replace = msgspec.structs.replace
    alice.fills[:] = [replace(fill, time_ms=NOW_MS + each, crossed=False) for each in range(12_000)]
    alice.history[:] = [replace(row, status_timestamp=NOW_MS + each) for each in range(3_000)]
    alice.fundings[:] = [
        FundingPayment(ALICE, NOW_MS + each, "BTC", Decimal(1), Decimal(1), Decimal(0), None, fill.hash)
        for each in range(1_200)
    ]
    alice.ledger[:] = [
        LedgerUpdate(ALICE, NOW_MS + each, fill.hash, {"type": "deposit", "usdc": "1.0"}) for each in range(1_200)
    ]
    trading.now_ms = NOW_MS + 12_000
    return trading


def times(rows: list[dict[str, Any]], key: str = "time") -> tuple[int, int, int]:
    """How many rows, the time of the first and of the last, in ms after `NOW_MS`."""
    return len(rows), rows[0][key] - NOW_MS, rows[-1][key] - NOW_MS


def test_user_fills_are_the_2000_newest_newest_first(old_hand: Trading) -> None:
    assert times(ask(old_hand, "userFills", user=ALICE)) == (2_000, 11_999, 10_000)


def test_historical_orders_are_the_2000_newest_newest_first(old_hand: Trading) -> None:
    assert times(ask(old_hand, "historicalOrders", user=ALICE), "statusTimestamp") == (2_000, 2_999, 1_000)


@pytest.mark.parametrize("type_", ["userFunding", "userNonFundingLedgerUpdates"])
def test_a_time_range_holds_500_and_the_caller_goes_on_after_the_last(old_hand: Trading, type_: str) -> None:
    pages, start_ms = [], NOW_MS
    while rows := ask(old_hand, type_, user=ALICE, startTime=start_ms):
        pages.append(times(rows))
        start_ms = rows[-1]["time"] + 1
    assert pages == [(500, 0, 499), (500, 500, 999), (200, 1_000, 1_199)]


def test_fills_by_time_hold_2000_and_the_10000_newest_are_all_that_can_be_reached(old_hand: Trading) -> None:
    pages, start_ms = [], 0
    while rows := ask(old_hand, "userFillsByTime", user=ALICE, startTime=start_ms):
        pages.append(times(rows))
        start_ms = rows[-1]["time"] + 1
    assert pages == [(2_000, first, first + 1_999) for first in range(2_000, 12_000, 2_000)]


def test_reversed_fills_by_time_are_the_newest_of_the_range_newest_first(old_hand: Trading) -> None:
    rows = ask(old_hand, "userFillsByTime", user=ALICE, startTime=0, endTime=NOW_MS + 9_000, reversed=True)
    assert times(rows) == (2_000, 9_000, 7_001)


@pytest.mark.parametrize("type_", ["userFillsByTime", "userFunding", "userNonFundingLedgerUpdates"])
def test_both_ends_belong_to_the_range_and_no_end_means_now(old_hand: Trading, type_: str) -> None:
    start_ms = NOW_MS + (11_000 if type_ == "userFillsByTime" else 300)
    asked: dict[str, Any] = {"user": ALICE, "startTime": start_ms}
    rows = ask(old_hand, type_, **asked, endTime=start_ms + 10)
    assert times(rows) == (11, start_ms - NOW_MS, start_ms + 10 - NOW_MS)
    assert ask(old_hand, type_, **asked) == ask(old_hand, type_, **asked, endTime=None)


@pytest.mark.parametrize("type_", ["userFillsByTime", "userFunding", "userNonFundingLedgerUpdates"])
def test_a_range_that_ends_before_it_starts_is_empty(old_hand: Trading, type_: str) -> None:
    assert ask(old_hand, type_, user=ALICE, startTime=NOW_MS + 10, endTime=NOW_MS) == []


def test_funding_history_goes_on_after_its_last_row() -> None:
    trading = Trading()
    trading.now_ms = NOW_MS + 600 * HOUR_MS
    first = ask(trading, "fundingHistory", coin="BTC", startTime=NOW_MS)
    rest = ask(trading, "fundingHistory", coin="BTC", startTime=first[-1]["time"] + 1)
    assert (len(first), len(rest)) == (500, 101)
    assert [row["time"] // HOUR_MS for row in first + rest] == [NOW_MS // HOUR_MS + each for each in range(601)]


def test_candles_are_the_5000_newest() -> None:
    trading = Trading()
    trading.trade("BTC", "66000", "0.1")
    trading.now_ms = NOW_MS + 6_000 * 60_000
    asked = {"coin": "BTC", "interval": "1m", "startTime": 0}
    rows = ask(trading, "candleSnapshot", req=asked)
    assert (len(rows), rows[-1]["t"] - trading.now_ms) == (5_000, 0)
    older = ask(trading, "candleSnapshot", req={**asked, "endTime": rows[0]["t"] - 1})
    assert older == []


def test_trades_are_the_30_newest() -> None:
    trading = Trading()
    for _ in range(40):
        trading.trade("BTC", "66000", "0.1")
    rows = ask(trading, "recentTrades", coin="BTC")
    assert [row["tid"] for row in rows] == sorted((row["tid"] for row in rows), reverse=True)
    assert len(rows) == 30
