"""Each promise with a planted violation, and sound streams without any."""

from collections.abc import Callable

import msgspec
import pytest

from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.verdicts.promises import PromiseMonitor, Violation, check_promises, check_same
from support.streams import ALICE, BOB, Published, Stream


def broken(stream: Stream, **settings: bool | int) -> list[str]:
    return [violation.promise for violation in check_promises(stream.events, **settings)]  # type: ignore[arg-type]


def a_sound_stream(**settings: int) -> Stream:
    """Reconnects, unsubscribes, closes and overflows, all as promised."""
    stream = Stream(**settings)
    first = stream.subscribe("c1", ALICE)
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    stream.subscribe("c2", BOB)
    for _ in range(5):
        stream.order(ALICE, types=("orderUpdates", "userFills"))
        stream.order(BOB)
    (between,) = stream.place(ALICE)
    stream.unsubscribe(first)
    stream.deliver(between)
    stream.subscribe("c3", ALICE)
    (lost,) = stream.place(ALICE)
    stream.resolve(lost)
    stream.enqueue(lost, "c3")
    overflow = stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c3", detail=ev.OutboxOverflowed(10_001, 1))
    stream.closing("c3", code=1008, who="server", cause=overflow)
    stream.end(lost, "c3", stages.DELIVERY_DROPPED, "connection closed")
    stream.disconnect("c3", code=1008, who="server")
    (late,) = stream.place(BOB)
    stream.disconnect("c2")
    stream.resolve(late)
    stream.outboxes["c2"] += 1
    stream.end(late, "c2", stages.DELIVERY_DROPPED, "connection closed")
    stream.order(BOB)
    return stream


def test_a_sound_stream_breaks_nothing() -> None:
    assert check_promises(a_sound_stream().events, quiescent=True) == []


def test_a_sound_stream_breaks_nothing_from_any_checkpoint_on() -> None:
    events = a_sound_stream(capacity=100_000, checkpoint_every=5).events
    starts = [index for index, event in enumerate(events) if event.stage == stages.STATE_CHECKPOINT]
    assert len(starts) > 5
    for start in starts:
        assert check_promises(events[start:], quiescent=True) == []


@pytest.mark.parametrize("seen", [1, 30, 45, 60])
def test_a_sound_stream_breaks_nothing_over_a_gap(seen: int) -> None:
    before = a_sound_stream(capacity=100_000, checkpoint_every=10).events[:seen]
    rest = a_sound_stream(capacity=60, checkpoint_every=10).log.since(seen)
    assert rest[0].stage == stages.EVENTS_GAP
    assert check_promises([*before, *rest], quiescent=True) == []


def test_a_connection_that_is_closing_may_have_its_frames_dropped_unqueued() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.closing("c1")
    for _ in range(2):
        (publication,) = stream.place(ALICE)
        stream.resolve(publication)
        stream.outboxes["c1"] += 1
        stream.end(publication, "c1", stages.DELIVERY_DROPPED, "connection closed")
    assert broken(stream, quiescent=True) == []


def test_the_checks_let_go_of_what_is_over() -> None:
    stream = Stream()
    for number in range(100):
        stream.subscribe(f"c{number}", ALICE)
        stream.order(ALICE)
        stream.disconnect(f"c{number}")
    monitor = PromiseMonitor()
    for event in stream.events:
        monitor.apply(event)
    checks = monitor._deliveries
    assert len(checks._connections) + len(checks._active) + len(checks._ended) + len(checks._by_added) < 5
    assert len(checks._unresolved) + sum(map(len, checks._by_key.values())) < 5


def test_what_is_on_its_way_is_a_violation_only_when_nothing_moves_any_more() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.place(ALICE)
    assert broken(stream) == []
    assert broken(stream, quiescent=True) == ["D2", "D2"]


Plant = Callable[[Stream], object]
PLANTS: dict[str, tuple[str, Plant]] = {}


def plant(promise: str) -> Callable[[Plant], Plant]:
    """Registers a defect that must show as a violation of this promise, and of nothing else."""

    def register(defect: Plant) -> Plant:
        PLANTS[defect.__name__.replace("_", " ")] = (promise, defect)
        return defect

    return register


def deliver_to(stream: Stream, publication: Published, *connections: str) -> None:
    stream.resolve(publication, found=connections)
    for connection in connections:
        stream.enqueue(publication, connection)
        stream.write(publication, connection)


