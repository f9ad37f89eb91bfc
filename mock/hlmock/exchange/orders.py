"""Placing orders: one batch, one order. Source: Hyperliquid docs, Exchange endpoint; statuses: recorded answers."""

from decimal import Decimal
from typing import NamedTuple

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book
from hlmock.exchange.lifecycle import open_trigger, rest_order, retire
from hlmock.exchange.markets import is_price_valid
from hlmock.exchange.matching import Executed, match
from hlmock.exchange.model import Account, Market, Oid, Order
from hlmock.exchange.replies import Element, Reply
from hlmock.exchange.state import State
from hlmock.exchange.texts import Fault, Refusal
from hlmock.exchange.validation import (
    batch_fault,
    is_over_open_orders,
    perp_refusal,
    post_only_refusal,
    spot_refusal,
)
from hlmock.wire.actions.trading import Order as OrderSpec
from hlmock.wire.actions.trading import OrderAction, TriggerType
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import parse_decimal, shortest, wire


class Placed(NamedTuple):
    """What became of one order."""

    element: Element
    order: Order
    refusal: Refusal | None = None


def place_batch(block: Block, account: Account, action: OrderAction) -> Reply:
    """Carry out an `order` action."""
    fault = batch_fault(block.state, account, action.orders, action.grouping, action.builder)
    if fault is not None:
        return refuse_batch(fault)
    builder = None if action.builder is None else (action.builder.b, action.builder.f)
    if action.grouping == "normalTpsl":
        return _place_with_children(block, account, action, builder)
    is_position_tpsl = action.grouping == "positionTpsl"
    elements: list[Element] = []
    for spec in action.orders:
        placed = place(block, account, spec, builder=builder, is_position_tpsl=is_position_tpsl)
        if is_position_tpsl and placed.refusal is not None:
            return replies.statuses("order", [placed.element])
        elements.append(placed.element)
    return replies.statuses("order", elements)


def refuse_batch(fault: Fault) -> Reply:
    """One answer for a whole batch, whatever its length."""
    if fault.is_top_level:
        return replies.error(fault.text)
    return replies.statuses("order", [{"error": fault.text}])


def _place_with_children(
    block: Block, account: Account, action: OrderAction, builder: tuple[Address, int] | None
) -> Reply:
    """`normalTpsl`: the first order, and TP/SL that are armed once it has filled."""
    parent = place(block, account, action.orders[0], builder=builder)
    if parent.refusal is not None:
        return replies.statuses("order", [parent.element])
    elements = [parent.element]
    for spec in action.orders[1:]:
        child = _new_order(block, account, spec, builder)
        child.grouping = "normalTpsl"
        waits = parent.order.is_open
        open_trigger(block, child, account, parent=parent.order if waits else None)
        elements.append("waitingForFill" if waits else "waitingForTrigger")
    return replies.statuses("order", elements)


