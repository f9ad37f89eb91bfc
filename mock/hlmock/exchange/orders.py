"""Placing one order. Source: Hyperliquid docs, Exchange endpoint; statuses: recorded answers."""

from decimal import Decimal

import msgspec

from hlmock.exchange import texts
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book
from hlmock.exchange.lifecycle import close_siblings, open_trigger, rest_order, retire
from hlmock.exchange.markets import is_price_valid
from hlmock.exchange.matching import Sweep
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import Side, Tif
from hlmock.exchange.replies import Element
from hlmock.exchange.state import State
from hlmock.exchange.texts import Refusal
from hlmock.exchange.validation import (
    entry_refusal,
    is_over_open_orders,
    post_only_refusal,
    size_refusal,
    trigger_refusal,
)
from hlmock.wire.actions.trading import Order as OrderSpec
from hlmock.wire.actions.trading import TriggerType
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import parse_decimal, shortest, wire


class Placed(msgspec.Struct, frozen=True):
    """What became of one order."""

    element: Element
    order: Order
    refusal: Refusal | None = None


def place(
    block: Block,
    account: Account,
    spec: OrderSpec,
    builder: tuple[Address, int] | None = None,
    replaced: Order | None = None,
    post_only: bool = False,
) -> Placed:
    """Place one statically valid order.

    Args:
        replaced: the order that a modify has just taken out; its `canceled` is noted after the new `open`.
        post_only: refuse to trade at once, whatever the time in force.
    """
    state = block.state
    if state.profile.known_cloid_modifies and spec.c is not None:
        known = open_order_by_cloid(state, account, spec.c)
        if known is not None:
            return change_in_place(block, account, known, spec)
    order = new_order(block, account, spec, builder)
    market = state.markets.by_asset[spec.a]
    book = state.book(market.coin)
    refusal = placement_refusal(state, account, order, market, book, post_only)
    remember(state, account, order, refusal)
    if refusal is not None:
        return refuse(block, account, order, refusal, replaced)
    if order.is_trigger:
        open_trigger(block, order, account)
        if replaced is not None:
            block.order_changed(replaced, account, "canceled")
        return Placed(_resting(order), order)
    return enter(block, account, order, market, book, replaced)


def enter(
    block: Block, account: Account, order: Order, market: Market, book: Book, replaced: Order | None = None
) -> Placed:
    """Bring an order that nothing speaks against to its book: it trades what it can, the rest of a Gtc stays."""
    profile = block.state.profile
    if order.reduce_only and profile.order_checks:
        # Shown and traded at most as large as the position; origSz stays as sent (recorded).
        order.sz = min(order.sz, abs(account.positions[order.asset].szi))
    sweep = None
    if profile.matching and book.crosses(order.side, order.limit_px):
        sweep = Sweep(block, order, account, market, book)
        if order.tif != "Gtc" and not sweep.meets_somebody():
            return refuse(block, account, order, texts.IOC_CANCEL, replaced)
    block.order_changed(order, account, "open", replaced)
    if replaced is not None:
        block.order_changed(replaced, account, "canceled")
    if sweep is None:
        rest_order(block, order, account, book)
        return Placed(_resting(order), order)
    sweep.run()
    if order.sz > 0 and order.tif == "Gtc":
        rest_order(block, order, account, book)
        if not sweep.sz or profile.partly_filled_gtc_rests:
            return Placed(_resting(order), order)
    elif order.sz > 0:
        # An IOC that filled only partly ends as `filled`, with the unfilled rest as sz (recorded; the sz our choice).
        order.status = "filled"
        order.status_timestamp = block.time_ms
        retire(block.state, order, account)
        block.order_changed(order, account, "filled")
        if order.siblings:
            close_siblings(block, order, account)
    return Placed(_filled(order, sweep), order)


def new_order(block: Block, account: Account, spec: OrderSpec, builder: tuple[Address, int] | None) -> Order:
    """An order with an oid, which nobody knows yet."""
    state = block.state
    oid = block.next_oid()
    sz = parse_decimal(spec.s)
    cloid: str | None = spec.c
    limit, trigger = spec.t.limit, spec.t.trigger
    if cloid is None and state.profile.resting_needs_cloid:
        cloid = f"mock-{block.time_ms * 1_000_000 + oid % 1_000_000}"
    tif = None if limit is None else limit.tif
    order = Order(
        oid,
        account.address,
        spec.a,
        state.markets.by_asset[spec.a].coin,
        "B" if spec.b else "A",
        parse_decimal(spec.p),
        sz,
        sz,
        tif,
        spec.r,
        block.time_ms,
        cloid,
        "open",
        block.time_ms,
        "Market" if tif == "FrontendMarket" else "Limit",
    )
    if builder is not None:
        order.builder = builder
    if trigger is not None:
        _make_trigger(order, trigger)
    return order


