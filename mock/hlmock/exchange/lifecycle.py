"""What can happen to one order after it was accepted: it rests, is armed, fills, shrinks, ends.

Every function here changes the order, its account and its book together and notes the change in the block. Source of
the statuses: Hyperliquid docs, Order statuses; what is sent of them: recorded updates.
"""

from decimal import ROUND_DOWN, Decimal
from typing import Final

from hlmock.exchange import fees
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import NonUserCancel
from hlmock.exchange.model.fills import Fill, TradePrint
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import ZERO, Side, Tid
from hlmock.exchange.positions import fill_perp, fill_spot
from hlmock.exchange.state import State
from hlmock.wire.addresses import Address

ENDS_ALL: Final = frozenset({"scheduledCancel", "liquidatedCanceled", "vaultWithdrawalCanceled"})
"""Statuses of orders that ended with all others of their account."""


SAFE_PARTS = 4
"""What is affordable leaves at least half of 1 / maximum leverage above the maintenance margin. A fill costs at most
half of that, fee included, unless its price is further from the mark: then its account's margin is looked at."""


def rest_order(block: Block, order: Order, account: Account, book: Book) -> None:
    """The order waits in the book; its `open` is already noted."""
    account.open_orders[order.oid] = order
    if block.state.profile.matching:
        book.rest(order)
        block.book_changed(book)
    if order.reduce_only and block.state.profile.order_checks:
        account.reduce_only.setdefault(order.asset, {})[order.oid] = order
        settle_bound_orders(block, account, order.asset)


def open_trigger(block: Block, order: Order, account: Account, *, parent: Order | None = None) -> None:
    """The trigger order waits for its price, or first for its parent to fill; it is in no book."""
    account.open_orders[order.oid] = order
    if order.is_position_tpsl:
        account.reduce_only.setdefault(order.asset, {})[order.oid] = order
        if order.asset in account.positions:
            order.sz = order.orig_sz = abs(account.positions[order.asset].szi)
    if parent is None:
        arm(block.state, order)
    else:
        parent.children.append(order)
    block.order_changed(order, account, "open")


def arm(state: State, order: Order) -> None:
    """From now on the mark price can fire it."""
    state.armed.setdefault(order.coin, {})[order.oid] = order


def close_order(block: Block, order: Order, account: Account, status: str, *, notify: bool = False) -> None:
    """End an open order unfilled. `notify`: the user did not ask for it and gets a `nonUserCancel`."""
    leave(block, order, account, status)
    block.order_changed(order, account, status)
    if notify:
        block.changes.append(NonUserCancel(order.account, order.coin, order.oid))
    if order.children:
        if status == "marginCanceled" and order.sz < order.orig_sz:
            release_children(block, order, account)
        else:
            # What ends all orders of an account ends the children too; else they end because their parent has.
            word = status if status in ENDS_ALL else "canceled"
            close_children(block, order, account, word, notify=notify and word == status)


def close_all(block: Block, account: Account, status: str) -> None:
    """End all open orders of an account, which has not asked for it."""
    for order in list(account.open_orders.values()):
        if order.is_open:
            close_order(block, order, account, status, notify=True)


def close_children(
    block: Block, parent: Order, account: Account, status: str = "canceled", *, notify: bool = False
) -> None:
    """End the TP/SL orders that wait for a parent that is gone."""
    for child in parent.children:
        if child.is_open:
            close_order(block, child, account, status, notify=notify)


def release_children(block: Block, parent: Order, account: Account) -> None:
    """Arm the TP/SL orders of a parent that has ended filled, for as much of their size as it has filled of its own.

    Source: Hyperliquid docs, Take profit and stop loss orders; the smaller size after a partial fill is our choice.
    """
    children, parent.children = parent.children, []
    for child in children:
        if not child.is_open:
            continue
        if parent.sz:
            lot = block.state.markets.by_asset[child.asset].lot
            child.sz = (child.sz * (parent.orig_sz - parent.sz) / parent.orig_sz).quantize(lot, ROUND_DOWN)
            if not child.sz:
                close_order(block, child, account, "canceled")
                continue
            block.order_changed(child, account, "open", published=False)
        arm(block.state, child)


def close_siblings(block: Block, order: Order, account: Account) -> None:
    """One of a group of TP/SL orders has filled: the others end. Source: Hyperliquid docs, Order statuses."""
    for oid in order.siblings:
        sibling = account.open_orders.get(oid)
        if sibling is not None:
            close_order(block, sibling, account, "siblingFilledCanceled", notify=True)


def leave(block: Block, order: Order, account: Account, status: str) -> None:
    """Take an order out of everything that holds open orders, without noting the change."""
    order.status = status
    order.status_timestamp = block.time_ms
    if order.arrival:
        book = block.state.books[order.coin]
        book.remove(order)
        order.arrival = 0
        block.book_changed(book)
    retire(block.state, order, account)


