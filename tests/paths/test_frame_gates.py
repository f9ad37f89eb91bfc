"""Gates that hold before something happens: a frame before it is written."""

from hlmock.gates import Gate
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from support.worlds import MemoryTransport, World

ALICE, BOB = wallet("alice"), wallet("bob")


def two_subscribers() -> tuple[World, MemoryTransport, MemoryTransport]:
    """Alice's updates go to c1 and c2."""
    world = World()
    transports = []
    for _ in range(2):
        connection, transport = world.connect()
        world.subscribe(connection, user=ALICE.address)
        transports.append(transport)
    return world, transports[0], transports[1]


def test_a_frame_is_held_before_it_is_written_and_nobody_else_waits() -> None:
    world, first, second = two_subscribers()
    world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, connection="c1", before=True))
    world.place(ALICE)
    assert (len(first.channel("orderUpdates")), len(second.channel("orderUpdates"))) == (0, 1)
    assert world.driver.release(keep=False) == 1
    assert len(first.channel("orderUpdates")) == 1


def test_nth_counts_frames_and_those_behind_wait_in_their_order() -> None:
    world, first, _ = two_subscribers()
    world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, connection="c1", before=True, nth=2))
    for px in ("50000", "50001", "50002"):
        world.place(ALICE, px)
    assert [rows[0]["order"]["limitPx"] for rows in first.channel("orderUpdates")] == ["50000.0"]
    world.driver.release()
    assert [rows[0]["order"]["limitPx"] for rows in first.channel("orderUpdates")] == ["50000.0", "50001.0", "50002.0"]


def test_a_channel_tells_an_ack_from_an_update() -> None:
    world = World()
    connection, transport = world.connect()
    world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, channel="orderUpdates", account=ALICE.address, before=True))
    world.subscribe(connection, user=ALICE.address)
    world.subscribe(connection, user=BOB.address)
    world.place(BOB)
    assert [message["channel"] for message in transport.messages] == ["subscriptionResponse"] * 2 + ["orderUpdates"]
    world.place(ALICE)
    assert len(transport.messages) == 3
    held = world.events(stages.GATE_HELD)
    assert [(each.connection, each.account) for each in held] == [("c1", ALICE.address)]


def test_one_frame_at_a_time_can_be_let_through() -> None:
    world, first, _ = two_subscribers()
    gate = world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, connection="c1", before=True))
    for px in ("50000", "50001", "50002"):
        world.place(ALICE, px)
    seen = []
    for _ in range(3):
        world.driver.release(gate, count=1)
        seen.append(len(first.channel("orderUpdates")))
    assert seen == [1, 2, 3]


def test_a_connection_that_ends_while_its_frame_is_held_gets_nothing_more() -> None:
    world, first, _ = two_subscribers()
    world.driver.add_gate(Gate(stages.DELIVERY_WRITTEN, connection="c1", before=True))
    world.place(ALICE)
    world.lose(world.core.connections["c1"])
    world.driver.release()
    assert first.channel("orderUpdates") == []
    assert [event.connection for event in world.events(stages.DELIVERY_DROPPED)] == ["c1"]


def test_an_account_may_be_written_as_wallets_print_it() -> None:
    world, first, _ = two_subscribers()
    gate = Gate(stages.DELIVERY_WRITTEN, account=ALICE.account.address, connection="c1", before=True)
    assert gate.account != ALICE.address
    world.driver.add_gate(gate)
    world.place(ALICE)
    assert first.channel("orderUpdates") == []