@plant("D1")
def a_subscription_that_reaches_back(stream: Stream) -> None:
    (before,) = stream.place(ALICE)
    stream.subscribe("c1", ALICE, since=0)
    deliver_to(stream, before, "c1")


@plant("D1")
def a_subscription_that_starts_too_late(stream: Stream) -> None:
    stream.subscribe("c1", ALICE, since=1)
    stream.deliver(stream.place(ALICE)[0])


@plant("D1")
def an_ack_before_the_registration(stream: Stream) -> None:
    stream.connect("c1")
    frame = stream.log.emit(stages.FRAME_RECEIVED, cause=1, connection="c1", detail=ev.FrameReceived("subscribe", 80))
    stream.write_frame("c1", stream._enqueue("c1", stages.ACK_ENQUEUED, frame))


@plant("D1")
def a_subscription_that_is_never_acknowledged(stream: Stream) -> None:
    stream.subscribe("c1", ALICE, ack=False)


@plant("D1")
def a_message_before_the_ack(stream: Stream) -> None:
    stream.subscribe("c1", ALICE, ack=False)
    stream.order(ALICE)


@plant("D1")
def a_publication_of_before_the_subscription(stream: Stream) -> None:
    (before,) = stream.place(ALICE)
    stream.subscribe("c1", ALICE)
    deliver_to(stream, before, "c1")


@plant("D1")
def a_publication_of_after_the_subscription(stream: Stream) -> None:
    mine = stream.subscribe("c1", ALICE)
    stream.unsubscribe(mine)
    deliver_to(stream, stream.place(ALICE)[0], "c1")


@plant("D1")
def a_snapshot_of_another_commit(stream: Stream) -> None:
    mine = stream.subscribe("c1", ALICE, "userFills")
    stream.write_frame("c1", stream._enqueue("c1", stages.SNAPSHOT_ENQUEUED, mine.seq, key=mine.key, commit=7))


@plant("D1")
def a_snapshot_that_states_no_commit(stream: Stream) -> None:
    mine = stream.subscribe("c1", ALICE, "userFills")
    stream.write_frame("c1", stream._enqueue("c1", stages.SNAPSHOT_ENQUEUED, mine.seq, key=mine.key))


@plant("D1")
def a_subscription_that_ends_before_its_ack(stream: Stream) -> None:
    stream.unsubscribe(stream.subscribe("c1", ALICE, ack=False))


