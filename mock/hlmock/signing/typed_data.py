"""User-signed actions as EIP-712 typed data: a table of structs and a small encoder for the types they use.

Source: python-sdk `signing`, the `*_SIGN_TYPES` tables and `user_signed_payload`; for actions that it does not
sign, the typed schemas of the other SDKs. `type` and `signatureChainId` are not members.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hlmock.signing.hashing import Network, domain_separator, keccak
from hlmock.wire.actions import UserSignedAction

NETWORK_OF_CHAIN: Mapping[str, Network] = {"Mainnet": "mainnet", "Testnet": "testnet"}
CHAIN_OF_NETWORK: Mapping[Network, str] = {"mainnet": "Mainnet", "testnet": "Testnet"}


class TypedStruct:
    """One primary type: its name, its members, its type hash."""

    def __init__(self, name: str, members: str) -> None:
        """
        Args:
            name: what follows `HyperliquidTransaction:`.
            members: `type name` pairs with commas between, after `string hyperliquidChain`.
        """
        self.name = f"HyperliquidTransaction:{name}"
        self.members: tuple[tuple[str, str], ...] = tuple(
            (member_name, kind)
            for kind, _, member_name in (
                member.strip().partition(" ") for member in f"string hyperliquidChain,{members}".split(",")
            )
        )
        """(name, type), in order."""
        text = ",".join(f"{kind} {member_name}" for member_name, kind in self.members)
        self.type_hash = keccak(f"{self.name}({text})".encode())
        self._encoders = tuple((member_name, _ENCODERS[kind]) for member_name, kind in self.members)

    def digest(self, values: Mapping[str, Any], chain_id: int) -> bytes:
        """What is signed. Text that is `None` is signed as empty text (python-sdk `approve_agent`).

        Raises:
            KeyError: a member without a value.
        """
        data = self.type_hash + b"".join([encode(values[name]) for name, encode in self._encoders])
        return keccak(b"\x19\x01" + _domain(chain_id) + keccak(data))


@lru_cache(maxsize=256)
def _domain(chain_id: int) -> bytes:
    return domain_separator("HyperliquidSignTransaction", chain_id)


def _string(value: str | None) -> bytes:
    return keccak((value or "").encode())


def _uint(value: int) -> bytes:
    return value.to_bytes(32)


def _address(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")).rjust(32, b"\0")


def _bytes(value: str) -> bytes:
    return keccak(bytes.fromhex(value.removeprefix("0x")))


def _bytes32(value: bytes) -> bytes:
    return value


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "string": _string,
    "bytes": _bytes,
    "bool": _uint,
    "uint32": _uint,
    "uint64": _uint,
    "address": _address,
    "bytes32": _bytes32,
}

_SEND = "string destination, string amount, uint64 time"

TYPED_STRUCTS: dict[str, TypedStruct] = {
    action_type: TypedStruct(name, members)
    for action_type, name, members in (
        ("usdSend", "UsdSend", _SEND),
        ("withdraw3", "Withdraw", _SEND),
        ("spotSend", "SpotSend", "string destination, string token, string amount, uint64 time"),
        ("usdClassTransfer", "UsdClassTransfer", "string amount, bool toPerp, uint64 nonce"),
        (
            "sendAsset",
            "SendAsset",
            "string destination, string sourceDex, string destinationDex, string token, string amount, "
            "string fromSubAccount, uint64 nonce",
        ),
        (
            "sendToEvmWithData",
            "SendToEvmWithData",
            "string token, string amount, string sourceDex, string destinationRecipient, "
            "string addressEncoding, uint32 destinationChainId, uint64 gasLimit, bytes data, uint64 nonce",
        ),
        ("approveAgent", "ApproveAgent", "address agentAddress, string agentName, uint64 nonce"),
        ("approveBuilderFee", "ApproveBuilderFee", "string maxFeeRate, address builder, uint64 nonce"),
        ("tokenDelegate", "TokenDelegate", "address validator, uint64 wei, bool isUndelegate, uint64 nonce"),
        ("cDeposit", "CDeposit", "uint64 wei, uint64 nonce"),
        ("cWithdraw", "CWithdraw", "uint64 wei, uint64 nonce"),
        ("convertToMultiSigUser", "ConvertToMultiSigUser", "string signers, uint64 nonce"),
        ("userDexAbstraction", "UserDexAbstraction", "address user, bool enabled, uint64 nonce"),
        ("userSetAbstraction", "UserSetAbstraction", "address user, string abstraction, uint64 nonce"),
        ("userPortfolioMargin", "UserPortfolioMargin", "address user, bool enabled, uint64 nonce"),
        ("linkStakingUser", "LinkStakingUser", "address user, bool isFinalize, uint64 nonce"),
        (
            "stakingLinkDisableTradingUser",
            "StakingLinkDisableTradingUser",
            "address tradingUser, uint64 nonce",
        ),
    )
}
"""By action type. A test holds that these are exactly the user-signed actions."""

SEND_MULTI_SIG = TypedStruct("SendMultiSig", "bytes32 multiSigActionHash, uint64 nonce")


def inside_multi_sig(struct: TypedStruct) -> TypedStruct:
    """The struct as an inner signer signs it: two addresses come right after the chain."""
    _chain, *rest = struct.members
    members = [("payloadMultiSigUser", "address"), ("outerSigner", "address"), *rest]
    return TypedStruct(
        struct.name.partition(":")[2], ",".join(f"{kind} {member_name}" for member_name, kind in members)
    )


def member_values(action: UserSignedAction) -> dict[str, Any]:
    """What the action says for each member of its struct."""
    return {name: getattr(action, name) for name, _ in TYPED_STRUCTS[action.type].members}


def user_signed_digest(action: UserSignedAction) -> bytes:
    """What the wallet signed for this action."""
    return TYPED_STRUCTS[action.type].digest(member_values(action), action.chain_id)
