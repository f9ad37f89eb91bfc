"""NautilusTrader's live node, unmodified and in a process of its own, trades against `hlbench serve`.

Its classic Python configuration has no base URL for HTTP; that of the Rust clients, used here, has one for each way.
"""

from typing import Any

import pytest

from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import TESTS, Day, assert_held, assert_nothing_lost, live_through, pip_version, python_with

pytestmark = pytest.mark.timeout(600)  # the first run installs the packages

STEPS = (
    "starts_up",
    "places",
    "modifies",
    "cancels",
    "is_filled_as_a_taker",
    "is_filled_as_a_maker_in_parts",
    "stops_its_losses",
    "sees_a_bar_close",
    "is_refused_with_the_exchanges_words",
    "reconnects_and_subscribes_again",
    "leaves_nothing_open",
)


@pytest.fixture(scope="module")
def day(server: dict[str, Any]) -> Day:
    python = python_with("nautilus-trader", at_least=(3, 12), size="950 MB")
    return live_through([python, "-m", "interop.nautilus_client"], server, TESTS)


@pytest.mark.parametrize("step", STEPS)
def test_nautilus(step: str, day: Day) -> None:
    assert_held(day, step)


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_no_update_was_lost(source: EventSource) -> None:
    assert_nothing_lost(source)


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("nautilus", pip_version("nautilus-trader"), source.read(0))
