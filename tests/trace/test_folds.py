"""Registry at any seq: the same state from seq 1, from any checkpoint, and from the owner's own account."""

import pytest

from hlmock.trace import stages
from hlmock.trace.events import Checkpoint, GateEvent, Note, TraceEvent
from hlmock.trace.folds import StreamState, state_at
from support.streams import AGENT, ALICE, BOB, Stream, cloid_of


def a_busy_stream(**settings: int) -> Stream:
    """Three connections, a reconnect, an unsubscribe, fills and a cancel, over several checkpoints."""
    stream = Stream(**settings)
    stream.account(ALICE, name="alice")
    stream.account(BOB)
    stream.subscribe("c1", ALICE)
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    mine = stream.subscribe("c2", BOB)
    for number in range(8):
        stream.order(ALICE, oid=1 + number, cloid=cloid_of(number))
        stream.order(BOB, oid=50 + number)
    stream.account(ALICE, name="alice", agents=(AGENT,))
    stream.order(ALICE, oid=3, status="filled")
    stream.order(ALICE, oid=4, status="partiallyFilled", published=False)
    stream.subscribe("c3", ALICE)
    stream.closing("c1")
    stream.order(ALICE, oid=20)
    stream.disconnect("c1")
    stream.unsubscribe(mine)
    stream.order(BOB, oid=70)
    (waiting,) = stream.place(ALICE, oid=21)
    for connection in stream.resolve(waiting):
        stream.enqueue(waiting, connection)
    stream.log.maybe_checkpoint()
    return stream


def fold(events: list[TraceEvent]) -> StreamState:
    state = StreamState()
    state.apply_all(events)
    return state


def canonical(checkpoint: Checkpoint) -> Checkpoint:
    state = StreamState()
    state.load(checkpoint)
    return state.to_checkpoint()


def test_the_fold_agrees_with_the_owner_at_the_end() -> None:
    stream = a_busy_stream()
    assert fold(stream.events).to_checkpoint() == canonical(stream.checkpoint())


def test_the_fold_agrees_with_every_checkpoint_on_its_way() -> None:
    stream = a_busy_stream(capacity=100_000, checkpoint_every=5)
    state = StreamState()
    compared = 0
    for event in stream.events:
        if isinstance(event.detail, Checkpoint):
            assert state.to_checkpoint() == canonical(event.detail), f"at seq {event.seq}"
            compared += 1
        else:
            state.apply(event)
    assert compared > 10


def test_a_fold_from_any_checkpoint_ends_like_one_from_seq_1() -> None:
    events = a_busy_stream(capacity=100_000, checkpoint_every=5).events
    from_the_start = fold([events[0], *(event for event in events if event.stage != stages.STATE_CHECKPOINT)])
    starts = [index for index, event in enumerate(events) if event.stage == stages.STATE_CHECKPOINT]
    for start in starts:
        assert fold(events[start:]).to_checkpoint() == from_the_start.to_checkpoint()


def test_state_at_a_seq_knows_nothing_later() -> None:
    stream = a_busy_stream(capacity=100_000, checkpoint_every=7)
    events = stream.events
    for index in range(len(events)):
        seq = events[index].seq
        assert state_at(events, seq).to_checkpoint() == fold(events[: index + 1]).to_checkpoint()


def test_state_at_reads_on_behind_a_gap() -> None:
    stream = a_busy_stream(capacity=40, checkpoint_every=10)
    events = stream.log.since(3)
    assert events[0].stage == stages.EVENTS_GAP
    assert state_at(events, events[-1].seq).to_checkpoint() == canonical(stream.checkpoint())
    assert fold(events).missing == [(4, events[0].seq)]


@pytest.mark.parametrize("seen", [1, 20, 60])
def test_a_fold_that_meets_a_gap_goes_on_with_the_state_behind_it(seen: int) -> None:
    before = a_busy_stream(capacity=100_000, checkpoint_every=10).events[:seen]
    stream = a_busy_stream(capacity=40, checkpoint_every=10)
    rest = stream.log.since(seen)
    assert rest[0].stage == stages.EVENTS_GAP
    state = fold([*before, *rest])
    assert state.to_checkpoint() == canonical(stream.checkpoint())
    assert state.subscriptions_of(connection="c1") == []


def test_a_fold_stands_at_the_seq_and_time_of_its_last_event() -> None:
    events = a_busy_stream().events
    state = fold(events)
    assert (state.seq, state.time_ms) == (events[-1].seq, events[-1].time_ms)
    assert StreamState().seq == 0


def test_an_ended_subscription_is_found_no_more() -> None:
    stream = Stream()
    mine = stream.subscribe("c1", ALICE)
    stream.unsubscribe(mine)
    state = fold(stream.events)
    assert state.subscriptions_of() == []
    assert state.subscriptions_of(connection="c1") == []
    assert state.subscriptions_of(key=mine.key) == []
    assert state.subscriptions_of(account=ALICE) == []


