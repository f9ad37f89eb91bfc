"""What an account has beside its trading: who signs for it, referrals, stakes in vaults and with validators, loans."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from hlmock.exchange.model.terms import ZERO
from hlmock.wire.addresses import Address


class MultiSig(msgspec.Struct, frozen=True):
    """Who signs for a multi-sig account."""

    authorized: tuple[Address, ...]
    """Sorted, each once."""
    threshold: int
    """How many of them must sign."""


class StakingLink(msgspec.Struct, frozen=True):
    """One end of a staking link."""

    kind: Literal["requested", "tradingUser", "stakingUser"]
    """What this account is: one that has asked, trades on another's discount, or lends its own."""
    other: Address


class Loan(msgspec.Struct):
    """What an account has lent and borrowed of one token."""

    supplied: Decimal = ZERO
    borrowed: Decimal = ZERO


class Referral(msgspec.Struct):
    """That an account was referred, and what the referrer has of it."""

    code: str
    referrer: Address
    joined_ms: int
    volume_before: Decimal
    """USD, traded before it was referred."""
    fees: Decimal = ZERO
    """USDC paid since."""
    rewarded: Decimal = ZERO
    """USDC of these that the referrer got."""


class Rewards(msgspec.Struct):
    """Earned in one token."""

    unclaimed: Decimal = ZERO
    """By referring."""
    builder: Decimal = ZERO
    """As a builder, not yet claimed."""
    claimed: Decimal = ZERO


class Vault(msgspec.Struct):
    """What makes an account a vault."""

    description: str
    created_ms: int
    shares: Decimal = ZERO
    """Of all depositors together."""
    allow_deposits: bool = True
    """By others than the leader."""
    always_close_on_withdraw: bool = False
    is_closed: bool = False


class VaultStake(msgspec.Struct):
    """What one account has in one vault."""

    entered_ms: int
    shares: Decimal = ZERO
    basis: Decimal = ZERO
    """What was paid for the shares, less distributions, USDC."""
    realized: Decimal = ZERO
    """Profit of what was withdrawn, USDC."""
    locked_until: int = 0
    """ms"""


class Delegation(msgspec.Struct):
    """What an account has delegated to one validator."""

    amount: Decimal
    """HYPE"""
    locked_until: int
    """ms; until then nothing of it can be undelegated."""


class StakingUpdate(msgspec.Struct, frozen=True, gc=False):
    """One row of `delegatorHistory`. `delta` is in wire form (`{"delegate": {...}}`, ...)."""

    time_ms: int
    hash: str
    delta: Mapping[str, object]


class StakingReward(msgspec.Struct, frozen=True, gc=False):
    """What one day of staking earned. Source: Hyperliquid docs, Staking."""

    time_ms: int
    amount: Decimal
    """HYPE"""


class Staking(msgspec.Struct):
    """An account's staking balance, HYPE."""

    undelegated: Decimal = ZERO
    delegations: dict[Address, Delegation] = msgspec.field(default_factory=dict)
    """By validator."""
    pending: list[Decimal] = msgspec.field(default_factory=list)
    """Withdrawals in the queue, the one that is due first at the front."""
    history: list[StakingUpdate] = msgspec.field(default_factory=list)
    """Oldest first."""
    rewards: list[StakingReward] = msgspec.field(default_factory=list)
    """Oldest first."""
    is_rewarded: bool = False
    """Whether the next day's reward is on the agenda."""

    @property
    def delegated(self) -> Decimal:
        """To all validators."""
        return sum((each.amount for each in self.delegations.values()), ZERO)
