"""Placing orders: one batch, one order. Source: Hyperliquid docs, Exchange endpoint; statuses: recorded answers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book
from hlmock.exchange.lifecycle import close_siblings, open_trigger, release_children, rest_order, retire
from hlmock.exchange.markets import is_price_valid
from hlmock.exchange.matching import Sweep
from hlmock.exchange.model import Account, Market, Oid, Order
from hlmock.exchange.replies import Element, Reply
from hlmock.exchange.state import State
from hlmock.exchange.texts import Fault, Refusal
from hlmock.exchange.validation import (
    batch_fault,
    entry_refusal,
    is_over_open_orders,
    post_only_refusal,
    trigger_refusal,
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
    if action.grouping == "positionTpsl":
        return _place_position_tpsl(block, account, action, builder)
    return replies.statuses("order", [place(block, account, spec, builder=builder).element for spec in action.orders])


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
    children = [_new_order(block, account, spec, builder) for spec in action.orders[1:]]
    for child in children:
        child.grouping = "normalTpsl"
        open_trigger(block, child, account, parent=parent.order)
    _make_siblings(children)
    waits = parent.order.is_open
    if not waits:
        release_children(block, parent.order, account)
    word = "waitingForFill" if waits else "waitingForTrigger"
    return replies.statuses("order", [parent.element, *[word for _ in children]])


def _place_position_tpsl(
    block: Block, account: Account, action: OrderAction, builder: tuple[Address, int] | None
) -> Reply:
    """TP/SL whose size is the position's, whatever was sent; the first one that is refused answers for all."""
    orders = [_new_order(block, account, spec, builder) for spec in action.orders]
    for order in orders:
        order.is_position_tpsl = True
        order.grouping = "positionTpsl"
        if block.state.profile.order_checks:
            refusal = trigger_refusal(account, order, block.state.book(order.coin))
            if refusal is not None:
                return replies.statuses("order", [refuse(block, account, order, refusal).element])
    for order in orders:
        open_trigger(block, order, account)
    _make_siblings(orders)
    return replies.statuses("order", ["waitingForTrigger" for _ in orders])


def _make_siblings(orders: Sequence[Order]) -> None:
    oids = [order.oid for order in orders]
    for order in orders:
        order.siblings = tuple(oid for oid in oids if oid != order.oid)


def place(
    block: Block,
    account: Account,
    spec: OrderSpec,
    *,
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
    is_duplicate = (
        spec.c is not None
        and state.profile.duplicate_cloid_refused
        and open_order_by_cloid(state, account, spec.c) is not None
    )
    order = _new_order(block, account, spec, builder, is_known_by_cloid=not is_duplicate)
    market = state.markets.by_asset[spec.a]
    book = state.book(market.coin)
    if is_duplicate:
        refusal: Refusal | None = texts.DUPLICATE_CLOID
    elif state.profile.order_checks:
        refusal = _refusal(state, account, order, market, book, spec, post_only=post_only)
    else:
        refusal = _unchecked_refusal(state, order)
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
    if profile.matching and book.crosses(is_buy=order.side == "B", px=order.limit_px):
        sweep = Sweep(block, order, account, market, book)
        if order.tif != "Gtc" and not sweep.meets_somebody():
            return refuse(block, account, order, texts.IOC_CANCEL, replaced)
    block.order_changed(order, account, "open", replaces=replaced)
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
    if state.settings.open_order_limits and is_over_open_orders(account, order):
        return texts.TOO_MANY_ORDERS
    if order.is_trigger:
        return trigger_refusal(account, order, book)
    if post_only and order.tif == "Gtc":
        refusal = post_only_refusal(order, book)
        if refusal is not None:
            return refusal
    return entry_refusal(state, account, order, market, book)


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
