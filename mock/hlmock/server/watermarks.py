"""How far written frames have come: observed at a low rate while something is on its way, and not at all otherwise.

`delivery.flushed` (the kernel has it) and `delivery.acked` (the peer's kernel has it) are watermarks: one event stands
for every frame written to the connection up to its `cause`, a `delivery.written`, and what is acked was flushed. A
busy connection therefore costs one event per look. Neither says that the client's code has read anything.

What the client has not read lies in its kernel, which takes 300 frames and more before the transport is full. Its
receive window tells earlier: it shrinks by what is unread. It can shrink for other reasons too, so a shrunk window is
only a suspicion: a WebSocket ping asks, and a client that reads answers it (RFC 6455, 5.5.2). Without an answer until
the next look the connection is written to no further, until the answer comes or the window opens. All this needs
Linux; elsewhere the full transport alone tells.
"""

import asyncio
import socket
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

UNREAD_BYTES: Final = 1024
"""So much less of a window is a suspicion: a kernel holds 20 frames and more before its window shrinks at all."""

UNREAD_BYTES_AT_MOST: Final = 8 * 1024
"""Each suspicion that proves wrong doubles what the next one takes, up to this."""

TRIAL_S: Final = 1.0
"""After so long a few frames go out all the same: there are clients that do not answer a ping."""

_TIOCOUTQ: Final = 0x5411

_WINDOW_OFFSET: Final = 228
"""Of `tcpi_snd_wnd` in `struct tcp_info`. Source: linux/tcp.h, from Linux 5.4 on."""


def unacknowledged_bytes(raw: socket.socket) -> int | None:
    """Bytes that the peer's kernel has not acknowledged; `None` where the system cannot tell. Source: tcp(7)."""
    if sys.platform != "linux" or raw.fileno() < 0:
        return None
    try:
        answer: bytes = fcntl.ioctl(raw.fileno(), _TIOCOUTQ, b"\0\0\0\0")
    except OSError:
        return None
    value: int = struct.unpack("i", answer)[0]
    return value


def peer_window_bytes(raw: socket.socket) -> int | None:
    """Room in the peer's receive buffer, as it last said; `None` where the system cannot tell."""
    if sys.platform != "linux" or raw.fileno() < 0:
        return None
    try:
        info = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WINDOW_OFFSET + 4)
    except OSError:
        return None
    return int.from_bytes(info[_WINDOW_OFFSET:], sys.byteorder) if len(info) == _WINDOW_OFFSET + 4 else None


class Progress:
    """How far one connection's frames have come."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self.written_seq = 0
        """seq of the newest `delivery.written`."""
        self.flushed_seq = 0
        self.acked_seq = 0
        self.is_unread = False
        """The client does not read what its kernel has."""
        self._widest = 0
        self._tolerance = UNREAD_BYTES
        self._asked_at: float | None = None

    @property
    def is_asked(self) -> bool:
        """A ping is on its way whose answer has not come."""
        return self._asked_at is not None

    def is_suspect(self, now_s: float) -> bool:
        """Whether the window has shrunk since the client was last known to read."""
        window = peer_window_bytes(self._raw)
        if window is None:
            return False
        if self._asked_at is not None and now_s - self._asked_at >= TRIAL_S:
            self._asked_at, self._widest = now_s, window
        self._widest = max(self._widest, window)
        return self._widest - window >= self._tolerance

    def asked(self, now_s: float) -> None:
        """A ping was sent."""
        self._asked_at = now_s

    def answered(self) -> None:
        """The client reads: its window, whatever it is now, is a whole one."""
        if not self.is_unread:
            self._tolerance = min(2 * self._tolerance, UNREAD_BYTES_AT_MOST)
        self._asked_at = None
        self._widest = 0

    def is_acknowledged(self) -> bool | None:
        """Whether the peer's kernel has everything; `None` where the system cannot tell."""
        waiting = unacknowledged_bytes(self._raw)
        return None if waiting is None else waiting == 0


class Watermarks:
    """Looks at the connections that have written something, until all of it has arrived and is read."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._watched: dict[ClientSocket, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._delay_s = FIRST_LOOK_S

    def watch(self, client: "ClientSocket") -> None:
        """A frame was written to this connection."""
        self._watched[client] = None
        if self._timer is not None:
            if self._delay_s == FIRST_LOOK_S:
                return
            self._timer.cancel()
        self._delay_s = FIRST_LOOK_S
        self._timer = asyncio.get_running_loop().call_later(FIRST_LOOK_S, self._look)

    def look_at(self, client: "ClientSocket") -> None:
        """Look at one connection now: much was written to it."""
        self._is_read(client, asyncio.get_running_loop().time())

    def forget(self, client: "ClientSocket") -> None:
        """The connection is gone. A last look: a client may read its message and be off within one."""
        if client in self._watched:
            del self._watched[client]
            self._has_arrived(client)

    def stop(self) -> None:
        """Look no more."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop, log = asyncio.get_running_loop(), self._session.core.log
        self._timer = None
        before = log.last_seq
        for client in list(self._watched):
            if self._has_arrived(client) & self._is_read(client, loop.time()):
                del self._watched[client]
        moved = log.last_seq != before
        if moved:
            log.notify()
        if self._watched and self._timer is None:
            self._delay_s = FIRST_LOOK_S if moved else min(2 * self._delay_s, SLOWEST_LOOK_S)
            self._timer = loop.call_later(self._delay_s, self._look)

    def _is_read(self, client: "ClientSocket", now_s: float) -> bool:
        """Whether there is no reason to look again: the client reads, as far as can be seen."""
        progress = client.progress
        is_suspect = progress.is_suspect(now_s)
        if is_suspect and not progress.is_asked:
            progress.asked(now_s)
            client.ping()
        elif is_suspect != progress.is_unread:
            client.set_unread(is_suspect)
        return not is_suspect

    def _has_arrived(self, client: "ClientSocket") -> bool:
        """Emit what has moved; whether nothing is on its way that could be seen to arrive."""
        progress = client.progress
        if client.transport.get_write_buffer_size():
            return False
        is_acknowledged = progress.is_acknowledged()
        if is_acknowledged:
            if progress.acked_seq < progress.written_seq:
                progress.acked_seq = progress.flushed_seq = progress.written_seq
                self._emit(client, stages.DELIVERY_ACKED)
        elif progress.flushed_seq < progress.written_seq:
            progress.flushed_seq = progress.written_seq
            self._emit(client, stages.DELIVERY_FLUSHED)
        return is_acknowledged is not False

    def _emit(self, client: "ClientSocket", stage: str) -> None:
        self._session.core.log.emit(
            stage, cause=client.progress.written_seq, connection=client.connection.id, detail=DeliveryEnded()
        )
