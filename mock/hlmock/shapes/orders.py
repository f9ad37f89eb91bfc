"""Orders as the exchange shows them: the short form of streams, the long form of queries.

Key order is that of recorded answers; a key that is "omitted" is left out, one that is `null` is always there.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import OrderChange
from hlmock.exchange.model.orders import HistoryRow, Order, OrderRow
from hlmock.exchange.model.terms import Oid, Tif
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm


class BasicOrder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """An order in `orderUpdates` and `openOrders`. `cloid` is omitted when none (a profile may print `null`),
    `reduceOnly` when false.

    Source: recorded frames and answers (the docs name the type `WsBasicOrder`).
    """

    coin: str
    side: str
    limit_px: str
    sz: str
    """What remains."""
    oid: int
    timestamp: int
    """Placement, ms."""
    orig_sz: str | UnsetType
    cloid: str | UnsetType | None = UNSET
    reduce_only: bool = False


class OrderUpdate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One row of the `orderUpdates` channel."""

    order: BasicOrder
    status: str
    status_timestamp: int


class FrontendOrder(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The long form, of `frontendOpenOrders`, `orderStatus`, `historicalOrders`. Every key is always there.

    Source: recorded answers.
    """

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    trigger_condition: str
    is_trigger: bool
    trigger_px: str
    children: list["FrontendOrder"]
    """Take-profit and stop-loss orders that wait for this one."""
    is_position_tpsl: bool
    reduce_only: bool
    order_type: str
    orig_sz: str
    tif: Tif | None
    cloid: str | None


class OrderStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One status change: a row of `historicalOrders` and the inner `order` of an `orderStatus` answer."""

    order: FrontendOrder
    status: str
    status_timestamp: int


def order_update(change: OrderChange, number: NumberForm, *, null_cloid: bool = False) -> OrderUpdate:
    return OrderUpdate(basic_order(change.order, number, null_cloid=null_cloid), change.status, change.time_ms)


def basic_order(order: Order | OrderRow, number: NumberForm, *, null_cloid: bool = False) -> BasicOrder:
    return BasicOrder(
        order.coin,
        order.side,
        number(order.limit_px),
        number(order.sz),
        order.oid,
        order.timestamp,
        number(order.orig_sz),
        UNSET if order.cloid is None and not null_cloid else order.cloid,
        order.reduce_only,
    )


def frontend_order(
    order: Order | OrderRow, number: NumberForm, children: Iterable[FrontendOrder] = ()
) -> FrontendOrder:
    return FrontendOrder(
        order.coin,
        order.side,
        number(order.limit_px),
        number(order.sz),
        order.oid,
        order.timestamp,
        order.trigger_condition,
        order.is_trigger,
        number(order.trigger_px),
        list(children),
        order.is_position_tpsl,
        order.reduce_only,
        order.order_type,
        number(order.orig_sz),
        order.tif,
        order.cloid,
    )


def open_orders(state: State, account: Account, dex: str) -> list[Order]:
    """Open orders in one dex, newest first; the main dex's include spot. Source: recorded `openOrders` answers."""
    by_asset = state.markets.by_asset
    return [order for order in reversed(account.open_orders.values()) if by_asset[order.asset].dex == dex]


def frontend_orders(state: State, account: Account, dex: str, number: NumberForm) -> list[FrontendOrder]:
    """As `open_orders`. An order that waits for its parent is in the list and nested in the parent (recorded)."""
    return [
        frontend_order(order, number, [frontend_order(child, number) for child in order.children if child.is_open])
        for order in open_orders(state, account, dex)
    ]


def history_row(row: HistoryRow, number: NumberForm) -> OrderStatus:
    return OrderStatus(frontend_order(row.order, number), row.status, row.status_timestamp)


def newest_first(rows: Iterable[HistoryRow], limit: int) -> list[HistoryRow]:
    """Sorted by status time, then oid, both descending. Source: recorded `historicalOrders` answers.

    Of one order in one block, the last status comes first.
    """
    return sorted(rows, key=_history_order)[::-1][:limit]


def _history_order(row: HistoryRow) -> tuple[int, Oid]:
    return row.status_timestamp, row.order.oid
