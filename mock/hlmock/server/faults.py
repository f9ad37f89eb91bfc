"""Injecting faults into running connections, and ending them. Every function runs on the loop's thread."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from hlmock.faults import Fault, FaultKind, FrameFaults
from hlmock.paths.core import Connection
from hlmock.server.connections import connections_of
from hlmock.server.operations import called
from hlmock.trace import stages
from hlmock.trace.events import Note

if TYPE_CHECKING:
    from hlmock.server.session import Session


def inject(
    session: "Session", target: str, kind: FaultKind, *, count: int = 1, ms: int = 0, channel: str | None = None
) -> int:
    """Have something happen to the next frames of a connection, or of those of an address; returns of how many.

    Args:
        target: an address (every connection subscribed to one of its channels) or a connection's id.
        kind: `drop`, `delay`, `duplicate`, `blackhole`.
        count: frames that it strikes; each waits its own `ms` when delayed.
        ms: of a delay, wall time.
        channel: only frames of this channel.

    Raises:
        UnknownConnection: no open connection of this id.
        ValueError: no such fault, or a number that makes no sense.
    """
    fault = Fault(kind, count, ms, channel)
    chosen = connections_of(session, target)
    cause = called(session, kind, f"{target}: {fault}")
    for connection in chosen:
        if connection.faults is None:
            connection.faults = FrameFaults(partial(_delay, session, connection))
        connection.faults.all.append(Fault(kind, count, ms, channel))
        if kind == "blackhole":
            session.sockets[connection.id].transport.pause_reading()
        _tell(session, connection, kind, str(fault), cause)
    session.log.notify()
    return len(chosen)


def stall(session: "Session", target: str) -> int:
    """Write nothing to a connection, or to those of an address, until `resume`; returns to how many."""
    chosen = connections_of(session, target)
    cause = called(session, "stall", target)
    for connection in chosen:
        connection.is_stalled = True
        _tell(session, connection, "stall", connection.id, cause)
    session.log.notify()
    return len(chosen)


def resume(session: "Session", target: str) -> int:
    """End every fault: what has waited is written. Returns how many connections had one."""
    chosen = [each for each in connections_of(session, target) if each.is_stalled or each.is_delayed or each.faults]
    called(session, "resume", target)
    for connection in chosen:
        if connection.faults is not None and connection.faults.is_blackhole:
            session.sockets[connection.id].transport.resume_reading()
        if connection.is_delayed:
            session.delays.pop(connection.id).cancel()
        connection.faults = None
        connection.is_stalled = connection.is_delayed = False
        session.resume_writer(connection)
    session.log.notify()
    return len(chosen)


def _delay(session: "Session", connection: Connection, ms: int) -> None:
    def go_on() -> None:
        del session.delays[connection.id]
        connection.is_delayed = False
        session.resume_writer(connection)

    session.delays[connection.id] = asyncio.get_running_loop().call_later(ms / 1_000, go_on)


def _tell(session: "Session", connection: Connection, what: str, value: str, cause: int) -> None:
    session.log.emit(stages.FAULT_INJECTED, cause=cause, connection=connection.id, detail=Note(what, value))
