"""Verdicts on deliveries that were on their way: a stream that yields each, and one that nearly does."""

import pytest

from hlmock.trace import stages
from hlmock.trace.events import GateEvent, Note, OutboxOverflowed
from hlmock.verdicts.codes import VerdictCode
from support.audits import GRACE_MS, audit, code_of, row_of, subscribed, waiting_in_outbox
from support.streams import ALICE, Stream

# -- delivered ----------------------------------------------------------------------------------------------


def test_delivered() -> None:
    stream = subscribed("c1")
    stream.order(ALICE)
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.expected, row.verdict.facts.level) == (VerdictCode.DELIVERED, True, "written")


def test_delivered_is_final_only_after_grace() -> None:
    stream = subscribed("c1")
    stream.order(ALICE)
    assert not row_of(stream, "c1").verdict.final
    assert row_of(stream, "c1", after_grace=True).verdict.final


@pytest.mark.parametrize(("ms", "code"), [(249, VerdictCode.DELIVERED), (251, VerdictCode.DELIVERED_LATE)])
def test_delivered_late_above_the_setting(ms: int, code: VerdictCode) -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.clock.advance(ms=ms)
    stream.write(publication, "c1")
    assert code_of(stream, "c1") is code


def test_a_later_ack_raises_the_level_of_every_delivery_before_it() -> None:
    stream = subscribed("c1")
    first, second = stream.order(ALICE)[0], stream.order(ALICE)[0]
    stream.end(first, "c1", stages.DELIVERY_FLUSHED)
    assert [row.verdict.facts.level for row in audit(stream).rows()] == ["flushed", "written"]
    stream.end(second, "c1", stages.DELIVERY_ACKED)
    assert [row.verdict.facts.level for row in audit(stream).rows()] == ["acked", "acked"]


def test_pending_in_the_outbox() -> None:
    stream = subscribed("c1")
    waiting_in_outbox(stream)
    row = row_of(stream, "c1", after_grace=True)
    assert (row.verdict.code, row.verdict.final) == (VerdictCode.PENDING, False)


def test_pending_before_the_publisher() -> None:
    stream = subscribed("c1")
    stream.place(ALICE)
    assert code_of(stream, "c1") is VerdictCode.PENDING


def test_what_was_pending_beyond_grace_is_decided_by_its_write() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.clock.advance(ms=2 * GRACE_MS)
    stream.connect("c9")
    judged = audit(stream)
    assert judged.summary().pending == 1
    stream.write(publication, "c1")
    for event in stream.events[judged.tracker._seq :]:
        judged.apply(event)
    assert judged.summary().pending == 0
    assert [(row.verdict.code, row.verdict.final) for row in judged.rows()] == [(VerdictCode.DELIVERED_LATE, True)]


# -- it was found and did not get through -------------------------------------------------------------------


def test_closed_before_write() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    closing = stream.closing("c1", code=1006, who="network")
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "connection closed")
    stream.disconnect("c1")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.final) == (VerdictCode.CLOSED_BEFORE_WRITE, True)
    assert (verdict.facts.ended, verdict.facts.close_code, verdict.facts.who) == (closing, 1006, "network")


def test_closed_before_write_also_without_a_recorded_end() -> None:
    stream = subscribed("c1")
    waiting_in_outbox(stream)
    stream.disconnect("c1")
    assert code_of(stream, "c1") is VerdictCode.CLOSED_BEFORE_WRITE


def test_closed_before_it_was_enqueued() -> None:
    stream = subscribed("c1")
    (publication,) = stream.place(ALICE)
    stream.disconnect("c1")
    stream.resolve(publication)
    stream.outboxes["c1"] += 1
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "connection closed")
    assert code_of(stream, "c1") is VerdictCode.CLOSED_BEFORE_WRITE


def test_a_connection_that_closes_after_the_write_got_it() -> None:
    stream = subscribed("c1")
    stream.order(ALICE)
    stream.disconnect("c1")
    assert code_of(stream, "c1", after_grace=True) is VerdictCode.DELIVERED


def test_overflowed() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    overflow = stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c1", detail=OutboxOverflowed(10_001, 1_000_000))
    stream.closing("c1", code=1008, who="server", cause=overflow)
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "connection closed")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.ended) == (VerdictCode.OVERFLOWED, overflow)


def test_dropped_names_the_reason() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "queue full")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.reason) == (VerdictCode.DROPPED, "queue full")


def test_superseded_is_dropped() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.end(publication, "c1", stages.DELIVERY_SUPERSEDED, by=9)
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.reason) == (
        VerdictCode.DROPPED,
        "superseded by publication 9, as only market data may be",
    )


