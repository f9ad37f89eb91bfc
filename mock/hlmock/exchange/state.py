"""What an exchange holds between two steps."""

from collections.abc import Mapping
from decimal import Decimal

from hlmock.exchange.agenda import Agenda
from hlmock.exchange.book import NO_QUOTE, Book
from hlmock.exchange.identity import Identity
from hlmock.exchange.markets import load_markets
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.funding import FundingRate, Premium
from hlmock.exchange.model.markets import MarketMaker
from hlmock.exchange.model.orders import Order, Twap
from hlmock.exchange.model.terms import Commit, Oid, Tid
from hlmock.exchange.nonces import Nonces
from hlmock.exchange.settings import ExchangeSettings
from hlmock.wire.addresses import Address

FIRST_TWAP_ID = 1_000_001
"""Our choice."""

FIXED = ("settings", "profile", "markets")
"""Attributes of a state that never change."""


class State:
    """Plain values; the modules beside this one change them. Iteration follows insertion everywhere."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self.settings = settings
        self.profile = settings.rules
        self.markets = load_markets(self.profile.universe)
        unknown = set(settings.open_interest_caps).difference(self.markets.by_coin)
        if unknown:
            raise ValueError(f"open interest caps of unknown coins: {', '.join(sorted(unknown))}")
        self.accounts: dict[Address, Account] = {}
        self.led: dict[Address, list[Address]] = {}
        """Vaults and sub-accounts by leader or master."""
        self.orders: dict[Oid, Order] = {}
        """Open orders, and the terminal ones that are still kept."""
        self.books: dict[str, Book] = {}
        """By coin, made when first asked for: see `book`."""
        self.armed: dict[str, dict[Oid, Order]] = {}
        """Trigger orders that wait for the mark price, by coin, oldest first."""
        self.twaps: dict[int, Twap] = {}
        """TWAPs that run or wait for their price, by id."""
        self.identity = Identity(self.accounts)
        self.premiums: dict[str, Premium] = {}
        """Of the hour, by coin; of those only whose book or oracle price was ever changed."""
        self.touched: dict[str, None] = {}
        """Coins whose premium may have changed since the last sample."""
        self.funding_rates: dict[str, dict[int, FundingRate]] = {}
        """What past hours came to, by coin and end of the hour (ms), oldest first; of the coins in `premiums`."""
        self.volume_by_day: dict[int, Decimal] = {}
        """Traded here by day (UTC, counted from 1970), USD."""
        self.referral_codes: dict[str, Address] = {}
        self.nonces = Nonces(settings.nonce_margin_ms)
        self.agenda = Agenda()
        """What time itself will cause."""
        self.market_maker: MarketMaker | None = None
        self.commit = Commit(0)
        """Number of the last block."""
        self.last_block_ms = 0
        """Time of the last block; blocks never go back in time."""
        self.started_ms = 0
        """Time of the first block."""
        self.ticked_ms = 0
        """When it was last asked what fell due."""
        self.next_oid = Oid(self.profile.first_oid if settings.first_oid is None else settings.first_oid)
        self.next_tid = Tid(settings.first_tid)
        self.next_twap_id = FIRST_TWAP_ID
        self.next_liquidation = 1

    def become(self, attributes: Mapping[str, object]) -> None:
        """Hold other values; a counter of ids that are given out once goes on from the higher of the two."""
        for name, value in attributes.items():
            is_counter = name == "commit" or name.startswith("next_")
            setattr(self, name, max(value, getattr(self, name)) if is_counter else value)

    def fresh(self) -> dict[str, object]:
        """What an exchange with these settings holds at its start, by attribute."""
        return {name: value for name, value in vars(State(self.settings)).items() if name not in FIXED}

    @property
    def now_ms(self) -> int:
        """The latest time that the exchange was told."""
        return max(self.last_block_ms, self.ticked_ms)

    def book(self, coin: str) -> Book:
        """The book of a coin.

        Raises:
            KeyError: there is no such coin.
        """
        book = self.books.get(coin)
        if book is None:
            market = self.markets.by_coin[coin]
            book = self.books[coin] = Book(market, self.markets.quotes.get(coin, NO_QUOTE))
        return book

    def mark_px(self, coin: str) -> Decimal:
        """Mark price of a coin: see `prices`.

        Raises:
            KeyError: there is no such coin.
        """
        return self.book(coin).mark_px
