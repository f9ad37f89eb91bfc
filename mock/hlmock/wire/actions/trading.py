"""Trading actions: orders, cancels, modifies, leverage, TWAP and what goes with them (all L1).

Shapes and key order: python-sdk `order_request_to_order_wire`, `order_wires_to_order_action` and `Exchange`;
Hyperliquid docs: Exchange endpoint. Defaults and what is ignored: recorded answers.
"""

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from hlmock.wire.actions.base import U32, U64, L1Action, Part, canonicalise, exactly_one, only_true
from hlmock.wire.addresses import Address, parse_address
from hlmock.wire.cloids import Cloid, parse_cloid
from hlmock.wire.numbers import canonical_decimal


class LimitType(Part, frozen=True):
    tif: Literal["Gtc", "Ioc", "Alo", "FrontendMarket"]


class TriggerType(Part, frozen=True):
    isMarket: bool
    triggerPx: str
    """Canonical decimal."""
    tpsl: Literal["tp", "sl"]

    def __post_init__(self) -> None:
        canonicalise(self, "triggerPx", canonical_decimal)


class OrderType(Part, frozen=True, forbid_unknown_fields=True):
    """`{"limit": {...}}` or `{"trigger": {...}}`: exactly one of the two."""

    limit: LimitType | None = None
    trigger: TriggerType | None = None

    def __post_init__(self) -> None:
        if (self.limit is None) is (self.trigger is None):
            raise ValueError("expected exactly one of limit, trigger")


class Order(Part, frozen=True, kw_only=True):
    """One order as sent: asset, is buy, price, size, reduce only, type, client order id."""

    a: U32
    b: bool
    p: str
    """Canonical decimal, as `s`."""
    s: str
    r: bool = msgspec.field(default_factory=bool)
    t: OrderType
    c: Cloid | None = None

    def __post_init__(self) -> None:
        # Spelled out, not `canonicalise`: this runs for every order of every request.
        if (p := canonical_decimal(self.p)) != self.p:
            force_setattr(self, "p", p)
        if (s := canonical_decimal(self.s)) != self.s:
            force_setattr(self, "s", s)
        if self.c is not None and (c := parse_cloid(self.c)) != self.c:
            force_setattr(self, "c", c)


class PriorityGrouping(Part, frozen=True, forbid_unknown_fields=True):
    """Priority rate in units of 1e-8."""

    p: U64


class Builder(Part, frozen=True):
    """Who gets a builder fee (`b`), and how much in tenths of a basis point (`f`)."""

    b: Address
    f: U64

    def __post_init__(self) -> None:
        canonicalise(self, "b", parse_address)


class OrderAction(L1Action, frozen=True, tag="order"):
    orders: tuple[Order, ...]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | PriorityGrouping = msgspec.field(
        default_factory=lambda: "na"
    )
    builder: Builder | None = None


class Cancel(Part, frozen=True):
    a: U32
    o: U64


class CancelAction(L1Action, frozen=True, tag="cancel"):
    cancels: tuple[Cancel, ...]
    f: bool | None = None
    """`True` or absent: refuse to cancel trigger orders."""

    def __post_init__(self) -> None:
        only_true(self, "f")


class CancelByCloid(Part, frozen=True):
    asset: U32
    cloid: Cloid

    def __post_init__(self) -> None:
        canonicalise(self, "cloid", parse_cloid)


class CancelByCloidAction(L1Action, frozen=True, tag="cancelByCloid"):
    cancels: tuple[CancelByCloid, ...]
    f: bool | None = None
    """`True` or absent: refuse to cancel trigger orders."""

    def __post_init__(self) -> None:
        only_true(self, "f")


class Modify(Part, frozen=True):
    oid: U64 | str
    """Order id, or a cloid."""
    order: Order

    def __post_init__(self) -> None:
        if isinstance(self.oid, str):
            canonicalise(self, "oid", parse_cloid)


class ModifyAction(L1Action, frozen=True, tag="modify"):
    oid: U64 | str
    """Order id, or a cloid."""
    order: Order
    a: bool | None = None
    """`True` or absent: place the new order whether or not the old one could be cancelled."""

    def __post_init__(self) -> None:
        if isinstance(self.oid, str):
            canonicalise(self, "oid", parse_cloid)
        only_true(self, "a")