def test_passed_over_by_the_publisher_is_dropped() -> None:
    stream = subscribed("c1")
    stream.place(ALICE)
    (later,) = stream.place(ALICE)
    stream.deliver(later)
    codes = [row.verdict.code for row in audit(stream).rows()]
    assert codes == [VerdictCode.DROPPED, VerdictCode.DELIVERED]


def test_write_failed() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.end(publication, "c1", stages.DELIVERY_FAILED, "Broken pipe")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.reason) == (VerdictCode.WRITE_FAILED, "Broken pipe")


def half_open(*, is_acked: bool = False) -> Stream:
    """c2 acknowledges, so acknowledgements are known; c1 does only if asked to."""
    stream = subscribed("c1", "c2")
    (publication,) = stream.order(ALICE)
    stream.end(publication, "c2", stages.DELIVERY_ACKED)
    if is_acked:
        stream.end(publication, "c1", stages.DELIVERY_ACKED)
    return stream


def test_half_open_after_grace() -> None:
    stream = half_open()
    assert code_of(stream, "c1") is VerdictCode.DELIVERED
    assert code_of(stream, "c1", after_grace=True) is VerdictCode.HALF_OPEN


def test_half_open_at_once_when_the_network_ended_it() -> None:
    stream = half_open()
    stream.disconnect("c1", who="network")
    assert code_of(stream, "c1") is VerdictCode.HALF_OPEN


def test_not_half_open_when_acknowledged_or_closed_by_the_client() -> None:
    acked = half_open(is_acked=True)
    assert code_of(acked, "c1", after_grace=True) is VerdictCode.DELIVERED
    left = half_open()
    left.disconnect("c1", code=1000, who="client")
    assert code_of(left, "c1", after_grace=True) is VerdictCode.DELIVERED


def test_not_half_open_where_nothing_is_ever_acknowledged() -> None:
    stream = subscribed("c1")
    stream.order(ALICE)
    assert code_of(stream, "c1", after_grace=True) is VerdictCode.DELIVERED


def hold(stream: Stream, path: str, **fields: int | str) -> int:
    return stream.log.emit(stages.GATE_HELD, detail=GateEvent("g1", path, 1), **fields)  # type: ignore[arg-type]


def test_held_at_gate_before_the_publisher() -> None:
    stream = subscribed("c1")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    held = hold(stream, "publisher")
    (behind,) = stream.place(ALICE)
    verdicts = [row.verdict for row in audit(stream, after_grace=True).rows()]
    assert [(verdict.code, verdict.facts.ended, verdict.facts.gate) for verdict in verdicts] == [
        (VerdictCode.HELD_AT_GATE, held, "g1"),
        (VerdictCode.HELD_AT_GATE, held, "g1"),
    ]
    assert behind.resolved is None


def test_held_at_gate_before_its_writer() -> None:
    stream = subscribed("c1", "c2")
    waiting_in_outbox(stream)
    hold(stream, "c1 writer")
    assert code_of(stream, "c1") is VerdictCode.HELD_AT_GATE
    assert code_of(stream, "c2") is VerdictCode.PENDING


def test_a_released_gate_holds_nothing() -> None:
    stream = subscribed("c1")
    waiting_in_outbox(stream)
    hold(stream, "c1 writer")
    stream.log.emit(stages.GATE_RELEASED, detail=GateEvent("g1", "c1 writer", 0))
    assert code_of(stream, "c1") is VerdictCode.PENDING


def serial_fan_out() -> Stream:
    """The publisher has enqueued to c1 and waits for its write; c2 is next."""
    stream = subscribed("c1", "c2")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    stream.enqueue(publication, "c1")
    return stream


def test_blocked_behind_another_connection() -> None:
    stream = serial_fan_out()
    stream.place(ALICE)
    stream.clock.advance(ms=300)
    stream.connect("c9")
    blocked = [row.verdict for row in audit(stream).rows() if row.connection == "c2"]
    assert [(verdict.code, verdict.facts.other_connection) for verdict in blocked] == [
        (VerdictCode.BLOCKED, "c1"),
        (VerdictCode.BLOCKED, "c1"),
    ]


def test_not_blocked_before_it_is_late() -> None:
    assert code_of(serial_fan_out(), "c2") is VerdictCode.PENDING


def test_publisher_stopped() -> None:
    stream = subscribed("c1")
    stream.place(ALICE)
    assert code_of(stream, "c1", after_grace=True) is VerdictCode.PUBLISHER_STOPPED


