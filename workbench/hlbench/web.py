"""The workbench in a browser: textual-serve on loopback, behind a guard of our own, which it has none of.

Rule 1: Host and Origin are checked for every request, as the control API's are. Rule 2: the link that is printed works
once; it sets a cookie that no other site's page can use. Rule 3: the token of a server never gets into a command line.
"""

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web
from textual_serve.server import Server

from hlmock.server.guard import Guard
from hlmock.server.settings import ServerSettings

HOST: Final = "127.0.0.1"
COOKIE: Final = "hlbench_web"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebWorkbench(Server):
    """Serves one command line to browsers: each page runs it in a process of its own.

    Args:
        command: a shell's command line that shows the workbench.
        port: 0 takes a free one.

    Raises:
        OSError: the port is in use.
    """

    def __init__(self, command: str, port: int) -> None:
        self._socket = socket.create_server((HOST, port))
        self._link_token = secrets.token_urlsafe(24)
        self._session = secrets.token_urlsafe(24)
        self._is_used = False
        self._guard = Guard(ServerSettings(host=HOST))
        super().__init__(command, host=HOST, port=self._socket.getsockname()[1], title="hlbench")

    @property
    def link(self) -> str:
        """What to open. Works once: it lets this browser in, and nobody after it."""
        return f"{self.public_url}/?token={self._link_token}"

    def run(self, ready: Callable[[str], None]) -> None:
        """Serve until SIGINT or SIGTERM.

        Args:
            ready: called with the link once it can be opened.
        """

        async def app() -> web.Application:
            made = await self._make_app()
            made.on_startup.append(_announce(lambda: ready(self.link)))
            return made

        web.run_app(app(), sock=self._socket, print=None, access_log=None, shutdown_timeout=1.0)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guarded)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """What textual-serve prints is not for us: `run` says how to get in."""

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        objection = self._guard.objection(_lower(request.raw_headers))
        if objection is None and request.path == "/ws" and "Origin" not in request.headers:
            return _refused(403, "only a page of this server may open its WebSocket")
        if objection is not None:
            return _refused(objection.status, objection.error)
        if hmac.compare_digest(request.cookies.get(self._cookie, ""), self._session):
            return await handler(request)
        if request.path == "/" and self._takes(request.query.get("token", "")):
            entered = web.HTTPSeeOther("/")
            entered.set_cookie(self._cookie, self._session, httponly=True, samesite="Strict")
            return entered
        return _refused(401, "this link was used already, or is none: start `hlbench tui --web` again for a new one")

    @property
    def _cookie(self) -> str:
        """Cookies do not know ports: two workbenches need two names."""
        return f"{COOKIE}_{self.port}"

    def _takes(self, token: str) -> bool:
        is_right = not self._is_used and hmac.compare_digest(token, self._link_token)
        self._is_used |= is_right
        return is_right


def _announce(ready: Callable[[], None]) -> Callable[[web.Application], Awaitable[None]]:
    async def announce(app: web.Application) -> None:
        ready()

    return announce


def _lower(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers]


def _refused(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"hlbench: {text}\n")
