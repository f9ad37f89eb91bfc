"""Modifying an order: it is cancelled and a new one, with a new oid, takes its place at the end of the queue.

Source: Hyperliquid docs, Exchange endpoint. What is sent (`open` of the new order, `canceled` of the old one, then
fills of the new one) and the texts: recorded updates and answers.
"""

from collections.abc import Sequence

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.lifecycle import close_children, leave
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import Oid
from hlmock.exchange.orders import Placed, change_in_place, open_order_by_cloid, place
from hlmock.exchange.replies import Element, Reply
from hlmock.exchange.state import State
from hlmock.exchange.texts import Fault
from hlmock.exchange.validation import MAX_BATCH, order_fault
from hlmock.wire.actions.trading import BatchModifyAction, ModifyAction
from hlmock.wire.actions.trading import Order as OrderSpec


def modify(block: Block, account: Account, action: ModifyAction) -> Reply:
    """One order. The reply does not name the new oid."""
    fault = _fault(block.state, [action.order])
    if fault is not None:
        return replies.error(fault.text)
    element = _modify_one(block, account, action.oid, action.order, always_place=bool(action.a))
    if block.state.profile.modify_reply == "order":
        return replies.statuses("order", [element])
    if isinstance(element, dict) and "error" in element:
        return replies.error(element["error"])
    return Reply(replies.DEFAULT.body, (replies.word(element),))


def batch_modify(block: Block, account: Account, action: BatchModifyAction) -> Reply:
    """Several orders, with a status each, as for `order`."""
    fault = _fault(block.state, [one.order for one in action.modifies])
    if fault is not None:
        return replies.refused_batch(fault)
    elements = [_modify_one(block, account, one.oid, one.order, always_place=bool(action.a)) for one in action.modifies]
    return replies.statuses("order", elements)


def _fault(state: State, orders: Sequence[OrderSpec]) -> Fault | None:
    if len(orders) > MAX_BATCH:
        return texts.OVER_WEIGHT
    if not orders:
        return texts.EMPTY
    for spec in orders:
        fault = order_fault(state, spec)
        if fault is not None:
            return fault
    return None


def _modify_one(block: Block, account: Account, target: int | str, spec: OrderSpec, *, always_place: bool) -> Element:
    old = (
        open_order_by_cloid(block.state, account, target)
        if isinstance(target, str)
        else account.open_orders.get(Oid(target))
    )
    if old is None and not always_place:
        return {"error": texts.CANNOT_MODIFY}
    if old is not None and block.state.profile.modify_in_place:
        return change_in_place(block, account, old, spec).element
    limit = spec.t.limit
    if not always_place and (limit is None or limit.tif in ("Ioc", "FrontendMarket")):
        return {"error": texts.NEEDS_ALWAYS_PLACE}
    placed = _replace(block, account, old, spec, post_only=not always_place)
    if placed.refusal is not None:
        # Without the asset suffix and the final dot, as bots have logged it. The old order is gone already.
        return {"error": texts.MODIFY_PREFIX + placed.refusal.text.removesuffix(".")}
    return placed.element


def _replace(block: Block, account: Account, old: Order | None, spec: OrderSpec, *, post_only: bool) -> Placed:
    if old is None:
        return place(block, account, spec, post_only=post_only)
    leave(block, old, account, "canceled")
    placed = place(block, account, spec, builder=old.builder, replaced=old, post_only=post_only)
    close_children(block, old, account)
    return placed
