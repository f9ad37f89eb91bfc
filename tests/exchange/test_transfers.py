from decimal import Decimal

import pytest

from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.wire.numbers import wire
from support.desk import HYPE_USDC, Desk, address, error

ALICE, BOB = address("alice"), address("bob")
D = Decimal


def usd_send(desk: Desk, amount: str, to: str = BOB) -> str | None:
    return error(desk.do("alice", "usdSend", destination=to, amount=amount, time=desk.nonce + 1))


def send_asset(desk: Desk, **changed: str) -> str | None:
    fields = {
        "destination": BOB,
        "sourceDex": "",
        "destinationDex": "",
        "token": "USDC",
        "amount": "10",
        "fromSubAccount": "",
    }
    return error(desk.do("alice", "sendAsset", **{**fields, **changed}, nonce=desk.nonce + 1))


def test_usd_send_moves_perp_usdc_and_both_ledgers_tell() -> None:
    desk = Desk()
    desk.account("bob")
    outcome = desk.do("alice", "usdSend", destination=BOB, amount="10", time=desk.nonce + 1)
    assert (desk.account("alice").usdc, desk.account("bob").usdc) == (D(999_990), D(1_000_010))
    updates = [change for change in outcome.changes if isinstance(change, LedgerUpdate)]
    assert [update.account for update in updates] == [ALICE, BOB]
    assert updates[0].delta == {
        "type": "internalTransfer",
        "usdc": "10.0",
        "user": ALICE,
        "destination": BOB,
        "fee": "0.0",
    }


def test_a_fresh_receiver_has_what_was_sent_and_the_sender_pays_its_activation() -> None:
    desk = Desk()
    usd_send(desk, "10")
    assert desk.exchange.accounts[BOB].usdc == 10
    assert desk.account("alice").usdc == 1_000_000 - 11


@pytest.mark.parametrize("amount", ["1000000.1", "0"])
def test_usd_send_needs_the_balance(amount: str) -> None:
    assert usd_send(Desk(), amount) == "Insufficient balance for withdrawal."


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("ten", "Invalid decimal number"),
        ("-1", "Invalid number of decimals"),
        ("nan", "Invalid decimal number"),
        ("Infinity", "Invalid decimal number"),
        ("1e99", "Invalid decimal number"),
        ("1e9999999", "Invalid decimal number"),
        ("", "Invalid decimal number"),
        (".", "Invalid decimal number"),
        (" 1", "Invalid decimal number"),
        ("1_0", "Invalid decimal number"),
        ("١", "Invalid decimal number"),
        ("1e-99", "Invalid number of decimals"),
        ("1.0000001", "Invalid number of decimals"),
    ],
)
def test_an_amount_must_be_a_decimal(amount: str, text: str) -> None:
    assert usd_send(Desk(), amount) == text


def test_an_amount_may_be_in_scientific_notation() -> None:
    desk = Desk()
    assert usd_send(desk, "1e2") is None
    assert desk.exchange.accounts[BOB].usdc == 100


def test_nobody_sends_to_himself() -> None:
    assert usd_send(Desk(), "1", ALICE) == "Invalid send"


def test_what_positions_need_cannot_leave() -> None:
    desk = Desk(initial_usdc=D(10_000))
    desk.account("bob")
    desk.order("alice", "buy", "2", "70000", "Ioc")  # a tenth of the notional, 13268.8, must stay
    assert usd_send(desk, "1") == "Insufficient balance for withdrawal."


def test_a_withdrawal_costs_a_dollar_of_its_amount() -> None:
    desk = Desk()
    outcome = desk.do("alice", "withdraw3", destination=ALICE, amount="10", time=desk.nonce + 1)
    (update,) = [change for change in outcome.changes if isinstance(change, LedgerUpdate)]
    assert update.delta == {"type": "withdraw", "usdc": "9.0", "nonce": desk.nonce, "fee": "1.0"}
    assert desk.account("alice").usdc == 999_990


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "Withdrawal amount cannot be zero"), ("1000001", "Insufficient balance for withdrawal.")],
)
def test_refusals_of_a_withdrawal(amount: str, text: str) -> None:
    desk = Desk()
    outcome = desk.do("alice", "withdraw3", destination=ALICE, amount=amount, time=desk.nonce + 1)
    assert error(outcome) == text


