"""`Server`: a session behind a listening socket, with its timers. It lives on the loop that started it.

Rule 1: no signal handler, no thread, no task of our own: what must happen later is a timer handle that `stop`
cancels, so there is nothing to leak. (uvicorn makes one task per request; `stop` sees their end.) Rule 2: an idle
server wakes up `1 / TICK_S` times a second. Rule 3: after `stop`, no socket, task or timer is left.
"""

import asyncio
import contextlib
import itertools
import logging
import socket
from typing import Final
from urllib.parse import parse_qs

from hlmock.paths.connection import upgrade
from hlmock.server.app import App
from hlmock.server.client_socket import ClientSocket
from hlmock.server.clock import MovableClock, WallClock
from hlmock.server.control import Control
from hlmock.server.event_stream import EventStream
from hlmock.server.http import Headers, HttpSettings, peer_of, refuse
from hlmock.server.json_logs import JsonLogs
from hlmock.server.recording import Recording
from hlmock.server.session import Session
from hlmock.server.settings import ServerSettings
from hlmock.server.websocket import WebSocket
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent

LOGGER: Final = logging.getLogger("hlmock.server")

TICK_S: Final = 0.25
"""Between two ticks (clocked feeds, idle connections). The quickest feed has 0.5 s."""

STOP_S: Final = 0.1
"""How long the close frames of a stop may take; a client that does not read is then cut."""

ACCEPT_TURNS: Final = 3
"""Turns of the loop from an accepted socket to its protocol: what was accepted last has arrived by then."""

BACKLOG: Final = 1_024


class Server:
    """Start it once, stop it once.

    Args:
        settings: what to serve and where.
        clock: wall time by default.
    """

    def __init__(self, settings: ServerSettings, clock: MovableClock | None = None) -> None:
        self.settings = settings
        self.session = Session(settings, clock or WallClock())
        self.control = Control(self.session)
        self._http = HttpSettings(App(self.session, self.control), self._upgrade)
        self._listener: asyncio.Server | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._upgrading: set[asyncio.Transport] = set()
        """Those that have asked for a WebSocket and wait at a gate."""
        self._recording: Recording | None = None
        self._json_logs: JsonLogs | None = None
        self.address = ("", 0)
        """Host and port it listens on."""

    @property
    def authority(self) -> str:
        """`host:port` for URLs."""
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def start(self) -> None:
        """Listen. Requests are accepted once this returns.

        Raises:
            OSError: the address is in use or not ours, or the recording cannot be opened.
            RecordingError: the recording's file is something else.
        """
        settings, session = self.settings, self.session
        listening = _bind(settings.host, settings.port)
        try:
            if settings.record is not None:
                self._recording = Recording(settings.record, session.log)
            self._listener = await asyncio.get_running_loop().create_server(self._http, sock=listening, backlog=BACKLOG)
        except BaseException:
            listening.close()
            if self._recording is not None:
                self._recording.close()
            raise
        self.address = listening.getsockname()[:2]
        if settings.json_logs is not None:
            self._json_logs = JsonLogs(session.log, settings.json_logs)
        if not session.clock.is_virtual:
            self._tick()

    async def stop(self) -> None:
        """Close every connection (1001), end the recording."""
        if self._listener is None:
            return
        session = self.session
        await self._stop_accepting(self._listener)
        if self._ticker is not None:
            self._ticker.cancel()
        await self._end_connections()
        session.end()
        while self._http.state.tasks:
            await asyncio.wait(self._http.state.tasks)
        await self._listener.wait_closed()
        self._listener = None
        session.log.notify()
        if self._json_logs is not None:
            self._json_logs.close()
        if self._recording is not None:
            self._recording.close()

    async def _stop_accepting(self, listener: asyncio.Server) -> None:
        """Close the listening socket, once what was accepted from it has arrived.

        asyncio drops an accepted socket without closing it when its server is closed before the transport is made.
        """
        with contextlib.suppress(RuntimeError, NotImplementedError):  # uvloop needs none of this.
            for each in listener.sockets:
                asyncio.get_running_loop().remove_reader(each.fileno())
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        listener.close()

    async def _end_connections(self) -> None:
        session, http = self.session, self._http
        deadline = asyncio.get_running_loop().time() + STOP_S
        told: set[WebSocket] = set()
        for turn in itertools.count():
            open_now: list[WebSocket] = [*session.sockets.values(), *session.streams]
            if turn >= ACCEPT_TURNS and not (open_now or http.state.connections):
                return
            is_late = asyncio.get_running_loop().time() > deadline
            for each in open_now:
                if is_late:
                    each.abort()
                elif each not in told:
                    each.leave()
                    told.add(each)
            for connection in list(http.state.connections):
                connection.transport.abort()
            for transport in self._upgrading:
                transport.abort()
            await asyncio.sleep(0)  # The transports report their end within a turn or two.

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self.session.tick()

    def _upgrade(
        self, transport: asyncio.Transport, target: bytes, headers: Headers, request: bytes, rest: bytes
    ) -> None:
        """A client asks for a WebSocket."""
        path, _, query = target.decode("latin-1").partition("?")
        if path == "/ws":
            self._accept(transport, request, rest)
        elif self.control.owns(path):
            reader = self.control.open_stream(path, parse_qs(query), headers)
            if isinstance(reader, EventStream):
                reader.accept(transport, request, rest)
            else:
                refuse(transport, reader.status, reader.error)
        else:
            refuse(transport, 404, "no WebSocket is served here: use /ws")

    def _accept(self, transport: asyncio.Transport, request: bytes, rest: bytes) -> None:
        """A client's `/ws`, once no gate holds its upgrade any more."""
        peer = peer_of(transport)
        self._upgrading.add(transport)

        def accept(objection: str | None) -> None:
            self._upgrading.discard(transport)
            if transport.is_closing():
                return
            if objection is None:
                ClientSocket(self.session, peer).accept(transport, request, rest)
            else:
                refuse(transport, 429, objection)

        self.session.driver.start(
            upgrade(self.session.core, peer),
            f"upgrade of {peer}",
            accept,
            upcoming=lambda: TraceEvent(0, 0, 0, stages.CONNECTION_OPENED),
        )


def _bind(host: str, port: int) -> socket.socket:
    """A listening address; of a name, its first one, so that port 0 is one port."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listening = socket.create_server((str(address[0]), port), family=family, backlog=BACKLOG)
    # Inherited by what it accepts. asyncio sets it only where a socket names its protocol, and this one does not:
    # an answer's second segment then waits 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
