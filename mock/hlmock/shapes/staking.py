"""What an account has staked, and with whom. Key orders are those of recorded answers and of SDK types."""

from typing import Any

from hlmock.exchange.actions.staking import COMMISSION, VALIDATORS, WEI, YEARLY_REWARD
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm
from hlmock.wire.addresses import Address


def delegations(account: Account, number: NumberForm) -> list[dict[str, Any]]:
    return [
        {"validator": validator, "amount": number(each.amount), "lockedUntilTimestamp": each.locked_until}
        for validator, each in account.staking.delegations.items()
    ]


def delegator_summary(account: Account, number: NumberForm) -> dict[str, Any]:
    staking = account.staking
    return {
        "delegated": number(staking.delegated),
        "undelegated": number(staking.undelegated),
        "totalPendingWithdrawal": number(sum(staking.pending, ZERO)),
        "nPendingWithdrawals": len(staking.pending),
    }


def delegator_history(account: Account) -> list[dict[str, Any]]:
    """Newest first."""
    rows = reversed(account.staking.history)
    return [{"time": row.time_ms, "hash": row.hash, "delta": row.delta} for row in rows]


def delegator_rewards(account: Account, number: NumberForm) -> list[dict[str, Any]]:
    """Newest first."""
    rows = reversed(account.staking.rewards)
    return [{"time": row.time_ms, "source": "delegation", "totalAmount": number(row.amount)} for row in rows]


def validator_summaries(state: State, number: NumberForm) -> list[dict[str, Any]]:
    """The listed validators, and whoever else something is delegated to. None ever misses a block (our choice)."""
    stakes = dict.fromkeys(VALIDATORS, ZERO)
    for account in state.accounts.values():
        for validator, each in account.staking.delegations.items():
            stakes[validator] = stakes.get(validator, ZERO) + each.amount
    stats = {"uptimeFraction": number(WEI / WEI), "predictedApr": number(YEARLY_REWARD), "nSamples": 1}
    return [
        {
            "validator": validator,
            "signer": validator,
            "name": VALIDATORS.get(validator, _short(validator)),
            "description": "",
            "nRecentBlocks": 0,
            "stake": int(stake / WEI),
            "isJailed": False,
            "unjailableAfter": None,
            "isActive": True,
            "commission": number(COMMISSION),
            "stats": [[period, stats] for period in ("day", "week", "month")],
        }
        for validator, stake in stakes.items()
    ]


def _short(address: Address) -> str:
    return f"{address[:6]}...{address[-4:]}"
