"""Actions that move funds. User-signed ones keep their text members as sent: that text is what was signed.

Shapes: python-sdk `signing` (the `*_SIGN_TYPES` tables) and `Exchange`; Hyperliquid docs: Exchange endpoint.
"""

from typing import Literal

from hlmock.wire.actions.base import U32, U64, L1Action, UserSignedAction, address_or_none, canonicalise
from hlmock.wire.addresses import Address, parse_address


class SendToAddress(UserSignedAction, frozen=True):
    """A user-signed action with a `destination`, which is a text member of what is signed."""

    destination: str
    """As sent."""

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_address(self.destination)

    @property
    def destination_address(self) -> Address:
        return parse_address(self.destination)


class UsdSendAction(SendToAddress, frozen=True, tag="usdSend"):
    amount: str
    time: U64


class SpotSendAction(SendToAddress, frozen=True, tag="spotSend"):
    token: str
    """`NAME:0x` + 32 hex digits."""
    amount: str
    time: U64


class WithdrawAction(SendToAddress, frozen=True, tag="withdraw3"):
    amount: str
    time: U64


class UsdClassTransferAction(UserSignedAction, frozen=True, tag="usdClassTransfer"):
    amount: str
    """May end with ` subaccount:0x...` (python-sdk `usd_class_transfer`)."""
    toPerp: bool
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.amount != self.amount_only:
            parse_address(self.amount.partition(" subaccount:")[2])

    @property
    def amount_only(self) -> str:
        return self.amount.partition(" subaccount:")[0]

    @property
    def sub_account(self) -> Address | None:
        return address_or_none(self.amount.partition(" subaccount:")[2])


class SendAssetAction(SendToAddress, frozen=True, tag="sendAsset"):
    sourceDex: str
    """`""` is the main perp dex, `"spot"` the spot balance, else the name of a builder's dex."""
    destinationDex: str
    token: str
    amount: str
    fromSubAccount: str
    """As sent; `""` is none."""
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        address_or_none(self.fromSubAccount)

    @property
    def from_sub_account(self) -> Address | None:
        return address_or_none(self.fromSubAccount)


class AgentSendAssetAction(L1Action, frozen=True, tag="agentSendAsset"):
    destination: Address
    sourceDex: str
    destinationDex: str
    token: str
    amount: str
    fromSubAccount: str
    """Canonical address, or `""` for none."""
    nonce: U64

    def __post_init__(self) -> None:
        canonicalise(self, "destination", parse_address)
        if self.fromSubAccount:
            canonicalise(self, "fromSubAccount", parse_address)

    @property
    def destination_address(self) -> Address:
        return self.destination

    @property
    def from_sub_account(self) -> Address | None:
        return address_or_none(self.fromSubAccount)


class SendToEvmWithDataAction(UserSignedAction, frozen=True, tag="sendToEvmWithData"):
    token: str
    amount: str
    sourceDex: str
    destinationRecipient: str
    """As sent: an address in the encoding that `addressEncoding` names."""
    addressEncoding: Literal["hex", "base58"]
    destinationChainId: U32
    gasLimit: U64
    data: str
    """Hex bytes, `0x` optional."""
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        bytes.fromhex(self.data.removeprefix("0x"))


class SubAccountTransferAction(L1Action, frozen=True, tag="subAccountTransfer"):
    subAccountUser: Address
    isDeposit: bool
    usd: U64
    """1e-6 USD."""

    def __post_init__(self) -> None:
        canonicalise(self, "subAccountUser", parse_address)


class SubAccountSpotTransferAction(L1Action, frozen=True, tag="subAccountSpotTransfer"):
    subAccountUser: Address
    isDeposit: bool
    token: str
    amount: str
    """As sent: python-sdk signs and sends `str(amount)`, so `"1.0"` must stay `"1.0"`."""

    def __post_init__(self) -> None:
        canonicalise(self, "subAccountUser", parse_address)


class VaultTransferAction(L1Action, frozen=True, tag="vaultTransfer"):
    vaultAddress: Address
    isDeposit: bool
    usd: U64
    """1e-6 USD."""

    def __post_init__(self) -> None:
        canonicalise(self, "vaultAddress", parse_address)


class CDepositAction(UserSignedAction, frozen=True, tag="cDeposit"):
    wei: U64
    nonce: U64


class CWithdrawAction(UserSignedAction, frozen=True, tag="cWithdraw"):
    wei: U64
    nonce: U64


class TokenDelegateAction(UserSignedAction, frozen=True, tag="tokenDelegate"):
    validator: Address
    wei: U64
    isUndelegate: bool
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        canonicalise(self, "validator", parse_address)


TransferAction = (
    UsdSendAction
    | SpotSendAction
    | WithdrawAction
    | UsdClassTransferAction
    | SendAssetAction
    | AgentSendAssetAction
    | SendToEvmWithDataAction
    | SubAccountTransferAction
    | SubAccountSpotTransferAction
    | VaultTransferAction
    | CDepositAction
    | CWithdrawAction
    | TokenDelegateAction
)
