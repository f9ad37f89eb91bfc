"""A taker against the book, by price and time; and the quote or a hand against resting orders.

Source: Hyperliquid docs, Order book and Self-trade prevention: fills happen at the resting price; an account's own
resting order is cancelled instead of traded, and the taker goes on.
"""

from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from hlmock.exchange.block import Block
from hlmock.exchange.book import QUOTE_ADDRESS, Book
from hlmock.exchange.lifecycle import close_order, fill_order, print_trade, settle_bound_orders
from hlmock.exchange.margin import account_value, can_afford, spot_free
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import USDC, ZERO, Side


class Sweep:
    """One taker's way through the other side of the book, and what it got so far.

    A reduce-only taker's size must already fit the position.
    """

    __slots__ = ("_account", "_block", "_book", "_front", "_market", "_quoted", "_quoted_left", "_taker", "ntl", "sz")

    def __init__(self, block: Block, taker: Order, account: Account, market: Market, book: Book) -> None:
        self._block, self._taker, self._account, self._market, self._book = block, taker, account, market, book
        quote, limit = book.quote, taker.limit_px
        if taker.side == "B":
            quoted, self._quoted_left = book.quoted_ask, quote.ask_sz
            is_reached = quoted is not None and quoted <= limit
        else:
            quoted, self._quoted_left = book.quoted_bid, quote.bid_sz
            is_reached = quoted is not None and quoted >= limit
        self._quoted = quoted if is_reached else None
        self._front: Front | None = None
        self.sz = ZERO
        self.ntl = ZERO

    def average_px(self) -> Decimal:
        """Volume-weighted, cut to the decimals of a price. Source: recorded answers (spot; perps alike, our choice)."""
        return (self.ntl / self.sz).quantize(self._market.px_unit, ROUND_DOWN)

    def meets_somebody(self) -> bool:
        """Whether there is anything to trade with. Own orders in the way end, and makers that cannot pay any more."""
        self._front = self._find()
        return self._front is not None

    def run(self) -> None:
        """Trade at the taker's limit or better until nothing crosses; what is left of it is the caller's."""
        block, taker, market = self._block, self._taker, self._market
        is_buy = taker.side == "B"
        while taker.sz > 0 and (front := self._front or self._find()) is not None:
            self._front = None
            maker, px, sz = front
            tid = block.next_tid()
            if maker is not None:
                fill_order(block, maker, block.account(maker.account), market, px, sz, tid, is_taker=False)
                other = maker.account
            else:
                self._quoted_left -= sz
                other = QUOTE_ADDRESS
            fill_order(block, taker, self._account, market, px, sz, tid, is_taker=True)
            buyer, seller = (taker.account, other) if is_buy else (other, taker.account)
            print_trade(block, self._book, taker.side, px, sz, tid, buyer, seller)
            self.sz += sz
            self.ntl += px * sz
        if self.sz and self._account.reduce_only:
            settle_bound_orders(block, self._account, market.asset)

    def _find(self) -> "Front | None":
        block, taker, account, market, book = self._block, self._taker, self._account, self._market, self._book
        is_buy, limit = taker.side == "B", taker.limit_px
        contra: Side = "A" if is_buy else "B"
        quoted = self._quoted if self._quoted_left else None
        while True:
            maker = book.first(contra)
            if maker is not None and (maker.limit_px > limit if is_buy else maker.limit_px < limit):
                maker = None
            # At the same price the account goes before the quote.
            if (
                maker is not None
                and quoted is not None
                and (quoted < maker.limit_px if is_buy else quoted > maker.limit_px)
            ):
                maker = None
            if maker is None:
                if quoted is None:
                    return None
                px, sz = quoted, min(taker.sz, self._quoted_left)
            else:
                px, sz = maker.limit_px, min(taker.sz, maker.sz)
                owner = block.account(maker.account)
                if owner is account:
                    close_order(block, maker, account, "selfTradeCanceled", notify=True)
                    continue
                if not _can_still_trade(block, maker, owner, market, sz):
                    close_order(block, maker, owner, "marginCanceled", notify=True)
                    continue
            if market.is_spot:
                sz = _covered(block, account, market, is_buy=is_buy, px=px, sz=sz)
            return Front(maker, px, sz) if sz else None


class Front(NamedTuple):
    """What a taker trades with next."""

    maker: Order | None
    """`None` is the quote."""
    px: Decimal
    sz: Decimal


def _can_still_trade(block: Block, maker: Order, owner: Account, market: Market, sz: Decimal) -> bool:
    """The margin of the resting side is checked again when it trades (Hyperliquid docs: Margining).

    What a spot order holds is there, unless losses of a unified account's perps have eaten it (our choice).
    """
    if maker.reduce_only or not block.state.settings.margin_checks:
        return True
    if market.is_spot:
        is_safe = not owner.is_unified or maker.side == "A" or market.quote_token != USDC
        return is_safe or account_value(block.state, owner) >= sz * maker.limit_px
    return can_afford(block.state, owner, market, maker.side, sz, maker.limit_px)


def _covered(block: Block, account: Account, market: Market, *, is_buy: bool, px: Decimal, sz: Decimal) -> Decimal:
    """The whole lots of spot that the taker's free balance covers. Source: recorded answers."""
    if not block.state.settings.margin_checks:
        return sz
    token = market.quote_token if is_buy else market.base_token
    free = max(ZERO, spot_free(block.state, account, token))
    return min(sz, (free / px if is_buy else free).quantize(market.lot, ROUND_DOWN))


def fill_resting(block: Block, order: Order, px: Decimal, sz: Decimal) -> None:
    """Fill a resting order against the quote, which is the aggressor."""
    state = block.state
    account = block.account(order.account)
    market = state.markets.by_asset[order.asset]
    tid = block.next_tid()
    fill_order(block, order, account, market, px, sz, tid, is_taker=False)
    buyer, seller = order.account, QUOTE_ADDRESS
    side: Side = "A"
    if order.side == "A":
        buyer, seller, side = seller, buyer, "B"
    print_trade(block, state.book(order.coin), side, px, sz, tid, buyer, seller)


def fill_crossed(block: Block, book: Book) -> None:
    """After the quote moved: every resting order that it reached fills whole, at its own price, best first.

    Our choice: a market that trades at or through a price fills what rests there.
    """
    ask, bid = book.quote.ask_px, book.quote.bid_px
    while (order := book.first("B")) is not None and ask is not None and order.limit_px >= ask:
        _fill_reached(block, order)
    while (order := book.first("A")) is not None and bid is not None and order.limit_px <= bid:
        _fill_reached(block, order)


def _fill_reached(block: Block, order: Order) -> None:
    owner, market = block.account(order.account), block.state.markets.by_asset[order.asset]
    if _can_still_trade(block, order, owner, market, order.sz):
        fill_resting(block, order, order.limit_px, order.sz)
    else:
        close_order(block, order, owner, "marginCanceled", notify=True)
