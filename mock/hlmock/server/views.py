"""What a user sees of a running exchange: immutable values, the same from Python and from the control API."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.orders import Order
from hlmock.paths.core import Connection, Core
from hlmock.shapes import NumberForm
from hlmock.shapes.orders import FrontendOrder, frontend_order


class OrderView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as it stands. Names as on the wire; `sz` is what remains."""

    oid: int
    account: str
    coin: str
    side: str
    px: Decimal
    sz: Decimal
    orig_sz: Decimal
    status: str
    """A wire status: `open`, `filled`, `canceled`, ..."""
    time_ms: int
    """Placement, exchange clock."""
    cloid: str | None = None
    tif: str | None = None
    reduce_only: bool = False

    @classmethod
    def of(cls, order: Order) -> "OrderView":
        """The order as it stands now."""
        return cls(
            order.oid,
            order.account,
            order.coin,
            order.side,
            order.limit_px,
            order.sz,
            order.orig_sz,
            order.status,
            order.timestamp,
            order.cloid,
            order.tif,
            order.reduce_only,
        )


class WireOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order as it stands, in the words and numbers of the profile's `orderStatus`, and whose it is."""

    account: str
    order: FrontendOrder
    status: str
    status_timestamp: int

    @classmethod
    def of(cls, order: Order, number: NumberForm) -> "WireOrder":
        """An open order as it stands now: what is left after a partial fill, too, which `orderStatus` does not show."""
        row = order if order.is_open or order.shown is None else order.shown.order
        return cls(order.account, frontend_order(row, number), order.status, order.status_timestamp)


class ConnectionView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open `/ws` connection."""

    id: str
    state: str
    """`open`, `closing`."""
    opened_ms: int
    subscriptions: tuple[str, ...]
    """Keys, oldest first."""
    written: int
    """Frames written so far."""
    depth: int
    """Frames in its outbox."""
    depth_bytes: int
    peer: str | None = None
    paused: bool = False
    """Its client does not read: the transport is full."""
    stalled: bool = False
    """Held back by `stall`."""
    faults: tuple[str, ...] = ()
    """What is to happen to its next frames: `drop 2`, `delay 1 by 250 ms`, `blackhole`."""

    @classmethod
    def of(cls, connection: Connection, core: Core) -> "ConnectionView":
        """The connection as it stands now."""
        return cls(
            connection.id,
            connection.state,
            connection.opened_ms,
            tuple([each.key.text for each in core.registry.of_connection(connection.id)]),
            connection.written,
            len(connection.outbox),
            connection.outbox.bytes,
            connection.peer,
            connection.is_paused,
            connection.is_stalled,
            () if connection.faults is None else tuple(map(str, connection.faults.all)),
        )


class RegistryView(msgspec.Struct, frozen=True):
    """Which connections hold which keys, at one seq."""

    seq: int
    commit: int
    size: int
    """Active subscriptions."""
    keys: dict[str, tuple[str, ...]]
    """Key to the connections that are subscribed to it, in the order in which they subscribed."""

    def connections(self, key: str) -> tuple[str, ...]:
        """Connections subscribed to a key; empty where there are none."""
        return self.keys.get(key, ())

    @classmethod
    def of(cls, core: Core) -> "RegistryView":
        """The registry as it stands now."""
        keys: dict[str, list[tuple[int, str]]] = {}
        for each in core.registry.active():
            keys.setdefault(each.key.text, []).append((each.id, each.connection))
        ordered = {key: tuple([name for _, name in sorted(holders)]) for key, holders in sorted(keys.items())}
        return cls(core.log.last_seq, core.exchange.commit, core.registry.size, ordered)


class Savepoint(msgspec.Struct, frozen=True):
    """The whole state of an exchange at one moment. It may be restored more than once, and into another exchange."""

    name: str
    seq: int
    """Of the last event before it."""
    time_ms: int
    """Exchange clock."""
    data: bytes
    """The state as a dump, which `load` takes as well."""

    def __repr__(self) -> str:
        return f"Savepoint({self.name!r}, seq={self.seq}, time_ms={self.time_ms}, {len(self.data)} bytes)"


class GateView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gate that is set, with the paths that it holds."""

    id: str
    stage: str
    conditions: str = ""
    """As they were given: `account=0x… found=0`."""
    held: tuple[str, ...] = ()
    """Names of the held paths, in the order in which they were held: `POST /exchange`, `publisher`, `c3 writer`."""
