"""A trading day with ccxt for Python, REST and pro, unmodified: `python -m interop.ccxt_client URL CONTROL_URL`.

`js/ccxt_client.mjs` is the same day in JavaScript. Prints one JSON line per step.
"""

import asyncio
import copy
import json
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.pro

from interop.control_call import control_call

PATIENCE_S = 20.0
BTC, ETH, SOL, PURR = "BTC/USDC:USDC", "ETH/USDC:USDC", "SOL/USDC:USDC", "PURR/USDC"
NOBODY = "0x" + "cd" * 20
KEY, ADDRESS = "0x" + "11" * 32, "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"

FOLLOWED: dict[str, tuple[Any, ...]] = {
    "watch_orders": (),
    "watch_my_trades": (),
    "watch_order_book": (BTC,),
    "watch_trades": (BTC,),
    "watch_ticker": (BTC,),
    "watch_tickers": ([BTC, ETH],),
    "watch_ohlcv": (BTC, "1m"),
    "watch_balance": (),
    "watch_positions": (),
}
QUIET = ("watch_orders", "watch_my_trades", "watch_trades", "watch_ohlcv", "watch_positions")
"""What brings nothing before something happened."""

QUESTIONS: dict[str, tuple[Any, ...]] = {
    "fetch_status": (),
    "fetch_time": (),
    "fetch_currencies": (),
    "fetch_ticker": (BTC,),
    "fetch_tickers": (),
    "fetch_order_book": (BTC,),
    "fetch_trades": (BTC, None, None, {"user": ADDRESS}),
    "fetch_ohlcv": (BTC, "1h"),
    "fetch_funding_rate": (BTC,),
    "fetch_funding_rates": (),
    "fetch_funding_rate_history": (BTC,),
    "fetch_funding_history": (BTC,),
    "fetch_open_interest": (BTC,),
    "fetch_open_interests": (),
    "fetch_trading_fee": (BTC,),
    "fetch_orders": (),
    "fetch_closed_orders": (),
    "fetch_canceled_orders": (),
    "fetch_canceled_and_closed_orders": (),
    "fetch_my_trades": (),
    "fetch_ledger": (),
    "fetch_deposits": (),
    "fetch_withdrawals": (),
    "fetch_position": (BTC,),
}


