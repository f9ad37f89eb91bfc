"""The filter language: what it selects, and what it says about mistakes."""

import pytest

from hlbench.filters import FilterError, parse
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.streams import ALICE, BOB

NAMES = {ALICE: "alice"}

RESOLVED = TraceEvent(
    12,
    0,
    0,
    stages.REGISTRY_RESOLVED,
    cause=11,
    request=7,
    account=ALICE,
    coin="BTC",
    channel="orderUpdates",
    key=f"orderUpdates:{ALICE}",
    commit=3,
    detail=ev.RegistryResolved(5, (), 4),
)
OVERFLOW = TraceEvent(
    13, 0, 0, stages.CONNECTION_CLOSING, connection="c3", detail=ev.ConnectionEnded(1008, "server", "outbox overflow")
)
RECEIVED = TraceEvent(14, 0, 0, stages.REQUEST_RECEIVED, payload=b'{"Type":"order","coin":"SOL"}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "stage:registry.resolved",
        "stage=registry.*",
        "stage:*.resolved",
        "STAGE:Registry.R*d",
        "account:0xa1a1",
        "account:ALICE",
        "account:al*",
        "user:alice",
        "coin:btc",
        "found=0",
        "found:..3",
        "seq:12",
        "seq:10..",
        "commit:1..3",
        "publication:5",
        "channel:orderUpdates coin:BTC found=0",
        "key:orderUpdates:*",
        "-conn:c3",
        "-stage:reply.*",
        "alice",
        "REGISTRY",
        '"0 found of 4"',
    ],
)
def test_a_filter_selects(text: str) -> None:
    assert parse(text).matches(RESOLVED, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "stage:registry",
        "stage:*.resolve",
        "account:0xb0",
        "account:bob",
        "found=1",
        "found:1..",
        "seq:..11",
        "coin:BTC coin:ETH",
        "-coin:BTC",
        "conn:c3",
        "oid:7",
        "status:open",
        "cloid:*",
        '"0  found"',
        "bob",
    ],
)
def test_a_filter_leaves_out(text: str) -> None:
    assert not parse(text).matches(RESOLVED, NAMES)


def test_text_is_searched_in_what_a_row_shows_and_in_payloads() -> None:
    assert parse('"outbox overflow"').matches(OVERFLOW, NAMES)
    assert parse("c3").matches(OVERFLOW, NAMES)
    assert parse("sol").matches(RECEIVED, NAMES)


def test_two_stars_need_both_parts_in_their_order() -> None:
    assert parse("stage:r*y.*d").matches(RESOLVED, NAMES)
    assert not parse("stage:*resolved*registry*").matches(RESOLVED, NAMES)


def test_a_star_never_counts_a_character_twice() -> None:
    assert not parse("coin:BTC*BTC").matches(RESOLVED, NAMES)


def test_a_quoted_value_keeps_its_blanks() -> None:
    event = TraceEvent(1, 0, 0, stages.ORDER_STORED, coin="A B")
    assert parse('coin:"a b"').matches(event, {})


def test_an_empty_filter_is_false_and_a_filter_is_true() -> None:
    assert not parse("  ")
    assert parse("x")
    assert parse("coin:BTC ").text == "coin:BTC"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stge:x", "did you mean stage?"),
        ("stage:", "stage: needs a value"),
        ("coin:BTC found=", "found= needs a value"),
        ("wibble:x", "known are account"),
        ("found:many", "found is a number or a range"),
        ("seq:..", "seq is a number or a range"),
        ("since:yesterday", "since is a distance such as -5s, a time such as 12:00:03"),
        ("until:25:00", "no time of day"),
        ("since:-5", "not '-5'"),
        ("since:-5s", "counts from the newest event, and there is none"),
        ("until:12:00", "counts from the newest event, and there is none"),
        ('"no end', "quote"),
        ('coin:"no end', "quote"),
    ],
)
def test_a_mistake_is_named(text: str, says: str) -> None:
    with pytest.raises(FilterError, match=says.replace("?", r"\?")):
        parse(text)


@pytest.mark.parametrize("text", ["__import__('os')", "{0.__class__}", "found", "(a|b)*c+", "[", "\\", "*"])
def test_a_filter_is_text_and_never_code_or_a_pattern_language(text: str) -> None:
    assert parse(text).matches(RESOLVED, NAMES) is (text == "found")


def test_another_accounts_address_is_not_a_prefix_of_mine() -> None:
    assert not parse(f"account:{BOB}").matches(RESOLVED, NAMES)
    assert parse(f"account:{ALICE.upper().replace('0X', '0x')}").matches(RESOLVED, NAMES)


NOON = 1_788_264_000_000
"""2026-09-01T12:00:00 UTC."""


def times_selected(text: str, *, newest_ms: int = NOON) -> list[int]:
    """Of events every second from a minute before the newest to it: how many seconds before it are selected."""
    chosen = parse(text, newest_ms=newest_ms)
    events = [TraceEvent(61 - back, 0, newest_ms - back * 1_000, stages.CLOCK_ADVANCED) for back in range(60, -1, -1)]
    return [(newest_ms - event.time_ms) // 1_000 for event in events if chosen.matches(event, {})]


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("since:-2s", [2, 1, 0]),
        ("since=-2000ms", [2, 1, 0]),
        ("since:-1.5s", [1, 0]),
        ("since:-0.03m", [1, 0]),
        ("until:-58s", [60, 59, 58]),
        ("since:-3s until:-2s", [3, 2]),
        ("-since:-57s", [60, 59, 58]),
        ("since:11:59:58", [2, 1, 0]),
        ("since:11:59:57.5", [2, 1, 0]),
        ("since:12:00", [0]),
        ("until:11:59:01", [60, 59]),
        ("since:2026-09-01T11:59:59", [1, 0]),
        ("since:2026-09-01T13:59:59+02:00", [1, 0]),
        ("since:12:00:01", []),
    ],
)
def test_since_and_until_count_from_the_newest_event_or_name_a_time(text: str, back: list[int]) -> None:
    assert times_selected(text) == back


def test_a_time_of_day_is_the_nearest_one_over_midnight_too() -> None:
    midnight = NOON + 12 * 3_600_000
    assert times_selected("since:23:59:58", newest_ms=midnight + 1_000) == [3, 2, 1, 0]
    assert times_selected("since:00:00:01", newest_ms=midnight - 1_000) == []
