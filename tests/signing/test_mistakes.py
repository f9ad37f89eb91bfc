import json
from collections.abc import Sequence
from typing import Any

import pytest

from hlmock.signing import Network, checksummed, hints, recovery, signature_on_the_wire, wallet
from hlmock.signing.hashing import action_hash, keccak, l1_digest
from hlmock.wire.actions import Signature, decode_envelope, pack
from hlmock.wire.addresses import Address

ALICE, BOB, VAULT = wallet("alice"), wallet("bob"), wallet("vault").address
NONCE, EXPIRES = 1_700_000_000_000, 1_700_000_060_000
ORDER = {"a": 1, "b": True, "p": "100", "s": "0.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}
CLOID = "0x0000000000000000000000000000abcd"


def _orders(*orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "order", "orders": list(orders or (ORDER,)), "grouping": "na"} | more


def _body(action: Any, signature: Signature, vault: str | None = None, expires_after: int | None = None) -> bytes:
    envelope = {"action": action, "nonce": NONCE, "signature": signature_on_the_wire(signature)}
    return json.dumps(envelope | {"vaultAddress": vault, "expiresAfter": expires_after}).encode()


def _first_known(
    body: bytes,
    networks: Sequence[Network] = ("testnet",),
    vaults: Sequence[Address] = (),
    known: Sequence[Address] = (ALICE.address, BOB.address),
) -> str | None:
    found = (hint for hint in hints(decode_envelope(body), networks, vaults) if hint.signer in known)
    return next((hint.form for hint in found), None)


CANCEL = {"type": "cancel", "cancels": [{"a": 1, "o": 2**33}]}
MODIFY = {"type": "modify", "oid": 5, "order": ORDER}
DEPOSIT = {"type": "vaultTransfer", "vaultAddress": VAULT, "isDeposit": True, "usd": 5}


@pytest.mark.parametrize(
    ("sent", "signed", "sentence"),
    [
        (_orders(ORDER | {"p": "100.0"}), None, 'orders[0].p must be "100", not "100.0"'),
        (_orders(ORDER | {"s": ".5"}), None, 'orders[0].s must be "0.5", not ".5"'),
        (_orders(ORDER | {"c": None}), None, "orders[0].c (null) must be left out"),
        (_orders(ORDER | {"c": CLOID.upper().replace("X", "x")}), None, f'orders[0].c must be "{CLOID}"'),
        (_orders(ORDER | {"c": CLOID[2:]}), None, f'orders[0].c must be "{CLOID}"'),
        (_orders(ORDER | {"note": "mine"}), None, 'orders[0].note ("mine") must be left out'),
        (_orders({key: ORDER[key] for key in "abpst"}), None, "orders[0].r must be false and is missing"),
        (
            _orders({key: ORDER[key] for key in "abpstr"}),
            None,
            "the keys of orders[0] must come as a b p s r t, not a b p s t r",
        ),
        (_orders(builder=None), None, "builder (null) must be left out"),
        ({"orders": [ORDER], "type": "order"}, None, 'grouping must be "na" and is missing; the keys of the action'),
        (CANCEL | {"f": False}, None, "f (false) must be left out"),
        (MODIFY | {"a": False}, None, "a (false) must be left out"),
        (DEPOSIT | {"vaultAddress": checksummed(VAULT)}, None, f'vaultAddress must be "{VAULT}"'),
        (_orders(), _orders(ORDER | {"c": None}), '"c": null'),
        (_orders(), _orders(builder=None), '"builder": null'),
        (_orders(), _orders(ORDER | {"c": None}, builder=None), '"c": null and "builder": null'),
        (MODIFY, MODIFY | {"order": ORDER | {"c": None}}, '"c": null'),
        (CANCEL, CANCEL | {"f": False}, '"f": false'),
        (MODIFY, MODIFY | {"a": False}, '"a": false'),
        ({"type": "scheduleCancel"}, {"type": "scheduleCancel", "time": None}, '"time": null'),
        (CANCEL, {"cancels": [{"a": 1, "o": 2**33}], "type": "cancel"}, "keys sorted by name"),
        (DEPOSIT, DEPOSIT | {"vaultAddress": checksummed(VAULT)}, "checksummed case"),
        (_orders(ORDER | {"c": CLOID}), _orders(ORDER | {"c": "0x" + CLOID[2:].upper()}), "in upper case"),
        (_orders(ORDER | {"c": CLOID}), _orders(ORDER | {"c": CLOID[2:]}), "without 0x"),
        (CANCEL, {"type": "cancel", "cancels": [{"a": 1, "o": float(2**33)}]}, "2^32 and more as floats"),
        (
            {"type": "updateIsolatedMargin", "asset": 1, "isBuy": True, "ntli": 5},
            {"type": "updateIsolatedMargin", "asset": 1.0, "isBuy": True, "ntli": 5.0},
            "integers as floats",
        ),
    ],
)
def test_a_wrong_form_of_the_action_is_named(sent: Any, signed: Any, sentence: str) -> None:
    signature = ALICE.sign_l1(signed or sent, NONCE)
    assert sentence in (_first_known(_body(sent, signature)) or "no hint")


@pytest.mark.parametrize(
    ("sent", "signed", "sentence"),
    [
        ((VAULT, None), (None, None), "without the vaultAddress that it sent"),
        ((None, EXPIRES), (None, None), "without the expiresAfter that it sent"),
        ((VAULT, EXPIRES), (None, None), "without the vaultAddress and the expiresAfter"),
        ((VAULT, EXPIRES), (None, EXPIRES), "without the vaultAddress that it sent"),
        ((VAULT, EXPIRES), (VAULT, None), "without the expiresAfter that it sent"),
        ((None, None), (VAULT, None), f"with the vaultAddress {VAULT}, which it did not send"),
    ],
)
def test_what_the_envelope_says_and_the_signature_does_not_is_named(
    sent: tuple[Address | None, int | None], signed: tuple[Address | None, int | None], sentence: str
) -> None:
    signature = ALICE.sign_l1(_orders(), NONCE, *signed)
    form = _first_known(_body(_orders(), signature, *sent), vaults=[BOB.address, VAULT])
    assert sentence in (form or "no hint")


def test_a_missing_vault_byte_is_named() -> None:
    signature = ALICE.sign(l1_digest(keccak(pack(_orders()) + NONCE.to_bytes(8)), "testnet"))
    assert "left out the zero byte" in (_first_known(_body(_orders(), signature)) or "no hint")


def test_strings_packed_as_str_16_are_named() -> None:
    action = _orders(ORDER | {"c": CLOID})
    packed = pack(action).replace(b"\xd9\x22", b"\xda\x00\x22")
    signature = ALICE.sign(l1_digest(action_hash(packed, NONCE, None, None), "testnet"))
    assert "str 16" in (_first_known(_body(action, signature)) or "no hint")


@pytest.mark.parametrize(("server", "client"), [("testnet", "mainnet"), ("mainnet", "testnet")])
def test_the_other_network_is_named(server: Network, client: Network) -> None:
    signature = ALICE.sign_l1(_orders(), NONCE, network=client)
    form = _first_known(_body(_orders(), signature), networks=[server])
    assert form == f"The client signed for {client}; this server takes {server} only."


def test_a_wrong_form_on_the_other_network_is_named_with_both_faults() -> None:
    action = _orders(ORDER | {"p": "100.0"})
    form = _first_known(_body(action, ALICE.sign_l1(action, NONCE, network="mainnet"))) or "no hint"
    assert form.startswith("The client signed for mainnet; this server takes testnet only. The client signed the")


@pytest.mark.parametrize("client", ["mainnet", "testnet"])
def test_a_server_of_both_networks_names_the_form_alone(client: Network) -> None:
    action = _orders(ORDER | {"c": None})
    body = _body(action, ALICE.sign_l1(action, NONCE, network=client))
    assert (_first_known(body, networks=["testnet", "mainnet"]) or "no hint").startswith(
        "The client signed the action as"
    )


SEND = {
    "type": "usdSend",
    "signatureChainId": "0x66eee",
    "hyperliquidChain": "Testnet",
    "destination": BOB.address,
    "amount": "1",
    "time": NONCE,
}


@pytest.mark.parametrize(
    ("signed", "sentence"),
    [
        ({"hyperliquidChain": "Mainnet"}, "signed hyperliquidChain Mainnet and sent Testnet"),
        ({"signatureChainId": "0xa4b1"}, "chain id 0xa4b1 and sent signatureChainId 0x66eee"),
        ({"signatureChainId": "0x1"}, "chain id 0x1 and"),
        ({"destination": checksummed(BOB.address)}, f'signed destination as "{checksummed(BOB.address)}"'),
        ({"amount": "1.0"}, 'signed amount as "1.0" and sent "1"'),
    ],
)
def test_a_wrong_form_of_a_user_signed_action_is_named(signed: dict[str, str], sentence: str) -> None:
    signature = ALICE.sign_user_signed(SEND | signed)
    assert sentence in (_first_known(_body(SEND, signature)) or "no hint")


def test_a_name_that_was_sent_but_not_signed_is_named() -> None:
    action = {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": BOB.address,
        "agentName": "bot",
        "nonce": NONCE,
    }
    signature = ALICE.sign_user_signed(action | {"agentName": ""})
    assert 'signed agentName as "" and sent "bot"' in (_first_known(_body(action, signature)) or "no hint")


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_a_user_signed_action_signed_as_an_l1_action_is_named(network: Network) -> None:
    sent = {key: SEND[key] for key in ("destination", "amount", "time", "type", "signatureChainId", "hyperliquidChain")}
    form = _first_known(_body(sent, ALICE.sign_l1(sent, NONCE, network=network))) or "no hint"
    assert f"signed usdSend as an L1 action (for {network})" in form


@pytest.mark.parametrize("action", [_orders(), CANCEL, DEPOSIT, SEND, {"type": "noop"}], ids=lambda each: each["type"])
def test_a_sound_signature_of_an_unknown_account_yields_no_hint(action: dict[str, Any]) -> None:
    body = wallet("stranger").request(action, NONCE)
    assert _first_known(body, networks=["testnet", "mainnet"]) is None


@pytest.mark.parametrize("action", [_orders(), SEND], ids=lambda each: each["type"])
def test_the_right_form_is_not_among_the_hints(action: dict[str, Any]) -> None:
    signers = [each.signer for each in hints(decode_envelope(ALICE.request(action, NONCE)), ["testnet", "mainnet"])]
    assert signers
    assert ALICE.address not in signers


def test_no_form_is_tried_twice() -> None:
    action = _orders(ORDER | {"c": None, "p": "100.0"}, builder=None)
    found = list(
        hints(decode_envelope(_body(action, ALICE.sign_l1(action, NONCE), VAULT, EXPIRES)), ["testnet"], [VAULT])
    )
    assert len({hint.digest for hint in found}) == len(found)


def test_one_step_costs_one_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(digest: bytes, signature: Signature) -> Address:
        calls.append(digest)
        return recovery.recover(digest, signature)

    monkeypatch.setattr("hlmock.signing.mistakes.recover", counted)
    found = hints(decode_envelope(ALICE.request(_orders(), NONCE)), ["testnet", "mainnet"])
    assert not calls
    next(found)
    assert len(calls) == 1


def test_an_unrecoverable_signature_yields_no_hint() -> None:
    body = _body(_orders(), Signature(0, 1, 27))
    assert list(hints(decode_envelope(body), ["testnet"])) == []
