"""Books: depth, buckets, spread, the touch."""

from decimal import Decimal

import msgspec
import pytest

from hlmock.exchange.book import Level
from hlmock.shapes.books import BadAggregation, bbo, l2_book
from hlmock.wire.numbers import wire

BIDS = [Level(Decimal(84143 - step), Decimal("0.5"), 1) for step in range(25)]
ASKS = [Level(Decimal(84144 + step), Decimal("0.25"), 2) for step in range(25)]


def text(shape: object) -> str:
    return msgspec.json.encode(shape).decode()


def test_a_book_is_the_recorded_object() -> None:
    assert text(l2_book("BTC", 1790232236546, BIDS[:1], ASKS[:1], wire)) == (
        '{"coin":"BTC","time":1790232236546,"levels":[[{"px":"84143.0","sz":"0.5","n":1}],'
        '[{"px":"84144.0","sz":"0.25","n":2}]]}'
    )


def test_a_book_has_twenty_levels_a_side_and_five_when_fast() -> None:
    book = l2_book("BTC", 1, BIDS, ASKS, wire)
    fast = l2_book("BTC", 1, BIDS, ASKS, wire, fast=True)
    assert [len(side) for side in (*book.levels, *fast.levels)] == [20, 20, 5, 5]


def test_fast_is_said_only_where_it_was_asked_for() -> None:
    assert text(l2_book("BTC", 1, [], [], wire, fast=True)).endswith('"levels":[[],[]],"fast":true}')


@pytest.mark.parametrize(
    ("figures", "mantissa", "best_bid", "best_ask"),
    [
        (5, None, "84143.0", "84144.0"),
        (5, 2, "84142.0", "84144.0"),
        (5, 5, "84140.0", "84145.0"),
        (4, None, "84140.0", "84150.0"),
        (3, None, "84100.0", "84200.0"),
        (2, None, "84000.0", "85000.0"),
    ],
)
def test_buckets_are_as_wide_as_the_last_significant_figure(
    figures: int, mantissa: int | None, best_bid: str, best_ask: str
) -> None:
    book = l2_book("BTC", 1, BIDS, ASKS, wire, n_sig_figs=figures, mantissa=mantissa)
    assert (book.levels[0][0].px, book.levels[1][0].px) == (best_bid, best_ask)


def test_a_bucket_sums_sizes_and_counts() -> None:
    book = l2_book("BTC", 1, BIDS, ASKS, wire, n_sig_figs=2)
    assert [(level.sz, level.n) for side in book.levels for level in side] == [("12.5", 25), ("6.25", 50)]


def test_the_spread_is_shown_only_with_significant_figures() -> None:
    assert text(l2_book("BTC", 1, BIDS, ASKS, wire, n_sig_figs=4)).endswith('"spread":"1.0"}')
    assert "spread" not in text(l2_book("BTC", 1, BIDS, ASKS, wire))


@pytest.mark.parametrize(("figures", "mantissa"), [(6, None), (1, None), (5, 1), (4, 2), (None, 5)])
def test_an_undocumented_aggregation_is_refused(figures: int | None, mantissa: int | None) -> None:
    with pytest.raises(BadAggregation):
        l2_book("BTC", 1, BIDS, ASKS, wire, n_sig_figs=figures, mantissa=mantissa)


def test_an_empty_side_of_the_touch_is_null() -> None:
    assert text(bbo("BTC", 5, None, ASKS[0], wire)) == (
        '{"coin":"BTC","time":5,"bbo":[null,{"px":"84144.0","sz":"0.25","n":2}]}'
    )
