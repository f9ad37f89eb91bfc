"""Limits on WebSocket clients, each with the exact text of the real exchange where one is recorded."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hlmock import CoreSettings, MockExchange, VirtualClock
from hlmock.signing.wallets import wallet
from support.clients import eventually, next_message, subscribe, subscription

ALICE = wallet("alice").address


def answer_to(ws: ClientConnection, kind: str, **fields: Any) -> Any:
    """The next frame after a subscribe: acknowledgement or error."""
    ws.send(subscription(kind, **fields))
    return next_message(ws)


def user(number: int) -> str:
    return f"0x{number:040x}"


def test_one_subscription_too_many_is_refused_with_the_recorded_text() -> None:
    with MockExchange(core=CoreSettings(max_subscriptions=2)) as hl, connect(hl.ws_url) as ws:
        for number in range(2):
            subscribe(ws, "orderUpdates", user=user(number))
        refusal = {"channel": "error", "data": "Cannot subscribe to more than 2 channels."}
        assert answer_to(ws, "orderUpdates", user=user(0)) == refusal
        ws.send(json.dumps({"method": "unsubscribe", "subscription": {"type": "orderUpdates", "user": user(0)}}))
        assert next_message(ws)["channel"] == "subscriptionResponse"
        assert answer_to(ws, "userEvents", user=user(1))["channel"] == "subscriptionResponse"


def test_the_fifteenth_user_is_refused_with_the_recorded_text(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        for number in range(14):
            subscribe(ws, "orderUpdates", user=user(number))
        refusal = {"channel": "error", "data": "Cannot track more than 15 total users."}
        assert answer_to(ws, "orderUpdates", user=user(14)) == refusal
        assert answer_to(ws, "userEvents", user=user(13))["channel"] == "subscriptionResponse"


def test_limits_can_be_lifted() -> None:
    with (
        MockExchange(core=CoreSettings(max_users=None, max_subscriptions=None)) as hl,
        connect(hl.ws_url) as ws,
    ):
        for number in range(1_001):
            subscribe(ws, "orderUpdates", user=user(number))


def test_limits_are_per_connection_unless_they_are_per_address() -> None:
    for scope, channel in (("connection", "subscriptionResponse"), ("address", "error")):
        settings = CoreSettings(max_subscriptions=1, limits_per=scope)  # type: ignore[arg-type]
        with MockExchange(core=settings) as hl, connect(hl.ws_url) as first, connect(hl.ws_url) as second:
            subscribe(first, "orderUpdates", user=ALICE)
            assert answer_to(second, "orderUpdates", user=ALICE)["channel"] == channel


def test_one_connection_too_many_is_answered_with_429() -> None:
    with MockExchange(core=CoreSettings(max_connections=1)) as hl:
        with connect(hl.ws_url):
            with pytest.raises(InvalidStatus) as error:
                connect(hl.ws_url)
            assert error.value.response.status_code == 429
            assert error.value.response.body == b"Cannot open more than 1 connections."
        eventually(lambda: not hl.connections(), what="the end of the first")
        with connect(hl.ws_url):
            pass
        refused = [event for event in hl.events() if event.stage == "request.refused"]
        assert [event.detail.status for event in refused] == [429]  # type: ignore[union-attr]


def test_connections_per_minute_are_counted_over_a_minute() -> None:
    with MockExchange(core=CoreSettings(max_new_connections=2)) as hl:
        for _ in range(2):
            with connect(hl.ws_url):
                pass
        with pytest.raises(InvalidStatus):
            connect(hl.ws_url)
        hl.advance(60)
        with connect(hl.ws_url):
            pass


def test_one_message_too_many_in_a_minute_drops_the_connection() -> None:
    with MockExchange(core=CoreSettings(max_messages=3, idle_close_ms=None)) as hl, connect(hl.ws_url) as ws:
        for _ in range(3):
            ws.send('{"method":"ping"}')
            assert next_message(ws) == {"channel": "pong"}
        hl.advance(60)
        ws.send('{"method":"ping"}')
        assert next_message(ws) == {"channel": "pong"}
        with connect(hl.ws_url) as other:
            for _ in range(2):
                other.send('{"method":"ping"}')
                assert next_message(other) == {"channel": "pong"}
            other.send('{"method":"ping"}')
            with pytest.raises(ConnectionClosedError) as error:
                other.recv(timeout=5)
            assert error.value.rcvd is None


def test_an_idle_connection_can_end_without_a_close_frame() -> None:
    settings = CoreSettings(closes_silently=True)
    with MockExchange(core=settings, clock=VirtualClock()) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=ALICE)
        hl.advance(60)
        with pytest.raises(ConnectionClosedError) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is None


def test_an_aged_connection_is_closed_as_expired() -> None:
    settings = CoreSettings(max_age_ms=10_800_000, idle_close_ms=None)
    with MockExchange(core=settings, clock=VirtualClock()) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=ALICE)
        hl.advance(10_799)
        assert len(hl.connections()) == 1
        hl.advance(1)
        with pytest.raises(Exception, match="Expired"):
            ws.recv(timeout=5)
