"""The official Python SDK, unmodified and in a process of its own, trades against `hlbench serve`."""

import sys
from importlib.metadata import version
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import TESTS, Day, assert_held, live_through

STEPS = (
    "subscribes",
    "places",
    "finds_by_cloid",
    "modifies",
    "cancels_by_oid",
    "cancels_by_cloid",
    "trades_in_bulk",
    "opens_at_market",
    "closes_at_market",
    "is_filled_as_a_maker_in_parts",
    "stops_its_losses",
    "is_refused_with_the_exchanges_words",
    "trades_with_an_agent",
    "moves_money",
    "changes_leverage_and_margin",
    "trades_for_a_sub_account",
    "sets_its_preferences",
    "pays_a_builder",
    "is_refused_what_it_may_not",
    "several_sign_for_one",
    "a_client_that_signs_for_mainnet_trades_too",
    "asks_everything",
    "was_sent_every_subscription",
    "comes_back_after_a_cut",
)


@pytest.fixture(scope="module")
def day(server: dict[str, Any]) -> Day:
    return live_through([sys.executable, "-m", "interop.python_sdk_client"], server, TESTS)


def test_the_ready_file_names_where_to_go(server: dict[str, Any]) -> None:
    assert server["ws_url"] == f"ws{server['url'].removeprefix('http')}/ws"
    assert server["control_url"] == f"{server['url']}/_hlbench"
    assert server["pid"] > 0
    assert server["version"]


@pytest.mark.parametrize("step", STEPS)
def test_the_sdk(step: str, day: Day) -> None:
    assert_held(day, step)


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_every_update_was_delivered_but_for_those_that_the_day_lost_on_purpose(source: EventSource) -> None:
    """The sub-account's, for which nobody had subscribed, and one between a cut and the next connection."""
    deliveries = Timeline(source).deliveries
    missing = deliveries[deliveries["expected"] & (deliveries["group"] == "missing")]
    assert missing["verdict"].tolist() == ["key_differs", "key_differs", "after_unsubscribe", "before_subscription"]
    assert missing["oid"].nunique() == 2


def test_the_server_broke_no_promise_all_day(source: EventSource) -> None:
    assert Timeline(source).violations() == []


def test_both_networks_were_recovered_on_one_server(source: EventSource) -> None:
    signed = Timeline(source).details("signer.recovered")
    assert set(signed["network"]) == {"mainnet", "testnet"}
    assert set(signed["role"]) == {"account", "agent", "subAccount", "multiSig"}


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    assert_exercised("python-sdk", version("hyperliquid-python-sdk"), source.read(0))
