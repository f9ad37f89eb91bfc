"""The control API: `/_hlbench/...`, JSON over HTTP, and the event stream over a WebSocket.

What can be asked is the table `ROUTES` (`control_routes`); this module is the way to it: guard, route, body, errors.
An error is `{"error": "...", "hint": "..."}` with a status of 400 and above, and `hint` says what to do next.
"""

import logging
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec

from hlmock.server.asgi import Headers, Receive, Scope, Send, header, read_body, respond
from hlmock.server.control_routes import MAX_BODY_BYTES, ROUTES, Call, Route
from hlmock.server.errors import (
    AmbiguousOrder,
    HlmockError,
    NotRunning,
    UnknownCoin,
    UnknownConnection,
    UnknownGate,
    UnknownOrder,
    UnknownSavepoint,
)
from hlmock.server.event_stream import EventStream
from hlmock.server.gating import leave
from hlmock.server.guard import Guard, Objection

if TYPE_CHECKING:
    from hlmock.server.session import Session

LOGGER: Final = logging.getLogger("hlmock.server")

PREFIX: Final = "/_hlbench"

_json = msgspec.json.Encoder()

_STATUS: Final[dict[type[HlmockError], int]] = {
    UnknownOrder: 404,
    UnknownCoin: 404,
    UnknownConnection: 404,
    UnknownGate: 404,
    UnknownSavepoint: 404,
    AmbiguousOrder: 409,
    NotRunning: 503,
}


class Control:
    """Answers the control requests of one server."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._guard = Guard(session.settings)

    def owns(self, path: str) -> bool:
        """Whether a path belongs to the control API."""
        return path == PREFIX or path.startswith(PREFIX + "/")

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        objection = self._guard.objection(scope["headers"])
        if objection is not None:
            await _object(send, objection)
            return
        found = _find(scope["method"], scope["path"].removeprefix(PREFIX).strip("/"))
        limit = MAX_BODY_BYTES if isinstance(found, Objection) else found[0].max_body_bytes
        body = await read_body(receive, limit)
        if body is None:
            return
        if len(body) > limit:
            await _object(send, Objection(413, f"the body is longer than {limit} bytes", "send less"))
            return
        if isinstance(found, Objection):
            await _object(send, found)
            return
        route, part = found
        query = _query(scope["query_string"])
        try:
            route.check(query)
            call = Call(part, query, _decode(route, body, header(scope, b"content-type")))
            result = route.handle(self._session, call)
            if isawaitable(result):
                result = await result
        except HlmockError as error:
            await _object(send, Objection(_STATUS.get(type(error), 422), error.message, error.hint or ""))
        except (msgspec.MsgspecError, ValueError) as error:
            await _object(send, Objection(400, str(error), route.hint))
        except Exception:
            LOGGER.exception("a control call failed: %s %s", route.method, route.pattern)
            await _object(send, Objection(500, "an exception in the server", "its log has the traceback"))
        else:
            await respond(send, 200, _json.encode(result), _HEADERS)

    def open_stream(self, path: str, query: dict[str, list[str]], headers: Headers) -> EventStream | Objection:
        """A reader of the event stream, or why there is none."""
        objection = self._guard.objection(headers)
        if objection is not None:
            return objection
        if path != PREFIX + "/events":
            return Objection(404, f"no WebSocket is served at {path}", f"the event stream is {PREFIX}/events")
        since = query.get("since", ["0"])[-1]
        controller = query.get("controller", [""])[-1] or None
        if since == "now":
            return EventStream(self._session, self._session.log.checkpoint() - 1, controller, leave)
        if not since.isdigit():
            return Objection(400, f"since={since!r} is not a seq", "give a number, or now")
        return EventStream(self._session, int(since), controller, leave)


_HEADERS: Final[Headers] = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


async def _object(send: Send, objection: Objection) -> None:
    headers = list(_HEADERS)
    if objection.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    body = {"error": objection.error, "hint": objection.hint}
    await respond(send, objection.status, _json.encode(body), headers)


def _find(method: str, path: str) -> tuple[Route, str] | Objection:
    """The route, and the id in its path."""
    wanted = "GET" if method == "HEAD" else method
    allowed: list[str] = []
    for route in ROUTES:
        part = route.match(path)
        if part is None:
            continue
        if route.method == wanted:
            return route, part
        allowed.append(route.method)
    if allowed:
        return Objection(405, f"{path} does not take {method}", f"use {', '.join(allowed)}")
    return Objection(404, f"no such control call: {path}", f"GET {PREFIX} lists them")


def _query(raw: bytes) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(raw.decode("latin-1"), keep_blank_values=True).items()}


def _decode(route: Route, body: bytes, content_type: str | None) -> Any:
    """The body as the route's struct.

    Raises:
        ValueError: not declared as JSON. (A web page can send that only with our consent, which it does not get.)
        msgspec.MsgspecError: not JSON, or not that struct.
    """
    if route.body is None:
        return None
    if body and (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise ValueError("the body must be JSON: send Content-Type: application/json")
    if route.body is bytes:
        return body
    # Not strict: a number may come as text, as the command line sends it.
    return msgspec.json.decode(body or b"{}", type=route.body, strict=False)
