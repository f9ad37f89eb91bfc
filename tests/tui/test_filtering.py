"""Filters at work: hide or mark, from match to match, saved for another time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hlbench.saved_filters import file, save_filter, saved_filters
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.widgets.events import EventsPane
from support.tui import StreamSource, filter_by, press, running, scene, screen_text

Use = Callable[[WorkbenchApp, Pilot[None], EventsPane], Awaitable[None]]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HLBENCH_CONFIG_DIR", str(tmp_path / "config"))


def _use(use: Use) -> None:
    async def run() -> None:
        async with running(StreamSource(scene()), (120, 36)) as (app, pilot):
            await use(app, pilot, app.live.query_one(EventsPane))

    asyncio.run(run())


def test_a_filter_marks_what_matches_in_the_whole_log() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], events: EventsPane) -> None:
        await filter_by(app, pilot, "stage:registry.resolved")
        assert events.count == 12
        await press(app, pilot, "h")
        assert events.count == app.session.model.seq
        marked = [line for line in screen_text(app).split("\n") if "◆" in line]
        assert marked
        assert all("registry.resolved" in line for line in marked)
        await press(app, pilot, "h")
        assert events.count == 12

    _use(use)


def test_n_goes_from_match_to_match_where_the_log_has_the_focus() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], events: EventsPane) -> None:
        await filter_by(app, pilot, "found=0")
        await press(app, pilot, "h", "g", "n")
        assert app.session.selection.seq == 118
        await press(app, pilot, "n")
        assert "No further match." in screen_text(app)
        await press(app, pilot, "G", "N")
        assert app.session.selection.seq == 118

    _use(use)


def test_a_saved_filter_is_in_the_palette_of_the_next_run() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], events: EventsPane) -> None:
        await filter_by(app, pilot, "found=0")
        await press(app, pilot, "ctrl+s")

    _use(use)
    assert saved_filters() == ["found=0"]

    async def again(app: WorkbenchApp, pilot: Pilot[None], events: EventsPane) -> None:
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        commands["Filter: found=0"].callback()
        await press(app, pilot)
        assert "Events /found=0 · 1" in screen_text(app)

    _use(again)


def test_saved_filters_come_the_latest_first_and_once() -> None:
    for text in ("a", "b", "a"):
        save_filter(text)
    assert saved_filters() == ["a", "b"]


def test_a_damaged_file_of_filters_is_no_filter() -> None:
    save_filter("a")
    file().write_text("{", encoding="utf-8")
    assert saved_filters() == []
