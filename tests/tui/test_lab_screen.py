"""The Lab screen as it is used: choose, search, step to the failure, back, flip, and keep the result as a test."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from hlbench.lab.batches import Target
from hlbench.lab.catalogue import defects
from hlbench.lab.schedules import parse_schedule
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.lab_run import LabRun
from hlbench.tui.screens.lab import LabScreen
from support.golden import assert_golden
from support.streams import Stream
from support.tui import SIZES, StreamSource, press, running, screen_text, until

CLEANUP = "c2.in@frame.received before c1.cleanup@connection.closing"
"""The new connection's subscribe frame comes before the end of the old one is noticed."""

Use = Callable[[WorkbenchApp, Pilot[None], LabScreen], Awaitable[None]]


def _use(use: Use, *, run: LabRun | None = None, size: tuple[int, int] = (120, 36)) -> None:
    async def go() -> None:
        async with running(StreamSource(Stream()), size, lab=run) as (app, pilot):
            if run is None:
                await press(app, pilot, "5")
            screen = app.current
            assert isinstance(screen, LabScreen)
            await use(app, pilot, screen)

    asyncio.run(go())


def _cleanup_run() -> LabRun:
    return LabRun(Target("S03"), parse_schedule(CLEANUP))


async def _answer(app: WorkbenchApp, pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: bool(app.screen.query("#ask")), "the question is asked")
    app.screen.query_one("#ask", Input).value = text
    await press(app, pilot, "enter")


async def _idle(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
    await until(pilot, lambda: screen.run_open is None or not screen.run_open.task, "the background is done")


def _pytest(path: Path) -> int:
    return subprocess.run([sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", path]).returncode


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_the_chooser_tells_each_scenarios_story(size: tuple[int, int]) -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "down", "down")
        assert "S03 a late cleanup" in screen_text(app)
        assert_golden(f"tui/lab-chooser-{size[0]}x{size[1]}.txt", screen_text(app))

    _use(use, size=size)


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_a_run_shows_who_can_go_what_the_server_holds_and_what_the_clients_know(size: tuple[int, int]) -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, *["n"] * 12)
        assert_golden(f"tui/lab-run-{size[0]}x{size[1]}.txt", screen_text(app))

    _use(use, run=_cleanup_run(), size=size)


def test_stepped_to_its_failure_back_flipped_it_passes_and_both_are_kept_as_tests(tmp_path: Path) -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "r")
        await _idle(app, pilot, screen)
        assert screen.run_open is not None
        assert screen.run_open.session.violations
        assert "D6" in screen_text(app)
        assert "✗ c2 orderUpdates removed by c1" in screen_text(app)
        await press(app, pilot, "e")
        await _answer(app, pilot, str(tmp_path / "test_failing.py"))
        at = screen.run_open.session.step_number
        await press(app, pilot, "p", "p", "p")
        assert screen.run_open.session.step_number == at - 3
        await _flip_what_passes(app, pilot, screen)
        await press(app, pilot, "r")
        assert screen.run_open.session.is_over
        assert "nothing is broken" in screen_text(app)
        await press(app, pilot, "e")
        await _answer(app, pilot, str(tmp_path / "test_passing.py"))

    _use(use, run=_cleanup_run())
    assert _pytest(tmp_path / "test_failing.py") == 1
    assert _pytest(tmp_path / "test_passing.py") == 0


async def _flip_what_passes(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
    """Ask what would happen, go to the actor with which the run passes, and let it go."""
    await press(app, pilot, "w")
    run = screen.run_open
    assert run is not None
    while not any(run.outcomes.values()):
        await press(app, pilot, "p", "w")
    passing = next(actor for actor, passes in run.outcomes.items() if passes)
    names = [actor.name for actor in run.session.state.actors]
    at = next(index for index, actor in enumerate(run.session.state.actors) if actor.is_next)
    by = names.index(passing) - at
    await press(app, pilot, *["down" if by > 0 else "up"] * abs(by), "f")


def test_a_search_finds_a_failing_schedule_that_can_be_stepped_and_shrunk() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "down", "down", "enter", "x")
        await _idle(app, pilot, screen)
        first = screen.run_open
        assert first is not None
        assert first.report is not None
        assert first.report.failures
        await press(app, pilot, "m")
        await _idle(app, pilot, screen)
        assert "smallest" in screen_text(app)
        await press(app, pilot, "M", "r")
        await _idle(app, pilot, screen)
        assert screen.run_open is not first
        assert screen.run_open is not None
        assert screen.run_open.session.violations

    _use(use)


def test_every_other_screen_shows_the_run_while_it_is_open_and_home_again_after_it() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "r", "1")
        text = screen_text(app)
        assert "◆ LAB" in text
        assert "▾ alice 0x18996" in text
        await press(app, pilot, "5", "p", "1")
        assert app.session.model.seq == len(app.session.source.read(0))
        await press(app, pilot, "5", "escape", "1")
        assert "waiting for the first order" in screen_text(app)

    _use(use, run=_cleanup_run())


def test_run_to_stops_at_the_event_or_says_what_cannot_be_read() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "t")
        await _answer(app, pilot, "registry.resolved while nobody")
        assert "cannot read `while nobody`" in screen_text(app)
        await _answer(app, pilot, "order.stored")
        assert screen.run_open is not None
        assert screen.run_open.session.result.events[-1].stage == "publication.created"
        assert not screen.run_open.session.is_over

    _use(use, run=_cleanup_run())


def test_an_actor_that_waits_is_not_let_go() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "end", "down", "f")
        assert screen.run_open is not None
        assert screen.run_open.session.step_number == 0
        assert "cannot step now" in screen_text(app)

    _use(use, run=_cleanup_run())


def test_without_its_bug_the_run_passes() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "v", "r")
        assert "passing" in screen_text(app)
        assert "nothing is broken" in screen_text(app)

    _use(use, run=LabRun(Target("S03")))


def test_a_run_that_breaks_nothing_says_how_to_find_one_that_does() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "r")
        assert "nothing is broken; x searches for a schedule that breaks it" in screen_text(app)

    _use(use, run=LabRun(Target("S03")))


def test_another_defect_can_be_planted() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], screen: LabScreen) -> None:
        await press(app, pilot, "d")
        assert "registry-by-wallet" in screen_text(app)
        await press(app, pilot, "down", "enter")
        assert screen.run_open is not None
        planted = screen.run_open.target.defect
        assert planted in defects()
        assert f"defect {planted}" in screen_text(app)

    _use(use, run=_cleanup_run())
