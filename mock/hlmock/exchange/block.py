"""One block: everything that one step of the exchange does, in the sequence in which the wire shows it."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from hlmock.exchange.agenda import next_full
from hlmock.exchange.book import Book
from hlmock.exchange.model.accounts import Account, LedgerUpdate
from hlmock.exchange.model.changes import AccountOpened, BookChanged, Change, OrderChange, UserStateChanged
from hlmock.exchange.model.fills import Fill, FillLiquidation
from hlmock.exchange.model.orders import HistoryRow, Order, OrderRow
from hlmock.exchange.model.terms import HOUR_MS, USDC, ZERO, Commit, Oid, Tid
from hlmock.exchange.premiums import touch
from hlmock.exchange.state import State
from hlmock.wire.addresses import Address

_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95
"""Odd, so that multiplying by it maps different commits to different hashes."""
_MASK = 2**256 - 1


def hash_of(commit: int) -> str:
    """Transaction hash of everything in a block (our choice: made from the commit's number)."""
    return f"0x{commit * _SPREAD & _MASK:064x}"


def _begin(state: State, time_ms: int) -> None:
    """What recurs by itself begins with the first block."""
    state.started_ms = time_ms
    if state.settings.hourly_funding and state.profile.funding:
        state.agenda.add(next_full(time_ms, HOUR_MS), "funding")


class Block(msgspec.Struct):
    """Collects changes. It becomes a commit when it closes, and only if something changed."""

    state: State
    time_ms: int
    changes: list[Change] = msgspec.field(default_factory=list)
    coins: dict[str, None] = msgspec.field(default_factory=dict)
    """Coins whose levels, quote or prices changed, in that order."""
    firing: tuple[str, ...] = ()
    """Coins whose triggers are being fired; see `triggers`."""
    liquidation: FillLiquidation | None = None
    """Whose liquidation the fills of now belong to."""
    traded: dict[Address, None] = msgspec.field(default_factory=dict)
    """Accounts whose margin fills may have made short and nobody has looked at since."""
    _accounts: dict[Address, None] = msgspec.field(default_factory=dict)
    _hash: str | None = None

    @property
    def hash(self) -> str:
        """Transaction hash of everything in this block."""
        if self._hash is None:
            self._hash = hash_of(self.state.commit + 1)
        return self._hash

    def next_oid(self) -> Oid:
        """Take an order id."""
        oid = self.state.next_oid
        self.state.next_oid = Oid(oid + 1)
        return oid

    def next_tid(self) -> Tid:
        """Take a trade id."""
        tid = self.state.next_tid
        self.state.next_tid = Tid(tid + 1)
        return tid

    def account(self, address: Address) -> Account:
        """Of an address that has one."""
        return self.state.accounts[address]

    def open_account(
        self,
        address: Address,
        why: str,
        usdc: Decimal = ZERO,
        spot_usdc: Decimal = ZERO,
        named: bool = True,
        other_candidates: tuple[Address, ...] = (),
        master: Address | None = None,
    ) -> Account:
        """A new account, with what it starts with. The address must not have one yet."""
        account = Account(address, named, perp_usdc=usdc, master=master)
        if master is not None:
            self.state.led.setdefault(master, []).append(address)
        if spot_usdc:
            account.spot[USDC] = spot_usdc
        self.state.accounts[address] = account
        if named:
            self.state.identity.name(address, why)
        self.changes.append(AccountOpened(address, why, usdc, named, other_candidates))
        self.user_changed(account)
        return account

    def open_funded(
        self, address: Address, why: str, named: bool = True, other_candidates: tuple[Address, ...] = ()
    ) -> Account:
        """A new account with the amounts of the settings."""
        settings = self.state.settings
        usdc, spot_usdc = settings.initial_usdc, settings.initial_spot_usdc
        return self.open_account(address, why, usdc, spot_usdc, named, other_candidates)

    def ledger_changed(self, account: Account, delta: Mapping[str, object]) -> None:
        """Note a deposit, transfer or withdrawal; `delta` is in wire form."""
        update = LedgerUpdate(account.address, self.time_ms, self.hash, delta)
        account.ledger.append(update)
        self.changes.append(update)
        self.user_changed(account)

    def book_changed(self, book: Book) -> None:
        """Its levels, quote or prices; noted once."""
        self.coins[book.coin] = None

    def user_changed(self, account: Account) -> None:
        """Its balances, positions, leverage or agents; noted once."""
        self._accounts[account.address] = None

    def order_changed(
        self,
        order: Order,
        account: Account,
        status: str,
        replaces: Order | None = None,
        fill: Fill | None = None,
        published: bool = True,
        limit_px: Decimal | None = None,
    ) -> None:
        """Note a change of an order and put it into the account's history, unless it is not published."""
        time_ms = self.time_ms
        row = OrderRow(
            order.oid,
            order.account,
            order.asset,
            order.coin,
            order.side,
            order.limit_px if limit_px is None else limit_px,
            order.sz,
            order.orig_sz,
            order.tif,
            order.reduce_only,
            order.timestamp,
            order.cloid,
            order.order_type,
            order.is_trigger,
            order.trigger_px,
            order.trigger_condition,
            order.is_position_tpsl,
        )
        if published:
            order.shown = shown = HistoryRow(row, status, time_ms)
            account.history.append(shown)
            if len(account.history) > 2 * self.state.settings.kept_history:
                del account.history[: -self.state.settings.kept_history]
        self.changes.append(
            OrderChange(row, status, time_ms, published, fill, None if replaces is None else replaces.oid)
        )

    def close(self) -> tuple[Commit | None, tuple[Change, ...]]:
        """Number the block, if it holds anything."""
        changes = self.changes
        if not (changes or self.coins or self._accounts):
            return None, ()
        state, time_ms = self.state, self.time_ms
        if not state.last_block_ms:
            _begin(state, time_ms)
        for coin in self.coins:
            changes.append(BookChanged(coin))
            touch(state, coin, time_ms)
        for address in self._accounts:
            changes.append(UserStateChanged(address))
        state.commit = commit = Commit(state.commit + 1)
        state.last_block_ms = time_ms
        return commit, tuple(changes)
