"""Mark and oracle prices: where they come from, and what a change of the mark causes.

Rule 1: the mark price is what was set last, by hand or as the middle of the quote (our choice: the real one is a median
that needs other venues' prices). Rule 2: until an oracle price is set by hand, it follows the middle of the quote in
the proportion of the tables, so that moving a quote alone makes no premium. Rule 3: whatever moves a mark price calls
`after_mark` once, after everything else that it does.
"""

from decimal import Decimal

from hlmock.exchange import liquidation, triggers
from hlmock.exchange.block import Block
from hlmock.exchange.book import Book


def set_prices(block: Block, book: Book, *, oracle_px: Decimal | None, mark_px: Decimal | None) -> None:
    """Set either price of a coin or both; `None` leaves it."""
    if oracle_px is not None:
        book.set_oracle(oracle_px)
    if mark_px is not None:
        book.set_mark(mark_px)
        after_mark(block, book.coin)
    block.book_changed(book)


def after_mark(block: Block, coin: str) -> None:
    """What a new mark price causes: triggers fire, then accounts that it leaves short of margin are liquidated."""
    triggers.fire(block, coin)
    liquidation.check_coin(block, coin)
