"""Foreign facts told as events: numbers seqs, commits, subscriptions and publications, and knows who is subscribed.

Rule 1: an event stands for a line of the log, or for what that line implies. Rule 2: what a log does not say is absent;
where an event must have it, it is the word for unknown (`UNKNOWN`), never a value that could be true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent

UNKNOWN: Final = "NaN"
"""A price or size that the log does not name."""

UNKNOWN_SIDE: Final = "?"


@dataclass(slots=True)
class Subscribed:
    """One subscription while it is active."""

    number: int
    connection: str
    key: str
    account: str | None
    seq: int


@dataclass(slots=True)
class Published:
    """One publication, with who was found."""

    number: int
    seq: int
    key: str
    channel: str
    account: str | None
    commit: int
    is_resolved: bool = False
    resolved: int = 0
    found: tuple[str, ...] = ()
    enqueued: dict[str, int] = field(default_factory=dict)
    """By connection, the seq."""
    ended: set[str] = field(default_factory=set)


class Builder:
    """Set `ns` to the time of what comes next, then tell it."""

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []
        self.subscriptions: dict[int, Subscribed] = {}
        self.implied: set[int] = set()
        """seqs of acknowledgements: no log tells of them, only of the subscription."""
        self.commit = 0
        self._opened: dict[str, int] = {}
        """seq of `connection.opened`, of those open now."""
        self._connections = 0
        self._subscriptions = 0
        self._publications = 0
        self._ns = 0

    @property
    def ns(self) -> int:
        """ns since the epoch; never goes back."""
        return self._ns

    @ns.setter
    def ns(self, value: int) -> None:
        self._ns = max(self._ns, value)

    def emit(self, stage: str, **fields: Any) -> int:
        """One event; returns its seq. The first one is a checkpoint in which nothing is there."""
        if not self.events:
            nothing = ev.Checkpoint(0, 1)
            self.events.append(
                TraceEvent(1, self._ns, self._ns // 1_000_000, stages.STATE_CHECKPOINT, commit=0, detail=nothing)
            )
        seq = len(self.events) + 1
        self.events.append(TraceEvent(seq, self._ns, self._ns // 1_000_000, stage, **fields))
        return seq

    # -- connections ----------------------------------------------------------------------------------------

    def connect(self, peer: str | None) -> str:
        """A new connection's name."""
        self._connections += 1
        name = f"c{self._connections}"
        self._opened[name] = self.emit(stages.CONNECTION_OPENED, connection=name, detail=ev.ConnectionOpened(peer))
        return name

    def is_open(self, connection: str) -> bool:
        return connection in self._opened

    def close(self, connection: str, code: int, who: str, reason: str | None = None) -> None:
        """Its end, and that of its subscriptions."""
        opened = self._opened.pop(connection)
        ended = ev.ConnectionEnded(code, who, reason)
        closed = self.emit(stages.CONNECTION_CLOSED, cause=opened, connection=connection, detail=ended)
        for each in [each for each in self.subscriptions.values() if each.connection == connection]:
            self.unsubscribe(each, "connection closed", closed)

    def subscribe(self, connection: str, channel: str, key: str, account: str | None) -> None:
        """It takes effect here, and is acknowledged. A second one to the same key is the first."""
        mine = [each for each in self.subscriptions.values() if each.connection == connection]
        if any(each.key == key for each in mine):
            return
        self._subscriptions += 1
        number = self._subscriptions
        seq = self.emit(
            stages.SUBSCRIPTION_ADDED,
            cause=self._opened.get(connection),
            connection=connection,
            account=account,
            channel=channel,
            key=key,
            commit=self.commit,
            detail=ev.SubscriptionAdded(number, len(mine) + 1),
        )
        self.subscriptions[number] = Subscribed(number, connection, key, account, seq)
        ack = self.emit(stages.ACK_ENQUEUED, cause=seq, connection=connection, key=key, detail=ev.Enqueued(1, 0))
        written = ev.Written(0, 0)
        self.implied |= {
            ack,
            self.emit(stages.DELIVERY_WRITTEN, cause=ack, connection=connection, key=key, detail=written),
        }

    def unsubscribe(self, subscribed: Subscribed, reason: str = "unsubscribe", cause: int | None = None) -> None:
        del self.subscriptions[subscribed.number]
        active = sum(each.connection == subscribed.connection for each in self.subscriptions.values())
        self.emit(
            stages.SUBSCRIPTION_REMOVED,
            cause=cause if cause is not None else self._opened.get(subscribed.connection),
            connection=subscribed.connection,
            account=subscribed.account,
            key=subscribed.key,
            commit=self.commit,
            detail=ev.SubscriptionRemoved(subscribed.number, active, reason, subscribed.seq),
        )

    def subscribers(self, key: str) -> tuple[str, ...]:
        """Connections that are subscribed to a key, in that order."""
        return tuple(each.connection for each in self.subscriptions.values() if each.key == key)

    # -- orders ---------------------------------------------------------------------------------------------

    def store(
        self,
        *,
        oid: int,
        cloid: str | None,
        account: str | None,
        coin: str | None = None,
        cause: int | None = None,
        request: int | None = None,
        detail: ev.OrderStored,
    ) -> ev.Update:
        """An order's change. Changes that nothing comes between are one commit, as those of one block are."""
        if not self.events or self.events[-1].stage != stages.ORDER_STORED:
            self.commit += 1
        seq = self.emit(
            stages.ORDER_STORED,
            cause=cause,
            request=request,
            account=account,
            oid=oid,
            cloid=cloid,
            coin=coin,
            commit=self.commit,
            detail=detail,
        )
        return ev.Update(oid, cloid, detail.status, self.commit, seq)

    def publish(
        self,
        channel: str,
        key: str,
        account: str | None,
        updates: Sequence[ev.Update],
        *,
        request: int | None = None,
        payload: bytes | None = None,
    ) -> Published:
        self._publications += 1
        commit = updates[-1].commit if updates else self.commit
        seq = self.emit(
            stages.PUBLICATION_CREATED,
            cause=updates[-1].cause if updates else None,
            request=request,
            account=account,
            channel=channel,
            key=key,
            commit=commit,
            payload=payload,
            detail=ev.PublicationCreated(self._publications, tuple(updates)),
        )
        return Published(self._publications, seq, key, channel, account, commit)

    def resolve(self, publication: Published, found: Iterable[str], registry_size: int | None = None) -> None:
        """The lookup. Asked again of the same publication, it adds who was found."""
        publication.found = tuple(dict.fromkeys((*publication.found, *found)))
        publication.is_resolved = True
        size = len(self.subscriptions) if registry_size is None else registry_size
        publication.resolved = self.emit(
            stages.REGISTRY_RESOLVED,
            cause=publication.seq,
            account=publication.account,
            channel=publication.channel,
            key=publication.key,
            commit=publication.commit,
            detail=ev.RegistryResolved(publication.number, publication.found, size),
        )

    def deliver(self, publication: Published, connection: str, *, size: int = 0) -> None:
        """Written; enqueued at once where the log did not tell of that."""
        enqueued = self.enqueue(publication, connection, size)
        publication.ended.add(connection)
        self.emit(
            stages.DELIVERY_WRITTEN,
            cause=enqueued,
            connection=connection,
            channel=publication.channel,
            key=publication.key,
            commit=publication.commit,
            detail=ev.Written(size, 0, publication.number),
        )

    def fail(self, publication: Published, connection: str, stage: str, reason: str) -> None:
        """`delivery.failed` or `delivery.dropped`."""
        enqueued = self.enqueue(publication, connection)
        publication.ended.add(connection)
        self.emit(
            stage,
            cause=enqueued,
            connection=connection,
            channel=publication.channel,
            key=publication.key,
            commit=publication.commit,
            detail=ev.DeliveryEnded(publication.number, reason),
        )

    def enqueue(self, publication: Published, connection: str, size: int = 0) -> int:
        """Into its outbox, once; returns the seq."""
        if connection not in publication.enqueued:
            publication.enqueued[connection] = self.emit(
                stages.DELIVERY_ENQUEUED,
                cause=publication.resolved or publication.seq,
                connection=connection,
                account=publication.account,
                channel=publication.channel,
                key=publication.key,
                commit=publication.commit,
                detail=ev.Enqueued(1, size, publication.number),
            )
        return publication.enqueued[connection]


def stored(
    status: str,
    *,
    side: str | None = None,
    px: str | None = None,
    sz: str | None = None,
    orig_sz: str | None = None,
) -> ev.OrderStored:
    """What is known of an order."""
    return ev.OrderStored(status, side or UNKNOWN_SIDE, px or UNKNOWN, sz or UNKNOWN, orig_sz or sz or UNKNOWN)
