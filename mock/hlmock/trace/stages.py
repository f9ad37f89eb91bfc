"""The stages of the order path and of the connection path, in the order in which one order crosses them.

A stage is a plain string, so that a reader of an older version can carry a newer stage through unharmed.
`STAGES` is the order for humans and for ordered categoricals; it is append-only within a major version.
"""

from typing import Final

REQUEST_RECEIVED: Final = "request.received"
REQUEST_DECODED: Final = "request.decoded"
REQUEST_REFUSED: Final = "request.refused"
SIGNER_RECOVERED: Final = "signer.recovered"
SIGNER_UNKNOWN: Final = "signer.unknown"
ACCOUNT_CREATED: Final = "account.created"
ACCOUNT_CHANGED: Final = "account.changed"
"""What a view knows of an account changed: its name, its role, its agents."""
ACTION_ACCEPTED: Final = "action.accepted"
ACTION_REJECTED: Final = "action.rejected"
ORDER_STORED: Final = "order.stored"
PUBLICATION_CREATED: Final = "publication.created"
REGISTRY_RESOLVED: Final = "registry.resolved"
DELIVERY_ENQUEUED: Final = "delivery.enqueued"
ACK_ENQUEUED: Final = "ack.enqueued"
SNAPSHOT_ENQUEUED: Final = "snapshot.enqueued"
FRAME_ENQUEUED: Final = "frame.enqueued"
"""An error frame, a pong or the answer to a `post`: a frame that is neither data, ack nor snapshot."""
DELIVERY_WRITTEN: Final = "delivery.written"
DELIVERY_FAILED: Final = "delivery.failed"
DELIVERY_DROPPED: Final = "delivery.dropped"
DELIVERY_SUPERSEDED: Final = "delivery.superseded"
DELIVERY_FLUSHED: Final = "delivery.flushed"
DELIVERY_ACKED: Final = "delivery.acked"
REPLY_SENT: Final = "reply.sent"

CONNECTION_OPENED: Final = "connection.opened"
FRAME_RECEIVED: Final = "frame.received"
SUBSCRIPTION_ADDED: Final = "subscription.added"
SUBSCRIPTION_REFUSED: Final = "subscription.refused"
SUBSCRIPTION_REMOVED: Final = "subscription.removed"
HEARTBEAT_PONG: Final = "heartbeat.pong"
OUTBOX_OVERFLOWED: Final = "outbox.overflowed"
CONNECTION_CLOSING: Final = "connection.closing"
CONNECTION_CLOSED: Final = "connection.closed"

FAULT_INJECTED: Final = "fault.injected"
GATE_HELD: Final = "gate.held"
GATE_RELEASED: Final = "gate.released"
CLOCK_ADVANCED: Final = "clock.advanced"
CONTROL_CALLED: Final = "control.called"
STATE_CHECKPOINT: Final = "state.checkpoint"
STATE_RESTORED: Final = "state.restored"
EVENTS_GAP: Final = "events.gap"

CLIENT_RECEIVED: Final = "client.received"
CLIENT_APPLIED: Final = "client.applied"
CLIENT_IGNORED: Final = "client.ignored"

STAGES: Final[tuple[str, ...]] = tuple(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)
