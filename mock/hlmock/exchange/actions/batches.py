"""Placing orders: one batch of them, and the groups of take-profit and stop-loss orders.

Source: Hyperliquid docs, Exchange endpoint and Take profit and stop loss orders; replies: recorded answers, answers
asserted by SDK tests.
"""

from collections.abc import Sequence

from hlmock.exchange import replies
from hlmock.exchange.block import Block
from hlmock.exchange.lifecycle import open_trigger, release_children
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.orders import Order
from hlmock.exchange.orders import (
    common_refusal,
    enter,
    new_order,
    place,
    placement_refusal,
    refuse,
    remember,
)
from hlmock.exchange.replies import Element, Reply
from hlmock.exchange.state import State
from hlmock.exchange.texts import Refusal
from hlmock.exchange.validation import batch_fault, child_refusal, trigger_refusal
from hlmock.wire.actions.trading import OrderAction
from hlmock.wire.addresses import Address


def place_batch(block: Block, account: Account, action: OrderAction) -> Reply:
    """Carry out an `order` action."""
    fault = batch_fault(block.state, account, action.orders, action.grouping, action.builder)
    if fault is not None:
        return replies.refused_batch(fault)
    builder = None if action.builder is None else (action.builder.b, action.builder.f)
    if action.grouping == "normalTpsl":
        elements = _place_with_children(block, account, action, builder)
    elif action.grouping == "positionTpsl":
        elements = _place_position_tpsl(block, account, action, builder)
    else:
        elements = []
        for spec in action.orders:
            elements.append(place(block, account, spec, builder).element)
    return replies.statuses("order", elements)


def _place_with_children(
    block: Block, account: Account, action: OrderAction, builder: tuple[Address, int] | None
) -> list[Element]:
    """`normalTpsl`: the first order, and TP/SL that are armed once it has filled. If one is refused, all are."""
    state = block.state
    parent, *children = [new_order(block, account, spec, builder) for spec in action.orders]
    market, book = state.markets.by_asset[parent.asset], state.book(parent.coin)
    trades = book.crosses(parent.side, parent.limit_px)
    for child in children:
        child.grouping = "normalTpsl"
        refusal = common_refusal(state, account, child)
        if refusal is None and state.profile.order_checks:
            refusal = child_refusal(child, book, parent_trades=trades)
        if refusal is not None:
            return _refuse_group(block, account, child, refusal)
    refusal = placement_refusal(state, account, parent, market, book)
    if refusal is not None:
        return _refuse_group(block, account, parent, refusal)
    remember(state, account, parent)
    placed = enter(block, account, parent, market, book)
    if placed.refusal is not None:
        return [placed.element]
    waits = parent.is_open
    for child in children:
        remember(state, account, child)
        open_trigger(block, child, account, parent=parent)
    _make_siblings(children)
    if not waits:
        release_children(block, parent, account)
    return [placed.element, *["waitingForFill" if waits else "waitingForTrigger" for _ in children]]


def _place_position_tpsl(
    block: Block, account: Account, action: OrderAction, builder: tuple[Address, int] | None
) -> list[Element]:
    """`positionTpsl`: their size is the position's, whatever was sent. If one is refused, all are."""
    orders = [new_order(block, account, spec, builder) for spec in action.orders]
    for order in orders:
        order.is_position_tpsl = True
        order.grouping = "positionTpsl"
        refusal = _position_refusal(block.state, account, order)
        if refusal is not None:
            return _refuse_group(block, account, order, refusal)
    for order in orders:
        remember(block.state, account, order)
        open_trigger(block, order, account)
    _make_siblings(orders)
    return ["waitingForTrigger" for _ in orders]


def _position_refusal(state: State, account: Account, order: Order) -> Refusal | None:
    refusal = common_refusal(state, account, order)
    if refusal is None and state.profile.order_checks:
        refusal = trigger_refusal(account, order, state.book(order.coin))
    return refusal


def _refuse_group(block: Block, account: Account, order: Order, refusal: Refusal) -> list[Element]:
    """One element for the group, one order in the history. Source: answers asserted by SDK tests."""
    remember(block.state, account, order, refusal)
    return [refuse(block, account, order, refusal).element]


def _make_siblings(orders: Sequence[Order]) -> None:
    oids = [order.oid for order in orders]
    for order in orders:
        order.siblings = tuple(oid for oid in oids if oid != order.oid)
