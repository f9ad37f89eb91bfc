"""What is wrong with orders before and when they meet the book.

Static faults depend on the payload (and the mark price) alone: the first one refuses the whole batch, nothing is
recorded. Runtime refusals are of one order, in the measured precedence: tick, minimum notional, reduce-only,
trigger price, post-only or no match, margin; for a spot IOC: no match, zero balance, minimum notional. Texts and
precedence: recorded answers; Hyperliquid docs, Error responses.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from hlmock.exchange import texts
from hlmock.exchange.book import Book
from hlmock.exchange.caps import cap_refusal
from hlmock.exchange.margin import can_afford, exceeds_margin_tier, spot_free
from hlmock.exchange.markets import (
    DEX_OFFSET,
    SPOT_OFFSET,
    is_price_valid,
    is_size_valid,
)
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import Side
from hlmock.exchange.state import State
from hlmock.exchange.texts import Fault, Refusal
from hlmock.wire.actions.trading import Builder, PriorityGrouping
from hlmock.wire.actions.trading import Order as OrderSpec
from hlmock.wire.numbers import parse_decimal, shortest

MAX_BATCH = 200
MIN_NTL = Decimal(10)
"""Source: Hyperliquid docs, Error responses. Spot: 10 units of the quote token."""
MAX_AMOUNT = Decimal(10) ** 15
"""Larger prices and sizes are invalid (our choice: the real bounds are not known)."""
MAX_BUILDER_FEE = {False: 100, True: 1000}
"""Tenths of a basis point; perps and spot. Source: Hyperliquid docs, Builder codes."""
OPEN_ORDERS = 1_000
OPEN_ORDERS_MAX = 5_000
OPEN_ORDERS_STEP = 5_000_000
"""One more open order per this much volume, USDC. Source: Hyperliquid docs, Rate limits and user limits."""

MAX_MARKET_NTLS: Final = ((25, 30_000_000), (20, 5_000_000), (10, 2_000_000), (1, 500_000))
"""From this maximum leverage of the coin on, the most that a market order may be worth, USDC. Source: Hyperliquid docs,
Contract specifications."""
NEVER_TOO_LARGE: Final = Decimal(MAX_MARKET_NTLS[-1][1])
"""The least of them."""
MAX_LIMIT_FACTOR = 10
"""A limit order may be worth this much more."""

Grouping = str | PriorityGrouping


def batch_fault(
    state: State, account: Account, orders: Sequence[OrderSpec], grouping: Grouping, builder: Builder | None
) -> Fault | None:
    """The first static fault of a batch."""
    if len(orders) > MAX_BATCH:
        return texts.OVER_WEIGHT
    if not orders:
        return texts.EMPTY
    sized = grouping != "positionTpsl"
    for spec in orders:
        fault = order_fault(state, spec, sized)
        if fault is not None:
            return fault
    if grouping != "na":
        fault = _grouping_fault(state, orders, grouping)
        if fault is not None:
            return fault
    if builder is not None and state.profile.order_checks:
        limit = MAX_BUILDER_FEE[all(SPOT_OFFSET <= spec.a < DEX_OFFSET for spec in orders)]
        if builder.f > min(account.builder_approvals.get(builder.b, -1), limit):
            return texts.BUILDER_NOT_APPROVED
    return None


def order_fault(state: State, spec: OrderSpec, sized: bool = True) -> Fault | None:
    """The static fault of one order.

    Args:
        sized: False where the size is the position's and may be sent as 0 (our choice).
    """
    market = state.markets.by_asset.get(spec.a)
    if market is None:
        return texts.INVALID_SPOT if SPOT_OFFSET <= spec.a < DEX_OFFSET else texts.INVALID_ASSET
    if not state.profile.order_checks:
        return None
    if market.is_delisted:
        return texts.DELISTED
    fault = _size_fault(spec.s, market.sz_decimals)
    if fault is not None and (sized or fault is not texts.ZERO_SIZE):
        return fault
    if not _is_price(spec.p, None if state.profile.tick_is_runtime_error else market.px_decimals):
        return texts.INVALID_PRICE
    px, book = parse_decimal(spec.p), state.book(market.coin)
    if not book.px_low < px <= book.px_high:
        return texts.TOO_FAR_SPOT if market.is_spot else texts.TOO_FAR_PERP
    trigger = spec.t.trigger
    if market.is_spot:
        if spec.r:
            return texts.SPOT_REDUCE_ONLY
        if trigger is not None:
            return texts.SPOT_TRIGGER
    if trigger is not None and not is_price_valid(trigger.triggerPx, market.px_decimals):
        return texts.INVALID_PRICE
    return None


@lru_cache(maxsize=65_536)
def _size_fault(text: str, sz_decimals: int) -> Fault | None:
    sz = parse_decimal(text)
    if not sz:
        return texts.ZERO_SIZE
    return None if sz < MAX_AMOUNT and is_size_valid(text, sz_decimals) else texts.INVALID_SIZE


@lru_cache(maxsize=65_536)
def _is_price(text: str, px_decimals: int | None) -> bool:
    """`None`: it need not be on the grid."""
    return 0 < parse_decimal(text) < MAX_AMOUNT and (px_decimals is None or is_price_valid(text, px_decimals))


def _grouping_fault(state: State, orders: Sequence[OrderSpec], grouping: Grouping) -> Fault | None:
    if isinstance(grouping, PriorityGrouping):
        return _priority_fault(state, orders, grouping)
    if grouping == "normalTpsl":
        parent, *children = orders
        if parent.t.trigger is not None:
            return texts.MAIN_IS_TRIGGER
        if any(child.a != parent.a or child.b is parent.b for child in children):
            return texts.CHILD_NOT_REDUCE_ONLY
    else:
        children = list(orders)
    # A stop order that opens a position is legal alone; only grouped TP/SL must reduce.
    if any(spec.t.trigger is None or not spec.r for spec in children):
        return texts.CHILD_NOT_REDUCE_ONLY
    return None


def _priority_fault(state: State, orders: Sequence[OrderSpec], grouping: PriorityGrouping) -> Fault | None:
    """Priority is for batches of IOC, or of ALO that may increase. Source: Hyperliquid docs, Priority fees.

    What has been staked for it is not looked at: with `volume_gates` a rate above 0 is refused, else it is accepted and
    costs nothing. It has no effect on the queue (our choice).
    """
    tifs = {None if spec.t.limit is None else spec.t.limit.tif for spec in orders}
    if tifs != {"Ioc"} and (tifs != {"Alo"} or any(spec.r for spec in orders)):
        return texts.NO_PRIORITY_FOR_THESE
    return texts.NO_PRIORITY_STAKE if grouping.p and state.settings.volume_gates else None


def size_refusal(order: Order, market: Market, book: Book) -> Refusal | None:
    """Refuse a perp order that is worth more than a user's may be. What the exchange itself sends is not limited."""
    ntl = order.sz * book.mark_px
    if market.is_spot or ntl <= NEVER_TOO_LARGE:
        return None
    most = next(most for leverage, most in MAX_MARKET_NTLS if market.max_leverage >= leverage)
    is_limit = order.order_type.endswith("Limit") if order.is_trigger else order.tif in ("Gtc", "Alo")
    return texts.TOO_LARGE if ntl > (most * MAX_LIMIT_FACTOR if is_limit else most) else None


