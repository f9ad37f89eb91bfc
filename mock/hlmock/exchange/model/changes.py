"""What a commit changed, in the words of the exchange: `delivery.feeds` makes messages of it."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.model.fills import Fill, TradePrint
from hlmock.exchange.model.orders import OrderRow, TwapRow
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.model.terms import Oid
from hlmock.wire.addresses import Address


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


class BookChanged(msgspec.Struct, frozen=True, gc=False):
    """Levels or the quote of this coin changed."""

    coin: str


class UserStateChanged(msgspec.Struct, frozen=True, gc=False):
    """Balances, positions, leverage or agents of this account changed."""

    account: Address


class NonUserCancel(msgspec.Struct, frozen=True, gc=False):
    """An order ended that its user did not cancel. Source: Hyperliquid docs, WebSocket subscriptions."""

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
