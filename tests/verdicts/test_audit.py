"""The audit as a whole: order of asking, bounded memory, late starts and gaps."""

from typing import Any

import pytest

from hlmock.trace import stages
from hlmock.verdicts.audit import AuditSummary, DeliveryAudit
from hlmock.verdicts.codes import VerdictCode
from support.streams import ALICE, BOB, Stream

GRACE_NS = 5_000_000_000


def audit(stream: Stream, **settings: Any) -> DeliveryAudit:
    judged = DeliveryAudit(**settings)
    judged.apply_all(stream.events)
    return judged


def a_day(stream: Stream) -> Stream:
    """Two wallets, a reconnect, one update that bob's connection missed."""
    stream.connect("c2")
    stream.subscribe("c1", ALICE)
    stream.order(BOB, oid=1)
    stream.clock.advance(ms=2)
    stream.subscribe("c2", BOB)
    for number in range(2, 8):
        stream.order(ALICE if number % 2 else BOB, oid=number)
    stream.subscribe("c3", ALICE)
    stream.disconnect("c1")
    stream.order(ALICE, oid=8)
    return stream


def test_the_summary_counts_rows_by_code() -> None:
    summary = audit(a_day(Stream())).summary()
    assert summary == AuditSummary(
        orders=8,
        updates=8,
        codes={
            VerdictCode.BEFORE_SUBSCRIPTION: 4,
            VerdictCode.AFTER_UNSUBSCRIBE: 1,
            VerdictCode.DELIVERED: 7,
        },
        missing=1,
        late=0,
        pending=0,
    )


def test_codes_come_with_what_needs_attention_first() -> None:
    codes = list(audit(a_day(Stream())).summary().codes)
    assert codes == sorted(codes, key=lambda code: code.severity)


def test_the_missing_update_is_found_without_being_asked_for() -> None:
    (row,) = audit(a_day(Stream())).undelivered()
    assert (row.oid, row.connection, row.verdict.code) == (1, "c2", VerdictCode.BEFORE_SUBSCRIPTION)


def test_deciding_changes_no_row_but_its_finality() -> None:
    stream = a_day(Stream())
    live, decided = audit(stream), audit(stream)
    before = list(live.rows())
    decided.tick(stream.clock.ns + GRACE_NS)
    after = list(decided.rows())
    assert [(row.oid, row.connection, row.verdict.code) for row in before] == [
        (row.oid, row.connection, row.verdict.code) for row in after
    ]
    assert all(row.verdict.final for row in after)
    assert not any(row.verdict.final for row in before)
    assert decided.summary() == live.summary()


def test_the_end_of_the_stream_makes_every_verdict_final() -> None:
    stream = a_day(Stream())
    (publication,) = stream.place(BOB)
    stream.resolve(publication)
    stream.enqueue(publication, "c2")
    stream.place(BOB)
    judged = audit(stream)
    judged.finish()
    rows = list(judged.rows())
    assert all(row.verdict.final for row in rows)
    assert [row.verdict.code for row in rows[-2:]] == [VerdictCode.PENDING, VerdictCode.PENDING]


def test_one_order_that_changes_has_rows_for_each_update() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=1)
    stream.order(ALICE, oid=1, status="filled", types=("orderUpdates", "userFills"))
    judged = audit(stream)
    assert [(row.status, row.channel, row.connection) for row in judged.rows(1)] == [
        ("open", "orderUpdates", "c1"),
        ("filled", "orderUpdates", "c1"),
        ("filled", "userFills", None),
    ]
    assert judged.order_delivery(1).delivered == judged.order_delivery(1).expected == 2


def test_old_orders_are_forgotten_and_stay_counted() -> None:
    stream = Stream(capacity=200_000)
    stream.subscribe("c1", ALICE)
    judged = DeliveryAudit(keep_orders=10)
    for number in range(200):
        stream.order(ALICE, oid=1 + number, cloid=f"0x{number:032x}")
        stream.clock.advance(ms=100)
    judged.apply_all(stream.events)
    judged.tick(stream.clock.ns + GRACE_NS)
    assert [order.oid for order in judged.orders()] == list(range(191, 201))
    assert judged.summary().codes == {VerdictCode.DELIVERED: 200}
    tracker = judged.tracker
    assert (len(tracker.by_cloid), len(tracker._publications), len(judged._lingering)) == (10, 0, 0)


def test_ended_subscriptions_are_forgotten_after_grace() -> None:
    stream = Stream(capacity=200_000)
    for number in range(50):
        mine = stream.subscribe(f"c{number}", ALICE)
        if number % 2:
            stream.disconnect(f"c{number}")
        else:
            stream.unsubscribe(mine)
        stream.order(ALICE)
        stream.clock.advance(ms=1_000)
    judged = audit(stream)
    assert sum(map(len, judged.tracker.intervals.values())) < 15


def test_an_audit_that_starts_at_a_checkpoint_knows_the_subscriptions_from_it() -> None:
    stream = Stream(capacity=100_000, checkpoint_every=10)
    stream.subscribe("c1", ALICE)
    for _ in range(5):
        stream.order(ALICE)
    events = stream.events
    start = max(index for index, event in enumerate(events) if event.stage == stages.STATE_CHECKPOINT)
    judged = DeliveryAudit()
    judged.apply_all(events[start:])
    stream.order(ALICE, oid=999)
    judged.apply_all(stream.log.since(events[-1].seq))
    (row,) = judged.rows(999)
    assert (row.connection, row.verdict.code) == ("c1", VerdictCode.DELIVERED)


def test_what_was_on_its_way_in_a_gap_has_no_verdict() -> None:
    stream = Stream(capacity=60, checkpoint_every=10)
    stream.subscribe("c1", ALICE)
    judged = DeliveryAudit()
    (publication,) = stream.place(ALICE, oid=1)
    judged.apply_all(stream.events)
    stream.deliver(publication)
    for _ in range(20):
        stream.order(ALICE)
    events = stream.log.since(judged.tracker._seq)
    assert events[0].stage == stages.EVENTS_GAP
    judged.apply_all(events)
    assert list(judged.rows(1)) == []
    assert set(judged.summary().codes) == {VerdictCode.DELIVERED}
    assert judged.order_delivery(1).worst is None


def test_subscriptions_that_ended_in_a_gap_cover_nothing_after_it() -> None:
    stream = Stream(capacity=60, checkpoint_every=10)
    stream.subscribe("c1", ALICE)
    judged = audit(stream)
    seen = stream.log.last_seq
    stream.disconnect("c1")
    stream.clock.advance(ms=6_000)
    for _ in range(20):
        stream.order(BOB)
    stream.order(ALICE, oid=999)
    judged.apply_all(stream.log.since(seen))
    (row,) = judged.rows(999)
    assert row.verdict.code in (VerdictCode.NO_SUBSCRIPTION, VerdictCode.AFTER_UNSUBSCRIBE)


def test_another_run_needs_another_audit() -> None:
    judged = audit(a_day(Stream()))
    with pytest.raises(ValueError, match="another run needs another audit"):
        judged.apply(Stream().events[0])


def test_an_unknown_order_has_no_rows_and_no_column() -> None:
    judged = audit(a_day(Stream()))
    assert list(judged.rows(12_345)) == []
    delivery = judged.order_delivery(12_345)
    assert (delivery.delivered, delivery.expected, delivery.worst) == (0, 0, None)
