"""D1 to D8 on the real paths, each with the one situation in which it is usually broken."""

from typing import Any

import msgspec

from hlmock.delivery.feeds import Draft
from hlmock.delivery.keys import key_of
from hlmock.delivery.outbox import OutboxLimits
from hlmock.paths.frames import ClientFrame, read_frame, receive_frame
from hlmock.paths.settings import CoreSettings
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, TraceEvent
from hlmock.verdicts.promises import check_promises
from support.worlds import World, order_action

ALICE, BOB = wallet("alice"), wallet("bob")


def oids(updates: list[list[dict[str, Any]]]) -> list[int]:
    return [row["order"]["oid"] for message in updates for row in message]


def test_d1_what_is_committed_after_the_ack_arrives_and_what_was_before_does_not() -> None:
    world = World()
    before = world.place(ALICE)["response"]["data"]["statuses"][0]["resting"]["oid"]
    connection, transport = world.connect()
    world.subscribe(connection, user=ALICE.address)
    after = world.place(ALICE)["response"]["data"]["statuses"][0]["resting"]["oid"]
    assert oids(transport.channel("orderUpdates")) == [after]
    assert before < after
    assert [message["channel"] for message in transport.messages] == ["subscriptionResponse", "orderUpdates"]


def test_d1_a_publication_that_waits_while_its_user_subscribes_is_not_delivered() -> None:
    world = World()
    connection, transport = world.connect()
    key = key_of("orderUpdates", user=ALICE.address)
    world.core.publish_block([Draft(key, "orderUpdates", b'{"channel":"orderUpdates","data":1}', ALICE.address)])
    for _ in receive_frame(world.core, connection, subscribe_frame(ALICE.address)):
        pass
    world.core.publish_block([Draft(key, "orderUpdates", b'{"channel":"orderUpdates","data":2}', ALICE.address)])
    world.driver.pump()
    assert transport.channel("orderUpdates") == [2]


def test_d1_a_subscription_that_opens_its_account_holds_the_opening_in_its_snapshot() -> None:
    world = World()
    connection, transport = world.connect()
    world.subscribe(connection, "activeAssetData", user=ALICE.address, coin="BTC")
    assert [message["channel"] for message in transport.messages] == ["subscriptionResponse", "activeAssetData"]
    assert check_promises(world.events()) == []


def subscribe_frame(user: str) -> ClientFrame:
    return read_frame(
        msgspec.json.encode({"method": "subscribe", "subscription": {"type": "orderUpdates", "user": user}})
    )


def test_d2_a_publication_for_a_connection_that_ended_is_recorded_as_dropped() -> None:
    world = World()
    connection, transport = world.connect()
    world.subscribe(connection, user=ALICE.address)
    connection.is_stalled = True
    world.place(ALICE)
    world.lose(connection)
    assert transport.channel("orderUpdates") == []
    (dropped,) = world.events(stages.DELIVERY_DROPPED)
    assert isinstance(dropped.detail, DeliveryEnded)
    assert dropped.detail.reason == "connection closed"


def test_d3_every_connection_of_a_wallet_sees_the_same_order_of_updates() -> None:
    world = World()
    transports = []
    for _ in range(3):
        connection, transport = world.connect()
        world.subscribe(connection, user=ALICE.address)
        transports.append(transport)
    for _ in range(5):
        world.place(ALICE)
    seen = [oids(transport.channel("orderUpdates")) for transport in transports]
    assert seen[0] == sorted(seen[0])
    assert len(seen[0]) == 5
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def test_d4_a_checksummed_subscription_gets_the_updates_and_another_wallet_does_not() -> None:
    world = World()
    mine, my_transport = world.connect()
    other, other_transport = world.connect()
    world.subscribe(mine, user="0x" + ALICE.address[2:].upper())
    world.subscribe(other, user=BOB.address)
    world.place(ALICE)
    assert len(my_transport.channel("orderUpdates")) == 1
    assert other_transport.channel("orderUpdates") == []


def test_d5_a_stalled_connection_is_cut_with_1008_and_the_others_get_everything() -> None:
    world = World(CoreSettings(outbox=OutboxLimits(max_frames=3)))
    slow, slow_transport = world.connect()
    fine, fine_transport = world.connect()
    for each in (slow, fine):
        world.subscribe(each, user=ALICE.address)
    slow.is_stalled = True
    for _ in range(6):
        world.place(ALICE)
    assert slow_transport.closed == (1008, "outbox overflow")
    assert len(fine_transport.channel("orderUpdates")) == 6
    assert len(world.events(stages.OUTBOX_OVERFLOWED)) == 1


def test_d6_the_late_end_of_an_old_connection_leaves_the_new_one_subscribed() -> None:
    world = World()
    old, _ = world.connect()
    world.subscribe(old, user=ALICE.address)
    new, transport = world.connect()
    world.subscribe(new, user=ALICE.address)
    world.lose(old)
    world.place(ALICE)
    assert len(transport.channel("orderUpdates")) == 1


def test_d7_a_replayed_request_publishes_once() -> None:
    world = World()
    connection, transport = world.connect()
    world.subscribe(connection, user=ALICE.address)
    body = world.body(ALICE, order_action())
    world.post(body)
    world.post(body)
    assert len(transport.channel("orderUpdates")) == 1


def the_story() -> list[TraceEvent]:
    world = World()
    first, _ = world.connect()
    second, _ = world.connect()
    world.subscribe(first, user=ALICE.address)
    world.subscribe(second, "userFills", user=BOB.address)
    world.subscribe(second, "l2Book", coin="BTC")
    world.place(ALICE, px="66344", cloid="0x" + "1" * 32)
    world.place(BOB, px="66344", is_buy=False, tif="Ioc")
    world.lose(first)
    world.act(ALICE, {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": "0x" + "1" * 32}]})
    return world.events()


def test_d8_equal_inputs_give_an_equal_log_byte_for_byte() -> None:
    first, second = (b"\n".join(map(msgspec.json.encode, the_story())) for _ in range(2))
    assert first == second


def test_the_checker_finds_no_broken_promise_in_the_story() -> None:
    events = the_story()
    assert len(events) > 40
    assert check_promises(events) == []
