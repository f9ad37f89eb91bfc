"""The whole state of a running exchange: kept, brought back, written to a file and read from one.

Every function runs on the loop's thread. Whatever comes back, connections and subscriptions stay, ids and seq go on.
"""

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from hlmock.exchange import dumps
from hlmock.paths.restoring import tell_restored
from hlmock.server.errors import UnknownSavepoint, nearest
from hlmock.server.operations import called
from hlmock.server.views import Savepoint

if TYPE_CHECKING:
    from hlmock.server.session import Session


def reset(session: "Session") -> None:
    """Forget all orders, accounts and nonces. Connections and subscriptions stay; ids, seq and the clock go on."""
    _put_back(session, "reset", "as at the start", lambda: session.exchange.reset(session.clock.time_ms()))


def savepoint(session: "Session", name: str | None = None) -> Savepoint:
    """Everything that the exchange holds now, its clock included.

    Args:
        name: for `restore`, which finds the newest of a name; numbered (`s1`, `s2`, ...) without one.
    """
    known = session.savepoints
    name = name or next(each for each in map("s{}".format, count(1)) if each not in known)
    known.pop(name, None)
    known[name] = Savepoint(name, session.log.last_seq, session.clock.time_ms(), dump(session))
    return known[name]


def savepoints(session: "Session") -> list[Savepoint]:
    """Those of this session, oldest first."""
    return list(session.savepoints.values())


def restore(session: "Session", which: Savepoint | str | None = None) -> Savepoint:
    """Put the exchange back to a savepoint; returns it.

    Connections and subscriptions stay, ids and seq go on; orders, accounts, nonces and the clock are as they were.

    Args:
        which: a savepoint, also one of another exchange, or a name; the newest one without it.

    Raises:
        UnknownSavepoint: there is none, or none of this name.
        DumpError: of a savepoint of another exchange: its markets differ, or it is newer.
    """
    known = session.savepoints
    if isinstance(which, Savepoint):
        found = which
    elif not known:
        raise UnknownSavepoint("there is no savepoint", "make one first")
    elif which is None:
        found = next(reversed(known.values()))
    elif which in known:
        found = known[which]
    else:
        raise UnknownSavepoint(f"no savepoint {which!r}", nearest(which, known) or f"there are {', '.join(known)}")
    _put_in(session, "restore", f"savepoint {found.name} of seq {found.seq}", found.data)
    return found


def dump(session: "Session") -> bytes:
    """The whole state as one JSON document: equal histories give equal bytes."""
    return dumps.dump(session.exchange, session.clock.time_ms())


def load(session: "Session", data: bytes) -> None:
    """Put the exchange into the state of a dump. Connections and subscriptions stay, ids go on.

    Raises:
        DumpError: it is no dump, damaged, newer than this version, or of other markets; nothing has changed.
    """
    _put_in(session, "load", f"a dump of {len(data)} bytes", data)


def _put_in(session: "Session", what: str, value: str, data: bytes) -> None:
    def step() -> None:
        session.clock.set_time(dumps.load(session.exchange, data))
        if session.prices is not None:
            session.prices.seek(session.clock.time_ms())

    _put_back(session, what, value, step)


def _put_back(session: "Session", what: str, value: str, step: Callable[[], object]) -> None:
    step()
    session.begin()
    tell_restored(session.core, what, value, called(session, what, value))
    session.driver.pump()
