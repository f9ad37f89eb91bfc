"""Vaults: who leads which, what a depositor's share is worth. Key orders are those of recorded answers."""

from decimal import Decimal
from typing import Any

from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model import ZERO, Account
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.portfolio import portfolio
from hlmock.shapes.positions import USD_DECIMALS, account_value
from hlmock.wire.addresses import Address


def leading_vaults(state: State, account: Account) -> list[dict[str, Any]]:
    """The vaults that the account leads."""
    led = (state.accounts[address] for address in state.led.get(account.address, ()))
    return [{"address": vault.address, "name": vault.name} for vault in led if vault.is_vault]


def vault_equities(state: State, account: Account, number: NumberForm) -> list[dict[str, Any]]:
    """What the account has in each vault. Nothing is locked here (our choice)."""
    return [
        {
            "vaultAddress": address,
            "equity": number(_equity(state, account, address)),
            "lockedUntilTimestamp": 0,
        }
        for address, share in account.vault_shares.items()
        if share
    ]


def total_vault_equity(state: State, account: Account) -> Decimal:
    """USD, over all vaults."""
    return sum((_equity(state, account, address) for address in account.vault_shares), ZERO)


def _equity(state: State, account: Account, vault: Address) -> Decimal:
    """The account's part of all deposits, taken of what the vault is worth now."""
    deposits = sum(_depositors(state, vault).values(), ZERO)
    if not deposits:
        return ZERO
    return rounded(account_value(state, state.accounts[vault]) * account.vault_shares[vault] / deposits, USD_DECIMALS)


def _depositors(state: State, vault: Address) -> dict[Address, Decimal]:
    return {
        account.address: account.vault_shares[vault]
        for account in state.accounts.values()
        if account.vault_shares.get(vault)
    }


def vault_details(
    state: State, vault: Account, asking: Address | None, now_ms: int, number: NumberForm
) -> dict[str, Any]:
    """Fractions and maxima are JSON numbers. Source: Hyperliquid docs, Info endpoint (vault details)."""
    depositors = _depositors(state, vault.address)
    deposits = sum(depositors.values(), ZERO)
    leader_part = depositors.get(vault.master, ZERO) / deposits if deposits and vault.master else ZERO
    free = float(withdrawable(state, vault))
    followers = {address: _follower(state, vault, address, number) for address in depositors}
    return {
        "name": vault.name,
        "vaultAddress": vault.address,
        "leader": vault.master,
        "description": "",
        "portfolio": portfolio(state, vault, now_ms, number),
        "apr": 0.0,
        "followerState": followers.get(asking) if asking is not None else None,
        "leaderFraction": float(leader_part),
        "leaderCommission": 0,
        "followers": [
            each | {"user": "Leader"} if address == vault.master else each for address, each in followers.items()
        ],
        "maxDistributable": free,
        "maxWithdrawable": free,
        "isClosed": False,
        "relationship": {"type": "normal"},
        "allowDeposits": True,
        "alwaysCloseOnWithdraw": False,
    }


def _follower(state: State, vault: Account, address: Address, number: NumberForm) -> dict[str, Any]:
    """Times are those of the vault's past, which is not kept: 0 (our choice)."""
    account = state.accounts[address]
    equity = _equity(state, account, vault.address)
    pnl = number(equity - account.vault_shares[vault.address])
    return {
        "user": address,
        "vaultEquity": number(equity),
        "pnl": pnl,
        "allTimePnl": pnl,
        "daysFollowing": 0,
        "vaultEntryTime": 0,
        "lockupUntil": 0,
    }
