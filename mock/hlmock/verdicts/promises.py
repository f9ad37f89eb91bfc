"""The promises D1 to D7 as checks over events, per epoch; D8 as a comparison of two logs.

D1 effective at ack, D2 complete, D3 ordered, D4 isolated, D5 independent and bounded, D6 own cleanup only, D7 one
effect, D8 same input, same log. Each check reads facts that the emitter states (commits, causes, depths) against each
other, so a server that breaks a promise shows it in its own events.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.delivery_checks import DeliveryChecks
from hlmock.verdicts.effect_checks import EffectChecks
from hlmock.verdicts.violations import Promise, Violation

__all__ = ["MAX_FRAMES", "Promise", "PromiseMonitor", "Violation", "check_promises", "check_same"]

MAX_FRAMES: Final = 10_000
"""Frames an outbox may hold. Our choice; a setting of the server."""


class PromiseMonitor:
    """Checks the promises event by event; `violations` grows. One run per monitor.

    Args:
        max_frames: bound of an outbox; `None` for unbounded ones.
    """

    def __init__(self, *, max_frames: int | None = MAX_FRAMES) -> None:
        self.violations: list[Violation] = []
        self._effects = EffectChecks(self.violations)
        self._deliveries = DeliveryChecks(self.violations, max_frames)

    def apply(self, event: TraceEvent) -> None:
        """Check one event."""
        self.apply_all((event,))

    def apply_all(self, events: Iterable[TraceEvent]) -> None:
        """Check events, in order."""
        effects, deliveries = self._effects, self._deliveries
        for event in events:
            try:
                of_effects, of_deliveries = _CHECKS[event.stage]
            except KeyError:
                continue  # A stage that only a newer version knows.
            if of_effects is not None:
                effects.seq = event.seq
                of_effects(effects, event)
            if of_deliveries is not None:
                deliveries.seq = event.seq
                of_deliveries(deliveries, event)

    def finish(self, *, quiescent: bool = False) -> None:
        """Check what only the end of the stream shows.

        Args:
            quiescent: nothing is on its way any more, so what is not delivered never will be.
        """
        self._deliveries.finish(quiescent=quiescent)


def check_promises(
    events: Iterable[TraceEvent], *, quiescent: bool = False, max_frames: int | None = MAX_FRAMES
) -> list[Violation]:
    """Every violation, in the order in which they show.

    Args:
        events: of one run, from its start or a checkpoint on.
        quiescent: nothing is on its way any more, so what is not delivered never will be.
        max_frames: bound of an outbox; `None` for unbounded ones.
    """
    monitor = PromiseMonitor(max_frames=max_frames)
    monitor.apply_all(events)
    monitor.finish(quiescent=quiescent)
    return monitor.violations


def check_same(first: Sequence[TraceEvent], second: Sequence[TraceEvent]) -> list[Violation]:
    """D8: the first event in which two logs of the same input differ."""
    for one, other in zip(first, second, strict=False):
        if one != other:
            what = next(name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name))
            text = f"the logs differ in {what}: {getattr(one, what)!r} against {getattr(other, what)!r}"
            return [Violation("D8", one.seq, text, (one.seq,))]
    if len(first) != len(second):
        seq = min(len(first), len(second)) + 1
        return [Violation("D8", seq, f"one log has {len(first)} events, the other {len(second)}", (seq,))]
    return []


_OF_EFFECTS: Final[dict[str, Callable[[EffectChecks, TraceEvent], None]]] = {
    stages.STATE_RESTORED: EffectChecks.behind,
    stages.EVENTS_GAP: EffectChecks.behind,
    stages.REQUEST_DECODED: EffectChecks.decoded,
    stages.SIGNER_UNKNOWN: EffectChecks.signer_unknown,
    stages.ACTION_ACCEPTED: EffectChecks.accepted,
    stages.REPLY_SENT: EffectChecks.replied,
    stages.ORDER_STORED: EffectChecks.stored,
    stages.PUBLICATION_CREATED: EffectChecks.published,
    stages.SUBSCRIPTION_ADDED: EffectChecks.keyed,
}

_OF_DELIVERIES: Final[dict[str, Callable[[DeliveryChecks, TraceEvent], None]]] = {
    stages.STATE_CHECKPOINT: DeliveryChecks.checkpoint,
    stages.STATE_RESTORED: DeliveryChecks.behind,
    stages.EVENTS_GAP: DeliveryChecks.behind,
    stages.PUBLICATION_CREATED: DeliveryChecks.published,
    stages.REGISTRY_RESOLVED: DeliveryChecks.resolved,
    stages.DELIVERY_ENQUEUED: DeliveryChecks.enqueued,
    stages.ACK_ENQUEUED: DeliveryChecks.acked,
    stages.SNAPSHOT_ENQUEUED: DeliveryChecks.snapshot,
    stages.FRAME_ENQUEUED: DeliveryChecks.other_frame,
    stages.HEARTBEAT_PONG: DeliveryChecks.other_frame,
    stages.DELIVERY_WRITTEN: DeliveryChecks.written,
    stages.DELIVERY_FAILED: DeliveryChecks.ended,
    stages.DELIVERY_DROPPED: DeliveryChecks.ended,
    stages.DELIVERY_SUPERSEDED: DeliveryChecks.ended,
    stages.CONNECTION_OPENED: DeliveryChecks.opened,
    stages.FRAME_RECEIVED: DeliveryChecks.remember,
    stages.SUBSCRIPTION_ADDED: DeliveryChecks.subscribed,
    stages.SUBSCRIPTION_REMOVED: DeliveryChecks.unsubscribed,
    stages.OUTBOX_OVERFLOWED: DeliveryChecks.overflowed,
    stages.CONNECTION_CLOSING: DeliveryChecks.closing,
    stages.CONNECTION_CLOSED: DeliveryChecks.closed,
    stages.FAULT_INJECTED: DeliveryChecks.fault,
}

_CHECKS: Final = {stage: (_OF_EFFECTS.get(stage), _OF_DELIVERIES.get(stage)) for stage in stages.STAGES}
