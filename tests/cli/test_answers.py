"""The path of an order: what its request did, without the other orders of a batch, also over a WebSocket `post`."""

import json
import time
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from hlbench.answers import Answer, answer, order_id
from hlmock import MockExchange
from hlmock.signing import wallet
from hlmock.trace import stages
from hlmock.trace.events import PublicationCreated
from support.streams import cloid_of

ALICE = wallet("alice")
WAIT_S = 20


def batch(*cloids: str) -> bytes:
    def order(cloid: str) -> dict[str, Any]:
        return {"a": 1, "b": True, "p": "1500", "s": "1", "r": False, "t": {"limit": {"tif": "Gtc"}}, "c": cloid}

    action = {"type": "order", "orders": [order(cloid) for cloid in cloids], "grouping": "na"}
    return ALICE.request(action, time.time_ns() // 1_000_000)


def stages_of(found: Answer) -> list[str]:
    (order,) = found.explanation.orders
    (path,) = found.paths[order.oid]
    return [event.stage for event in path]


@pytest.fixture(scope="module")
def traded() -> MockExchange:
    """Two orders in one request, then one over a `post` frame of a connection with a subscription."""
    with MockExchange() as exchange, connect(exchange.ws_url, proxy=None) as socket:
        subscription = {"type": "orderUpdates", "user": ALICE.address}
        socket.send(json.dumps({"method": "subscribe", "subscription": subscription}))
        socket.recv(WAIT_S)
        headers = {"content-type": "application/json"}
        httpx.post(f"{exchange.url}/exchange", content=batch(cloid_of(1), cloid_of(2)), headers=headers)
        request = {"type": "action", "payload": json.loads(batch(cloid_of(3)))}
        socket.send(json.dumps({"method": "post", "id": 1, "request": request}))
        while json.loads(socket.recv(WAIT_S))["channel"] != "post":
            pass
    return exchange


@pytest.mark.parametrize("number", [1, 2])
def test_each_order_of_a_batch_has_its_own_change_and_the_message_they_share(traded: MockExchange, number: int) -> None:
    found = answer(traded.events(), cloid=cloid_of(number))
    told = stages_of(found)
    assert told.count(stages.ORDER_STORED) == told.count(stages.PUBLICATION_CREATED) == 1
    assert told.count(stages.DELIVERY_WRITTEN) == 1
    assert told[0] == stages.REQUEST_RECEIVED
    (path,) = found.paths[found.explanation.orders[0].oid]
    (created,) = [event.detail for event in path if isinstance(event.detail, PublicationCreated)]
    assert len(created.updates) == 2


def test_an_order_over_a_websocket_starts_at_its_request_not_at_its_connection(traded: MockExchange) -> None:
    told = stages_of(answer(traded.events(), cloid=cloid_of(3)))
    assert told[0] == stages.REQUEST_RECEIVED
    assert stages.SUBSCRIPTION_ADDED not in told
    assert told.count(stages.DELIVERY_WRITTEN) >= 1


def test_a_delivered_order_needs_no_proof(traded: MockExchange) -> None:
    found = answer(traded.events(), cloid=cloid_of(1))
    (order,) = found.explanation.orders
    assert found.proof(order, found.paths[order.oid][0]) == []


def test_digits_are_an_oid_and_all_else_is_a_cloid() -> None:
    assert order_id("12") == {"oid": 12}
    assert order_id("0x12") == {"cloid": "0x12"}
    assert order_id("²") == {"cloid": "²"}