def trigger_refusal(account: Account, order: Order, book: Book) -> Refusal | None:
    """The refusal of a trigger order when it is placed: it is too small, or its condition already holds at the mark
    price. One that takes its size from the position needs a position."""
    position = account.positions.get(order.asset)
    reducible = None if position is None or (position.szi > 0) is order.is_buy else abs(position.szi)
    if order.is_position_tpsl:
        if reducible is None:
            return texts.REDUCE_ONLY
    elif order.limit_px * order.sz < MIN_NTL and (reducible is None or order.sz < reducible):
        return texts.MIN_NOTIONAL
    return texts.BAD_TRIGGER if is_met(order, book.mark_px) else None


def child_refusal(order: Order, book: Book, *, parent_trades: bool) -> Refusal | None:
    """The refusal of a TP/SL order that comes with its parent. While that one rests, the price of its children is
    free (our choice: their mark price is that of a later time)."""
    if order.limit_px * order.sz < MIN_NTL:
        return texts.MIN_NOTIONAL
    return texts.BAD_TRIGGER if parent_trades and is_met(order, book.mark_px) else None


def is_met(order: Order, mark_px: Decimal) -> bool:
    """Whether the mark price is where a trigger order waits for it."""
    return mark_px >= order.trigger_px if order.trigger_above else mark_px <= order.trigger_px


