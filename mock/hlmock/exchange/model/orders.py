"""Orders and TWAPs: as they are now, and as they stood at each change."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.terms import ZERO, Oid, Side, Tif
from hlmock.wire.addresses import Address


class OrderRow(msgspec.Struct, frozen=True, gc=False):
    """An order as it stood at one change. Field meanings as in `Order`."""

    oid: Oid
    account: Address
    asset: int
    coin: str
    side: Side
    limit_px: Decimal
    sz: Decimal
    orig_sz: Decimal
    tif: Tif | None
    reduce_only: bool
    timestamp: int
    cloid: str | None
    order_type: str
    is_trigger: bool
    trigger_px: Decimal
    trigger_condition: str
    is_position_tpsl: bool


class HistoryRow(msgspec.Struct, frozen=True, gc=False):
    """An order with the status that it got. Source of the statuses: Hyperliquid docs, Order statuses."""

    order: OrderRow
    status: str
    status_timestamp: int


class Order(msgspec.Struct):
    """A live or past order. `sz` is what remains; `orig_sz` what was asked for."""

    oid: Oid
    account: Address
    asset: int
    coin: str
    side: Side
    limit_px: Decimal
    sz: Decimal
    orig_sz: Decimal
    tif: Tif | None
    reduce_only: bool
    timestamp: int
    """Placement, ms."""
    cloid: str | None = None
    status: str = "open"
    """A wire status (`open`, `filled`, `canceled`, `iocCancelRejected`, ...)."""
    status_timestamp: int = 0
    order_type: str = "Limit"
    is_trigger: bool = False
    trigger_px: Decimal = ZERO
    trigger_condition: str = "N/A"
    trigger_above: bool = False
    """Fires when the mark price is at or above `trigger_px`, else at or below."""
    is_position_tpsl: bool = False
    grouping: str = "na"
    builder: tuple[Address, int] | None = None
    """Builder and its fee in tenths of a basis point."""
    arrival: int = 0
    """Place in the queue of its book; set when it rests."""
    shown: "HistoryRow | None" = None
    """The order as it stood at its last status change, which is what `orderStatus` answers."""
    children: list["Order"] = msgspec.field(default_factory=list)
    """TP/SL orders that wait for this one to fill."""
    siblings: tuple[Oid, ...] = ()
    """The other TP/SL orders of its group: when one has filled, the others end."""
    twap_id: int | None = None
    """The TWAP that this order is a slice of."""

    @property
    def is_buy(self) -> bool:
        return self.side == "B"

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    @property
    def waits_for_price(self) -> bool:
        """A trigger order that has not fired yet."""
        return self.is_trigger and self.tif is None


class Twap(msgspec.Struct):
    """A size that is traded in slices over time."""

    id: int
    account: Address
    asset: int
    coin: str
    side: Side
    sz: Decimal
    minutes: int
    reduce_only: bool
    randomize: bool
    timestamp: int
    """Placement, ms."""
    slices: int
    """How many there are to be."""
    trigger_px: Decimal | None = None
    """It begins when the mark price is there."""
    trigger_above: bool = False
    stop_px: Decimal | None = None
    """It ends when the mark price is there: a buy at or above it, a sell at or below."""
    started_ms: int | None = None
    executed_sz: Decimal = ZERO
    executed_ntl: Decimal = ZERO


class TwapRow(msgspec.Struct, frozen=True, gc=False):
    """A change of a TWAP's status."""

    time_ms: int
    twap: Twap
    """A copy, as it stood then."""
    status: str
    """`waitingForTrigger`, `activated`, `finished`, `terminated`, `stopped`, `error`."""
    description: str | None = None
    """Of an error."""
