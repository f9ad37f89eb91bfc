"""`userFees`: the fee schedule and an account's own rates and volumes.

The schedule is data; its figures are those of Hyperliquid docs, Fees. Key order is that of recorded answers.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hlmock.exchange.fees import PERP_MAKER, PERP_TAKER, SPOT_MAKER, SPOT_TAKER
from hlmock.exchange.model import ZERO, Account
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm

_VIP_TIERS: Final = (
    ("5000000", "0.0004", "0.00012", "0.0006", "0.0003"),
    ("25000000", "0.00035", "0.00008", "0.0005", "0.0002"),
    ("100000000", "0.0003", "0.00004", "0.0004", "0.0001"),
    ("500000000", "0.00028", "0", "0.00035", "0"),
    ("2000000000", "0.00026", "0", "0.0003", "0"),
    ("7000000000", "0.00024", "0", "0.00025", "0"),
)
"""Volume of 14 days in USD, then the rates: perp taker and maker, spot taker and maker."""

_MAKER_TIERS: Final = (("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003"))
"""Share of the maker volume, rebate."""

_STAKING_TIERS: Final = (
    ("0", "0"),
    ("0.0001", "0.05"),
    ("0.001", "0.1"),
    ("0.01", "0.15"),
    ("0.1", "0.2"),
    ("1", "0.3"),
    ("5", "0.4"),
)
"""Staked HYPE in basis points of the maximum supply, discount."""

_REFERRAL_DISCOUNT: Final = Decimal("0.04")
_DAYS: Final = 15
"""Days of `dailyUserVlm`, today included. Source: Hyperliquid docs, Info endpoint (14 days and today)."""


def user_fees(state: State, account: Account, now_ms: int, number: NumberForm) -> dict[str, Any]:
    """Every account pays the rates of the lowest tier, which are those that its fills are charged with."""
    return {
        "dailyUserVlm": list(_daily_volumes(state, account, now_ms, number)),
        "feeSchedule": _schedule(number),
        "userCrossRate": number(PERP_TAKER),
        "userAddRate": number(PERP_MAKER),
        "userSpotCrossRate": number(SPOT_TAKER),
        "userSpotAddRate": number(SPOT_MAKER),
        "activeReferralDiscount": number(ZERO),
        "trial": None,
        "feeTrialEscrow": number(ZERO),
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": _staking_tier(*_STAKING_TIERS[0], number),
    }


def _schedule(number: NumberForm) -> dict[str, Any]:
    def text(digits: str) -> str:
        return number(Decimal(digits))

    return {
        "cross": number(PERP_TAKER),
        "add": number(PERP_MAKER),
        "spotCross": number(SPOT_TAKER),
        "spotAdd": number(SPOT_MAKER),
        "tiers": {
            "vip": [
                {
                    "ntlCutoff": text(cutoff),
                    "cross": text(cross),
                    "add": text(add),
                    "spotCross": text(spot_cross),
                    "spotAdd": text(spot_add),
                }
                for cutoff, cross, add, spot_cross, spot_add in _VIP_TIERS
            ],
            "mm": [{"makerFractionCutoff": text(cutoff), "add": text(add)} for cutoff, add in _MAKER_TIERS],
        },
        "referralDiscount": number(_REFERRAL_DISCOUNT),
        "stakingDiscountTiers": [_staking_tier(bps, discount, number) for bps, discount in _STAKING_TIERS],
    }


def _staking_tier(bps: str, discount: str, number: NumberForm) -> dict[str, str]:
    return {"bpsOfMaxSupply": number(Decimal(bps)), "discount": number(Decimal(discount))}


def _daily_volumes(state: State, account: Account, now_ms: int, number: NumberForm) -> Iterator[dict[str, str]]:
    """Oldest day first. `exchange` is what was traded here since the start, on the last day (our choice)."""
    today = _day(now_ms)
    crossed: dict[date, Decimal] = {}
    added: dict[date, Decimal] = {}
    for fill in account.fills:
        volumes = crossed if fill.crossed else added
        day = _day(fill.time_ms)
        volumes[day] = volumes.get(day, ZERO) + fill.px * fill.sz
    traded = sum((book.day_ntl_vlm for book in state.books.values()), ZERO)
    for back in reversed(range(_DAYS)):
        day = today - timedelta(days=back)
        yield {
            "date": day.isoformat(),
            "userCross": number(crossed.get(day, ZERO)),
            "userAdd": number(added.get(day, ZERO)),
            "exchange": number(ZERO if back else traded),
        }


def _day(time_ms: int) -> date:
    return datetime.fromtimestamp(time_ms // 1000, UTC).date()