def retire(state: State, order: Order, account: Account) -> None:
    """Keep a terminal order for a while, and forget the one that is kept longest."""
    account.open_orders.pop(order.oid, None)
    if order.reduce_only and account.reduce_only:
        account.reduce_only.get(order.asset, {}).pop(order.oid, None)
    if order.is_trigger:
        state.armed.get(order.coin, {}).pop(order.oid, None)
    account.past.append(order.oid)
    if len(account.past) > state.settings.kept_orders:
        forgotten = state.orders.pop(account.past.popleft())
        if forgotten.cloid is not None and account.latest_by_cloid.get(forgotten.cloid) == forgotten.oid:
            del account.latest_by_cloid[forgotten.cloid]


def fill_order(
    block: Block,
    order: Order,
    account: Account,
    market: Market,
    px: Decimal,
    sz: Decimal,
    tid: Tid,
    *,
    is_taker: bool,
    is_free: bool = False,
) -> None:
    """One side of one execution: balances, fee, the order's rest, the fill.

    Args:
        is_free: no fee, and the volume does not count: positions change hands outside the book.
    """
    state = block.state
    if market.is_spot:
        effect = fill_spot(account, market, order.side, px, sz)
    else:
        effect = fill_perp(account, market, account.leverage_in(market), order.side, px, sz)
        book = state.book(order.coin)
        book.position_changed(effect.start_position, sz if order.side == "B" else -sz)
        if abs(px - book.mark_px) * SAFE_PARTS * market.max_leverage > book.mark_px:
            block.traded[account.address] = None
    if is_free:
        charge = fees.FREE
    else:
        charge = fees.charge(state, account, order, market, px, sz, is_taker=is_taker, now_ms=block.time_ms)
        fees.record_volume(account, market, px * sz, is_taker=is_taker, now_ms=block.time_ms)
    if market.is_spot:
        account.spot[charge.token] -= charge.fee
    else:
        account.add_collateral(market.dex, -charge.fee)
    if order.builder is not None or account.referral is not None or account.master is not None:
        fees.share_fee(state, account, order, charge)
    order.sz -= sz
    if order.twap_id is not None:
        twap = state.twaps[order.twap_id]
        twap.executed_sz += sz
        twap.executed_ntl += px * sz
    fill = Fill(
        order.account,
        order.coin,
        order.asset,
        px,
        sz,
        order.side,
        block.time_ms,
        effect.start_position,
        effect.dir,
        effect.closed_pnl,
        block.hash,
        order.oid,
        is_taker,
        charge.fee,
        state.markets.token_by_index[charge.token].name,
        tid,
        order.cloid,
        charge.builder_fee,
        order.twap_id,
        block.liquidation,
    )
    account.fills.append(fill)
    if len(account.fills) > 2 * state.settings.kept_fills:
        del account.fills[: -state.settings.kept_fills]
    if order.sz > 0:
        # Nothing on the wire for a partial fill, unless the profile says so (and then `open` with what remains).
        published = state.profile.partial_fill_published and not is_taker
        block.order_changed(order, account, "open" if published else "partiallyFilled", fill=fill, published=published)
        if order.arrival:
            block.book_changed(state.books[order.coin])
    else:
        leave(block, order, account, "filled")
        shown_px = px if state.profile.filled_limit_px_is_fill_px else None
        block.order_changed(order, account, "filled", fill=fill, limit_px=shown_px)
    block.changes.append(fill)
    block.user_changed(account)
    if order.sz <= 0:
        if order.children:
            release_children(block, order, account)
        if order.siblings:
            close_siblings(block, order, account)
    if not is_taker and account.reduce_only:
        settle_bound_orders(block, account, order.asset)


def print_trade(
    block: Block, book: Book, side: Side, px: Decimal, sz: Decimal, tid: Tid, buyer: Address, seller: Address
) -> None:
    """The public side of an execution. `side` is the aggressor's."""
    trade = TradePrint(book.coin, side, px, sz, block.time_ms, block.hash, tid, buyer, seller)
    book.record_trade(trade)
    fees.record_trade(block.state, px * sz, block.time_ms)
    block.changes.append(trade)
    block.book_changed(book)


def settle_bound_orders(block: Block, account: Account, asset: int) -> None:
    """Fit the orders that are bound to a position to what is left of it.

    Source: recorded updates. The size of a resting reduce-only order shrinks with the position (`origSz` stays); when
    the position has closed or turned, it ends as `reduceOnlyCanceled`, without a `nonUserCancel`; of several that
    exceed the position together, the older ones end. TP/SL of a position has its size, grown or shrunk, until it fires.
    """
    bound = account.reduce_only.get(asset)
    if not bound:
        return
    position = account.positions.get(asset)
    szi = ZERO if position is None else position.szi
    free = abs(szi)
    for order in list(bound.values())[::-1]:
        reduces = bool(szi) and (szi > 0) is (order.side == "A")
        if reduces and order.is_position_tpsl:
            fitting = abs(szi) if order.waits_for_price else min(order.sz, abs(szi))
        elif reduces and (order.sz <= free or free == abs(szi)):
            fitting = min(order.sz, free)
            free -= fitting
        else:
            close_order(block, order, account, "reduceOnlyCanceled")
            continue
        if fitting != order.sz:
            order.sz = fitting
            if order.waits_for_price:
                order.orig_sz = fitting
            block.order_changed(order, account, "open", published=False)
            if order.arrival:
                block.book_changed(block.state.books[order.coin])
