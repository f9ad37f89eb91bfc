from decimal import Decimal

from hlmock.wire.addresses import Address
from support.desk import Desk, address, error

ALICE = address("alice")
D = Decimal


def create_sub(desk: Desk, name: str = "sub") -> Address:
    return Address(desk.do("alice", "createSubAccount", name=name).answer["response"]["data"])


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