def test_subscriptions_are_found_by_connection_key_and_account() -> None:
    stream = Stream()
    first = stream.subscribe("c1", ALICE)
    second = stream.subscribe("c1", ALICE, "userFills")
    third = stream.subscribe("c2", ALICE)
    state = fold(stream.events)
    assert [each.subscription for each in state.subscriptions_of(connection="c1")] == [first.id, second.id]
    assert [each.subscription for each in state.subscriptions_of(key=third.key)] == [first.id, third.id]
    assert [each.subscription for each in state.subscriptions_of(account=ALICE)] == [first.id, second.id, third.id]
    assert state.subscriptions_of(account=BOB) == []


def test_depth_counts_frames_in_the_outbox_and_written_those_that_left() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    stream.enqueue(publication, "c1")
    waiting = fold(stream.events).connections["c1"]
    assert (waiting.depth, waiting.written) == (1, 1)
    stream.write(publication, "c1")
    written = fold(stream.events).connections["c1"]
    assert (written.depth, written.written) == (0, 2)


@pytest.mark.parametrize("stage", [stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED, stages.DELIVERY_SUPERSEDED])
def test_a_frame_that_ends_otherwise_leaves_the_outbox_unwritten(stage: str) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    stream.enqueue(publication, "c1")
    stream.end(publication, "c1", stage, "why")
    view = fold(stream.events).connections["c1"]
    assert (view.depth, view.written) == (0, 1)


def test_a_frame_that_ends_before_it_is_enqueued_was_never_in_the_outbox() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.closing("c1")
    (second,) = stream.place(ALICE)
    stream.resolve(second)
    stream.outboxes["c1"] += 1
    stream.end(second, "c1", stages.DELIVERY_DROPPED, "connection closed")
    assert fold(stream.events).connections["c1"].depth == 1


def test_a_connection_lost_without_notice_ends_with_what_it_closed_with() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.write_frame("c1", stream._enqueue("c1", stages.FRAME_ENQUEUED, 1))
    stream._enqueue("c1", stages.FRAME_ENQUEUED, 1)
    closed = stream.disconnect("c1", code=1006)
    (view,) = fold(stream.events).closed_connections
    assert (view.depth, view.end and view.end.code, view.ended_seq) == (0, 1006, closed)


def test_faults_are_remembered() -> None:
    stream = Stream()
    seq = stream.log.emit(stages.FAULT_INJECTED, connection="c1", detail=Note("stall"))
    assert [fault.seq for fault in fold(stream.events).faults] == [seq]


def test_a_closed_connection_is_remembered_with_its_end() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    closing = stream.closing("c1", code=1008, who="server")
    stream.disconnect("c1")
    state = fold(stream.events)
    assert state.connections == {}
    assert state.subscriptions == {}
    (closed,) = state.closed_connections
    assert (closed.state, closed.end and closed.end.code, closed.ended_seq) == ("closed", 1008, closing)


def test_a_partly_filled_order_stays_open_and_keeps_its_time() -> None:
    stream = Stream()
    stream.place(ALICE, oid=1)
    placed_ms = fold(stream.events).orders[1].time_ms
    stream.clock.advance(ms=500)
    stream.place(ALICE, oid=1, status="partiallyFilled", published=False)
    order = fold(stream.events).orders[1]
    assert (order.status, order.time_ms) == ("open", placed_ms)


def test_a_terminal_order_moves_to_the_recent_ones() -> None:
    stream = Stream()
    stream.place(ALICE, oid=1)
    stream.place(ALICE, oid=1, status="canceled")
    state = fold(stream.events)
    assert state.orders == {}
    assert [(order.oid, order.status) for order in state.terminal_orders] == [(1, "canceled")]


def test_held_paths_are_known_until_released() -> None:
    stream = Stream()
    stream.log.emit(stages.GATE_HELD, detail=GateEvent("g1", "publisher", 1))
    stream.log.emit(stages.GATE_HELD, detail=GateEvent("g1", "request 7", 2))
    assert [held.path for held in fold(stream.events).gates] == ["publisher", "request 7"]
    stream.log.emit(stages.GATE_RELEASED, detail=GateEvent("g1", "publisher", 1))
    state = fold(stream.events)
    assert [held.path for held in state.gates] == ["request 7"]
    assert canonical(state.to_checkpoint()).gates == state.to_checkpoint().gates


def test_a_restore_starts_an_epoch_with_the_state_of_its_checkpoint() -> None:
    stream = Stream()
    stream.order(ALICE, oid=1)
    stream.log.emit(stages.STATE_RESTORED)
    assert fold(stream.events).epoch == 2
    stream.orders.clear()
    stream.epoch = 7
    stream.log.checkpoint()
    state = fold(stream.events)
    assert (state.epoch, state.orders) == (7, {})


def test_stages_and_details_of_a_newer_version_are_passed_over() -> None:
    stream = a_busy_stream()
    before = fold(stream.events).to_checkpoint()
    stream.log.emit("wallet.blinked", connection="c2")
    stream.log.emit(stages.CONNECTION_CLOSING, connection="c99")
    assert fold(stream.events).to_checkpoint() == before
