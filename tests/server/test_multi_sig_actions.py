"""Multi-sig accounts, from conversion to what their signers send, signed by the official SDK's own functions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hyperliquid.utils import signing as sdk

from hlmock.signing import Wallet, wallet
from support.clients import order_action
from support.floor import DONE, Floor, failed, open_floor, user_signed

FUND, ANN, BEN, CAT, BOT = (wallet(name) for name in ("fund", "ann", "ben", "cat", "bot"))


@pytest.fixture
def floor() -> Iterator[Floor]:
    with open_floor() as opened:
        yield opened


def convert(floor: Floor, signers: Any, who: Wallet = FUND) -> Any:
    return floor.post(who, user_signed("convertToMultiSigUser", signers=json.dumps(signers), nonce=0))


def two_of_three(floor: Floor) -> None:
    users = [ANN.address, BEN.address, CAT.address]
    assert convert(floor, {"authorizedUsers": users, "threshold": 2}) == DONE


def send(
    floor: Floor, outer: Wallet, inner: list[Wallet], payload: dict[str, Any], *, user: Wallet = FUND, **changed: Any
) -> Any:
    """As the SDK's `Exchange.multi_sig` does it. `changed`: other fields of the wrapper's payload."""
    floor.nonce += 1
    nonce = floor.nonce
    payload = {name: nonce if name in ("time", "nonce") else value for name, value in payload.items()}
    signatures = [_inner(each, payload, nonce, user, outer) for each in inner]
    action = {
        "type": "multiSig",
        "signatureChainId": "0x66eee",
        "signatures": signatures,
        "payload": {"multiSigUser": user.address, "outerSigner": outer.address, "action": payload, **changed},
    }
    signature = sdk.sign_multi_sig_action(outer.account, action, False, None, nonce, None)
    body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None, "expiresAfter": None}
    return floor.send(json.dumps(body).encode())


def _inner(signer: Wallet, payload: dict[str, Any], nonce: int, user: Wallet, outer: Wallet) -> Any:
    if "hyperliquidChain" not in payload:
        return sdk.sign_multi_sig_l1_action_payload(
            signer.account, payload, False, None, nonce, None, user.address, outer.address
        )
    types, name = _TYPES[payload["type"]]
    return sdk.sign_multi_sig_user_signed_action_payload(
        signer.account, payload, False, types, f"HyperliquidTransaction:{name}", user.address, outer.address
    )


_TYPES = {
    "usdSend": (sdk.USD_SEND_SIGN_TYPES, "UsdSend"),
    "convertToMultiSigUser": (sdk.CONVERT_TO_MULTI_SIG_USER_SIGN_TYPES, "ConvertToMultiSigUser"),
}


def test_the_signers_are_told_to_whoever_asks(floor: Floor) -> None:
    assert floor.ask("userToMultiSigSigners", user=FUND.address) is None
    two_of_three(floor)
    assert floor.ask("userToMultiSigSigners", user=FUND.address) == {
        "authorizedUsers": sorted([ANN.address, BEN.address, CAT.address]),
        "threshold": 2,
    }


def test_a_converted_account_no_longer_signs_for_itself(floor: Floor) -> None:
    two_of_three(floor)
    assert floor.post(FUND, order_action()) == failed("Multi-sig required")
    transfer = user_signed("usdSend", destination=ANN.address, amount="1", time=0)
    assert floor.post(FUND, transfer) == failed("Multi-sig required")


def test_an_order_that_two_have_signed_is_the_accounts(floor: Floor) -> None:
    two_of_three(floor)
    answer = send(floor, ANN, [ANN, BEN], order_action())
    oid = answer["response"]["data"]["statuses"][0]["resting"]["oid"]
    assert [order["oid"] for order in floor.ask("openOrders", user=FUND.address)] == [oid]


def test_a_transfer_that_two_have_signed_moves_the_accounts_money(floor: Floor) -> None:
    two_of_three(floor)
    assert send(floor, CAT, [BEN, CAT], user_signed("usdSend", destination=ANN.address, amount="1", time=0)) == DONE
    assert floor.ask("userNonFundingLedgerUpdates", user=FUND.address)[0]["delta"]["usdc"] == "1.0"


def test_the_nonce_is_that_of_the_leader(floor: Floor) -> None:
    two_of_three(floor)
    floor.nonce += 5
    assert send(floor, ANN, [ANN, BEN], {"type": "noop"}) == DONE
    floor.nonce -= 1
    assert send(floor, ANN, [ANN, BEN], {"type": "noop"}) == failed(f"Invalid nonce: duplicate nonce {floor.nonce}")
    floor.nonce -= 1
    assert send(floor, BEN, [ANN, BEN], {"type": "noop"}) == DONE


def test_the_leader_may_be_the_agent_of_an_authorized_user(floor: Floor) -> None:
    two_of_three(floor)
    assert floor.post(ANN, user_signed("approveAgent", agentAddress=BOT.address, agentName="", nonce=0)) == DONE
    assert send(floor, BOT, [ANN, BEN], {"type": "noop"}) == DONE


def test_each_signer_counts_once(floor: Floor) -> None:
    two_of_three(floor)
    assert send(floor, ANN, [ANN], {"type": "noop"}) == failed("Multi-sig threshold not met")
    assert send(floor, ANN, [BEN, BEN], {"type": "noop"}) == failed("Multi-sig threshold not met")


def test_only_authorized_users_sign(floor: Floor) -> None:
    two_of_three(floor)
    floor.post(BOT, {"type": "noop"})
    assert send(floor, ANN, [ANN, BOT], {"type": "noop"}) == failed("Invalid multi-sig inner signer")
    assert send(floor, BOT, [ANN, BEN], {"type": "noop"}) == failed("Invalid multi-sig outer signer")
    assert send(floor, ANN, [ANN, BEN], {"type": "noop"}, user=BOT) == failed("Invalid multi-sig user")
    assert send(floor, BOT, [ANN, BEN], {"type": "noop"}, outerSigner=ANN.address) == failed(
        "Invalid multi-sig outer signer"
    )
    assert send(floor, wallet("nobody"), [ANN, BEN], {"type": "noop"}) == failed(
        "Multi-sig outer signer must be an L1 user."
    )


def test_what_the_payload_may_not_carry_the_wrapper_may_not_carry(floor: Floor) -> None:
    two_of_three(floor)
    floor.nonce += 1
    payload = user_signed("usdSend", destination=ANN.address, amount="1", time=floor.nonce - 1)
    action = {
        "type": "multiSig",
        "signatureChainId": "0x66eee",
        "signatures": [],
        "payload": {"multiSigUser": FUND.address, "outerSigner": ANN.address, "action": payload},
    }
    head = {"action": action, "nonce": floor.nonce, "signature": {"r": "0x1", "s": "0x1", "v": 27}}
    assert floor.send(json.dumps(head).encode()) == failed("Nonce mismatch.")
    assert floor.send(json.dumps({**head, "vaultAddress": BEN.address}).encode()) == failed(
        "Vault may not perform this action."
    )
    assert floor.send(json.dumps({**head, "expiresAfter": floor.nonce}).encode()) == failed(
        "Action does not support expires_after"
    )


def test_an_account_becomes_an_ordinary_one_again_by_its_signers(floor: Floor) -> None:
    two_of_three(floor)
    assert convert(floor, None) == failed("Multi-sig required")
    assert send(floor, ANN, [ANN, BEN], user_signed("convertToMultiSigUser", signers="null", nonce=0)) == DONE
    assert floor.ask("userToMultiSigSigners", user=FUND.address) is None
    assert floor.post(FUND, {"type": "noop"}) == DONE


@pytest.mark.parametrize(
    ("users", "threshold", "text"),
    [
        ([ANN.address], 2, "Invalid multi-sig threshold"),
        ([ANN.address], 0, "Invalid multi-sig threshold"),
        ([ANN.address, ANN.address.upper().replace("0X", "0x")], 2, "Invalid multi-sig threshold"),
        ([FUND.address, ANN.address], 1, "Cannot register self as multi-sig authorized user"),
        ([f"0x{n:040x}" for n in range(1, 12)], 1, "Too many multi-sig signers"),
        (["ann"], 1, "Unexpected error (code=148)"),
        ([ANN.address], "two", "Unexpected error (code=148)"),
    ],
)
def test_a_conversion_that_makes_no_sense_is_refused(floor: Floor, users: list[str], threshold: Any, text: str) -> None:
    assert convert(floor, {"authorizedUsers": users, "threshold": threshold}) == failed(text)


def test_authorized_users_must_exist_where_the_exchange_is_strict() -> None:
    with open_floor(strict=True) as floor:
        floor.hl.fund(FUND.address, 100)
        answer = convert(floor, {"authorizedUsers": [ANN.address], "threshold": 1})
        assert answer == failed("Multi-sig authorized user must exist on L1")