def entry_refusal(state: State, account: Account, order: Order, market: Market, book: Book) -> Refusal | None:
    """The runtime refusal of an order that goes to the book now."""
    check = _spot_refusal if market.is_spot else _perp_refusal
    return check(state, account, order, market, book)


def _perp_refusal(state: State, account: Account, order: Order, market: Market, book: Book) -> Refusal | None:
    px, sz, side = order.limit_px, order.sz, order.side
    position = account.positions.get(market.asset)
    reducible = None
    if position is not None and (position.szi > 0) is (side == "A"):
        reducible = abs(position.szi)
    # An order that closes the whole position may be as small as the position is (recorded).
    ntl = px * sz
    if ntl < MIN_NTL and (reducible is None or sz < reducible) and order.twap_id is None:
        return texts.MIN_NOTIONAL
    if order.reduce_only and reducible is None:
        return texts.REDUCE_ONLY
    refusal = _book_refusal(order, book, px)
    if refusal is not None or order.reduce_only:
        return refusal
    if state.settings.margin_checks:
        if order.tif != "Gtc" and order.tif != "Alo":
            px = _price_of_first_match(book, side)
            ntl = px * sz
        if not can_afford(state, account, market, side, sz, px):
            return texts.MARGIN
        if exceeds_margin_tier(state, account, market, side, ntl):
            return texts.MARGIN_TIER
    return cap_refusal(state, account, market, side, sz) if state.settings.open_interest_caps else None


def _spot_refusal(state: State, account: Account, order: Order, market: Market, book: Book) -> Refusal | None:
    px, sz, is_buy = order.limit_px, order.sz, order.side == "B"
    is_ioc = order.tif != "Gtc" and order.tif != "Alo"
    token = market.quote_token if is_buy else market.base_token
    if is_ioc:
        refusal = _book_refusal(order, book, px)
        if refusal is not None:
            return refusal
        px = _price_of_first_match(book, order.side)
        if account.balance(token) <= 0:
            return texts.SPOT_BALANCE
    if px * sz < MIN_NTL and order.twap_id is None:
        return texts.spot_min_notional(market)
    if not is_ioc:
        refusal = _book_refusal(order, book, px)
        if refusal is not None:
            return refusal
    free = spot_free(state, account, token)
    # An IOC trades what is affordable, whole lots (recorded); a resting order must be covered in full.
    needed = market.lot if is_ioc else sz
    if state.settings.margin_checks and free < (needed * px if is_buy else needed):
        return texts.SPOT_BALANCE
    return None


def post_only_refusal(order: Order, book: Book) -> Refusal | None:
    """Refuse an order that would trade at once."""
    if not book.crosses(order.side, order.limit_px):
        return None
    bid, ask = book.best_bid, book.best_ask
    # How an empty side is written is not known; our choice.
    return texts.bad_alo("None" if bid is None else shortest(bid), "None" if ask is None else shortest(ask))


def _book_refusal(order: Order, book: Book, px: Decimal) -> Refusal | None:
    if order.tif == "Gtc":
        return None
    if order.tif == "Alo":
        return post_only_refusal(order, book)
    if book.crosses(order.side, px):
        return None
    is_empty = (book.best_ask if order.side == "B" else book.best_bid) is None
    return texts.NO_LIQUIDITY if is_empty and order.order_type.endswith("Market") else texts.IOC_CANCEL


def _price_of_first_match(book: Book, side: Side) -> Decimal:
    px = book.best_ask if side == "B" else book.best_bid
    assert px is not None, "called after crosses()"
    return px


def is_over_open_orders(account: Account, order: Order) -> bool:
    """At 1000 open orders others, reduce-only and trigger orders are refused; all are at the account's own limit."""
    count = len(account.open_orders)
    if count < OPEN_ORDERS:
        return False
    limit = min(OPEN_ORDERS + int(account.volume / OPEN_ORDERS_STEP), OPEN_ORDERS_MAX)
    return order.reduce_only or order.is_trigger or count >= limit
