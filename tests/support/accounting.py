"""A second set of books: what an exchange says it did, added up, against what it holds.

Everything is counted from what leaves the exchange (its changes). Money is counted as if every fill were paid in
full: an account that buys a perp pays its price and owns the size. So each fill moves money and size from one side to
the other, exactly, and only fees, funding, deposits, withdrawals and gas make or destroy any. The quote is a side like
an account; it has no end of either.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext

from hlmock.exchange.actions.preferences import REQUEST_PRICE
from hlmock.exchange.actions.token_moves import system_address
from hlmock.exchange.engine import Exchange
from hlmock.exchange.liquidation import BACKSTOP_PART, LIQUIDATOR
from hlmock.exchange.margin import pools
from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.model.changes import AccountOpened, Change, OrderChange
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.model.terms import USDC
from hlmock.exchange.outcome import Outcome
from hlmock.wire.addresses import Address

ZERO = Decimal(0)
EXACT = Context(prec=60)


class Accounting:
    """Feed it every outcome, then `check`.

    Args:
        exchange: without accounts yet.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.hype = exchange.markets.token_by_name["HYPE"].index
        self.tokens: dict[int, Decimal] = defaultdict(lambda: ZERO)
        """What all accounts together should have, by token; of USDC, perps and spot together."""
        self.sizes: dict[tuple[Address, int], Decimal] = defaultdict(lambda: ZERO)
        """Sum of the fills by account and asset."""
        self.filled: dict[int, Decimal] = defaultdict(lambda: ZERO)
        """By oid."""
        self.fees: dict[int, Decimal] = defaultdict(lambda: ZERO)
        """Paid, by token; what builders and referrers get is a part of it."""
        self.last = (0, 0)
        """Commit and tid."""

    def take(self, outcome: Outcome) -> None:
        """Count what one step changed."""
        with localcontext(EXACT):
            if outcome.commit is not None:
                assert outcome.commit > self.last[0], "commits go on"
                self.last = outcome.commit, self.last[1]
            for change in outcome.changes:
                self._count(change)
            self._check_trades([change for change in outcome.changes if isinstance(change, Fill)])

    def _count(self, change: Change) -> None:
        match change:
            case Fill():
                self._count_fill(change)
            case OrderChange():
                order = change.order
                if not order.is_position_tpsl:
                    done = self.filled[order.oid]
                    assert done <= order.orig_sz, f"order {order.oid} of {order.orig_sz} has filled {done}"
                    assert order.sz <= order.orig_sz - done, f"order {order.oid} shows more than what is left"
                assert order.sz >= 0, f"order {order.oid} has filled more than its size"
            case AccountOpened():
                self.tokens[USDC] += change.funded
                if change.why == "info":
                    self.tokens[USDC] += self.exchange.settings.initial_spot_usdc
            case FundingPayment():
                self.tokens[USDC] += change.usdc
            case LedgerUpdate():
                self._count_ledger(change)
            case _:
                pass

    def _count_fill(self, fill: Fill) -> None:
        market = self.exchange.markets.by_asset[fill.asset]
        signed = fill.sz if fill.side == "B" else -fill.sz
        before = self.sizes[fill.account, fill.asset]
        if not market.is_spot:
            assert fill.start_position == before, (
                f"{fill.coin}: the fills add up to {before}, not {fill.start_position}"
            )
        self.sizes[fill.account, fill.asset] = before + signed
        self.filled[fill.oid] += fill.sz
        if market.is_spot:
            self.tokens[market.base_token] += signed
        self.tokens[market.quote_token] -= fill.px * signed
        paid_in = self.exchange.markets.token_by_name[fill.fee_token].index
        self.tokens[paid_in] -= fill.fee
        self.fees[paid_in] += fill.fee

    def _count_ledger(self, update: LedgerUpdate) -> None:
        """What came in and went out; a transfer is in the ledger of both sides, and counted at the sender."""
        delta = {name: str(value) for name, value in update.delta.items()}
        match delta["type"]:
            case "deposit":
                # A new account's first deposit is what it was opened with.
                self.tokens[USDC] += Decimal(delta["usdc"])
            case "withdraw":
                self.tokens[USDC] -= Decimal(delta["usdc"]) + Decimal(delta["fee"])
            case "spotGenesis":
                self.tokens[self.exchange.markets.token_by_name[delta["token"]].index] += Decimal(delta["amount"])
            case "rewardsClaim":
                self.tokens[self.exchange.markets.token_by_name[delta["token"]].index] += Decimal(delta["amount"])
            case "internalTransfer" | "spotTransfer" | "send" if delta["user"] == update.account:
                tokens = self.exchange.markets.token_by_name
                self.tokens[tokens[delta.get("feeToken") or "USDC"].index] -= Decimal(delta["fee"])
                if "token" in delta and delta["destination"] == system_address(tokens[delta["token"]]):
                    self.tokens[tokens[delta["token"]].index] -= Decimal(delta["amount"])
                    self.tokens[self.hype] -= Decimal(delta["nativeTokenFee"])
            case _:
                pass

    def _check_trades(self, fills: Iterable[Fill]) -> None:
        """Each trade moves one size at one price between two sides, or one side and the quote."""
        trades: dict[int, list[Fill]] = defaultdict(list)
        for fill in fills:
            trades[fill.tid].append(fill)
        for tid, sides in trades.items():
            assert tid > self.last[1], "trade ids go on"
            self.last = self.last[0], tid
            if len(sides) == 1:
                continue
            one, other = sides
            assert (one.px, one.sz, one.coin) == (other.px, other.sz, other.coin)
            assert {one.side, other.side} == {"B", "A"}, f"both sides of trade {tid} are {one.side}"

    def check(self) -> None:
        """Whether the exchange holds what it said.

        Raises:
            AssertionError: it does not; says what differs.
        """
        with localcontext(EXACT):
            self._check_positions()
            self._check_books()
            self._check_money()
            self._check_margins()

    def _check_money(self) -> None:
        held: dict[int, Decimal] = defaultdict(lambda: ZERO)
        earned: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for account in self.exchange.accounts.values():
            held[USDC] += account.perp_usdc + sum(account.dex_usdc.values())
            for position in account.positions.values():
                held[USDC] += (position.isolated_margin or ZERO) - position.cost
            held[USDC] += account.requests_reserved * REQUEST_PRICE
            staking = account.staking
            held[self.hype] += staking.undelegated + staking.delegated + sum(staking.pending)
            held[self.hype] -= sum(reward.amount for reward in staking.rewards)
            for token, rewards in account.rewards.items():
                earned[token] += rewards.claimed + rewards.unclaimed + rewards.builder
            for token, loan in account.loans.items():
                held[token] += loan.supplied - loan.borrowed
            for token, amount in account.spot.items():
                held[token] += amount
                # A unified account's USDC is the collateral of its perps, whose profit may stand in for it.
                is_collateral = token == USDC and account.is_unified and account.positions
                assert amount >= 0 or is_collateral, f"{account.address} has {amount} of token {token}"
        for token, amount in earned.items():
            assert amount <= self.fees[token], f"token {token}: {amount} of rewards out of {self.fees[token]} of fees"
        for token in held.keys() | self.tokens.keys():
            missing = self.tokens[token] - held[token]
            assert not missing, f"token {token}: {missing} has vanished (negative: has appeared)"

    def _check_positions(self) -> None:
        interest: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for account in self.exchange.accounts.values():
            for asset, position in account.positions.items():
                filled = self.sizes[account.address, asset]
                assert position.szi == filled != 0, f"position {position.szi}, but the fills add up to {filled}"
                interest[position.coin][position.szi < 0] += abs(position.szi)
        for (address, asset), szi in self.sizes.items():
            market = self.exchange.markets.by_asset[asset]
            if szi and not market.is_spot:
                assert asset in self.exchange.accounts[address].positions, f"{szi} of {market.coin} has no position"
        for coin, book in self.exchange.books.items():
            assert [book.long_sz, book.short_sz] == interest[coin], f"open interest of {coin}"

    def _check_margins(self) -> None:
        """Whoever has less than two thirds of the maintenance margin has been liquidated."""
        for account in self.exchange.accounts.values():
            for pool in pools(self.exchange, account):
                is_kept = pool.equity >= pool.maintenance * BACKSTOP_PART
                assert is_kept or account.address == LIQUIDATOR, f"{account.address} has {pool.equity} for {pool}"

    def _check_books(self) -> None:
        resting = set()
        for book in self.exchange.books.values():
            bid, ask = book.best_bid, book.best_ask
            assert bid is None or ask is None or bid < ask, f"the book of {book.coin} is crossed: {bid} {ask}"
            for _, _, order in (*book.bids, *book.asks):
                assert (order.status, order.sz > 0) == ("open", True), f"order {order.oid}: {order.status} {order.sz}"
                assert order.oid in self.exchange.accounts[order.account].open_orders
                resting.add(order.oid)
        for account in self.exchange.accounts.values():
            for order in account.open_orders.values():
                assert order.oid in resting or order.waits_for_price, f"open order {order.oid} is in no book"
