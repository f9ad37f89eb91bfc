"""The clients of a running exchange: who is connected, who follows what, and the end of a connection.

Every function runs on the loop's thread.
"""

from typing import TYPE_CHECKING, Final

from hlmock.paths.core import Connection
from hlmock.server.errors import UnknownConnection, nearest
from hlmock.server.operations import called
from hlmock.server.views import ConnectionView, RegistryView
from hlmock.wire.addresses import BadAddress, parse_address

if TYPE_CHECKING:
    from hlmock.server.session import Session

NORMAL_CLOSURE: Final = 1000

MAX_REASON_BYTES: Final = 123
"""Source: RFC 6455, 5.5."""


def connections(session: "Session") -> list[ConnectionView]:
    """Open `/ws` connections, oldest first."""
    return [ConnectionView.of(each, session.core) for each in session.core.connections.values()]


def registry(session: "Session") -> RegistryView:
    """Which connections hold which keys."""
    return RegistryView.of(session.core)


def disconnect(
    session: "Session", target: str, *, code: int = NORMAL_CLOSURE, reason: str = "", abort: bool = False
) -> int:
    """Close the connections of an address, or one connection; returns how many.

    Args:
        target: an address (every connection subscribed to one of its channels) or a connection's id.
        code: close code that the client sees.
        reason: text that goes with it, as the real exchange's `Inactive` (idle) and `Expired` (aged) do.
        abort: drop the transport without a close frame instead: the client sees 1006.

    Raises:
        UnknownConnection: no open connection of this id.
        ValueError: not a code that may be sent (1000 to 1014 but for 1004 to 1006, 3000 to 4999), or a reason of more
            than 123 bytes.
    """
    if not abort and not _is_close_code(code):
        raise ValueError(f"{code} is not a close code that may be sent: 1000, 1001, 1008, 1011, 3000 to 4999, ...")
    if len(reason.encode()) > MAX_REASON_BYTES:
        raise ValueError(f"a close reason has at most {MAX_REASON_BYTES} bytes")
    chosen = connections_of(session, target)
    cause = called(session, "abort" if abort else "close", target if abort else f"{target} {code}")
    for connection in chosen:
        session.sockets[connection.id].end(None if abort else code, reason, who="control", cause=cause)
    session.log.notify()
    return len(chosen)


def connections_of(session: "Session", target: str) -> list[Connection]:
    """One open connection by its id, or those that are subscribed to a channel of an address.

    Raises:
        UnknownConnection: no open connection of this id.
    """
    open_now = session.core.connections
    try:
        user = parse_address(target)
    except BadAddress:
        if target not in open_now:
            raise UnknownConnection(f"no open connection {target!r}", nearest(target, open_now)) from None
        return [open_now[target]]
    return [each for each in list(open_now.values()) if user in session.core.registry.users_of(each.id)]


def _is_close_code(code: int) -> bool:
    """Source: RFC 6455, 7.4; 1005, 1006 and 1015 are never sent."""
    return code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code <= 4999
