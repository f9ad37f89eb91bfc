"""Vaults: deposits buy shares, withdrawals sell them."""

from decimal import Decimal

import pytest

from hlmock.exchange.model.accounts import Account, LedgerUpdate
from hlmock.exchange.outcome import Outcome
from hlmock.wire.addresses import Address
from support.desk import BTC, Desk, address, error, order_changes

ALICE, BOB = address("alice"), address("bob")
D = Decimal
DAY_S = 86_400
MICRO = 1_000_000


def create_vault(desk: Desk, usd: int = 100) -> Address:
    fields = {"name": "vault", "description": "a vault here", "initialUsd": usd * MICRO, "nonce": desk.nonce + 1}
    return Address(desk.do("alice", "createVault", **fields).answer["response"]["data"])


def transfer(desk: Desk, who: str, vault: Address, usd: str, *, is_deposit: bool) -> Outcome:
    micro = int(D(usd) * MICRO)
    return desk.do(who, "vaultTransfer", vaultAddress=vault, isDeposit=is_deposit, usd=micro)


def deposit(desk: Desk, who: str, vault: Address, usd: str) -> Outcome:
    return transfer(desk, who, vault, usd, is_deposit=True)


def withdraw(desk: Desk, who: str, vault: Address, usd: str) -> Outcome:
    return transfer(desk, who, vault, usd, is_deposit=False)


def account(desk: Desk, vault: Address) -> Account:
    return desk.exchange.accounts[vault]


def ledger(outcome: Outcome) -> list[dict[str, object]]:
    return [dict(change.delta) for change in outcome.changes if isinstance(change, LedgerUpdate)]


def test_a_vault_takes_its_leaders_first_deposit() -> None:
    desk = Desk()
    vault = account(desk, create_vault(desk))
    assert (vault.usdc, vault.is_vault, vault.master) == (D(100), True, ALICE)
    assert desk.account("alice").usdc == 999_900


def test_a_vault_costs_at_least_100_dollars() -> None:
    outcome = Desk().do("alice", "createVault", name="vault", description="x" * 10, initialUsd=99_999_999, nonce=1)
    assert error(outcome) == "Insufficient balance to create vault"


def test_a_name_and_a_description_have_a_length() -> None:
    for name, description in (("ab", "x" * 10), ("abc", "x" * 9)):
        outcome = Desk().do("alice", "createVault", name=name, description=description, initialUsd=10**8, nonce=1)
        assert error(outcome) == "Invalid name length."


def test_a_deposit_is_locked_for_a_day() -> None:
    desk = Desk()
    vault = create_vault(desk)
    deposit(desk, "bob", vault, "50")
    desk.advance(DAY_S - 1)
    assert error(withdraw(desk, "bob", vault, "50")) == "Cannot withdraw during lockup period after depositing."
    desk.advance(1)
    assert error(withdraw(desk, "bob", vault, "50.000001")) == "Insufficient balance for withdrawal."
    assert error(withdraw(desk, "bob", vault, "50")) is None
    assert (desk.account("bob").usdc, account(desk, vault).usdc) == (D(1_000_000), D(100))
    assert desk.account("bob").vault_stakes == {}


def test_who_enters_after_a_profit_has_no_part_of_it() -> None:
    desk = Desk()
    vault = create_vault(desk)
    account(desk, vault).usdc += 100
    deposit(desk, "bob", vault, "50")
    desk.advance(DAY_S)
    assert error(withdraw(desk, "bob", vault, "50.01")) == "Insufficient balance for withdrawal."
    assert error(withdraw(desk, "bob", vault, "50")) is None
    assert account(desk, vault).usdc == 200


def test_the_leader_gets_a_tenth_of_a_withdrawn_profit_and_both_ledgers_tell() -> None:
    desk = Desk()
    vault = create_vault(desk)
    deposit(desk, "bob", vault, "100")
    account(desk, vault).usdc += 100
    desk.advance(DAY_S)
    outcome = withdraw(desk, "bob", vault, "75")
    assert ledger(outcome) == [
        {
            "type": "vaultWithdraw",
            "vault": vault,
            "user": BOB,
            "requestedUsd": "75.0",
            "commission": "2.5",
            "closingCost": "0.0",
            "basis": "50.0",
            "netWithdrawnUsd": "72.5",
        },
        {"type": "vaultLeaderCommission", "user": ALICE, "usdc": "2.5"},
    ]
    assert desk.account("bob").vault_stakes[vault].basis == 50
    assert desk.account("alice").usdc == D("999_902.5")


