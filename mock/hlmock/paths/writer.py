"""The writer: takes frames out of one connection's outbox and hands them to its transport, in order."""

from hlmock.paths.core import Connection, Core, Steps
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Written


def write_frames(core: Core, connection: Connection) -> Steps:
    """Write until the outbox is empty, the transport is full or the connection ends."""
    log = core.log
    while connection.can_write():
        yield stages.DELIVERY_WRITTEN
        if not connection.can_write():
            return
        frame = connection.outbox.pop()
        try:
            connection.transport.write(frame.data)
        except OSError as error:
            log.emit(
                stages.DELIVERY_FAILED,
                cause=frame.enqueued_seq,
                connection=connection.id,
                channel=frame.channel,
                key=frame.key,
                commit=frame.commit,
                detail=DeliveryEnded(frame.publication, str(error) or type(error).__name__),
            )
            connection.transport.abort()
            return
        connection.written += 1
        connection.last_sent_wall_ms = core.clock.wall_ms()
        log.emit(
            stages.DELIVERY_WRITTEN,
            cause=frame.enqueued_seq,
            connection=connection.id,
            channel=frame.channel,
            key=frame.key,
            commit=frame.commit,
            detail=Written(len(frame.data), (core.clock.mono_ns() - frame.enqueued_ns) // 1_000, frame.publication),
        )
