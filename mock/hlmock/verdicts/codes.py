"""The verdicts: why a delivery happened or did not, as stable codes with their facts.

Rule 1: codes and the names of facts are public and append-only. Rule 2: a verdict names its evidence by seq. Rule 3:
numbers are facts; the sentence is made from them (`sentences`).
"""

from enum import StrEnum
from typing import Final, Literal

import msgspec

Group = Literal["delivered", "late", "pending", "missing", "unexpected", "request"]
"""How views count a verdict. `pending` may still become `delivered`; `unexpected` is no finding."""


class VerdictCode(StrEnum):
    """Ordered from what needs attention most to what needs none."""

    UNKNOWN_ORDER = "unknown_order"
    REFUSED = "refused"
    PUBLISHER_STOPPED = "publisher_stopped"
    BLOCKED = "blocked"
    OVERWRITTEN = "overwritten"
    REMOVED_BY_CLEANUP = "removed_by_cleanup"
    DROPPED = "dropped"
    OVERFLOWED = "overflowed"
    WRITE_FAILED = "write_failed"
    CLOSED_BEFORE_WRITE = "closed_before_write"
    HALF_OPEN = "half_open"
    INJECTED_FAULT = "injected_fault"
    CLIENT_IGNORED = "client_ignored"
    KEY_DIFFERS = "key_differs"
    BEFORE_SUBSCRIPTION = "before_subscription"
    AFTER_UNSUBSCRIBE = "after_unsubscribe"
    HELD_AT_GATE = "held_at_gate"
    PENDING = "pending"
    DELIVERED_LATE = "delivered_late"
    NO_SUBSCRIPTION = "no_subscription"
    COVERED_BY_SNAPSHOT = "covered_by_snapshot"
    DELIVERED = "delivered"
    NOT_PUBLISHED_BY_DESIGN = "not_published_by_design"

    @property
    def meaning(self) -> str:
        """One line for a legend."""
        return MEANINGS[self]

    @property
    def group(self) -> Group:
        return GROUPS.get(self, "missing")

    @property
    def severity(self) -> int:
        """0 needs attention most."""
        return _SEVERITY[self]


MEANINGS: Final[dict[VerdictCode, str]] = {
    VerdictCode.UNKNOWN_ORDER: "no such order was ever seen",
    VerdictCode.REFUSED: "the request never became an order",
    VerdictCode.PUBLISHER_STOPPED: "the publisher never took the publication and handles nothing else either",
    VerdictCode.BLOCKED: "the publisher waits for another connection",
    VerdictCode.OVERWRITTEN: "another connection's subscription took this one's place in the registry",
    VerdictCode.REMOVED_BY_CLEANUP: "the end of another connection removed this one's subscription",
    VerdictCode.DROPPED: "taken out of the way and never written",
    VerdictCode.OVERFLOWED: "the connection was cut because its outbox was full",
    VerdictCode.WRITE_FAILED: "the transport refused the frame",
    VerdictCode.CLOSED_BEFORE_WRITE: "the connection ended while the frame waited",
    VerdictCode.HALF_OPEN: "written, but the peer's kernel never acknowledged it",
    VerdictCode.INJECTED_FAULT: "an injected fault took it",
    VerdictCode.CLIENT_IGNORED: "delivered, but the client did nothing with it",
    VerdictCode.KEY_DIFFERS: "the connection watched a related key, not this one",
    VerdictCode.BEFORE_SUBSCRIPTION: "published before the subscription took effect",
    VerdictCode.AFTER_UNSUBSCRIBE: "published after the subscription had ended",
    VerdictCode.HELD_AT_GATE: "a gate holds the path",
    VerdictCode.PENDING: "on its way",
    VerdictCode.DELIVERED_LATE: "written, but later than the setting allows",
    VerdictCode.NO_SUBSCRIPTION: "nobody was subscribed to the key, at its commit or near it",
    VerdictCode.COVERED_BY_SNAPSHOT: "older than the subscription, and part of its snapshot",
    VerdictCode.DELIVERED: "written to the connection",
    VerdictCode.NOT_PUBLISHED_BY_DESIGN: "the real exchange sends no message for this change",
}

GROUPS: Final[dict[VerdictCode, Group]] = {
    VerdictCode.UNKNOWN_ORDER: "request",
    VerdictCode.REFUSED: "request",
    VerdictCode.HELD_AT_GATE: "pending",
    VerdictCode.PENDING: "pending",
    VerdictCode.DELIVERED_LATE: "late",
    VerdictCode.NO_SUBSCRIPTION: "unexpected",
    VerdictCode.COVERED_BY_SNAPSHOT: "delivered",
    VerdictCode.DELIVERED: "delivered",
    VerdictCode.NOT_PUBLISHED_BY_DESIGN: "unexpected",
}
"""Every other code is `missing`."""

_SEVERITY: Final = {code: number for number, code in enumerate(VerdictCode)}

Level = Literal["written", "flushed", "acked"]
"""How far a written frame is known to have come: our transport, our kernel, the peer's kernel."""


class Facts(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What a verdict's sentence is made of. Which facts are there depends on the code."""

    connection: str | None = None
    key: str | None = None
    updated: int | None = None
    """seq of the `order.stored`."""
    published: int | None = None
    """seq of the `publication.created`."""
    subscribed: int | None = None
    """seq of the `subscription.added`."""
    unsubscribed: int | None = None
    """seq of the `subscription.removed`."""
    enqueued: int | None = None
    """seq of the `delivery.enqueued`, or of the snapshot that covers the update."""
    ended: int | None = None
    """seq of the event that ended it: written, failed, dropped, closed, overflowed, held, refused."""
    gap_us: int | None = None
    """Between publication and the subscription's start or end, always positive."""
    gap_events: int | None = None
    """The same in events."""
    latency_us: int | None = None
    """From the commit to the write; while it is pending, to now."""
    queued_us: int | None = None
    """In the outbox."""
    level: Level | None = None
    other_connection: str | None = None
    """The connection that overwrote, cleaned up or blocks."""
    other_key: str | None = None
    """The key that the connection watched."""
    relation: str | None = None
    """How the watched key differs: `case`, `signer`, `agent`, `master`, `vault`, `subAccount`."""
    reason: str | None = None
    """In the words of the event: why it was dropped, failed, ignored, refused."""
    close_code: int | None = None
    who: str | None = None
    """Who closed: `client`, `server`, `control`, `network`."""
    gate: str | None = None
    waiting: int | None = None
    """Paths held at that gate."""
    commit: int | None = None
    snapshot_commit: int | None = None
    must_have_signed: str | None = None
    """Of `refused`: the wrong form whose signer is a known account."""
    asked: str | None = None
    """Of `unknown_order` and `refused`: the cloid or oid asked for."""
    nearest: tuple[str, ...] = ()
    """Of `unknown_order`: the most similar ids seen."""
