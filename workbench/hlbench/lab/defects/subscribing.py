"""Defects of subscribing: what the sound server does in one step, done in several."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import msgspec

from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.parts import Parts
from hlmock.delivery.keys import ParsedSubscription
from hlmock.delivery.registry import Subscription
from hlmock.delivery.snapshots import snapshot_of
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame, received_event
from hlmock.trace import stages
from hlmock.trace.events import SubscriptionAdded

Move = Literal["register", "ack", "read", "send"]
"""Register the subscription, acknowledge it, read its snapshot, send the snapshot."""

_STAGES: dict[Move, str] = {
    "register": stages.SUBSCRIPTION_ADDED,
    "ack": stages.ACK_ENQUEUED,
    "read": stages.SNAPSHOT_ENQUEUED,
    "send": stages.SNAPSHOT_ENQUEUED,
}


class _Subscribing:
    """One subscribe frame under way."""

    def __init__(self, core: Core, connection: Connection, parsed: ParsedSubscription, received: int) -> None:
        self.core = core
        self.connection = connection
        self.parsed = parsed
        self.cause = received
        """seq of `subscription.added` once that is there, of the frame before."""
        self.subscription: Subscription | None = None
        self.snapshot: bytes | None = None
        self.read_at = 0

    def register(self) -> None:
        core, key = self.core, self.parsed.key
        subscription = self.subscription = core.registry.add(self.connection.id, key, core.exchange.commit)
        if subscription is None:
            return
        subscription.added_ms = core.clock.time_ms()
        self.cause = subscription.added_seq = core.log.emit(
            stages.SUBSCRIPTION_ADDED,
            cause=self.cause,
            connection=self.connection.id,
            account=key.user,
            channel=key.channel,
            key=key.text,
            commit=subscription.since,
            detail=SubscriptionAdded(subscription.id, core.registry.count_of(self.connection.id)),
        )

    def ack(self) -> None:
        answer = {"method": "subscribe", "subscription": msgspec.Raw(self.parsed.echo)}
        self._enqueue(
            stages.ACK_ENQUEUED,
            msgspec.json.encode({"channel": "subscriptionResponse", "data": answer}),
            "subscriptionResponse",
        )

    def read(self) -> None:
        core = self.core
        self.snapshot = snapshot_of(self.parsed.key, core.exchange, core.clock.time_ms(), core.feed_memory)
        self.read_at = core.exchange.commit

    def send(self) -> None:
        if self.snapshot is not None:
            self._enqueue(stages.SNAPSHOT_ENQUEUED, self.snapshot, self.parsed.key.channel, self.read_at)

    def _enqueue(self, stage: str, data: bytes, channel: str, commit: int | None = None) -> None:
        key = self.parsed.key
        self.core.enqueue(
            self.connection, stage, data, self.cause, key=key, channel=channel, account=key.user, commit=commit
        )


def subscribing_in_steps(
    name: str, title: str, story: str, steps: Sequence[Sequence[Move]], cited: Sequence[str]
) -> None:
    """Add a defect that subscribes in these steps: anybody may go between two of them."""

    def subscribe(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
        if frame.what != "subscribe" or frame.subscription is None:
            yield from receive_frame(core, connection, frame)
            return
        received = received_event(core, connection, frame)
        if frame.subscription.key.user is not None:
            core.name_account(frame.subscription.key.user, "subscription", received, connection=connection.id)
        under_way = _Subscribing(core, connection, frame.subscription, received)
        for moves in steps:
            yield _STAGES[moves[0]]
            if connection.state != "open":
                return
            for move in moves:
                getattr(under_way, move)()

    def apply(parts: Parts) -> Parts:
        return replace(parts, receive_frame=subscribe)

    add_defect(Defect(name, title, "server", story, "D1", tuple(cited), apply))


subscribing_in_steps(
    "ack-before-registration",
    "Broadcast before registration: acknowledged first, registered later",
    "The subscription is acknowledged by one task and registered by another. A client that does everything right"
    " orders after the acknowledgement, and its update is looked up before it is registered.",
    [["ack"], ["register", "read", "send"]],
    ["follows from the design of the founding case's server"],
)

subscribing_in_steps(
    "snapshot-before-registration",
    "The snapshot is read before the subscription is registered",
    "What happens between the reading and the registration is in neither the snapshot nor the stream: one fill is"
    " missing, after exactly some reconnects.",
    [["read"], ["register", "ack", "send"]],
    ["Centrifugo and GoldRush publish offset and epoch against this"],
)

subscribing_in_steps(
    "snapshot-after-registration",
    "The snapshot is read some time after the subscription is registered",
    "What happens between the registration and the reading is in both the snapshot and the stream: a fill counts"
    " twice, and the position doubles after a reconnect.",
    [["register", "ack"], ["read", "send"]],
    ["wjllance/StandX-CLI PR#291 (deduplicates by a stable id)"],
)

subscribing_in_steps(
    "data-before-ack",
    "Updates may overtake the acknowledgement",
    "The subscription is registered by one task and acknowledged by another. An update that comes between them reaches"
    " the client first, and a client that waits for the acknowledgement before it listens throws it away.",
    [["register"], ["ack", "read", "send"]],
    ["follows from the design of the founding case's server"],
)
