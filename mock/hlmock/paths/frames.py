"""Frames in: what a client's frame is, and the steps that a subscribe, an unsubscribe or a ping makes.

Rule 1: one step registers a subscription, enqueues its acknowledgement and its snapshot (D1). Rule 2: whatever the
exchange cannot parse is answered with the received text, verbatim, and the connection stays open.
"""

from typing import Literal

import msgspec

from hlmock.delivery.keys import BadSubscription, ParsedSubscription, parse_subscription, without_fast
from hlmock.delivery.snapshots import is_known_subject, snapshot_of
from hlmock.paths.connection import abort_connection
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.limits import sends_too_much, subscription_objection
from hlmock.trace import stages
from hlmock.trace.events import FrameReceived, SubscriptionAdded, SubscriptionRefused, SubscriptionRemoved

PONG = b'{"channel":"pong"}'
"""Source: Hyperliquid docs, Timeouts and heartbeats; recorded without a `data` key."""

_ACKNOWLEDGEMENT = b'{"channel":"subscriptionResponse","data":{"method":"%b","subscription":%b}}'

_json = msgspec.json.Encoder()


class ClientFrame(msgspec.Struct, frozen=True):
    """One decoded frame of a client."""

    what: str
    """`subscribe`, `unsubscribe`, `ping`, `post`, `invalid`, `binary`."""
    raw: bytes
    subscription: ParsedSubscription | None = None
    post_id: int | None = None
    post_type: str | None = None
    """`info` or `action`."""
    payload: bytes | None = None
    """Body of a post, JSON."""


class _Ping(msgspec.Struct, frozen=True, tag_field="method", tag="ping"):
    pass


class _Subscribe(msgspec.Struct, frozen=True, tag_field="method", tag="subscribe"):
    subscription: object


class _Unsubscribe(msgspec.Struct, frozen=True, tag_field="method", tag="unsubscribe"):
    subscription: object


class _PostRequest(msgspec.Struct, frozen=True):
    type: Literal["info", "action"]
    payload: msgspec.Raw


class _Post(msgspec.Struct, frozen=True, tag_field="method", tag="post"):
    id: int
    request: _PostRequest


_decode = msgspec.json.Decoder(_Ping | _Subscribe | _Unsubscribe | _Post).decode
# By method, so that a key that another method needs is an unknown one here: some clients add an `id` of their own.

_MAX_POST_ID = 2**64 - 1


def read_frame(data: bytes, *, is_binary: bool = False) -> ClientFrame:
    """Decode a client's frame; anything the exchange cannot parse is `invalid`. Never raises."""
    if is_binary:
        return ClientFrame("binary", data)
    try:
        match _decode(data):
            case _Ping():
                return ClientFrame("ping", data)
            case _Subscribe(subscription):
                return ClientFrame("subscribe", data, subscription=parse_subscription(subscription))
            case _Unsubscribe(subscription):
                return ClientFrame("unsubscribe", data, subscription=parse_subscription(subscription))
            case _Post(post_id, request) if 0 <= post_id <= _MAX_POST_ID:
                payload = bytes(request.payload)
                return ClientFrame("post", data, post_id=post_id, post_type=request.type, payload=payload)
            case _:
                return ClientFrame("invalid", data)
    except (msgspec.DecodeError, BadSubscription, UnicodeDecodeError, RecursionError):
        return ClientFrame("invalid", data)


