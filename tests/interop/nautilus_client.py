"""A trading day with NautilusTrader's live node, unmodified: `python -m interop.nautilus_client URL CONTROL_URL`.

The node's data and execution clients for Hyperliquid are the Rust ones; a strategy in Python trades. Its steps are
generators that yield what they wait for: the node calls, a step never blocks. Prints one JSON line per step.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from nautilus_trader.core import nautilus_pyo3 as nautilus

from interop.control_call import control_call

PATIENCE_S = 20.0
TICK_NS = 10_000_000
KEY = "0x" + "11" * 32
ETH = nautilus.InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
BTC = nautilus.InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
BUY = nautilus.OrderSide.BUY

Claim = Callable[[], Any]
Step = Iterator[Claim]


class Day(nautilus.Strategy):  # type: ignore[misc]
    """One strategy that lives through the steps, one after another."""

    def __new__(cls, config: Any, control_url: str) -> "Day":
        day: Day = super().__new__(cls, config)
        return day

    def __init__(self, config: Any, control_url: str) -> None:
        super().__init__()
        self.control_url = control_url
        self.quotes: list[Any] = []
        self.trades: list[Any] = []
        self.contexts: set[str] = set()
        """Names of what came from the market's context: mark and index prices, funding rates."""
        self.bars: list[Any] = []
        self.events: list[Any] = []
        """Order events, as they came."""
        self.steps = iter(STEPS)
        self.name = ""
        self.step: Step | None = None
        self.claim: Claim | None = None
        self.deadline = self.started = 0.0

    def on_start(self) -> None:
        self.clock.set_timer_ns("tick", TICK_NS, callback=self.on_tick)

    def on_quote(self, quote: Any) -> None:
        self.quotes.append(quote)

    def on_trade(self, trade: Any) -> None:
        self.trades.append(trade)

    def on_mark_price(self, update: Any) -> None:
        self.contexts.add("mark price")

    def on_index_price(self, update: Any) -> None:
        self.contexts.add("index price")

    def on_funding_rate(self, update: Any) -> None:
        self.contexts.add("funding rate")

    def on_bar(self, bar: Any) -> None:
        self.bars.append(bar)

    def on_order_event(self, event: Any) -> None:
        self.events.append(event)

    def on_tick(self, event: Any) -> None:
        """Go on with the step where what it waits for has come."""
        try:
            if self.step is None:
                begin = next(self.steps, None)
                if begin is None:
                    self.clock.cancel_timer("tick")
                    self.shutdown_system("the day is over")
                    return
                self.name, self.step, self.started = begin.__name__, begin(self), time.monotonic()
            elif self.claim is not None and not self.claim():
                assert time.monotonic() < self.deadline, f"line {self.step.gi_frame.f_lineno}: did not come about"  # type: ignore[attr-defined]
                return
            self.claim, self.deadline = next(self.step), time.monotonic() + PATIENCE_S
        except StopIteration:
            self.report(None)
        except Exception:
            self.report(traceback.format_exc())

    def report(self, error: str | None) -> None:
        self.step = self.claim = None
        print(json.dumps({"step": self.name, "error": error, "took_s": time.monotonic() - self.started}), flush=True)

    def control(self, path: str, body: Any = None) -> Any:
        """A control call; `body` makes it a POST."""
        return control_call(f"{self.control_url}/{path}", body, PATIENCE_S)

    def place(self, px: str, sz: str = "0.2") -> Any:
        """A resting buy of ETH; returns its client order id."""
        order = self.order_factory.limit(ETH, BUY, nautilus.Quantity.from_str(sz), nautilus.Price.from_str(px))
        self.submit_order(order)
        return order.client_order_id

    def happened(self, order: Any) -> list[str]:
        """Names of the order's events, without those that are the node's own."""
        names = [type(each).__name__ for each in self.events if each.client_order_id == order]
        own = ("OrderInitialized", "OrderSubmitted", "OrderPendingUpdate", "OrderPendingCancel")
        return [name.removeprefix("Order") for name in names if name not in own]

    def venue(self, order: Any) -> Any:
        """The order as the exchange has it."""
        return self.control(f"order?oid={self.cache.venue_order_id(order)}")


