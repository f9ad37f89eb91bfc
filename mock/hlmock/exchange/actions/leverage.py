"""Leverage and isolated margin. Source: Hyperliquid docs, Margining; texts: recorded answers."""

from decimal import ROUND_UP, Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.margin import free_margin, largest_leverage, withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.model.terms import MICRO_USD
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    TopUpIsolatedOnlyMarginAction,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)


def update_leverage(block: Block, account: Account, action: UpdateLeverageAction) -> Reply:
    """Choose leverage and margin mode of a coin."""
    state = block.state
    market = state.markets.by_asset.get(action.asset)
    if market is None or market.is_spot:
        return replies.error(texts.INVALID_ASSET.text)
    if not 1 <= action.leverage <= market.max_leverage:
        return replies.error(texts.INVALID_LEVERAGE)
    if action.isCross and (market.only_isolated or market.margin_mode is not None):
        return replies.error(texts.NO_CROSS)
    before = account.leverage_in(market)
    position = account.positions.get(market.asset)
    if before.is_cross != action.isCross and (
        position is not None or any(order.asset == market.asset for order in account.open_orders.values())
    ):
        return replies.error(texts.CANNOT_SWITCH)
    if position is not None and action.leverage > before.value:
        ntl = abs(position.szi) * state.mark_px(market.coin)
        if action.leverage > largest_leverage(state.markets.margin_tiers(market), ntl):
            return replies.error(texts.INVALID_LEVERAGE)  # the words are our choice
    if position is not None and action.leverage < before.value:
        text = _too_little_margin(block, account, market, position, action.leverage)
        if text is not None:
            return replies.error(text)
    account.leverage[market.asset] = Leverage(action.isCross, action.leverage)
    block.user_changed(account)
    return replies.DEFAULT


def _too_little_margin(block: Block, account: Account, market: Market, position: Position, leverage: int) -> str | None:
    mark_px = block.state.mark_px(market.coin)
    needed = abs(position.szi) * mark_px / leverage
    if position.isolated_margin is not None:
        has = position.isolated_margin + position.pnl_at(mark_px)
        return texts.ISOLATED_TOO_LITTLE if has < needed else None
    free = free_margin(block.state, account, market)
    return texts.CROSS_TOO_LITTLE if free < needed else None


def update_isolated_margin(block: Block, account: Account, action: UpdateIsolatedMarginAction) -> Reply:
    """Move USDC into (positive) or out of (negative) the margin of an isolated position."""
    state = block.state
    market = state.markets.by_asset.get(action.asset)
    if market is None or market.is_spot:
        return replies.error(texts.INVALID_ASSET.text)
    position = account.positions.get(market.asset)
    if position is None:
        return replies.error(texts.EMPTY_POSITION)
    if position.isolated_margin is None:
        return replies.error(texts.NOT_ISOLATED)
    amount = action.ntli * MICRO_USD
    if not amount:
        return replies.error(texts.ZERO_MARGIN)
    if amount > withdrawable(state, account, market.dex):
        return replies.error(texts.MARGIN_NOT_THERE)
    if amount < 0:
        if market.margin_mode == "strictIsolated":
            return replies.error(texts.MARGIN_STAYS)
        mark_px = state.mark_px(market.coin)
        ntl = abs(position.szi) * mark_px
        needed = max(ntl / account.leverage_in(market).value, ntl / 10)
        if position.isolated_margin + position.pnl_at(mark_px) + amount < needed:
            return replies.error(texts.MARGIN_NEEDED)
    _move_margin(block, account, position, amount)
    return replies.DEFAULT


def top_up_isolated_only_margin(block: Block, account: Account, action: TopUpIsolatedOnlyMarginAction) -> Reply:
    """Add the margin that brings a strictly isolated position down to a leverage."""
    market = block.state.markets.by_asset.get(action.asset)
    if market is None or market.margin_mode != "strictIsolated":
        return replies.error(texts.NOT_STRICT_ISOLATED)
    position = account.positions.get(market.asset)
    if position is None or position.isolated_margin is None:
        return replies.error(texts.EMPTY_POSITION)
    leverage = Decimal(action.leverage)
    if leverage <= 0:
        return replies.error(texts.INVALID_LEVERAGE)
    needed = (abs(position.szi) * block.state.mark_px(market.coin) / leverage).quantize(MICRO_USD, ROUND_UP)
    amount = needed - position.isolated_margin
    if amount > withdrawable(block.state, account, market.dex):
        return replies.error(texts.MARGIN_NOT_THERE)
    if amount > 0:
        _move_margin(block, account, position, amount)
    return replies.DEFAULT


def _move_margin(block: Block, account: Account, position: Position, amount: Decimal) -> None:
    assert position.isolated_margin is not None
    position.isolated_margin += amount
    account.add_collateral(position.dex, -amount)
    block.user_changed(account)
