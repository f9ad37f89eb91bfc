"""Caps on open interest: how much of a perp may be open on the whole exchange.

There are only those that the settings name. Source: Hyperliquid docs, Error responses (what is refused at a cap, and
how); that the oracle price values open interest, and a cap holds for orders that are placed, not for those that rest
already, is our choice.
"""

from decimal import Decimal

from hlmock.exchange import texts
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.terms import ZERO, Side
from hlmock.exchange.state import State
from hlmock.exchange.texts import Refusal


def is_at_cap(state: State, market: Market) -> bool:
    """Whether as much is open as may be."""
    cap = state.settings.open_interest_caps.get(market.coin)
    if cap is None:
        return False
    book = state.book(market.coin)
    return book.open_interest * book.oracle_px >= cap


def cap_refusal(state: State, account: Account, market: Market, side: Side, sz: Decimal) -> Refusal | None:
    """What may still be done at a cap is to reduce a position, at most to nothing."""
    if not is_at_cap(state, market):
        return None
    position = account.positions.get(market.asset)
    szi = ZERO if position is None else position.szi
    if not szi or (szi > 0) is (side == "B"):
        return texts.INCREASE_AT_CAP
    return texts.FLIP_AT_CAP if sz > abs(szi) else None
