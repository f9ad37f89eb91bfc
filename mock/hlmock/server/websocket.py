"""One WebSocket of the server side: the sans-I/O protocol of `websockets` on an asyncio transport of our own.

Rule 1: every call returns at once; there is no task per connection. Rule 2: what the peer sends is answered with a
close code (1002 protocol, 1007 not UTF-8, 1009 too big), never with a stack trace, and ends this connection only.
Rule 3: once a close frame is out, a connection that does not end by itself is aborted. Rule 4: extensions are
declined, as the real exchange does (recorded); per-message deflate would cost 4 us per frame and connection.
"""

import asyncio
import logging
import os
import struct
from collections.abc import Callable
from typing import Final

from websockets.exceptions import InvalidState
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

LOGGER: Final = logging.getLogger("hlmock.server")

_QUIET: Final = logging.getLogger("hlmock.server.websocket")
_QUIET.setLevel(logging.ERROR)
# At DEBUG the library logs every frame, and a `post` frame holds a signature.

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""Longest message from a client, over all its fragments; a longer one closes with 1009. Our choice."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long a peer has to answer a close frame before it is cut. Our choice."""

MAX_UNREAD_CONTROL_BYTES: Final = 64 * 1024
"""Pongs that pile up unread, after which a peer that pings and never reads is cut. Our choice."""

_WRITE_FAILED: Final = "the connection is gone"


def text_frame(payload: bytes) -> bytes:
    """An unmasked, unfragmented text frame. Source: RFC 6455, 5.2."""
    length = len(payload)
    if length < 126:
        return b"\x81%c%b" % (length, payload)
    if length < 65_536:
        return b"\x81\x7e" + struct.pack("!H", length) + payload
    return b"\x81\x7f" + struct.pack("!Q", length) + payload


