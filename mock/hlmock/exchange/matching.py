"""A taker against the book, by price and time; and the quote or a hand against resting orders.

Source: Hyperliquid docs, Order book and Self-trade prevention: fills happen at the resting price; an account's own
resting order is cancelled instead of traded, and the taker goes on.
"""

from decimal import ROUND_DOWN, Decimal

from hlmock.exchange.block import Block
from hlmock.exchange.book import QUOTE_ADDRESS, Book
from hlmock.exchange.lifecycle import close_order, fill_order, print_trade, settle_bound_orders
from hlmock.exchange.margin import can_afford
from hlmock.exchange.model import ZERO, Account, Market, Order, Side
from hlmock.exchange.state import balance, held


class Executed:
    """What one taker got so far."""

    __slots__ = ("ntl", "sz")

    def __init__(self) -> None:
        self.sz = ZERO
        self.ntl = ZERO

    def average_px(self, market: Market) -> Decimal:
        """Volume-weighted, cut to the decimals of a price. Source: recorded answers (spot; perps alike, our choice)."""
        return (self.ntl / self.sz).quantize(Decimal(1).scaleb(-market.px_decimals), ROUND_DOWN)


def match(block: Block, taker: Order, account: Account, market: Market, book: Book) -> Executed:
    """Trade `taker` at its limit or better until nothing crosses; what is left of it is the caller's.

    A reduce-only taker's size must already fit the position.
    """
    done = Executed()
    is_buy = taker.side == "B"
    contra: Side = "A" if is_buy else "B"
    limit, quote = taker.limit_px, book.quote
    quoted, quote_left = (book.quoted_ask, quote.ask_sz) if is_buy else (book.quoted_bid, quote.bid_sz)
    if quoted is not None and (quoted > limit if is_buy else quoted < limit):
        quoted = None
    while taker.sz > 0:
        maker = book.first(contra)
        if maker is not None and (maker.limit_px > limit if is_buy else maker.limit_px < limit):
            maker = None
        if quoted is not None and not quote_left:
            quoted = None
        if (
            maker is not None
            and quoted is not None
            and (quoted < maker.limit_px if is_buy else quoted > maker.limit_px)
        ):
            maker = None  # at the same price the account goes first
        if maker is not None:
            px, most = maker.limit_px, maker.sz
            owner = block.account(maker.account)
            if owner is account:
                close_order(block, maker, account, "selfTradeCanceled", notify=True)
                continue
            if not _can_still_trade(block, maker, owner, market, min(most, taker.sz)):
                close_order(block, maker, owner, "marginCanceled", notify=True)
                continue
        elif quoted is not None:
            px, most, owner = quoted, quote_left, None
        else:
            break
        sz = min(taker.sz, most)
        if market.is_spot:
            sz = _covered(block, account, market, is_buy=is_buy, px=px, sz=sz)
            if not sz:
                break
        tid = block.next_tid()
        if maker is not None and owner is not None:
            fill_order(block, maker, owner, market, px, sz, tid, is_taker=False)
            other = maker.account
        else:
            quote_left -= sz
            other = QUOTE_ADDRESS
        fill_order(block, taker, account, market, px, sz, tid, is_taker=True)
        buyer, seller = (taker.account, other) if is_buy else (other, taker.account)
        print_trade(block, book, taker.side, px, sz, tid, buyer, seller)
        done.sz += sz
        done.ntl += px * sz
    if done.sz and account.reduce_only:
        settle_bound_orders(block, account, market.asset)
    return done


def _can_still_trade(block: Block, maker: Order, owner: Account, market: Market, sz: Decimal) -> bool:
    """The margin of the resting side is checked again when it trades (Hyperliquid docs: Margining)."""
    if market.is_spot or maker.reduce_only or not block.state.settings.margin_checks:
        return True
    return can_afford(block.state, owner, market, is_buy=maker.side == "B", sz=sz, px=maker.limit_px)


def _covered(block: Block, account: Account, market: Market, *, is_buy: bool, px: Decimal, sz: Decimal) -> Decimal:
    """The whole lots of spot that the taker's free balance covers. Source: recorded answers."""
    if not block.state.settings.margin_checks:
        return sz
    token = market.quote_token if is_buy else market.base_token
    free = max(ZERO, balance(account, token) - held(block.state, account, token))
    lot = Decimal(1).scaleb(-market.sz_decimals)
    return min(sz, (free / px if is_buy else free).quantize(lot, ROUND_DOWN))


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
        fill_resting(block, order, order.limit_px, order.sz)
    while (order := book.first("A")) is not None and bid is not None and order.limit_px <= bid:
        fill_resting(block, order, order.limit_px, order.sz)
