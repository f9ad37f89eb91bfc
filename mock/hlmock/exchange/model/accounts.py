"""Accounts: balances, positions, orders, agents, and the histories that are told of them."""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.holdings import Loan, MultiSig, Referral, Rewards, Staking, StakingLink, Vault, VaultStake
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import HistoryRow, Order, TwapRow
from hlmock.exchange.model.positions import FundingPayment, Leverage, Position
from hlmock.exchange.model.terms import USDC, ZERO, Oid
from hlmock.wire.addresses import Address

UNIFIED = frozenset({"unifiedAccount", "portfolioMargin"})
"""Modes in which an account has one USDC balance. Source: Hyperliquid docs, Account abstraction modes."""


def parts_dexes(abstraction: str, dex_abstraction: bool | None) -> bool:
    """Whether an account of these settings keeps the collateral of each perp dex apart."""
    if abstraction in UNIFIED:
        return False
    return dex_abstraction is False or (abstraction == "disabled" and dex_abstraction is None)


class DayVolume(msgspec.Struct):
    """What an account traded on one day (UTC), USD."""

    cross: Decimal = ZERO
    """Perps, as taker."""
    add: Decimal = ZERO
    """Perps, as maker."""
    spot_cross: Decimal = ZERO
    spot_add: Decimal = ZERO

    @property
    def weighted(self) -> Decimal:
        """Spot counts twice. Source: Hyperliquid docs, Fees."""
        return self.cross + self.add + 2 * (self.spot_cross + self.spot_add)


class Rates(NamedTuple):
    """Fees of an account as parts of the notional, before what depends on the asset; negative is a rebate."""

    cross: Decimal
    add: Decimal
    spot_cross: Decimal
    spot_add: Decimal


class Agent(msgspec.Struct):
    """An approved API wallet. `name` is `None` for the one unnamed agent."""

    address: Address
    name: str | None
    valid_until: int
    """ms, exclusive."""


class LedgerUpdate(msgspec.Struct, frozen=True, gc=False):
    """A deposit, transfer or withdrawal. `delta` is in wire form (`{"type": ..., ...}`)."""

    account: Address
    time_ms: int
    hash: str
    delta: Mapping[str, object]