class WebSocket(asyncio.Protocol):
    """Handshake, fragments, control frames and the end of one WebSocket. Subclasses give the frames a meaning."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # set by `accept`
        self.is_open = False
        """The handshake is done and the end is not yet noticed."""
        self._protocol = ServerProtocol(max_size=MAX_MESSAGE_BYTES, logger=_QUIET)
        self._fragments: list[bytes] = []
        self._is_binary = False
        self._is_write_over = False
        self._descriptor: int | None = None
        self._unread_control_bytes = 0
        self._cut: asyncio.TimerHandle | None = None

    # -- what subclasses do ---------------------------------------------------------------------------------

    def opened(self) -> None:
        """The handshake is done."""

    def received(self, message: bytes, *, is_binary: bool) -> None:
        """A whole message; text is valid UTF-8."""

    def ended(self, code: int, reason: str, who: str) -> None:
        """Called once. `code` is 1006 without a close frame; `who` is `client`, `server` or `network`."""

    def ponged(self) -> None:
        """The peer has read what was sent before a ping."""

    def failed(self) -> None:
        """An exception came out of `opened` or `received`; it is logged already."""
        self.close(1011, "internal error")

    # -- sending --------------------------------------------------------------------------------------------

    def write(self, frame: bytes) -> None:
        """Hand one text frame to the kernel, or to the transport when the kernel is full.

        uvloop's transport would write at the end of the turn: the first of many subscribers would wait for the last.

        Raises:
            OSError: the peer is gone, or a close frame is out.
        """
        transport = self.transport
        if self._is_write_over or transport.is_closing():
            raise ConnectionResetError(_WRITE_FAILED)
        data = text_frame(frame)
        if self._descriptor is not None and not transport.get_write_buffer_size():
            try:
                sent = os.write(self._descriptor, data)
            except BlockingIOError:
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    def ping(self) -> None:
        """Ask whether the peer reads: `ponged` follows when it does."""
        if self.is_open:
            self._protocol.send_ping(b"")
            self._flush()

    def close(self, code: int, reason: str, *, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send a close frame and wait for the peer's, at most `timeout_s`."""
        try:
            self._protocol.send_close(code, reason)
        except InvalidState:
            return  # A close frame is out already, or the connection is over.
        self._flush()
        self._expect_end(timeout_s)

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self._is_write_over = True
        self.transport.abort()

    def leave(self) -> None:
        """The server stops: send 1001 and end without waiting for an answer."""
        self.close(1001, "the server stops")
        self._is_write_over = True
        self.transport.close()

    # -- asyncio.Protocol -----------------------------------------------------------------------------------

    def accept(self, transport: asyncio.Transport, request: bytes, rest: bytes) -> None:
        """Take over a transport whose HTTP request asked for an upgrade.

        Args:
            transport: from now on this protocol's.
            request: head of the request, as HTTP bytes.
            rest: what came after it in the same segment.
        """
        self.transport = transport
        if os.name == "posix":
            self._descriptor = transport.get_extra_info("socket").fileno()
        transport.set_protocol(self)
        self._protocol.receive_data(request)
        for event in self._protocol.events_received():
            assert isinstance(event, Request)
            response = self._protocol.accept(event)
            self._protocol.send_response(response)
            self.is_open = response.status_code == 101
        self._flush()
        if not self.is_open:
            transport.close()
            return
        self._guard(self.opened)
        if rest:
            self.data_received(rest)

    def data_received(self, data: bytes) -> None:
        protocol = self._protocol
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._receive(event)
        self._flush()
        if protocol.parser_exc is not None:
            self._end(protocol.close_sent, "client")

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._end(None, "client")

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_write_over = True
        if self._cut is not None:
            self._cut.cancel()
        self._end(self._protocol.close_sent, "network" if exc is not None else "server")

    # -- parts ----------------------------------------------------------------------------------------------

    def _receive(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY:
                self._is_binary = frame.opcode is Opcode.BINARY
                self._fragments = [bytes(frame.data)]
            case Opcode.CONT:
                self._fragments.append(bytes(frame.data))
            case Opcode.CLOSE:
                was_asked = self._protocol.close_rcvd_then_sent is False
                self._end(self._protocol.close_rcvd, "server" if was_asked else "client")
                return
            case Opcode.PONG:
                self._guard(self.ponged)
                return
            case _:
                return  # The protocol has answered a ping.
        if not frame.fin:
            return
        message = b"".join(self._fragments)
        self._fragments = []
        if not self.is_open:
            return
        if not self._is_binary and not _is_utf8(message):
            self._protocol.fail(1007, "text is not UTF-8")
            self._end(self._protocol.close_sent, "client")
            return
        self._guard(lambda: self.received(message, is_binary=self._is_binary))

    def _flush(self) -> None:
        """Write what the protocol has to say: handshake, pongs, close frames, the end of the stream."""
        transport = self.transport
        for data in self._protocol.data_to_send():
            if self._is_write_over or transport.is_closing():
                return
            if data:
                transport.write(data)
                waiting = transport.get_write_buffer_size() > 0
                self._unread_control_bytes = self._unread_control_bytes + len(data) if waiting else 0
            else:
                # A lingering close: the peer may still be sending, and a reset would eat our close frame.
                self._is_write_over = True
                transport.write_eof()
                self._expect_end(CLOSE_TIMEOUT_S)
        if self._unread_control_bytes > MAX_UNREAD_CONTROL_BYTES:
            self.abort()

    def _expect_end(self, timeout_s: float) -> None:
        if self._cut is None:
            self._cut = asyncio.get_running_loop().call_later(timeout_s, self.abort)

    def _end(self, close: Close | None, who: str) -> None:
        if not self.is_open:
            return
        self.is_open = False
        code, reason = (1006, "") if close is None else (int(close.code), close.reason)
        try:
            self.ended(code, reason, who)
        except Exception:
            LOGGER.exception("the cleanup of a WebSocket failed")

    def _guard(self, step: Callable[[], None]) -> None:
        """Run a step of the subclass; an exception in it ends this connection and no other."""
        try:
            step()
        except Exception:
            LOGGER.exception("a WebSocket is closed: an exception in its path")
            self.failed()


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
