"""Ladder, Deliveries, Frames: whole screens of a real run, against dumps that somebody has read."""

import asyncio

import pytest

from hlbench.tui.screens.ladder import counterpart
from hlbench.tui.selection import Selection
from hlbench.tui.session import Session
from support.golden import assert_golden
from support.streams import ALICE, Stream, cloid_of
from support.tui import SIZES, StreamSource, press, recorded, running, screen_text, shown

IDS = [f"{width}x{height}" for width, height in SIZES]
SCREENS = {"ladder": "2", "deliveries": "3", "frames": "4"}


def _dump(size: tuple[int, int], *keys: str) -> str:
    async def run() -> str:
        async with running(recorded(), size) as (app, pilot):
            await press(app, pilot, *keys)
            return screen_text(app)

    return asyncio.run(run())


@pytest.mark.parametrize("size", SIZES, ids=IDS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_starts_with_what_is_wrong(screen: str, size: tuple[int, int]) -> None:
    text = _dump(size, SCREENS[screen])
    assert "✗ 1 missing" in text
    assert_golden(f"tui/{screen}-{size[0]}x{size[1]}.txt", text)


def test_two_ladders_stand_side_by_side() -> None:
    text = _dump((200, 55), "2", "m", "o")
    assert "bob #400000000005 ✗" in text
    assert "bob #400000000006 ✓" in text
    assert_golden("tui/ladders-200x55.txt", text)


def test_a_step_of_the_ladder_shows_its_event() -> None:
    assert "Event 169" in _dump((120, 36), "2", "down", "down", "down", "down", "down")


def test_a_connection_has_a_ladder_too() -> None:
    async def run() -> str:
        async with running(recorded(), (120, 36)) as (app, pilot):
            app.session.select(Selection("connection", connection="c2"))
            await press(app, pilot, "2")
            return screen_text(app)

    text = asyncio.run(run())
    assert "Ladder · connection c2" in text
    assert_golden("tui/ladder-connection-120x36.txt", text)


def test_only_problems_are_listed_on_demand() -> None:
    text = _dump((120, 36), "3", "p")
    assert "Deliveries · 1 missing or late" in text
    assert "c5 before_subscription" in text
    assert "Deliveries · 30 order updates" in _dump((120, 36), "3", "p", "p")


def test_an_update_that_is_scrolled_out_of_view_keeps_its_connections_column() -> None:
    head, pinned, *rest = _dump((120, 14), "3", "G").splitlines()[3:]
    assert " c5 " in head
    assert "✗" in pinned
    assert not [line for line in rest if "bob" in line], "no other update in view is of the connection"


def test_a_frame_is_shown_as_json_and_can_be_sent_again() -> None:
    text = _dump((200, 55), "4", "left_square_bracket", "right_square_bracket", "right_square_bracket", "g")
    assert '"method": "subscribe"' in text
    assert_golden("tui/frame-200x55.txt", text)


def test_two_frames_are_compared() -> None:
    text = _dump((120, 36), "4", "up", "m", "up")
    assert "From seq 445 to seq 439" in text
    assert '-  "status": "ok",' in text
    assert '+  "channel": "userFills",' in text


def test_the_cursor_in_time_is_shared_by_all_screens() -> None:
    async def run() -> None:
        async with running(recorded(), (120, 36)) as (app, pilot):
            app.session.travel(168)
            await press(app, pilot, "2")
            assert "before_subscription" not in screen_text(app)
            await press(app, pilot, "3")
            assert "…" in screen_text(app).split("#400000000005")[1].split("\n")[0]
            await press(app, pilot, "L")
            await shown(app, pilot)
            assert "before_subscription" in screen_text(app)

    asyncio.run(run())


def test_two_runs_stand_side_by_side_order_by_order() -> None:
    async def run() -> str:
        async with running(recorded(), (200, 55), beside=recorded()) as (app, pilot):
            await press(app, pilot, "2")
            return screen_text(app)

    text = asyncio.run(run())
    assert text.count("bob #400000000005 ✗") == 2
    assert "✗ · recording hlbench-live.hlrec" in text


def test_the_same_order_of_another_run_is_found_by_its_cloid_else_by_its_number() -> None:
    one, other = Stream(), Stream()
    for number in (1, 2, 3):
        one.order(ALICE, cloid=cloid_of(number))
    for number in (2, 1, 9):
        other.order(ALICE, cloid=cloid_of(number))
    here, there = (Session(StreamSource(stream), clock_ns=lambda: 0) for stream in (one, other))
    for session in (here, there):
        session.drain(1)
    found = [counterpart(row, there) for row in here.board.orders.rows]
    assert [row.cloid for row in found if row is not None] == [cloid_of(1), cloid_of(2), cloid_of(9)]
