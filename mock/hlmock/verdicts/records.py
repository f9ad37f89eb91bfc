"""What the audit keeps of the stream while a verdict may still change."""

from dataclasses import dataclass, field

from hlmock.trace.events import NearMiss, Update
from hlmock.verdicts.codes import Level
from hlmock.verdicts.rows import DeliveryRow


@dataclass(slots=True, eq=False)
class ConnectionRecord:
    """One connection from accept to close."""

    connection: str
    opened_seq: int
    ended_seq: int | None = None
    """seq of its `connection.closing`, else of `closed`."""
    closed_seq: int | None = None
    code: int | None = None
    who: str | None = None
    overflowed_seq: int | None = None


@dataclass(slots=True, eq=False)
class Interval:
    """One subscription, from its step to its end."""

    subscription: int
    connection: ConnectionRecord
    key: str
    since: int
    """Last commit that is not delivered to it."""
    added_seq: int
    added_ns: int
    until: int | None = None
    """Last commit that is delivered to it; `None` while active."""
    removed_seq: int | None = None
    removed_ns: int = 0
    reason: str | None = None
    removed_by: str | None = None
    """Another connection whose path removed it. A sound server has none."""
    is_overwritten: bool = False
    """Whether that path was a subscription of the other connection (else its end)."""
    snapshot_commit: int | None = None
    snapshot_seq: int | None = None
    has_lost_snapshot: bool = False
    """The snapshot's frame ended otherwise than by a write."""

    def covers(self, commit: int) -> bool:
        return self.since < commit and (self.until is None or commit <= self.until)


@dataclass(slots=True, eq=False)
class Delivery:
    """One publication on its way to one connection."""

    enqueued_seq: int | None = None
    stage: str | None = None
    """What ended it: a `delivery.` stage."""
    ended_seq: int | None = None
    ended_ns: int = 0
    queued_us: int | None = None
    reason: str | None = None
    by: int | None = None
    level: Level = "written"
    ignored_seq: int | None = None
    ignored_reason: str | None = None
    fault_seq: int | None = None
    fault: str | None = None
    delay_seq: int | None = None
    """seq of the `fault.injected` that let it wait."""
    delay: str | None = None


@dataclass(slots=True, eq=False)
class PublicationRecord:
    """One message for one key, while any of its updates is undecided."""

    id: int
    seq: int
    ns: int
    key: str
    channel: str | None
    account: str | None
    commit: int
    updates: tuple[Update, ...] = ()
    resolved_seq: int | None = None
    found: tuple[str, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    """By connection."""
    undecided: int = 0
    """Updates that still need it."""
    intervals: list[Interval] | None = None
    """Of its key, as they were when grace had passed: no later one can matter."""

    def next_unserved(self) -> str | None:
        """The first connection found that has no delivery yet."""
        return next((each for each in self.found if each not in self.deliveries), None)


@dataclass(slots=True, eq=False)
class UpdateRecord:
    """One change of one order."""

    order: "OrderRecord"
    status: str
    commit: int
    seq: int
    ns: int
    time_ms: int
    is_published: bool
    publications: list[PublicationRecord] = field(default_factory=list)
    rows: tuple[DeliveryRow, ...] | None = None
    """Set once every verdict is final; empty where the reader missed events that would have decided it."""


@dataclass(slots=True, eq=False)
class OrderRecord:
    oid: int
    cloid: str | None
    account: str | None
    coin: str | None
    seq: int
    """Of its first update."""
    updates: list[UpdateRecord] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Case:
    """A publication and one interval (or the absence of one) that it is judged against."""

    publication: PublicationRecord
    connection: str | None = None
    interval: Interval | None = None
    """Absent for a near miss, for a delivery without a subscription, and where there is nothing."""
    near_miss: NearMiss | None = None
    is_expected: bool = True


@dataclass(slots=True, eq=False)
class Held:
    """A path that a gate holds."""

    seq: int
    gate: str
    path: str
    waiting: int
    request: int | None = None
    """Of the event at which it was held."""


@dataclass(slots=True, eq=False)
class Situation:
    """What a judgement depends on beside its own records."""

    now_ns: int
    grace_ns: int
    late_ns: int
    commit: int = 0
    """Highest commit seen."""
    is_over: bool = False
    """The stream has ended: nothing will change any more."""
    acks_seen: bool = False
    """Whether the stream has `delivery.acked` at all."""
    publisher_held: Held | None = None
    writers_held: dict[str, Held] = field(default_factory=dict)
    """By connection."""
    publisher_at: PublicationRecord | None = None
    """The publication that the publisher resolved last."""

    def is_past_grace(self, ns: int) -> bool:
        return self.now_ns - ns >= self.grace_ns
