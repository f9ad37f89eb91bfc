"""The judgement: one case, one verdict. Pure: the same records and situation give the same verdict."""

from typing import Any

from hlmock.trace import stages
from hlmock.verdicts.codes import Facts, VerdictCode
from hlmock.verdicts.records import (
    Case,
    ConnectionRecord,
    Delivery,
    Interval,
    PublicationRecord,
    Situation,
    UpdateRecord,
)
from hlmock.verdicts.verdict import Verdict


def judge(update: UpdateRecord, case: Case, intervals: list[Interval], situation: Situation) -> Verdict:
    """Why this update did or did not reach this case's connection.

    Args:
        update: the order update.
        case: one publication of it, and the interval it is judged against.
        intervals: all intervals of the key, to find who overwrote or removed this one.
        situation: gates, publisher, time.
    """
    interval, publication = case.interval, case.publication
    delivery = publication.deliveries.get(case.connection) if case.connection is not None else None
    about = _About(update, case, situation)
    if interval is not None and not interval.covers(publication.commit):
        return _near(about, interval)
    if case.near_miss is not None:
        return about.verdict(
            VerdictCode.KEY_DIFFERS,
            about.is_past_grace,
            other_key=case.near_miss.key,
            relation=case.near_miss.kind,
        )
    if delivery is not None:
        return _delivery(about, delivery, interval.connection if interval is not None else None)
    if interval is None:
        return about.verdict(VerdictCode.NO_SUBSCRIPTION, about.is_past_grace)
    return _not_enqueued(about, interval, intervals)


