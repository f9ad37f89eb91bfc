"""`TraceEvent`: one immutable fact of the event stream, and the typed details that a stage carries.

Rule 1: every fact that a view shows is in the stream. Rule 2: absent is absent (`None`, left out when
encoded), never an empty string. Rule 3: signatures (r, s) never enter an event; the digest, the recovered
signer and v do.
"""

from typing import Any, Final, get_args

import msgspec


class Detail(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag=str.lower):
    """Base of the typed details. `kind` names the class, in lower case, in every encoding."""


class RequestReceived(Detail, frozen=True, gc=False, omit_defaults=True):
    transport: str
    """`http` or `ws` (a `post` frame)."""
    path: str
    """`/exchange`, `/info`."""
    peer: str | None = None
    post_id: int | None = None


class RequestDecoded(Detail, frozen=True, gc=False, omit_defaults=True):
    action: str
    """The action's or the info request's `type`."""
    nonce: int | None = None


class RequestRefused(Detail, frozen=True, gc=False, omit_defaults=True):
    reason: str
    status: int
    """HTTP status of the answer."""
    answer: str


class SignerRecovered(Detail, frozen=True, gc=False, omit_defaults=True):
    digest: str
    v: int
    network: str
    """`mainnet` or `testnet`."""
    role: str
    """How the signer stands to the event's account: `account`, `agent`, `vault`, `subAccount`."""
    form: str | None = None
    """Set when `lenient` accepted a form the real exchange refuses: what the client must have signed."""


class SignerUnknown(Detail, frozen=True, gc=False, omit_defaults=True):
    reason: str
    answer: str
    digest: str | None = None
    v: int | None = None
    must_have_signed: str | None = None
    """The wrong form whose recovery gives a known account, as a sentence; absent when none does."""
    would_be: str | None = None
    """The account that form recovers."""


class AccountCreated(Detail, frozen=True, gc=False, omit_defaults=True):
    why: str
    """`signed action`, `info`, `subscription`, `wallet`, `funded`, `transfer`, `approval`, `sub-account`."""
    funded: str
    """USDC, a decimal string."""
    named: bool = True
    other_candidates: tuple[str, ...] = ()
    role: str = "user"
    """`user`, `vault`, `subAccount`."""
    name: str | None = None
    """Name of a test wallet."""
    master: str | None = None


class AccountChanged(Detail, frozen=True, gc=False, omit_defaults=True):
    """The whole of what a view knows of the account, after the change."""

    named: bool = True
    role: str = "user"
    name: str | None = None
    master: str | None = None
    agents: tuple[str, ...] = ()