class Day:
    """One exchange object of ccxt, what its watch calls brought so far, and the control API."""

    def __init__(self, url: str, control_url: str) -> None:
        self.control_url = control_url
        self.exchange = ccxt.pro.hyperliquid(
            {"walletAddress": ADDRESS, "privateKey": KEY, "enableRateLimit": False}  # its pacing takes 12 s at start-up
        )
        self.exchange.urls["api"] = {"public": url, "private": url, "ws": {"public": f"ws{url[4:]}/ws"}}
        self.seen: dict[str, list[Any]] = defaultdict(list)
        """By method."""
        self.lost: list[Exception] = []
        """Errors of watch calls."""
        self.followers: list[asyncio.Task[None]] = []
        self._cloids = 0

    async def follow(self, method: str, *args: Any) -> None:
        """As its users write it: call again for ever, also after an error."""
        while True:
            try:
                news = await getattr(self.exchange, method)(*args)
                self.seen[method] += copy.deepcopy(list(news) if isinstance(news, list) else [news])
            except Exception as error:
                self.lost.append(error)
                await asyncio.sleep(0.02)

    async def until(self, claim: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not claim():
            assert time.monotonic() < deadline, f"{what} did not come about"
            await asyncio.sleep(0.005)

    async def expect(self, order: str, status: str) -> None:
        """Only the newest: what one frame says of one order, ccxt's cache has once."""

        def has_come() -> bool:
            found = [each["status"] for each in self.seen["watch_orders"] if each["id"] == order]
            return bool(found) and found[-1] == status

        await self.until(has_come, f"{status} of {order}")

    async def control(self, path: str, body: Any = None) -> Any:
        """A control call; `body` makes it a POST."""
        return await asyncio.to_thread(control_call, f"{self.control_url}/{path}", body, PATIENCE_S)

    async def cut(self, how: str) -> None:
        """End every connection, by `abort` or `close`, and wait until new ones hold the same subscriptions."""

        def keys(connections: Any) -> list[str]:
            return sorted(key for each in connections for key in each["subscriptions"])

        before = await self.control("connections")
        ids = {each["id"] for each in before}
        for each in ids:
            await self.control(f"connections/{each}/{how}", {})
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now = await self.control("connections")
            if keys(now) == keys(before) and not ids & {each["id"] for each in now}:
                return
            assert time.monotonic() < deadline, f"no new connection with the same subscriptions: {now}"

    def client_order_id(self) -> str:
        self._cloids += 1
        return f"0xc0ffee{self._cloids:026x}"

    async def place(self, price: float, amount: float = 0.2, **params: Any) -> str:
        order = await self.exchange.create_order(ETH, "limit", "buy", amount, price, params)
        return str(order["id"])

    async def open_ids(self) -> list[str]:
        return [each["id"] for each in await self.exchange.fetch_open_orders()]

    async def contracts(self, symbol: str) -> float:
        return float(sum(each["contracts"] for each in await self.exchange.fetch_positions([symbol])))

    async def free(self, kind: str) -> float:
        return float((await self.exchange.fetch_balance({"type": kind}))["USDC"]["free"])


async def loads_markets(day: Day) -> None:
    markets = await day.exchange.load_markets()
    assert (markets[BTC]["baseId"], markets[ETH]["baseId"]) == ("0", "1")
    assert markets[PURR]["spot"]
    assert (await day.exchange.fetch_balance())["USDC"]["total"] == 1_000_000


async def watches(day: Day) -> None:
    for method, args in FOLLOWED.items():
        day.followers.append(asyncio.ensure_future(day.follow(method, *args)))
    for method in FOLLOWED:
        if method not in QUIET:
            await day.until(lambda method=method: day.seen[method], f"anything from {method}")  # type: ignore[misc]
    book = day.seen["watch_order_book"][0]
    assert book["bids"][0][0] < book["asks"][0][0]
    assert day.seen["watch_balance"][0]["USDC"]["total"] == 1_000_000
    deadline = time.monotonic() + PATIENCE_S
    while len((await day.control("connections"))[0]["subscriptions"]) < 8:
        assert time.monotonic() < deadline, "eight subscriptions"


async def places(day: Day) -> None:
    cloid = day.client_order_id()
    order = await day.place(1100, clientOrderId=cloid)
    assert order in await day.open_ids()
    found = await day.exchange.fetch_order(order, ETH)
    assert (found["clientOrderId"], found["price"], found["remaining"]) == (cloid, 1100, 0.2)
    assert found["status"] == "open"
    assert (await day.exchange.fetch_order(None, ETH, {"clientOrderId": cloid}))["id"] == order
    await day.expect(order, "open")


async def edits(day: Day) -> None:
    order = await day.place(1102)
    edited = (await day.exchange.edit_order(order, ETH, "limit", "buy", 0.1, 1105))["id"]
    ids = await day.open_ids()
    assert edited in ids
    assert order not in ids
    await day.expect(order, "canceled")
    await day.expect(edited, "open")


async def cancels(day: Day) -> None:
    common = {"symbol": ETH, "type": "limit", "side": "buy", "amount": 0.2}
    orders = [
        {**common, "price": price, "params": {"clientOrderId": day.client_order_id()}} for price in (1103, 1104, 1105)
    ]
    first, second, third = [each["id"] for each in await day.exchange.create_orders(orders)]
    await day.exchange.cancel_order(first, ETH)
    await day.exchange.cancel_order(None, ETH, orders[1]["params"])
    await day.exchange.cancel_orders_for_symbols([{"id": third, "symbol": ETH}])
    for each in (first, second, third):
        await day.expect(each, "canceled")
    await refused(day.exchange.cancel_order(first, ETH), ccxt.OrderNotFound, "already canceled")


async def refused(call: Awaitable[Any], kind: type[Exception], words: str) -> None:
    answers: Any = await asyncio.gather(call, return_exceptions=True)
    (answer,) = answers
    assert isinstance(answer, kind), answer
    assert words in str(answer), answer


async def is_filled_as_a_taker(day: Day) -> None:
    ask = (await day.exchange.fetch_order_book(BTC))["asks"][0][0]
    order = await day.exchange.create_order(BTC, "market", "buy", 0.05, ask)
    assert order["filled"] == 0.05
    assert await day.contracts(BTC) == 0.05
    await day.expect(order["id"], "closed")
    seen = day.seen
    await day.until(lambda: any(each["order"] == order["id"] for each in seen["watch_my_trades"]), "the fill")
    await day.until(lambda: seen["watch_trades"], "the trade")
    await day.until(lambda: seen["watch_ohlcv"], "the candle")
    await day.until(lambda: any(each["contracts"] == 0.05 for each in seen["watch_positions"]), "the position")


async def is_filled_as_a_maker_in_parts(day: Day) -> None:
    order = await day.place(1110, 0.3)
    await day.control("fill", {"oid": int(order), "sz": "0.1"})
    (partly,) = [each for each in await day.exchange.fetch_open_orders(ETH) if each["id"] == order]
    assert (partly["amount"], partly["remaining"], partly["filled"]) == (0.3, 0.2, 0.1)
    await day.control("fill", {"oid": int(order)})
    await day.expect(order, "closed")

    def fills() -> list[float]:
        return [each["amount"] for each in day.seen["watch_my_trades"] if each["order"] == order]

    await day.until(lambda: len(fills()) == 2, "both fills")
    assert fills() == [0.1, 0.2]
    assert await day.contracts(ETH) == 0.3


async def is_refused_with_the_exchanges_words(day: Day) -> None:
    await refused(day.place(1100, 0.001), ccxt.InvalidOrder, "Order must have minimum value of $10. asset=1")


async def trades_over_the_websocket(day: Day) -> None:
    placed = (await day.exchange.create_order_ws(ETH, "limit", "buy", 0.2, 1106))["id"]
    edited = (await day.exchange.edit_order_ws(placed, ETH, "limit", "buy", 0.2, 1107))["id"]
    await day.exchange.cancel_order_ws(edited, ETH)
    await day.expect(placed, "canceled")
    await day.expect(edited, "canceled")


async def protects_what_it_opens(day: Day) -> None:
    last = (await day.exchange.fetch_ticker(SOL))["last"]
    stop, target = round(last * 0.9, 1), round(last * 1.5, 1)
    legs = {
        "stopLoss": {"triggerPrice": stop, "price": stop * 0.95, "type": "market"},
        "takeProfit": {"triggerPrice": target, "price": target * 0.95, "type": "market"},
    }
    await day.exchange.create_order(SOL, "limit", "buy", 2, last * 1.02, legs)
    assert await day.contracts(SOL) == 2
    waiting = {each["triggerPrice"]: each["id"] for each in await day.exchange.fetch_open_orders(SOL)}
    assert set(waiting) == {stop, target}
    await day.control("prices", {"coin": "SOL", "mark": str(stop - 1)})
    await day.expect(waiting[stop], "closed")
    await day.expect(waiting[target], "canceled")
    assert await day.contracts(SOL) == 0
    await day.control("prices", {"coin": "SOL", "mark": str(last)})


async def trades_in_slices(day: Day) -> None:
    before = await day.contracts(BTC)
    order = (await day.exchange.create_twap_order(BTC, "BUY", 0.1, 5 * 60_000))["id"]
    await day.control("clock/advance", {"seconds": 31})
    deadline = time.monotonic() + PATIENCE_S
    while await day.contracts(BTC) == before:
        assert time.monotonic() < deadline, "a slice"
    await day.exchange.cancel_twap_order(order, BTC)


async def trades_spot(day: Day) -> None:
    ask = (await day.exchange.fetch_order_book(PURR))["asks"][0][0]
    order = await day.exchange.create_order(PURR, "limit", "buy", 100, ask)
    assert order["filled"] == 100
    balance = await day.exchange.fetch_balance({"type": "spot"})
    assert balance["PURR"]["total"] > 99  # the fee of a buy is paid in the token


async def changes_margin(day: Day) -> None:
    await day.exchange.set_leverage(5, BTC)
    await day.exchange.set_margin_mode("isolated", SOL, {"leverage": 4})
    last = (await day.exchange.fetch_ticker(SOL))["last"]
    await day.exchange.create_order(SOL, "market", "buy", 2, last * 1.02)

    async def margin() -> float:
        return float((await day.exchange.fetch_position(SOL))["collateral"])

    before = await margin()
    await day.exchange.add_margin(SOL, 10)
    assert round(await margin() - before, 2) == 10
    await day.exchange.reduce_margin(SOL, 5)
    assert round(await margin() - before, 2) == 5


async def sets_its_preferences(day: Day) -> None:
    await day.exchange.cancel_all_orders_after(90_000)
    await day.exchange.reserve_request_weight(1)
    await day.exchange.set_user_abstraction("disabled")
    await day.exchange.enable_user_dex_abstraction(False)
    await day.exchange.set_agent_abstraction("i")
    await day.exchange.create_sub_account("desk")
    await day.exchange.create_vault("Interop vault", "A vault of the interop tests", 100)


async def moves_money(day: Day) -> None:
    swap, spot = await day.free("swap"), await day.free("spot")
    await day.exchange.transfer("USDC", 100, "swap", "spot")
    assert (await day.free("swap"), await day.free("spot")) == (swap - 100, spot + 100)
    await day.exchange.withdraw("USDC", 10, NOBODY)
    assert await day.free("swap") == swap - 110
    withdrawal = (await day.exchange.fetch_withdrawals())[-1]
    assert (withdrawal["amount"], withdrawal["fee"]["cost"]) == (9, 1)


async def asks_everything(day: Day) -> None:
    failed = {}
    for method, args in QUESTIONS.items():
        try:
            await getattr(day.exchange, method)(*args)
        except Exception as error:
            failed[method] = repr(error)
    assert not failed, failed


async def reconnects_and_subscribes_again(day: Day) -> None:
    seen = day.seen
    for how in ("abort", "close"):
        assert not day.lost, day.lost
        await day.cut(how)
        assert day.lost
        assert all(isinstance(each, ccxt.NetworkError) for each in day.lost), day.lost
        day.lost.clear()
        order = await day.place(1109)
        await day.expect(order, "open")
        await day.control("fill", {"oid": int(order)})
        await day.expect(order, "closed")
        await day.until(lambda: any(each["order"] == order for each in seen["watch_my_trades"]), "the fill")  # noqa: B023
        books = len(seen["watch_order_book"])
        await day.until(lambda: len(seen["watch_order_book"]) > books, "another book")  # noqa: B023


async def unwatches(day: Day) -> None:
    for each in day.followers:
        each.cancel()
    await day.exchange.un_watch_order_book(BTC)
    await day.exchange.un_watch_trades(BTC)
    await day.exchange.un_watch_my_trades()
    await day.exchange.un_watch_orders()
    (connection,) = await day.control("connections")
    assert len(connection["subscriptions"]) == 4, connection


STEPS = (
    loads_markets,
    watches,
    places,
    edits,
    cancels,
    is_filled_as_a_taker,
    is_filled_as_a_maker_in_parts,
    is_refused_with_the_exchanges_words,
    trades_over_the_websocket,
    protects_what_it_opens,
    trades_in_slices,
    trades_spot,
    changes_margin,
    sets_its_preferences,
    moves_money,
    asks_everything,
    reconnects_and_subscribes_again,
    unwatches,
)


async def main(url: str, control_url: str) -> None:
    day = Day(url, control_url)
    for step in STEPS:
        error = None
        started = time.monotonic()
        try:
            await step(day)
        except Exception:
            error = traceback.format_exc()
        print(json.dumps({"step": step.__name__, "error": error, "took_s": time.monotonic() - started}), flush=True)
    await day.exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
