"""Random traffic of every kind of order, and what must hold of the exchange after each step of it."""

from collections import defaultdict
from decimal import Decimal
from random import Random
from typing import Any

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import OrderChange
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.orders import Order
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.validation import is_met
from support.desk import BTC, ETH, HYPE_USDC, Desk, cloid, spec

WHO = ("alice", "bob", "carol")
ASSETS = (BTC, ETH, HYPE_USDC)
ENDS_ONCE = {"open", "triggered", "partiallyFilled"}
"""Statuses after which an order may have another."""


class Traffic:
    """`step()` does one random thing; `complaints()` says what does not hold."""

    def __init__(self, seed: int, **settings: Any) -> None:
        self.random = Random(seed)
        self.desk = Desk(**settings)
        self.steps = 0
        self.statuses: dict[int, list[str]] = defaultdict(list)
        """Of every order, in the order in which they came."""
        self.filled: dict[int, Decimal] = defaultdict(Decimal)
        self.traded: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        """Signed size by account and asset."""
        self.sliced: dict[int, Decimal] = defaultdict(Decimal)
        """Size by TWAP."""
        for name in WHO:
            self.desk.account(name)

    def step(self) -> list[Outcome]:
        self.steps += 1
        random = self.random
        self.desk.now_ms += random.randrange(2_000)
        who, asset = random.choice(WHO), random.choice(ASSETS)
        act = random.choices(
            (
                self._order,
                self._bracket,
                self._position_tpsl,
                self._twap,
                self._end,
                self._modify,
                self._quote,
                self._wait,
            ),
            (40, 8, 5, 4, 10, 8, 15, 10),
        )[0]
        outcomes = act(who, asset)
        for outcome in outcomes:
            self._follow(outcome)
        return outcomes

    # What happens.

    def _px(self, asset: int, low: int = 97, high: int = 103) -> str:
        market = self.desk.exchange.markets.by_asset[asset]
        px = self.desk.exchange.mark_px(market.coin) * self.random.randint(low * 10, high * 10) / 1_000
        return f"{Decimal(f'{px:.4g}'):f}"

    def _sz(self, asset: int) -> str:
        lots = {BTC: "0.01", ETH: "0.3", HYPE_USDC: "5"}[asset]
        return f"{self.random.randint(1, 300) * Decimal(lots):f}"

    def _tpsl(self, asset: int, side: str, sz: str) -> dict[str, Any]:
        trigger = (self.random.choice(["tp", "sl"]), self._px(asset), self.random.random() < 0.5)
        is_reducing = self.random.random() < 0.7
        return spec(side, sz, self._px(asset, 90, 110), asset=asset, reduce_only=is_reducing, trigger=trigger)

    def _order(self, who: str, asset: int) -> list[Outcome]:
        random, side = self.random, self.random.choice(["buy", "sell"])
        if asset != HYPE_USDC and random.random() < 0.25:
            return [self.desk.batch(who, self._tpsl(asset, side, self._sz(asset)))]
        more: dict[str, Any] = {"cloid": cloid(random.randrange(200))} if random.random() < 0.3 else {}
        tif = random.choice(["Gtc", "Gtc", "Ioc", "Alo", "FrontendMarket"])
        is_reducing = asset != HYPE_USDC and random.random() < 0.2
        sz, px = self._sz(asset), self._px(asset)
        return [self.desk.order(who, side, sz, px, tif, asset=asset, reduce_only=is_reducing, **more)]

    def _bracket(self, who: str, asset: int) -> list[Outcome]:
        asset = asset if asset != HYPE_USDC else BTC
        side = self.random.choice(["buy", "sell"])
        other = "sell" if side == "buy" else "buy"
        sz, tif = self._sz(asset), self.random.choice(["Gtc", "Ioc"])
        children = [self._tpsl(asset, other, sz) | {"r": True} for _ in range(self.random.randint(1, 2))]
        parent = spec(side, sz, self._px(asset), tif, asset=asset)
        return [self.desk.batch(who, parent, *children, grouping="normalTpsl")]

    def _position_tpsl(self, who: str, asset: int) -> list[Outcome]:
        asset = asset if asset != HYPE_USDC else ETH
        side = self.random.choice(["buy", "sell"])
        pair = [self._tpsl(asset, side, "0") | {"r": True} for _ in range(self.random.randint(1, 2))]
        return [self.desk.batch(who, *pair, grouping="positionTpsl")]

    def _twap(self, who: str, asset: int) -> list[Outcome]:
        random, details = self.random, None
        if random.random() < 0.4:
            trigger = {"p": self._px(asset), "a": random.random() < 0.5}
            details = {"t": trigger if random.random() < 0.6 else None, "s": self._px(asset)}
        twap = {"a": asset, "b": random.random() < 0.5, "s": self._sz(asset), "r": random.random() < 0.2, "m": 5}
        fields = {"twap": twap | {"t": random.random() < 0.5}} | ({} if details is None else {"details": details})
        return [self.desk.do(who, "twapOrder", **fields)]

    def _end(self, who: str, asset: int) -> list[Outcome]:
        random, open_orders = self.random, list(self.desk.account(who).open_orders.values())
        if self.desk.exchange.twaps and random.random() < 0.2:
            twap = random.choice(list(self.desk.exchange.twaps.values()))
            return [self.desk.do(twap.account, "twapCancel", a=twap.asset, t=twap.id)]
        if random.random() < 0.1:
            return [self.desk.do(who, "scheduleCancel", time=self.desk.now_ms + 5_000)]
        if not open_orders:
            return []
        order = random.choice(open_orders)
        if order.sz and random.random() < 0.3:
            part = random.choice(
                [None, f"{order.sz:f}", str(self.desk.exchange.markets.by_asset[order.asset].sz_decimals)]
            )
            return [self.desk.fill(order.oid, part if order.arrival else None)] if order.arrival else []
        return [self.desk.cancel(who, order.oid, order.asset)]

    def _modify(self, who: str, asset: int) -> list[Outcome]:
        open_orders = list(self.desk.account(who).open_orders.values())
        if not open_orders:
            return []
        order = self.random.choice(open_orders)
        side = "buy" if order.is_buy else "sell"
        sz, px = self._sz(order.asset), self._px(order.asset)
        tif = self.random.choice(["Gtc", "Alo", "Ioc"])
        always = self.random.random() < 0.7
        return [self.desk.modify(who, order.oid, side, sz, px, tif, asset=order.asset, always=always)]

    def _quote(self, who: str, asset: int) -> list[Outcome]:
        """The market moves, and comes back to where the tables have it."""
        market = self.desk.exchange.markets.by_asset[asset]
        middle = market.mark_px * self.random.randint(950, 1_050) / 1_000
        bid, ask = (Decimal(f"{middle * factor:.4g}") for factor in (Decimal("0.999"), Decimal("1.001")))
        sizes = self.random.choice(["0", "1", "20", "1000"])
        missing = self.random.random()
        if missing < 0.1:
            return [self.desk.quote(market.coin, None, f"{ask:f}", sizes)]
        if missing < 0.2:
            return [self.desk.quote(market.coin, f"{bid:f}", None, sizes)]
        if missing < 0.4:
            return [self.desk.prices(market.coin, mark=f"{middle:f}")]
        return [self.desk.quote(market.coin, f"{bid:f}", f"{ask:f}", sizes)]

    def _wait(self, who: str, asset: int) -> list[Outcome]:
        return self.desk.advance(self.random.choice([1, 5, 30, 60]))

    # What must hold.

    def _follow(self, outcome: Outcome) -> None:
        for change in outcome.changes:
            if isinstance(change, OrderChange):
                self.statuses[change.order.oid].append(change.status)
            elif isinstance(change, Fill):
                self.filled[change.oid] += change.sz
                self.traded[change.account, change.asset] += change.sz if change.side == "B" else -change.sz
                if change.twap_id is not None:
                    self.sliced[change.twap_id] += change.sz

    def complaints(self) -> list[str]:
        found = [text for account in self.desk.exchange.accounts.values() for text in self._of_account(account)]
        found += [text for coin in self.desk.exchange.books for text in self._of_book(coin)]
        for twap in self.desk.exchange.twaps.values():
            if not twap.executed_sz == self.sliced[twap.id] <= twap.sz:
                found.append(f"TWAP {twap.id} of {twap.sz}: {twap.executed_sz} noted, {self.sliced[twap.id]} traded")
        for oid, statuses in self.statuses.items():
            ended = [status for status in statuses if status not in ENDS_ONCE]
            if len(ended) > 1 or (ended and statuses[-1] != ended[0]):
                found.append(f"order {oid} went through {statuses}")
        return found

    def _of_account(self, account: Account) -> list[str]:
        found = []
        exchange = self.desk.exchange
        waiting = {child.oid for order in account.open_orders.values() for child in order.children}
        for order in account.open_orders.values():
            armed = order.oid in exchange.armed.get(order.coin, {})
            places = [bool(order.arrival), armed, order.oid in waiting and not armed]
            if not order.is_open or sum(places) != 1 or exchange.orders.get(order.oid) is not order:
                found.append(f"open order {order.oid} ({order.status}) is in {places}")
            if order.sz <= 0 or self.filled[order.oid] + order.sz > order.orig_sz:
                found.append(f"order {order.oid} of {order.orig_sz}: {self.filled[order.oid]} filled, {order.sz} left")
        for asset in (BTC, ETH):
            position = account.positions.get(asset)
            held = Decimal(0) if position is None else position.szi
            if held != self.traded[account.address, asset]:
                found.append(f"{account.address} holds {held} of {asset}, traded {self.traded[account.address, asset]}")
        return found

    def _of_book(self, coin: str) -> list[str]:
        exchange, found = self.desk.exchange, []
        book = exchange.book(coin)
        bid, ask = book.best_bid, book.best_ask
        if bid is not None and ask is not None and bid >= ask:
            found.append(f"{coin} is crossed: {bid} and {ask}")
        for order in exchange.armed.get(coin, {}).values():
            if not order.is_open or is_met(order, book.mark_px):
                found.append(
                    f"armed order {order.oid} ({order.status}) at {order.trigger_condition}: mark {book.mark_px}"
                )
        resting: list[Order] = [entry[2] for side in (book.bids, book.asks) for entry in side]
        found += [f"order {each.oid} rests, but is {each.status}" for each in resting if not each.is_open]
        return found
