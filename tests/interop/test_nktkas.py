"""`@nktkas/hyperliquid` (TypeScript), unmodified and in a process of its own, trades against `hlbench serve`."""

from typing import Any

import pytest

from hlbench import Timeline
from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import Day, assert_held, live_through, node, npm_version

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
    "sets_leverage",
    "trades_in_slices",
    "protects_what_it_opens",
    "changes_margin",
    "moves_money",
    "has_a_sub_account",
    "leads_a_vault",
    "stakes",
    "sets_its_preferences",
    "refers_another_account",
    "becomes_an_account_of_several",
    "is_refused_what_it_may_not",
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
    assert_held(day, step)


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_only_the_updates_of_the_sub_account_were_lost(source: EventSource) -> None:
    """Nobody had subscribed for it: its master's feeds do not have them."""
    deliveries = Timeline(source).deliveries
    missing = deliveries[deliveries["expected"] & (deliveries["group"] == "missing")]
    assert missing["verdict"].tolist() == ["key_differs"]


def test_the_server_broke_no_promise_all_day(source: EventSource) -> None:
    assert Timeline(source).violations() == []


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("nktkas", npm_version("@nktkas/hyperliquid"), source.read(0))