@plant("D2")
def a_subscriber_that_the_registry_does_not_find(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    stream.resolve(stream.place(ALICE)[0], found=[])


@plant("D2")
def a_subscriber_that_is_found_and_passed_over(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.write(first, "c1")
    stream.order(ALICE)


@plant("D2")
def a_publication_enqueued_twice(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.order(ALICE)
    stream.enqueue(first, "c1")
    stream.write(first, "c1")


@plant("D2")
def a_publication_resolved_twice(stream: Stream) -> None:
    (first,) = stream.order(ALICE)
    stream.resolve(first)


@plant("D2")
def frames_that_vanish_with_their_connection(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.disconnect("c1")


@plant("D2")
def a_frame_written_twice(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.order(ALICE)
    stream.write(first, "c1")


@plant("D2")
def a_user_frame_that_is_superseded(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.end(first, "c1", stages.DELIVERY_SUPERSEDED)


@plant("D2")
def a_subscription_that_ends_in_the_past(stream: Stream) -> None:
    mine = stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    stream.commit -= 1
    stream.unsubscribe(mine)


@plant("D3")
def frames_written_out_of_order(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    both = [stream.place(ALICE)[0], stream.place(ALICE)[0]]
    for each in both:
        stream.resolve(each)
        stream.enqueue(each, "c1")
    for each in reversed(both):
        stream.write(each, "c1")


@plant("D3")
def a_publication_that_overtakes(stream: Stream) -> None:
    first, second = stream.place(ALICE)[0], stream.place(ALICE)[0]
    stream.resolve(second)
    stream.resolve(first)


@plant("D3")
def a_commit_that_goes_back(stream: Stream) -> None:
    stream.order(ALICE)
    stream.order(ALICE)
    stream.order(ALICE, commit=1)


@plant("D3")
def an_older_publication_after_a_newer_one(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.order(ALICE)
    stream.order(ALICE)
    stream.enqueue(first, "c1")
    stream.write(first, "c1")


@plant("D4")
def a_message_of_another_account(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    deliver_to(stream, stream.place(BOB)[0], "c1")


@plant("D4")
def an_order_published_to_another_account(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (mine,) = stream.place(BOB)
    number = mine.id + 1
    update = ev.Update(1, None, "open", 1, mine.seq - 1)
    key = f"orderUpdates:{ALICE}"
    seq = stream.log.emit(
        stages.PUBLICATION_CREATED,
        account=ALICE,
        key=key,
        commit=1,
        detail=ev.PublicationCreated(number, (update,)),
    )
    stream.deliver(mine)
    stream.deliver(Published(number, key, "orderUpdates", ALICE, 1, seq))


@plant("D4")
def a_key_in_mixed_case(stream: Stream) -> None:
    stream.subscribe("c1", ALICE, key=f"orderUpdates:0x{'A1' * 20}")


@plant("D4")
def a_key_of_another_account(stream: Stream) -> None:
    stream.order(ALICE, key=f"orderUpdates:{BOB}")


@plant("D4")
def a_message_under_another_key(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    first.key = f"orderUpdates:{BOB}"
    stream.enqueue(first, "c1")
    stream.write(first, "c1")


@plant("D4")
def an_effect_of_an_unknown_signer(stream: Stream) -> None:
    request, recovered = stream.request(ALICE)
    stream.log.emit(stages.SIGNER_UNKNOWN, cause=recovered, request=request)
    stream.log.emit(stages.ACTION_ACCEPTED, cause=recovered, request=request, account=ALICE, signer=ALICE)


@plant("D4")
def an_order_of_nobody(stream: Stream) -> None:
    stream.log.emit(stages.ORDER_STORED, cause=1, oid=5, commit=1)


@plant("D5")
def an_outbox_beyond_its_limit(stream: Stream) -> None:
    stream.connect("c1")
    stream.outboxes["c1"] = 10_001
    stream.write_frame("c1", stream._enqueue("c1", stages.FRAME_ENQUEUED, 1))


def stall(stream: Stream, connection: str) -> None:
    stream.log.emit(stages.FAULT_INJECTED, connection=connection, detail=ev.Note("stall", connection))


@plant("D5")
def a_subscriber_that_waits_behind_a_stalled_one(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", ALICE)
    stall(stream, "c1")
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")


@plant("D5")
def an_account_that_waits_behind_a_stalled_connection(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    stall(stream, "c1")
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    stream.place(BOB)


@plant("D5")
def an_overflow_without_a_close(stream: Stream) -> None:
    stream.connect("c1")
    stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c1", detail=ev.OutboxOverflowed(10_001, 1))


@plant("D5")
def an_overflow_closed_as_if_nothing_were_wrong(stream: Stream) -> None:
    stream.connect("c1")
    stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c1", detail=ev.OutboxOverflowed(10_001, 1))
    stream.closing("c1", code=1000, who="server")
    stream.disconnect("c1", code=1000, who="server")


@plant("D5")
def an_overflow_that_ends_without_being_announced(stream: Stream) -> None:
    stream.connect("c1")
    stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c1", detail=ev.OutboxOverflowed(10_001, 1))
    stream.disconnect("c1", code=1000, who="client")


@plant("D6")
def a_cleanup_that_removes_a_foreign_subscription(stream: Stream) -> None:
    stream.subscribe("c1", ALICE)
    other = stream.subscribe("c2", ALICE)
    closed = stream.disconnect("c1")
    stream.unsubscribe(other, reason="connection closed", cause=closed)


@plant("D6")
def a_cleanup_that_leaves_its_own_subscription(stream: Stream) -> None:
    mine = stream.subscribe("c1", ALICE)
    mine.until = 0  # so that `disconnect` does not remove it
    stream.disconnect("c1")


@plant("D7")
def a_request_with_two_effects(stream: Stream) -> None:
    request, recovered = stream.request(ALICE)
    for _ in range(2):
        stream.log.emit(stages.ACTION_ACCEPTED, cause=recovered, request=request, account=ALICE)


@plant("D7")
def a_nonce_used_twice(stream: Stream) -> None:
    for _ in range(2):
        request, recovered = stream.request(ALICE)
        stream.log.emit(stages.REQUEST_DECODED, cause=recovered, request=request, detail=ev.RequestDecoded("order", 42))
        stream.log.emit(stages.ACTION_ACCEPTED, cause=recovered, request=request, account=ALICE, signer=ALICE)


def test_frames_of_a_stalled_connection_may_wait() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stall(stream, "c1")
    (first,) = stream.place(ALICE)
    stream.resolve(first)
    stream.enqueue(first, "c1")
    assert broken(stream, quiescent=True) == []
    stream.write(first, "c1")
    (second,) = stream.place(ALICE)
    stream.resolve(second)
    stream.enqueue(second, "c1")
    assert broken(stream, quiescent=True) == ["D2"]  # what was stalled has been written: it reads again


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_violation_is_found(name: str) -> None:
    promise, defect = PLANTS[name]
    stream = Stream()
    defect(stream)
    found = check_promises(stream.events, quiescent=True)
    assert {violation.promise for violation in found} == {promise}, [each.sentence for each in found]
    for violation in found:
        assert violation.seq in violation.evidence
        assert violation.evidence == tuple(sorted(violation.evidence))


def test_every_promise_but_d8_has_a_plant() -> None:
    assert {promise for promise, _ in PLANTS.values()} == {f"D{number}" for number in range(1, 8)}


# -- and what nearly is one ---------------------------------------------------------------------------------


def test_one_nonce_of_two_signers_is_fine() -> None:
    stream = Stream()
    for account in (ALICE, BOB):
        request, recovered = stream.request(account)
        stream.log.emit(stages.REQUEST_DECODED, cause=recovered, request=request, detail=ev.RequestDecoded("order", 42))
        stream.log.emit(stages.ACTION_ACCEPTED, cause=recovered, request=request, account=account, signer=account)
    assert broken(stream) == []


def test_a_nonce_may_be_used_again_after_a_restore() -> None:
    stream = Stream()
    a_nonce_used_once = [(1, 42), (2, 42)]
    for request, nonce in a_nonce_used_once:
        stream.log.emit(stages.REQUEST_DECODED, request=request, detail=ev.RequestDecoded("order", nonce))
        stream.log.emit(stages.ACTION_ACCEPTED, request=request, account=ALICE, signer=ALICE)
        stream.log.emit(stages.STATE_RESTORED)
        stream.log.checkpoint()
    assert broken(stream) == []


def test_market_data_may_be_superseded() -> None:
    stream = Stream()
    key = "l2Book:BTC"
    stream.connect("c1")
    added = stream.log.emit(
        stages.SUBSCRIPTION_ADDED, connection="c1", key=key, commit=0, detail=ev.SubscriptionAdded(1, 1)
    )
    stream._enqueue("c1", stages.ACK_ENQUEUED, added)
    stream.commit = 1
    seq = stream.log.emit(stages.PUBLICATION_CREATED, key=key, commit=1, detail=ev.PublicationCreated(1))
    book = Published(1, key, "l2Book", "", 1, seq)
    stream.resolve(book, found=["c1"])
    stream.enqueue(book, "c1")
    stream.end(book, "c1", stages.DELIVERY_SUPERSEDED)
    assert broken(stream) == []


def test_an_unsubscribe_is_acknowledged_without_a_subscription() -> None:
    stream = Stream()
    removed = stream.unsubscribe(stream.subscribe("c1", ALICE))
    stream.write_frame("c1", stream._enqueue("c1", stages.ACK_ENQUEUED, removed))
    assert broken(stream, quiescent=True) == []


def test_the_frame_that_makes_an_outbox_overflow_is_within_bounds() -> None:
    stream = Stream()
    stream.connect("c1")
    stream.outboxes["c1"] = 10_000
    stream.write_frame("c1", stream._enqueue("c1", stages.FRAME_ENQUEUED, 1))
    assert broken(stream) == []


def test_an_unbounded_outbox_may_be_asked_for() -> None:
    stream = Stream()
    an_outbox_beyond_its_limit(stream)
    assert check_promises(stream.events, max_frames=None) == []


def test_equal_logs_are_the_same() -> None:
    assert check_same(a_sound_stream().events, a_sound_stream().events) == []


def test_the_first_difference_of_two_logs_is_named() -> None:
    first = a_sound_stream().events
    second = list(first)
    second[20] = msgspec.structs.replace(first[20], account="0x" + "9" * 40)
    (violation,) = check_same(first, second)
    assert (violation.promise, violation.seq) == ("D8", first[20].seq)
    assert "account" in violation.sentence


def test_a_log_that_ends_early_differs() -> None:
    events = a_sound_stream().events
    assert check_same(events, events[:-1]) == [
        Violation("D8", len(events), f"one log has {len(events)} events, the other {len(events) - 1}", (len(events),))
    ]
