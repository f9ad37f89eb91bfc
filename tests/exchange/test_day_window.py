"""Volume and price of a day ago."""

from decimal import Decimal

from hlmock.exchange.day_window import DayWindow
from hlmock.exchange.model.terms import DAY_MS, HOUR_MS
from hlmock.shapes.contexts import perp_ctx
from hlmock.wire.numbers import wire
from support.desk import Desk

D = Decimal


def window(*trades: tuple[int, str]) -> DayWindow:
    """(hour, price), a size of 2 each."""
    day = DayWindow()
    for hour, px in trades:
        day.add(D(px), D(2), hour * HOUR_MS)
    return day


def test_trades_count_for_24_hours() -> None:
    day = window((0, "10"), (0, "11"), (5, "12"))
    assert [day.traded(hour * HOUR_MS) for hour in (5, 23, 24, 29)] == [
        (D(6), D(66)),
        (D(6), D(66)),
        (D(2), D(24)),
        (D(0), D(0)),
    ]


def test_the_price_of_a_day_ago_is_that_of_the_last_trade_before() -> None:
    day = window((0, "10"), (0, "11"), (5, "12"), (30, "13"), (90, "14"))
    assert [day.px_at_start(hour * HOUR_MS) for hour in (90, 114)] == [D(13), D(14)]
    assert window((7, "10")).px_at_start(30 * HOUR_MS) is None


def test_a_context_shows_the_tables_day_and_then_its_own() -> None:
    desk = Desk()
    market = desk.exchange.markets.by_coin["BTC"]

    def day() -> list[Decimal]:
        ctx = perp_ctx(desk.exchange, market, wire)
        return [D(ctx["prevDayPx"]), D(ctx["dayNtlVlm"]) - market.day_ntl_vlm]

    desk.order("alice", "buy", "1", "70000", "Ioc")
    assert day() == [D(69_557), D(66_345)]
    desk.advance(DAY_MS // 2_000)
    desk.quote("BTC", "59999", "60000")
    desk.order("alice", "buy", "1", "70000", "Ioc")
    assert day() == [D(69_557), D(126_345)]
    desk.advance(DAY_MS // 2_000)
    assert day() == [D(66_345), D(60_000)]
    desk.advance(DAY_MS // 1_000)
    assert day() == [D(60_000), D(0)]
