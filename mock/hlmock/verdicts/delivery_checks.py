"""D1 to D6 over subscriptions, publications and outboxes.

The emitter states when a subscription starts and ends (commits), which connections a publication found, and what
became of each frame; these are held against each other.
"""

from collections import deque
from math import inf

import msgspec

from hlmock.trace import stages
from hlmock.trace.events import (
    Checkpoint,
    ConnectionEnded,
    Enqueued,
    Note,
    PublicationCreated,
    RegistryResolved,
    SubscriptionAdded,
    SubscriptionRemoved,
    TraceEvent,
)
from hlmock.verdicts.violations import REMEMBERED, Checks, Violation


class _Subscription(msgspec.Struct, eq=False, gc=False):
    number: int
    connection: str
    key: str
    since: int
    added_seq: int
    until: int | None = None
    is_acked: bool = False

    def covers(self, commit: int) -> bool:
        return self.since < commit and (self.until is None or commit <= self.until)


class _Connection(msgspec.Struct, eq=False, gc=False):
    known_from: int
    """Frames enqueued before this seq are not known here."""
    outbox: dict[int, bool] = msgspec.field(default_factory=dict)
    """Frames by seq of their enqueued event, oldest first, and whether a newer one may supersede them."""
    last_publication: int = 0
    ever_held: set[str] = msgspec.field(default_factory=set)
    """Keys it was ever subscribed to."""
    overflowed_seq: int | None = None
    stalled_seq: int | None = None
    """seq of the fault that keeps its frames from being written; `None` when nothing does."""


class _Publication(msgspec.Struct, eq=False, gc=False):
    number: int
    seq: int
    key: str
    account: str | None
    commit: int
    resolved_seq: int | None = None
    due: dict[str, _Subscription] = msgspec.field(default_factory=dict)
    """Connections that must still get it."""


