"""Injected faults: what the client gets, what the stream tells, and what the verdict says."""

import json
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from hlmock import MockExchange, UnknownConnection
from hlmock.signing.wallets import wallet
from hlmock.verdicts.promises import check_promises
from support.clients import (
    cloid_of,
    eventually,
    next_message,
    order_action,
    post_action,
    subscribe,
    subscribed,
    subscription,
)

ALICE = wallet("alice")
PING, PONG = '{"method":"ping"}', {"channel": "pong"}


def place(hl: MockExchange, http: httpx.Client, number: int) -> None:
    post_action(http, hl.url, ALICE, order_action(cloid=cloid_of(number)))


def cloids(ws: ClientConnection, count: int) -> list[str]:
    return [next_message(ws)["data"][0]["order"]["cloid"] for _ in range(count)]


def test_the_next_frames_are_dropped_and_the_verdict_names_the_fault(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        assert hl.drop(ALICE.address, 2) == 1
        for number in (1, 2, 3):
            place(hl, http, number)
        assert cloids(ws, 1) == [cloid_of(3)]
        explanation = hl.why(cloid=cloid_of(2))
        assert explanation.verdict is not None
        assert explanation.verdict.code == "injected_fault"
        assert "an injected fault took it: drop" in explanation.verdict.sentence
        assert hl.why(cloid=cloid_of(3)).verdict.code == "delivered"  # type: ignore[union-attr]
        dropped = [event for event in hl.events() if event.stage == "delivery.dropped"]
        assert [event.detail.reason for event in dropped] == ["fault: drop"] * 2  # type: ignore[union-attr]
    assert check_promises(hl.events()) == []


def test_only_frames_of_the_channel_count(hl: MockExchange, http: httpx.Client) -> None:
    with connect(hl.ws_url) as ws:
        ws.send(PING)
        assert next_message(ws) == PONG
        hl.drop("c1", channel="subscriptionResponse")
        assert hl.connections()[0].faults == ("drop 1 of subscriptionResponse",)
        ws.send(subscription("l2Book", coin="BTC"))
        assert next_message(ws)["channel"] == "l2Book"
        assert hl.connections()[0].faults == ()


def test_the_next_frames_are_written_twice(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.duplicate("c1", 2)
        for number in (1, 2, 3):
            place(hl, http, number)
        assert cloids(ws, 5) == [cloid_of(1), cloid_of(1), cloid_of(2), cloid_of(2), cloid_of(3)]
    assert check_promises(hl.events()) == []


def test_the_next_frames_wait_and_others_behind_them(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.delay("c1", 150, 2)
        started = time.monotonic()
        for number in (1, 2, 3):
            place(hl, http, number)
        pending = hl.why(cloid=cloid_of(1)).verdict
        assert pending is not None
        assert (pending.code, "An injected fault let it wait: delay by 150 ms" in pending.sentence) == ("pending", True)
        assert cloids(ws, 3) == [cloid_of(1), cloid_of(2), cloid_of(3)]
        assert time.monotonic() - started >= 0.3
        late = hl.why(cloid=cloid_of(2)).verdict
        assert late is not None
        assert (late.code, "An injected fault let it wait" in late.sentence) == ("delivered_late", True)
    assert check_promises(hl.events()) == []


def test_nothing_passes_a_black_hole_either_way_until_it_ends(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        assert hl.blackhole("c1") == 1
        place(hl, http, 1)
        ws.send(PING)
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.1)
        assert hl.why(cloid=cloid_of(1)).verdict.code == "injected_fault"  # type: ignore[union-attr]
        assert hl.resume("c1") == 1
        assert next_message(ws) == PONG
        place(hl, http, 2)
        assert cloids(ws, 1) == [cloid_of(2)]


def test_a_connection_in_a_black_hole_is_cut_and_not_closed(hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.blackhole("c1")
        hl.disconnect("c1", code=1000)
        with pytest.raises(ConnectionClosedError):
            ws.recv(timeout=5)


def test_a_stall_and_a_delay_end_with_a_resume(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.delay("c1", 60_000)
        hl.stall("c1")
        place(hl, http, 1)
        assert hl.connections()[0].stalled
        assert hl.resume(ALICE.address) == 1
        assert hl.resume(ALICE.address) == 0
        assert cloids(ws, 1) == [cloid_of(1)]


def test_a_fault_strikes_one_connection_and_no_other(hl: MockExchange, http: httpx.Client) -> None:
    with (
        subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as first,
        subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as second,
    ):
        hl.drop("c1")
        place(hl, http, 1)
        place(hl, http, 2)
        assert cloids(second, 2) == [cloid_of(1), cloid_of(2)]
        assert cloids(first, 1) == [cloid_of(2)]


def test_a_server_stops_while_a_frame_waits(http: httpx.Client) -> None:
    with MockExchange() as hl, subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
        hl.delay("c1", 60_000)
        place(hl, http, 1)
    ended = [event for event in hl.events() if event.stage == "delivery.dropped"]
    assert [event.detail.reason for event in ended] == ["connection closed"]  # type: ignore[union-attr]


def test_a_client_that_is_closed_with_a_code_sees_it(hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.disconnect("c1", code=4_000)
        with pytest.raises(ConnectionClosedError) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 4_000
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        hl.disconnect(ALICE.address, reason="Inactive")
        with pytest.raises(ConnectionClosedOK, match="Inactive"):
            ws.recv(timeout=5)
    with connect(hl.ws_url), pytest.raises(ValueError, match="at most 123 bytes"):
        hl.disconnect(ALICE.address, reason="é" * 62)


def test_faults_are_injected_over_the_control_api(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        url = f"{hl.control_url}/connections/c1/faults"
        assert http.post(url, json={"kind": "drop", "count": "2", "channel": "l2Book"}).json() == {"connections": 1}
        assert http.post(url, json={"kind": "duplicate"}).json() == {"connections": 1}
        (shown,) = http.get(f"{hl.control_url}/connections").json()
        assert shown["faults"] == ["drop 2 of l2Book", "duplicate 1"]
        for body, says in (
            ({"kind": "vanish"}, "vanish"),
            ({"kind": "drop", "count": 0}, "at least one frame"),
            ({"kind": "drop", "ms": 5}, "a delay takes a time"),
            ({"kind": "delay"}, "a delay takes a time"),
        ):
            answer = http.post(url, json=body)
            assert (answer.status_code, says in answer.text) == (400, True), answer.text
        subscribe(ws, "openOrders", user=ALICE.address)
        assert json.loads(ws.recv())["channel"] == "subscriptionResponse"


def test_an_unknown_connection_or_a_bad_number_is_refused(hl: MockExchange) -> None:
    with pytest.raises(UnknownConnection):
        hl.drop("c9")
    with connect(hl.ws_url):
        eventually(hl.connections, what="the connection")
        with pytest.raises(ValueError, match="at least one frame"):
            hl.duplicate("c1", 0)
        with pytest.raises(ValueError, match="above 0"):
            hl.delay("c1", 0)
