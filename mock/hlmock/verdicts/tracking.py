"""Events folded into the records that verdicts are judged by: intervals, publications, deliveries, orders, gates."""

from collections import deque
from collections.abc import Callable
from typing import Final

from hlmock.trace import stages
from hlmock.trace.events import (
    Checkpoint,
    ConnectionEnded,
    DeliveryEnded,
    Enqueued,
    GateEvent,
    NearMiss,
    Note,
    OrderStored,
    PublicationCreated,
    RegistryResolved,
    SubscriptionAdded,
    SubscriptionRemoved,
    TraceEvent,
    Written,
)
from hlmock.verdicts.records import (
    ConnectionRecord,
    Delivery,
    Held,
    Interval,
    OrderRecord,
    PublicationRecord,
    Situation,
    UpdateRecord,
)
from hlmock.verdicts.requests import RequestFates

_MS: Final = 1_000_000
_CAUSES_KEPT: Final = 4_096
"""How far back the cause of a removal is looked up; it is the step before."""
_UNACKED_KEPT: Final = 1_000
"""Written deliveries per connection that a later acknowledgement can still raise."""


class Tracker:
    """What the stream says so far. Only `apply` and the audit's `forget_*` change it."""

    def __init__(self, *, grace_ms: int, late_ms: int, keep_orders: int | None) -> None:
        self.situation = Situation(0, grace_ms * _MS, late_ms * _MS)
        self.requests = RequestFates(keep_orders)
        self.orders: dict[int, OrderRecord] = {}
        self.by_cloid: dict[str, list[OrderRecord]] = {}
        self.undecided: deque[UpdateRecord] = deque()
        """Updates within grace, oldest first."""
        self.intervals: dict[str, list[Interval]] = {}
        """By key; those that ended stay while an undecided update may need them."""
        self._spellings: dict[str, dict[str, None]] = {}
        """Keys that have intervals, by their lower-case form: a sound server has one spelling of each."""
        self.held: dict[tuple[str, str], Held] = {}
        """Paths that gates hold, by gate and path."""
        self.touched: PublicationRecord | None = None
        """The publication that the last event was about."""
        self.seen_orders = 0
        self.seen_updates = 0
        self._keep_orders = keep_orders
        self._seq = 0
        self._is_behind = True
        """Whether the next checkpoint tells something new: at the start, after a gap, after a restore."""
        self._connections: dict[str, ConnectionRecord] = {}
        self._active: dict[int, Interval] = {}
        self._ended: deque[Interval] = deque()
        self._publications: dict[int, PublicationRecord] = {}
        self._in_flight: dict[int, tuple[PublicationRecord, Delivery]] = {}
        """By seq of the enqueued event."""
        self._snapshots: dict[int, Interval] = {}
        """By seq of the enqueued event, until it is written."""
        self._unacked: dict[str, deque[tuple[int, Delivery]]] = {}
        self._causes: dict[int, tuple[str, str]] = {}
        """Stage and connection of events that may cause a removal."""

    def apply(self, event: TraceEvent) -> None:
        if event.seq <= self._seq:
            raise ValueError(f"seq went back from {self._seq} to {event.seq}: another run needs another audit")
        self._seq = event.seq
        self.situation.now_ns = event.mono_ns
        self.touched = None
        handle = _HANDLERS.get(event.stage)
        if handle is not None:
            handle(self, event)

    def forget_intervals(self, horizon_ns: int) -> None:
        """Let go of intervals that ended before `horizon_ns`, unless their connection was robbed and still waits."""
        while self._ended and self._ended[0].removed_ns < horizon_ns:
            interval = self._ended.popleft()
            if interval.removed_by is not None and interval.connection.closed_seq is None:
                self._ended.append(interval)
                return
            self._drop_interval(interval)

    def forget_publications(self, update: UpdateRecord) -> None:
        """The update is decided: let go of the publications that no other update needs."""
        for publication in update.publications:
            publication.undecided -= 1
            if not publication.undecided:
                self._publications.pop(publication.id, None)
        update.publications.clear()

    def _drop_interval(self, interval: Interval) -> None:
        held = self.intervals.get(interval.key)
        if held is not None and interval in held:
            held.remove(interval)
            if not held:
                del self.intervals[interval.key]
                spellings = self._spellings[interval.key.lower()]
                del spellings[interval.key]
                if not spellings:
                    del self._spellings[interval.key.lower()]

    # -- state that is not there from the start ------------------------------------------------------------

    def checkpoint(self, event: TraceEvent) -> None:
        detail = event.detail
        if not self._is_behind or not isinstance(detail, Checkpoint):
            return
        self._is_behind = False
        open_now = {each.connection for each in detail.connections}
        for connection in [each for each in self._connections if each not in open_now]:
            record = self._connections.pop(connection)
            record.closed_seq = event.seq
        for state in detail.connections:
            self._connections.setdefault(state.connection, ConnectionRecord(state.connection, state.opened_seq))
        active = {each.subscription: each.added_seq for each in detail.subscriptions}
        for number, interval in list(self._active.items()):
            if active.get(number) != interval.added_seq:
                self._end_interval(interval, event, detail.commit, "state restored")
        for held in detail.subscriptions:
            if held.subscription not in self._active:
                added_ns = event.mono_ns - max(event.time_ms - held.added_ms, 0) * _MS
                self._add_interval(
                    held.subscription, held.connection, held.key, held.since_commit, held.added_seq, added_ns
                )
        for gate in detail.gates:
            self._hold(event.seq, gate)

    def gap(self, event: TraceEvent) -> None:
        """What was on its way is lost to this reader: its verdicts would be guesses."""
        self._is_behind = True
        for publication in self._publications.values():
            for each in publication.updates:
                order = self.orders.get(each.oid)
                for update in order.updates if order is not None else ():
                    self._lose(update)
        for update in self.undecided:
            self._lose(update)
        self.undecided.clear()
        self._publications.clear()
        self._in_flight.clear()
        self._snapshots.clear()
        self.situation.publisher_at = None

    def _lose(self, update: UpdateRecord) -> None:
        if update.rows is None:
            update.rows = ()
            update.publications.clear()

    def restored(self, event: TraceEvent) -> None:
        self._is_behind = True

    # -- connections and subscriptions ---------------------------------------------------------------------

    def opened(self, event: TraceEvent) -> None:
        connection = event.connection or ""
        self._connections[connection] = ConnectionRecord(connection, event.seq)

    def closing(self, event: TraceEvent) -> None:
        record = self._connections.get(event.connection or "")
        if record is not None:
            _end_connection(record, event)

    def closed(self, event: TraceEvent) -> None:
        record = self._connections.pop(event.connection or "", None)
        if record is not None:
            _end_connection(record, event)
            record.closed_seq = event.seq
            self._unacked.pop(record.connection, None)
        self._remember_cause(event)

    def overflowed(self, event: TraceEvent) -> None:
        record = self._connections.get(event.connection or "")
        if record is not None:
            record.overflowed_seq = event.seq

    def may_cause_removal(self, event: TraceEvent) -> None:
        self._remember_cause(event)

    def _remember_cause(self, event: TraceEvent) -> None:
        if event.connection is not None:
            self._causes[event.seq] = (event.stage, event.connection)
            if len(self._causes) > _CAUSES_KEPT:
                del self._causes[next(iter(self._causes))]

    def subscribed(self, event: TraceEvent) -> None:
        detail = event.detail
        self._remember_cause(event)
        if isinstance(detail, SubscriptionAdded) and event.connection is not None and event.key is not None:
            since = event.commit if event.commit is not None else self.situation.commit
            self._add_interval(detail.subscription, event.connection, event.key, since, event.seq, event.mono_ns)

    def _add_interval(self, number: int, connection: str, key: str, since: int, added_seq: int, added_ns: int) -> None:
        record = self._connections.setdefault(connection, ConnectionRecord(connection, added_seq))
        interval = Interval(number, record, key, since, added_seq, added_ns)
        self._active[number] = interval
        self.intervals.setdefault(key, []).append(interval)
        self._spellings.setdefault(key.lower(), {})[key] = None

    def unsubscribed(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, SubscriptionRemoved):
            return
        interval = self._active.get(detail.subscription)
        if interval is None:
            return
        stage, by = self._causes.get(event.cause or 0, ("", interval.connection.connection))
        if by != interval.connection.connection:
            interval.removed_by = by
            interval.is_overwritten = stage in (stages.FRAME_RECEIVED, stages.SUBSCRIPTION_ADDED)
        until = event.commit if event.commit is not None else self.situation.commit
        self._end_interval(interval, event, until, detail.reason)

    def _end_interval(self, interval: Interval, event: TraceEvent, until: int, reason: str) -> None:
        interval.until = until
        interval.removed_seq = event.seq
        interval.removed_ns = event.mono_ns
        interval.reason = reason
        del self._active[interval.subscription]
        self._ended.append(interval)

    # -- orders and publications ---------------------------------------------------------------------------

    def stored(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, OrderStored) or event.oid is None:
            return
        commit = event.commit if event.commit is not None else self.situation.commit
        self.situation.commit = max(self.situation.commit, commit)
        order = self.orders.get(event.oid)
        if order is None:
            order = OrderRecord(event.oid, event.cloid, event.account, event.coin, event.seq)
            self.orders[event.oid] = order
            self.seen_orders += 1
            if event.cloid is not None:
                self.by_cloid.setdefault(event.cloid, []).append(order)
            if self._keep_orders is not None and len(self.orders) > self._keep_orders:
                self._forget_oldest_order()
        update = UpdateRecord(order, detail.status, commit, event.seq, event.mono_ns, event.time_ms, detail.published)
        order.updates.append(update)
        self.undecided.append(update)
        self.seen_updates += 1

    def _forget_oldest_order(self) -> None:
        oldest = self.orders.pop(next(iter(self.orders)))
        if oldest.cloid is not None:
            same = self.by_cloid[oldest.cloid]
            same.remove(oldest)
            if not same:
                del self.by_cloid[oldest.cloid]

    def published(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, PublicationCreated) or not detail.updates:
            return
        commit = event.commit if event.commit is not None else detail.updates[0].commit
        publication = PublicationRecord(
            detail.publication,
            event.seq,
            event.mono_ns,
            event.key or "",
            event.channel,
            event.account,
            commit,
            detail.updates,
        )
        for each in detail.updates:
            order = self.orders.get(each.oid)
            for update in reversed(order.updates) if order is not None else ():
                if update.seq == each.cause and update.rows is None:
                    update.publications.append(publication)
                    publication.undecided += 1
                    break
        if publication.undecided:
            self._publications[publication.id] = publication

    def resolved(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, RegistryResolved):
            return
        publication = self._publications.get(detail.publication)
        if publication is None:  # market data, or decided: kept only while the publisher is at it
            publication = PublicationRecord(
                detail.publication,
                event.cause or event.seq,
                event.mono_ns,
                event.key or "",
                event.channel,
                event.account,
                event.commit or 0,
            )
        publication.resolved_seq = event.seq
        publication.found = detail.found
        named = detail.near_misses
        publication.near_misses = named + tuple(
            [near_miss for near_miss in self._spelled_otherwise(publication) if near_miss not in named]
        )
        self.situation.publisher_at = self.touched = publication

    def _spelled_otherwise(self, publication: PublicationRecord) -> tuple[NearMiss, ...]:
        """Subscriptions to the same key in other capitals, whether or not the server knows of them."""
        spellings = self._spellings.get(publication.key.lower(), {})
        if spellings.keys() <= {publication.key}:
            return ()
        return tuple(
            NearMiss(interval.connection.connection, key, "case")
            for key in spellings
            if key != publication.key
            for interval in self.intervals[key]
            if interval.covers(publication.commit)
        )

    def _publication(self, number: int | None) -> PublicationRecord | None:
        if number is None:
            return None
        at = self.situation.publisher_at
        return at if at is not None and at.id == number else self._publications.get(number)

    # -- deliveries ----------------------------------------------------------------------------------------

    def enqueued(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, Enqueued) or event.connection is None:
            return
        publication = self._publication(detail.publication)
        if publication is not None:
            delivery = publication.deliveries.setdefault(event.connection, Delivery())
            delivery.enqueued_seq = event.seq
            self._in_flight[event.seq] = (publication, delivery)

    def snapshot(self, event: TraceEvent) -> None:
        for interval in reversed(self.intervals.get(event.key or "", ())):
            if interval.added_seq == event.cause:
                interval.snapshot_commit = event.commit
                interval.snapshot_seq = event.seq
                self._snapshots[event.seq] = interval
                return

    def written(self, event: TraceEvent) -> None:
        found = self._in_flight.pop(event.cause or 0, None)
        if found is None:
            self._snapshots.pop(event.cause or 0, None)
            return
        publication, delivery = found
        delivery.stage = event.stage
        delivery.ended_seq = event.seq
        delivery.ended_ns = event.mono_ns
        if isinstance(event.detail, Written):
            delivery.queued_us = event.detail.queued_us
        if event.connection is not None and publication.updates:
            waiting = self._unacked.get(event.connection)
            if waiting is None:
                waiting = self._unacked[event.connection] = deque(maxlen=_UNACKED_KEPT)
            waiting.append((event.cause or 0, delivery))
        self.touched = publication

    def ended(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, DeliveryEnded):
            return
        lost = self._snapshots.pop(event.cause or 0, None)
        if lost is not None:
            lost.has_lost_snapshot = True
            return
        found = self._in_flight.pop(event.cause or 0, None)
        if found is not None:
            publication, delivery = found
        else:  # it ended before it was enqueued
            untracked = self._publication(detail.publication)
            if untracked is None or event.connection is None:
                return
            publication = untracked
            delivery = publication.deliveries.setdefault(event.connection, Delivery())
        delivery.stage = event.stage
        delivery.ended_seq = event.seq
        delivery.ended_ns = event.mono_ns
        delivery.reason = detail.reason
        delivery.by = detail.by
        self.touched = publication

    def flushed(self, event: TraceEvent) -> None:
        for _, delivery in self._up_to(event):
            if delivery.level == "written":
                delivery.level = "flushed"

    def acked(self, event: TraceEvent) -> None:
        self.situation.acks_seen = True
        waiting = self._unacked.get(event.connection or "")
        for enqueued, delivery in list(self._up_to(event)):
            delivery.level = "acked"
            if waiting is not None and waiting[0][0] == enqueued:
                waiting.popleft()

    def _up_to(self, event: TraceEvent) -> list[tuple[int, Delivery]]:
        """Deliveries of the connection up to this one: bytes arrive in order, so it speaks for those before it."""
        waiting = self._unacked.get(event.connection or "", ())
        return [each for each in waiting if event.cause is not None and each[0] <= event.cause]

    def ignored(self, event: TraceEvent) -> None:
        detail = event.detail
        publication = self._publication(detail.publication if isinstance(detail, DeliveryEnded) else None)
        delivery = publication.deliveries.get(event.connection or "") if publication is not None else None
        if delivery is not None and isinstance(detail, DeliveryEnded):
            delivery.ignored_seq = event.seq
            delivery.ignored_reason = detail.reason

    def fault(self, event: TraceEvent) -> None:
        found = self._in_flight.get(event.cause or 0)
        if found is not None and isinstance(event.detail, Note):
            publication, delivery = found
            told = " ".join(part for part in (event.detail.what, event.detail.value) if part)
            if event.detail.what == "delay":
                delivery.delay_seq, delivery.delay = event.seq, told
            else:
                delivery.fault_seq, delivery.fault = event.seq, told
            self.touched = publication

    # -- gates ---------------------------------------------------------------------------------------------

    def gate_held(self, event: TraceEvent) -> None:
        if isinstance(event.detail, GateEvent):
            self._hold(event.seq, event.detail, event.request)

    def gate_released(self, event: TraceEvent) -> None:
        if isinstance(event.detail, GateEvent):
            self.held.pop((event.detail.gate, event.detail.path), None)
            self._show_held()

    def _hold(self, seq: int, gate: GateEvent, request: int | None = None) -> None:
        self.held[gate.gate, gate.path] = Held(seq, gate.gate, gate.path, gate.held, request)
        self._show_held()

    def _show_held(self) -> None:
        by_path = {held.path: held for held in self.held.values()}
        self.situation.publisher_held = by_path.get("publisher")
        self.situation.writers_held = {
            path.removesuffix(" writer"): held for path, held in by_path.items() if path.endswith(" writer")
        }


