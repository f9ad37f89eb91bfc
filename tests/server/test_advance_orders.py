"""What a subscriber gets, in order, when time or a price moves: slices of a TWAP, a take profit and its stop loss."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from hlmock import ExchangeSettings, MockExchange
from hlmock.signing.wallets import wallet
from support.clients import next_message, order_action, post_action, subscribe

ALICE = wallet("alice")
USER = ALICE.address.lower()
FEEDS = ("orderUpdates", "userEvents", "userFills", "userTwapSliceFills", "userTwapHistory")
SNAPSHOTS = ("userFills", "userTwapSliceFills", "userTwapHistory")


@pytest.fixture
def hl() -> Iterator[MockExchange]:
    """Without the funding that falls due when a test goes past a full hour."""
    with MockExchange(exchange=ExchangeSettings(hourly_funding=False)) as exchange:
        yield exchange


def follow(ws: ClientConnection) -> None:
    """Subscribe to all that concerns orders, and read the first frames."""
    for kind in FEEDS:
        subscribe(ws, kind, user=USER)
        if kind in SNAPSHOTS:
            assert next_message(ws)["data"]["isSnapshot"] is True


def messages_until_pong(ws: ClientConnection) -> list[Any]:
    """Everything that is on its way: a ping is answered after it."""
    ws.send(json.dumps({"method": "ping"}))
    found = []
    while (message := next_message(ws))["channel"] != "pong":
        found.append(message)
    return found


def story(messages: list[Any]) -> list[tuple[Any, ...]]:
    """Each message in a few words, with everything that its channel is about."""
    return [_told(message["channel"], message["data"]) for message in messages]


def _told(channel: str, data: Any) -> tuple[Any, ...]:
    match channel:
        case "orderUpdates":
            return (channel, *[(row["status"], row["order"]["side"], row["order"]["sz"]) for row in data])
        case "user":
            ((kind, rows),) = data.items()
            return (channel, kind, len(rows))
        case "userFills":
            return (channel, *[(fill["dir"], fill["sz"], fill["px"]) for fill in data["fills"]])
        case "userTwapSliceFills":
            return (channel, *[(row["twapId"], row["fill"]["sz"]) for row in data["twapSliceFills"]])
        case _:
            return (channel, *[(row["status"]["status"], row["state"]["executedSz"]) for row in data["history"]])


def twap_action(sz: str, minutes: int) -> dict[str, Any]:
    return {"type": "twapOrder", "twap": {"a": 0, "b": True, "s": sz, "r": False, "m": minutes, "t": False}}


def test_a_twap_tells_its_subscriber_of_every_slice_until_it_is_finished(hl: MockExchange, http: httpx.Client) -> None:
    with connect(hl.ws_url) as ws:
        follow(ws)
        answer = post_action(http, hl.url, ALICE, twap_action("0.1", 5))
        twap_id = answer["response"]["data"]["status"]["running"]["twapId"]
        assert story(messages_until_pong(ws)) == [
            ("user", "twapHistory", 1),
            ("userTwapHistory", ("activated", "0.0")),
        ]
        hl.set_bbo("BTC", "86956", "87000")
        one_slice = [
            ("orderUpdates", ("open", "B", "0.01"), ("filled", "B", "0.0")),
            ("user", "fills", 1),
            ("userFills", ("Open Long", "0.01", "87000.0")),
        ]
        its_own = [("user", "twapSliceFills", 1), ("userTwapSliceFills", (twap_id, "0.01"))]
        for _ in range(9):
            hl.advance(30)
            assert story(messages_until_pong(ws)) == [*one_slice, *its_own]
        hl.advance(30)
        assert story(messages_until_pong(ws)) == [
            *one_slice,
            ("user", "twapHistory", 1),
            ("userTwapHistory", ("finished", "0.1")),
            *its_own,
        ]
        hl.advance(30)
        assert messages_until_pong(ws) == []


def test_a_long_advance_sends_the_slices_one_after_the_other(hl: MockExchange, http: httpx.Client) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=USER)
        post_action(http, hl.url, ALICE, twap_action("0.1", 5))
        hl.advance(300)
        updates = messages_until_pong(ws)
    times = [message["data"][0]["statusTimestamp"] for message in updates]
    assert [later - earlier for earlier, later in pairwise(times)] == [30_000] * 9


def test_a_twap_is_in_the_info_answers(hl: MockExchange, http: httpx.Client) -> None:
    def info(type_: str, **more: Any) -> Any:
        return http.post(f"{hl.url}/info", json={"type": type_, "user": USER, **more}).json()

    answer = post_action(http, hl.url, ALICE, twap_action("0.1", 5))
    twap_id = answer["response"]["data"]["status"]["running"]["twapId"]
    hl.advance(60)
    states = info("webData2")["twapStates"]
    assert [(running, state["executedSz"], state["minutes"]) for running, state in states] == [(twap_id, "0.02", 5)]
    post_action(http, hl.url, ALICE, {"type": "twapCancel", "a": 0, "t": twap_id})
    newest, oldest = info("twapHistory")
    assert (newest["status"], oldest["status"]) == ({"status": "terminated"}, {"status": "activated"})
    assert newest["state"]["timestamp"] // 1_000 <= newest["time"] < 10_000_000_000  # seconds
    fills = info("userTwapSliceFills")
    assert [row["twapId"] for row in fills] == [twap_id, twap_id]
    assert fills[0]["fill"]["time"] > fills[1]["fill"]["time"]
    later = info("userTwapSliceFillsByTime", startTime=fills[0]["fill"]["time"])
    assert later == fills[:1]
    assert [fill["twapId"] for fill in info("userFills")] == [twap_id, twap_id]


def bracket_action() -> dict[str, Any]:
    """Buy at the market; take profit at 90000, stop at 80000."""
    buy = order_action(px="90000", sz="0.5", tif="Ioc")["orders"]
    children = [
        {"a": 0, "b": False, "p": px, "s": "0.5", "r": True, "t": {"trigger": trigger}}
        for px, trigger in (
            ("85000", {"isMarket": True, "triggerPx": "90000", "tpsl": "tp"}),
            ("75000", {"isMarket": True, "triggerPx": "80000", "tpsl": "sl"}),
        )
    ]
    return {"type": "order", "orders": [*buy, *children], "grouping": "normalTpsl"}


def test_a_price_that_reaches_the_stop_loss_ends_the_take_profit(hl: MockExchange, http: httpx.Client) -> None:
    hl.set_bbo("BTC", "86956", "87000")
    with connect(hl.ws_url) as ws:
        follow(ws)
        answer = post_action(http, hl.url, ALICE, bracket_action())
        assert answer["response"]["data"]["statuses"][1:] == ["waitingForTrigger", "waitingForTrigger"]
        assert story(messages_until_pong(ws)) == [
            (
                "orderUpdates",
                ("open", "B", "0.5"),
                ("filled", "B", "0.0"),
                ("open", "A", "0.5"),
                ("open", "A", "0.5"),
            ),
            ("user", "fills", 1),
            ("userFills", ("Open Long", "0.5", "87000.0")),
        ]
        hl.set_bbo("BTC", "80001", "80003")
        assert messages_until_pong(ws) == []
        hl.set_bbo("BTC", "79999", "80001")
        messages = messages_until_pong(ws)
        assert story(messages) == [
            (
                "orderUpdates",
                ("triggered", "A", "0.5"),
                ("open", "A", "0.5"),
                ("filled", "A", "0.0"),
                ("siblingFilledCanceled", "A", "0.5"),
            ),
            ("user", "fills", 1),
            ("user", "nonUserCancel", 1),
            ("userFills", ("Close Long", "0.5", "79999.0")),
        ]
        oids = [row["order"]["oid"] for row in messages[0]["data"]]
        assert (oids[0], oids[0], oids[0] - 1) == tuple(oids[1:])  # the take profit was placed before the stop
        assert hl.orders(status="open") == []


def test_children_of_a_resting_parent_are_listed_and_nested(hl: MockExchange, http: httpx.Client) -> None:
    action = bracket_action()
    action["orders"][0] |= {"p": "50000", "t": {"limit": {"tif": "Gtc"}}}
    answer = post_action(http, hl.url, ALICE, action)
    assert answer["response"]["data"]["statuses"][1:] == ["waitingForFill", "waitingForFill"]
    listed = http.post(f"{hl.url}/info", json={"type": "frontendOpenOrders", "user": USER}).json()
    stop, take, parent = listed
    assert parent["children"] == [take, stop]
    assert (take["triggerCondition"], take["orderType"]) == ("Price above 90000", "Take Profit Market")
    assert (stop["triggerCondition"], stop["orderType"]) == ("Price below 80000", "Stop Market")
