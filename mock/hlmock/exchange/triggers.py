"""Trigger orders that fire: the mark price has reached what they wait for.

Source: Hyperliquid docs, Take profit and stop loss orders. A fired order goes on under its own oid (`triggered`, then
what becomes of any order of its kind; our choice): a trigger limit as Gtc at its price, a trigger market as IOC at its
price, at most 10 % from the mark.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from hlmock.exchange.actions import twaps
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book
from hlmock.exchange.markets import valid_price
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.orders import enter, refuse
from hlmock.exchange.state import State
from hlmock.exchange.validation import entry_refusal, is_met

MARKET_SLIPPAGE = Decimal("0.1")
"""Of a trigger market order. Source: Hyperliquid docs, Take profit and stop loss orders."""


def fire_touched(block: Block) -> None:
    """Fire what the changes of a block have set off; its last step."""
    for coin in tuple(block.coins):
        fire(block, coin)


def fire(block: Block, coin: str) -> None:
    """Fire every order of this coin whose price has come, the oldest first, until there is none.

    Called in the block that changed the mark price. A call from within a firing leaves its work to that one.
    """
    if coin in block.firing or not block.state.profile.matching:
        return
    block.firing += (coin,)
    while (order := _next_met(block.state, coin)) is not None:
        _fire_one(block, order)
    twaps.watch(block, coin)
    block.firing = tuple(each for each in block.firing if each != coin)


def _next_met(state: State, coin: str) -> Order | None:
    armed = state.armed.get(coin)
    if not armed:
        return None
    mark_px = state.mark_px(coin)
    return next((order for order in armed.values() if is_met(order, mark_px)), None)


def _fire_one(block: Block, order: Order) -> None:
    state = block.state
    account, market, book = block.account(order.account), state.markets.by_asset[order.asset], state.book(order.coin)
    del state.armed[order.coin][order.oid]
    order.trigger_condition = "Triggered"
    block.order_changed(order, account, "triggered")
    if order.order_type.endswith("Market"):
        order.tif = "Ioc"
        order.limit_px = _capped(order, market, book)
    else:
        order.tif = "Gtc"
    refusal = entry_refusal(state, account, order, market, book)
    if refusal is None:
        enter(block, account, order, market, book)
    else:
        refuse(block, account, order, refusal)


def _capped(order: Order, market: Market, book: Book) -> Decimal:
    if order.is_buy:
        return min(order.limit_px, valid_price(book.mark_px * (1 + MARKET_SLIPPAGE), market.px_decimals, ROUND_DOWN))
    return max(order.limit_px, valid_price(book.mark_px * (1 - MARKET_SLIPPAGE), market.px_decimals, ROUND_UP))
