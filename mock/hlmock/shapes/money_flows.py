"""What made an account richer or poorer, moment by moment: profit and transfers, in USD.

All of it is read from the account's own past: fills, funding payments, ledger, staking rewards. What a position has
gained since it was opened is no event: it shows only in the value of now. Tokens count what they are worth now, at
every moment (our choice: what they were worth before is not kept).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.terms import USDC, ZERO
from hlmock.exchange.state import State


class Moment(NamedTuple):
    """What one event did to the perp balance, and to everything that the account has."""

    time_ms: int
    perp_pnl: Decimal = ZERO
    perp_flow: Decimal = ZERO
    pnl: Decimal = ZERO
    flow: Decimal = ZERO


def moments(state: State, account: Account) -> list[Moment]:
    """Oldest first."""
    every = [
        *(_of_fill(state, fill) for fill in account.fills),
        *(Moment(each.time_ms, each.usdc, ZERO, each.usdc) for each in account.fundings),
        *(Moment(each.time_ms, ZERO, *_transfer(state, account.address, each.delta)) for each in account.ledger),
        *_of_rewards(state, account),
        *_of_seizures(account),
    ]
    return sorted(every, key=lambda moment: moment.time_ms)


def _of_fill(state: State, fill: Fill) -> Moment:
    market = state.markets.by_asset[fill.asset]
    if not market.is_spot:
        pnl = fill.closed_pnl - fill.fee
        return Moment(fill.time_ms, pnl, ZERO, pnl)
    worth, is_buy = state.mark_px(fill.coin), fill.side == "B"
    gain = (worth - fill.px) * fill.sz * (1 if is_buy else -1)
    return Moment(fill.time_ms, pnl=gain - fill.fee * (worth if is_buy else 1))


def _of_rewards(state: State, account: Account) -> Iterator[Moment]:
    hype = state.markets.token_by_name.get("HYPE")
    if hype is not None:
        for reward in account.staking.rewards:
            yield Moment(reward.time_ms, pnl=reward.amount * token_px(state, hype.index))


def _of_seizures(account: Account) -> Iterator[Moment]:
    """The margin that the liquidator took over together with positions."""
    taken = {fill.hash for fill in account.fills if _is_backstop(fill, account)}
    for update in account.ledger:
        if update.hash in taken and update.delta["type"] == "liquidation":
            lost = -Decimal(str(update.delta["accountValue"]))
            yield Moment(update.time_ms, lost, ZERO, lost)


def _is_backstop(fill: Fill, account: Account) -> bool:
    found = fill.liquidation
    return found is not None and found.method == "backstop" and found.liquidated_user == account.address


def _transfer(state: State, address: str, delta: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Of one row of the ledger: into the perp balance; profit; into the account."""

    def usd(name: str) -> Decimal:
        return Decimal(delta[name])

    def worth() -> Decimal:
        return Decimal(delta["amount"]) * token_px(state, state.markets.token_by_name[delta["token"]].index)

    leaves = delta.get("user") == address
    arrives = delta.get("destination") == address
    match delta["type"]:
        case "deposit":
            return usd("usdc"), ZERO, usd("usdc")
        case "withdraw":
            return -usd("usdc") - usd("fee"), ZERO, -usd("usdc") - usd("fee")
        case "accountClassTransfer":
            return usd("usdc") if delta["toPerp"] else -usd("usdc"), ZERO, ZERO
        case "internalTransfer":
            moved = -usd("usdc") - usd("fee") if leaves else usd("usdc")
            return moved, ZERO, moved
        case "subAccountTransfer":
            moved = -usd("usdc") if leaves else usd("usdc")
            return moved, ZERO, moved
        case "spotTransfer":
            return ZERO, ZERO, worth() * (arrives - leaves) - (usd("fee") if leaves else ZERO)
        case "send":
            into, out_of = (arrives and delta["destinationDex"] != "spot"), (leaves and delta["sourceDex"] != "spot")
            fee = usd("fee") if leaves else ZERO
            perp = worth() * (into - out_of) - (fee if out_of else ZERO)
            return perp, ZERO, worth() * (arrives - leaves) - fee
        case "spotGenesis":
            return ZERO, ZERO, worth()
        case "vaultCreate" | "vaultDeposit":
            return -usd("usdc"), ZERO, ZERO
        case "vaultWithdraw":
            return usd("netWithdrawnUsd"), usd("netWithdrawnUsd") - usd("basis"), ZERO
        case "vaultLeaderCommission":
            return usd("usdc"), usd("usdc"), ZERO
        case "rewardsClaim":
            return ZERO, worth(), ZERO
        case "rewardsClaim":
            return ZERO, worth(), ZERO
        case "vaultDistribution":
            return usd("usdc"), ZERO, ZERO
        case _:
            return ZERO, ZERO, ZERO


def token_px(state: State, token: int) -> Decimal:
    """Mark price of a token in USDC; 0 without a pair."""
    if token == USDC:
        return Decimal(1)
    pairs = (each for each in state.markets.spot if each.base_token == token and each.quote_token == USDC)
    market = next(pairs, None)
    return ZERO if market is None else state.mark_px(market.coin)
