"""What clients have sent over HTTP, for assertions in tests: bounded, without signatures."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hlmock.trace.redaction import redact

KEPT: Final = 10_000
"""Newest requests kept, at most. Our choice."""

KEPT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of bodies kept, at most. Our choice."""


class CapturedRequest(msgspec.Struct, frozen=True):
    """One HTTP request as it came, whatever its answer; requests of the control API are not captured."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order in which they came."""
    body: bytes
    """Signatures blanked."""
    time_ms: int
    """Exchange clock."""

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)

    def json(self) -> Any:
        """The decoded body.

        Raises:
            msgspec.DecodeError: it is not JSON.
        """
        return msgspec.json.decode(self.body)


class RequestCapture:
    """The newest requests, oldest first."""

    def __init__(self, *, keep_signatures: bool = False) -> None:
        self._kept: deque[CapturedRequest] = deque()
        self._bytes = 0
        self._keep_signatures = keep_signatures

    def add(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]], body: bytes, time_ms: int) -> None:
        """Keep a request."""
        kept = self._kept
        shown = body if self._keep_signatures else redact(body)
        names = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
        kept.append(CapturedRequest(method, path, names, shown, time_ms))
        self._bytes += len(shown)
        while len(kept) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(kept.popleft().body)

    def all(self) -> list[CapturedRequest]:
        """Every request kept, oldest first."""
        return list(self._kept)

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
        self._bytes = 0
