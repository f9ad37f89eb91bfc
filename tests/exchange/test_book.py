from decimal import Decimal

import pytest

from hlmock.exchange.book import Book, Level
from hlmock.exchange.model.markets import Quote
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import Oid
from support.desk import Desk, address

D = Decimal


def book(bid: str | None = "99", ask: str | None = "101", sz: str = "5") -> Book:
    market = Desk().exchange.markets.by_coin["ETH"]
    return Book(market, Quote(None if bid is None else D(bid), D(sz), None if ask is None else D(ask), D(sz)))


def order(side: str, px: str, sz: str = "1", oid: int = 1) -> Order:
    letter = "B" if side == "buy" else "A"
    return Order(Oid(oid), address("alice"), 1, "ETH", letter, D(px), D(sz), D(sz), "Gtc", False, 0)  # type: ignore[arg-type]


def test_levels_come_best_first_with_the_quote_among_them() -> None:
    b = book()
    for px in ("98", "100", "97"):
        b.rest(order("buy", px))
    assert [level.px for level in b.levels("B")] == [100, 99, 98, 97]
    assert [level.px for level in b.levels("A")] == [101]


def test_a_level_sums_its_orders_and_counts_the_quote_as_one() -> None:
    b = book()
    b.rest(order("sell", "101", "2"))
    b.rest(order("sell", "101", "3", oid=2))
    assert list(b.levels("A")) == [Level(D(101), D(10), 3)]


def test_a_side_without_quote_and_orders_is_empty() -> None:
    b = book(bid=None)
    assert list(b.levels("B")) == []
    assert b.best_bid is None


def test_the_mid_is_between_the_best_prices() -> None:
    b = book()
    b.rest(order("buy", "100"))
    assert b.mid_px == D("100.5")


def test_without_a_side_the_mid_is_the_last_trade() -> None:
    b = book(bid=None)
    assert b.mid_px is None
    b.last_px = D(42)
    assert b.mid_px == 42


def test_the_mark_is_the_middle_of_the_quote_and_the_tables_without_one() -> None:
    assert book().mark_px == 100
    assert book(bid=None).mark_px == Desk().exchange.markets.by_coin["ETH"].mark_px


def test_a_removed_order_is_gone_and_its_neighbours_stay() -> None:
    b = book()
    orders = [order("buy", "98", oid=n) for n in range(3)]
    for each in orders:
        b.rest(each)
    b.remove(orders[1])
    assert [entry[2].oid for entry in b.bids] == [0, 2]


def test_removing_an_order_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        book().remove(order("buy", "98"))


def test_an_order_at_the_quoted_price_of_its_own_side_shares_the_level() -> None:
    b = book()
    b.rest(order("buy", "99"))
    assert list(b.levels("B")) == [Level(D(99), D(6), 2)]


def test_a_crossing_rest_withdraws_the_quote_that_it_reaches() -> None:
    b = book()
    b.rest(order("buy", "101"))
    assert (b.best_bid, b.best_ask) == (D(101), None)
    assert not b.crosses("B", D(200))
