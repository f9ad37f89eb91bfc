"""What can be traded: markets, tokens, margin tables; the quote that stands behind a book, and who moves it."""

from decimal import Decimal
from functools import lru_cache

import msgspec

from hlmock.exchange.model.positions import Leverage
from hlmock.exchange.model.terms import ZERO


@lru_cache
def unit(decimals: int) -> Decimal:
    """One of the last of so many decimals."""
    return Decimal(1).scaleb(-decimals)


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
    leverage: Leverage
    """Of an account that has not chosen any."""
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

    @property
    def lot(self) -> Decimal:
        """The smallest size. Source: Hyperliquid docs, Tick and lot size."""
        return unit(self.sz_decimals)

    @property
    def px_unit(self) -> Decimal:
        """The smallest price, and the smallest difference of two where five figures leave it."""
        return unit(self.px_decimals)


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

    @property
    def wei(self) -> Decimal:
        """The smallest amount."""
        return unit(self.wei_decimals)


class MarginTier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Above `lower_bound` (notional, USD) at most `max_leverage`."""

    lower_bound: Decimal
    max_leverage: int


class MarginTable(msgspec.Struct, frozen=True, array_like=True):
    """How much leverage positions of a size may have."""

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

    @property
    def mid_px(self) -> Decimal | None:
        """Middle of its two sides; `None` where one is absent."""
        return None if self.bid_px is None or self.ask_px is None else (self.bid_px + self.ask_px) / 2


class MarketMaker(msgspec.Struct):
    """A market maker that runs: see `market_maker`."""

    seed: str
    number: int
    """Tells its entries of the agenda from those of one that ran before."""
    interval_ms: int
    steps: int = 0
    """So far."""
    starts: dict[str, Quote] = msgspec.field(default_factory=dict)
    """The quote that each of its coins began with."""