def starts_up(day: Day) -> Step:
    assert day.cache.instrument(ETH) is not None
    day.subscribe_quotes(ETH)
    day.subscribe_quotes(BTC)
    day.subscribe_trades(BTC)
    day.subscribe_book_deltas(BTC, nautilus.BookType.L2_MBP, managed=True)
    day.subscribe_mark_prices(BTC)
    day.subscribe_index_prices(BTC)
    day.subscribe_funding_rates(BTC)
    day.subscribe_bars(nautilus.BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL"))
    yield lambda: day.quotes
    assert day.quotes[0].bid_price < day.quotes[0].ask_price
    yield lambda: day.cache.order_book(BTC) is not None and day.cache.order_book(BTC).best_bid_price() is not None
    yield lambda: day.contexts == {"mark price", "index price", "funding rate"}
    account = day.cache.account_for_venue(nautilus.Venue("HYPERLIQUID"))
    usdc = nautilus.Currency.from_str("USDC")
    assert account.balance_total(usdc).as_double() == 1_000_000


def places(day: Day) -> Step:
    order = day.place("1100.0")
    yield lambda: day.happened(order) == ["Accepted"]
    placed = day.venue(order)
    assert (placed["coin"], placed["side"], placed["px"], placed["status"]) == ("ETH", "B", "1100.0", "open")


def modifies(day: Day) -> Step:
    order = day.place("1102.0")
    yield lambda: day.happened(order) == ["Accepted"]
    before = day.venue(order)
    quantity, price = nautilus.Quantity.from_str("0.1"), nautilus.Price.from_str("1105.0")
    day.modify_order(order, quantity=quantity, price=price)
    yield lambda: "Updated" in day.happened(order)
    assert day.happened(order) == ["Accepted", "Updated"]
    renewed = day.venue(order)
    assert renewed["oid"] != before["oid"]
    assert (renewed["px"], renewed["sz"], renewed["status"]) == ("1105.0", "0.1", "open")


def cancels(day: Day) -> Step:
    order = day.place("1103.0")
    yield lambda: day.happened(order) == ["Accepted"]
    day.cancel_order(order)
    yield lambda: day.happened(order) == ["Accepted", "Canceled"]
    assert day.venue(order)["status"] == "canceled"


def is_filled_as_a_taker(day: Day) -> Step:
    order = day.order_factory.market(BTC, BUY, nautilus.Quantity.from_str("0.05"))
    day.submit_order(order)
    yield lambda: "Filled" in day.happened(order.client_order_id)
    yield lambda: day.portfolio.is_net_long(BTC)
    (position,) = day.cache.positions_open(None, BTC)
    assert str(position.quantity) == "0.05000"
    yield lambda: day.trades
    day.close_position(position)
    yield lambda: day.portfolio.is_flat(BTC)


def is_filled_as_a_maker_in_parts(day: Day) -> Step:
    order = day.place("1110.0", "0.3")
    yield lambda: day.happened(order) == ["Accepted"]
    oid = day.venue(order)["oid"]
    day.control("fill", {"oid": oid, "sz": "0.1"})
    yield lambda: day.happened(order) == ["Accepted", "Filled"]
    day.control("fill", {"oid": oid})
    yield lambda: day.happened(order) == ["Accepted", "Filled", "Filled"]
    fills = [each for each in day.events if type(each).__name__ == "OrderFilled" and each.client_order_id == order]
    assert [each.last_qty.as_double() for each in fills] == [0.1, 0.2]
    assert float(day.portfolio.net_position(ETH)) == 0.3


def stops_its_losses(day: Day) -> Step:
    """The position of the step before; the mark price reaches the stop."""
    bid = day.cache.quote(ETH).bid_price.as_double()
    trigger = nautilus.Price.from_str(f"{bid * 0.95:.1f}")
    size = nautilus.Quantity.from_str("0.3")
    order = day.order_factory.stop_market(ETH, nautilus.OrderSide.SELL, size, trigger, reduce_only=True)
    day.submit_order(order)
    yield lambda: day.happened(order.client_order_id) == ["Accepted"]
    day.control("prices", {"coin": "ETH", "mark": f"{bid * 0.94:.1f}"})
    yield lambda: "Filled" in day.happened(order.client_order_id)
    yield lambda: day.portfolio.is_flat(ETH)
    day.control("prices", {"coin": "ETH", "mark": f"{bid:.1f}"})


def sees_a_bar_close(day: Day) -> Step:
    """Of the minute in which the fills before traded; the first trade of the next one closes it."""
    day.control("clock/advance", {"seconds": 61})
    order = day.order_factory.market(BTC, BUY, nautilus.Quantity.from_str("0.001"))
    day.submit_order(order)
    yield lambda: day.bars
    assert day.bars[0].volume.as_double() > 0


def is_refused_with_the_exchanges_words(day: Day) -> Step:
    """What the node does not refuse itself: an order that may only rest, and would not."""
    size, price = nautilus.Quantity.from_str("0.2"), day.cache.quote(ETH).ask_price
    order = day.order_factory.limit(ETH, BUY, size, price, post_only=True)
    day.submit_order(order)
    yield lambda: day.happened(order.client_order_id) == ["Rejected"]
    rejected = day.events[-1]
    assert rejected.due_post_only
    assert "Post only order would have immediately matched, bbo was" in rejected.reason, rejected


def reconnects_and_subscribes_again(day: Day) -> Step:
    before = day.control("connections")
    ids, keys = {each["id"] for each in before}, sorted(key for each in before for key in each["subscriptions"])
    for each in ids:
        day.control(f"connections/{each}/abort", {})

    def are_back() -> bool:
        now = day.control("connections")
        return sorted(key for each in now for key in each["subscriptions"]) == keys and not ids & {
            each["id"] for each in now
        }

    yield are_back
    order = day.place("1109.0")
    yield lambda: day.happened(order) == ["Accepted"]
    day.control("fill", {"oid": day.venue(order)["oid"]})
    yield lambda: day.happened(order) == ["Accepted", "Filled"]
    quotes = len(day.quotes)
    day.control("bbo", {"coin": "ETH", "bid": "1900", "ask": "1901"})
    yield lambda: len(day.quotes) > quotes


def leaves_nothing_open(day: Day) -> Step:
    day.cancel_all_orders(ETH)
    yield lambda: day.cache.orders_open_count(None, ETH) == 0
    assert day.control("orders?status=open") == []


STEPS: tuple[Callable[[Day], Step], ...] = (
    starts_up,
    places,
    modifies,
    cancels,
    is_filled_as_a_taker,
    is_filled_as_a_maker_in_parts,
    stops_its_losses,
    sees_a_bar_close,
    is_refused_with_the_exchanges_words,
    reconnects_and_subscribes_again,
    leaves_nothing_open,
)


def main(url: str, control_url: str) -> None:
    urls = {"base_url_ws": f"ws{url[4:]}/ws", "base_url_http": f"{url}/info"}
    trader = nautilus.TraderId("INTEROP-001")
    execution = nautilus.HyperliquidExecClientConfig(
        private_key=KEY, base_url_exchange=f"{url}/exchange", include_builder_attribution=False, **urls
    )
    account = nautilus.AccountId("HYPERLIQUID-001")
    node = (
        nautilus.LiveNode.builder("interop", trader, nautilus.Environment.LIVE)
        .with_delay_post_stop_secs(0)
        .add_data_client(None, nautilus.HyperliquidDataClientFactory(), nautilus.HyperliquidDataClientConfig(**urls))
        .add_exec_client(
            None,
            nautilus.HyperliquidExecutionClientFactory(),
            nautilus.HyperliquidExecFactoryConfig(trader, account, execution),
        )
        .build()
    )
    node.add_strategy(Day(nautilus.StrategyConfig(), control_url))
    node.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
