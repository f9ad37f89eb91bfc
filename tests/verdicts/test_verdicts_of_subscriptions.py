"""Verdicts where no subscription covered, or the registry lost it: what yields each, and what nearly does."""

import pytest

from hlmock.trace import stages
from hlmock.trace.events import NearMiss
from hlmock.verdicts.codes import VerdictCode
from support.audits import GRACE_MS, audit, code_of, row_of, subscribed
from support.streams import AGENT, ALICE, BOB, Published, Stream

# -- subscriptions that did not cover -----------------------------------------------------------------------


def test_no_subscription() -> None:
    stream = Stream()
    stream.subscribe("c1", BOB)
    stream.order(ALICE)
    row = row_of(stream, None, after_grace=True)
    assert (row.verdict.code, row.expected) == (VerdictCode.NO_SUBSCRIPTION, False)


@pytest.mark.parametrize(("ms", "near"), [(GRACE_MS - 1, True), (GRACE_MS + 1, False)])
def test_a_subscription_counts_up_to_grace_after_the_update(ms: int, near: bool) -> None:
    stream = Stream()
    stream.order(ALICE)
    stream.clock.advance(ms=ms)
    stream.subscribe("c1", ALICE)
    expected = VerdictCode.BEFORE_SUBSCRIPTION if near else VerdictCode.NO_SUBSCRIPTION
    assert code_of(stream, "c1" if near else None, after_grace=True) is expected


def test_before_subscription_names_the_gap_in_time_and_events() -> None:
    stream = Stream()
    stream.connect("c18")
    (publication,) = stream.order(ALICE)
    stream.clock.advance(ms=3)
    added = stream.subscribe("c18", ALICE).seq
    verdict = row_of(stream, "c18").verdict
    assert verdict.code is VerdictCode.BEFORE_SUBSCRIPTION
    assert (verdict.facts.gap_us, verdict.facts.gap_events) == (3_003, added - publication.seq)
    assert verdict.sentence == (
        f"c18: published before the subscription took effect, by 3.0 ms and {added - publication.seq} events"
        f" (order update at seq {publication.seq - 1}, subscription at seq {added}). Wait for the ack before ordering."
    )
    assert verdict.evidence == (publication.seq - 1, publication.seq, added)


def test_after_unsubscribe() -> None:
    stream = Stream()
    mine = stream.subscribe("c1", ALICE)
    removed = stream.unsubscribe(mine)
    stream.clock.advance(ms=1)
    stream.order(ALICE)
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.verdict.facts.unsubscribed) == (VerdictCode.AFTER_UNSUBSCRIBE, removed)
    assert "after the subscription had ended, by 1.0 ms" in row.verdict.sentence


def test_after_the_connection_closed() -> None:
    stream = subscribed("c1")
    stream.disconnect("c1")
    stream.order(ALICE)
    row = row_of(stream, "c1")
    assert row.verdict.code is VerdictCode.AFTER_UNSUBSCRIBE
    assert "after the connection had closed" in row.verdict.sentence


def test_an_unsubscribe_longer_ago_than_grace_does_not_count() -> None:
    stream = Stream()
    stream.unsubscribe(stream.subscribe("c1", ALICE))
    stream.clock.advance(ms=GRACE_MS + 1)
    stream.order(ALICE)
    assert code_of(stream, None) is VerdictCode.NO_SUBSCRIPTION


def test_an_unsubscribe_after_the_commit_loses_nothing() -> None:
    stream = Stream()
    mine = stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.unsubscribe(mine)
    stream.deliver(publication)
    assert code_of(stream, "c1") is VerdictCode.DELIVERED


def test_covered_by_snapshot() -> None:
    stream = Stream()
    stream.connect("c1")
    stream.order(ALICE, types=("userFills",))
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.verdict.facts.snapshot_commit) == (VerdictCode.COVERED_BY_SNAPSHOT, 1)


def test_a_snapshot_of_an_older_commit_covers_nothing() -> None:
    stream = Stream()
    stream.connect("c1")
    (publication,) = stream.place(ALICE, types=("userFills",))
    added = stream.subscribe("c1", ALICE, "userFills")
    stream.log.emit(
        stages.SNAPSHOT_ENQUEUED, cause=added.seq, connection="c1", key=added.key, commit=publication.commit - 1
    )
    assert code_of(stream, "c1") is VerdictCode.BEFORE_SUBSCRIPTION


def test_a_snapshot_that_was_never_written_covers_nothing() -> None:
    stream = Stream()
    stream.connect("c1")
    stream.order(ALICE, types=("userFills",))
    stream.subscribe("c1", ALICE, "userFills", snapshot=True, written=False)
    snapshot = next(event for event in stream.events if event.stage == stages.SNAPSHOT_ENQUEUED)
    (publication,) = [Published(-1, "", "", ALICE, 0, 0, None, {"c1": snapshot.seq})]
    stream.end(publication, "c1", stages.DELIVERY_DROPPED, "connection closed")
    assert code_of(stream, "c1") is VerdictCode.BEFORE_SUBSCRIPTION


