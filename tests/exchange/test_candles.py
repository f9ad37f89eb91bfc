"""Candles follow the trades, whenever somebody first asks for their interval."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hlmock.exchange.candles import INTERVALS, MAX_CANDLES, Candles, end_of, start_of
from hlmock.exchange.model.fills import TradePrint
from hlmock.exchange.model.terms import Tid
from hlmock.wire.addresses import ZERO_ADDRESS

MINUTE = 60_000
START = int(datetime(2026, 2, 27, 23, 58, tzinfo=UTC).timestamp()) * 1000


def trade(time_ms: int, px: str, sz: str = "1") -> TradePrint:
    return TradePrint("BTC", "B", Decimal(px), Decimal(sz), time_ms, "0x", Tid(1), ZERO_ADDRESS, ZERO_ADDRESS)


def prices(candles: Candles, interval: str, start_ms: int, end_ms: int) -> list[tuple[object, ...]]:
    found = candles.between(interval, start_ms, end_ms, now_ms=end_ms, mark_px=Decimal(7))
    return [
        (
            (each.start_ms - START) // MINUTE,
            *(str(px) for px in (each.open_px, each.high_px, each.low_px, each.close_px)),
            each.n,
        )
        for each in found
    ]


@pytest.fixture
def candles() -> Candles:
    candles = Candles()
    for offset_ms, px in ((0, "10"), (10_000, "12"), (59_999, "9"), (3 * MINUTE, "11")):
        candles.add(trade(START + offset_ms, px))
    return candles


def test_a_candle_opens_with_its_first_trade_and_closes_with_its_last(candles: Candles) -> None:
    assert prices(candles, "1m", START, START) == [(0, "10", "12", "9", "9", 3)]


def test_quiet_intervals_repeat_the_close_before_them(candles: Candles) -> None:
    assert prices(candles, "1m", START, START + 3 * MINUTE) == [
        (0, "10", "12", "9", "9", 3),
        (1, "9", "9", "9", "9", 0),
        (2, "9", "9", "9", "9", 0),
        (3, "11", "11", "11", "11", 1),
    ]


def test_nothing_is_made_up_before_the_first_trade(candles: Candles) -> None:
    assert prices(candles, "1m", 0, START) == [(0, "10", "12", "9", "9", 3)]


def test_nothing_is_made_up_after_now(candles: Candles) -> None:
    later = START + 60 * MINUTE
    found = candles.between("1m", START, later, now_ms=START + MINUTE, mark_px=Decimal(7))
    assert len(found) == 2


def test_the_candle_that_contains_the_start_is_included(candles: Candles) -> None:
    assert prices(candles, "3m", START + MINUTE, START + 2 * MINUTE)[0][0] == -1


def test_a_coin_that_never_traded_has_one_flat_candle_now() -> None:
    found = Candles().between("1m", 0, START, now_ms=START, mark_px=Decimal(7))
    assert [(each.start_ms, each.close_px, each.n) for each in found] == [(START, Decimal(7), 0)]


def test_at_most_the_newest_candles_are_answered(candles: Candles) -> None:
    end = START + 6_000 * MINUTE
    found = candles.between("1m", 0, end, now_ms=end, mark_px=Decimal(7))
    assert (len(found), found[-1].start_ms) == (MAX_CANDLES, end)


def test_the_oldest_candles_are_gone_also_for_a_range_that_ends_before_now(candles: Candles) -> None:
    now = START + 6_000 * MINUTE
    found = candles.between("1m", 0, now - 4_000 * MINUTE, now_ms=now, mark_px=Decimal(7))
    assert (len(found), found[0].start_ms) == (1_000, now - 4_999 * MINUTE)


def test_quiet_intervals_can_be_left_out(candles: Candles) -> None:
    now = START + 3 * MINUTE
    found = candles.between("1m", START + 1, now, now_ms=now, mark_px=Decimal(7), fills_gaps=False)
    assert [each.start_ms for each in found] == [START, now]
    assert Candles().between("1m", 0, now, now_ms=now, mark_px=Decimal(7), fills_gaps=False) == []


def test_an_interval_asked_for_late_equals_one_asked_for_at_once() -> None:
    early, late = Candles(), Candles()
    for interval in INTERVALS:
        early.of(interval)
    for number in range(400):
        each = trade(START + number * 7_919_000, str(100 + number * 37 % 11), str(number % 5 + 1))
        early.add(each)
        late.add(each)
    for interval in INTERVALS:
        assert early.of(interval) == late.of(interval)


def test_a_month_ends_where_the_next_begins() -> None:
    december = start_of("1M", int(datetime(2026, 12, 31, 12, tzinfo=UTC).timestamp()) * 1000)
    assert end_of("1M", december) + 1 == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize("interval", INTERVALS)
def test_intervals_tile_time(interval: str) -> None:
    first = start_of(interval, START)
    assert start_of(interval, end_of(interval, first)) == first
    assert start_of(interval, end_of(interval, first) + 1) == end_of(interval, first) + 1
