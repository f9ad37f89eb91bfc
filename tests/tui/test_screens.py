"""Whole screens at fixed sizes, against dumps that somebody has read."""

import asyncio

import pytest

from support.golden import assert_golden
from support.streams import Stream
from support.tui import SIZES, StreamSource, filter_by, press, running, scene, screen_text

IDS = [f"{width}x{height}" for width, height in SIZES]


def _dump(
    size: tuple[int, int],
    *keys: str,
    stream: Stream | None = None,
    recording: str | None = None,
    filter_: str | None = None,
) -> str:
    async def run() -> str:
        source = StreamSource(stream or scene(), is_live=recording is None, path=recording)
        async with running(source, size) as (app, pilot):
            await press(app, pilot, *keys)
            if filter_ is not None:
                await filter_by(app, pilot, filter_)
            return screen_text(app)

    return asyncio.run(run())


@pytest.mark.parametrize("size", SIZES, ids=IDS)
def test_the_live_screen_shows_the_missing_update_and_its_verdict_without_a_key_press(size: tuple[int, int]) -> None:
    text = _dump(size)
    assert "✗ 1 missing" in text
    assert "published before the subscription took" in text
    assert "before_subscription" in text
    assert_golden(f"tui/live-{size[0]}x{size[1]}.txt", text)


@pytest.mark.parametrize("size", SIZES, ids=IDS)
def test_an_empty_server_says_where_to_point_a_client(size: tuple[int, int]) -> None:
    text = _dump(size, stream=Stream())
    assert "http://127.0.0.1:8080" in text
    assert_golden(f"tui/empty-{size[0]}x{size[1]}.txt", text)


@pytest.mark.parametrize("size", SIZES, ids=IDS)
def test_help_is_readable(size: tuple[int, int]) -> None:
    text = _dump(size, "question_mark")
    assert "says why" in text
    assert_golden(f"tui/help-{size[0]}x{size[1]}.txt", text)


@pytest.mark.parametrize(("pane", "tabs"), [("registry", 2), ("events", 3)])
def test_a_narrow_screen_shows_the_pane_that_tab_goes_to(pane: str, tabs: int) -> None:
    assert_golden(f"tui/{pane}-80x24.txt", _dump((80, 24), *["tab"] * tabs))


def test_a_connection_is_shown_with_what_it_misses() -> None:
    text = _dump((120, 36), "tab", "tab", "down", "up")
    assert "missing here" in text
    assert_golden("tui/connection-120x36.txt", text)


def test_an_event_is_shown_with_all_its_fields() -> None:
    assert_golden("tui/event-120x36.txt", _dump((120, 36), "tab", "tab", "tab", "up"))


def test_a_filter_says_what_it_shows() -> None:
    text = _dump((120, 36), filter_="found=0")
    assert "Events /found=0 · 1" in text
    assert_golden("tui/filter-120x36.txt", text)


def test_a_recording_says_that_it_is_one() -> None:
    text = _dump((120, 36), recording="run.hlrec")
    assert "■ RECORDING" in text
    assert "hlbench why 0x00000000000000000000000000000005 run.hlrec" in text
    assert_golden("tui/recording-120x36.txt", text)
