"""What clients have sent over HTTP, for assertions in tests: bounded, without signatures."""

from collections import deque
from collections.abc import Sequence
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
        self._kept: deque[tuple[str, str, Sequence[tuple[bytes, bytes]], bytes, int]] = deque()
        """As `add` got them, bodies blanked: what nobody asks for is not decoded."""
        self._bytes = 0
        self._keep_signatures = keep_signatures

    def add(self, method: str, path: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, time_ms: int) -> None:
        """Keep a request."""
        kept = self._kept
        shown = body if self._keep_signatures else redact(body)
        kept.append((method, path, headers, shown, time_ms))
        self._bytes += len(shown)
        while len(kept) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(kept.popleft()[3])

    def all(self) -> list[CapturedRequest]:
        """Every request kept, oldest first."""
        return [
            CapturedRequest(
                method,
                path,
                tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]),
                body,
                time_ms,
            )
            for method, path, headers, body, time_ms in self._kept
        ]

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
        self._bytes = 0