def judge_unpublished(update: UpdateRecord, situation: Situation) -> Verdict:
    """An update without a publication: by design, or because the publisher stopped before it."""
    facts = Facts(updated=update.seq, commit=update.commit)
    if not update.is_published:
        return Verdict(VerdictCode.NOT_PUBLISHED_BY_DESIGN, facts, True)
    if situation.is_past_grace(update.ns):
        return Verdict(VerdictCode.PUBLISHER_STOPPED, facts, True)
    waited = Facts(updated=update.seq, commit=update.commit, latency_us=(situation.now_ns - update.ns) // 1_000)
    return Verdict(VerdictCode.PENDING, waited, situation.is_over)


class _About:
    """One case, with what every verdict on it has in common."""

    __slots__ = ("case", "publication", "situation", "update")

    def __init__(self, update: UpdateRecord, case: Case, situation: Situation) -> None:
        self.update = update
        self.case = case
        self.publication = case.publication
        self.situation = situation

    @property
    def is_past_grace(self) -> bool:
        return self.situation.is_past_grace(self.update.ns)

    @property
    def age_us(self) -> int:
        return max(self.situation.now_ns - self.update.ns, 0) // 1_000

    @property
    def is_late(self) -> bool:
        return self.age_us * 1_000 > self.situation.late_ns

    def verdict(self, code: VerdictCode, final: bool, **facts: Any) -> Verdict:
        interval = self.case.interval
        return Verdict(
            code,
            Facts(
                connection=self.case.connection,
                key=self.publication.key,
                updated=self.update.seq,
                published=self.publication.seq,
                commit=self.update.commit,
                **{"subscribed": interval.added_seq if interval is not None else None, **facts},
            ),
            final or self.situation.is_over,
        )


def _near(about: _About, interval: Interval) -> Verdict:
    publication = about.publication
    if interval.since >= publication.commit:
        gap_ns, gap_events = interval.added_ns - publication.ns, interval.added_seq - publication.seq
        snapshot = interval.snapshot_commit
        if snapshot is not None and snapshot >= publication.commit and not interval.has_lost_snapshot:
            return about.verdict(
                VerdictCode.COVERED_BY_SNAPSHOT,
                about.is_past_grace,
                snapshot_commit=snapshot,
                enqueued=interval.snapshot_seq,
            )
        return about.verdict(
            VerdictCode.BEFORE_SUBSCRIPTION,
            about.is_past_grace,
            gap_us=max(gap_ns, 0) // 1_000,
            gap_events=max(gap_events, 0),
        )
    if interval.removed_by is not None:
        return _taken_away(about, interval, interval.removed_by, is_overwritten=interval.is_overwritten)
    removed_seq = interval.removed_seq or interval.added_seq
    return about.verdict(
        VerdictCode.AFTER_UNSUBSCRIBE,
        about.is_past_grace,
        gap_us=max(publication.ns - interval.removed_ns, 0) // 1_000,
        gap_events=max(publication.seq - removed_seq, 0),
        unsubscribed=removed_seq,
        reason=interval.reason,
    )


def _taken_away(about: _About, interval: Interval, by: str, *, is_overwritten: bool) -> Verdict:
    code = VerdictCode.OVERWRITTEN if is_overwritten else VerdictCode.REMOVED_BY_CLEANUP
    return about.verdict(code, about.is_past_grace, other_connection=by, unsubscribed=interval.removed_seq)


def _delivery(about: _About, delivery: Delivery, connection: ConnectionRecord | None) -> Verdict:
    match delivery.stage:
        case stages.DELIVERY_WRITTEN:
            return _written(about, delivery, connection)
        case stages.DELIVERY_FAILED:
            if delivery.fault_seq is None:
                return about.verdict(
                    VerdictCode.WRITE_FAILED,
                    True,
                    enqueued=delivery.enqueued_seq,
                    ended=delivery.ended_seq,
                    reason=delivery.reason or "no reason given",
                )
            return _faulty(about, delivery)
        case stages.DELIVERY_DROPPED:
            return _dropped(about, delivery, connection)
        case stages.DELIVERY_SUPERSEDED:
            newer = f" {delivery.by}" if delivery.by is not None else ""
            return _taken_out(about, delivery, f"superseded by publication{newer}, as only market data may be")
        case _:
            return _in_outbox(about, delivery, connection)


def _written(about: _About, delivery: Delivery, connection: ConnectionRecord | None) -> Verdict:
    situation = about.situation
    latency_ns = delivery.ended_ns - about.update.ns
    facts: dict[str, Any] = {
        "enqueued": delivery.enqueued_seq,
        "ended": delivery.ended_seq,
        "latency_us": latency_ns // 1_000,
        "queued_us": delivery.queued_us,
        "level": delivery.level,
    }
    if delivery.ignored_seq is not None:
        facts |= {"ended": delivery.ignored_seq, "reason": delivery.ignored_reason or "no reason given"}
        return about.verdict(VerdictCode.CLIENT_IGNORED, True, **facts)
    if situation.acks_seen and delivery.level != "acked" and connection is not None:
        is_cut = connection.ended_seq is not None
        if connection.who == "network" if is_cut else situation.is_past_grace(delivery.ended_ns):
            return about.verdict(VerdictCode.HALF_OPEN, about.is_past_grace, **facts)
    is_late = latency_ns > situation.late_ns
    if is_late:
        facts["reason"] = _delayed(delivery)
    code = VerdictCode.DELIVERED_LATE if is_late else VerdictCode.DELIVERED
    return about.verdict(code, about.is_past_grace, **facts)


def _delayed(delivery: Delivery) -> str | None:
    return (
        None
        if delivery.delay is None
        else f"an injected fault let it wait: {delivery.delay} (seq {delivery.delay_seq})"
    )


def _faulty(about: _About, delivery: Delivery) -> Verdict:
    return about.verdict(
        VerdictCode.INJECTED_FAULT,
        True,
        enqueued=delivery.enqueued_seq,
        ended=delivery.fault_seq or delivery.ended_seq,
        reason=delivery.fault or delivery.reason or "no reason given",
    )


def _dropped(about: _About, delivery: Delivery, connection: ConnectionRecord | None) -> Verdict:
    reason = delivery.reason or "no reason given"
    if delivery.fault_seq is not None or reason.startswith("fault"):
        return _faulty(about, delivery)
    if connection is not None and connection.overflowed_seq is not None:
        return _overflowed(about, delivery, connection.overflowed_seq)
    if reason == "overflow":
        return _overflowed(about, delivery, delivery.ended_seq)
    if reason == "connection closed":
        return _closed(about, connection, delivery)
    return _taken_out(about, delivery, reason)


def _taken_out(about: _About, delivery: Delivery, reason: str) -> Verdict:
    return about.verdict(
        VerdictCode.DROPPED, True, enqueued=delivery.enqueued_seq, ended=delivery.ended_seq, reason=reason
    )


def _overflowed(about: _About, delivery: Delivery, overflowed_seq: int | None) -> Verdict:
    return about.verdict(VerdictCode.OVERFLOWED, True, enqueued=delivery.enqueued_seq, ended=overflowed_seq)


def _closed(about: _About, connection: ConnectionRecord | None, delivery: Delivery | None = None) -> Verdict:
    ended_seq = connection.ended_seq if connection is not None else None
    return about.verdict(
        VerdictCode.CLOSED_BEFORE_WRITE,
        True,
        enqueued=delivery.enqueued_seq if delivery is not None else None,
        ended=ended_seq if ended_seq is not None else delivery.ended_seq if delivery is not None else None,
        close_code=connection.code if connection is not None else None,
        who=connection.who if connection is not None else None,
    )


def _in_outbox(about: _About, delivery: Delivery, connection: ConnectionRecord | None) -> Verdict:
    if connection is not None and connection.closed_seq is not None:
        return _closed(about, connection, delivery)
    if delivery.fault_seq is not None:
        return _faulty(about, delivery)
    held = about.situation.writers_held.get(about.case.connection or "")
    if held is not None:
        return _held(about, held.seq, held.gate, held.waiting, enqueued=delivery.enqueued_seq)
    return about.verdict(
        VerdictCode.PENDING,
        False,
        enqueued=delivery.enqueued_seq,
        latency_us=about.age_us,
        ended=delivery.delay_seq,
        reason=_delayed(delivery),
    )


def _held(about: _About, seq: int, gate: str, waiting: int, **facts: Any) -> Verdict:
    return about.verdict(VerdictCode.HELD_AT_GATE, False, ended=seq, gate=gate, waiting=waiting, **facts)


def _not_enqueued(about: _About, interval: Interval, intervals: list[Interval]) -> Verdict:
    publication, situation = about.publication, about.situation
    connection = interval.connection
    resolved_seq, closed_seq = publication.resolved_seq, connection.closed_seq
    was_resolved = resolved_seq is not None
    had_closed = resolved_seq is not None and closed_seq is not None and closed_seq < resolved_seq
    if was_resolved and connection.connection not in publication.found and not had_closed:
        return _not_found(about, interval, intervals)
    if connection.closed_seq is not None:
        return _closed(about, connection)
    at = situation.publisher_at
    if at is not None and at.seq > publication.seq:
        what = "found it but never enqueued it" if was_resolved else "passed it over"
        return about.verdict(VerdictCode.DROPPED, about.is_past_grace, reason=f"the publisher {what}")
    if situation.publisher_held is not None:
        held = situation.publisher_held
        return _held(about, held.seq, held.gate, held.waiting)
    blocker = _blocker(at)
    if blocker is not None and about.is_late:
        return about.verdict(VerdictCode.BLOCKED, False, other_connection=blocker, latency_us=about.age_us)
    if about.is_past_grace:
        return about.verdict(VerdictCode.PUBLISHER_STOPPED, False, latency_us=about.age_us)
    return about.verdict(VerdictCode.PENDING, False, latency_us=about.age_us)


def _blocker(at: PublicationRecord | None) -> str | None:
    """The connection whose frame the publisher has enqueued but not got rid of, while others of the same wait."""
    if at is None or at.next_unserved() is None:
        return None
    served = [connection for connection in at.found if connection in at.deliveries]
    if served and at.deliveries[served[-1]].stage is None:
        return served[-1]
    return None


def _not_found(about: _About, interval: Interval, intervals: list[Interval]) -> Verdict:
    """The events say that the subscription covers the commit, the registry did not have it."""
    publication = about.publication
    own = interval.connection.connection
    later = [
        other
        for other in intervals
        if other.added_seq > interval.added_seq
        and other.connection.connection in publication.found
        and other.connection.connection != own
    ]
    if later:
        return _taken_away(about, interval, later[-1].connection.connection, is_overwritten=True)
    resolved_seq = publication.resolved_seq or publication.seq
    cleaned = [
        other.connection.connection
        for other in intervals
        if other.connection.connection != own
        and other.connection.closed_seq is not None
        and interval.added_seq < other.connection.closed_seq < resolved_seq
    ]
    if cleaned:
        return _taken_away(about, interval, cleaned[-1], is_overwritten=False)
    return about.verdict(
        VerdictCode.DROPPED,
        about.is_past_grace,
        ended=resolved_seq,
        reason="the registry did not find the subscription",
    )
