"""`@nktkas/hyperliquid` (TypeScript), unmodified and in a process of its own, trades against `hlbench serve`."""

from typing import Any

import pytest

from hlbench import Timeline
from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import Day, live_through, node, npm_version

pytestmark = pytest.mark.timeout(300)  # the first run installs the packages

STEPS = (
    "starts_up",
    "subscribes_and_waits_for_each_acknowledgement",
    "places",
    "modifies",
    "cancels",
    "is_filled_as_a_taker",
    "is_filled_as_a_maker_in_parts",
    "is_refused_with_the_exchanges_words",
    "trades_with_an_agent",
    "moves_money_and_sets_leverage",
    "posts_over_the_websocket",
    "asks_everything",
    "was_sent_every_subscription",
    "reconnects_and_subscribes_again",
    "unsubscribes",
)


@pytest.fixture(scope="module")
def day(server: dict[str, Any]) -> Day:
    found, folder = node()
    return live_through([found, "nktkas_client.mjs"], server, folder)


@pytest.mark.parametrize("step", STEPS)
def test_nktkas(step: str, day: Day) -> None:
    error = day[step]
    assert error is None, error


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_no_update_was_lost(source: EventSource) -> None:
    timeline = Timeline(source)
    assert timeline.summary().missing == 0
    assert timeline.violations() == []


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("nktkas", npm_version("@nktkas/hyperliquid"), source.read(0))
