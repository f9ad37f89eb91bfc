"""How far written frames have come: observed at a low rate while something is on its way, and not at all otherwise.

`delivery.flushed` (the kernel has it) and `delivery.acked` (the peer's kernel has it, Linux only) are watermarks: one
event stands for every frame written to the connection up to its `cause`, a `delivery.written`. A busy connection
therefore costs two events per look, not two per frame. Neither says that the client's code has read anything.
"""

import asyncio
import struct
import sys
from typing import TYPE_CHECKING, Final

from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    from hlmock.server.client_socket import ClientSocket
    from hlmock.server.session import Session

FIRST_LOOK_S: Final = 0.02
SLOWEST_LOOK_S: Final = 0.64
"""The time between looks doubles up to this while nothing moves."""

_TIOCOUTQ: Final = 0x5411


def unacknowledged_bytes(transport: asyncio.Transport) -> int | None:
    """Bytes that the peer's kernel has not acknowledged; `None` where the system cannot tell. Source: tcp(7)."""
    if sys.platform != "linux":
        return None
    raw = transport.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return None
    try:
        answer: bytes = fcntl.ioctl(raw.fileno(), _TIOCOUTQ, b"\0\0\0\0")
    except OSError:
        return None
    value: int = struct.unpack("i", answer)[0]
    return value


class Watermarks:
    """Looks at the connections that have written something until all of it is acknowledged."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._watched: dict[ClientSocket, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._delay_s = FIRST_LOOK_S

    def watch(self, client: "ClientSocket") -> None:
        """A frame was written to this connection."""
        self._watched[client] = None
        if self._timer is None:
            self._delay_s = FIRST_LOOK_S
            self._timer = asyncio.get_running_loop().call_later(FIRST_LOOK_S, self._look)

    def forget(self, client: "ClientSocket") -> None:
        """The connection is gone: what was not seen to arrive never will be."""
        self._watched.pop(client, None)

    def stop(self) -> None:
        """Look no more."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        before = self._session.core.log.last_seq
        for client in list(self._watched):
            if self._observe(client):
                del self._watched[client]
        moved = self._session.core.log.last_seq != before
        if moved:
            self._session.core.log.notify()
        if self._watched:
            self._delay_s = FIRST_LOOK_S if moved else min(2 * self._delay_s, SLOWEST_LOOK_S)
            self._timer = asyncio.get_running_loop().call_later(self._delay_s, self._look)

    def _observe(self, client: "ClientSocket") -> bool:
        """Emit what has moved; whether nothing is on its way any more."""
        if client.transport.get_write_buffer_size():
            return False
        if client.flushed_seq < client.written_seq:
            client.flushed_seq = client.written_seq
            self._emit(client, stages.DELIVERY_FLUSHED)
        waiting = unacknowledged_bytes(client.transport)
        if waiting is None:
            return True
        if waiting == 0:
            self._emit(client, stages.DELIVERY_ACKED)
            return True
        return False

    def _emit(self, client: "ClientSocket", stage: str) -> None:
        self._session.core.log.emit(
            stage, cause=client.written_seq, connection=client.connection.id, detail=DeliveryEnded()
        )
