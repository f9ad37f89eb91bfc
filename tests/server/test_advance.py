"""`advance`: what falls due happens in order, each at its own time, and so it reaches subscribers."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from hlmock import CoreSettings, MockExchange, VirtualClock
from hlmock.signing.wallets import wallet
from support.clients import JSON, next_message, order_action, subscribe, subscribed

ALICE = wallet("alice")
START_MS = 1_760_000_000_000


def a_mock(**settings: Any) -> MockExchange:
    return MockExchange(clock=VirtualClock(START_MS), core=CoreSettings(idle_close_ms=None), **settings)


def post(hl: MockExchange, http: httpx.Client, nonce: int, action: dict[str, Any]) -> Any:
    return http.post(f"{hl.url}/exchange", content=ALICE.request(action, START_MS + nonce), headers=JSON).json()


def drained(ws: ClientConnection, until: str) -> list[dict[str, Any]]:
    """Messages up to the first that holds this text."""
    found = []
    while True:
        raw = ws.recv(timeout=5)
        found.append(json.loads(raw))
        if until in str(raw):
            return found


def test_a_clocked_feed_is_sent_each_time_that_it_is_due() -> None:
    with a_mock() as hl, subscribed(hl.ws_url, "l2Book", coin="BTC") as ws:
        next_message(ws)
        hl.advance(2)
        assert [next_message(ws)["data"]["time"] - START_MS for _ in range(4)] == [500, 1_000, 1_500, 2_000]


def test_a_state_is_shown_as_it_was_before_and_after_what_falls_due(http: httpx.Client) -> None:
    with a_mock() as hl, subscribed(hl.ws_url, "openOrders", user=ALICE.address) as ws:
        assert next_message(ws)["data"]["orders"] == []
        subscribe(ws, "orderUpdates", user=ALICE.address)
        post(hl, http, 1, order_action())
        assert post(hl, http, 2, {"type": "scheduleCancel", "time": START_MS + 12_000})["status"] == "ok"
        hl.advance(20)
        hl.reset()
        told = [
            len(each["data"]["orders"]) if each["channel"] == "openOrders" else each["data"][0]["status"]
            for each in [next_message(ws) for _ in range(6)]
        ]
        assert told == ["open", 1, 1, "scheduledCancel", 0, 0]
        stored = [event for event in hl.events() if event.stage == "order.stored"]
        assert [event.time_ms - START_MS for event in stored] == [0, 12_000]


def test_a_long_jump_sends_a_feed_after_each_thing_that_falls_due_and_at_the_end(http: httpx.Client) -> None:
    with a_mock() as hl, subscribed(hl.ws_url, "l2Book", coin="BTC") as ws:
        next_message(ws)
        post(hl, http, 1, order_action())
        post(hl, http, 2, {"type": "scheduleCancel", "time": START_MS + 400_000})
        hl.advance(1_000)
        times = [next_message(ws)["data"]["time"] - START_MS]
        while times[-1] < 1_000_000:
            times.append(next_message(ws)["data"]["time"] - START_MS)
        assert 400_000 in times
        assert len(times) < 300  # 2,000 would be due; the hour's premium is sampled on the way


def test_many_messages_reach_a_client_that_reads() -> None:
    """5 minutes of the whole market: more than the kernel's buffers hold."""
    with a_mock() as hl, subscribed(hl.ws_url, "openOrders", user=ALICE.address) as ws:
        next_message(ws)
        subscribe(ws, "webData3", user=ALICE.address)
        hl.advance(300)
        hl.advance(300)
        last = START_MS + 600_000
        assert len(drained(ws, str(last))) > 120


def test_an_advance_in_parts_tells_the_same_as_one(http: httpx.Client) -> None:
    def run(parts: list[float]) -> list[str]:
        with a_mock() as hl, subscribed(hl.ws_url, "l2Book", coin="BTC") as ws:
            next_message(ws)
            subscribe(ws, "activeAssetCtx", coin="BTC")
            post(hl, http, 1, order_action())
            post(hl, http, 2, {"type": "scheduleCancel", "time": START_MS + 7_777})
            for seconds in parts:
                hl.advance(seconds)
            drained(ws, f'"time":{START_MS + 12_000}')
            return [
                f"{event.time_ms} {event.stage} {event.key} {event.payload!r}"
                for event in hl.events()
                if event.stage in ("publication.created", "order.stored")
            ]

    whole = run([12])
    assert whole == run([3, 4.777, 4.223]) == run([0.25] * 48)
    assert len(whole) > 20


def test_a_gate_stops_what_is_due_and_its_release_lets_time_go_on(http: httpx.Client) -> None:
    with a_mock() as hl:
        post(hl, http, 1, order_action())
        post(hl, http, 2, {"type": "scheduleCancel", "time": START_MS + 10_000})
        hl.add_gate("reply.sent", nth=1)
        asked = {"type": "allMids"}
        with pytest.raises(httpx.TimeoutException):
            http.post(f"{hl.url}/info", json=asked, timeout=0.05)
        hl.advance(20)
        assert hl.time_ms == START_MS + 20_000
        assert hl.orders()[0].status == "open"
        hl.release()
        hl.advance(0)
        assert hl.orders()[0].status == "scheduledCancel"


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_time_that_cannot_be_is_refused(seconds: float) -> None:
    with a_mock() as hl, pytest.raises(ValueError, match="never goes back"):
        hl.advance(seconds)


def test_it_is_called_from_the_loop_too() -> None:
    async def main() -> None:
        async with a_mock() as hl:
            hl.advance(60)
            assert hl.time_ms == START_MS + 60_000

    asyncio.run(main())


def test_a_month_passes_quickly() -> None:
    with a_mock() as hl:
        hl.wallet("alice")
        hl.advance(30 * 86_400)
        assert hl.time_ms == START_MS + 30 * 86_400_000