class BatchModifyAction(L1Action, frozen=True, tag="batchModify"):
    modifies: tuple[Modify, ...]
    a: bool | None = None
    """As in `ModifyAction`."""

    def __post_init__(self) -> None:
        only_true(self, "a")


class ScheduleCancelAction(L1Action, frozen=True, tag="scheduleCancel"):
    time: U64 | None = None
    """ms; absent removes the scheduled cancel."""


class UpdateLeverageAction(L1Action, frozen=True, tag="updateLeverage"):
    asset: U32
    isCross: bool
    leverage: U32


class UpdateIsolatedMarginAction(L1Action, frozen=True, tag="updateIsolatedMargin"):
    asset: U32
    isBuy: bool
    """Has no effect."""
    ntli: int
    """1e-6 USD, negative to take margin out."""


class TopUpIsolatedOnlyMarginAction(L1Action, frozen=True, tag="topUpIsolatedOnlyMargin"):
    asset: U32
    leverage: str
    """Target leverage, canonical decimal."""

    def __post_init__(self) -> None:
        canonicalise(self, "leverage", canonical_decimal)


class Twap(Part, frozen=True):
    a: U32
    b: bool
    s: str
    r: bool
    m: U64
    """Minutes."""
    t: bool
    """Randomise."""

    def __post_init__(self) -> None:
        canonicalise(self, "s", canonical_decimal)


class TwapTrigger(Part, frozen=True):
    p: str
    a: bool
    """Above."""

    def __post_init__(self) -> None:
        canonicalise(self, "p", canonical_decimal)


class TwapDetails(Part, frozen=True):
    """Both are packed also when they are null."""

    t: TwapTrigger | None
    s: str | None
    """Stop price."""

    def __post_init__(self) -> None:
        canonicalise(self, "s", canonical_decimal)


class TwapOrderAction(L1Action, frozen=True, tag="twapOrder"):
    twap: Twap
    details: TwapDetails | None = None


class TwapCancelAction(L1Action, frozen=True, tag="twapCancel"):
    a: U32
    t: U64


class NoopAction(L1Action, frozen=True, tag="noop"):
    """Uses up the nonce and nothing else."""


class ReserveRequestWeightAction(L1Action, frozen=True, tag="reserveRequestWeight"):
    weight: U64
    destination: Address | None = None

    def __post_init__(self) -> None:
        canonicalise(self, "destination", parse_address)


class GossipPriorityBidAction(L1Action, frozen=True, tag="gossipPriorityBid"):
    slotId: U32
    ip: str
    maxGas: U64


class SplitOutcome(Part, frozen=True):
    outcome: U64
    amount: str


class MergeOutcome(Part, frozen=True):
    outcome: U64
    amount: str | None
    """`null` is packed and means all."""


class MergeQuestion(Part, frozen=True):
    question: U64
    amount: str | None
    """`null` is packed and means all."""


class NegateOutcome(Part, frozen=True):
    question: U64
    outcome: U64
    amount: str


class UserOutcomeAction(L1Action, frozen=True, tag="userOutcome"):
    """Exactly one of the four."""

    splitOutcome: SplitOutcome | None = None
    mergeOutcome: MergeOutcome | None = None
    mergeQuestion: MergeQuestion | None = None
    negateOutcome: NegateOutcome | None = None

    def __post_init__(self) -> None:
        exactly_one(self)


class BorrowLendAction(L1Action, frozen=True, tag="borrowLend"):
    operation: Literal["supply", "withdraw", "repay", "borrow"]
    token: U64
    amount: str | None
    """`null` is packed and means all."""


TradingAction = (
    OrderAction
    | CancelAction
    | CancelByCloidAction
    | ModifyAction
    | BatchModifyAction
    | ScheduleCancelAction
    | UpdateLeverageAction
    | UpdateIsolatedMarginAction
    | TopUpIsolatedOnlyMarginAction
    | TwapOrderAction
    | TwapCancelAction
    | NoopAction
    | ReserveRequestWeightAction
    | GossipPriorityBidAction
    | UserOutcomeAction
    | BorrowLendAction
)