def receive_frame(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
    """A subscribe, unsubscribe, ping or unreadable frame. (A `post` is a request path of its own: `post_request`.)"""
    received = received_event(core, connection, frame)
    if drop_flooder(core, connection, received):
        return
    match frame.what:
        case "subscribe":
            assert frame.subscription is not None
            if frame.subscription.key.type == "webData2" and not core.settings.accept_web_data2:
                parse_error(core, connection, frame, received)
                return
            yield stages.SUBSCRIPTION_ADDED
            _subscribe(core, connection, _as_known(core, frame.subscription), received)
        case "unsubscribe":
            assert frame.subscription is not None
            yield stages.SUBSCRIPTION_REMOVED
            _unsubscribe(core, connection, _as_known(core, frame.subscription), received)
        case "ping":
            core.enqueue(connection, stages.HEARTBEAT_PONG, PONG, received, what="pong")
        case _:
            parse_error(core, connection, frame, received)


def _as_known(core: Core, parsed: ParsedSubscription) -> ParsedSubscription:
    """As the exchange of this profile reads it."""
    return parsed if core.exchange.profile.l2_book_fast else without_fast(parsed)


def received_event(core: Core, connection: Connection, frame: ClientFrame) -> int:
    """Emit `frame.received`; returns its seq."""
    key = frame.subscription.key if frame.subscription else None
    return core.log.emit(
        stages.FRAME_RECEIVED,
        cause=connection.opened_seq,
        connection=connection.id,
        key=key.text if key else None,
        account=key.user if key else None,
        payload=frame.raw,
        detail=FrameReceived(frame.what, len(frame.raw)),
    )


def drop_flooder(core: Core, connection: Connection, received: int) -> bool:
    """Drop a connection that has sent too many messages; whether it was dropped."""
    if not sends_too_much(core, connection):
        return False
    abort_connection(core, connection, who="server", reason="too many messages", cause=received)
    return True


def parse_error(core: Core, connection: Connection, frame: ClientFrame, cause: int) -> None:
    """Answer with the received text, verbatim. Source: recorded error frames."""
    text = frame.raw.decode("utf-8", "replace")
    answer_error(core, connection, f"Error parsing JSON into valid websocket request: {text}", cause)


def answer_error(core: Core, connection: Connection, text: str, cause: int) -> None:
    """Enqueue an `error` frame."""
    core.enqueue(
        connection,
        stages.FRAME_ENQUEUED,
        _json.encode({"channel": "error", core.exchange.profile.error_frame_key: text}),
        cause,
        channel="error",
        what="error",
    )


def _refuse(core: Core, connection: Connection, parsed: ParsedSubscription, text: str, cause: int) -> None:
    refused = _refused_event(core, connection, parsed, text, cause)
    answer_error(core, connection, text, refused)


def _refused_event(core: Core, connection: Connection, parsed: ParsedSubscription, reason: str, cause: int) -> int:
    return core.log.emit(
        stages.SUBSCRIPTION_REFUSED,
        cause=cause,
        connection=connection.id,
        account=parsed.key.user,
        key=parsed.key.text,
        detail=SubscriptionRefused(reason),
    )


def _echo(parsed: ParsedSubscription) -> str:
    return parsed.echo.decode()


def _acknowledgement(method: bytes, parsed: ParsedSubscription) -> bytes:
    return _ACKNOWLEDGEMENT % (method, parsed.echo)


def _subscribe(core: Core, connection: Connection, parsed: ParsedSubscription, received: int) -> None:
    """The one step: limits, coin, duplicate, register, ack, snapshot. Order of the checks: our choice."""
    if connection.state != "open":
        return
    key = parsed.key
    if (objection := subscription_objection(core, connection, key)) is not None:
        _refuse(core, connection, parsed, objection, received)
        return
    if not is_known_subject(key, core.exchange):
        _refuse_unknown_coin(core, connection, parsed, received)
        return
    if key.user is not None:  # First: opening an account is a commit, which the snapshot holds already.
        core.name_account(key.user, "subscription", received, connection=connection.id)
    subscription = core.registry.add(connection.id, key, core.exchange.commit)
    if subscription is None:
        _refuse(core, connection, parsed, f"Already subscribed: {_echo(parsed)}", received)
        return
    now_ms = subscription.added_ms = core.clock.time_ms()
    sends_snapshot = core.settings.snapshot_on_subscribe
    snapshot = snapshot_of(key, core.exchange, now_ms, core.feed_memory) if sends_snapshot else None
    added = subscription.added_seq = core.log.emit(
        stages.SUBSCRIPTION_ADDED,
        cause=received,
        connection=connection.id,
        account=key.user,
        coin=key.coin,
        channel=key.channel,
        key=key.text,
        commit=subscription.since,
        detail=SubscriptionAdded(subscription.id, core.registry.count_of(connection.id), snapshot is not None),
    )
    core.enqueue(
        connection,
        stages.ACK_ENQUEUED,
        _acknowledgement(b"subscribe", parsed),
        added,
        key=key,
        account=key.user,
        channel="subscriptionResponse",
    )
    if snapshot is not None:
        core.enqueue(
            connection,
            stages.SNAPSHOT_ENQUEUED,
            snapshot,
            added,
            key=key,
            channel=key.channel,
            account=key.user,
            commit=subscription.since,
        )


def _refuse_unknown_coin(core: Core, connection: Connection, parsed: ParsedSubscription, received: int) -> None:
    """Three behaviours of the real exchange over time; which one is a setting."""
    match core.settings.invalid_subscription:
        case "error":
            _refuse(core, connection, parsed, f"Invalid subscription {_echo(parsed)}", received)
        case "close":
            refused = _refused_event(core, connection, parsed, "unknown coin: connection dropped", received)
            abort_connection(core, connection, who="server", reason="unknown coin", cause=refused)
        case "ignore":
            _refused_event(core, connection, parsed, "unknown coin: ignored", received)


def _unsubscribe(core: Core, connection: Connection, parsed: ParsedSubscription, received: int) -> None:
    if connection.state != "open":
        return
    key = parsed.key
    ended = core.registry.remove(connection.id, key, core.exchange.commit)
    if ended is None:
        _refuse(core, connection, parsed, f"Already unsubscribed: {_echo(parsed)}", received)
        return
    removed = core.log.emit(
        stages.SUBSCRIPTION_REMOVED,
        cause=received,
        connection=connection.id,
        account=key.user,
        channel=key.channel,
        key=key.text,
        commit=ended.until,
        detail=SubscriptionRemoved(ended.id, core.registry.count_of(connection.id), "unsubscribe", ended.added_seq),
    )
    if core.exchange.profile.unsubscribe_acknowledged:
        core.enqueue(
            connection,
            stages.ACK_ENQUEUED,
            _acknowledgement(b"unsubscribe", parsed),
            removed,
            key=key,
            account=key.user,
            channel="subscriptionResponse",
        )
