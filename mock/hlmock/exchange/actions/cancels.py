"""Cancelling orders. Source: Hyperliquid docs, Exchange endpoint; texts: recorded answers."""

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.lifecycle import close_all, close_order
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import DAY_MS, Oid
from hlmock.exchange.orders import open_order_by_cloid
from hlmock.exchange.replies import Element, Reply
from hlmock.exchange.validation import MAX_BATCH
from hlmock.wire.actions.trading import CancelAction, CancelByCloidAction, ScheduleCancelAction
from hlmock.wire.addresses import Address

SCHEDULE_AHEAD_MS = 5_000
SCHEDULED_PER_DAY = 10
"""Scheduled cancels that may come about from 00:00 UTC to the next. Source: Hyperliquid docs, Exchange endpoint."""
SCHEDULE_VOLUME = 1_000_000
"""USDC traded before `scheduleCancel` is offered."""


def cancel(block: Block, account: Account, action: CancelAction) -> Reply:
    """By oid. A miss is also a wrong asset, somebody else's order, a second cancel."""
    if len(action.cancels) > MAX_BATCH:
        return replies.refused_batch(texts.OVER_WEIGHT)
    elements = [
        _cancel_one(block, account, account.open_orders.get(Oid(one.o)), one.a, f"oid={one.o}", spare_triggers=action.f)
        for one in action.cancels
    ]
    return replies.statuses("cancel", elements)


def cancel_by_cloid(block: Block, account: Account, action: CancelByCloidAction) -> Reply:
    """The reply's type is `cancel` too (recorded)."""
    if len(action.cancels) > MAX_BATCH:
        return replies.refused_batch(texts.OVER_WEIGHT)
    elements = [
        _cancel_one(
            block,
            account,
            open_order_by_cloid(block.state, account, one.cloid),
            one.asset,
            f"cloid={one.cloid}",
            spare_triggers=action.f,
        )
        for one in action.cancels
    ]
    return replies.statuses("cancel", elements)


def _cancel_one(
    block: Block, account: Account, order: Order | None, asset: int, name: str, *, spare_triggers: bool | None
) -> Element:
    if order is None or order.asset != asset or (spare_triggers and order.waits_for_price):
        suffix = name if block.state.profile.miss_names_order else f"asset={asset}"
        return {"error": f"{texts.MISSING_ORDER} {suffix}"}
    close_order(block, order, account, "canceled")
    return "success"


def schedule_cancel(block: Block, account: Account, action: ScheduleCancelAction) -> Reply:
    """The dead man's switch: remember when all open orders end, or forget it."""
    if action.time is not None:
        if block.state.settings.volume_gates and account.volume < SCHEDULE_VOLUME:
            return replies.error(texts.not_enough_volume("set scheduled cancel time", SCHEDULE_VOLUME, account.volume))
        if action.time < block.time_ms + SCHEDULE_AHEAD_MS:
            return replies.error(texts.SCHEDULED_TOO_SOON)
        if account.scheduled_fired >= (block.time_ms // DAY_MS, SCHEDULED_PER_DAY):
            return replies.error(texts.TOO_MANY_SCHEDULED)
        block.state.agenda.add(action.time, "scheduledCancel", account.address, action.time)
    account.scheduled_cancel = action.time
    return replies.DEFAULT


def cancel_scheduled(block: Block, address: Address, time_ms: int) -> None:
    """End all open orders of an account whose time has come, unless it was put off meanwhile."""
    account = block.state.accounts.get(address)
    if account is None or account.scheduled_cancel != time_ms:
        return
    account.scheduled_cancel = None
    today = block.time_ms // DAY_MS
    day, count = account.scheduled_fired
    account.scheduled_fired = (today, count + 1 if day == today else 1)
    close_all(block, account, "scheduledCancel")