class Account(msgspec.Struct):
    """An address whose orders, fills and positions change. A vault or a sub-account is one."""

    address: Address
    named: bool = True
    """False while only a signature has ever mentioned it (see `identity`)."""
    wallet_name: str | None = None
    perp_usdc: Decimal = ZERO
    """Perp collateral of an account that is not unified: see `usdc`."""
    dex_usdc: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Collateral in builders' dexes, of an account whose dexes are apart: see `collateral`."""
    spot: dict[int, Decimal] = msgspec.field(default_factory=dict)
    """Spot balances by token index, USDC (0) included."""
    spot_entry_ntl: dict[int, Decimal] = msgspec.field(default_factory=dict)
    positions: dict[int, Position] = msgspec.field(default_factory=dict)
    """By asset; zero positions are removed."""
    leverage: dict[int, Leverage] = msgspec.field(default_factory=dict)
    open_orders: dict[Oid, Order] = msgspec.field(default_factory=dict)
    """In order of placement."""
    agents: dict[Address, Agent] = msgspec.field(default_factory=dict)
    multi_sig: MultiSig | None = None
    """Set once others sign for this account."""
    master: Address | None = None
    """Set on a sub-account (its master) and on a vault (its leader)."""
    vault: Vault | None = None
    """Set on a vault."""
    name: str | None = None
    """Of a sub-account or vault."""
    fills: list[Fill] = msgspec.field(default_factory=list)
    """Oldest first."""
    history: list["HistoryRow"] = msgspec.field(default_factory=list)
    """One row per status change, oldest first."""
    ledger: list[LedgerUpdate] = msgspec.field(default_factory=list)
    fundings: list["FundingPayment"] = msgspec.field(default_factory=list)
    funding_paid: dict[int, Decimal] = msgspec.field(default_factory=dict)
    """By asset, over all positions, USDC; negative was received."""
    volume: Decimal = ZERO
    """Since the start, USD."""
    days: dict[int, DayVolume] = msgspec.field(default_factory=dict)
    """By day (UTC, counted from 1970), oldest first."""
    rates: Rates | None = None
    rates_day: int = -1
    """The day that `rates` holds for."""
    requests_used: int = 0
    last_request_ms: int = 0
    """When a request was last let through."""
    requests_reserved: int = 0
    builder_approvals: dict[Address, int] = msgspec.field(default_factory=dict)
    """Builder to the approved maximum, tenths of a basis point."""
    latest_by_cloid: dict[str, Oid] = msgspec.field(default_factory=dict)
    """Newest order per cloid; a cloid may be used again once its order is terminal."""
    reduce_only: dict[int, dict[Oid, Order]] = msgspec.field(default_factory=dict)
    """Open orders that are bound to a position, by asset, oldest first."""
    past: deque[Oid] = msgspec.field(default_factory=deque)
    """Terminal orders still kept, oldest first."""
    partly_liquidated_ms: int | None = None
    """When a liquidation got only a part done; `None` again once no margin is short."""
    scheduled_cancel: int | None = None
    """ms; when `scheduleCancel` is due."""
    scheduled_fired: tuple[int, int] = (0, 0)
    """Day (UTC, counted from 1970) of the last scheduled cancel that came about, and how many did on that day."""
    twap_history: list[TwapRow] = msgspec.field(default_factory=list)
    """Oldest first."""
    removal_pending_until: int = 0
    """ms; until then another change of agents is refused."""
    vault_stakes: dict[Address, VaultStake] = msgspec.field(default_factory=dict)
    """By vault; without those that were withdrawn whole."""
    staking_link: StakingLink | None = None
    loans: dict[int, Loan] = msgspec.field(default_factory=dict)
    """What was lent and borrowed, by token."""
    staking: Staking = msgspec.field(default_factory=Staking)
    abstraction: str = "default"
    """`default`, `disabled`, `unifiedAccount`, `portfolioMargin`, `dexAbstraction`."""
    abstraction_since: int = 0
    """ms"""
    dex_abstraction: bool | None = None
    """As it was set last; `None` where it never was."""
    display_name: str | None = None
    referral: Referral | None = None
    """Who referred this account."""
    rewards: dict[int, Rewards] = msgspec.field(default_factory=dict)
    """What the account earned by referring others and as a builder, by token."""
    opted_out_of_spot_dusting: bool = False
    uses_big_blocks: bool = False

    @property
    def is_vault(self) -> bool:
        return self.vault is not None

    @property
    def is_unified(self) -> bool:
        """Whether spot and perps share one balance."""
        return self.abstraction in UNIFIED

    @property
    def usdc(self) -> Decimal:
        """Perp collateral, without unrealised PnL. Of a unified account it is the spot balance."""
        return self.spot.get(USDC, ZERO) if self.abstraction in UNIFIED else self.perp_usdc

    @usdc.setter
    def usdc(self, amount: Decimal) -> None:
        if self.abstraction in UNIFIED:
            self.spot[USDC] = amount
        else:
            self.perp_usdc = amount

    @property
    def dexes_are_apart(self) -> bool:
        """Whether each perp dex has collateral of its own.

        So it is once the account has said so, by mode `disabled` or by turning dex abstraction off; before that, all
        dexes draw on the main one's (our choice: on the real exchange an account is parted from the start).
        """
        return parts_dexes(self.abstraction, self.dex_abstraction)

    def balance(self, token: int) -> Decimal:
        """Spot balance of a token, what open orders hold included."""
        return self.spot.get(token, ZERO)

    def leverage_in(self, market: Market) -> Leverage:
        """Leverage and margin mode in a coin, also before the account has chosen any."""
        return self.leverage.get(market.asset, market.leverage)

    def collateral(self, dex: str) -> Decimal:
        """What positions in a perp dex draw on, without unrealised PnL."""
        if self.abstraction in UNIFIED:
            return self.spot.get(USDC, ZERO)
        return self.dex_usdc.get(dex, ZERO) if dex and self.dexes_are_apart else self.perp_usdc

    def add_collateral(self, dex: str, amount: Decimal) -> None:
        """Or take away, where the amount is negative."""
        if dex and self.dexes_are_apart:
            self.dex_usdc[dex] = self.dex_usdc.get(dex, ZERO) + amount
        else:
            self.usdc += amount

    def switch_abstraction(self, mode: str, dex_abstraction: bool | None, now_ms: int) -> None:
        """Change the mode. What is joined goes to where the new mode keeps it, and stays there when parted again."""
        if mode != self.abstraction:
            was_unified, perp_usdc = self.is_unified, self.perp_usdc
            self.abstraction, self.abstraction_since = mode, now_ms
            if self.is_unified and not was_unified:
                self.perp_usdc = ZERO
                self.usdc += perp_usdc
        self.dex_abstraction = dex_abstraction
        if not self.dexes_are_apart:
            self.usdc += sum(self.dex_usdc.values(), ZERO)
            self.dex_usdc.clear()
