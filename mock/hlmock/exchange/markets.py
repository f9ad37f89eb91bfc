"""Which assets can be traded, read once per process from the tables in `tables/`.

The tables hold the exchange's universe, margin tables, spot tokens and prices as they were on one day, and the
quote of each market. The quotes are our choice, so that a fresh exchange has something to trade against: one tick
around the mark price, and for each side 250,000 USD worth of the coin, cut to two digits.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from hlmock.exchange.model.markets import MarginTable, MarginTier, Market, Quote, Token
from hlmock.exchange.model.positions import Leverage

SPOT_OFFSET = 10_000
DEX_OFFSET = 100_000
DEX_STEP = 10_000
PERP_DECIMALS = 6
SPOT_DECIMALS = 8
SIGNIFICANT_FIGURES = 5
DEFAULT_LEVERAGE = 20
"""Cross leverage of a coin that an account has not touched, capped by the coin's maximum. Source: recorded answers."""
UNTABLED = 50
"""Margin tables below this id are not listed: one tier, whose maximum leverage is the id itself."""


class PerpRow(msgspec.Struct, array_like=True, gc=False):
    """A perp as the tables have it; meanings as in `Market` and `Quote`."""

    coin: str
    sz_decimals: int
    max_leverage: int
    margin_table: int
    is_delisted: bool
    only_isolated: bool
    margin_mode: str | None
    growth_mode: str | None
    mark_px: Decimal
    oracle_px: Decimal
    prev_day_px: Decimal
    funding: Decimal
    open_interest: Decimal
    day_ntl_vlm: Decimal
    bid_px: Decimal | None
    ask_px: Decimal | None
    bid_sz: Decimal
    ask_sz: Decimal


class SpotRow(msgspec.Struct, array_like=True, gc=False):
    """A spot pair as the tables have it; meanings as in `Market` and `Quote`."""

    index: int
    coin: str
    base_token: int
    quote_token: int
    is_canonical: bool
    mark_px: Decimal
    prev_day_px: Decimal
    circulating_supply: Decimal
    day_ntl_vlm: Decimal
    bid_px: Decimal | None
    ask_px: Decimal | None
    bid_sz: Decimal
    ask_sz: Decimal


class DexTable(msgspec.Struct):
    """One universe of perps."""

    name: str
    perps: list[PerpRow]
    margin_tables: tuple[MarginTable, ...]


class Tables(msgspec.Struct):
    """The file. Rows are arrays in the order of the fields above."""

    dexes: list[DexTable]
    spot: list[SpotRow]
    tokens: tuple[Token, ...]


class Dex(msgspec.Struct, frozen=True):
    """One universe of perps. The first (`name` is empty) is the exchange's own."""

    name: str
    perps: tuple[Market, ...]
    """In the order of `meta.universe`; a delisted asset keeps its place."""
    margin_tables: tuple[MarginTable, ...]


class Markets:
    """Everything about the assets that never changes while an exchange runs."""

    def __init__(self, tables: Tables) -> None:
        self.tokens = tables.tokens
        self.token_by_index: Mapping[int, Token] = {token.index: token for token in self.tokens}
        self.token_by_name: Mapping[str, Token] = {token.name: token for token in reversed(self.tokens)}
        """Of tokens with equal names, the oldest."""
        quotes: dict[str, Quote] = {}
        self.dexes = tuple(_dex(number, table, quotes) for number, table in enumerate(tables.dexes))
        self._dex_by_name = {dex.name: dex for dex in self.dexes}
        self.spot = tuple(self._spot(row, quotes) for row in tables.spot)
        every = [*(market for dex in self.dexes for market in dex.perps), *self.spot]
        self.by_asset: Mapping[int, Market] = {market.asset: market for market in every}
        self.by_coin: Mapping[str, Market] = {market.coin: market for market in every}
        self.quotes: Mapping[str, Quote] = MappingProxyType(quotes)
        """The quote that each market starts with; markets without a price have none."""
        self.day_ntl_vlm = sum((market.day_ntl_vlm for market in every), Decimal(0))
        """What the tables have as traded on one day, USD."""
        tabled = {(dex.name, table.id): table.tiers for dex in self.dexes for table in dex.margin_tables}
        self._tiers: dict[int, tuple[MarginTier, ...]] = {
            market.asset: tabled.get((market.dex, market.margin_table))
            or (MarginTier(Decimal(0), market.margin_table),)
            for market in every
        }

    @property
    def perps(self) -> tuple[Market, ...]:
        """The exchange's own perps; their index is their asset id."""
        return self.dexes[0].perps

    def dex(self, name: str) -> Dex | None:
        """The universe of this name; `""` is the exchange's own."""
        return self._dex_by_name.get(name)

    def margin_tiers(self, market: Market) -> tuple[MarginTier, ...]:
        """The tiers of a perp, by ascending lower bound."""
        return self._tiers[market.asset]

    def token(self, text: str) -> Token | None:
        """`NAME:0x<32 hex digits>` or the bare name, as transfers write tokens. Source: recorded answers."""
        name, colon, token_id = text.partition(":")
        if not colon:
            return self.token_by_name.get(name)
        return next((token for token in self.tokens if token.name == name and token.token_id == token_id), None)

    def _spot(self, row: SpotRow, quotes: dict[str, Quote]) -> Market:
        base, quote = self.token_by_index[row.base_token], self.token_by_index[row.quote_token]
        _add_quote(row, quotes)
        return Market(
            asset=SPOT_OFFSET + row.index,
            coin=row.coin,
            is_spot=True,
            sz_decimals=base.sz_decimals,
            max_leverage=1,
            leverage=Leverage(True, 1),
            mark_px=row.mark_px,
            oracle_px=row.mark_px,
            prev_day_px=row.prev_day_px,
            day_ntl_vlm=row.day_ntl_vlm,
            base_token=row.base_token,
            quote_token=row.quote_token,
            is_canonical=row.is_canonical,
            circulating_supply=row.circulating_supply,
            px_decimals=SPOT_DECIMALS - base.sz_decimals,
            quote_name=quote.name,
        )


