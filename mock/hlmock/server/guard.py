"""Who may use the control API: programs on this machine, but no web page; off loopback, who holds the token.

Rule 1: `Host` must be a name that we serve, or a web page could reach us under a name of its own (DNS rebinding).
Rule 2: an `Origin` must be our own: browsers send it with every request that a page of another origin makes, also
when they open a WebSocket. Rule 3: where a token is set, every request carries it. Rule 4: HTTP and WebSocket alike.
"""

import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from hlmock.server.settings import LOOPBACK_NAMES, ServerSettings

_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::", ""})


class Objection(msgspec.Struct, frozen=True):
    """Why a request is refused."""

    status: int
    error: str
    hint: str


class Guard:
    """Checks the headers of one server's control requests."""

    def __init__(self, settings: ServerSettings) -> None:
        names = [*LOOPBACK_NAMES, settings.host, *settings.allow_hosts]
        self._names = frozenset(name.lower() for name in names) - _ANY_ADDRESS
        self._token = settings.token

    def objection(self, headers: Sequence[tuple[bytes, bytes]]) -> Objection | None:
        """The reason to refuse a request with these headers (names in lower case); `None` when it may pass."""
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._names:
            return Objection(
                403,
                f"the control API is not served under the host {', '.join(hosts) or '(none)'!r}",
                "address it as 127.0.0.1 or localhost, or start the server with --allow-host NAME",
            )
        origins = _values(headers, b"origin")
        if origins and origins not in ([f"http://{hosts[0]}"], [f"https://{hosts[0]}"]):
            return Objection(
                403,
                f"the control API is not open to web pages of {', '.join(origins)!r}",
                "call it from a program on this machine",
            )
        if self._token is None:
            return None
        given = _values(headers, b"authorization")
        if len(given) == 1 and hmac.compare_digest(given[0].encode(), f"Bearer {self._token}".encode()):
            return None
        return Objection(
            401, "the control API needs its token", "send the header Authorization: Bearer TOKEN (--token TOKEN)"
        )


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case, without the port and without the brackets of an IPv6 address."""
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if name.count(":") == 1 else name


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]