def test_usd_moves_between_perp_and_spot() -> None:
    desk = Desk()
    desk.do("alice", "usdClassTransfer", amount="5", toPerp=True, nonce=desk.nonce + 1)
    desk.do("alice", "usdClassTransfer", amount="7", toPerp=False, nonce=desk.nonce + 1)
    assert (desk.account("alice").usdc, desk.account("alice").spot[0]) == (D(999_998), D(1_000_002))


def test_what_spot_orders_hold_cannot_move_to_perp() -> None:
    desk = Desk(initial_spot_usdc=D(100))
    desk.order("alice", "buy", "2", "40", asset=HYPE_USDC)
    outcome = desk.do("alice", "usdClassTransfer", amount="21", toPerp=True, nonce=desk.nonce + 1)
    assert error(outcome) == "Insufficient balance for withdrawal."


def test_spot_send_moves_a_token() -> None:
    desk = Desk()
    desk.account("bob")
    desk.fund("alice", "5", "PURR")
    token = desk.exchange.markets.token_by_name["PURR"]
    outcome = desk.do(
        "alice",
        "spotSend",
        destination=BOB,
        token=f"PURR:{token.token_id}",
        amount="2.5",
        time=desk.nonce + 1,
    )
    assert error(outcome) is None
    assert (desk.account("alice").spot[1], desk.account("bob").spot[1]) == (D("2.5"), D("2.5"))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"token": "NOPE"}, "Unknown token NOPE"),
        ({"sourceDex": "nope"}, "Invalid perp DEX"),
        ({"amount": "x"}, "Invalid decimal number"),
        ({"amount": "0"}, "Send amount cannot be zero"),
        ({"amount": "0.00000001"}, "Invalid number of decimals"),
        ({"destination": ALICE}, "Invalid send"),
        ({"amount": "2000000"}, "Insufficient balance for token transfer"),
        (
            {"destination": address("fresh"), "amount": "1000000"},
            "Insufficient quote token (e.g., 1 USDC or USDT) balance for token transfer gas.",
        ),
        ({"fromSubAccount": BOB}, f"Sub-account {BOB} is not registered to {ALICE}"),
    ],
)
def test_refusals_of_send_asset(changed: dict[str, str], text: str) -> None:
    desk = Desk()
    desk.account("bob")
    assert send_asset(desk, **changed) == text


def test_send_asset_moves_from_perp_to_spot_of_another() -> None:
    desk = Desk()
    desk.account("bob")
    assert send_asset(desk, destinationDex="spot") is None
    assert (desk.account("alice").usdc, desk.account("bob").spot[0]) == (D(999_990), D(1_000_010))


def test_an_agent_sends_home_only() -> None:
    desk = Desk()
    desk.account("bob")
    fields = {
        "destination": BOB,
        "sourceDex": "",
        "destinationDex": "spot",
        "token": "USDC",
        "amount": "1",
        "fromSubAccount": "",
        "nonce": 1,
    }
    outcome = desk.do("alice", "agentSendAsset", **fields)
    assert error(outcome) == "Agent can only send asset to same user or their sub-accounts."
    assert error(desk.do("alice", "agentSendAsset", **{**fields, "destination": ALICE})) is None


def test_transfers_create_no_money() -> None:
    desk = Desk()
    desk.account("bob")
    usd_send(desk, "10")
    send_asset(desk, destinationDex="spot")
    send_asset(desk, sourceDex="spot")
    send_asset(desk, sourceDex="spot", destinationDex="spot")
    accounts = desk.exchange.accounts.values()
    assert sum(account.usdc + account.spot[0] for account in accounts) == 4_000_000


HYPE, PURR = 150, 1


def spot_send(desk: Desk, token: str, amount: str, to: str = BOB) -> str | None:
    return error(desk.do("alice", "spotSend", destination=to, token=token, amount=amount, time=desk.nonce + 1))


def last_delta(desk: Desk, name: str = "alice") -> dict[str, object]:
    return dict(desk.account(name).ledger[-1].delta)