class DeliveryChecks(Checks):
    """Who was subscribed to what, and what reached them."""

    def __init__(self, violations: list[Violation], max_frames: int | None) -> None:
        super().__init__(violations)
        self._max_frames = max_frames
        # One frame over the limit is what makes the overflow.
        self._max_depth = inf if max_frames is None else max_frames + 1
        self._is_behind = True
        """Whether the next checkpoint tells something new: at the start, after a gap, after a restore."""
        self._connections: dict[str, _Connection] = {}
        self._active: dict[int, _Subscription] = {}
        self._ended: list[_Subscription] = []
        """Still in effect at commits that the publisher has not reached."""
        self._by_key: dict[str, list[_Subscription]] = {}
        self._by_added: dict[int, _Subscription] = {}
        """Not acknowledged yet, by seq of their `subscription.added`."""
        self._unresolved: deque[_Publication] = deque()
        self._at: _Publication | None = None
        """The publication that the publisher is at."""
        self._newest_of_key: dict[str, tuple[int, int]] = {}
        """Commit and seq of the newest publication."""
        self._commit = 0
        self._causes: dict[int, tuple[str, str]] = {}
        """Stage and connection of events that acks and removals name as their cause."""

    def finish(self, *, quiescent: bool = False) -> None:
        """Check what only the end of the stream shows.

        Args:
            quiescent: nothing is on its way any more.
        """
        for subscription in self._active.values():
            if subscription.connection not in self._connections:
                self.broken(
                    "D6",
                    f"{subscription.connection} has ended, its subscription to {subscription.key} has not",
                    subscription.added_seq,
                )
            elif not subscription.is_acked:
                self._never_acked(subscription)
        for name, connection in self._connections.items():
            if connection.overflowed_seq is not None:
                self.broken("D5", f"{name} overflowed and was not closed", connection.overflowed_seq)
            if quiescent and connection.outbox and connection.stalled_seq is None:
                waiting = next(iter(connection.outbox))
                self.broken("D2", f"{name} never got {len(connection.outbox)} frames of its outbox", waiting)
        if quiescent:
            slow = self._stalled_at_publisher()
            if slow is not None:
                self._check_delayed(slow)
                return
            for publication in self._unresolved:
                self.broken("D2", f"publication {publication.number} was never resolved", publication.seq)
            if self._at is not None:
                self._check_served(self._at)

    def _stalled_at_publisher(self) -> str | None:
        """The connection that got the publisher's last publication and cannot write it."""
        number = self._at.number if self._at is not None else None
        for name, connection in self._connections.items():
            if connection.stalled_seq is not None and connection.outbox and connection.last_publication == number:
                return name
        return None

    def _check_delayed(self, slow: str) -> None:
        """Nothing is on its way any more: whoever still waits, waits for the slow connection."""
        stalled_seq = self._connections[slow].stalled_seq
        for name in self._at.due if self._at is not None else ():
            if name in self._connections:
                text = f"{name} waits for a message behind {slow}, which does not read"
                self.broken("D5", text, self._at.resolved_seq if self._at else None, stalled_seq)
        for publication in self._unresolved:
            text = f"publication {publication.number} of {publication.key} waits behind {slow}, which does not read"
            self.broken("D5", text, publication.seq, stalled_seq)

    # -- state that is not there from the start ------------------------------------------------------------

    def checkpoint(self, event: TraceEvent) -> None:
        detail = event.detail
        if not self._is_behind or not isinstance(detail, Checkpoint):
            return
        self._is_behind = False
        self._commit = max(self._commit, detail.commit)
        self._connections = {each.connection: _Connection(event.seq) for each in detail.connections}
        self._active.clear()
        self._by_key.clear()
        for state in detail.subscriptions:
            subscription = _Subscription(
                state.subscription, state.connection, state.key, state.since_commit, state.added_seq, is_acked=True
            )
            self._hold(subscription)

    def behind(self, event: TraceEvent) -> None:
        """A gap or a restore: what was on its way is unknown."""
        self._is_behind = True
        self._ended.clear()
        self._by_added.clear()
        self._unresolved.clear()
        self._at = None
        self._newest_of_key.clear()

    def _hold(self, subscription: _Subscription) -> None:
        self._active[subscription.number] = subscription
        self._by_key.setdefault(subscription.key, []).append(subscription)
        connection = self._connections.get(subscription.connection)
        if connection is not None:
            connection.ever_held.add(subscription.key)

    def remember(self, event: TraceEvent) -> None:
        """It may be what an ack or a removal names as its cause."""
        self._causes[event.seq] = (event.stage, event.connection or "")
        if len(self._causes) > REMEMBERED:
            del self._causes[next(iter(self._causes))]

    # -- D1: effective at ack ------------------------------------------------------------------------------

    def subscribed(self, event: TraceEvent) -> None:
        self.remember(event)
        detail = event.detail
        if not isinstance(detail, SubscriptionAdded) or event.connection is None or event.key is None:
            return
        since = event.commit if event.commit is not None else self._commit
        commit, seq = self._newest_of_key.get(event.key, (0, None))
        if commit > since:
            self.broken(
                "D1",
                f"{event.connection} subscribed to {event.key} since commit {since}, yet commit {commit} was published"
                " before",
                seq,
            )
        subscription = _Subscription(detail.subscription, event.connection, event.key, since, event.seq)
        self._hold(subscription)
        self._by_added[event.seq] = subscription

    def acked(self, event: TraceEvent) -> None:
        subscription = self._by_added.pop(event.cause or 0, None)
        if subscription is not None:
            subscription.is_acked = True
        elif self._causes.get(event.cause or 0, ("", ""))[0] == stages.FRAME_RECEIVED:
            self.broken("D1", f"{event.connection} got an ack for what was not registered yet", event.cause)
        self._put(event)

    def snapshot(self, event: TraceEvent) -> None:
        of_key = self._by_key.get(event.key or "", ())
        subscription = next((each for each in of_key if each.added_seq == event.cause), None)
        if subscription is not None and event.commit != subscription.since:
            what = "states no commit" if event.commit is None else f"was read at commit {event.commit}"
            self.broken(
                "D1",
                f"the snapshot of {event.key} for {event.connection} {what}, its subscription starts after"
                f" {subscription.since}",
                event.cause,
            )
        self._put(event)

    def _never_acked(self, subscription: _Subscription) -> None:
        self.broken(
            "D1",
            f"{subscription.connection} never got an ack for {subscription.key}",
            subscription.added_seq,
        )

    # -- D2 and D3: complete, ordered ----------------------------------------------------------------------

    def published(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, PublicationCreated) or event.key is None:
            return
        commit = event.commit or 0
        if commit < self._commit:
            self.broken("D3", f"commit {commit} is published after commit {self._commit}")
        else:
            self._commit = commit
        for subscription in self._by_key.get(event.key, ()):
            if commit <= subscription.since and subscription.until is None:
                self.broken(
                    "D1",
                    f"commit {commit} of {event.key} came after {subscription.connection} subscribed, which starts"
                    f" after commit {subscription.since}",
                    subscription.added_seq,
                )
        self._newest_of_key[event.key] = (commit, event.seq)
        self._unresolved.append(_Publication(detail.publication, event.seq, event.key, event.account, commit))

    def resolved(self, event: TraceEvent) -> None:
        detail = event.detail
        if not isinstance(detail, RegistryResolved):
            return
        if self._at is not None and self._at.due:
            self._check_served(self._at)
        unresolved = self._unresolved
        if unresolved and unresolved[0].number == detail.publication:
            publication = unresolved.popleft()
        else:
            overtaking = next((each for each in unresolved if each.number == detail.publication), None)
            if overtaking is None:
                at = self._at
                if at is not None and at.number >= detail.publication:
                    self.broken("D2", f"publication {detail.publication} was resolved twice", at.resolved_seq)
                self._at = None
                return
            first, publication = unresolved[0], overtaking
            self.broken("D3", f"publication {publication.number} overtook publication {first.number}", first.seq)
            unresolved.remove(publication)
        publication.resolved_seq = event.seq
        self._at = publication
        if self._ended:
            self._ended = [each for each in self._ended if self._is_needed(each, publication.commit)]
        for subscription in self._by_key.get(publication.key, ()):
            if not subscription.covers(publication.commit):
                continue
            if subscription.connection in detail.found:
                publication.due[subscription.connection] = subscription
            elif subscription.connection in self._connections:
                self.broken(
                    "D2",
                    f"{subscription.connection} is subscribed to {publication.key} at commit {publication.commit} and"
                    " was not found",
                    subscription.added_seq,
                )

    def _is_needed(self, ended: _Subscription, commit: int) -> bool:
        if ended.until is not None and ended.until >= commit:
            return True
        self._by_key[ended.key].remove(ended)
        if not self._by_key[ended.key]:
            del self._by_key[ended.key]
        return False

    def _check_served(self, at: _Publication) -> None:
        """The publisher moves on: everybody must have got the publication it was at."""
        for connection in at.due:
            if connection in self._connections:
                self.broken(
                    "D2",
                    f"publication {at.number} of {at.key} was never enqueued to {connection}",
                    at.seq,
                    at.resolved_seq,
                )

    def enqueued(self, event: TraceEvent) -> None:
        detail, name = event.detail, event.connection
        if not isinstance(detail, Enqueued) or name is None:
            return
        number, at = detail.publication, self._at
        publication = at if at is not None and at.number == number else None
        connection = self._put(event)
        if connection is None:
            return
        if number is not None:
            last = connection.last_publication
            if number > last:
                connection.last_publication = number
            elif number == last:
                self.broken("D2", f"{name} got publication {number} twice", event.cause)
            else:
                self.broken("D3", f"{name} got publication {number} after {last}", event.cause)
        if publication is None:
            return
        if publication.account is None:
            connection.outbox[event.seq] = True
        if event.key != publication.key:
            self.broken("D4", f"{name} got a message of {publication.key} as {event.key}", publication.seq)
        subscription = publication.due.pop(name, None)
        if subscription is None:
            self._check_entitled(name, connection, publication)
        elif not subscription.is_acked:
            subscription.is_acked = True  # said once
            self.broken("D1", f"{name} got a message of {publication.key} before its ack", subscription.added_seq)

    def _check_entitled(self, name: str, connection: _Connection, publication: _Publication) -> None:
        covers = any(
            each.connection == name and each.covers(publication.commit)
            for each in self._by_key.get(publication.key, ())
        )
        if covers:
            return
        if publication.key in connection.ever_held:
            text = f"{name} got commit {publication.commit} of {publication.key}, outside of its subscription"
            self.broken("D1", text, publication.seq)
        elif name in self._connections and connection.known_from <= publication.seq:
            self.broken("D4", f"{name} got a message of {publication.key}, which it never asked for", publication.seq)

    def _put(self, event: TraceEvent) -> _Connection | None:
        """A frame joined the outbox of the connection that is returned; `None` where it is not known."""
        connection = self._connections.get(event.connection or "")
        if connection is None:
            return None
        connection.outbox[event.seq] = False
        detail = event.detail
        if isinstance(detail, Enqueued) and detail.depth > self._max_depth:
            self.broken(
                "D5",
                f"the outbox of {event.connection} holds {detail.depth} frames, its limit is {self._max_frames}",
            )
        return connection

    def other_frame(self, event: TraceEvent) -> None:
        self._put(event)

    def written(self, event: TraceEvent) -> None:
        connection, cause = self._connections.get(event.connection or ""), event.cause
        if connection is None or cause is None:
            return
        outbox = connection.outbox
        oldest = next(iter(outbox), None)
        if oldest != cause:
            if cause not in outbox:
                self._never_enqueued(event, connection, cause)
                return
            self.broken("D3", f"{event.connection} wrote a frame before an older one", oldest, cause)
        connection.stalled_seq = None
        del outbox[cause]

    def ended(self, event: TraceEvent) -> None:
        """A frame left the outbox by a recorded end."""
        connection, cause = self._connections.get(event.connection or ""), event.cause
        if connection is None or cause is None:
            return
        is_supersedable = connection.outbox.pop(cause, None)
        if is_supersedable is None:
            self._never_enqueued(event, connection, cause)
        elif event.stage == stages.DELIVERY_SUPERSEDED and not is_supersedable:
            self.broken("D2", f"a frame of {event.connection} that is not market data was superseded", cause)

    def _never_enqueued(self, event: TraceEvent, connection: _Connection, cause: int) -> None:
        """A frame that the outbox does not hold has left it."""
        if self._at is not None and cause == self._at.resolved_seq:
            self._at.due.pop(event.connection or "", None)  # it ended before it was enqueued
        elif cause >= connection.known_from:
            self.broken("D2", f"a frame of {event.connection} left its outbox twice", cause)

    # -- D5 and D6: independent and bounded, own cleanup only ---------------------------------------------

    def opened(self, event: TraceEvent) -> None:
        self.remember(event)
        self._connections[event.connection or ""] = _Connection(event.seq)

    def fault(self, event: TraceEvent) -> None:
        connection = self._connections.get(event.connection or "")
        if connection is not None and isinstance(event.detail, Note) and event.detail.what in ("stall", "delay"):
            connection.stalled_seq = event.seq

    def overflowed(self, event: TraceEvent) -> None:
        connection = self._connections.get(event.connection or "")
        if connection is not None:
            connection.overflowed_seq = event.seq

    def closing(self, event: TraceEvent) -> None:
        connection = self._connections.get(event.connection or "")
        if connection is not None and connection.overflowed_seq is not None:
            self._check_overflow(connection, event)

    def _check_overflow(self, connection: _Connection, event: TraceEvent) -> None:
        if isinstance(event.detail, ConnectionEnded) and event.detail.code not in (1006, 1008):
            self.broken(
                "D5",
                f"{event.connection} overflowed and was closed with {event.detail.code} instead of 1008",
                connection.overflowed_seq,
            )
        connection.overflowed_seq = None

    def closed(self, event: TraceEvent) -> None:
        self.remember(event)
        connection = self._connections.pop(event.connection or "", None)
        if connection is None:
            return
        if connection.overflowed_seq is not None:
            self._check_overflow(connection, event)
        if connection.outbox:
            first = next(iter(connection.outbox))
            self.broken("D2", f"{len(connection.outbox)} frames of {event.connection} vanished with its end", first)

    def unsubscribed(self, event: TraceEvent) -> None:
        self.remember(event)
        detail = event.detail
        if not isinstance(detail, SubscriptionRemoved):
            return
        subscription = self._active.pop(detail.subscription, None)
        if subscription is None:
            return
        _, by = self._causes.get(event.cause or 0, ("", subscription.connection))
        if by != subscription.connection:
            self.broken(
                "D6",
                f"the subscription of {subscription.connection} to {subscription.key} was removed by {by}",
                subscription.added_seq,
                event.cause,
            )
        until = event.commit if event.commit is not None else self._commit
        commit, seq = self._newest_of_key.get(subscription.key, (0, None))
        if until < commit and subscription.covers(commit):
            self.broken(
                "D2",
                f"{subscription.connection} loses commit {commit} of {subscription.key}, published while it was"
                " subscribed",
                seq,
            )
        if not subscription.is_acked and detail.reason == "unsubscribe":
            self._never_acked(subscription)
        self._by_added.pop(subscription.added_seq, None)
        subscription.until = until
        self._ended.append(subscription)
