"""Vaults: who leads which, what a depositor's share is worth. Key orders are those of recorded answers."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from hlmock.exchange.actions.vaults import LEADER_COMMISSION, depositors, equity, net_worth, stake_value
from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Vault, VaultStake
from hlmock.exchange.model.terms import DAY_MS, HOUR_MS, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.portfolio import portfolio
from hlmock.wire.addresses import Address

_NEW_MS: Final = 2 * HOUR_MS
"""How long a vault is listed in `vaultSummaries`. Source: SDK types."""


def vaults(state: State, leader: Address | None = None) -> Iterable[Account]:
    """All vaults, or those of one leader, in the order in which they were made."""
    led = state.led.values() if leader is None else [state.led.get(leader, [])]
    return (account for each in led for address in each if (account := state.accounts[address]).is_vault)


def leading_vaults(state: State, account: Account) -> list[dict[str, Any]]:
    """The vaults that the account leads."""
    return [{"address": vault.address, "name": vault.name} for vault in vaults(state, account.address)]


def vault_equities(state: State, account: Account, number: NumberForm) -> list[dict[str, Any]]:
    """What the account has in each vault."""
    return [
        {
            "vaultAddress": address,
            "equity": number(stake_value(state, account, address)),
            "lockedUntilTimestamp": stake.locked_until,
        }
        for address, stake in account.vault_stakes.items()
    ]


def total_vault_equity(state: State, account: Account) -> Decimal:
    """USD, over all vaults."""
    return sum((stake_value(state, account, address) for address in account.vault_stakes), ZERO)


def vault_summaries(state: State, now_ms: int, number: NumberForm) -> list[dict[str, Any]]:
    """The vaults of the last two hours."""
    return [
        {
            "name": each.name,
            "vaultAddress": each.address,
            "leader": each.master,
            "tvl": number(net_worth(state, each)),
            "isClosed": each.vault.is_closed,
            "relationship": {"type": "normal"},
            "createTimeMillis": each.vault.created_ms,
        }
        for each in vaults(state)
        if each.vault is not None and now_ms - each.vault.created_ms < _NEW_MS
    ]


def vault_details(
    state: State, account: Account, vault: Vault, asking: Address | None, now_ms: int, number: NumberForm
) -> dict[str, Any]:
    """Fractions and maxima are JSON numbers. Source: Hyperliquid docs, Info endpoint (vault details)."""
    stakes = depositors(state, account)
    leader_part = next((stake.shares / vault.shares for each, stake in stakes if each.address == account.master), ZERO)
    free = float(withdrawable(state, account))
    followers = {each.address: _follower(state, account, each, stake, now_ms, number) for each, stake in stakes}
    periods = portfolio(state, account, now_ms, number)
    return {
        "name": account.name,
        "vaultAddress": account.address,
        "leader": account.master,
        "description": vault.description,
        "portfolio": periods,
        "apr": _yearly_return(dict(periods)["month"], now_ms - vault.created_ms),
        "followerState": followers.get(asking) if asking is not None else None,
        "leaderFraction": float(leader_part),
        "leaderCommission": float(LEADER_COMMISSION),
        "followers": [
            each | {"user": "Leader"} if address == account.master else each for address, each in followers.items()
        ],
        "maxDistributable": free,
        "maxWithdrawable": free,
        "isClosed": vault.is_closed,
        "relationship": {"type": "normal"},
        "allowDeposits": vault.allow_deposits,
        "alwaysCloseOnWithdraw": vault.always_close_on_withdraw,
    }


def _yearly_return(month: dict[str, Any], age_ms: int) -> float:
    """The profit of the last month, or of the vault's days, as a part of what there was at its start, for a year.

    Before the vault is a day old it has none. What the real exchange works out is not known (our choice).
    """
    if age_ms < DAY_MS:
        return 0.0
    start, earned = Decimal(month["accountValueHistory"][0][1]), Decimal(month["pnlHistory"][-1][1])
    return float(rounded(earned / start * 365 * DAY_MS / min(age_ms, 30 * DAY_MS))) if start > 0 else 0.0


def _follower(
    state: State, vault: Account, follower: Account, stake: VaultStake, now_ms: int, number: NumberForm
) -> dict[str, Any]:
    """All-time profit is that since the account last entered (our choice: a stake withdrawn whole is forgotten)."""
    worth = equity(state, vault, stake)
    pnl = worth - stake.basis
    return {
        "user": follower.address,
        "vaultEquity": number(worth),
        "pnl": number(pnl),
        "allTimePnl": number(pnl + stake.realized),
        "daysFollowing": (now_ms - stake.entered_ms) // DAY_MS,
        "vaultEntryTime": stake.entered_ms,
        "lockupUntil": stake.locked_until,
    }
