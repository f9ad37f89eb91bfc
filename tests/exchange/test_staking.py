"""Staking: balances, the lock, the queue and the rewards, as time moves on."""

from decimal import Decimal
from typing import Any

from hlmock.exchange.actions.staking import VALIDATORS
from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.outcome import Outcome
from hlmock.shapes.staking import delegations, delegator_history, delegator_rewards, delegator_summary
from hlmock.wire.numbers import wire
from support.desk import T0, Desk, error

D = Decimal
HYPE = 150
DAY_S = 86_400
VALIDATOR = next(iter(VALIDATORS))


def staker(hype: str = "100") -> Desk:
    """Alice has staked this much, of 1000 HYPE."""
    desk = Desk()
    desk.fund("alice", "1000", "HYPE")
    deposit(desk, hype)
    return desk


def wei(hype: str) -> int:
    return int(D(hype) * 10**8)


def deposit(desk: Desk, hype: str) -> str | None:
    return error(desk.do("alice", "cDeposit", wei=wei(hype), nonce=desk.nonce + 1))


def withdraw(desk: Desk, hype: str) -> str | None:
    return error(desk.do("alice", "cWithdraw", wei=wei(hype), nonce=desk.nonce + 1))


def delegate(desk: Desk, hype: str, *, back: bool = False, validator: str = VALIDATOR) -> str | None:
    fields: dict[str, Any] = {"validator": validator, "wei": wei(hype), "isUndelegate": back}
    return error(desk.do("alice", "tokenDelegate", **fields, nonce=desk.nonce + 1))


def summary(desk: Desk) -> dict[str, Any]:
    return delegator_summary(desk.account("alice"), wire)


def ledger(outcome: Outcome) -> list[dict[str, object]]:
    return [dict(change.delta) for change in outcome.changes if isinstance(change, LedgerUpdate)]


def test_a_deposit_leaves_the_spot_balance_and_the_ledger_tells() -> None:
    desk = staker("100")
    alice = desk.account("alice")
    assert (alice.spot[HYPE], alice.staking.undelegated) == (D(900), D(100))
    assert alice.ledger[-1].delta == {
        "type": "cStakingTransfer",
        "token": "HYPE",
        "amount": "100.0",
        "isDeposit": True,
    }
    assert deposit(desk, "900.00000001") == "Insufficient staking balance."


def test_a_delegation_is_locked_for_a_day() -> None:
    desk = staker("100")
    assert delegate(desk, "100.00000001") == "Insufficient staking balance."
    assert delegate(desk, "60") is None
    assert delegations(desk.account("alice"), wire) == [
        {"validator": VALIDATOR, "amount": "60.0", "lockedUntilTimestamp": T0 + DAY_S * 1_000}
    ]
    desk.advance(DAY_S - 1)
    assert delegate(desk, "10", back=True) == "Delegation is still locked."
    desk.advance(1)
    assert delegate(desk, "10", back=True) is None
    assert summary(desk)["undelegated"] == "50.0"


def test_a_withdrawal_takes_a_week_and_withdrawals_leave_the_queue_in_order() -> None:
    desk = staker("100")
    withdraw(desk, "10")
    desk.advance(DAY_S)
    withdraw(desk, "20")
    assert summary(desk) == {
        "delegated": "0.0",
        "undelegated": "70.0",
        "totalPendingWithdrawal": "30.0",
        "nPendingWithdrawals": 2,
    }
    (first,) = desk.advance(6 * DAY_S)
    assert ledger(first) == [{"type": "cStakingTransfer", "token": "HYPE", "amount": "10.0", "isDeposit": False}]
    assert desk.account("alice").spot[HYPE] == 910
    (second,) = desk.advance(DAY_S)
    assert ledger(second)[0]["amount"] == "20.0"
    assert summary(desk)["nPendingWithdrawals"] == 0


def test_the_queue_holds_five() -> None:
    desk = staker("100")
    assert [withdraw(desk, "1") for _ in range(6)] == [None] * 5 + ["Too many pending withdrawals."]


def test_history_is_newest_first_and_tells_every_phase() -> None:
    desk = staker("100")
    delegate(desk, "60")
    withdraw(desk, "10")
    desk.advance(7 * DAY_S)
    assert [row["delta"] for row in delegator_history(desk.account("alice"))] == [
        {"withdrawal": {"amount": "10.0", "phase": "finalized"}},
        {"withdrawal": {"amount": "10.0", "phase": "initiated"}},
        {"delegate": {"validator": VALIDATOR, "amount": "60.0", "isUndelegate": False}},
        {"cDeposit": {"amount": "100.0"}},
    ]


def test_a_delegation_earns_once_a_day_at_midnight_and_what_it_earns_is_delegated() -> None:
    desk = staker("1000")
    delegate(desk, "1000")
    midnight_ms = (T0 // (DAY_S * 1_000) + 1) * DAY_S * 1_000
    desk.advance(2 * DAY_S)
    rewards = delegator_rewards(desk.account("alice"), wire)
    assert [row["time"] - midnight_ms for row in rewards] == [DAY_S * 1_000, 0]
    assert rewards[1] == {"time": midnight_ms, "source": "delegation", "totalAmount": "0.06233424"}
    assert D(summary(desk)["delegated"]) == 1000 + sum(D(row["totalAmount"]) for row in rewards)


def test_who_has_undelegated_everything_earns_nothing_more() -> None:
    desk = staker("100")
    delegate(desk, "100")
    desk.advance(DAY_S)
    everything = summary(desk)["delegated"]
    delegate(desk, everything, back=True)
    earned = len(desk.account("alice").staking.rewards)
    desk.advance(5 * DAY_S)
    assert len(desk.account("alice").staking.rewards) == earned


def test_an_unknown_validator_is_refused_when_strict() -> None:
    desk = Desk(strict=True)
    desk.fund("alice", "1000", "HYPE")
    deposit(desk, "10")
    assert delegate(desk, "10", validator="0x" + "9" * 40) == "Unknown validator"
