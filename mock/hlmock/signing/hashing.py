"""Keccak, and what an L1 action is hashed into.

Source: python-sdk `action_hash`, `construct_phantom_agent`, `l1_payload`. The typed data of a phantom agent never
changes but for its 32 bytes, so everything else about it is computed once, here.
"""

from typing import Literal

from sha3 import keccak_256

from hlmock.wire.addresses import Address

Network = Literal["mainnet", "testnet"]
"""Which network a signature is for. Clients sign as testnet for every URL that is not mainnet's."""

DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum has it (not the later SHA3-256)."""
    digest: bytes = keccak_256(data).digest()
    return digest


def domain_separator(name: str, chain_id: int) -> bytes:
    """Of a domain with version 1 and the zero contract; the exchange has no others."""
    return keccak(keccak(DOMAIN_TYPE) + keccak(name.encode()) + keccak(b"1") + chain_id.to_bytes(32) + bytes(32))


_AGENT_TYPE_HASH = keccak(b"Agent(string source,bytes32 connectionId)")
_AGENT_HEAD: dict[Network, bytes] = {
    "mainnet": _AGENT_TYPE_HASH + keccak(b"a"),
    "testnet": _AGENT_TYPE_HASH + keccak(b"b"),
}
_L1_HEAD = b"\x19\x01" + domain_separator("Exchange", 1337)


def action_hash(packed: bytes, nonce: int, vault: Address | None, expires_after: int | None) -> bytes:
    """The phantom agent's connection id: what of a request, beside the network, an L1 signature covers.

    Args:
        packed: the action, packed canonically.
        nonce: of the envelope.
        vault: `vaultAddress`.
        expires_after: ms.
    """
    data = packed + nonce.to_bytes(8)
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    if expires_after is not None:
        data += b"\x00" + expires_after.to_bytes(8)
    return keccak(data)


def l1_digest(connection_id: bytes, network: Network) -> bytes:
    """What is signed: the phantom agent as typed data. Its chain id is 1337 on both networks."""
    return keccak(_L1_HEAD + keccak(_AGENT_HEAD[network] + connection_id))


def checksummed(address: Address) -> str:
    """The mixed-case form of EIP-55, as most client libraries print it."""
    digits = address[2:]
    nibbles = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if nibble > "7" else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )
