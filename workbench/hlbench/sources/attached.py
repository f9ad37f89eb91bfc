"""The source over a running server: its event stream, followed over a WebSocket into a local store.

Rule 1: a lost connection is taken up again from the last seq, so that no event is missed or repeated. Rule 2: a server
that was started anew has other events under the same seqs; following it is refused, never mixed up. Rule 3: what
waiting cannot mend (a wrong token) ends the source at once.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from hlbench.sources.base import Listeners, SourceError
from hlbench.sources.store import EventStore
from hlbench.sources.wire import decode_events
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent, from_plain

OPEN_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 2.0
FIRST_RETRY_S: Final = 0.1
SLOWEST_RETRY_S: Final = 2.0


class _Refused(Exception):
    """What waiting cannot mend."""


class AttachedSource:
    """Follows a server in a thread of its own, from its oldest event.

    Args:
        url: base address of the server, as `opening.server_url` makes it.
        token: the server's token, where it needs one. It is sent, and never shown.
        capacity: events kept locally.
    """

    def __init__(self, url: str, *, token: str | None = None, capacity: int = 200_000) -> None:
        self.url: str | None = url
        self.path: str | None = None
        self.description = f"attached {url}"
        self.is_live = True
        self.error: str | None = f"connecting to {url}"
        self.controller = f"hlbench-{uuid4().hex}"
        """Gates that are set under this name end with this source, however it ends."""
        self._control = f"{url}/_hlbench"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._store = EventStore(capacity=capacity)
        self._listeners = Listeners()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._socket: Any = None
        self._thread = threading.Thread(target=self._follow, name=f"follow {url}", daemon=True)
        self._thread.start()

    @property
    def first_seq(self) -> int:
        return self._store.first_seq

    @property
    def last_seq(self) -> int:
        return self._store.last_seq

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        return self._store.read(since, limit)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self._listeners.add(callback)

    def catch_up(self, timeout_s: float) -> None:
        """As `EventSource.catch_up`: asks the server for its newest seq, then waits for that event."""
        deadline = time.monotonic() + timeout_s
        try:
            wanted = int(self._get("health")["last_seq"])
        except (_Refused, httpx.HTTPError) as error:
            raise SourceError(self._sentence(error)) from error
        with self._changed:
            while self.last_seq < wanted and self.is_live:
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise SourceError(
                        f"{self.url} has events up to {wanted}, but only those up to {self.last_seq} came within "
                        f"{timeout_s:g} s: the server is busy, try again"
                    )
        if self.last_seq < wanted:
            raise SourceError(self.error or f"{self.url} was closed")

    def close(self) -> None:
        self._stopping.set()
        socket = self._socket
        if socket is not None:
            socket.close()
        self._thread.join(CLOSE_TIMEOUT_S)  # longer only while a host that answers nothing is being called

    # -- the thread -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        retry_s = FIRST_RETRY_S
        while not self._stopping.is_set():
            seen = self.last_seq
            try:
                self._check_identity()
                self._read_stream()
                self._complain(f"{self.url} ended the event stream (trying again)")
            except _Refused as error:
                self.is_live = False
                self._say(self._sentence(error))
                return
            except (httpx.HTTPError, WebSocketException, OSError, msgspec.MsgspecError) as error:
                self._complain(f"{self._sentence(error)} (trying again)")
            retry_s = FIRST_RETRY_S if self.last_seq > seen else min(retry_s * 2, SLOWEST_RETRY_S)
            self._stopping.wait(retry_s)
        self.is_live = False
        self._say(self.error)

    def _check_identity(self) -> None:
        """Make sure that this is the server whose events the store holds: it still has our last one."""
        last = self.last_seq
        if not last:
            return
        reply = self._get(f"events?since={last - 1}&limit=1")
        found = [from_plain(plain) for plain in reply["events"]]
        is_ours = found == self._store.read(last - 1, 1)
        is_evicted = bool(found) and found[0].stage == stages.EVENTS_GAP
        if not is_ours and not is_evicted:
            raise _Refused(f"{self.url} is another server now (it was restarted): attach again to see its events")

    def _read_stream(self) -> None:
        assert self.url is not None
        address = f"ws{self._control.removeprefix('http')}/events?since={self.last_seq}&controller={self.controller}"
        try:
            socket = connect(
                address,
                additional_headers=self._headers,
                compression=None,
                max_size=None,
                open_timeout=OPEN_TIMEOUT_S,
                proxy=None,
            )
        except InvalidStatus as error:
            if error.response.status_code >= 500:
                raise
            raise self._refusal(error.response.status_code, error.response.body) from error
        with socket:
            self._socket = socket
            if self._stopping.is_set():
                return
            self._say(None)
            for message in socket:
                self._store.extend(decode_events(message))
                self._tell()

    def _get(self, path: str) -> dict[str, Any]:
        """One call of the control API.

        Raises:
            _Refused: the server does not let us in, or it is no hlbench server.
            httpx.HTTPError: it cannot be reached.
        """
        with httpx.Client(timeout=OPEN_TIMEOUT_S, trust_env=False) as client:
            reply = client.get(f"{self._control}/{path}", headers=self._headers)
        if reply.status_code != 200:
            raise self._refusal(reply.status_code, reply.content)
        try:
            return dict(msgspec.json.decode(reply.content, type=dict[str, Any]))
        except msgspec.MsgspecError as error:
            raise _Refused(f"{self.url} answers, but is no hlbench server") from error

    def _refusal(self, status: int, body: bytes | bytearray | None) -> _Refused:
        if status != 401:
            return _Refused(f"{self.url} refuses: {_objection(status, body)}")
        hint = "the token is not the server's" if self._headers else "give it with --token or HLBENCH_TOKEN"
        return _Refused(f"{self.url} asks for a token: {hint}")

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, _Refused):
            return str(error)
        if isinstance(error, httpx.ConnectError | ConnectionRefusedError):
            return f"{self.url} cannot be reached: is `hlbench serve` running there?"
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return f"{self.url} does not answer"
        if isinstance(error, msgspec.MsgspecError):
            return (
                f"{self.url} sent events that this version cannot read ({error}): use the server's version of hlbench"
            )
        return f"{self.url} was lost ({str(error) or type(error).__name__})"

    def _complain(self, error: str) -> None:
        """Say what is wrong, unless it is only that we are closing."""
        if not self._stopping.is_set():
            self._say(error)

    def _say(self, error: str | None) -> None:
        self.error = error
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
        self._listeners.wake()


def _objection(status: int, body: bytes | bytearray | None) -> str:
    """The server's own words, where it has some."""
    try:
        words = msgspec.json.decode(body or b"", type=dict[str, Any])
        return f"{words['error']} ({words['hint']})" if words.get("hint") else str(words["error"])
    except (msgspec.MsgspecError, KeyError):
        return f"status {status}: no hlbench server answers there"
