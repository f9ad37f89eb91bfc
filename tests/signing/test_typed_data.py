from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hyperliquid.utils.signing import user_signed_payload

from hlmock.signing.typed_data import SEND_MULTI_SIG, TYPED_STRUCTS, TypedStruct, inside_multi_sig
from hlmock.wire.actions import ACTION_TYPES, USER_SIGNED

VALUES: dict[str, Any] = {
    "string": "Zürich 0xAB \u2713",
    "bool": True,
    "uint32": 2**32 - 1,
    "uint64": 2**64 - 1,
    "address": "0x5e9ee1089755c3435139848e47e6635505d5a13a",
    "bytes": "0x00ff10",
    "bytes32": bytes(range(32)),
}


def test_every_user_signed_action_has_a_struct_and_no_other_has() -> None:
    assert TYPED_STRUCTS.keys() == USER_SIGNED


@pytest.mark.parametrize("action_type", sorted(USER_SIGNED))
def test_the_struct_has_the_actions_fields_and_ends_with_its_nonce(action_type: str) -> None:
    members = [name for name, _ in TYPED_STRUCTS[action_type].members]
    fields = [each for each in ACTION_TYPES[action_type].__struct_fields__ if each != "signatureChainId"]
    assert members == fields
    assert members[-1] in ("nonce", "time")


@pytest.mark.parametrize(
    "struct",
    [*TYPED_STRUCTS.values(), SEND_MULTI_SIG, inside_multi_sig(TYPED_STRUCTS["sendAsset"])],
    ids=lambda struct: struct.name,
)
@pytest.mark.parametrize("chain_id", [0x66EEE, 0xA4B1, 1])
def test_the_digest_is_that_of_eth_account(struct: TypedStruct, chain_id: int) -> None:
    values = {name: VALUES[kind] for name, kind in struct.members}
    types = [{"name": name, "type": kind} for name, kind in struct.members]
    payload = user_signed_payload(struct.name, types, values | {"signatureChainId": hex(chain_id)})
    assert struct.digest(values, chain_id) == _hash_eip191_message(encode_typed_data(full_message=payload))


def test_no_agent_name_is_signed_as_empty_text() -> None:
    struct = TYPED_STRUCTS["approveAgent"]
    values = {"hyperliquidChain": "Testnet", "agentAddress": VALUES["address"], "nonce": 1}
    assert struct.digest(values | {"agentName": None}, 1) == struct.digest(values | {"agentName": ""}, 1)


def test_a_missing_member_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonce"):
        TYPED_STRUCTS["cDeposit"].digest({"hyperliquidChain": "Testnet", "wei": 1}, 1)
