"""The exchange's HTTP face as a plain ASGI application: `POST /exchange`, `POST /info`, `GET /health`.

Statuses, bodies and headers are those of recorded answers where they are known; the rest is our choice and clear.
"""

import logging
from typing import Final

from hlmock.paths.reply import Reply
from hlmock.paths.request import Arrival, exchange_request, info_request
from hlmock.server.asgi import Headers, Receive, Scope, Send, header, peer_of_scope, read_body, respond
from hlmock.server.control import Control
from hlmock.server.session import Session
from hlmock.wire.http import JSON, TEXT

LOGGER: Final = logging.getLogger("hlmock.server")

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""Longest request body; a longer one is answered with 413. Our choice."""

_CORS: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
    (b"vary", b"origin, access-control-request-method, access-control-request-headers"),
]
"""Source: recorded answers."""

_PREFLIGHT: Final[Headers] = [
    *_CORS,
    (b"access-control-allow-methods", b"*"),
    (b"access-control-allow-headers", b"*"),
]

_FAULT: Final = Reply(500, JSON, b"null")
"""Source: recorded answers to a server fault."""

_TOO_LARGE: Final = Reply(413, TEXT, b"The request body is longer than %d bytes." % MAX_BODY_BYTES)

PATHS: Final = {"/exchange": exchange_request, "/info": info_request}


class App:
    """ASGI over one session.

    Args:
        session: what the requests act on.
        control: answers what is under its prefix.
    """

    def __init__(self, session: Session, control: Control) -> None:
        self._session = session
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path in PATHS:
            await self._exchange(scope, path, receive, send)
        elif path == "/health":
            await self._health(scope, send)
        elif self._control.owns(path):
            await self._control.answer(scope, receive, send)
        else:
            self._capture(scope, b"")
            await respond(send, 404, b"", _CORS)

    async def _exchange(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        if method != "POST":
            self._capture(scope, b"")
            if method == "OPTIONS":
                await respond(send, 200, b"", _PREFLIGHT)
            else:
                await respond(send, 405, b"", [(b"allow", b"POST"), *_CORS])
            return
        body = await read_body(receive, MAX_BODY_BYTES)
        if body is None:
            return
        if len(body) > MAX_BODY_BYTES:
            self._capture(scope, b"")
            reply: Reply | None = _TOO_LARGE
        else:
            self._capture(scope, body)
            reply = await self._run(scope, path, body)
        if reply is not None:
            content_type = (b"content-type", reply.content_type.encode())
            await respond(send, reply.status, reply.body, [content_type, *_CORS])

    async def _run(self, scope: Scope, path: str, body: bytes) -> Reply | None:
        """The path's reply; `None` when the server stops while the path is held."""
        arrival = Arrival("http", peer_of_scope(scope), content_type=header(scope, b"content-type"))
        try:
            run = self._session.driver.start(PATHS[path](self._session.core, body, arrival), f"POST {path}")
            return run.result if run.is_done else await self._session.wait_for(run)
        except Exception:
            LOGGER.exception("a request failed: an exception in its path")
            return _FAULT

    def _capture(self, scope: Scope, body: bytes) -> None:
        session = self._session
        session.capture.add(scope["method"], scope["path"], scope["headers"], body, session.clock.time_ms())

    async def _health(self, scope: Scope, send: Send) -> None:
        self._capture(scope, b"")
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"", [(b"allow", b"GET,HEAD"), *_CORS])
            return
        body = b'{"status":"healthy","time":"%d"}' % (self._session.clock.time_ms() // 1_000)
        await respond(send, 200, body, [(b"content-type", JSON.encode()), *_CORS])
