"""`/_hlbench/events`: the event stream over a WebSocket, as JSON arrays of events.

Rule 1: a reader goes at its own pace and is read to from the ring, so it costs the exchange no memory and no time
when it is slow: what it misses is one `events.gap`. Rule 2: its work takes at most a third of the loop's time, also
when it is fast. Rule 3: neither it nor its reader is traced.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from hlmock.server.websocket import WebSocket
from hlmock.trace.events import to_plain

if TYPE_CHECKING:
    from hlmock.server.session import Session

BATCH_EVENTS: Final = 250
"""Events per message, at most. Our choice: 2 ms of work."""

BATCH_BYTES: Final = 512 * 1024
"""A message ends with the event that exceeds this."""

SEND_BUFFER_BYTES: Final = 128 * 1024
"""SO_SNDBUF: the kernel's share of what a slow reader can pile up."""

REST_PER_WORK: Final = 2.0
"""Times as long as it worked, the stream rests: others go first."""

_json = msgspec.json.Encoder()


class EventStream(WebSocket):
    """One reader of the event stream.

    Args:
        session: whose log is read.
        since: seq after which to start.
        controller: name under which the reader sets gates that are to end with it.
        on_left: called with that name when the stream has ended.
    """

    def __init__(
        self,
        session: "Session",
        since: int,
        controller: str | None = None,
        on_left: Callable[["Session", str], None] | None = None,
    ) -> None:
        super().__init__()
        self.controller = controller
        self._on_left = on_left
        self._session = session
        self._log = session.core.log
        self._seq = since
        self._is_paused = False
        self._rest_until = 0.0
        self._next: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._session.streams[self] = None
        self._stop_listening = self._log.listen(self._wake)
        self._wake()

    def received(self, message: bytes, *, is_binary: bool) -> None:
        """A reader has nothing to say: what it sends is ignored."""

    def ended(self, code: int, reason: str, who: str) -> None:
        self._stop_listening()
        self._session.streams.pop(self, None)
        if self._next is not None:
            self._next.cancel()
        if self.controller is not None and self._on_left is not None:
            self._on_left(self._session, self.controller)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._wake()

    def _wake(self) -> None:
        if self._next is None and not self._is_paused and self.is_open:
            loop = asyncio.get_running_loop()
            self._next = loop.call_at(max(self._rest_until, loop.time()), self._send)

    def _send(self) -> None:
        """One message; the next one after a rest."""
        self._next = None
        if self._is_paused or not self.is_open:
            return
        loop = asyncio.get_running_loop()
        started = loop.time()
        events = self._log.since(self._seq, BATCH_EVENTS)
        if not events:
            return
        size, encoded = 0, []
        for event in events:
            encoded.append(_json.encode(to_plain(event)))
            size += len(encoded[-1])
            self._seq = event.seq
            if size > BATCH_BYTES:
                break
        try:
            self.write(b"[" + b",".join(encoded) + b"]")
        except OSError:
            return  # `ended` follows.
        now = loop.time()
        self._rest_until = now + (now - started) * REST_PER_WORK
        if self._seq < self._log.last_seq:
            self._wake()
