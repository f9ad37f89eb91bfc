"""One coin's book: the accounts' resting orders by price and time, and the quote behind them.

The quote is our choice, so that a fresh exchange has a counterparty: its size is what *one* taker order can take, it
does not deplete from order to order, and accounts' orders at its price or better go first. Where the rest of
a taker order stays in the book at or through the quoted price, it has eaten that side of the quote: the side is
withdrawn until the rest is gone or the quote is set again. So the book that people see is never crossed.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from hlmock.exchange.candles import Candles
from hlmock.exchange.day_window import DayWindow
from hlmock.exchange.model.fills import TradePrint
from hlmock.exchange.model.markets import Market, Quote
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import ZERO, Side
from hlmock.wire.addresses import Address

QUOTE_ADDRESS = Address("0x" + "b00c" * 10)
"""Counterparty of trades against the quote. It is no account: it has no balance, position or messages."""

NO_QUOTE = Quote(None, ZERO, None, ZERO)
TRADES_KEPT = 100

SPOT_BAND: Final = Decimal("0.2"), Decimal(5)
PERP_BAND: Final = Decimal("0.05"), Decimal(20)
"""Between these multiples of the mark price a price must lie, the upper one included. Source: recorded refusals, which
say 80 % of spot and 95 % of perps."""

Resting = tuple[Decimal, int, Order]
"""Sort key: price (bids negated, so that the best comes first), then arrival."""


class Level(NamedTuple):
    """All resting size at one price. `n` counts orders, the quote as one."""

    px: Decimal
    sz: Decimal
    n: int


class Book:
    """Orders are added and removed by the exchange's steps only."""

    __slots__ = (
        "_arrivals",
        "asks",
        "bids",
        "candles",
        "coin",
        "day",
        "last_px",
        "long_sz",
        "mark_px",
        "market",
        "oracle_is_set",
        "oracle_px",
        "px_high",
        "px_low",
        "quote",
        "short_sz",
        "trades",
    )

    def __init__(self, market: Market, quote: Quote) -> None:
        self.market = market
        self.coin = market.coin
        self.bids: list[Resting] = []
        self.asks: list[Resting] = []
        self.trades: deque[TradePrint] = deque(maxlen=TRADES_KEPT)
        """Oldest first."""
        self.candles = Candles()
        self.last_px: Decimal | None = None
        self.day = DayWindow()
        """Traded here; the table's volume is not in it."""
        self.long_sz = self.short_sz = ZERO
        """Size of all long and of all short positions of accounts; the quote holds the difference."""
        self._arrivals = 0
        self.oracle_is_set = False
        """Whether the oracle price was set by hand; before, it follows the quote."""
        self.oracle_px = market.oracle_px
        self.quote = quote
        mid_px = quote.mid_px
        self.set_mark(market.mark_px if mid_px is None else mid_px)

    def set_quote(self, quote: Quote) -> None:
        """Replace the quote. With two sides, its middle is the mark price: see `prices`."""
        self.quote = quote
        mid_px = quote.mid_px
        if mid_px is None:
            return
        self.set_mark(mid_px)
        table = self.market
        if not self.oracle_is_set and table.mark_px:
            self.oracle_px = round(table.oracle_px * self.mark_px / table.mark_px, table.px_decimals)

    def set_oracle(self, px: Decimal) -> None:
        """Set the oracle price; from now on it stays until it is set again."""
        self.oracle_px = px
        self.oracle_is_set = True

    def set_mark(self, px: Decimal) -> None:
        """Set the mark price; it stays until it is set again or a quote with two sides is."""
        self.mark_px = px
        low, high = SPOT_BAND if self.market.is_spot else PERP_BAND
        self.px_low = px * low
        self.px_high = px * high

    # The quote, as far as no order stands in its way.

    @property
    def quoted_bid(self) -> Decimal | None:
        """Price of the quote, unless an order on the other side has eaten it."""
        px = self.quote.bid_px
        return None if px is None or (self.asks and self.asks[0][0] <= px) else px

    @property
    def quoted_ask(self) -> Decimal | None:
        """As `quoted_bid`."""
        px = self.quote.ask_px
        return None if px is None or (self.bids and -self.bids[0][0] >= px) else px

    @property
    def best_bid(self) -> Decimal | None:
        """Of orders and quote."""
        quoted = self.quoted_bid
        if not self.bids:
            return quoted
        px = -self.bids[0][0]
        return px if quoted is None or px >= quoted else quoted

    @property
    def best_ask(self) -> Decimal | None:
        """Of orders and quote."""
        quoted = self.quoted_ask
        if not self.asks:
            return quoted
        px = self.asks[0][0]
        return px if quoted is None or px <= quoted else quoted

    @property
    def mid_px(self) -> Decimal | None:
        """Middle of best bid and ask; the last trade where a side is empty (Hyperliquid docs: allMids), else `None`."""
        bid, ask = self.best_bid, self.best_ask
        return self.last_px if bid is None or ask is None else (bid + ask) / 2

    def crosses(self, side: Side, px: Decimal) -> bool:
        """Whether an order of this side at `px` would trade at once."""
        # Spelled out instead of by best_ask and best_bid: every order asks this.
        if side == "B":
            if self.asks and self.asks[0][0] <= px:
                return True
            quoted = self.quote.ask_px
            return quoted is not None and quoted <= px and self.quoted_ask is not None
        if self.bids and -self.bids[0][0] >= px:
            return True
        quoted = self.quote.bid_px
        return quoted is not None and quoted >= px and self.quoted_bid is not None

    def rest(self, order: Order) -> None:
        """Put an order at the end of its price's queue."""
        self._arrivals += 1
        order.arrival = self._arrivals
        if order.side == "B":
            insort(self.bids, (-order.limit_px, order.arrival, order))
        else:
            insort(self.asks, (order.limit_px, order.arrival, order))

    def remove(self, order: Order) -> None:
        """Take a resting order out.

        Raises:
            KeyError: it is not in this book.
        """
        entries, key = (self.bids, -order.limit_px) if order.side == "B" else (self.asks, order.limit_px)
        at = bisect_left(entries, (key, order.arrival))
        if at == len(entries) or entries[at][2] is not order:
            raise KeyError(order.oid)
        del entries[at]

    def first(self, side: Side) -> Order | None:
        """The order of this side that trades next."""
        entries = self.bids if side == "B" else self.asks
        return entries[0][2] if entries else None

    def levels(self, side: Side) -> Iterator[Level]:
        """Best first. The quote is one of the orders."""
        is_bid = side == "B"
        quoted = self.quoted_bid if is_bid else self.quoted_ask
        pending = None if quoted is None else Level(quoted, self.quote.bid_sz if is_bid else self.quote.ask_sz, 1)
        level: Level | None = None
        for _, _, order in self.bids if is_bid else self.asks:
            px = order.limit_px
            if level is not None and level.px != px:
                yield level
                level = None
            if level is None:
                if pending is not None and px != pending.px and (px < pending.px) is is_bid:
                    yield pending
                    pending = None
                level = Level(px, ZERO, 0)
                if pending is not None and px == pending.px:
                    level, pending = pending, None
            level = Level(px, level.sz + order.sz, level.n + 1)
        if level is not None:
            yield level
        if pending is not None:
            yield pending

    def position_changed(self, start: Decimal, by: Decimal) -> None:
        """An account's position in this coin has changed from `start` (signed)."""
        end = start + by
        self.long_sz += max(end, ZERO) - max(start, ZERO)
        self.short_sz += max(-end, ZERO) - max(-start, ZERO)

    @property
    def open_interest(self) -> Decimal:
        """The table's, and what was opened here."""
        return self.market.open_interest + max(self.long_sz, self.short_sz)

    def record_trade(self, trade: TradePrint) -> None:
        """Keep a trade for the recent trades, the candles and the day."""
        self.trades.append(trade)
        self.candles.add(trade)
        self.last_px = trade.px
        self.day.add(trade.px, trade.sz, trade.time_ms)
