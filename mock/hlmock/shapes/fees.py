"""`userFees`: the fee schedule and an account's own rates and volumes.

Its figures are those that fills are charged with: see `hlmock.exchange.fees`. Key order is that of recorded answers.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from hlmock.exchange import fees
from hlmock.exchange.model.accounts import Account, DayVolume, Rates
from hlmock.exchange.model.terms import DAY_MS, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm

_EPOCH: Final = date(1970, 1, 1)


def user_fees(state: State, account: Account, now_ms: int, number: NumberForm) -> dict[str, Any]:
    """The user's rates are those of tier and staking; the referral discount is named beside them."""
    rates = fees.rates_of(state, account, now_ms)
    return {
        "dailyUserVlm": list(_daily_volumes(state, account, now_ms, number)),
        "feeSchedule": _schedule(number),
        "userCrossRate": number(rates.cross),
        "userAddRate": number(rates.add),
        "userSpotCrossRate": number(rates.spot_cross),
        "userSpotAddRate": number(rates.spot_add),
        "activeReferralDiscount": number(fees.referral_discount(state, account)),
        "trial": None,
        "feeTrialEscrow": number(ZERO),
        "nextTrialAvailableTimestamp": None,
        "stakingLink": _staking_link(account),
        "activeStakingDiscount": _staking_tier(*fees.staking_tier(state, account), number),
    }


def _schedule(number: NumberForm) -> dict[str, Any]:
    return {
        **_rates(fees.BASE, number),
        "tiers": {
            "vip": [{"ntlCutoff": number(cutoff), **_rates(rates, number)} for cutoff, rates in fees.VIP_TIERS],
            "mm": [{"makerFractionCutoff": number(share), "add": number(rate)} for share, rate in fees.MAKER_TIERS],
        },
        "referralDiscount": number(fees.REFERRAL_DISCOUNT),
        "stakingDiscountTiers": [_staking_tier(bps, discount, number) for bps, discount in fees.STAKING_TIERS],
    }


def _rates(rates: Rates, number: NumberForm) -> dict[str, str]:
    cross, add, spot_cross, spot_add = map(number, rates)
    return {"cross": cross, "add": add, "spotCross": spot_cross, "spotAdd": spot_add}


def _staking_link(account: Account) -> dict[str, str] | None:
    link = account.staking_link
    if link is None:
        return None
    return {"type": link.kind, "tradingUser" if link.kind == "stakingUser" else "stakingUser": link.other}


def _staking_tier(bps: Decimal, discount: Decimal, number: NumberForm) -> dict[str, str]:
    return {"bpsOfMaxSupply": number(bps), "discount": number(discount)}


def _daily_volumes(state: State, account: Account, now_ms: int, number: NumberForm) -> Iterator[dict[str, str]]:
    """14 days and today, oldest first. Source: Hyperliquid docs, Info endpoint."""
    today = now_ms // DAY_MS
    for day in range(today - fees.WINDOW_DAYS, today + 1):
        volume = account.days.get(day, DayVolume())
        yield {
            "date": (_EPOCH + timedelta(days=day)).isoformat(),
            "userCross": number(volume.cross + volume.spot_cross),
            "userAdd": number(volume.add + volume.spot_add),
            "exchange": number(fees.exchange_volume(state, day)),
        }