def _dex(number: int, table: DexTable, quotes: dict[str, Quote]) -> Dex:
    offset = DEX_OFFSET + number * DEX_STEP if number else 0
    perps = tuple(_perp(offset + index, table.name, row, quotes) for index, row in enumerate(table.perps))
    return Dex(table.name, perps, table.margin_tables)


def _perp(asset: int, dex: str, row: PerpRow, quotes: dict[str, Quote]) -> Market:
    _add_quote(row, quotes)
    is_cross = not row.only_isolated and row.margin_mode is None
    return Market(
        asset=asset,
        coin=row.coin,
        is_spot=False,
        sz_decimals=row.sz_decimals,
        max_leverage=row.max_leverage,
        leverage=Leverage(is_cross, min(DEFAULT_LEVERAGE, row.max_leverage)),
        mark_px=row.mark_px,
        oracle_px=row.oracle_px,
        prev_day_px=row.prev_day_px,
        is_delisted=row.is_delisted,
        only_isolated=row.only_isolated,
        margin_mode=row.margin_mode,
        growth_mode=row.growth_mode,
        margin_table=row.margin_table,
        open_interest=row.open_interest,
        day_ntl_vlm=row.day_ntl_vlm,
        dex=dex,
        px_decimals=PERP_DECIMALS - row.sz_decimals,
    )


def _add_quote(row: PerpRow | SpotRow, quotes: dict[str, Quote]) -> None:
    if row.bid_px is not None or row.ask_px is not None:
        quotes[row.coin] = Quote(row.bid_px, row.bid_sz, row.ask_px, row.ask_sz)


@cache
def load_markets(universe: str) -> Markets:
    """The markets of one universe: `hyperliquid` or `recomma-mock`. Read at most once per process."""
    text = (Path(__file__).parent / "tables" / f"{universe}.json").read_bytes()
    return Markets(msgspec.json.decode(text, type=Tables))


def is_price_valid(text: str, px_decimals: int) -> bool:
    """At most 5 significant figures and `px_decimals` decimals; an integer is always valid.

    Source: Hyperliquid docs, Tick and lot size.

    Args:
        text: a canonical decimal (no trailing zeros).
        px_decimals: of the market.
    """
    whole, dot, fraction = text.partition(".")
    if not dot:
        return text != "0"
    return len(fraction) <= px_decimals and len((whole + fraction).lstrip("0")) <= SIGNIFICANT_FIGURES


def valid_price(px: Decimal, px_decimals: int, rounding: str) -> Decimal:
    """The valid price at or next to this one; `rounding` is one of `decimal`'s."""
    exponent = max(px.adjusted() + 1 - SIGNIFICANT_FIGURES, -px_decimals)
    return px.quantize(Decimal(1).scaleb(min(exponent, 0)), rounding)


def is_size_valid(text: str, sz_decimals: int) -> bool:
    """A whole number of lots of 10^-`sz_decimals`. `text` is a canonical decimal."""
    _, _, fraction = text.partition(".")
    return len(fraction) <= sz_decimals