def test_publisher_stopped_before_it_published() -> None:
    stream = subscribed("c1")
    stream.place(ALICE, types=())
    assert code_of(stream, None) is VerdictCode.PENDING
    row = row_of(stream, None, after_grace=True)
    assert (row.verdict.code, row.expected) == (VerdictCode.PUBLISHER_STOPPED, True)


def test_a_publisher_that_starts_again_delivers_late() -> None:
    stream = subscribed("c1")
    (publication,) = stream.place(ALICE)
    stream.clock.advance(ms=2 * GRACE_MS)
    stream.connect("c9")
    stream.deliver(publication)
    assert code_of(stream, "c1") is VerdictCode.DELIVERED_LATE


def test_injected_fault() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    fault = stream.log.emit(
        stages.FAULT_INJECTED, cause=publication.enqueued["c1"], connection="c1", detail=Note("drop", "nth=1")
    )
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "fault")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.ended, verdict.facts.reason) == (
        VerdictCode.INJECTED_FAULT,
        fault,
        "drop nth=1",
    )


def test_an_injected_fault_may_be_told_by_the_reason_alone() -> None:
    stream = subscribed("c1")
    publication = waiting_in_outbox(stream)
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "fault: every second frame")
    assert code_of(stream, "c1") is VerdictCode.INJECTED_FAULT


def test_a_fault_on_another_frame_is_not_to_blame() -> None:
    stream = subscribed("c1", "c2")
    publication = waiting_in_outbox(stream)
    stream.log.emit(stages.FAULT_INJECTED, cause=publication.enqueued["c2"], connection="c2", detail=Note("drop"))
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "queue full")
    assert code_of(stream, "c1") is VerdictCode.DROPPED


def test_client_ignored() -> None:
    stream = subscribed("c1", "c2")
    (publication,) = stream.order(ALICE)
    ignored = stream.end(publication, "c1", stages.CLIENT_IGNORED, "no handler")
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.ended) == (VerdictCode.CLIENT_IGNORED, ignored)
    assert verdict.facts.reason == "no handler"
    assert code_of(stream, "c2") is VerdictCode.DELIVERED


def test_not_published_by_design() -> None:
    stream = subscribed("c1")
    stream.place(ALICE, status="partiallyFilled", published=False)
    row = row_of(stream, None)
    assert (row.verdict.code, row.verdict.final, row.expected) == (VerdictCode.NOT_PUBLISHED_BY_DESIGN, True, False)


# -- who counts ---------------------------------------------------------------------------------------------


def test_a_connection_opened_later_misses_nothing_while_another_is_subscribed() -> None:
    stream = subscribed("c1")
    stream.order(ALICE)
    stream.subscribe("c2", ALICE)
    judged = audit(stream)
    assert [(row.connection, row.expected) for row in judged.rows()] == [("c1", True), ("c2", False)]
    delivery = judged.order_delivery(100)
    assert (delivery.delivered, delivery.expected, delivery.worst) == (1, 1, VerdictCode.DELIVERED)


def test_a_connection_that_was_open_and_subscribed_too_late_counts_as_missing() -> None:
    stream = subscribed("c1")
    stream.connect("c2")
    stream.order(ALICE)
    stream.subscribe("c2", ALICE)
    delivery = audit(stream).order_delivery(100)
    assert (delivery.delivered, delivery.expected, delivery.worst) == (1, 2, VerdictCode.BEFORE_SUBSCRIPTION)


def test_a_connection_opened_later_counts_when_nobody_was_subscribed() -> None:
    stream = Stream()
    stream.order(ALICE)
    stream.subscribe("c1", ALICE)
    delivery = audit(stream).order_delivery(100)
    assert (delivery.delivered, delivery.expected) == (0, 1)


def test_a_connection_that_subscribes_again_has_one_row_where_it_was_covered() -> None:
    stream = Stream()
    first = stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    stream.unsubscribe(first)
    stream.subscribe("c1", ALICE)
    assert row_of(stream, "c1").verdict.code is VerdictCode.DELIVERED


def test_a_delivery_nobody_subscribed_to_is_shown_and_not_expected() -> None:
    stream = subscribed("c1")
    stream.connect("c2")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, found=["c1", "c2"])
    for connection in ("c1", "c2"):
        stream.enqueue(publication, connection)
        stream.write(publication, connection)
    row = row_of(stream, "c2")
    assert (row.verdict.code, row.expected, row.subscription) == (VerdictCode.DELIVERED, False, None)
