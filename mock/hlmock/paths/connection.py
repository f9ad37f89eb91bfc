"""The connection path: accept, close, and the cleanup after the end.

Rule 1: the end of a connection removes its own subscriptions, by connection id, whenever it is noticed (D6). Rule 2:
what cannot be delivered any more is recorded as dropped (D2). Rule 3: a slow consumer is cut, and told why (D5).
"""

from collections.abc import Generator

from hlmock.delivery.outbox import Outbox
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.limits import connection_objection
from hlmock.paths.ports import Transport
from hlmock.trace import stages
from hlmock.trace.events import (
    ConnectionEnded,
    ConnectionOpened,
    OutboxOverflowed,
    RequestReceived,
    RequestRefused,
    SubscriptionRemoved,
)

GREETING = b"Websocket connection established."
"""Old servers sent this plain text. Source: python-sdk WebsocketManager.on_message."""


def upgrade(core: Core, peer: str | None) -> Generator[str, None, str | None]:
    """A client has asked for a WebSocket: what follows is `open_connection`, unless a gate lets it wait.

    Returns:
        why it is refused instead (429), or `None`.
    """
    yield stages.CONNECTION_OPENED
    objection = connection_objection(core, peer)
    if objection is not None:
        request = core.next_request()
        received = core.log.emit(
            stages.REQUEST_RECEIVED, request=request, payload=b"", detail=RequestReceived("http", "/ws", peer)
        )
        core.log.emit(
            stages.REQUEST_REFUSED,
            cause=received,
            request=request,
            detail=RequestRefused("too many connections", 429, objection),
        )
    return objection


def open_connection(core: Core, transport: Transport, peer: str | None = None) -> Connection:
    """Accept: one step, no yield. The connection has no subscription yet."""
    opened_ms, wall_ms = core.clock.time_ms(), core.clock.wall_ms()
    outbox = Outbox(core.settings.outbox)
    connection = Connection(core.next_connection_id(), transport, outbox, peer, opened_ms, wall_ms, wall_ms)
    connection.opened_seq = core.log.emit(
        stages.CONNECTION_OPENED, connection=connection.id, detail=ConnectionOpened(peer)
    )
    core.connections[connection.id] = connection
    if core.settings.greeting:
        core.enqueue(connection, stages.FRAME_ENQUEUED, GREETING, connection.opened_seq, what="greeting")
    return connection


def close_connection(
    core: Core, connection: Connection, code: int, reason: str, *, who: str, cause: int | None = None
) -> None:
    """End a connection with a close frame: one step. The cleanup follows when the transport reports the end."""
    if _closing(core, connection, code, reason, who, cause):
        connection.transport.close(code, reason)


def abort_connection(core: Core, connection: Connection, *, who: str, reason: str, cause: int | None = None) -> None:
    """Drop the transport without a close frame: the client sees 1006."""
    _closing(core, connection, 1006, reason, who, cause)
    connection.transport.abort()


def overflow(core: Core, connection: Connection) -> None:
    """D5: a consumer that cannot keep up is told so and cut, and delays nobody else."""
    if connection.state != "open":
        return
    overflowed = core.log.emit(
        stages.OUTBOX_OVERFLOWED,
        connection=connection.id,
        detail=OutboxOverflowed(len(connection.outbox), connection.outbox.bytes),
    )
    close_connection(core, connection, 1008, "outbox overflow", who="server", cause=overflowed)


def _closing(core: Core, connection: Connection, code: int, reason: str, who: str, cause: int | None) -> bool:
    if connection.state != "open":
        return False
    connection.state = "closing"
    core.log.emit(
        stages.CONNECTION_CLOSING,
        cause=cause if cause is not None else connection.opened_seq,
        connection=connection.id,
        detail=ConnectionEnded(code, who, reason or None),
    )
    return True


def lose_connection(core: Core, connection: Connection, code: int, reason: str, *, who: str) -> Steps:
    """The transport reported the end: notice it, then clean up what this connection owns."""
    _closing(core, connection, code, reason, who, None)
    if connection.state == "closed":
        return
    yield stages.CONNECTION_CLOSED
    connection.state = "closed"
    del core.connections[connection.id]
    core.dirty.pop(connection.id, None)
    for frame in connection.outbox.clear():
        core.end_frame(connection, frame, stages.DELIVERY_DROPPED, reason="connection closed")
    ended = core.registry.remove_connection(connection.id, core.exchange.commit)
    closed = core.log.emit(
        stages.CONNECTION_CLOSED,
        cause=connection.opened_seq,
        connection=connection.id,
        detail=ConnectionEnded(code, who, reason or None),
    )
    left = len(ended)
    for subscription in ended:
        left -= 1
        core.log.emit(
            stages.SUBSCRIPTION_REMOVED,
            cause=closed,
            connection=connection.id,
            account=subscription.key.user,
            channel=subscription.key.channel,
            key=subscription.key.text,
            commit=subscription.until,
            detail=SubscriptionRemoved(subscription.id, left, "connection closed", subscription.added_seq),
        )
    core.registry.forget(core.queue.settled_commit(core.exchange.commit))