class ActionResult(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `action.accepted` and `action.rejected`."""

    action: str
    statuses: tuple[str, ...] = ()
    """One short word or error text per element of a batch: `resting`, `filled`, `success`, the error."""
    reason: str | None = None


class OrderStored(Detail, frozen=True, gc=False, omit_defaults=True):
    status: str
    """A wire status (`open`, `filled`, `canceled`, ...) or our own `partiallyFilled`, never on the wire."""
    side: str
    px: str
    sz: str
    """Remaining size."""
    orig_sz: str
    tif: str | None = None
    reduce_only: bool = False
    fill_px: str | None = None
    fill_sz: str | None = None
    tid: int | None = None
    replaces: int | None = None
    """oid of the order that a modify replaced."""
    published: bool = True
    """False where the real exchange sends no `orderUpdates` for this change (a partial fill)."""


class Update(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, array_like=True):
    """One order change inside a publication."""

    oid: int
    cloid: str | None
    status: str
    commit: int
    cause: int
    """seq of its `order.stored`."""


class PublicationCreated(Detail, frozen=True, gc=False, omit_defaults=True):
    publication: int
    updates: tuple[Update, ...] = ()


class NearMiss(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, array_like=True):
    connection: str
    key: str
    kind: str
    """`case`, `signer`, `agent`, `master`, `vault`, `subAccount`."""


class RegistryResolved(Detail, frozen=True, gc=False, omit_defaults=True):
    publication: int
    found: tuple[str, ...]
    """Connections subscribed to the key at its commit, in the order in which they subscribed."""
    registry_size: int
    near_misses: tuple[NearMiss, ...] = ()


class Enqueued(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `delivery.`, `ack.`, `snapshot.` and `frame.enqueued`."""

    depth: int
    """Frames in the outbox, this one included."""
    bytes: int
    publication: int | None = None
    what: str | None = None
    """Of `frame.enqueued`: `error`, `pong`, `post`."""


class Written(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `delivery.written`: the transport took the frame. `cause` is the `*.enqueued` event."""

    bytes: int
    queued_us: int
    publication: int | None = None


class DeliveryEnded(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `delivery.failed`, `.dropped`, `.superseded`, `.flushed`, `.acked`."""

    publication: int | None = None
    reason: str | None = None
    """`connection closed`, `overflow`, the injected fault, or the error's text."""
    by: int | None = None
    """`superseded`: publication that took its place."""


class ReplySent(Detail, frozen=True, gc=False, omit_defaults=True):
    status: int


class ConnectionOpened(Detail, frozen=True, gc=False, omit_defaults=True):
    peer: str | None = None


class FrameReceived(Detail, frozen=True, gc=False, omit_defaults=True):
    what: str
    """`subscribe`, `unsubscribe`, `ping`, `post`, `invalid`, `binary`."""
    bytes: int


class SubscriptionAdded(Detail, frozen=True, gc=False, omit_defaults=True):
    subscription: int
    active: int
    """Subscriptions of the connection, this one included."""
    snapshot: bool = False


class SubscriptionRefused(Detail, frozen=True, gc=False, omit_defaults=True):
    reason: str


class SubscriptionRemoved(Detail, frozen=True, gc=False, omit_defaults=True):
    subscription: int
    active: int
    reason: str
    """`unsubscribe`, `connection closed`."""
    added: int
    """seq of its `subscription.added`."""


class ConnectionEnded(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `connection.closing` and `connection.closed`."""

    code: int
    who: str
    """`client`, `server`, `control`, `network`."""
    reason: str | None = None


class OutboxOverflowed(Detail, frozen=True, gc=False, omit_defaults=True):
    frames: int
    bytes: int


class GateEvent(Detail, frozen=True, gc=False, omit_defaults=True):
    gate: str
    path: str
    """Which path is held: `publisher`, `c3 writer`, others as the driver names them."""
    held: int
    """Paths held at this gate now."""


class Note(Detail, frozen=True, gc=False, omit_defaults=True):
    """Of `fault.injected`, `control.called`, `clock.advanced`, `state.restored`: what was asked for."""

    what: str
    value: str | None = None


class Gap(Detail, frozen=True, gc=False, omit_defaults=True, rename={"from_": "from"}):
    from_: int
    to: int
    """First and last seq that are missing, both included."""


class ConnectionState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    connection: str
    opened_seq: int
    opened_ms: int
    state: str
    """`open`, `closing`."""
    peer: str | None = None
    depth: int = 0
    written: int = 0


class SubscriptionState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    subscription: int
    connection: str
    key: str
    since_commit: int
    added_seq: int
    added_ms: int
    account: str | None = None


class OrderState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    oid: int
    account: str
    coin: str
    side: str
    px: str
    sz: str
    orig_sz: str
    status: str
    time_ms: int
    cloid: str | None = None


class AccountState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    account: str
    role: str
    """`user`, `vault`, `subAccount`."""
    named: bool = True
    name: str | None = None
    """Name of a test wallet."""
    master: str | None = None
    agents: tuple[str, ...] = ()


class Checkpoint(Detail, frozen=True, gc=False, omit_defaults=True):
    """Everything a fold needs to start here. Of `state.checkpoint`."""

    commit: int
    epoch: int
    connections: tuple[ConnectionState, ...] = ()
    subscriptions: tuple[SubscriptionState, ...] = ()
    orders: tuple[OrderState, ...] = ()
    """Open orders only."""
    accounts: tuple[AccountState, ...] = ()
    gates: tuple[GateEvent, ...] = ()
    """Paths held now, in the order in which they were held."""


class OtherDetail(Detail, frozen=True, gc=False, omit_defaults=True):
    """A detail that only a newer version knows: carried through as it came."""

    name: str
    """Its `kind`."""
    fields: dict[str, Any]


AnyDetail = (
    RequestReceived
    | RequestDecoded
    | RequestRefused
    | SignerRecovered
    | SignerUnknown
    | AccountCreated
    | AccountChanged
    | ActionResult
    | OrderStored
    | PublicationCreated
    | RegistryResolved
    | Enqueued
    | Written
    | DeliveryEnded
    | ReplySent
    | ConnectionOpened
    | FrameReceived
    | SubscriptionAdded
    | SubscriptionRefused
    | SubscriptionRemoved
    | ConnectionEnded
    | OutboxOverflowed
    | GateEvent
    | Note
    | Gap
    | Checkpoint
    | OtherDetail
)


class TraceEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One fact. Field order is the column order of every table and export."""

    seq: int
    """Dense, from 1; never goes back, also not over `reset` or `restore`."""
    mono_ns: int
    """Monotonic clock of the driver; only differences mean something."""
    time_ms: int
    """Exchange clock, ms since the epoch."""
    stage: str
    cause: int | None = None
    """seq of the event that led to this one; absent at a root."""
    request: int | None = None
    connection: str | None = None
    """`c1`, `c2`, ...: one WebSocket from accept to close."""
    account: str | None = None
    """`0x` and 40 lower-case hex digits, as everywhere."""
    signer: str | None = None
    oid: int | None = None
    cloid: str | None = None
    coin: str | None = None
    channel: str | None = None
    key: str | None = None
    """Text of the subscription key (`hlmock.delivery.keys`), such as `orderUpdates:0x...`."""
    commit: int | None = None
    payload: bytes | None = None
    """JSON as it went over the wire, signatures blanked; over 64 kB its head only, unless `full_payloads`."""
    detail: AnyDetail | None = None
    payload_bytes: int | None = None
    """Length of the payload, where only its head was kept."""


_KINDS: Final = frozenset(kind.__struct_config__.tag for kind in get_args(AnyDetail))


def detail_to_plain(detail: AnyDetail) -> dict[str, Any]:
    """The detail as JSON-ready values, `kind` first."""
    if isinstance(detail, OtherDetail):
        return {"kind": detail.name, **detail.fields}
    plain: dict[str, Any] = msgspec.to_builtins(detail)
    return plain


def detail_from_plain(plain: dict[str, Any]) -> AnyDetail:
    """The inverse of `detail_to_plain`. A kind of a newer version becomes an `OtherDetail`; its new fields are skipped.

    Raises:
        msgspec.ValidationError: a known kind with a field missing or of the wrong type.
    """
    kind = plain.get("kind")
    if isinstance(kind, str) and kind not in _KINDS:
        return OtherDetail(kind, {name: value for name, value in plain.items() if name != "kind"})
    detail: AnyDetail = msgspec.convert(plain, AnyDetail)
    return detail


def to_plain(event: TraceEvent) -> dict[str, Any]:
    """The event as JSON-ready values. `payload` becomes text (undecodable bytes are replaced)."""
    plain: dict[str, Any] = msgspec.to_builtins(event, builtin_types=(bytes,))
    if event.payload is not None:
        plain["payload"] = event.payload.decode("utf-8", "replace")
    if isinstance(event.detail, OtherDetail):
        plain["detail"] = detail_to_plain(event.detail)
    return plain


def from_plain(plain: dict[str, Any]) -> TraceEvent:
    """The inverse of `to_plain`; tolerates what a newer minor version adds.

    Raises:
        msgspec.ValidationError: not a trace event.
    """
    payload, detail = plain.get("payload"), plain.get("detail")
    rest = {name: value for name, value in plain.items() if name not in ("payload", "detail")}
    event = msgspec.convert(rest, TraceEvent)
    if payload is None and detail is None:
        return event
    return msgspec.structs.replace(
        event,
        payload=None if payload is None else payload.encode(),
        detail=None if detail is None else detail_from_plain(detail),
    )
