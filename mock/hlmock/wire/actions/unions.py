"""The union of all actions, the ones that are passed through, and what is known about each by name."""

from typing import Any, get_args

import msgspec

from hlmock.wire.actions.accounts import AccountAction
from hlmock.wire.actions.base import BaseAction, Part, Signature, UserSignedAction, canonicalise, parse_chain_id
from hlmock.wire.actions.trading import TradingAction
from hlmock.wire.actions.transfers import TransferAction
from hlmock.wire.addresses import Address, parse_address
from hlmock.wire.numbers import parse_scalar

SingleAction = TradingAction | TransferAction | AccountAction
"""What one wallet can sign for itself."""


class MultiSigSignature(Part, frozen=True):
    """One inner signature, as text without leading zeros: so the outer signer signs it (recorded answers)."""

    r: str
    s: str
    v: int

    def __post_init__(self) -> None:
        for field in ("r", "s"):
            canonicalise(self, field, lambda text: f"{parse_scalar(text):#x}")

    def __repr__(self) -> str:
        return f"MultiSigSignature(v={self.v})"

    @property
    def signature(self) -> Signature:
        return Signature(parse_scalar(self.r), parse_scalar(self.s), self.v)


class MultiSigPayload(Part, frozen=True):
    multiSigUser: Address
    outerSigner: Address
    action: SingleAction

    def __post_init__(self) -> None:
        canonicalise(self, "multiSigUser", parse_address)
        canonicalise(self, "outerSigner", parse_address)


class MultiSigAction(BaseAction, frozen=True, tag="multiSig"):
    """Source: python-sdk `Exchange.multi_sig`."""

    signatureChainId: str
    signatures: tuple[MultiSigSignature, ...]
    payload: MultiSigPayload

    def __post_init__(self) -> None:
        parse_chain_id(self.signatureChainId)

    @property
    def chain_id(self) -> int:
        return parse_chain_id(self.signatureChainId)


class DeployerAction(msgspec.Struct, frozen=True):
    """A deployer's or validator's action, passed through: its body with the keys in the order they came."""

    type: str
    body: dict[str, Any]
    """With `type`."""


TypedAction = SingleAction | MultiSigAction
Action = TypedAction | DeployerAction

ACTION_TYPES: dict[str, type[BaseAction]] = {str(each.__struct_config__.tag): each for each in get_args(TypedAction)}
"""Wire name to struct. `DeployerAction` stands for the names in `DEPLOYER_TYPES`."""

USER_SIGNED = frozenset(name for name, each in ACTION_TYPES.items() if issubclass(each, UserSignedAction))

VAULT_CAPABLE = frozenset(
    {
        "order",
        "cancel",
        "cancelByCloid",
        "modify",
        "batchModify",
        "scheduleCancel",
        "twapOrder",
        "twapCancel",
        "updateLeverage",
        "updateIsolatedMargin",
        "topUpIsolatedOnlyMargin",
        "borrowLend",
        "agentEnableDexAbstraction",
        "agentSetAbstraction",
        "noop",
    }
)
"""Actions that may be done for a vault or sub-account (`vaultAddress`). Source: the SDKs, call by call."""

DEPLOYER_TYPES = frozenset(
    {
        "spotDeploy",
        "perpDeploy",
        "finalizeEvmContract",
        "activateOutcomeDeployer",
        "authorizeAqav2Role",
        "hip3LiquidatorTransfer",
        "CSignerAction",
        "CValidatorAction",
        "validatorL1Stream",
    }
)


_ENCODER = msgspec.msgpack.Encoder()


def pack(action: BaseAction | DeployerAction | list[Any] | dict[str, Any]) -> bytes:
    """Canonical MessagePack: the bytes that are hashed. A dict or list is packed in its own order."""
    return _ENCODER.encode(action.body if isinstance(action, DeployerAction) else action)
