"""Who an account is, and what went in and out of it. Key orders are those of recorded answers."""

from decimal import Decimal
from typing import Any, Final

from hlmock.exchange.limits import request_cap
from hlmock.exchange.model.accounts import Account, Agent, LedgerUpdate
from hlmock.exchange.model.changes import Liquidation
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.model.terms import USD_DECIMALS, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.positions import clearinghouse_state, spot_state
from hlmock.wire.addresses import Address

_LEDGER_SIGNS: Final = {"deposit": 1, "withdraw": -1}


def account_at(state: State, address: Address) -> Account:
    """The account, or an empty one: unknown users and agents have zeroes and empty lists.

    Source: Hyperliquid docs, Info endpoint (agent addresses); recorded answers.
    """
    return state.accounts.get(address) or Account(address)


def rate_limit(account: Account, number: NumberForm, *, has_surplus: bool = True) -> dict[str, Any]:
    """The surplus is what was bought with `reserveRequestWeight` (our choice: recorded answers have 0)."""
    shape: dict[str, Any] = {
        "cumVlm": number(rounded(account.volume, USD_DECIMALS)),
        "nRequestsUsed": account.requests_used,
        "nRequestsCap": request_cap(account),
    }
    if has_surplus:
        shape["nRequestsSurplus"] = account.requests_reserved
    return shape


def extra_agents(account: Account) -> list[dict[str, Any]]:
    """The named agents; the unnamed one is not listed (our choice)."""
    return [
        {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until}
        for agent in account.agents.values()
        if agent.name is not None
    ]


def unnamed_agent(account: Account) -> Agent | None:
    return next((agent for agent in account.agents.values() if agent.name is None), None)


def sub_accounts(
    state: State, master: Address, now_ms: int, number: NumberForm, *, by_dex: bool
) -> list[dict[str, Any]] | None:
    """`null` when there are none. Source: Hyperliquid docs, Info endpoint.

    Args:
        by_dex: the form of `subAccounts2`, with the perp state of every dex.
    """
    subs = [account for account in state.accounts.values() if account.master == master and not account.is_vault]
    return [_sub_account(state, each, now_ms, number, by_dex) for each in subs] or None


def _sub_account(state: State, account: Account, now_ms: int, number: NumberForm, by_dex: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": account.name,
        "subAccountUser": account.address,
        "master": account.master,
    }
    if by_dex:
        shape["dexToClearinghouseState"] = clearinghouse_states(state, account, now_ms, number)
    else:
        shape["clearinghouseState"] = clearinghouse_state(state, account, "", now_ms, number)
    shape["spotState"] = spot_state(state, account, number)
    if by_dex and account.abstraction != "default":
        shape["abstraction"] = account.abstraction
    return shape


def clearinghouse_states(
    state: State, account: Account, now_ms: int, number: NumberForm
) -> list[tuple[str, dict[str, Any]]]:
    """Pairs of dex and perp state, in the order of `perpDexs`."""
    return [(dex.name, clearinghouse_state(state, account, dex.name, now_ms, number)) for dex in state.markets.dexes]


def funding_shape(payment: FundingPayment, number: NumberForm) -> dict[str, Any]:
    """As `userFundings` and `userEvents` carry it."""
    return {"time": payment.time_ms, **_funding_fields(payment, number)}


def funding_delta(payment: FundingPayment, number: NumberForm) -> dict[str, Any]:
    """As `userFunding` answers it."""
    return {
        "time": payment.time_ms,
        "hash": payment.hash,
        "delta": {"type": "funding", **_funding_fields(payment, number)},
    }


def _funding_fields(payment: FundingPayment, number: NumberForm) -> dict[str, Any]:
    return {
        "coin": payment.coin,
        "usdc": number(payment.usdc),
        "szi": number(payment.szi),
        "fundingRate": number(payment.funding_rate),
        "nSamples": payment.n_samples,
    }


def liquidation_shape(liquidation: Liquidation, number: NumberForm) -> dict[str, Any]:
    """As `userEvents` carries it; the only keys in snake case. Source: Hyperliquid docs, WebSocket."""
    return {
        "lid": liquidation.id,
        "liquidator": liquidation.liquidator,
        "liquidated_user": liquidation.liquidated_user,
        "liquidated_ntl_pos": number(rounded(liquidation.ntl, USD_DECIMALS)),
        "liquidated_account_value": number(rounded(liquidation.account_value, USD_DECIMALS)),
    }


def ledger_shape(update: LedgerUpdate) -> dict[str, Any]:
    return {"time": update.time_ms, "hash": update.hash, "delta": dict(update.delta)}


def cumulative_ledger(account: Account) -> Decimal:
    """Deposits less withdrawals, USD: `cumLedger` of `webData2` and `webData3`."""
    total = ZERO
    for update in account.ledger:
        sign = _LEDGER_SIGNS.get(str(update.delta["type"]), 0)
        total += sign * Decimal(str(update.delta.get("usdc", 0)))
    return total