def _end_connection(record: ConnectionRecord, event: TraceEvent) -> None:
    if record.ended_seq is None and isinstance(event.detail, ConnectionEnded):
        record.ended_seq = event.seq
        record.code, record.who = event.detail.code, event.detail.who


_HANDLERS: Final[dict[str, Callable[[Tracker, TraceEvent], None]]] = {
    stages.REQUEST_RECEIVED: lambda tracker, event: tracker.requests.received(event),
    stages.REQUEST_REFUSED: lambda tracker, event: tracker.requests.refused(event),
    stages.SIGNER_UNKNOWN: lambda tracker, event: tracker.requests.refused(event),
    stages.ACTION_REJECTED: lambda tracker, event: tracker.requests.refused(event),
    stages.ACTION_ACCEPTED: lambda tracker, event: tracker.requests.accepted(event),
    stages.REPLY_SENT: lambda tracker, event: tracker.requests.answered(event),
    stages.STATE_CHECKPOINT: Tracker.checkpoint,
    stages.STATE_RESTORED: Tracker.restored,
    stages.EVENTS_GAP: Tracker.gap,
    stages.CONNECTION_OPENED: Tracker.opened,
    stages.CONNECTION_CLOSING: Tracker.closing,
    stages.CONNECTION_CLOSED: Tracker.closed,
    stages.OUTBOX_OVERFLOWED: Tracker.overflowed,
    stages.FRAME_RECEIVED: Tracker.may_cause_removal,
    stages.SUBSCRIPTION_ADDED: Tracker.subscribed,
    stages.SUBSCRIPTION_REMOVED: Tracker.unsubscribed,
    stages.ORDER_STORED: Tracker.stored,
    stages.PUBLICATION_CREATED: Tracker.published,
    stages.REGISTRY_RESOLVED: Tracker.resolved,
    stages.DELIVERY_ENQUEUED: Tracker.enqueued,
    stages.SNAPSHOT_ENQUEUED: Tracker.snapshot,
    stages.DELIVERY_WRITTEN: Tracker.written,
    stages.DELIVERY_FAILED: Tracker.ended,
    stages.DELIVERY_DROPPED: Tracker.ended,
    stages.DELIVERY_SUPERSEDED: Tracker.ended,
    stages.DELIVERY_FLUSHED: Tracker.flushed,
    stages.DELIVERY_ACKED: Tracker.acked,
    stages.CLIENT_IGNORED: Tracker.ignored,
    stages.FAULT_INJECTED: Tracker.fault,
    stages.GATE_HELD: Tracker.gate_held,
    stages.GATE_RELEASED: Tracker.gate_released,
}