def place(
    block: Block,
    account: Account,
    spec: OrderSpec,
    *,
    builder: tuple[Address, int] | None = None,
    is_position_tpsl: bool = False,
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
    is_duplicate = (
        spec.c is not None
        and state.profile.duplicate_cloid_refused
        and open_order_by_cloid(state, account, spec.c) is not None
    )
    order = _new_order(block, account, spec, builder, is_known_by_cloid=not is_duplicate)
    market = state.markets.by_asset[spec.a]
    book = state.book(market.coin)
    order.is_position_tpsl = is_position_tpsl
    if is_duplicate:
        refusal: Refusal | None = texts.DUPLICATE_CLOID
    elif state.profile.order_checks:
        refusal = _refusal(state, account, order, market, book, spec, post_only=post_only)
    else:
        refusal = _unchecked_refusal(state, order)
    if refusal is not None:
        return _refuse(block, account, order, refusal, replaced)
    if order.is_trigger:
        open_trigger(block, order, account)
        if replaced is not None:
            block.order_changed(replaced, account, "canceled")
        return Placed("waitingForTrigger" if is_position_tpsl else _resting(order), order)
    if order.reduce_only and state.profile.order_checks:
        # Shown and traded at most as large as the position; origSz stays as sent (recorded).
        order.sz = min(order.sz, abs(account.positions[order.asset].szi))
    block.order_changed(order, account, "open", replaces=replaced)
    if replaced is not None:
        block.order_changed(replaced, account, "canceled")
    if not state.profile.matching or not book.crosses(is_buy=spec.b, px=order.limit_px):
        rest_order(block, order, account, book)
        return Placed(_resting(order), order)
    return _take(block, order, account, market, book)


def _take(block: Block, order: Order, account: Account, market: Market, book: Book) -> Placed:
    """Trade a crossing order; the rest of a Gtc stays in the book, the rest of an IOC is dropped."""
    done = match(block, order, account, market, book)
    if order.sz > 0 and order.tif == "Gtc":
        rest_order(block, order, account, book)
        if not done.sz or block.state.profile.partly_filled_gtc_rests:
            return Placed(_resting(order), order)
    elif order.sz > 0:
        refusal = None if done.sz else texts.IOC_CANCEL
        # An IOC that filled only partly ends as `filled`, with the unfilled rest as sz (recorded; the sz our choice).
        order.status = "filled" if refusal is None else refusal.status
        order.status_timestamp = block.time_ms
        retire(block.state, order, account)
        block.order_changed(order, account, order.status)
        if refusal is not None:
            return Placed(_error(refusal, order), order, refusal)
    return Placed(_filled(order, done, market), order)


def _new_order(
    block: Block,
    account: Account,
    spec: OrderSpec,
    builder: tuple[Address, int] | None,
    *,
    is_known_by_cloid: bool = True,
) -> Order:
    """Give an order its oid and remember it; nothing is noted yet."""
    state = block.state
    oid = state.next_oid
    state.next_oid = Oid(oid + 1)
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
    state.orders[oid] = order
    if cloid is not None and is_known_by_cloid:
        account.latest_by_cloid[cloid] = oid
    return order


def _make_trigger(order: Order, trigger: TriggerType) -> None:
    order.is_trigger = True
    order.trigger_px = parse_decimal(trigger.triggerPx)
    name = "Stop" if trigger.tpsl == "sl" else "Take Profit"
    order.order_type = f"{name} {'Market' if trigger.isMarket else 'Limit'}"
    order.trigger_above = (trigger.tpsl == "sl") is (order.side == "B")
    direction = "above" if order.trigger_above else "below"
    order.trigger_condition = f"Price {direction} {shortest(order.trigger_px)}"


def _refusal(
    state: State,
    account: Account,
    order: Order,
    market: Market,
    book: Book,
    spec: OrderSpec,
    *,
    post_only: bool,
) -> Refusal | None:
    if state.profile.tick_is_runtime_error and not is_price_valid(spec.p, market.px_decimals):
        return texts.TICK
    if account.open_orders and is_over_open_orders(account, order):
        return texts.TOO_MANY_ORDERS
    if order.is_trigger:
        return trigger_refusal(account, order, book)
    check = spot_refusal if market.is_spot else perp_refusal
    if post_only and order.tif == "Gtc":
        refusal = post_only_refusal(order, book)
        if refusal is not None:
            return refusal
    return check(state, account, order, market, book)


def trigger_refusal(account: Account, order: Order, book: Book) -> Refusal | None:
    """A trigger whose condition already holds at the mark price is refused; so is position TP/SL without one."""
    if order.is_position_tpsl and order.asset not in account.positions:
        return texts.REDUCE_ONLY
    is_met = book.mark_px >= order.trigger_px if order.trigger_above else book.mark_px <= order.trigger_px
    return texts.BAD_TRIGGER if is_met else None


def _unchecked_refusal(state: State, order: Order) -> Refusal | None:
    """All that a profile without checks refuses."""
    if order.tif != "Ioc":
        return None
    limit: Decimal | None = state.profile.ioc_refused_up_to.get(order.coin)
    return texts.IOC_CANCEL if limit is not None and order.limit_px <= limit else None


def _refuse(block: Block, account: Account, order: Order, refusal: Refusal, replaced: Order | None) -> Placed:
    if replaced is not None:
        block.order_changed(replaced, account, "canceled")
    order.status = refusal.status
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


def _filled(order: Order, done: Executed, market: Market) -> Element:
    body: dict[str, object] = {
        "totalSz": wire(done.sz),
        "avgPx": wire(done.average_px(market)),
        "oid": order.oid,
    }
    if order.cloid is not None:
        body["cloid"] = order.cloid
    return {"filled": body}


def _error(refusal: Refusal, order: Order) -> Element:
    return {"error": f"{refusal.text} asset={order.asset}"}
