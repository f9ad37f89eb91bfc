"""Liquidation: positions whose margin has fallen below the maintenance margin. Source: Hyperliquid docs, Liquidations.

What stands in for what is a pool (`margin.pools`): the cross positions together, each isolated one alone. Below its
maintenance margin, its positions are closed on the book, the largest first, until the margin is enough; of one above
100,000 USDC a fifth goes first, the rest after 30 seconds. Below two thirds of it the liquidator takes the positions
over at the mark price, with all margin that is left. Open orders end first. The price of the orders is never worse than
the one at which nothing would be left (our choice), so the book makes no debt; the liquidator bears what there is,
without limit, and is not liquidated itself: nobody is deleveraged (our choice).

Looked at after each change of a mark price, for the accounts that traded, after each payment of funding, and after each
cooldown.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from hlmock.exchange import fees
from hlmock.exchange.block import Block
from hlmock.exchange.lifecycle import close_order, fill_order
from hlmock.exchange.margin import Pool, pools
from hlmock.exchange.markets import valid_price
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import Liquidation
from hlmock.exchange.model.fills import FillLiquidation
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.model.terms import ZERO, Side
from hlmock.exchange.orders import enter, system_order
from hlmock.wire.addresses import ZERO_ADDRESS, Address
from hlmock.wire.numbers import wire

LARGE_NTL, LARGE_NTL_OF_TESTNET = Decimal(100_000), Decimal(10_000)
"""USDC; of a position above this only a part is closed at first."""
FIRST_PART: Final = Decimal("0.2")
COOLDOWN_MS: Final = 30_000
BACKSTOP_PART: Final = Decimal(2) / 3
"""Of the maintenance margin."""
LIQUIDATOR: Final = Address("0x" + "11d0" * 10)
"""The account that takes positions over; opened empty when there is a first one. Its address is our choice."""


def check_coin(block: Block, coin: str) -> None:
    """After the mark price of a coin changed."""
    asset = block.state.markets.by_coin[coin].asset
    for account in list(block.state.accounts.values()):
        if asset in account.positions:
            check_account(block, account)


def check_traded(block: Block) -> None:
    """After fills: those of a liquidation may leave others short in their turn."""
    while block.traded:
        address = next(iter(block.traded))
        del block.traded[address]
        account = block.account(address)
        if account.positions:
            check_account(block, account)


def go_on(block: Block, address: Address) -> None:
    """After a cooldown: the rest."""
    account = block.state.accounts.get(address)
    if account is not None and account.positions:
        check_account(block, account)


def check_account(block: Block, account: Account) -> None:
    """Liquidate what is short of margin."""
    state = block.state
    if not (state.settings.margin_checks and state.profile.matching) or account.address == LIQUIDATOR:
        return
    is_short = False
    for pool in list(pools(state, account)):
        if pool.is_short:
            is_short = True
            _liquidate(block, account, pool)
    if not is_short:
        account.partly_liquidated_ms = None
    block.traded.pop(account.address, None)


def _liquidate(block: Block, account: Account, pool: Pool) -> None:
    _end_orders(block, account, pool)
    if pool.equity >= pool.maintenance * BACKSTOP_PART:
        partly_ms = account.partly_liquidated_ms
        if partly_ms is not None and block.time_ms - partly_ms < COOLDOWN_MS:
            return
        _sell_off(block, account, pool)
        left = _as_it_is_now(block, account, pool)
        if left is None or left.equity >= left.maintenance * BACKSTOP_PART:
            return
        pool = left
    _take_over(block, account, pool)


def _end_orders(block: Block, account: Account, pool: Pool) -> None:
    """Of an isolated position those of its coin, else all that are not isolated and draw on the same collateral."""
    state = block.state
    asset = None if pool.is_cross else pool.positions[0].asset
    for order in list(account.open_orders.values()):
        market = state.markets.by_asset[order.asset]
        is_elsewhere = account.dexes_are_apart and market.dex != pool.positions[0].dex
        if not order.is_open or is_elsewhere or (market.is_spot and not account.is_unified):
            continue
        if order.asset == asset or (asset is None and account.leverage_in(market).is_cross):
            close_order(block, order, account, "liquidatedCanceled", notify=True)


def _as_it_is_now(block: Block, account: Account, pool: Pool) -> Pool | None:
    assets = {position.asset for position in pool.positions}
    for each in pools(block.state, account):
        if each.is_cross is pool.is_cross and assets & {position.asset for position in each.positions}:
            return each
    return None


# -- on the book --------------------------------------------------------------------------------------------


def _sell_off(block: Block, account: Account, pool: Pool) -> None:
    """Close the positions by market orders, until the margin is enough."""
    state = block.state
    has_traded = False
    held = [(position.coin, position.szi) for position in pool.positions]
    by_size = sorted(pool.positions, key=lambda each: -abs(each.szi) * state.mark_px(each.coin))
    is_first = account.partly_liquidated_ms is None
    now: Pool | None = pool
    for position in by_size:
        if now is None or not now.is_short:
            break
        has_traded |= _close_on_book(block, account, position, now, is_first=is_first)
        now = _as_it_is_now(block, account, pool)
    if not has_traded:
        return
    _announce(block, account, pool, held, ZERO_ADDRESS)
    if now is not None and now.is_short:
        account.partly_liquidated_ms = block.time_ms
        state.agenda.add(block.time_ms + COOLDOWN_MS, "liquidation", account.address)


def _close_on_book(block: Block, account: Account, position: Position, pool: Pool, *, is_first: bool) -> bool:
    """Returns whether the book took anything."""
    state = block.state
    market, book = state.markets.by_asset[position.asset], state.book(position.coin)
    sz = abs(position.szi)
    if is_first and sz * book.mark_px > (LARGE_NTL_OF_TESTNET if state.settings.network == "testnet" else LARGE_NTL):
        sz = (sz * FIRST_PART).quantize(market.lot, ROUND_UP)
    px = _worst_px(block, account, position, pool, market)
    side: Side = "A" if position.szi > 0 else "B"
    if not book.crosses(side, px):
        return False
    order = system_order(block, account, market, side, px, sz, "LiquidationMarket", "Market")
    block.liquidation = FillLiquidation(account.address, book.mark_px, "market")
    enter(block, account, order, market, book)
    block.liquidation = None
    return order.sz < sz


def _worst_px(block: Block, account: Account, position: Position, pool: Pool, market: Market) -> Decimal:
    """At which closing the whole position, fee included, would leave nothing."""
    fee = fees.fee_rate(block.state, account, market, is_taker=True, now_ms=block.time_ms)
    mark_px, per_size = block.state.mark_px(position.coin), pool.equity / abs(position.szi)
    if position.szi < 0:
        return valid_price((mark_px + per_size) / (1 + fee), market.px_decimals, ROUND_DOWN)
    px = (mark_px - per_size) / (1 - fee)
    return valid_price(max(px, market.px_unit), market.px_decimals, ROUND_CEILING)


# -- the liquidator -----------------------------------------------------------------------------------------


def _take_over(block: Block, account: Account, pool: Pool) -> None:
    """The liquidator gets the positions at the mark price, and with them all that is left of their margin."""
    state = block.state
    liquidator = state.accounts.get(LIQUIDATOR)
    if liquidator is None:
        liquidator = block.open_account(LIQUIDATOR, "liquidator")
    held = [(position.coin, position.szi) for position in pool.positions]
    for position in pool.positions:
        market, mark_px = state.markets.by_asset[position.asset], state.mark_px(position.coin)
        liquidator.leverage[market.asset] = Leverage(True, 1)
        sz, tid = abs(position.szi), block.next_tid()
        closing: Side = "A" if position.szi > 0 else "B"
        opening: Side = "B" if closing == "A" else "A"
        block.liquidation = FillLiquidation(account.address, mark_px, "backstop")
        for owner, side in ((account, closing), (liquidator, opening)):
            order = system_order(block, owner, market, side, mark_px, sz, "LiquidationMarket", "Market")
            block.order_changed(order, owner, "open")
            fill_order(block, order, owner, market, mark_px, sz, tid, is_taker=owner is account, is_free=True)
        block.liquidation = None
    account.add_collateral(pool.positions[0].dex, -pool.equity)
    liquidator.usdc += pool.equity
    _announce(block, account, pool, held, LIQUIDATOR)


def _announce(
    block: Block, account: Account, pool: Pool, held: Sequence[tuple[str, Decimal]], liquidator: Address
) -> None:
    """Tell the liquidated account, and the liquidator unless the book was it (the zero address, our choice)."""
    state = block.state
    number = state.next_liquidation
    state.next_liquidation = number + 1
    ntl = sum((abs(szi) * state.mark_px(coin) for coin, szi in held), ZERO)
    for told in (account.address, liquidator):
        if told != ZERO_ADDRESS:
            block.changes.append(Liquidation(told, number, liquidator, account.address, ntl, pool.equity))
    delta = {
        "type": "liquidation",
        "liquidatedNtlPos": wire(round(ntl, 6)),
        "accountValue": wire(round(pool.equity, 6)),
        "leverageType": "Cross" if pool.is_cross else "Isolated",
        "liquidatedPositions": [{"coin": coin, "szi": wire(szi)} for coin, szi in held],
    }
    block.ledger_changed(account, delta)
