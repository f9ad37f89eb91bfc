"""What a fill costs, and who gets a part of that. Source of all rates and multipliers: Hyperliquid docs, Fees.

The tier of an account follows from its volume of the 14 days before today (UTC), spot counting twice; sub-accounts
share their master's, a vault has its own. Then the staking discount, then the referral discount, then what depends on
the asset: a builder's dex, growth mode, pairs of stablecoins.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from hlmock.exchange.model.accounts import Account, DayVolume, Rates
from hlmock.exchange.model.holdings import Rewards
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import DAY_MS, MICRO_USD, USDC, ZERO
from hlmock.exchange.state import State

WINDOW_DAYS: Final = 14

BASE: Final = Rates(Decimal("0.00045"), Decimal("0.00015"), Decimal("0.0007"), Decimal("0.0004"))

VIP_TIERS: Final = tuple(
    (Decimal(cutoff), Rates(*map(Decimal, rates)))
    for cutoff, rates in (
        (5_000_000, ("0.0004", "0.00012", "0.0006", "0.0003")),
        (25_000_000, ("0.00035", "0.00008", "0.0005", "0.0002")),
        (100_000_000, ("0.0003", "0.00004", "0.0004", "0.0001")),
        (500_000_000, ("0.00028", "0", "0.00035", "0")),
        (2_000_000_000, ("0.00026", "0", "0.0003", "0")),
        (7_000_000_000, ("0.00024", "0", "0.00025", "0")),
    )
)
"""Volume of 14 days in USD above which the rates hold."""

MAKER_TIERS: Final = tuple(
    (Decimal(share), Decimal(rate))
    for share, rate in (("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003"))
)
"""Share of the exchange's volume that was added as maker, above which the maker's rate is a rebate."""

STAKING_TIERS: Final = tuple(
    (Decimal(bps), Decimal(discount))
    for bps, discount in (
        ("0", "0"),
        ("0.0001", "0.05"),
        ("0.001", "0.1"),
        ("0.01", "0.15"),
        ("0.1", "0.2"),
        ("1", "0.3"),
        ("5", "0.4"),
    )
)
"""Staked HYPE in basis points of the maximum supply, discount."""
HYPE_PER_BPS: Final = Decimal(100_000)

REFERRAL_DISCOUNT: Final = Decimal("0.04")
REFERRAL_VOLUME: Final = Decimal(25_000_000)
"""The discount ends at this volume, USD."""

REFERRER_PART: Final = Decimal("0.1")
"""Of the fees of a referred account, without a builder's."""
REWARDED_VOLUME: Final = 1_000_000_000
"""USD of a referred account; what it trades beyond earns its referrer nothing."""

BUILDER_DEX_FACTOR: Final = 2
"""A builder's dex doubles the fee: half of it is the deployer's (`deployerFeeScale` 1)."""
GROWTH_FACTOR: Final = Decimal("0.1")
STABLE_FACTOR: Final = Decimal("0.2")
STABLE_TOKENS: Final = frozenset({"USDC", "USDT0", "USDE", "FEUSD", "USDXL", "USDHL"})
"""Our choice: the docs name no list. None of the tables' tokens is an aligned quote token, with rates of its own."""

BUILDER_UNIT = Decimal("0.00001")
"""A builder's fee is in tenths of a basis point."""


class Charge(NamedTuple):
    """What one side of one fill pays."""

    fee: Decimal
    """Negative is a rebate; a builder's fee is in it."""
    builder_fee: Decimal | None
    token: int
    """In which it is paid: USDC, on spot the token received."""


FREE: Final = Charge(ZERO, None, USDC)


def charge(
    state: State,
    account: Account,
    order: Order,
    market: Market,
    px: Decimal,
    sz: Decimal,
    *,
    is_taker: bool,
    now_ms: int,
) -> Charge:
    """The fee of a fill, cut to the wei of its token, on perps to a millionth (recorded).

    A builder's fee is on top, but not on the buying side of spot. Source: Hyperliquid docs, Builder codes.
    """
    ntl = px * sz
    account.rates, account.rates_day = rates_of(state, account, now_ms), now_ms // DAY_MS
    rate = fee_rate(state, account, market, is_taker=is_taker, now_ms=now_ms)
    received, token, unit = ntl, USDC, MICRO_USD
    is_spot_buy = market.is_spot and order.side == "B"
    if market.is_spot:
        if is_spot_buy:
            received = sz
        token = market.base_token if is_spot_buy else market.quote_token
        unit = state.markets.token_by_index[token].wei
    fee = cut(received * rate, unit)
    if order.builder is None or is_spot_buy:
        return Charge(fee, None, token)
    builder_fee = cut(ntl * order.builder[1] * BUILDER_UNIT, unit)
    return Charge(fee + builder_fee, builder_fee, token)


def fee_rate(state: State, account: Account, market: Market, *, is_taker: bool, now_ms: int) -> Decimal:
    """Part of the notional (spot buy: of the size)."""
    cross, add, spot_cross, spot_add = rates_of(state, account, now_ms)
    if market.is_spot:
        rate = spot_cross if is_taker else spot_add
    else:
        rate = cross if is_taker else add
    if rate > 0:
        rate *= 1 - referral_discount(state, account)
    if market.dex:
        if rate > 0:
            rate *= BUILDER_DEX_FACTOR
        if market.growth_mode is not None:
            rate *= GROWTH_FACTOR
    elif market.is_spot and is_stable_pair(state, market):
        rate *= STABLE_FACTOR
    return rate


