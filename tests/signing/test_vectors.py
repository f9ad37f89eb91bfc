"""Known actions, hashes and signatures: those of the SDKs' own tests, recorded ones, and computed ones.

`vectors.json` holds them as data. A vector has a `kind`, the action in the key order it is signed in, what the
envelope says, and any of: the packed bytes, the connection id, signatures, the signer.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hlmock.signing import (
    Wallet,
    action_hash,
    l1_digest,
    recover,
    recover_candidates,
    user_signed_digest,
)
from hlmock.signing.hashing import DOMAIN_TYPE, Network, domain_separator, keccak
from hlmock.signing.multi_sig import inner_digest, outer_digest
from hlmock.wire.actions import (
    ACTION_TYPES,
    BaseAction,
    MultiSigAction,
    Signature,
    UserSignedAction,
    decode_envelope,
    pack,
)
from hlmock.wire.addresses import Address

_FILE = json.loads((Path(__file__).parent / "vectors.json").read_text())
_KEYS: dict[str, dict[str, str]] = _FILE["keys"]


class Vector(msgspec.Struct, rename="camel"):
    name: str
    kind: str
    action: dict[str, Any]
    nonce: int
    signatures: list[dict[str, Any]]
    key: str | None = None
    vault: Address | None = None
    expires_after: int | None = None
    packed: str | None = None
    connection_id: str | None = None
    signer: Address | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_typed(self) -> bool:
        """All but the SDKs' dummy actions."""
        return self.action["type"] in ACTION_TYPES

    @property
    def address(self) -> str:
        return self.signer or _KEYS[self.key or ""]["address"]

    def body(self, signature: dict[str, Any]) -> bytes:
        sent = {name: signature[name] for name in "rsv"}
        envelope = {"action": self.action, "nonce": self.nonce, "signature": sent}
        return json.dumps(envelope | {"vaultAddress": self.vault, "expiresAfter": self.expires_after}).encode()

    def typed(self) -> BaseAction:
        action = decode_envelope(self.body({"r": "0x1", "s": "0x1", "v": 27})).action
        assert isinstance(action, BaseAction)
        return action

    def digest(self, network: Network) -> bytes:
        if not self.is_typed:
            return l1_digest(action_hash(pack(self.action), self.nonce, self.vault, self.expires_after), network)
        action = self.typed()
        if isinstance(action, MultiSigAction):
            return outer_digest(action, self.nonce, self.vault, self.expires_after, network)
        if isinstance(action, UserSignedAction):
            return user_signed_digest(action)
        return l1_digest(action_hash(pack(action), self.nonce, self.vault, self.expires_after), network)


VECTORS = msgspec.convert(_FILE["vectors"], list[Vector])
SIGNED = [
    pytest.param(vector, signature, id=f"{vector}-{signature['network']}")
    for vector in VECTORS
    for signature in vector.signatures
]


def _signature(sent: dict[str, Any]) -> Signature:
    return Signature(int(sent["r"], 16), int(sent["s"], 16), sent["v"])


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.packed], ids=str)
def test_the_packed_bytes_are_the_vectors(vector: Vector) -> None:
    assert pack(vector.typed()).hex() == vector.packed


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.is_typed], ids=str)
def test_the_typed_action_packs_like_the_dict_that_the_sdk_packs(vector: Vector) -> None:
    assert pack(vector.typed()) == pack(vector.action)


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.connection_id], ids=str)
def test_the_connection_id_is_the_vectors(vector: Vector) -> None:
    packed = pack(vector.typed())
    assert action_hash(packed, vector.nonce, vector.vault, vector.expires_after).hex() == vector.connection_id


@pytest.mark.parametrize(("vector", "signature"), SIGNED)
def test_the_signer_is_recovered(vector: Vector, signature: dict[str, Any]) -> None:
    assert recover(vector.digest(signature["network"]), _signature(signature)) == vector.address


@pytest.mark.parametrize(
    ("vector", "signature"), [each for each in SIGNED if isinstance(each.values[0], Vector) and each.values[0].is_typed]
)
def test_the_signer_is_recovered_from_a_request(vector: Vector, signature: dict[str, Any]) -> None:
    envelope = decode_envelope(vector.body(signature))
    (candidate,) = recover_candidates(envelope, [signature["network"]])
    assert (candidate.signer, candidate.network) == (vector.address, signature["network"])


@pytest.mark.parametrize(
    ("vector", "signature"), [each for each in SIGNED if isinstance(each.values[0], Vector) and each.values[0].key]
)
def test_a_wallet_of_that_key_makes_the_same_signature(vector: Vector, signature: dict[str, Any]) -> None:
    wallet = Wallet(bytes.fromhex(_KEYS[vector.key or ""]["private"][2:]))
    made = wallet.sign(vector.digest(signature["network"]))
    assert (made.r, made.s, made.v) == (int(signature["r"], 16), int(signature["s"], 16), signature["v"])


def test_the_inner_signature_of_the_multi_sig_vector_is_recovered() -> None:
    (vector,) = (vector for vector in VECTORS if vector.kind == "multiSig")
    action = vector.typed()
    assert isinstance(action, MultiSigAction)
    digest = inner_digest(action, vector.nonce, None, None, "mainnet")
    assert recover(digest, _signature(vector.action["signatures"][0])) == _KEYS["K2"]["address"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type hash Agent", keccak(b"Agent(string source,bytes32 connectionId)")),
        ("type hash EIP712Domain", keccak(DOMAIN_TYPE)),
        ("domain Exchange 1337", domain_separator("Exchange", 1337)),
        ("domain HyperliquidSignTransaction 0x66eee", domain_separator("HyperliquidSignTransaction", 0x66EEE)),
        ("domain HyperliquidSignTransaction 0xa4b1", domain_separator("HyperliquidSignTransaction", 0xA4B1)),
    ],
)
def test_the_constants_of_the_typed_data(name: str, value: bytes) -> None:
    assert value.hex() == _FILE["constants"][name]
