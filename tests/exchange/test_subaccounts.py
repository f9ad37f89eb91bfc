from decimal import Decimal

from hlmock.wire.addresses import Address
from support.desk import Desk, address, error

ALICE = address("alice")
D = Decimal


def create_sub(desk: Desk, name: str = "sub") -> Address:
    return Address(desk.do("alice", "createSubAccount", name=name).answer["response"]["data"])


def create_vault(desk: Desk, usd: int = 100_000_000) -> Address:
    outcome = desk.do(
        "alice", "createVault", name="vault", description="a vault here", initialUsd=usd, nonce=desk.nonce + 1
    )
    return Address(outcome.answer["response"]["data"])


def test_a_sub_account_starts_empty_and_belongs_to_its_master() -> None:
    desk = Desk()
    sub = desk.exchange.accounts[create_sub(desk)]
    assert (sub.usdc, sub.master, sub.name, sub.is_vault) == (D(0), ALICE, "sub", False)


def test_sub_accounts_have_different_addresses() -> None:
    desk = Desk()
    assert create_sub(desk) != create_sub(desk)


def test_a_sub_account_needs_volume_where_volume_gates_are_on() -> None:
    desk = Desk(volume_gates=True)
    assert error(desk.do("alice", "createSubAccount", name="s")) == (
        "Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $0."
    )


def test_usdc_moves_between_master_and_sub_account() -> None:
    desk = Desk()
    sub = create_sub(desk)
    desk.do("alice", "subAccountTransfer", subAccountUser=sub, isDeposit=True, usd=5_000_000)
    desk.do("alice", "subAccountTransfer", subAccountUser=sub, isDeposit=False, usd=2_000_000)
    assert (desk.exchange.accounts[sub].usdc, desk.account("alice").usdc) == (D(3), D(999_997))


def test_a_strangers_sub_account_takes_no_transfer() -> None:
    desk = Desk()
    sub = create_sub(desk)
    outcome = desk.do("bob", "subAccountTransfer", subAccountUser=sub, isDeposit=True, usd=5_000_000)
    assert error(outcome) == f"Invalid sub-account transfer from {address('bob')} to {sub}"
    outcome = desk.do("bob", "subAccountSpotTransfer", subAccountUser=sub, isDeposit=True, token="USDC", amount="1")
    assert error(outcome) == f"Sub-account {sub} is not registered to {address('bob')}"


def test_tokens_move_between_master_and_sub_account() -> None:
    desk = Desk()
    sub = create_sub(desk)
    desk.do("alice", "subAccountSpotTransfer", subAccountUser=sub, isDeposit=True, token="USDC", amount="5.0")
    assert desk.exchange.accounts[sub].spot[0] == 5


def test_a_sub_account_can_be_renamed() -> None:
    desk = Desk()
    sub = create_sub(desk)
    desk.do("alice", "subAccountModify", subAccountUser=sub, name="other")
    assert desk.exchange.accounts[sub].name == "other"


def test_a_vault_takes_its_leaders_first_deposit() -> None:
    desk = Desk()
    vault = desk.exchange.accounts[create_vault(desk)]
    assert (vault.usdc, vault.is_vault, vault.master) == (D(100), True, ALICE)
    assert desk.account("alice").usdc == 999_900


def test_a_vault_costs_at_least_100_dollars() -> None:
    outcome = Desk().do("alice", "createVault", name="vault", description="x" * 10, initialUsd=99_999_999, nonce=1)
    assert error(outcome) == "Insufficient balance to create vault"


def test_a_depositor_can_withdraw_what_it_put_in() -> None:
    desk = Desk()
    vault = create_vault(desk)
    desk.do("bob", "vaultTransfer", vaultAddress=vault, isDeposit=True, usd=50_000_000)
    too_much = desk.do("bob", "vaultTransfer", vaultAddress=vault, isDeposit=False, usd=50_000_001)
    assert error(too_much) == "Insufficient balance for withdrawal."
    desk.do("bob", "vaultTransfer", vaultAddress=vault, isDeposit=False, usd=50_000_000)
    assert (desk.account("bob").usdc, desk.exchange.accounts[vault].usdc) == (D(1_000_000), D(100))


def test_a_transfer_to_no_vault_is_refused() -> None:
    outcome = Desk().do("alice", "vaultTransfer", vaultAddress=ALICE, isDeposit=True, usd=1)
    assert error(outcome) == f"Vault not registered: {ALICE}"


def test_only_the_leader_distributes_at_least_10_dollars() -> None:
    desk = Desk()
    vault = create_vault(desk)
    stranger = desk.do("bob", "vaultDistribute", vaultAddress=vault, usd=20_000_000)
    assert error(stranger) == "Only leader can perform this vault action"
    little = desk.do("alice", "vaultDistribute", vaultAddress=vault, usd=9_999_999)
    assert error(little) == "Must distribute at least $10"
    assert error(desk.do("alice", "vaultDistribute", vaultAddress=vault, usd=20_000_000)) is None
    assert desk.exchange.accounts[vault].usdc == 80
