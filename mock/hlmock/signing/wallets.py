"""Test wallets: a name is a wallet. Their private keys are public knowledge. NEVER FUND THEM ON A REAL NETWORK.

They sign like the official SDK (byte for byte), but 10 times faster, since `eth_account` is not on the way.
"""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from coincurve import PrivateKey

from hlmock.signing.hashing import Network, action_hash, keccak, l1_digest
from hlmock.signing.recovery import address_of
from hlmock.signing.typed_data import TYPED_STRUCTS, user_signed_digest
from hlmock.wire.actions import USER_SIGNED, Action, DeployerAction, Signature, UserSignedAction, pack
from hlmock.wire.addresses import Address, parse_address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


class Wallet:
    """A key that signs. Two wallets of the same key are equal in every respect."""

    def __init__(self, key: bytes, name: str | None = None) -> None:
        """
        Args:
            key: 32 bytes, big-endian.
            name: for people; it takes no part in anything.
        """
        self.name = name
        self._key = PrivateKey(key)
        self.address: Address = address_of(self._key.public_key)

    def __repr__(self) -> str:
        return f"Wallet({self.name or self.address!r})"

    @property
    def private_key(self) -> str:
        """`0x` and 64 hex digits, for clients that want to sign for themselves."""
        return "0x" + self._key.secret.hex()

    @cached_property
    def account(self) -> "LocalAccount":
        """The same wallet for clients built on `eth_account`, such as the official SDK."""
        from eth_account import Account

        account: LocalAccount = Account.from_key(self._key.secret)
        return account

    def sign(self, digest: bytes) -> Signature:
        """Deterministic (RFC 6979), with low s and v 27 or 28."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return Signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), 27 + signature[64])

    def sign_l1(
        self,
        action: Action | dict[str, Any],
        nonce: int,
        vault: str | None = None,
        expires_after: int | None = None,
        network: Network = "testnet",
    ) -> Signature:
        """Sign an L1 action. A dict is packed in its own key order, as SDKs do; an `Action` is always canonical."""
        owner = None if vault is None else parse_address(vault)
        return self.sign(l1_digest(action_hash(pack(action), nonce, owner, expires_after), network))

    def sign_user_signed(self, action: UserSignedAction | Mapping[str, Any]) -> Signature:
        """Sign a user-signed action, which says itself for which network and chain id it is.

        Raises:
            KeyError: a mapping without `type` or `signatureChainId`, or of an action that is not user-signed.
        """
        if isinstance(action, UserSignedAction):
            return self.sign(user_signed_digest(action))
        struct = TYPED_STRUCTS[action["type"]]
        return self.sign(struct.digest(action, int(action["signatureChainId"], 16)))

    def request(
        self,
        action: Action | dict[str, Any],
        nonce: int,
        vault: str | None = None,
        expires_after: int | None = None,
        network: Network = "testnet",
    ) -> bytes:
        """The body of a signed `POST /exchange`; like python-sdk's, it always has all five keys."""
        if isinstance(action, DeployerAction):
            action = action.body
        if isinstance(action, UserSignedAction) or (isinstance(action, dict) and action["type"] in USER_SIGNED):
            signature = self.sign_user_signed(action)
        else:
            signature = self.sign_l1(action, nonce, vault, expires_after, network)
        return _json.encode(
            {
                "action": action,
                "nonce": nonce,
                "signature": signature_on_the_wire(signature),
                "vaultAddress": vault,
                "expiresAfter": expires_after,
            }
        )


_json = msgspec.json.Encoder()


def signature_on_the_wire(signature: Signature) -> dict[str, str | int]:
    """`{"r", "s", "v"}` with hex text without leading zeros, as python-sdk sends it."""
    return {"r": f"{signature.r:#x}", "s": f"{signature.s:#x}", "v": signature.v}


@lru_cache(maxsize=4_096)
def wallet(name: str) -> Wallet:
    """The test wallet of this name: the same key on every machine, in every version. Never to be funded."""
    return Wallet(keccak(b"hlmock test wallet: " + name.encode()), name)
