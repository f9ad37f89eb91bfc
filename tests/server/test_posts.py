"""`post` frames over a real connection: the exchange's answers, the limit, and answers out of order."""

import json

import pytest
from websockets.sync.client import ClientConnection, connect

from hlmock import CoreSettings, MockExchange
from hlmock.signing.wallets import wallet
from support.clients import eventually, next_message, order_action, signed, subscribed

ALICE = wallet("alice")


def post(ws: ClientConnection, number: int, kind: str, payload: object) -> None:
    ws.send(json.dumps({"method": "post", "id": number, "request": {"type": kind, "payload": payload}}))


def test_an_order_by_post_is_placed_and_its_update_comes_before_the_answer(hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        post(ws, 5, "action", json.loads(signed(ALICE, order_action())))
        update, answer = next_message(ws), next_message(ws)
    assert update["data"][0]["status"] == "open"
    oid = update["data"][0]["order"]["oid"]
    assert answer == {
        "channel": "post",
        "data": {
            "id": 5,
            "response": {
                "type": "action",
                "payload": {
                    "status": "ok",
                    "response": {"type": "order", "data": {"statuses": [{"resting": {"oid": oid}}]}},
                },
            },
        },
    }


def test_a_refused_action_is_still_of_type_action(hl: MockExchange) -> None:
    body = json.loads(signed(ALICE, order_action()))
    body["signature"]["r"] = "0x0"
    with connect(hl.ws_url) as ws:
        post(ws, 1, "action", body)
        response = next_message(ws)["data"]["response"]
    assert response == {"type": "action", "payload": {"status": "err", "response": "Unable to recover signer."}}


def test_one_post_too_many_is_refused_by_its_id_and_the_others_are_answered() -> None:
    with MockExchange(core=CoreSettings(max_posts_in_flight=3)) as hl, connect(hl.ws_url) as ws:
        gate = hl.add_gate("request.received")
        for number in range(4):
            post(ws, number, "info", {"type": "exchangeStatus"})
        assert next_message(ws) == {"channel": "error", "data": "too many pending post requests id=3"}
        assert hl.release(gate) == 3
        assert [next_message(ws)["data"]["id"] for _ in range(3)] == [0, 1, 2]


def test_a_held_post_holds_back_no_other_frame(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        hl.add_gate("request.received", nth=1)
        post(ws, 1, "info", {"type": "exchangeStatus"})
        eventually(lambda: hl.gates()[0].held, what="the post is held")
        post(ws, 2, "info", {"type": "exchangeStatus"})
        ws.send('{"method":"ping"}')
        assert next_message(ws)["data"]["id"] == 2
        assert next_message(ws) == {"channel": "pong"}
        hl.release()
        assert next_message(ws)["data"]["id"] == 1


def test_a_connection_that_ends_while_its_post_is_held_costs_nothing(
    hl: MockExchange, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(hl.ws_url) as ws:
        hl.add_gate("request.received")
        post(ws, 1, "info", {"type": "exchangeStatus"})
        eventually(lambda: hl.gates()[0].held, what="the post is held")
    eventually(lambda: not hl.connections(), what="the end of the connection")
    assert hl.release() == 1
    assert caplog.records == []


@pytest.mark.parametrize("number", [0, 2**64 - 1])
def test_the_id_of_a_post_is_any_unsigned_number_of_64_bits(hl: MockExchange, number: int) -> None:
    with connect(hl.ws_url) as ws:
        post(ws, number, "info", {"type": "exchangeStatus"})
        assert next_message(ws)["data"]["id"] == number


@pytest.mark.parametrize(
    "frame",
    [
        {"method": "post", "request": {"type": "info", "payload": {"type": "meta"}}},
        {"method": "post", "id": -1, "request": {"type": "info", "payload": {"type": "meta"}}},
        {"method": "post", "id": 2**64, "request": {"type": "info", "payload": {"type": "meta"}}},
        {"method": "post", "id": "1", "request": {"type": "info", "payload": {"type": "meta"}}},
        {"method": "post", "id": 1},
        {"method": "post", "id": 1, "request": {"type": "info"}},
        {"method": "post", "id": 1, "request": {"type": "explorer", "payload": {"type": "blockDetails", "height": 1}}},
        {"method": "post", "id": 1, "request": {"type": "info", "payload": {"type": "noSuchType"}}},
        {"method": "post", "id": 1, "request": {"type": "info", "payload": {"type": "l2Book"}}},
    ],
    ids=json.dumps,
)
def test_a_post_that_cannot_be_parsed_is_echoed_on_the_error_channel(hl: MockExchange, frame: object) -> None:
    text = json.dumps(frame)
    with connect(hl.ws_url) as ws:
        ws.send(text)
        assert next_message(ws) == {
            "channel": "error",
            "data": f"Error parsing JSON into valid websocket request: {text}",
        }


def test_an_unknown_coin_is_null_inside_the_wrapper(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        post(ws, 1, "info", {"type": "l2Book", "coin": "NOPE"})
        assert next_message(ws)["data"]["response"] == {"type": "info", "payload": {"type": "l2Book", "data": None}}


def test_what_http_answers_with_a_fault_is_an_error_with_its_status(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        post(ws, 1, "info", {"type": "l2Book", "coin": "BTC", "nSigFigs": 6})
        assert next_message(ws)["data"]["response"] == {"type": "error", "payload": "500 Internal Server Error: null"}


def test_posts_in_flight_can_be_unlimited() -> None:
    with MockExchange(core=CoreSettings(max_posts_in_flight=None)) as hl, connect(hl.ws_url) as ws:
        gate = hl.add_gate("request.received")
        for number in range(101):
            post(ws, number, "info", {"type": "exchangeStatus"})
        eventually(lambda: len(hl.gates()[0].held) == 101, what="all are held")
        hl.release(gate)
        assert [next_message(ws)["data"]["id"] for _ in range(101)] == list(range(101))
