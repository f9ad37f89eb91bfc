"""ccxt for Python, REST and pro, unmodified and in a process of its own, trades against `hlbench serve`."""

from typing import Any

import pytest

from hlbench.sources import EventSource
from interop.ccxt_steps import STEPS
from support.exercised import assert_exercised
from support.interop import TESTS, Day, assert_held, assert_nothing_lost, live_through, pip_version, python_with

pytestmark = pytest.mark.timeout(300)  # the first run installs the packages


@pytest.fixture(scope="module")
def day(server: dict[str, Any]) -> Day:
    return live_through([python_with("ccxt"), "-m", "interop.ccxt_client"], server, TESTS)


@pytest.mark.parametrize("step", STEPS)
def test_ccxt_for_python(step: str, day: Day) -> None:
    assert_held(day, step)


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_no_update_was_lost(source: EventSource) -> None:
    assert_nothing_lost(source)


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("ccxt-python", pip_version("ccxt"), source.read(0))
