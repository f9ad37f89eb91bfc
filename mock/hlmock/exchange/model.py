"""The values that the exchange keeps and the changes that a commit makes.

Rule 1: nothing here knows a client, a connection, a clock or a JSON shape. Rule 2: prices, sizes and amounts are
`Decimal`. Rule 3: what leaves the exchange (a change) is immutable; what stays (an order, an account) is
changed only by the exchange's own steps. Rule 4: iteration follows insertion, so equal inputs give equal outputs.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, NewType

import msgspec

from hlmock.exchange.holdings import Loan, MultiSig, Referral, Rewards, Staking, StakingLink, Vault, VaultStake
from hlmock.wire.addresses import Address

Oid = NewType("Oid", int)
"""Order id, strictly increasing over the whole exchange; never goes back, also not over a restore."""

Tid = NewType("Tid", int)
"""Trade id; both sides of one execution share it."""

Commit = NewType("Commit", int)
"""Number of a block of changes, from 1; never goes back."""

Side = Literal["B", "A"]
"""`B` is bid (buy), `A` is ask (sell). Source: Hyperliquid docs, Info endpoint."""

Tif = Literal["Gtc", "Ioc", "Alo", "FrontendMarket", "LiquidationMarket"]

ZERO = Decimal(0)

USDC = 0
"""Token index."""

UNIFIED = frozenset({"unifiedAccount", "portfolioMargin"})
"""Modes in which an account has one USDC balance. Source: Hyperliquid docs, Account abstraction modes."""


def parts_dexes(abstraction: str, dex_abstraction: bool | None) -> bool:
    """Whether an account of these settings keeps the collateral of each perp dex apart."""
    if abstraction in UNIFIED:
        return False
    return dex_abstraction is False or (abstraction == "disabled" and dex_abstraction is None)


class Market(msgspec.Struct, frozen=True, gc=False):
    """One tradable asset.

    `asset` is the id that orders carry. Source: Hyperliquid docs, Asset IDs (perp: index in its universe; spot:
    10000 + index; perp of a builder's dex: 100000 + 10000 * dex + index).
    """

    asset: int
    coin: str
    """Wire name: `BTC`, `PURR/USDC`, `@107`."""
    is_spot: bool
    sz_decimals: int
    max_leverage: int
    mark_px: Decimal
    oracle_px: Decimal
    prev_day_px: Decimal
    is_delisted: bool = False
    only_isolated: bool = False
    margin_mode: str | None = None
    growth_mode: str | None = None
    margin_table: int = 50
    open_interest: Decimal = ZERO
    day_ntl_vlm: Decimal = ZERO
    base_token: int = 0
    quote_token: int = 0
    is_canonical: bool = True
    circulating_supply: Decimal = ZERO
    dex: str = ""
    """Name of the builder's dex; empty for the exchange's own perps and for spot."""
    px_decimals: int = 6
    """Most decimals of a price: 6 (spot: 8) minus `sz_decimals`. Source: Hyperliquid docs, Tick and lot size."""
    quote_name: str = "USDC"
    """Token that prices are in."""


class Token(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A spot token."""

    index: int
    name: str
    sz_decimals: int
    wei_decimals: int
    token_id: str
    """`0x` + 32 hex digits."""
    is_canonical: bool
    full_name: str | None = None
    evm_contract: str | None = None
    """Address of the token on the EVM, where it is linked."""
    evm_extra_decimals: int = 0
    """What its decimals there have more than here."""


class MarginTier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Above `lower_bound` (notional, USD) at most `max_leverage`."""

    lower_bound: Decimal
    max_leverage: int


class MarginTable(msgspec.Struct, frozen=True, array_like=True):
    id: int
    description: str
    tiers: tuple[MarginTier, ...]
    """By ascending lower bound; the first starts at 0."""


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The configurable best bid and offer that takers may trade against. A side may be absent (`None` px)."""

    bid_px: Decimal | None
    bid_sz: Decimal
    ask_px: Decimal | None
    ask_sz: Decimal


@dataclass(slots=True)
class Order:
    """A live or past order. `sz` is what remains; `orig_sz` what was asked for."""

    oid: Oid
    account: Address
    asset: int
    coin: str
    side: Side
    limit_px: Decimal
    sz: Decimal
    orig_sz: Decimal
    tif: Tif | None
    reduce_only: bool
    timestamp: int
    """Placement, ms."""
    cloid: str | None = None
    status: str = "open"
    """A wire status (`open`, `filled`, `canceled`, `iocCancelRejected`, ...)."""
    status_timestamp: int = 0
    order_type: str = "Limit"
    is_trigger: bool = False
    trigger_px: Decimal = ZERO
    trigger_condition: str = "N/A"
    trigger_above: bool = False
    """Fires when the mark price is at or above `trigger_px`, else at or below."""
    is_position_tpsl: bool = False
    grouping: str = "na"
    builder: tuple[Address, int] | None = None
    """Builder and its fee in tenths of a basis point."""
    arrival: int = 0
    """Place in the queue of its book; set when it rests."""
    shown: "HistoryRow | None" = None
    """The order as it stood at its last status change, which is what `orderStatus` answers."""
    children: list["Order"] = field(default_factory=list)
    """TP/SL orders that wait for this one to fill."""
    siblings: tuple[Oid, ...] = ()
    """The other TP/SL orders of its group: when one has filled, the others end."""
    twap_id: int | None = None
    """The TWAP that this order is a slice of."""

    @property
    def is_buy(self) -> bool:
        return self.side == "B"

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    @property
    def waits_for_price(self) -> bool:
        """A trigger order that has not fired yet."""
        return self.is_trigger and self.tif is None


@dataclass(slots=True)
class Position:
    """A perp position. `szi` is signed."""

    coin: str
    asset: int
    szi: Decimal = ZERO
    cost: Decimal = ZERO
    """What `szi` was bought for, signed like it. Kept instead of the entry price, which is rounded: so no money is."""
    funding_since_open: Decimal = ZERO
    """Paid, USDC; negative was received."""
    funding_since_change: Decimal = ZERO
    """Since the last fill."""
    isolated_margin: Decimal | None = None
    """USDC set aside for this position alone, without unrealised PnL; `None` for cross margin."""

    @property
    def dex(self) -> str:
        """Builder's dex, the part of the coin's name before a colon; empty for the exchange's own perps."""
        return self.coin.rpartition(":")[0]

    @property
    def entry_px(self) -> Decimal:
        """Size-weighted on an increase, unchanged on a decrease."""
        return self.cost / self.szi

    def pnl_at(self, px: Decimal) -> Decimal:
        """Unrealised, at a price."""
        return self.szi * px - self.cost


@dataclass(slots=True)
class DayVolume:
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


@dataclass(slots=True)
class Leverage:
    is_cross: bool
    value: int


@dataclass(slots=True)
class Agent:
    """An approved API wallet. `name` is `None` for the one unnamed agent."""

    address: Address
    name: str | None
    valid_until: int
    """ms, exclusive."""


class FillLiquidation(msgspec.Struct, frozen=True, gc=False):
    """What makes a fill part of a liquidation; both sides have it."""

    liquidated_user: Address
    mark_px: Decimal
    method: Literal["market", "backstop"]


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One side of one execution, as one account sees it."""

    account: Address
    coin: str
    asset: int
    px: Decimal
    sz: Decimal
    side: Side
    time_ms: int
    start_position: Decimal
    """Signed position (spot: balance) before this fill."""
    dir: str
    """`Open Long`, `Close Short`, `Long > Short`, spot `Buy`/`Sell`, ..."""
    closed_pnl: Decimal
    """Without the fee. Source: Hyperliquid docs, Entry price and pnl."""
    hash: str
    oid: Oid
    crossed: bool
    """True for the taker."""
    fee: Decimal
    """Positive is paid, negative a rebate."""
    fee_token: str
    tid: Tid
    cloid: str | None = None
    builder_fee: Decimal | None = None
    twap_id: int | None = None
    liquidation: FillLiquidation | None = None


@dataclass(slots=True)
class Twap:
    """A size that is traded in slices over time."""

    id: int
    account: Address
    asset: int
    coin: str
    side: Side
    sz: Decimal
    minutes: int
    reduce_only: bool
    randomize: bool
    timestamp: int
    """Placement, ms."""
    slices: int
    """How many there are to be."""
    trigger_px: Decimal | None = None
    """It begins when the mark price is there."""
    trigger_above: bool = False
    stop_px: Decimal | None = None
    """It ends when the mark price is there: a buy at or above it, a sell at or below."""
    started_ms: int | None = None
    executed_sz: Decimal = ZERO
    executed_ntl: Decimal = ZERO


class TwapRow(msgspec.Struct, frozen=True, gc=False):
    """A change of a TWAP's status."""

    time_ms: int
    twap: Twap
    """A copy, as it stood then."""
    status: str
    """`waitingForTrigger`, `activated`, `finished`, `terminated`, `stopped`, `error`."""
    description: str | None = None
    """Of an error."""


class LedgerUpdate(msgspec.Struct, frozen=True, gc=False):
    """A deposit, transfer or withdrawal. `delta` is in wire form (`{"type": ..., ...}`)."""

    account: Address
    time_ms: int
    hash: str
    delta: Mapping[str, object]


@dataclass(slots=True)
class Account:
    """An address whose orders, fills and positions change. A vault or a sub-account is one."""

    address: Address
    named: bool = True
    """False while only a signature has ever mentioned it (see `identity`)."""
    wallet_name: str | None = None
    perp_usdc: Decimal = ZERO
    """Perp collateral of an account that is not unified: see `usdc`."""
    dex_usdc: dict[str, Decimal] = field(default_factory=dict)
    """Collateral in builders' dexes, of an account whose dexes are apart: see `collateral`."""
    spot: dict[int, Decimal] = field(default_factory=dict)
    """Spot balances by token index, USDC (0) included."""
    spot_entry_ntl: dict[int, Decimal] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    """By asset; zero positions are removed."""
    leverage: dict[int, Leverage] = field(default_factory=dict)
    open_orders: dict[Oid, Order] = field(default_factory=dict)
    """In order of placement."""
    agents: dict[Address, Agent] = field(default_factory=dict)
    multi_sig: MultiSig | None = None
    """Set once others sign for this account."""
    master: Address | None = None
    """Set on a sub-account (its master) and on a vault (its leader)."""
    vault: Vault | None = None
    """Set on a vault."""
    name: str | None = None
    """Of a sub-account or vault."""
    fills: list[Fill] = field(default_factory=list)
    """Oldest first."""
    history: list["HistoryRow"] = field(default_factory=list)
    """One row per status change, oldest first."""
    ledger: list[LedgerUpdate] = field(default_factory=list)
    fundings: list["FundingPayment"] = field(default_factory=list)
    funding_paid: dict[int, Decimal] = field(default_factory=dict)
    """By asset, over all positions, USDC; negative was received."""
    volume: Decimal = ZERO
    """Since the start, USD."""
    days: dict[int, DayVolume] = field(default_factory=dict)
    """By day (UTC, counted from 1970), oldest first."""
    rates: Rates | None = None
    rates_day: int = -1
    """The day that `rates` holds for."""
    requests_used: int = 0
    last_request_ms: int = 0
    """When a request was last let through."""
    requests_reserved: int = 0
    builder_approvals: dict[Address, int] = field(default_factory=dict)
    """Builder to the approved maximum, tenths of a basis point."""
    latest_by_cloid: dict[str, Oid] = field(default_factory=dict)
    """Newest order per cloid; a cloid may be used again once its order is terminal."""
    reduce_only: dict[int, dict[Oid, Order]] = field(default_factory=dict)
    """Open orders that are bound to a position, by asset, oldest first."""
    past: deque[Oid] = field(default_factory=deque)
    """Terminal orders still kept, oldest first."""
    partly_liquidated_ms: int | None = None
    """When a liquidation got only a part done; `None` again once no margin is short."""
    scheduled_cancel: int | None = None
    """ms; when `scheduleCancel` is due."""
    scheduled_fired: tuple[int, int] = (0, 0)
    """Day (UTC, counted from 1970) of the last scheduled cancel that came about, and how many did on that day."""
    twap_history: list[TwapRow] = field(default_factory=list)
    """Oldest first."""
    removal_pending_until: int = 0
    """ms; until then another change of agents is refused."""
    vault_stakes: dict[Address, VaultStake] = field(default_factory=dict)
    """By vault; without those that were withdrawn whole."""
    staking_link: StakingLink | None = None
    loans: dict[int, Loan] = field(default_factory=dict)
    """What was lent and borrowed, by token."""
    staking: Staking = field(default_factory=Staking)
    abstraction: str = "default"
    """`default`, `disabled`, `unifiedAccount`, `portfolioMargin`, `dexAbstraction`."""
    abstraction_since: int = 0
    """ms"""
    dex_abstraction: bool | None = None
    """As it was set last; `None` where it never was."""
    display_name: str | None = None
    referral: Referral | None = None
    """Who referred this account."""
    rewards: dict[int, Rewards] = field(default_factory=dict)
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

    def collateral(self, dex: str) -> Decimal:
        """What positions in a perp dex draw on, without unrealised PnL."""
        return self.dex_usdc.get(dex, ZERO) if dex and self.dexes_are_apart else self.usdc

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


class FundingPayment(msgspec.Struct, frozen=True, gc=False):
    account: Address
    time_ms: int
    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal
    n_samples: int | None
    hash: str


class FundingRate(msgspec.Struct, frozen=True, gc=False):
    """What one hour of a coin came to."""

    time_ms: int
    rate: Decimal
    premium: Decimal
    """Mean of the hour."""


class OrderRow(msgspec.Struct, frozen=True, gc=False):
    """An order as it stood at one change. Field meanings as in `Order`."""

    oid: Oid
    account: Address
    asset: int
    coin: str
    side: Side
    limit_px: Decimal
    sz: Decimal
    orig_sz: Decimal
    tif: Tif | None
    reduce_only: bool
    timestamp: int
    cloid: str | None
    order_type: str
    is_trigger: bool
    trigger_px: Decimal
    trigger_condition: str
    is_position_tpsl: bool


class HistoryRow(msgspec.Struct, frozen=True, gc=False):
    order: OrderRow
    status: str
    status_timestamp: int


class OrderChange(msgspec.Struct, frozen=True, gc=False):
    """One transition of one order.

    `published` is False where the wire gets nothing: a partial fill of a resting order, or a reduce-only order whose
    size shrank with its position (status `open` again).
    """

    order: OrderRow
    status: str
    """A wire status, or our own `partiallyFilled`."""
    time_ms: int
    published: bool = True
    fill: Fill | None = None
    replaces: Oid | None = None


class TradePrint(msgspec.Struct, frozen=True, gc=False):
    """A public trade. `side` is the aggressor's."""

    coin: str
    side: Side
    px: Decimal
    sz: Decimal
    time_ms: int
    hash: str
    tid: Tid
    buyer: Address
    seller: Address


class BookChanged(msgspec.Struct, frozen=True, gc=False):
    """Levels or the quote of this coin changed."""

    coin: str


class UserStateChanged(msgspec.Struct, frozen=True, gc=False):
    """Balances, positions, leverage or agents of this account changed."""

    account: Address


class NonUserCancel(msgspec.Struct, frozen=True, gc=False):
    account: Address
    coin: str
    oid: Oid


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """Positions of an account were liquidated; `account` is told, the liquidated one or the liquidator."""

    account: Address
    id: int
    liquidator: Address
    liquidated_user: Address
    ntl: Decimal
    """Of the positions before, USD."""
    account_value: Decimal
    """What the account had for them before, USD."""


class AccountOpened(msgspec.Struct, frozen=True, gc=False):
    """A new account. It has no wire message of its own; the trace shows it."""

    account: Address
    why: str
    funded: Decimal
    named: bool
    other_candidates: tuple[Address, ...] = ()


Change = (
    OrderChange
    | Fill
    | TradePrint
    | BookChanged
    | UserStateChanged
    | NonUserCancel
    | AccountOpened
    | LedgerUpdate
    | FundingPayment
    | Liquidation
    | TwapRow
)
"""In the order in which the exchange made them; a `Fill` follows its `OrderChange`."""
