"""Mark and oracle prices."""

from decimal import Decimal

import pytest

from support.desk import Desk, error

D = Decimal


def marks(desk: Desk, coin: str = "BTC") -> tuple[Decimal, Decimal]:
    book = desk.exchange.book(coin)
    return book.mark_px, book.oracle_px


def test_both_prices_start_as_in_the_tables() -> None:
    assert marks(Desk()) == (D(66_344), D(66_383))


def test_the_mark_is_the_middle_of_the_quote_and_the_oracle_follows_in_proportion() -> None:
    desk = Desk()
    desk.quote("BTC", "33171", "33173")
    assert marks(desk) == (D(33_172), D("33191.5"))


def test_one_side_of_a_quote_moves_no_price() -> None:
    desk = Desk()
    desk.quote("BTC", "60000", None)
    assert marks(desk) == (D(66_344), D(66_383))


def test_what_was_set_last_is_the_mark() -> None:
    desk = Desk()
    desk.prices("BTC", mark="50000")
    assert marks(desk) == (D(50_000), D(66_383))
    desk.quote("BTC", "59999", "60001")
    assert marks(desk)[0] == 60_000


def test_an_oracle_that_was_set_stays() -> None:
    desk = Desk()
    desk.prices("BTC", oracle="70000")
    desk.quote("BTC", "59999", "60001")
    assert marks(desk) == (D(60_000), D(70_000))


def test_orders_are_bound_to_the_mark_that_was_set() -> None:
    desk = Desk()
    desk.prices("BTC", mark="1000")
    assert error(desk.order("alice", "buy", "1", "30000")) is not None
    assert error(desk.order("alice", "buy", "1", "900")) is None


@pytest.mark.parametrize("px", ["0", "-1", "NaN"])
def test_prices_are_positive(px: str) -> None:
    desk = Desk()
    assert error(desk.prices("BTC", mark=px)) == "prices must be positive"
    assert error(desk.prices("BTC", oracle=px)) == "prices must be positive"
    assert marks(desk) == (D(66_344), D(66_383))


def test_an_unknown_coin_has_no_prices() -> None:
    assert error(Desk().prices("NOPE", mark="1")) == "unknown coin 'NOPE'"
