"""What a log says about subscriptions, publications and requests: what the detectors of defects look at.

Rule 1: only the stages of the order path and of the connection path are read, nothing that the lab, a fault or a gate
adds. Rule 2: a subscription is *rightful* until its own connection ends it, whatever a server does to it before.
Rule 3: the log is taken as complete: nothing follows its last event.
"""

from collections.abc import Iterable

from hlbench.lab.evidence.records import (
    ConnectionFact,
    DeliveryFact,
    PublicationFact,
    RequestFact,
    SubscriptionFact,
)
from hlmock.trace import stages
from hlmock.trace.events import (
    Checkpoint,
    ConnectionEnded,
    Enqueued,
    FrameReceived,
    OrderStored,
    PublicationCreated,
    RegistryResolved,
    SignerRecovered,
    SubscriptionAdded,
    SubscriptionRemoved,
    TraceEvent,
)


class LogFacts:
    """A fold over a whole log."""

    def __init__(self, events: Iterable[TraceEvent]) -> None:
        self.connections: dict[str, ConnectionFact] = {}
        self.subscriptions: list[SubscriptionFact] = []
        self.publications: dict[int, PublicationFact] = {}
        self.requests: dict[int, RequestFact] = {}
        self.stages: set[str] = set()
        self.gaps: list[int] = []
        """seqs of `events.gap`, and of restored states: what was before is not compared with what is after."""
        self.last_change_seq = 0
        """Of the last subscription that began or ended."""
        self._commit = 0
        self._active: dict[tuple[str, str], SubscriptionFact] = {}
        self._acked_early: dict[tuple[str, str], int] = {}
        self._snapshot_early: dict[tuple[str, str], TraceEvent] = {}
        self._oids: set[int] = set()
        self._deliveries: dict[int, DeliveryFact] = {}
        self._causes: dict[int, str] = {}
        """Connection by seq of an event that may end somebody else's subscription."""
        handlers = {
            stages.STATE_CHECKPOINT: self._checkpoint,
            stages.EVENTS_GAP: self._interrupted,
            stages.STATE_RESTORED: self._interrupted,
            stages.CONNECTION_OPENED: self._opened,
            stages.CONNECTION_CLOSING: self._closing,
            stages.CONNECTION_CLOSED: self._closed,
            stages.FRAME_RECEIVED: self._frame,
            stages.SUBSCRIPTION_ADDED: self._added,
            stages.SUBSCRIPTION_REFUSED: self._refused,
            stages.SUBSCRIPTION_REMOVED: self._removed,
            stages.ACK_ENQUEUED: self._enqueued,
            stages.SNAPSHOT_ENQUEUED: self._enqueued,
            stages.FRAME_ENQUEUED: self._enqueued,
            stages.DELIVERY_ENQUEUED: self._enqueued,
            stages.DELIVERY_WRITTEN: self._ended,
            stages.DELIVERY_FAILED: self._ended,
            stages.DELIVERY_DROPPED: self._ended,
            stages.DELIVERY_SUPERSEDED: self._ended,
            stages.REQUEST_RECEIVED: self._request,
            stages.SIGNER_RECOVERED: self._signer,
            stages.ACTION_ACCEPTED: self._accepted,
            stages.REPLY_SENT: self._over,
            stages.REQUEST_REFUSED: self._over,
            stages.ACTION_REJECTED: self._over,
            stages.ORDER_STORED: self._stored,
            stages.PUBLICATION_CREATED: self._published,
            stages.REGISTRY_RESOLVED: self._resolved,
        }
        last_seq = 0
        for event in events:
            if event.seq <= last_seq:
                self._interrupted(event)  # another run of a server, in the same recording
            last_seq = event.seq
            handle = handlers.get(event.stage)
            if handle is not None:
                self.stages.add(event.stage)
                self._commit = max(self._commit, event.commit or 0)
                handle(event)
        self.has_subscriptions = stages.SUBSCRIPTION_ADDED in self.stages or bool(self.subscriptions)
        self.has_resolved = stages.REGISTRY_RESOLVED in self.stages
        self.has_deliveries = any(stage.startswith("delivery.") for stage in self.stages)
        if not self.has_resolved and self.has_deliveries:
            self._infer_resolved()

    # -- what the detectors ask -----------------------------------------------------------------------------

    def entitled(self, publication: PublicationFact) -> list[SubscriptionFact]:
        """The subscriptions in effect at its commit, however their address is written."""
        key = publication.key.lower()
        return [each for each in self.subscriptions if each.key.lower() == key and each.covers(publication.commit)]

    @property
    def resolved(self) -> list[PublicationFact]:
        """In the order in which they were resolved."""
        done = [each for each in self.publications.values() if each.resolved_seq is not None]
        return sorted(done, key=lambda each: each.resolved_seq or 0)

    @property
    def unresolved(self) -> list[PublicationFact]:
        """Those that the publisher has never come to, although it has come to others."""
        waiting = [each for each in self.publications.values() if each.resolved_seq is None]
        return waiting if self.has_resolved or self.has_deliveries else []

    @property
    def unfound(self) -> list[tuple[PublicationFact, SubscriptionFact]]:
        """Publications that were resolved without a subscription that was in effect."""
        return [
            (publication, subscription)
            for publication in self.resolved
            if publication.found is not None
            for subscription in self.entitled(publication)
            if subscription.connection.name not in publication.found
        ]

    @property
    def unserved(self) -> list[tuple[PublicationFact, str]]:
        """Publications that were found to have a subscriber and neither enqueued nor dropped for it."""
        if not self.has_deliveries or not self.has_resolved:
            return []
        return [
            (publication, name)
            for publication in self.resolved
            for name in publication.found or ()
            if name not in publication.deliveries
        ]

    @property
    def stuck_changes(self) -> list[int]:
        """seqs of subscribe frames, unsubscribe frames and ends of connections that nothing has come of."""
        stuck = []
        for connection in self.connections.values():
            if connection.closing is None:
                stuck += list(connection.pending)
            elif connection.closed_seq is None:
                stuck.append(connection.closing.seq)
        return stuck

    def _infer_resolved(self) -> None:
        """Without `registry.resolved`: who was served stands for who was found."""
        ordered = list(self.publications.values())
        served = [index for index, each in enumerate(ordered) if each.deliveries]
        last = served[-1] if served else -1
        for index, publication in enumerate(ordered):
            if index <= last or not self.stuck_changes:
                first = min((each.enqueued_seq or 0 for each in publication.deliveries.values()), default=0)
                publication.resolved_seq = first or publication.seq
                publication.found = tuple(publication.deliveries)

    # -- the fold: connections and subscriptions ------------------------------------------------------------

    def _checkpoint(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, Checkpoint) or (self.stages != {stages.STATE_CHECKPOINT} and not self.gaps):
            return  # one in the middle of a log says nothing new
        self._commit = max(self._commit, detail.commit)
        for state in detail.connections:
            self.connections.setdefault(state.connection, ConnectionFact(state.connection, state.opened_seq))
        for held in detail.subscriptions:
            if (held.connection, held.key) not in self._active:
                self._add(held.subscription, held.connection, held.key, held.since_commit, held.added_seq, 0)
        self._oids.update(order.oid for order in detail.orders)

    def _interrupted(self, event: TraceEvent) -> None:
        self.gaps.append(event.seq)
        self.connections.clear()
        self.subscriptions.clear()
        self.publications.clear()
        self.requests.clear()
        self._active.clear()
        self._deliveries.clear()
        self._oids.clear()
        self._causes.clear()
        self._acked_early.clear()
        self._snapshot_early.clear()
        self._commit = self.last_change_seq = 0

    def _opened(self, event: TraceEvent) -> None:
        self._connection(event)

    def _connection(self, event: TraceEvent) -> ConnectionFact:
        name = event.connection or ""
        return self.connections.setdefault(name, ConnectionFact(name, event.seq))

    def _closing(self, event: TraceEvent) -> None:
        connection = self._connection(event)
        if connection.closing is None and isinstance(event.detail, ConnectionEnded):
            connection.closing = event

    def _closed(self, event: TraceEvent) -> None:
        connection = self._connection(event)
        connection.closing = connection.closing or event
        connection.closed_seq = event.seq
        connection.pending.clear()
        self._causes[event.seq] = connection.name
        for (name, _), subscription in list(self._active.items()):
            if name == connection.name:
                self._end(subscription, self._commit, event.seq)

    def _frame(self, event: TraceEvent) -> None:
        detail = event.detail
        if isinstance(detail, FrameReceived) and detail.what in ("subscribe", "unsubscribe"):
            connection = self._connection(event)
            connection.pending[event.seq] = (detail.what, event.key)
            self._causes[event.seq] = connection.name

    def _added(self, event: TraceEvent) -> None:
        detail = event.detail
        if isinstance(detail, SubscriptionAdded) and event.connection and event.key:
            self._settle(event, "subscribe")
            since = event.commit if event.commit is not None else self._commit
            self._add(detail.subscription, event.connection, event.key, since, event.seq, event.mono_ns)
            self._causes[event.seq] = event.connection
            self.last_change_seq = event.seq

    def _add(self, number: int, name: str, key: str, since: int, seq: int, ns: int) -> None:
        before = self._active.get((name, key))
        if before is not None:
            self._end(before, since, seq)  # lost in silence, and asked for again
        connection = self.connections.setdefault(name, ConnectionFact(name, seq))
        subscription = SubscriptionFact(number, connection, key, since, seq, ns)
        subscription.ack_seq = self._acked_early.pop((name, key), None)
        subscription.snapshot = self._snapshot_early.pop((name, key), None)
        self._active[name, key] = subscription
        self.subscriptions.append(subscription)

    def _end(self, subscription: SubscriptionFact, until: int, seq: int) -> None:
        subscription.until, subscription.removed_seq = until, seq
        self._active.pop((subscription.connection.name, subscription.key), None)

    def _refused(self, event: TraceEvent) -> None:
        held = self._active.get((event.connection or "", event.key or ""))
        if self._settle(event) == "unsubscribe" and held is not None:
            self._end(held, self._commit, event.seq)  # it was gone already

    def _settle(self, event: TraceEvent, what: str | None = None) -> str | None:
        """Something has come of a frame; says of which kind."""
        pending = self._connection(event).pending
        for seq, (kind, key) in list(pending.items()):
            if seq == event.cause or (what == kind and (key or "").lower() == (event.key or "").lower()):
                del pending[seq]
                return kind
        return None

    def _removed(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, SubscriptionRemoved):
            return
        self._settle(event, "unsubscribe")
        self.last_change_seq = event.seq
        commit = event.commit if event.commit is not None else self._commit
        for subscription in reversed(self.subscriptions):
            if subscription.id == detail.subscription:
                own = subscription.connection.name
                by = event.connection if event.connection != own else self._causes.get(event.cause or 0, own)
                if by == own:
                    self._end(subscription, commit, event.seq)
                elif subscription.taken_seq is None:
                    subscription.taken_by, subscription.taken_seq = by, event.seq
                    subscription.taken_commit = commit
                return

    # -- the fold: frames -----------------------------------------------------------------------------------

    def _enqueued(self, event: TraceEvent) -> None:
        detail, slot = event.detail, (event.connection or "", event.key or "")
        if not isinstance(detail, Enqueued):
            return
        self._connection(event).unwritten[event.seq] = detail.publication
        held = self._active.get(slot)
        is_early = held is None or event.cause != held.added_seq
        if event.stage == stages.DELIVERY_ENQUEUED:
            delivery = self._deliveries[event.seq] = DeliveryFact(event.seq, detail.bytes)
            publication = self.publications.get(detail.publication or 0)
            if publication is not None:
                publication.deliveries[slot[0]] = delivery
            if held is not None and held.ack_seq is None:
                held.early.append(event.seq)
        elif is_early and event.cause in self._connection(event).pending:
            if event.stage == stages.ACK_ENQUEUED:
                self._acked_early[slot] = event.seq
            else:
                self._snapshot_early[slot] = event
        elif held is not None and event.stage == stages.ACK_ENQUEUED and not is_early:
            held.ack_seq = event.seq
        elif held is not None and event.stage == stages.SNAPSHOT_ENQUEUED and not is_early:
            held.snapshot = event

    def _ended(self, event: TraceEvent) -> None:
        connection = self._connection(event)
        connection.unwritten.pop(event.cause or 0, None)
        if event.stage == stages.DELIVERY_WRITTEN:
            connection.last_written = event.seq
        delivery = self._deliveries.pop(event.cause or 0, None)
        if delivery is None:  # dropped before it was enqueued
            publication = self.publications.get(getattr(event.detail, "publication", None) or 0)
            if publication is None or connection.name in publication.deliveries:
                return
            delivery = publication.deliveries[connection.name] = DeliveryFact()
        delivery.ended_seq, delivery.stage = event.seq, event.stage

    # -- the fold: requests and publications ----------------------------------------------------------------

    def _request(self, event: TraceEvent) -> None:
        if event.request is not None:
            self.requests[event.request] = RequestFact(event.request, event)

    def _of(self, event: TraceEvent) -> RequestFact | None:
        return self.requests.get(event.request or 0)

    def _signer(self, event: TraceEvent) -> None:
        if (request := self._of(event)) is not None and isinstance(event.detail, SignerRecovered):
            request.signer, request.signer_seq = event.detail, event.seq

    def _accepted(self, event: TraceEvent) -> None:
        if (request := self._of(event)) is not None:
            request.accepted = event

    def _over(self, event: TraceEvent) -> None:
        if (request := self._of(event)) is not None:
            request.is_over = True

    def _stored(self, event: TraceEvent) -> None:
        if event.oid is None or not isinstance(event.detail, OrderStored):
            return
        if (request := self._of(event)) is not None:
            request.stored.append((event, event.detail, event.oid in self._oids))
        self._oids.add(event.oid)

    def _published(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, PublicationCreated):
            return
        payload = event.payload
        size = event.payload_bytes if event.payload_bytes is not None else None if payload is None else len(payload)
        self.publications[detail.publication] = PublicationFact(
            detail.publication,
            event.seq,
            event.mono_ns,
            event.key or "",
            event.account,
            event.commit if event.commit is not None else self._commit,
            event.request,
            detail.updates,
            size,
        )

    def _resolved(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, RegistryResolved):
            return
        publication = self.publications.get(detail.publication)
        if publication is None:
            return
        publication.resolved_seq, publication.found = event.seq, detail.found
        counted = sum(each.taken_seq is None for each in self._active.values())
        publication.missing = max(counted - detail.registry_size, 0)
        type_ = publication.key.partition(":")[0]
        publication.watching = tuple([name for name, key in self._active if key.partition(":")[0] == type_])
        holders = {name for name, _ in self._active}
        publication.idle = tuple(
            [each.name for each in self.connections.values() if each.closed_seq is None and each.name not in holders]
        )
