"""The limit on the weight of an address's requests: 429 and `null`, over HTTP and over the WebSocket alike."""

from typing import Any

import msgspec

from hlmock.info.weights import weight_of
from hlmock.paths.reply import Reply
from hlmock.paths.request import Arrival, exchange_request, info_request
from hlmock.paths.settings import CoreSettings
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from support.worlds import World, order_action

ALICE = wallet("alice")
HERE, THERE = Arrival(peer="10.0.0.1:5000"), Arrival(peer="10.0.0.2:5000")


def ask(world: World, type_: str, arrival: Arrival = HERE, **fields: Any) -> Reply:
    body = msgspec.json.encode({"type": type_, **fields})
    reply = world.driver.start(info_request(world.core, body, arrival), "info").result
    assert reply is not None
    return reply


def act(world: World, action: dict[str, Any]) -> Reply:
    reply = world.driver.start(exchange_request(world.core, world.body(ALICE, action), HERE), "order").result
    assert reply is not None
    return reply


def asked_until_refused(world: World, type_: str) -> int:
    """How many requests of one kind are still answered."""
    return next(number for number in range(2_000) if ask(world, type_).status == 429)


def test_nothing_is_limited_by_default() -> None:
    world = World()
    assert {ask(world, "meta").status for _ in range(61)} == {200}


def test_a_minute_of_one_address_holds_1200() -> None:
    world = World(CoreSettings(max_weight=1_200))
    assert asked_until_refused(world, "meta") == 60
    refused = ask(world, "meta")
    assert (refused.status, refused.content_type, refused.body) == (429, "application/json", b"null")
    assert ask(world, "meta", THERE).status == 200


def test_what_is_refused_weighs_nothing_and_a_minute_later_all_is_forgotten() -> None:
    world = World(CoreSettings(max_weight=1_200))
    asked_until_refused(world, "meta")
    world.clock.ms += 59_999
    assert ask(world, "meta").status == 429
    world.clock.ms += 1
    assert asked_until_refused(world, "meta") == 60


def test_actions_and_queries_share_the_limit_and_a_batch_of_40_weighs_one_more() -> None:
    world = World(CoreSettings(max_weight=1_200))
    order = order_action()
    assert act(world, {**order, "orders": order["orders"] * 80}).status == 200
    assert world.core.usage.spent("10.0.0.1", world.clock.ms) == 3


def test_rows_of_an_answer_weigh_more() -> None:
    world = World(CoreSettings(max_weight=1_200))
    ask(world, "fundingHistory", coin="BTC", startTime=world.clock.ms - 100 * 3_600_000)
    assert world.core.usage.spent("10.0.0.1", world.clock.ms) == weight_of("fundingHistory", 100)


def test_a_post_counts_too_and_its_refusal_mirrors_the_status_line() -> None:
    world = World(CoreSettings(max_weight=20))
    connection, transport = world.connect()
    frame = {"method": "post", "id": 1, "request": {"type": "info", "payload": {"type": "meta"}}}
    world.send(connection, frame)
    world.send(connection, {**frame, "id": 2})
    first, second = transport.channel("post")
    assert first["response"]["type"] == "info"
    assert second == {"id": 2, "response": {"type": "error", "payload": "429 Too Many Requests: null"}}


def test_the_trace_says_why() -> None:
    world = World(CoreSettings(max_weight=1))
    ask(world, "meta")
    ask(world, "meta")
    (refused,) = world.events(stages.REQUEST_REFUSED)
    assert "weight" in str(refused.detail)
