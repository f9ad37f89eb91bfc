"""One line of text: cutting, padding, wrapping, and the formats of times and identifiers."""

import pytest
from rich.cells import cell_len

from hlbench.inert import inert
from hlbench.text import clock, duration, fit, short, wrapped
from hlbench.tui.spans import cut, plain, spread, width_of
from support.hostile import HOSTILE, assert_inert


@pytest.mark.parametrize("width", [0, 1, 2, 5, 9, 40])
@pytest.mark.parametrize("name", HOSTILE)
def test_fit_fills_exactly_its_cells(name: str, width: int) -> None:
    text = fit(inert(HOSTILE[name]), width)
    assert cell_len(text) == width
    assert_inert(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_short_is_inert_and_fits(name: str) -> None:
    text = short(HOSTILE[name], 13)
    assert_inert(text)
    assert cell_len(text) <= 26


def test_short_keeps_both_ends() -> None:
    assert short("0xeb5d0123456789012345678901234567890121e8", 11) == "0xeb5d0…1e8"
    assert short("alice") == "alice"


def test_clock_is_utc_time_of_day() -> None:
    assert clock(1_700_000_000_031) == "22:13:20.031"


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (41_000, "41 µs"),
        (3_100_000, "3.10 ms"),
        (31_000_000, "31.0 ms"),
        (9_999_999, "10.0 ms"),
        (310_000_000, "310 ms"),
        (12_400_000_000, "12.4 s"),
        (125_000_000_000, "2 m 05 s"),
        (-3_100_000, "-3.10 ms"),
    ],
)
def test_a_duration_has_three_digits(ns: int, text: str) -> None:
    assert duration(ns) == text


def test_wrapping_breaks_between_words_and_within_too_long_ones() -> None:
    assert wrapped("published before the subscription", 10) == ["published", "before the", "subscripti", "on"]
    assert wrapped("", 10) == [""]
    assert all(cell_len(line) <= 7 for line in wrapped("漢字漢字漢字漢字 and so on", 7))


def test_wrapping_ends_in_no_width_at_all() -> None:
    assert wrapped("漢字 a", 1) == ["漢", "字", "a"]


def test_cut_says_that_something_is_missing() -> None:
    line = cut([("hello ", "dim"), ("world", "bad")], 8)
    assert plain(line) == "hello w…"
    assert cut([("ab", ""), ("cd", "")], 4) == [("ab", ""), ("cd", "")]


def test_spread_fills_its_width_and_cuts_the_left_side() -> None:
    line = spread([("a long left side", "")], [("right", "")], 12)
    assert width_of(line) == 12
    assert plain(line) == "a lon… right"
