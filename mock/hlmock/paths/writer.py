"""The writer: takes frames out of one connection's outbox and hands them to its transport, in order.

A fault may strike a frame on the way: it is dropped, written twice, or it waits, and those behind it too.
"""

from hlmock.delivery.outbox import Frame
from hlmock.faults import FaultKind, FrameFaults
from hlmock.paths.core import Connection, Core, Steps
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Note, Written


def write_frames(core: Core, connection: Connection) -> Steps:
    """Write until the outbox is empty, the transport is full or the connection ends."""
    log = core.log
    while connection.can_write():
        yield stages.DELIVERY_WRITTEN
        if not connection.can_write():
            return
        struck = None
        if connection.faults:
            struck = _strike(core, connection, connection.faults)
            if struck == "delay":
                return
            if struck in ("drop", "blackhole"):
                frame = connection.outbox.pop()
                core.end_frame(connection, frame, stages.DELIVERY_DROPPED, reason=f"fault: {struck}")
                continue
        frame = connection.outbox.pop()
        try:
            connection.transport.write(frame.data)
            if struck == "duplicate":
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


def _strike(core: Core, connection: Connection, faults: FrameFaults) -> FaultKind | None:
    """The fault that the next frame meets, told in the stream."""
    frame = connection.outbox.peek()
    fault = None if frame is None else faults.strike(frame.enqueued_seq, frame.channel)
    if frame is None or fault is None:
        return None
    _tell(core, connection, frame, fault.kind, f"by {fault.ms} ms" if fault.kind == "delay" else None)
    if fault.kind == "delay":
        connection.is_delayed = True
        faults.on_delay(fault.ms)
    return fault.kind


def _tell(core: Core, connection: Connection, frame: Frame, what: str, value: str | None) -> None:
    core.log.emit(
        stages.FAULT_INJECTED,
        cause=frame.enqueued_seq,
        connection=connection.id,
        channel=frame.channel,
        key=frame.key,
        commit=frame.commit,
        detail=Note(what, value),
    )
