"""The exchange against a naive model of one book: lists, sorted and scanned anew for every order."""

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hlmock.exchange.book import Level
from support.desk import ETH, Desk, address, element, elements, fills, statuses

WHO = ("alice", "bob", "carol")
QUOTE = "quote"
NAMES = {address(who): who for who in WHO}
prices = st.integers(95, 105)
sizes = st.integers(1, 9)
sides = st.sampled_from(["buy", "sell"])


@dataclass
class Resting:
    oid: int
    who: str
    side: str
    px: int
    sz: int


class Naive:
    """What should happen, in as few words as possible."""

    def __init__(self) -> None:
        self.orders: list[Resting] = []
        """By time."""
        self.bid, self.ask, self.quote_sz = 99, 101, 5

    def place(self, oid: int, who: str, side: str, px: int, sz: int, *, rests: bool) -> list[tuple[str, int, int]]:
        """Executions as (counterparty, px, sz)."""
        executions = []
        buy = side == "buy"
        quoted = self.ask if buy else self.bid
        is_withdrawn = any(o.side == side and (o.px >= quoted if buy else o.px <= quoted) for o in self.orders)
        quote_left = 0 if is_withdrawn else self.quote_sz
        while sz:
            best = sorted((o for o in self.orders if o.side != side), key=lambda o: o.px if buy else -o.px)
            offers = [(o.px if buy else -o.px, 0, o) for o in best[:1]]
            if quote_left:
                offers.append((quoted if buy else -quoted, 1, Resting(0, QUOTE, "", quoted, quote_left)))
            offers = [offer for offer in offers if offer[0] <= (px if buy else -px)]
            if not offers:
                break
            maker = min(offers, key=lambda offer: offer[:2])[2]
            if maker.who == who:
                self.orders.remove(maker)
                continue
            done = min(sz, maker.sz)
            executions.append((maker.who, maker.px, done))
            sz -= done
            maker.sz -= done
            if maker.who == QUOTE:
                quote_left -= done
            elif not maker.sz:
                self.orders.remove(maker)
        if sz and rests:
            self.orders.append(Resting(oid, who, side, px, sz))
        return executions

    def levels(self, side: str) -> list[Level]:
        buy = side == "buy"
        quoted, other = (self.bid, "sell") if buy else (self.ask, "buy")
        found = [(o.px, o.sz) for o in self.orders if o.side == side]
        if not any(o.side == other and (o.px <= quoted if buy else o.px >= quoted) for o in self.orders):
            found.append((quoted, self.quote_sz))
        prices = sorted({px for px, _ in found}, reverse=buy)
        per_px = {px: [sz for each, sz in found if each == px] for px in prices}
        return [Level(Decimal(px), Decimal(sum(all_)), len(all_)) for px, all_ in per_px.items()]


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(initial_usdc=Decimal(10) ** 9)
        self.naive = Naive()
        self.desk.quote("ETH", "99", "101", "5")
        self.asked: dict[int, int] = {}
        self.positions = dict.fromkeys(WHO, Decimal(0))

    @rule(who=st.sampled_from(WHO), side=sides, px=prices, sz=sizes, tif=st.sampled_from(["Gtc", "Gtc", "Ioc", "Alo"]))
    def place(self, who: str, side: str, px: int, sz: int, tif: str) -> None:
        oid = int(self.desk.exchange.next_oid)
        outcome = self.desk.order(who, side, str(sz), str(px), tif, asset=ETH)
        self.asked[oid] = sz
        if tif == "Alo" and "badAloPxRejected" in statuses(outcome):
            other = self.naive.levels("sell" if side == "buy" else "buy")
            assert other
            assert (other[0].px <= px) if side == "buy" else (other[0].px >= px)
            return
        expected = self.naive.place(oid, who, side, px, sz, rests=tif != "Ioc")
        assert tif != "Alo" or not expected
        made = fills(outcome)
        takers = [fill for fill in made if fill.crossed]
        assert [(fill.px, fill.sz) for fill in takers] == [(Decimal(p), Decimal(s)) for _, p, s in expected]
        makers = {fill.tid: NAMES[fill.account] for fill in made if not fill.crossed}
        assert [makers.get(fill.tid, QUOTE) for fill in takers] == [name for name, _, _ in expected]
        for fill in made:
            self.positions[NAMES[fill.account]] += fill.sz if fill.side == "B" else -fill.sz
        if expected:
            assert element(outcome)["filled"]["totalSz"] == f"{sum(s for _, _, s in expected)}.0"

    @precondition(lambda self: self.naive.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.naive.orders))
        assert elements(self.desk.cancel(order.who, order.oid, ETH)) == ["success"]
        self.naive.orders.remove(order)

    @precondition(lambda self: self.naive.orders)
    @rule(data=st.data(), sz=sizes)
    def force(self, data: st.DataObject, sz: int) -> None:
        order = data.draw(st.sampled_from(self.naive.orders))
        (fill,) = fills(self.desk.fill(order.oid, str(sz)))
        done = min(sz, order.sz)
        assert fill.sz == done
        self.positions[order.who] += fill.sz if fill.side == "B" else -fill.sz
        order.sz -= done
        if not order.sz:
            self.naive.orders.remove(order)

    @rule(bid=st.integers(96, 103), width=st.integers(1, 3), sz=sizes)
    def set_quote(self, bid: int, width: int, sz: int) -> None:
        ask = bid + width
        outcome = self.desk.quote("ETH", str(bid), str(ask), str(sz))
        reached = [o for o in self.naive.orders if (o.px >= ask if o.side == "buy" else o.px <= bid)]
        assert sorted((NAMES[f.account], f.px, f.sz) for f in fills(outcome)) == sorted(
            (o.who, Decimal(o.px), Decimal(o.sz)) for o in reached
        )
        for order in reached:
            self.positions[order.who] += order.sz if order.side == "buy" else -order.sz
            self.naive.orders.remove(order)
        self.naive.bid, self.naive.ask, self.naive.quote_sz = bid, ask, sz

    @invariant()
    def the_book_is_the_naive_one(self) -> None:
        book = self.desk.exchange.book("ETH")
        assert list(book.levels("B")) == self.naive.levels("buy")
        assert list(book.levels("A")) == self.naive.levels("sell")

    @invariant()
    def accounts_never_cross(self) -> None:
        book = self.desk.exchange.book("ETH")
        bid, ask = book.first("B"), book.first("A")
        assert bid is None or ask is None or bid.limit_px < ask.limit_px
        assert book.best_bid is None or book.best_ask is None or book.best_bid < book.best_ask

    @invariant()
    def size_is_conserved(self) -> None:
        filled = dict.fromkeys(self.asked, Decimal(0))
        for who in WHO:
            for fill in self.desk.account(who).fills:
                filled[fill.oid] += fill.sz
        for oid, asked in self.asked.items():
            order = self.desk.placed(oid)
            assert 0 <= order.sz == asked - filled[oid]

    @invariant()
    def a_position_is_the_sum_of_its_fills(self) -> None:
        for who in WHO:
            position = self.desk.account(who).positions.get(ETH)
            assert (position.szi if position else 0) == self.positions[who]


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
