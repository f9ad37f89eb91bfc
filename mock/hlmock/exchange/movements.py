"""What a market outside does to a coin here: it moves the quote, the oracle or the mark price, or trades.

All of it is our choice: the real exchange's quotes and trades are those of its users.
"""

from decimal import Decimal

import msgspec

from hlmock.exchange.block import Block
from hlmock.exchange.book import QUOTE_ADDRESS, Book
from hlmock.exchange.lifecycle import print_trade
from hlmock.exchange.matching import fill_crossed, fill_resting
from hlmock.exchange.model.markets import Quote
from hlmock.exchange.model.terms import Side
from hlmock.exchange.prices import after_mark
from hlmock.wire.addresses import Address

MARKET_ADDRESS = Address("0x" + "7a4e" * 10)
"""Who trades against the quote in a trade from outside. It is no account."""


class OutsideTrade(msgspec.Struct, frozen=True, gc=False):
    """A trade of somebody who has no account here. What rests at its price or better goes first."""

    side: Side
    """Of the aggressor."""
    px: Decimal
    sz: Decimal


class Movement(msgspec.Struct, frozen=True, gc=False):
    """What happens to one coin in one block; `None` leaves it."""

    coin: str
    quote: Quote | None = None
    oracle_px: Decimal | None = None
    mark_px: Decimal | None = None
    trade: OutsideTrade | None = None


def move(block: Block, movement: Movement) -> None:
    """Carry it out: the quote and what it reaches, the prices, the trade, and at last what a new mark price causes."""
    book = block.state.book(movement.coin)
    mark_px = book.mark_px
    if movement.quote is not None:
        book.set_quote(movement.quote)
        fill_crossed(block, book)
    if movement.oracle_px is not None:
        book.set_oracle(movement.oracle_px)
    if movement.mark_px is not None:
        book.set_mark(movement.mark_px)
    if movement.trade is not None:
        _trade(block, book, movement.trade)
    block.book_changed(book)
    if book.mark_px != mark_px:
        after_mark(block, book.coin)


def _trade(block: Block, book: Book, trade: OutsideTrade) -> None:
    left, is_buy = trade.sz, trade.side == "B"
    contra: Side = "A" if is_buy else "B"
    while left and (order := book.first(contra)) is not None:
        if order.limit_px > trade.px if is_buy else order.limit_px < trade.px:
            break
        executed = min(left, order.sz)
        fill_resting(block, order, order.limit_px, executed)
        left -= executed
    if left:
        buyer, seller = (MARKET_ADDRESS, QUOTE_ADDRESS) if is_buy else (QUOTE_ADDRESS, MARKET_ADDRESS)
        print_trade(block, book, trade.side, trade.px, left, block.next_tid(), buyer, seller)