def system_order(
    block: Block,
    account: Account,
    market: Market,
    side: Side,
    px: Decimal,
    sz: Decimal,
    tif: Tif,
    order_type: str,
    *,
    reduce_only: bool = False,
    twap_id: int | None = None,
) -> Order:
    """An order that no client has sent: a slice of a TWAP, a part of a liquidation. It can be asked for at once."""
    order = Order(
        block.next_oid(),
        account.address,
        market.asset,
        market.coin,
        side,
        px,
        sz,
        sz,
        tif,
        reduce_only,
        block.time_ms,
        status_timestamp=block.time_ms,
        order_type=order_type,
        twap_id=twap_id,
    )
    block.state.orders[order.oid] = order
    return order


def remember(state: State, account: Account, order: Order, refusal: Refusal | None = None) -> None:
    """From now on an order can be asked for, by its cloid too unless that is another open order's."""
    state.orders[order.oid] = order
    if order.cloid is not None and refusal is not texts.DUPLICATE_CLOID:
        account.latest_by_cloid[order.cloid] = order.oid


def _make_trigger(order: Order, trigger: TriggerType) -> None:
    order.is_trigger = True
    order.trigger_px = parse_decimal(trigger.triggerPx)
    name = "Stop" if trigger.tpsl == "sl" else "Take Profit"
    order.order_type = f"{name} {'Market' if trigger.isMarket else 'Limit'}"
    order.trigger_above = (trigger.tpsl == "sl") is (order.side == "B")
    direction = "above" if order.trigger_above else "below"
    order.trigger_condition = f"Price {direction} {shortest(order.trigger_px)}"


def placement_refusal(
    state: State, account: Account, order: Order, market: Market, book: Book, post_only: bool = False
) -> Refusal | None:
    """The runtime refusal of a new order."""
    refusal = common_refusal(state, account, order)
    if refusal is not None:
        return refusal
    if not state.profile.order_checks:
        return _unchecked_refusal(state, order)
    if state.profile.tick_is_runtime_error and not is_price_valid(shortest(order.limit_px), market.px_decimals):
        return texts.TICK
    refusal = size_refusal(order, market, book)
    if refusal is not None:
        return refusal
    if order.is_trigger:
        return trigger_refusal(account, order, book)
    if post_only and order.tif == "Gtc":
        refusal = post_only_refusal(order, book)
        if refusal is not None:
            return refusal
    return entry_refusal(state, account, order, market, book)


def common_refusal(state: State, account: Account, order: Order) -> Refusal | None:
    """What stands in the way of any new order of an account."""
    if (
        order.cloid is not None
        and state.profile.duplicate_cloid_refused
        and open_order_by_cloid(state, account, order.cloid) is not None
    ):
        return texts.DUPLICATE_CLOID
    if state.settings.open_order_limits and is_over_open_orders(account, order):
        return texts.TOO_MANY_ORDERS
    return None


def _unchecked_refusal(state: State, order: Order) -> Refusal | None:
    """All that a profile without checks refuses."""
    if order.tif != "Ioc":
        return None
    limit: Decimal | None = state.profile.ioc_refused_up_to.get(order.coin)
    return texts.IOC_CANCEL if limit is not None and order.limit_px <= limit else None


def refuse(block: Block, account: Account, order: Order, refusal: Refusal, replaced: Order | None = None) -> Placed:
    """End an order that met its refusal. A fired trigger is one too: until then it was open."""
    if replaced is not None:
        block.order_changed(replaced, account, "canceled")
    order.status = refusal.status
    order.status_timestamp = block.time_ms
    retire(block.state, order, account)
    block.order_changed(order, account, refusal.status)
    return Placed(_error(refusal, order), order, refusal)


def open_order_by_cloid(state: State, account: Account, cloid: str) -> Order | None:
    """The account's open order with this cloid. At most one is open."""
    oid = account.latest_by_cloid.get(cloid)
    return None if oid is None else account.open_orders.get(oid)


def change_in_place(block: Block, account: Account, order: Order, spec: OrderSpec) -> Placed:
    """Give an open order a new price and size and keep its oid (profile `recomma-mock`)."""
    order.limit_px, order.sz = parse_decimal(spec.p), parse_decimal(spec.s)
    order.status_timestamp = block.time_ms
    block.order_changed(order, account, "open")
    return Placed(_resting(order), order)


def _resting(order: Order) -> Element:
    body: dict[str, object] = {"oid": order.oid}
    if order.cloid is not None:
        body["cloid"] = order.cloid
    return {"resting": body}


def _filled(order: Order, sweep: Sweep) -> Element:
    body: dict[str, object] = {
        "totalSz": wire(sweep.sz),
        "avgPx": wire(sweep.average_px()),
        "oid": order.oid,
    }
    if order.cloid is not None:
        body["cloid"] = order.cloid
    return {"filled": body}


def _error(refusal: Refusal, order: Order) -> Element:
    return {"error": f"{refusal.text} asset={order.asset}"}
