"""The explorer's feeds: silent as on the API's host, or telling of every transaction as the explorer's host does."""

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from hlmock import FeedSettings, MockExchange
from hlmock.signing.wallets import wallet
from support.clients import next_message, order_action, post_action, subscribe, subscribed

ALICE = wallet("alice")


@pytest.fixture
def explorer() -> Iterator[MockExchange]:
    with MockExchange(feeds=FeedSettings(explorer=True)) as hl:
        yield hl


@pytest.mark.parametrize("type_", ["explorerBlock", "explorerTxs"])
def test_the_apis_host_sends_one_empty_array_and_then_nothing(hl: MockExchange, http: httpx.Client, type_: str) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, type_)
        assert ws.recv(timeout=5) == "[]"
        post_action(http, hl.url, ALICE, order_action())
        ws.send('{"method":"ping"}')
        assert next_message(ws) == {"channel": "pong"}


def test_a_transaction_is_an_array_without_an_envelope(explorer: MockExchange, http: httpx.Client) -> None:
    action = order_action()
    with subscribed(explorer.ws_url, "explorerTxs") as ws:
        post_action(http, explorer.url, ALICE, action)
        (told,) = next_message(ws)
    assert list(told) == ["action", "block", "error", "hash", "time", "user"]
    assert told["action"] == action
    assert (told["error"], told["user"]) == (None, ALICE.address)


def test_a_refused_transaction_says_why(explorer: MockExchange, http: httpx.Client) -> None:
    with subscribed(explorer.ws_url, "explorerTxs") as ws:
        action = {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 1_000}
        answer = post_action(http, explorer.url, ALICE, action)
        (told,) = next_message(ws)
    assert answer == {"status": "err", "response": told["error"]}


def test_a_block_has_the_hash_of_its_fills_and_the_height_of_its_transaction(
    explorer: MockExchange, http: httpx.Client
) -> None:
    with (
        subscribed(explorer.ws_url, "explorerBlock") as blocks,
        subscribed(explorer.ws_url, "explorerTxs") as transactions,
        subscribed(explorer.ws_url, "userEvents", user=ALICE.address) as events,
    ):
        post_action(http, explorer.url, ALICE, order_action(px="70000", tif="Ioc"))
        (block,), (transaction,), fills = next_message(blocks), next_message(transactions), next_message(events)
    assert list(block) == ["blockTime", "hash", "height", "numTxs", "proposer"]
    assert (block["height"], block["hash"]) == (transaction["block"], transaction["hash"])
    assert {fill["hash"] for fill in fills["data"]["fills"]} == {block["hash"]}


def test_heights_go_up_by_the_transaction(explorer: MockExchange, http: httpx.Client) -> None:
    heights = []
    with subscribed(explorer.ws_url, "explorerBlock") as ws:
        for leverage in (5, 1_000, 6, 1_001):
            action = {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": leverage}
            post_action(http, explorer.url, ALICE, action)
            heights.append(json.loads(ws.recv(timeout=5))[0]["height"])
    assert heights == sorted(set(heights))
