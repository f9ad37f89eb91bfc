"""Raw traffic: which events are frames or requests, what they carried, and how to send the same again."""

import json
import shlex
from collections.abc import Callable
from typing import Final

import msgspec

from hlbench.describe import Names
from hlbench.filters import Filter
from hlbench.tui.pages import EventPages
from hlmock.trace import stages
from hlmock.trace.events import RequestReceived, TraceEvent

INCOMING: Final = frozenset({stages.FRAME_RECEIVED, stages.REQUEST_RECEIVED})
OUTGOING: Final = frozenset(
    {
        stages.DELIVERY_ENQUEUED,
        stages.ACK_ENQUEUED,
        stages.SNAPSHOT_ENQUEUED,
        stages.FRAME_ENQUEUED,
        stages.REPLY_SENT,
        stages.REQUEST_REFUSED,
    }
)

CAUSES: Final = 3
"""Steps from an enqueued frame to the publication that has its bytes."""


def traffic_of(connection: str | None) -> Filter:
    """The frames of one connection; without one, every frame and request."""

    def is_frame(event: TraceEvent, names: Names) -> bool:
        if event.stage not in INCOMING and event.stage not in OUTGOING:
            return False
        return connection is None or event.connection == connection

    return Filter(connection or "all", (is_frame,))


def payload_of(event: TraceEvent, pages: EventPages) -> bytes | None:
    """The bytes of a frame or a request: its own, else those of the publication that it carries."""
    found: TraceEvent | None = event
    for _ in range(CAUSES + 1):
        if found is None or found.payload is not None:
            break
        found = pages.get(found.cause) if found.cause is not None else None
    if found is None or (found is not event and found.stage != stages.PUBLICATION_CREATED):
        return None
    return found.payload


def pretty(payload: bytes) -> str:
    """As indented JSON; what is no JSON stays as it is."""
    try:
        return msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload.decode("utf-8", "replace")


Form = Callable[[str, TraceEvent, str], str]
"""From the server's URL, an event and its payload: a command that sends the same."""


def _shell(url: str, event: TraceEvent, text: str) -> str:
    if event.stage == stages.FRAME_RECEIVED:
        return f"echo {shlex.quote(text)} | websocat {shlex.quote(_ws(url))}"
    target = shlex.quote(url + _path(event))
    return f"curl -s {target} -H 'Content-Type: application/json' -d {shlex.quote(text)}"


def _python(url: str, event: TraceEvent, text: str) -> str:
    if event.stage == stages.FRAME_RECEIVED:
        code = f"w = connect({_ws(url)!r}); w.send({text!r}); print(w.recv())"
        return f"python -c {shlex.quote('from websockets.sync.client import connect; ' + code)}"
    body = f"content={text!r}, headers={{'Content-Type': 'application/json'}}"
    return f"python -c {shlex.quote(f'import httpx; print(httpx.post({url + _path(event)!r}, {body}).text)')}"


FORMS: Final[dict[str, Form]] = {"curl, websocat": _shell, "Python": _python}


def command_to_send(form: str, url: str | None, event: TraceEvent, payload: bytes) -> str:
    """What sends an incoming frame or request again; of an outgoing one, its JSON."""
    text = payload.decode("utf-8", "replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        pass  # sent as it came: a client's broken JSON is worth sending again, too
    if event.stage not in INCOMING or url is None:
        return text
    return FORMS[form](url, event, text)


def _ws(url: str) -> str:
    return "ws" + url.removeprefix("http") + "/ws"


def _path(event: TraceEvent) -> str:
    return event.detail.path if isinstance(event.detail, RequestReceived) else "/exchange"
