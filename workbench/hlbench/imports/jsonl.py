"""JSON Lines of events: what `hlbench report --jsonl` writes, and what other servers may write. Documented in
workbench/README.md.

A server gives `stage`, `time_ms` and what it knows; `seq`, `mono_ns` and a detail's `kind` follow where they are left
out.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from hlbench.exports.jsonl import FORMAT, VERSION
from hlbench.imports import Imported
from hlbench.imports.lines import LARGEST, LATEST_MS, complaint, decoded, is_object, numbered
from hlbench.sources.wire import decode_event
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import Detail, TraceEvent, from_plain
from hlmock.trace.redaction import redact

DETAILS: Final[dict[str, type[Detail]]] = {
    stages.REQUEST_RECEIVED: ev.RequestReceived,
    stages.REQUEST_DECODED: ev.RequestDecoded,
    stages.REQUEST_REFUSED: ev.RequestRefused,
    stages.SIGNER_RECOVERED: ev.SignerRecovered,
    stages.SIGNER_UNKNOWN: ev.SignerUnknown,
    stages.ACCOUNT_CREATED: ev.AccountCreated,
    stages.ACCOUNT_CHANGED: ev.AccountChanged,
    stages.ACTION_ACCEPTED: ev.ActionResult,
    stages.ACTION_REJECTED: ev.ActionResult,
    stages.ORDER_STORED: ev.OrderStored,
    stages.PUBLICATION_CREATED: ev.PublicationCreated,
    stages.REGISTRY_RESOLVED: ev.RegistryResolved,
    stages.DELIVERY_ENQUEUED: ev.Enqueued,
    stages.ACK_ENQUEUED: ev.Enqueued,
    stages.SNAPSHOT_ENQUEUED: ev.Enqueued,
    stages.FRAME_ENQUEUED: ev.Enqueued,
    stages.HEARTBEAT_PONG: ev.Enqueued,
    stages.DELIVERY_WRITTEN: ev.Written,
    stages.DELIVERY_FAILED: ev.DeliveryEnded,
    stages.DELIVERY_DROPPED: ev.DeliveryEnded,
    stages.DELIVERY_SUPERSEDED: ev.DeliveryEnded,
    stages.DELIVERY_FLUSHED: ev.DeliveryEnded,
    stages.DELIVERY_ACKED: ev.DeliveryEnded,
    stages.REPLY_SENT: ev.ReplySent,
    stages.CONNECTION_OPENED: ev.ConnectionOpened,
    stages.FRAME_RECEIVED: ev.FrameReceived,
    stages.SUBSCRIPTION_ADDED: ev.SubscriptionAdded,
    stages.SUBSCRIPTION_REFUSED: ev.SubscriptionRefused,
    stages.SUBSCRIPTION_REMOVED: ev.SubscriptionRemoved,
    stages.CONNECTION_CLOSING: ev.ConnectionEnded,
    stages.CONNECTION_CLOSED: ev.ConnectionEnded,
    stages.OUTBOX_OVERFLOWED: ev.OutboxOverflowed,
    stages.GATE_HELD: ev.GateEvent,
    stages.GATE_RELEASED: ev.GateEvent,
    stages.FAULT_INJECTED: ev.Note,
    stages.CLOCK_ADVANCED: ev.Note,
    stages.CONTROL_CALLED: ev.Note,
    stages.STATE_RESTORED: ev.Note,
    stages.STATE_CHECKPOINT: ev.Checkpoint,
    stages.EVENTS_GAP: ev.Gap,
    stages.CLIENT_IGNORED: ev.DeliveryEnded,
}
"""What the events of a stage carry, where they carry something."""

_INTEGERS: Final = ("seq", "mono_ns", "time_ms", "cause", "request", "oid", "commit", "payload_bytes")


def is_like(head: bytes) -> bool:
    """Whether the file begins with our heading."""
    heading = is_object(head.lstrip().partition(b"\n")[0])
    return heading is not None and heading.get("format") == FORMAT


def read(path: Path) -> Imported:
    """All events.

    Raises:
        SourceError: no heading, a line that is no event, fewer or more lines than the heading says, a newer version.
    """
    lines = numbered(path)
    number, first = next(lines, (1, b""))
    heading = decoded(path, number, first)
    if heading.get("format") != FORMAT:
        raise complaint(path, number, f'the heading {{"format": "{FORMAT}", "version": {VERSION}}} is missing')
    version = heading.get("version")
    if not isinstance(version, int) or version < 1:
        raise complaint(path, number, f"{version!r} is no version")
    if version > VERSION:
        raise complaint(
            path, number, f"version {version} is newer than this hlbench, which reads {VERSION}: upgrade it"
        )
    found: list[TraceEvent] = []
    for number, line in lines:
        try:
            found.append(_event(path, number, line, found[-1] if found else None))
        except (msgspec.ValidationError, ValueError) as error:
            raise complaint(path, number, f"no event: {error}") from error
    announced = heading.get("events")
    if announced is not None and announced != len(found):
        raise complaint(path, number, f"the file ends after {len(found)} of {announced} events: it was cut or joined")
    return Imported(found)


def _event(path: Path, number: int, line: bytes, before: TraceEvent | None) -> TraceEvent:
    """The event of a line.

    Raises:
        ValueError: it is none, or does not follow the one before.
        SourceError: the line is no JSON object.
    """
    try:
        event = decode_event(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # it leaves something out, is newer, or is none
        event = _completed(decoded(path, number, line), before)
    for name in _INTEGERS:
        value = getattr(event, name)
        if value is not None and not 0 <= value <= (LATEST_MS if name == "time_ms" else LARGEST):
            raise ValueError(f"{name} {value} is out of range")
    if before is not None and event.seq <= before.seq:
        raise ValueError(f"seq {event.seq} does not come after {before.seq}")
    if event.cause is not None and event.cause >= event.seq:
        raise ValueError(f"event {event.seq} has a cause that comes later: {event.cause}")
    if event.payload is not None and (payload := redact(event.payload)) is not event.payload:
        event = msgspec.structs.replace(event, payload=payload)  # another server may have kept signatures
    wanted = DETAILS.get(event.stage)
    if wanted is not None and event.detail is not None and not isinstance(event.detail, wanted):
        kind = ev.detail_to_plain(event.detail)["kind"]
        raise ValueError(f"a {event.stage} carries a detail of kind {wanted.__struct_config__.tag!r}, not {kind!r}")
    return event


def _completed(plain: dict[str, Any], before: TraceEvent | None) -> TraceEvent:
    """The event, with what it may leave out."""
    stage, time_ms = plain.get("stage"), plain.get("time_ms")
    plain.setdefault("seq", before.seq + 1 if before is not None else 1)
    if isinstance(time_ms, int):
        since = time_ms * 1_000_000
        plain.setdefault("mono_ns", max(since, before.mono_ns) if before is not None else since)
    wanted = DETAILS.get(stage) if isinstance(stage, str) else None
    detail = plain.get("detail")
    if wanted is not None and isinstance(detail, dict):
        detail.setdefault("kind", wanted.__struct_config__.tag)
    return from_plain(plain)
