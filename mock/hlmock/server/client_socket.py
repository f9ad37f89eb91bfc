"""`/ws`: one client's connection, between the paths of the core and its socket.

It is the core's `Transport`. It tells the paths when the transport is full, so that a stalled reader is noticed within
a few dozen messages and its frames wait in its own outbox, and it observes how far what was written has come: taken
by the kernel (`delivery.flushed`), then by the peer's kernel (`delivery.acked`).
"""

import logging
import socket
from typing import TYPE_CHECKING, Final

from hlmock.paths.connection import abort_connection, close_connection, lose_connection, open_connection
from hlmock.paths.core import Connection
from hlmock.paths.frames import read_frame
from hlmock.server.watermarks import Progress
from hlmock.server.websocket import CLOSE_TIMEOUT_S, WebSocket

if TYPE_CHECKING:
    from hlmock.server.session import Session

LOGGER: Final = logging.getLogger("hlmock.server")

SEND_BUFFER_BYTES: Final = 16 * 1024
"""SO_SNDBUF. The default swallows 9,000 messages before anybody notices that the peer has stopped reading."""

FRAMES_PER_LOOK: Final = 32
"""A burst is looked at in between: the kernels would take it whole."""

POLICY_VIOLATION: Final = 1008


class ClientSocket(WebSocket):
    """One `/ws` connection.

    Args:
        session: whose core it belongs to.
        peer: address of the client, for views.
    """

    def __init__(self, session: "Session", peer: str | None) -> None:
        super().__init__()
        self._session = session
        self._peer = peer
        self.connection: Connection = None  # type: ignore[assignment]  # set by `opened`
        self._ended_by: str | None = None
        self.progress: Progress = None  # type: ignore[assignment]  # set by `opened`
        self._is_full = False
        self._frames_since_look = 0

    def end(self, code: int | None, reason: str = "", *, who: str, cause: int) -> None:
        """Close with a code, or drop the connection without a close frame (`None`)."""
        self._ended_by = who
        core = self._session.core
        if code is None:
            abort_connection(core, self.connection, who=who, reason="aborted", cause=cause)
        else:
            close_connection(core, self.connection, code, reason, who=who, cause=cause)

    # -- hlmock.paths.core.Transport ------------------------------------------------------------------------

    def write(self, frame: bytes) -> None:
        super().write(frame)
        self.progress.written_seq = self._session.core.log.last_seq + 1  # The writer emits `delivery.written` next.
        watermarks = self._session.watermarks
        watermarks.watch(self)
        self._frames_since_look += 1
        if self._frames_since_look >= FRAMES_PER_LOOK:
            self._frames_since_look = 0
            watermarks.look_at(self)

    def close(self, code: int, reason: str, *, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        if self.connection.faults is not None and self.connection.faults.is_blackhole:
            self.abort()  # Nothing gets through a black hole, a close frame neither.
            return
        if code == POLICY_VIOLATION:
            timeout_s = self._session.core.settings.overflow_abort_ms / 1_000
        super().close(code, reason, timeout_s=timeout_s)

    # -- WebSocket ------------------------------------------------------------------------------------------

    def opened(self) -> None:
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.progress = Progress(raw)
        self.transport.set_write_buffer_limits(high=0)
        self.connection = open_connection(self._session.core, self, self._peer)
        self._session.sockets[self.connection.id] = self
        self._session.driver.pump()

    def received(self, message: bytes, *, is_binary: bool) -> None:
        self._session.driver.receive(self.connection, read_frame(message, is_binary=is_binary), self._failed_late)

    def failed(self) -> None:
        close_connection(self._session.core, self.connection, 1011, "internal error", who="server")

    def _failed_late(self, error: Exception) -> None:
        """A path of this connection failed after a gate had held it."""
        LOGGER.error("a WebSocket is closed: an exception in its path", exc_info=error)
        self.failed()

    def ended(self, code: int, reason: str, who: str) -> None:
        session, connection = self._session, self.connection
        session.sockets.pop(connection.id, None)
        session.watermarks.forget(self)
        session.driver.forget_connection(connection)
        session.driver.start(
            lose_connection(session.core, connection, code, reason, who=self._ended_by or who),
            f"{connection.id} lost",
        )

    # -- flow control of the transport ----------------------------------------------------------------------

    def pause_writing(self) -> None:
        self._is_full = True
        self.connection.is_paused = True

    def resume_writing(self) -> None:
        self._is_full = False
        self.connection.is_paused = self.progress.is_unread
        self._session.resume_writer(self.connection)

    def ponged(self) -> None:
        self.progress.answered()
        if self.progress.is_unread:
            self.set_unread(False)

    def set_unread(self, is_unread: bool) -> None:
        """The client has stopped reading, or reads again."""
        self.progress.is_unread = is_unread
        self.connection.is_paused = is_unread or self._is_full
        self._session.resume_writer(self.connection)