def test_both_ledgers_tell_of_a_spot_transfer_what_it_was_worth_and_that_nothing_was_paid() -> None:
    desk = Desk()
    desk.account("bob")
    desk.fund("alice", "5", "HYPE")
    assert spot_send(desk, "HYPE", "2.5") is None
    worth = desk.exchange.mark_px("@107") * D("2.5")
    told = {
        "type": "spotTransfer",
        "token": "HYPE",
        "amount": "2.5",
        "usdcValue": wire(worth),
        "user": ALICE,
        "destination": BOB,
        "fee": "0.0",
        "nativeTokenFee": "0.0",
        "nonce": desk.nonce,
        "feeToken": "",
    }
    assert [last_delta(desk), last_delta(desk, "bob")] == [told, told]
    assert desk.account("bob").spot_entry_ntl[HYPE] == worth


def test_a_token_for_a_fresh_address_costs_a_dollar_of_usdc() -> None:
    desk = Desk()
    desk.fund("alice", "5", "PURR")
    spot_before = desk.account("alice").spot.get(0, D(0))
    desk.fund("alice", "2", "USDC")
    assert spot_send(desk, "PURR", "5") is None
    assert (desk.account("alice").spot[0], desk.exchange.accounts[BOB].spot) == (spot_before + 1, {PURR: D(5)})
    assert (last_delta(desk)["fee"], last_delta(desk)["feeToken"]) == ("1.0", "USDC")


def test_without_usdc_another_quote_token_pays() -> None:
    desk = Desk()
    desk.fund("alice", "5", "PURR")
    assert spot_send(desk, "PURR", "5") == (
        "Insufficient quote token (e.g., 1 USDC or USDT) balance for token transfer gas."
    )
    desk.fund("alice", "1", "USDT0")
    assert spot_send(desk, "PURR", "5") is None
    assert last_delta(desk)["feeToken"] == "USDT0"


def test_a_quote_token_pays_for_its_own_transfer() -> None:
    desk = Desk(initial_spot_usdc=D(2))
    assert spot_send(desk, "USDC", "1.5") == "Insufficient USDC balance for token transfer gas."
    assert spot_send(desk, "USDC", "1") is None
    assert (desk.account("alice").spot[0], desk.exchange.accounts[BOB].spot[0]) == (D(0), D(1))


def to_evm(desk: Desk, **changed: str) -> str | None:
    fields = {
        "token": "USDC",
        "amount": "10",
        "sourceDex": "spot",
        "destinationRecipient": BOB,
        "addressEncoding": "hex",
        "destinationChainId": 998,
        "gasLimit": 200_000,
        "data": "0x",
    }
    return error(desk.do("alice", "sendToEvmWithData", **{**fields, **changed}, nonce=desk.nonce + 1))


def test_what_is_sent_to_the_evm_leaves_the_exchange() -> None:
    desk = Desk()
    alice = desk.account("alice")
    desk.fund("alice", "1", "HYPE")
    assert to_evm(desk) is None
    assert (alice.spot[0], alice.spot[HYPE]) == (D(999_990), D("0.99998"))
    system_address = "0x20" + "0" * 38
    assert system_address not in desk.exchange.accounts
    delta = last_delta(desk)
    assert (delta["destination"], delta["nativeTokenFee"], delta["fee"]) == (system_address, "0.00002", "0.0")
    assert to_evm(desk, token="NOPE") == "Unknown token NOPE"
    assert to_evm(desk, amount="1000000") == "Insufficient balance for token transfer"
    assert to_evm(desk, sourceDex="") is None
    assert alice.usdc == 999_990


def test_gas_of_the_evm_is_paid_in_usdc_by_who_has_no_hype() -> None:
    desk = Desk(initial_spot_usdc=D(10))
    assert to_evm(desk) == "Insufficient USDC or HYPE balance for token transfer gas."
    assert to_evm(desk, amount="9") is None
    assert desk.account("alice").spot[0] == D("0.999")


def test_a_vault_is_no_sub_account_to_send_from_or_to() -> None:
    desk = Desk()
    fields = {"name": "vault", "description": "a vault here", "initialUsd": 100_000_000, "nonce": 1}
    vault = desk.do("alice", "createVault", **fields).answer["response"]["data"]
    assert send_asset(desk, fromSubAccount=vault) == f"Sub-account {vault} is not registered to {ALICE}"
    amount = f"1 subaccount:{vault}"
    outcome = desk.do("alice", "usdClassTransfer", amount=amount, toPerp=True, nonce=desk.nonce + 1)
    assert error(outcome) == f"Sub-account {vault} is not registered to {ALICE}"