def is_stable_pair(state: State, market: Market) -> bool:
    """Whether both tokens of a spot market are stablecoins."""
    return market.quote_name in STABLE_TOKENS and state.markets.token_by_index[market.base_token].name in STABLE_TOKENS


def rates_of(state: State, account: Account, now_ms: int) -> Rates:
    """The rates of today: tier and staking discount. Assessed with the day's first fill (UTC)."""
    today = now_ms // DAY_MS
    if account.rates is not None and account.rates_day == today:
        return account.rates
    return _assess(state, _owner(state, account), today)


def _owner(state: State, account: Account) -> Account:
    """Whose tier an account has."""
    if account.master is None or account.is_vault:
        return account
    return state.accounts.get(account.master, account)


def is_vip(state: State, account: Account, now_ms: int) -> bool:
    """Whether the account's volume lifts it above the lowest tier."""
    return _weighted(_window(state, _owner(state, account), now_ms // DAY_MS)) > VIP_TIERS[0][0]


def _window(state: State, owner: Account, today: int) -> list[DayVolume]:
    """The days that the tier follows from, of all accounts that share it."""
    group = [owner, *(state.accounts[each] for each in state.led.get(owner.address, ()))]
    return [
        volume
        for account in group
        if account is owner or not account.is_vault
        for day, volume in account.days.items()
        if today - WINDOW_DAYS <= day < today
    ]


def _weighted(days: Iterable[DayVolume]) -> Decimal:
    return sum((each.weighted for each in days), ZERO)


def _assess(state: State, owner: Account, today: int) -> Rates:
    days = _window(state, owner, today)
    weighted = _weighted(days)
    rates = max((tier for tier in VIP_TIERS if weighted > tier[0]), default=(ZERO, BASE))[1]
    rebate = _rebate(state, sum((each.add + each.spot_add for each in days), ZERO), today)
    if rebate:
        rates = rates._replace(add=rebate, spot_add=rebate)
    discount = staking_tier(state, owner)[1]
    if not discount:
        return rates
    return Rates(*(rate * (1 - discount) if rate > 0 else rate for rate in rates))


def _rebate(state: State, added: Decimal, today: int) -> Decimal:
    """Negative, or 0."""
    if not added:
        return ZERO
    traded = sum((exchange_volume(state, day) for day in range(today - WINDOW_DAYS, today)), ZERO)
    return max((tier for tier in MAKER_TIERS if added > tier[0] * traded), default=(ZERO, ZERO))[1]


def staking_tier(state: State, account: Account) -> tuple[Decimal, Decimal]:
    """Row of `STAKING_TIERS`; a sub-account has its master's, and a linked account its staking account's."""
    owner = _owner(state, account)
    link = owner.staking_link
    if link is not None and link.kind == "tradingUser":
        owner = state.accounts.get(link.other, owner)
    staked = owner.staking.delegated
    return max(tier for tier in STAKING_TIERS if staked > tier[0] * HYPE_PER_BPS or not tier[0])


def referral_discount(state: State, account: Account) -> Decimal:
    """Of an account that was referred, while its volume is small."""
    owner = _owner(state, account)
    return REFERRAL_DISCOUNT if owner.referral is not None and owner.volume < REFERRAL_VOLUME else ZERO


def share_fee(state: State, account: Account, order: Order, charge: Charge) -> None:
    """Give the builder its fee, and the referrer its part of the rest. Sub-accounts are referred with their master.

    Source: Hyperliquid docs, Referrals, Builder codes.
    """
    if charge.builder_fee and order.builder is not None:
        builder = state.accounts.get(order.builder[0])
        if builder is not None:
            _rewards(builder, charge.token).builder += charge.builder_fee
    owner = _owner(state, account)
    referral = owner.referral
    if referral is None or charge.token != USDC:
        return
    fee = charge.fee - (charge.builder_fee or ZERO)
    if fee <= 0 or owner.volume - referral.volume_before > REWARDED_VOLUME:
        return
    reward = cut(fee * REFERRER_PART, MICRO_USD)
    referral.fees += fee
    referral.rewarded += reward
    referrer = state.accounts.get(referral.referrer)
    if referrer is not None:
        _rewards(referrer, USDC).unclaimed += reward


def _rewards(account: Account, token: int) -> Rewards:
    return account.rewards.setdefault(token, Rewards())


def exchange_volume(state: State, day: int) -> Decimal:
    """What everybody traded on one day, USD: every day what the tables have for theirs, and what was traded here."""
    return state.markets.day_ntl_vlm + state.volume_by_day.get(day, ZERO)


def record_volume(account: Account, market: Market, ntl: Decimal, *, is_taker: bool, now_ms: int) -> None:
    """Count a fill for its account."""
    day = now_ms // DAY_MS
    volume = account.days.get(day)
    if volume is None:
        for old in [each for each in account.days if each < day - WINDOW_DAYS]:
            del account.days[old]
        volume = account.days[day] = DayVolume()
    if market.is_spot:
        if is_taker:
            volume.spot_cross += ntl
        else:
            volume.spot_add += ntl
    elif is_taker:
        volume.cross += ntl
    else:
        volume.add += ntl
    account.volume += ntl


def record_trade(state: State, ntl: Decimal, now_ms: int) -> None:
    """Count a trade, once, for the exchange."""
    day = now_ms // DAY_MS
    state.volume_by_day[day] = state.volume_by_day.get(day, ZERO) + ntl


def cut(amount: Decimal, unit: Decimal) -> Decimal:
    """Round towards zero to a multiple of a power of ten."""
    return amount.quantize(unit, ROUND_DOWN) if amount else ZERO