def test_the_leader_keeps_a_twentieth() -> None:
    desk = Desk()
    vault = create_vault(desk)
    assert error(deposit(desk, "bob", vault, "1900.01")) == "Deposit causes leader share to drop below 5%."
    assert error(deposit(desk, "bob", vault, "1900")) is None
    desk.advance(DAY_S)
    assert error(withdraw(desk, "alice", vault, "1")) == "Withdrawal causes leader share to drop below 5%."


def test_a_deposit_has_a_least_amount_and_a_withdrawal_needs_one() -> None:
    desk = Desk()
    vault = create_vault(desk)
    assert error(deposit(desk, "bob", vault, "4.99")) == "Vault deposits must be at least $5."
    assert error(withdraw(desk, "bob", vault, "5")) == "Cannot withdraw with zero balance in vault."


def test_a_leader_without_followers_may_take_everything() -> None:
    desk = Desk()
    vault = create_vault(desk)
    desk.advance(DAY_S)
    assert error(withdraw(desk, "alice", vault, "100")) is None
    assert (account(desk, vault).usdc, desk.account("alice").vault_stakes) == (D(0), {})


def test_a_leader_can_close_its_vault_to_deposits() -> None:
    desk = Desk()
    vault = create_vault(desk)
    assert error(desk.do("bob", "vaultModify", vaultAddress=vault)) == "Only leader can perform this vault action"
    desk.do("alice", "vaultModify", vaultAddress=vault, allowDeposits=False)
    assert error(deposit(desk, "bob", vault, "50")) == "Vault does not accept deposits."
    assert error(deposit(desk, "alice", vault, "50")) is None


def test_a_transfer_to_no_vault_is_refused() -> None:
    assert error(deposit(Desk(), "alice", ALICE, "1")) == f"Vault not registered: {ALICE}"


def test_a_distribution_goes_to_all_by_their_shares() -> None:
    desk = Desk()
    vault = create_vault(desk)
    deposit(desk, "bob", vault, "50")
    stranger = desk.do("bob", "vaultDistribute", vaultAddress=vault, usd=20 * MICRO)
    assert error(stranger) == "Only leader can perform this vault action"
    little = desk.do("alice", "vaultDistribute", vaultAddress=vault, usd=9_999_999)
    assert error(little) == "Must distribute at least $10"
    outcome = desk.do("alice", "vaultDistribute", vaultAddress=vault, usd=20 * MICRO)
    assert [(delta["type"], delta["usdc"]) for delta in ledger(outcome)] == [
        ("vaultDistribution", "13.333334"),
        ("vaultDistribution", "6.666666"),
    ]
    assert account(desk, vault).usdc == 130


def test_an_amount_of_0_closes_the_vault() -> None:
    desk = Desk()
    vault = create_vault(desk)
    deposit(desk, "bob", vault, "50")
    assert error(desk.do("alice", "vaultDistribute", vaultAddress=vault, usd=0)) is None
    assert (desk.account("alice").usdc, desk.account("bob").usdc) == (D(1_000_000), D(1_000_000))
    for name in ("alice", "bob"):
        assert error(deposit(desk, name, vault, "50")) == "Vault does not accept deposits."


@pytest.mark.parametrize("always", [True, False])
def test_a_withdrawal_closes_its_part_of_the_positions_where_margin_is_short_or_the_leader_says_so(
    always: bool,
) -> None:
    desk = Desk()
    vault = create_vault(desk, usd=1_000)
    deposit(desk, "bob", vault, "1000")
    desk.quote("BTC", "66000", "66001")
    sz = "0.02" if always else "0.3"
    desk.order(vault, "buy", sz, "66001", "Ioc")
    desk.order(vault, "buy", "0.01", "50000")
    desk.do("alice", "vaultModify", vaultAddress=vault, alwaysCloseOnWithdraw=always)
    resting = desk.newest(vault).oid
    desk.advance(DAY_S)
    outcome = withdraw(desk, "bob", vault, "500")
    assert error(outcome) is None
    assert (resting, "vaultWithdrawalCanceled") in order_changes(outcome)
    left = account(desk, vault).positions[BTC].szi
    assert left == pytest.approx(D(sz) * 3 / 4, rel=D("0.01"))
    (delta,) = ledger(outcome)
    assert D(str(delta["closingCost"])) > 0
    assert D(str(delta["netWithdrawnUsd"])) == D(500) - D(str(delta["closingCost"]))


def test_a_withdrawal_leaves_positions_alone_where_margin_is_plenty() -> None:
    desk = Desk()
    vault = create_vault(desk, usd=1_000)
    deposit(desk, "bob", vault, "1000")
    desk.quote("BTC", "66000", "66001")
    desk.order(vault, "buy", "0.02", "66001", "Ioc")
    desk.advance(DAY_S)
    withdraw(desk, "bob", vault, "500")
    assert account(desk, vault).positions[BTC].szi == D("0.02")
