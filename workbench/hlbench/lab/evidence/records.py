"""What a log tells of single connections, subscriptions, publications and requests; `facts` fills it in."""

from dataclasses import dataclass, field

from hlmock.trace.events import OrderStored, SignerRecovered, TraceEvent, Update


@dataclass(slots=True)
class ConnectionFact:
    """One connection, and the subscribe and unsubscribe frames on it that nothing has come of."""

    name: str
    opened_seq: int
    closing: TraceEvent | None = None
    closed_seq: int | None = None
    pending: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    """What and key, by seq of `frame.received`."""
    unwritten: dict[int, int | None] = field(default_factory=dict)
    """Publication (`None`: another frame) by seq of `*.enqueued`, while it waits."""
    last_written: int | None = None


@dataclass(slots=True)
class SubscriptionFact:
    """One subscription."""

    id: int
    connection: ConnectionFact
    key: str
    since: int
    added_seq: int
    added_ns: int
    ack_seq: int | None = None
    snapshot: TraceEvent | None = None
    until: int | None = None
    """Last commit that it is entitled to; `None` while it is rightful."""
    removed_seq: int | None = None
    """Of the end that it asked for."""
    taken_by: str | None = None
    """Connection that ended it, though it was not its own."""
    taken_seq: int | None = None
    taken_commit: int = 0
    early: list[int] = field(default_factory=list)
    """seqs of deliveries that were enqueued before its acknowledgement."""

    def covers(self, commit: int) -> bool:
        return self.since < commit and (self.until is None or commit <= self.until)

    @property
    def user(self) -> str:
        return self.key.partition(":")[2]

    @property
    def type(self) -> str:
        return self.key.partition(":")[0]


@dataclass(slots=True)
class DeliveryFact:
    """One publication on its way to one connection."""

    enqueued_seq: int | None = None
    bytes: int = 0
    ended_seq: int | None = None
    stage: str | None = None
    """Of its end."""


@dataclass(slots=True)
class PublicationFact:
    """One publication."""

    id: int
    seq: int
    ns: int
    key: str
    account: str | None
    commit: int
    request: int | None
    updates: tuple[Update, ...]
    bytes: int | None
    resolved_seq: int | None = None
    found: tuple[str, ...] | None = None
    missing: int = 0
    """Subscriptions that the log knows of and the registry did not count any more."""
    watching: tuple[str, ...] = ()
    """When it was resolved: connections with a subscription to its type ..."""
    idle: tuple[str, ...] = ()
    """... and those without any."""
    deliveries: dict[str, DeliveryFact] = field(default_factory=dict)


@dataclass(slots=True)
class RequestFact:
    """One request."""

    id: int
    received: TraceEvent
    signer: SignerRecovered | None = None
    signer_seq: int = 0
    accepted: TraceEvent | None = None
    is_over: bool = False
    """Answered, refused or rejected."""
    stored: list[tuple[TraceEvent, OrderStored, bool]] = field(default_factory=list)
    """Order changes, each with whether its order was there before the request."""
