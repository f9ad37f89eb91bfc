"""Gates: which path they hold, what goes on meanwhile, and what a release does."""

from hlmock.gates import Gate
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from support.worlds import MemoryTransport, World, order_action

ALICE, BOB = wallet("alice"), wallet("bob")


def subscribed_world() -> tuple[World, dict[str, MemoryTransport]]:
    """Alice on c1 and Bob on c2, each subscribed to their own updates."""
    world = World()
    got: dict[str, MemoryTransport] = {}
    for who in (ALICE, BOB):
        connection, got[who.address] = world.connect()
        world.subscribe(connection, user=who.address)
    return world, got


def updates(got: dict[str, MemoryTransport], who: str) -> int:
    return len(got[who].channel("orderUpdates"))


def test_a_gate_before_the_commit_holds_one_request_and_no_other() -> None:
    world, got = subscribed_world()
    world.driver.add_gate(Gate(stages.SIGNER_RECOVERED, account=ALICE.address))
    held = world.post(world.body(ALICE, order_action()))
    free = world.post(world.body(BOB, order_action()))
    assert (held.is_done, free.is_done) == (False, True)
    assert updates(got, ALICE.address) == 0
    assert updates(got, BOB.address) == 1
    assert world.driver.release() == 1
    assert held.is_done
    assert updates(got, ALICE.address) == 1


def test_a_gate_at_resolution_holds_the_publisher_so_that_later_ones_wait_but_requests_are_answered() -> None:
    world, got = subscribed_world()
    world.driver.add_gate(Gate(stages.REGISTRY_RESOLVED, account=ALICE.address, nth=1))
    first = world.post(world.body(ALICE, order_action()))
    second = world.post(world.body(BOB, order_action()))
    assert world.driver.is_publisher_held
    assert (first.is_done, second.is_done) == (True, True)
    assert (updates(got, ALICE.address), updates(got, BOB.address)) == (0, 0)
    world.driver.release()
    assert (updates(got, ALICE.address), updates(got, BOB.address)) == (1, 1)
    assert not world.driver.is_publisher_held


def test_a_gate_on_found_0_holds_only_a_publication_that_nobody_gets() -> None:
    world, _ = subscribed_world()
    world.driver.add_gate(Gate("registry.*", found=0))
    world.post(world.body(ALICE, order_action()))
    assert not world.driver.is_publisher_held
    world.post(world.body(wallet("carol"), order_action()))
    assert world.driver.is_publisher_held


def test_a_gate_on_the_reply_holds_the_answer_after_the_update_was_written() -> None:
    world, got = subscribed_world()
    world.driver.add_gate(Gate(stages.REPLY_SENT))
    run = world.post(world.body(ALICE, order_action()))
    assert not run.is_done
    assert updates(got, ALICE.address) == 1
    world.driver.release()
    assert run.is_done


def test_frames_of_a_connection_wait_behind_its_held_frame() -> None:
    world = World()
    connection, transport = world.connect()
    world.driver.add_gate(Gate(stages.FRAME_RECEIVED, nth=1))
    world.subscribe(connection, user=ALICE.address)
    world.send(connection, {"method": "ping"})
    assert transport.messages == []
    world.driver.release()
    assert [message["channel"] for message in transport.messages] == ["subscriptionResponse", "pong"]


def test_a_held_writer_keeps_its_frames_in_the_outbox_and_loses_none() -> None:
    world, got = subscribed_world()
    world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, connection="c1", nth=1))
    for _ in range(3):
        world.place(ALICE)
    assert updates(got, ALICE.address) == 1
    world.driver.release()
    assert updates(got, ALICE.address) == 3


def test_releasing_one_at_a_time_steps_in_the_sequence_of_holding() -> None:
    world, _ = subscribed_world()
    gate = world.driver.add_gate(Gate(stages.REQUEST_DECODED))
    runs = [world.post(world.body(who, order_action())) for who in (ALICE, BOB)]
    assert world.driver.release(gate, count=1) == 1
    assert [run.is_done for run in runs] == [True, False]
    assert world.driver.release(gate, keep=False) == 1
    assert runs[1].is_done


def test_held_and_released_are_in_the_stream() -> None:
    world, _ = subscribed_world()
    world.driver.add_gate(Gate(stages.SIGNER_RECOVERED))
    world.post(world.body(ALICE, order_action()))
    world.driver.release()
    assert len(world.events(stages.GATE_HELD)) == 1
    assert len(world.events(stages.GATE_RELEASED)) == 1
