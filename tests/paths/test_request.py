"""The request path: what the client is answered, and what the trace says beside it."""

import msgspec
import pytest

from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from hlmock.trace.events import RequestRefused, SignerRecovered, SignerUnknown, TraceEvent
from support.worlds import World, order_action

ALICE, BOB = wallet("alice"), wallet("bob")


def test_one_resting_order_crosses_every_stage_in_this_sequence() -> None:
    world = World()
    connection, _ = world.connect()
    world.subscribe(connection, user=ALICE.address)
    start = world.core.log.last_seq
    world.place(ALICE)
    assert [event.stage for event in world.core.log.since(start)] == [
        stages.REQUEST_RECEIVED,
        stages.REQUEST_DECODED,
        stages.SIGNER_RECOVERED,
        stages.ACTION_ACCEPTED,
        stages.ORDER_STORED,
        stages.PUBLICATION_CREATED,
        stages.REGISTRY_RESOLVED,
        stages.DELIVERY_ENQUEUED,
        stages.DELIVERY_WRITTEN,
        stages.REPLY_SENT,
    ]


def root_of(event: TraceEvent, by_seq: dict[int, TraceEvent]) -> TraceEvent:
    while event.cause is not None:
        event = by_seq[event.cause]
    return event


def test_the_events_of_a_taker_and_of_the_maker_it_hit_form_one_tree_rooted_in_the_takers_request() -> None:
    world = World()
    for who in (ALICE, BOB):
        world.subscribe(world.connect()[0], user=who.address)
    world.place(ALICE, px="66344")
    start = world.core.log.last_seq
    world.place(BOB, px="66344", is_buy=False, tif="Ioc")
    events = world.core.log.since(start)
    by_seq = {event.seq: event for event in events}
    assert {event.account for event in events if event.stage == stages.DELIVERY_ENQUEUED} == {
        ALICE.address,
        BOB.address,
    }
    assert {root_of(event, by_seq).stage for event in events} == {stages.REQUEST_RECEIVED}
    assert len({root_of(event, by_seq).seq for event in events}) == 1


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        (b"{", 400, b"Failed to parse the request body as JSON"),
        (b"[]", 422, b"Failed to deserialize the JSON body into the target type"),
        (b'{"action":{"type":"nope"}}', 422, b"Failed to deserialize the JSON body into the target type"),
    ],
)
def test_a_body_that_is_no_action_is_refused_in_the_exchanges_words(body: bytes, status: int, answer: bytes) -> None:
    world = World()
    reply = world.post(body).result
    assert reply is not None
    assert (reply.status, reply.body) == (status, answer)
    (refused,) = world.events(stages.REQUEST_REFUSED)
    assert isinstance(refused.detail, RequestRefused)
    assert refused.detail.status == status


def test_a_new_signer_gets_a_funded_account_that_is_not_named() -> None:
    world = World()
    assert world.place(ALICE)["status"] == "ok"
    (created,) = world.events(stages.ACCOUNT_CREATED)
    assert created.account == ALICE.address
    assert created.detail is not None
    assert not created.detail.named  # type: ignore[union-attr]


def test_strict_refuses_a_new_signer_as_the_real_exchange_does() -> None:
    world = World(strict=True)
    assert world.place(ALICE) == {
        "status": "err",
        "response": f"User or API Wallet {ALICE.address} does not exist.",
    }


def test_a_mainnet_signature_of_a_named_account_is_understood_under_network_any() -> None:
    world = World()
    world.subscribe(world.connect()[0], user=ALICE.address)
    body = world.body(ALICE, order_action(), network="mainnet")
    world.post(body)
    (recovered,) = world.events(stages.SIGNER_RECOVERED)
    assert isinstance(recovered.detail, SignerRecovered)
    assert (recovered.account, recovered.detail.network) == (ALICE.address, "mainnet")


def wrong_number_form(world: World) -> bytes:
    """A known account signs `50000.0` and sends it: the exchange hashes `50000`."""
    world.subscribe(world.connect()[0], user=ALICE.address)
    return world.body(ALICE, order_action(px="50000.0"))


def test_a_wrong_form_is_refused_and_the_trace_says_what_the_client_must_have_signed() -> None:
    world = World()
    reply = world.post(wrong_number_form(world)).result
    assert reply is not None
    assert b"does not exist." in reply.body
    (unknown,) = world.events(stages.SIGNER_UNKNOWN)
    assert isinstance(unknown.detail, SignerUnknown)
    assert unknown.detail.would_be == ALICE.address
    assert unknown.detail.must_have_signed is not None


def test_lenient_accepts_the_wrong_form_and_says_so() -> None:
    lenient = World(lenient=True)
    reply = lenient.post(wrong_number_form(lenient)).result
    assert reply is not None
    assert b'"ok"' in reply.body
    (recovered,) = lenient.events(stages.SIGNER_RECOVERED)
    assert isinstance(recovered.detail, SignerRecovered)
    assert recovered.detail.form is not None


def test_a_replayed_request_is_refused_and_changes_nothing() -> None:
    world = World()
    body = world.body(ALICE, order_action())
    world.post(body)
    reply = world.post(body).result
    assert reply is not None
    assert b"duplicate nonce" in reply.body
    assert len(world.events(stages.ORDER_STORED)) == 1


def test_no_signature_enters_the_log() -> None:
    world = World()
    body = world.body(ALICE, order_action())
    signature = msgspec.json.decode(body)["signature"]
    world.post(body)
    log = b"".join(msgspec.json.encode(event) + (event.payload or b"") for event in world.events())
    for half in (signature["r"], signature["s"]):
        assert half.encode() not in log
        assert half[2:].encode() not in log
