"""HTTP: uvicorn's protocol class, without uvicorn's server.

Parsing, pipelining, keep-alive and flow control stay with the well-kept class; `tests/server/test_uvicorn_contract.py`
pins what we rely on. What is different here: WebSocket upgrades go to our own protocols, with what followed the
request in the same segment; an offer of another protocol is ignored (uvicorn drops the body of such a request, and
Java's HttpClient offers h2c with each one); heads are bounded; nothing is logged by uvicorn.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

LOGGER: Final = logging.getLogger("hlmock.server.http")

KEEP_ALIVE_S: Final = 75
"""An idle connection is kept so long. Real clients reuse theirs after long pauses; nginx's default (the real front)."""

MAX_HEAD_BYTES: Final = 64 * 1024
"""Longest request line and headers; more is answered with 431. Our choice."""

Headers = list[tuple[bytes, bytes]]


class Upgrade(Protocol):
    """Accepts a WebSocket, or writes a refusal and closes the transport."""

    def __call__(
        self, transport: asyncio.Transport, target: bytes, headers: Headers, request: bytes, rest: bytes
    ) -> None: ...


class HttpSettings:
    """What all connections of one server share.

    Args:
        app: the ASGI application.
        upgrade: takes over a transport that asks for a WebSocket.
    """

    def __init__(self, app: Callable[..., Any], upgrade: Upgrade) -> None:
        self.config = Config(
            app,
            loop="none",
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self.config.load()
        self.state = ServerState()
        self.upgrade = upgrade

    def __call__(self) -> "HttpProtocol":
        """A protocol for a new connection: the factory of `create_server`."""
        return HttpProtocol(self)


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    def __init__(self, settings: HttpSettings) -> None:
        super().__init__(settings.config, settings.state, {})
        self._settings = settings
        self.logger = LOGGER
        self.access_log = False
        self._is_in_head = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._answers = _OneSegment(transport)

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = self._answers  # type: ignore[assignment]

    def on_response_complete(self) -> None:
        self._answers.flush()
        super().on_response_complete()

    def _should_upgrade(self) -> bool:
        """Any upgrade leaves the parser; `_leave_http` tells them apart."""
        return True

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._leave_http(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "Invalid HTTP request received.")
        else:
            self._bound_head(len(data))

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client that has sent all it wants still gets the answers that are due."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return None
        cycle.keep_alive = False
        return True

    def _bound_head(self, received: int) -> None:
        if self._is_in_head:
            self._head_bytes += received
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, "Request head too large.")

    def _leave_http(self, rest: bytes) -> None:
        headers = self.headers
        if self._get_upgrade() == b"websocket":
            if self._is_answer_due():
                self._refuse(400, "An upgrade must not overtake an answer.")
                return
            self.connections.discard(self)
            head = _head(self.parser.get_method(), self.url, headers)
            self._settings.upgrade(self.transport, self.url, headers, head, rest)
            return
        if self.parser.get_method() == b"CONNECT":
            self._refuse(400, "This is not a proxy.")
            return
        kept = [each for each in headers if each[0] not in (b"upgrade", b"connection", b"http2-settings")]
        head = _head(self.parser.get_method(), self.url, kept)
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(head + rest)

    def _is_answer_due(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int, text: str) -> None:
        """Answer what cannot be parsed, after the answers that are due, and close."""
        transport = self.transport
        if transport.is_closing():
            return
        if self._is_answer_due() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            transport.pause_reading()
            return
        refuse(transport, status, text)


class _OneSegment:
    """What a request writes its answer to: head and body go out together, which halves the system calls."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: list[bytes] = []
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)  # The client waits for it before it sends the body.
        else:
            self._waiting.append(data)

    def flush(self) -> None:
        if self._waiting:
            self._transport.write(b"".join(self._waiting))
            self._waiting.clear()

    def close(self) -> None:
        self.flush()
        self._transport.close()


_REASONS: Final = {
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
}


def refuse(transport: asyncio.Transport, status: int, text: str) -> None:
    """Answer in plain text, before there is an application to ask, and close."""
    body = text.encode()
    transport.write(
        b"HTTP/1.1 %d %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
        b"connection: close\r\n\r\n%b" % (status, _REASONS[status], len(body), body)
    )
    transport.close()


def _head(method: bytes, target: bytes, headers: Headers) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, target), *(b"%b: %b" % header for header in headers), b"", b""]
    return b"\r\n".join(lines)


def peer_of(transport: asyncio.BaseTransport) -> str | None:
    """`host:port` of the other side, for views."""
    name = cast("tuple[str, int] | str | None", transport.get_extra_info("peername"))
    if not name or isinstance(name, str):
        return None
    host, port = name[0], name[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