# -- the registry went wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind", "hint"),
    [
        (f"orderUpdates:{ALICE.upper()}", "case", "differ only by case"),
        (f"orderUpdates:{AGENT}", "agent", "subscribe with the account's address"),
        (f"orderUpdates:{BOB}", "master", "under its own address"),
    ],
)
def test_key_differs(key: str, kind: str, hint: str) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE, key=key)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, near=(NearMiss("c1", key, kind),))
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.verdict.facts.other_key, row.expected) == (VerdictCode.KEY_DIFFERS, key, True)
    assert hint in row.verdict.sentence


def test_another_spelling_of_the_key_is_a_near_miss_that_the_server_need_not_name() -> None:
    stream = Stream()
    other = f"orderUpdates:0x{ALICE[2:].upper()}"
    stream.subscribe("c1", ALICE, key=other)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, found=[])
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.other_key, verdict.facts.relation) == (VerdictCode.KEY_DIFFERS, other, "case")


def test_a_near_miss_does_not_count_while_somebody_is_subscribed() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE, key=f"orderUpdates:{AGENT}")
    stream.subscribe("c2", ALICE)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, near=(NearMiss("c1", f"orderUpdates:{AGENT}", "agent"),))
    stream.enqueue(publication, "c2")
    stream.write(publication, "c2")
    assert not row_of(stream, "c1").expected
    assert audit(stream).order_delivery(100).expected == 1


def test_overwritten_by_a_later_subscription() -> None:
    stream = subscribed("c1", "c2")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, found=["c2"])
    stream.enqueue(publication, "c2")
    stream.write(publication, "c2")
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.verdict.facts.other_connection) == (VerdictCode.OVERWRITTEN, "c2")


def test_nothing_is_overwritten_where_the_connection_had_closed_before_the_lookup() -> None:
    stream = subscribed("c1", "c2")
    (publication,) = stream.place(ALICE)
    stream.disconnect("c1")
    stream.resolve(publication, found=["c2"])
    assert row_of(stream, "c1").verdict.code is VerdictCode.CLOSED_BEFORE_WRITE


def test_overwritten_where_the_server_says_so() -> None:
    stream = Stream()
    first = stream.subscribe("c1", ALICE)
    second = stream.subscribe("c2", ALICE)
    stream.unsubscribe(first, reason="overwritten", cause=second.seq)
    stream.clock.advance(ms=2 * GRACE_MS)
    stream.order(ALICE)
    row = row_of(stream, "c1")
    assert (row.verdict.code, row.verdict.facts.other_connection) == (VerdictCode.OVERWRITTEN, "c2")
    assert row.expected


def test_not_overwritten_by_an_earlier_subscription() -> None:
    stream = subscribed("c2", "c1")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, found=["c2"])
    verdict = row_of(stream, "c1").verdict
    assert (verdict.code, verdict.facts.reason) == (
        VerdictCode.DROPPED,
        "the registry did not find the subscription",
    )


def test_removed_by_cleanup_of_another_connection() -> None:
    stream = subscribed("c1", "c2")
    stream.disconnect("c1")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, found=[])
    row = row_of(stream, "c2")
    assert (row.verdict.code, row.verdict.facts.other_connection) == (VerdictCode.REMOVED_BY_CLEANUP, "c1")


def test_removed_by_cleanup_where_the_server_says_so() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    second = stream.subscribe("c2", ALICE)
    closed = stream.disconnect("c1")
    stream.unsubscribe(second, reason="connection closed", cause=closed)
    stream.clock.advance(ms=2 * GRACE_MS)
    stream.order(ALICE)
    row = row_of(stream, "c2")
    assert (row.verdict.code, row.expected) == (VerdictCode.REMOVED_BY_CLEANUP, True)


def test_a_robbed_connection_waits_no_longer_once_it_closes() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    second = stream.subscribe("c2", ALICE)
    closed = stream.disconnect("c1")
    stream.unsubscribe(second, reason="connection closed", cause=closed)
    stream.disconnect("c2")
    stream.clock.advance(ms=2 * GRACE_MS)
    stream.order(ALICE)
    assert code_of(stream, None) is VerdictCode.NO_SUBSCRIPTION


def test_its_own_cleanup_is_no_foreign_one() -> None:
    stream = subscribed("c1", "c2")
    stream.disconnect("c1")
    stream.order(ALICE)
    judged = audit(stream)
    assert [(row.connection, row.verdict.code) for row in judged.rows()] == [
        ("c2", VerdictCode.DELIVERED),
        ("c1", VerdictCode.AFTER_UNSUBSCRIBE),
    ]
