"""Hourly funding. Source: Hyperliquid docs, Funding.

The mean of the hour's premiums (see `premiums`) sets the rate; at the full hour every position pays or receives it on
its value at the oracle price. What is paid is not what others receive: the quote's side of a position has no account.
"""

from decimal import Decimal
from typing import Final

from hlmock.exchange.agenda import next_full
from hlmock.exchange.block import Block
from hlmock.exchange.margin import pools
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.funding import FundingRate
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.positions import FundingPayment, Position
from hlmock.exchange.model.terms import HOUR_MS, USD_DECIMALS, ZERO
from hlmock.exchange.premiums import DECIMALS, SAMPLE_MS, at_start, mean_premium, sample
from hlmock.exchange.state import State

INTEREST: Final = Decimal("0.0001")
CLAMP: Final = Decimal("0.0005")
"""Both of an 8 hours' rate; the hour's is an eighth."""
CAP: Final = Decimal("0.04")
"""Of an hour's rate, either way."""
BUILDER_DEX_MULTIPLIER: Final = Decimal("0.5")
"""Of the rates of a builder's dex. Source: the recorded contexts of one (every deployer sets its own)."""

KEPT_HOURS: Final = 24 * 30
"""Of the history of rates (our choice)."""


def rate_of(market: Market, premium: Decimal) -> Decimal:
    """Part of a position's value, at the oracle price, that longs pay to shorts in an hour."""
    if market.is_delisted:
        return ZERO
    rate = (premium + min(max(INTEREST - premium, -CLAMP), CLAMP)) / 8
    if market.dex:
        rate *= BUILDER_DEX_MULTIPLIER
    return round(min(max(rate, -CAP), CAP), DECIMALS)


def predicted_rate(state: State, market: Market) -> Decimal:
    """What the hour would come to if it ended now."""
    return rate_of(market, mean_premium(state, market))


def settled_rate(state: State, market: Market, hour_ms: int) -> FundingRate:
    """What a past hour came to. Before anybody touched the coin's book, every hour was alike.

    Args:
        hour_ms: its end.
    """
    row = state.funding_rates.get(market.coin, {}).get(hour_ms)
    if row is None:
        premium = at_start(state.profile.universe, market.coin)
        row = FundingRate(hour_ms, rate_of(market, premium), premium)
    return row


def sample_premiums(block: Block) -> None:
    """Look at the premiums that may have changed."""
    sample(block.state, block.time_ms)


def settle(block: Block) -> None:
    """Pay the hour's funding, and begin the next hour."""
    state = block.state
    state.agenda.add(next_full(block.time_ms, HOUR_MS), "funding")
    hour_ms = block.time_ms - block.time_ms % HOUR_MS
    end = hour_ms // SAMPLE_MS
    for coin, seen in state.premiums.items():
        market = state.markets.by_coin[coin]
        premium = mean_premium(state, market, end=end)
        rates = state.funding_rates.setdefault(coin, {})
        rates[hour_ms] = FundingRate(block.time_ms, rate_of(market, premium), premium)
        if len(rates) > KEPT_HOURS:
            del rates[next(iter(rates))]
        seen.since, seen.total = end, ZERO
    for account in state.accounts.values():
        for position in account.positions.values():
            market = state.markets.by_asset[position.asset]
            _pay(block, account, position, settled_rate(state, market, hour_ms).rate)
        if any(pool.is_short for pool in pools(state, account)):
            state.agenda.add(block.time_ms, "liquidation", account.address)


def _pay(block: Block, account: Account, position: Position, rate: Decimal) -> None:
    oracle_px = block.state.book(position.coin).oracle_px
    paid = round(position.szi * oracle_px * rate, USD_DECIMALS)
    if position.isolated_margin is None:
        account.add_collateral(position.dex, -paid)
    else:
        position.isolated_margin -= paid
    position.funding_since_open += paid
    position.funding_since_change += paid
    account.funding_paid[position.asset] = account.funding_paid.get(position.asset, ZERO) + paid
    payment = FundingPayment(account.address, block.time_ms, position.coin, -paid, position.szi, rate, None, block.hash)
    account.fundings.append(payment)
    block.changes.append(payment)
    block.user_changed(account)
