"""`referral`: who referred an account, whom it referred, what it earned. Key orders are those of SDK types."""

from decimal import Decimal
from typing import Any

from hlmock.exchange.actions.referrals import CODE_VOLUME
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Rewards
from hlmock.exchange.model.terms import USDC, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded


def referral(state: State, account: Account, number: NumberForm) -> dict[str, Any]:
    """Amounts beside `tokenToState` are of USDC. There is no history by period here (our choice)."""
    referred = account.referral
    volume = number(rounded(account.volume, 6))
    return {
        "referredBy": None if referred is None else {"referrer": referred.referrer, "code": referred.code},
        "cumVlm": volume,
        **_earned(account.rewards.get(USDC, Rewards()), number),
        "referrerState": _referrer_state(state, account, number),
        "rewardHistory": [],
        "tokenToState": [
            [token, {"cumVlm": volume, **_earned(rewards, number)}] for token, rewards in account.rewards.items()
        ],
    }


def _earned(rewards: Rewards, number: NumberForm) -> dict[str, str]:
    return {
        "unclaimedRewards": number(rewards.unclaimed),
        "claimedRewards": number(rewards.claimed),
        "builderRewards": number(rewards.builder),
    }


def _referrer_state(state: State, account: Account, number: NumberForm) -> dict[str, Any]:
    code = next((code for code, owner in state.referral_codes.items() if owner == account.address), None)
    if code is not None:
        referred = [_referred(each, number) for each in state.accounts.values() if _is_by(each, code)]
        return {"stage": "ready", "data": {"code": code, "nReferrals": len(referred), "referralStates": referred}}
    if account.volume >= CODE_VOLUME:
        return {"stage": "needToCreateCode"}
    return {"stage": "needToTrade", "data": {"required": number(Decimal(CODE_VOLUME))}}


def _is_by(account: Account, code: str) -> bool:
    return account.referral is not None and account.referral.code == code


def _referred(account: Account, number: NumberForm) -> dict[str, Any]:
    found = account.referral
    return {
        "cumVlm": number(rounded(account.volume, 6)),
        "cumRewardedFeesSinceReferred": number(ZERO if found is None else found.fees),
        "cumFeesRewardedToReferrer": number(ZERO if found is None else found.rewarded),
        "timeJoined": 0 if found is None else found.joined_ms,
        "user": account.address,
        "tokenToState": [],
    }
