"""Who an account is, and what it has done over time. Key orders are those of recorded answers."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from hlmock.exchange.model import ZERO, Account, Agent, Fill, FundingPayment, LedgerUpdate
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.positions import USD_DECIMALS, account_value, clearinghouse_state, spot_state
from hlmock.wire.addresses import Address

_DAY_MS: Final = 86_400_000
_PERIODS: Final = {"day": _DAY_MS, "week": 7 * _DAY_MS, "month": 30 * _DAY_MS, "allTime": None}

_BASE_REQUESTS: Final = 10_000
"""Requests that every address may make; one more per USD traded. Source: Hyperliquid docs, Rate limits."""

_LEDGER_SIGNS: Final = {"deposit": 1, "withdraw": -1}


def account_at(state: State, address: Address) -> Account:
    """The account, or an empty one: unknown users and agents have zeroes and empty lists.

    Source: Hyperliquid docs, Info endpoint (agent addresses); recorded answers.
    """
    return state.accounts.get(address) or Account(address)


def rate_limit(account: Account, number: NumberForm) -> dict[str, Any]:
    return {
        "cumVlm": number(rounded(account.volume, USD_DECIMALS)),
        "nRequestsUsed": account.requests_used,
        "nRequestsCap": _BASE_REQUESTS + int(account.volume),
        "nRequestsSurplus": 0,
    }


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


def ledger_shape(update: LedgerUpdate) -> dict[str, Any]:
    return {"time": update.time_ms, "hash": update.hash, "delta": dict(update.delta)}


def cumulative_ledger(account: Account) -> Decimal:
    """Deposits less withdrawals, USD: `cumLedger` of `webData2` and `webData3`."""
    total = ZERO
    for update in account.ledger:
        sign = _LEDGER_SIGNS.get(str(update.delta["type"]))
        if sign is not None:
            total += sign * Decimal(str(update.delta["usdc"]))
    return total


def portfolio(state: State, account: Account, now_ms: int, number: NumberForm) -> list[tuple[str, dict[str, Any]]]:
    """Value, profit and volume over four periods, for everything and for perps alone.

    Each history has the first and the last point of its period; the value at the first is what it would have been
    without the profit since (our choice: values in between are not kept).
    """
    perp_value = account_value(state, account)
    spot_value = _spot_value(state, account)
    perp_assets = {market.asset for dex in state.markets.dexes for market in dex.perps}
    perp_fills = [fill for fill in account.fills if fill.asset in perp_assets]
    unrealized = perp_value - account.usdc - _isolated(account)
    shapes: list[tuple[str, dict[str, Any]]] = []
    for prefix, value, fills in (
        ("", perp_value + spot_value, account.fills),
        ("perp", perp_value, perp_fills),
    ):
        for period, length_ms in _PERIODS.items():
            start_ms = _first_ms(account, now_ms) if length_ms is None else now_ms - length_ms
            recent = [fill for fill in fills if fill.time_ms >= start_ms]
            payments = (payment.usdc for payment in account.fundings if payment.time_ms >= start_ms)
            pnl = _realized(recent) + sum(payments, ZERO) + unrealized
            name = period[0].upper() + period[1:] if prefix else period
            shapes.append(
                (
                    prefix + name,
                    {
                        "accountValueHistory": list(_points(start_ms, value - pnl, now_ms, value, number)),
                        "pnlHistory": list(_points(start_ms, ZERO, now_ms, pnl, number)),
                        "vlm": number(rounded(_volume(recent), USD_DECIMALS)),
                    },
                )
            )
    return shapes


def _points(start_ms: int, start: Decimal, now_ms: int, now: Decimal, number: NumberForm) -> Iterator[tuple[int, str]]:
    yield start_ms, number(rounded(start, USD_DECIMALS))
    if now_ms > start_ms:
        yield now_ms, number(rounded(now, USD_DECIMALS))


def _first_ms(account: Account, now_ms: int) -> int:
    times = [each[0].time_ms for each in (account.fills, account.fundings, account.ledger) if each]
    return min(times, default=now_ms)


def _realized(fills: Iterable[Fill]) -> Decimal:
    """Closed profit less the fees that were paid in USDC."""
    return sum((fill.closed_pnl - (fill.fee if fill.fee_token == "USDC" else ZERO) for fill in fills), ZERO)


def _volume(fills: Iterable[Fill]) -> Decimal:
    return sum((fill.px * fill.sz for fill in fills), ZERO)


def _isolated(account: Account) -> Decimal:
    return sum(
        (each.isolated_margin for each in account.positions.values() if each.isolated_margin is not None),
        ZERO,
    )


def _spot_value(state: State, account: Account) -> Decimal:
    """Balances at mark prices; a token without a pair in USDC counts nothing."""
    value = account.spot.get(0, ZERO)
    for market in state.markets.spot:
        if market.quote_token == 0 and market.base_token in account.spot:
            value += account.spot[market.base_token] * state.mark_px(market.coin)
    return value
