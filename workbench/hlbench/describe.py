"""What one event says, in a few words for one line."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from hlbench.inert import inert
from hlbench.text import short
from hlmock.trace import events
from hlmock.trace.events import TraceEvent

Names = Mapping[str, str]
"""Names of accounts by address, where they have one."""

MOST: Final = 400
"""Characters of a description; what is longer is cut. Our choice."""


def account_label(account: str | None, names: Names, width: int = 11) -> str:
    """The account's name, else its address by its ends; a blank for none."""
    if account is None:
        return ""
    name = names.get(account)
    return inert(name) if name is not None else short(account, width)


def describe(event: TraceEvent, names: Names) -> str:
    """The event's own facts; what every row shows beside it (seq, time, stage, connection) is left out. Inert text."""
    words = _WORDS.get(type(event.detail))
    return inert(words(event, event.detail, names), MOST) if words is not None else ""


def _request_received(event: TraceEvent, detail: events.RequestReceived, names: Names) -> str:
    return f"{detail.transport} {detail.path}" + (f" from {detail.peer}" if detail.peer else "")


def _signer(event: TraceEvent, detail: events.SignerRecovered, names: Names) -> str:
    who = account_label(event.account, names)
    signer = "signers" if detail.role == "multiSig" else detail.role
    return who if detail.role == "account" else f"{who}, signed by its {signer}"


def _signer_unknown(event: TraceEvent, detail: events.SignerUnknown, names: Names) -> str:
    return detail.must_have_signed or detail.reason


def _account_changed(event: TraceEvent, detail: events.AccountChanged, names: Names) -> str:
    return f"{account_label(event.account, names)} {detail.role}, {count(len(detail.agents), 'agent')}"


def _action(event: TraceEvent, detail: events.ActionResult, names: Names) -> str:
    said = ", ".join(detail.statuses) or detail.reason or ""
    return f"{detail.action}: {said}" if said else detail.action


def _order(event: TraceEvent, detail: events.OrderStored, names: Names) -> str:
    text = f"#{event.oid} {detail.status}"
    if (side := {"B": "buy", "A": "sell"}.get(detail.side)) is not None:  # a foreign log may not tell
        text += f" {side} {detail.sz} {event.coin} at {detail.px}"
    return f"{text}, replaces #{detail.replaces}" if detail.replaces is not None else text


def _publication(event: TraceEvent, detail: events.PublicationCreated, names: Names) -> str:
    updates = ", ".join(f"#{update.oid} {update.status}" for update in detail.updates)
    return f"{event.channel} {updates}" if updates else event.channel or ""


def _resolved(event: TraceEvent, detail: events.RegistryResolved, names: Names) -> str:
    found = f"{len(detail.found)} found of {detail.registry_size}"
    near = ", ".join(f"{miss.connection} by {miss.kind}" for miss in detail.near_misses)
    subscribers = " ".join(detail.found[:8])
    return " · ".join(part for part in (found, subscribers, f"near: {near}" if near else "") if part)


def _enqueued(event: TraceEvent, detail: events.Enqueued, names: Names) -> str:
    return f"{detail.what or event.channel or event.key or 'frame'}, {detail.depth} queued"


def _written(event: TraceEvent, detail: events.Written, names: Names) -> str:
    return f"{event.channel or 'frame'} {detail.bytes} B after {detail.queued_us} µs"


def _ended(event: TraceEvent, detail: events.DeliveryEnded, names: Names) -> str:
    return " · ".join(part for part in (event.channel, detail.reason) if part) or f"the frame of seq {event.cause}"


def _connection_ended(event: TraceEvent, detail: events.ConnectionEnded, names: Names) -> str:
    return f"{detail.code} by {detail.who}" + (f": {detail.reason}" if detail.reason else "")


def _subscribed(event: TraceEvent, detail: events.SubscriptionAdded, names: Names) -> str:
    return f"{_key(event, names)}, {detail.active} active"


def _unsubscribed(event: TraceEvent, detail: events.SubscriptionRemoved, names: Names) -> str:
    return f"{_key(event, names)}, {detail.active} active: {detail.reason}"


def _key(event: TraceEvent, names: Names) -> str:
    return key_label(event.key or "", event.account, names)


def key_label(key: str, account: str | None, names: Names) -> str:
    """A subscription key with its address shortened or named: `orderUpdates alice`."""
    if account is not None and account in key:
        kind, _, rest = key.partition(account)
        return f"{kind.rstrip(':')} {account_label(account, names)}{rest}"
    return key


def _gate(event: TraceEvent, detail: events.GateEvent, names: Names) -> str:
    return f"{detail.path} at {detail.gate}, {detail.held} held"


def _note(event: TraceEvent, detail: events.Note, names: Names) -> str:
    return f"{detail.what} {detail.value}" if detail.value else detail.what


def _checkpoint(event: TraceEvent, detail: events.Checkpoint, names: Names) -> str:
    return ", ".join(
        (
            f"epoch {detail.epoch}",
            count(len(detail.connections), "connection"),
            count(len(detail.subscriptions), "subscription"),
            count(len(detail.orders), "open order"),
        )
    )


def count(number: int, noun: str) -> str:
    """`1 agent`, `2 agents`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_WORDS: Final[Mapping[type, Callable[[TraceEvent, Any, Names], str]]] = {
    events.RequestReceived: _request_received,
    events.RequestDecoded: lambda event, detail, names: detail.action,
    events.RequestRefused: lambda event, detail, names: f"{detail.status} {detail.reason}",
    events.SignerRecovered: _signer,
    events.SignerUnknown: _signer_unknown,
    events.AccountCreated: lambda event, detail, names: (
        f"{account_label(event.account, names)} with {detail.funded} USDC: {detail.why}"
    ),
    events.AccountChanged: _account_changed,
    events.ActionResult: _action,
    events.OrderStored: _order,
    events.PublicationCreated: _publication,
    events.RegistryResolved: _resolved,
    events.Enqueued: _enqueued,
    events.Written: _written,
    events.DeliveryEnded: _ended,
    events.ReplySent: lambda event, detail, names: str(detail.status),
    events.ConnectionOpened: lambda event, detail, names: f"from {detail.peer}" if detail.peer else "",
    events.FrameReceived: lambda event, detail, names: f"{detail.what}, {detail.bytes} B",
    events.SubscriptionAdded: _subscribed,
    events.SubscriptionRefused: lambda event, detail, names: detail.reason,
    events.SubscriptionRemoved: _unsubscribed,
    events.ConnectionEnded: _connection_ended,
    events.OutboxOverflowed: lambda event, detail, names: f"{detail.frames} frames, {detail.bytes} B",
    events.GateEvent: _gate,
    events.Note: _note,
    events.Gap: lambda event, detail, names: f"events {detail.from_:,} to {detail.to:,} are not kept any more",
    events.Checkpoint: _checkpoint,
    events.OtherDetail: lambda event, detail, names: f"{detail.name} (of a newer version)",
}
