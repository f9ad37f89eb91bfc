"""ccxt for Python, REST and pro, unmodified and in a process of its own, trades against `hlbench serve`."""

from typing import Any

import pytest

from hlbench import Timeline
from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import Day, assert_held, live_through, pip_version, python_with

pytestmark = pytest.mark.timeout(300)  # the first run installs the packages

STEPS = (
    "loads_markets",
    "watches",
    "places",
    "edits",
    "cancels",
    "is_filled_as_a_taker",
    "is_filled_as_a_maker_in_parts",
    "is_refused_with_the_exchanges_words",
    "trades_over_the_websocket",
    "protects_what_it_opens",
    "trades_in_slices",
    "trades_spot",
    "changes_margin",
    "sets_its_preferences",
    "moves_money",
    "asks_everything",
    "reconnects_and_subscribes_again",
    "unwatches",
)


@pytest.fixture(scope="module")
def day(server: dict[str, Any]) -> Day:
    return live_through([python_with("ccxt"), "ccxt_client.py"], server)


@pytest.mark.parametrize("step", STEPS)
def test_ccxt_for_python(step: str, day: Day) -> None:
    assert_held(day, step)


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_no_update_was_lost(source: EventSource) -> None:
    timeline = Timeline(source)
    assert timeline.summary().missing == 0
    assert timeline.violations() == []


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("ccxt-python", pip_version("ccxt"), source.read(0))
