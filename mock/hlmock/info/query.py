"""What a handler gets: the exchange, the request, the time, the number form."""

from typing import NamedTuple

from hlmock.exchange.markets import Dex
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.state import State
from hlmock.info.requests import InfoRequest
from hlmock.shapes import NumberForm
from hlmock.shapes.accounts import account_at


class Unanswerable(Exception):
    """The request is well-formed but about something that is not there; answered with HTTP 500 and `null`."""


class Query(NamedTuple):
    """One request to answer. Handlers read it and change nothing."""

    exchange: State
    request: InfoRequest
    now_ms: int
    number: NumberForm

    @property
    def account(self) -> Account:
        """The account asked about; an empty one where there is none."""
        return account_at(self.exchange, self.request.user)

    @property
    def max_rows(self) -> int:
        """Of a time-ranged list, fills excepted."""
        return self.exchange.profile.rows_by_time

    @property
    def dex(self) -> Dex:
        """The perp dex asked about.

        Raises:
            Unanswerable: there is none of this name. Source: recorded `metaAndAssetCtxs` answer; the others are
                taken to be alike (our choice).
        """
        dex = self.exchange.markets.dex(self.request.dex)
        if dex is None:
            raise Unanswerable(f"no dex {self.request.dex!r}")
        return dex

    @property
    def known_market(self) -> Market | None:
        return self.exchange.markets.by_coin.get(self.request.fields["coin"])

    @property
    def market(self) -> Market:
        """The coin asked about.

        Raises:
            Unanswerable: there is none. Source: recorded `fundingHistory` answer; the others are taken to be alike
                (our choice).
        """
        market = self.known_market
        if market is None:
            raise Unanswerable(f"no coin {self.request.fields['coin']!r}")
        return market
