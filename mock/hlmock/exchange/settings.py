"""What a user can choose about an exchange when it starts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from hlmock.exchange.profiles import Profile, profile_named

Network = Literal["mainnet", "testnet"]
NetworkChoice = Literal["any", "mainnet", "testnet"]


class ExchangeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Values only: the exchange reads no environment and no file.

    Raises:
        UnknownProfile: `profile` names none (see `profiles`).
        ValueError: a negative amount or time.
    """

    profile: str = "hyperliquid"
    """Whose behaviour is imitated; see `hlmock.exchange.profiles`."""
    switches: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Switches of the profile that are set otherwise."""
    network: NetworkChoice = "any"
    """Signature domain. `any` tries both, since clients choose it by URL: the Python SDK signs for testnet on any
    URL but mainnet's, others for mainnet."""
    initial_usdc: Decimal = Decimal(1_000_000)
    """Perp balance of a new account, USDC."""
    initial_spot_usdc: Decimal = Decimal(1_000_000)
    """Spot balance of a new account, USDC."""
    strict: bool = False
    """Refuse unknown signers as the real exchange does, instead of opening a funded account for them."""
    lenient: bool = False
    """Accept a signature over a form that the real exchange does not take, when it recovers a known account."""
    margin_checks: bool = True
    """Refuse orders that an account cannot afford."""
    hourly_funding: bool = True
    """Pay funding at every full hour."""
    volume_gates: bool = False
    """Refuse what the real exchange offers only after some traded volume (sub-accounts, scheduled cancels).
    Off by default, since every account here is new (our choice)."""
    request_limits: bool = False
    """Refuse requests of an address that has sent more than its volume allows (10,000, and one more per USDC)."""
    open_order_limits: bool = False
    """Refuse orders of an account that has as many open as the real exchange allows (1000, and one more per 5 million
    USDC of volume)."""
    open_interest_caps: Mapping[str, Decimal] = msgspec.field(default_factory=dict)
    """By perp, USD at the oracle price: a perp with so much open interest takes no order that increases a position."""
    first_oid: int | None = None
    """Id of the first order; `None` takes the profile's."""
    first_tid: int = 100_000_000_001
    """Id of the first trade."""
    nonce_margin_ms: int = 0
    """Narrows the window of valid nonces, (T - 2 days, T + 1 day), at both ends. One recorded campaign found 120 s,
    another 0."""
    agent_removal_ms: int = 5_000
    """How long a replaced agent is pending removal. Source: recorded answers."""
    quiet_candles: bool = True
    """Answer an interval without a trade with a candle that repeats the close before it; else leave it out. Which the
    real exchange does is not known."""
    kept_orders: int = 2_000
    """Terminal orders kept per account. Source: recorded answers of `orderStatus`."""
    kept_history: int = 2_000
    """Status changes kept per account (`historicalOrders`). Source: Hyperliquid docs, Info endpoint."""
    kept_fills: int = 10_000
    """Fills kept per account (`userFillsByTime`). Source: Hyperliquid docs, Info endpoint."""

    def __post_init__(self) -> None:
        unknown = self.switches.keys() - set(Profile.__struct_fields__)
        if unknown:
            raise ValueError(f"no profile has a switch {', '.join(sorted(unknown))}")
        profile_named(self.profile)
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if isinstance(value, int | Decimal) and value < 0:
                raise ValueError(f"{field} must not be negative: {value}")

    @property
    def rules(self) -> Profile:
        """The profile itself."""
        profile = profile_named(self.profile)
        return msgspec.structs.replace(profile, **self.switches) if self.switches else profile
