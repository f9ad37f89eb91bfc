"""Actions on accounts: agents, approvals, sub-accounts, vaults, settings.

Shapes: python-sdk `signing` and `Exchange`; Hyperliquid docs: Exchange endpoint.
"""

from types import NoneType
from typing import Literal

import msgspec

from hlmock.wire.actions.base import U64, L1Action, Part, UserSignedAction, canonicalise, exactly_one
from hlmock.wire.addresses import Address, parse_address


class ApproveAgentAction(UserSignedAction, frozen=True, kw_only=True, tag="approveAgent"):
    agentAddress: Address
    """The zero address removes the agent of this name (recorded answers)."""
    agentName: str | None = None
    """May end with ` valid_until <ms>`. Absent is signed as `""` (python-sdk `approve_agent`)."""
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        canonicalise(self, "agentAddress", parse_address)


class ApproveBuilderFeeAction(UserSignedAction, frozen=True, tag="approveBuilderFee"):
    maxFeeRate: str
    """`"0.001%"`."""
    builder: Address
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        canonicalise(self, "builder", parse_address)


class CreateSubAccountAction(L1Action, frozen=True, tag="createSubAccount"):
    name: str


class SubAccountModifyAction(L1Action, frozen=True, tag="subAccountModify"):
    subAccountUser: Address
    name: str

    def __post_init__(self) -> None:
        canonicalise(self, "subAccountUser", parse_address)


class SetReferrerAction(L1Action, frozen=True, tag="setReferrer"):
    code: str


class RegisterReferrerAction(L1Action, frozen=True, tag="registerReferrer"):
    code: str


class SetDisplayNameAction(L1Action, frozen=True, tag="setDisplayName"):
    displayName: str


class ClaimRewardsAction(L1Action, frozen=True, tag="claimRewards"):
    pass


class CreateVaultAction(L1Action, frozen=True, tag="createVault"):
    name: str
    description: str
    initialUsd: U64
    """1e-6 USD."""
    nonce: U64


class VaultModifyAction(L1Action, frozen=True, tag="vaultModify"):
    """The one action whose nulls are packed; an absent flag is a null."""

    vaultAddress: Address
    allowDeposits: bool | None = msgspec.field(default_factory=NoneType)
    alwaysCloseOnWithdraw: bool | None = msgspec.field(default_factory=NoneType)

    def __post_init__(self) -> None:
        canonicalise(self, "vaultAddress", parse_address)


class VaultDistributeAction(L1Action, frozen=True, tag="vaultDistribute"):
    vaultAddress: Address
    usd: U64
    """1e-6 USD; 0 closes the vault."""

    def __post_init__(self) -> None:
        canonicalise(self, "vaultAddress", parse_address)


class ToggleSpotDusting(Part, frozen=True):
    optOut: bool


class ClassTransfer(Part, frozen=True):
    usdc: U64
    toPerp: bool


class SpotUserAction(L1Action, frozen=True, tag="spotUser"):
    """Exactly one of the two; `classTransfer` is the form of old clients."""

    toggleSpotDusting: ToggleSpotDusting | None = None
    classTransfer: ClassTransfer | None = None

    def __post_init__(self) -> None:
        exactly_one(self)


class EvmUserModifyAction(L1Action, frozen=True, tag="evmUserModify"):
    usingBigBlocks: bool


class AgentEnableDexAbstractionAction(L1Action, frozen=True, tag="agentEnableDexAbstraction"):
    pass


class AgentSetAbstractionAction(L1Action, frozen=True, tag="agentSetAbstraction"):
    abstraction: Literal["i", "u", "p"]


class ForUserAction(UserSignedAction, frozen=True):
    """A user-signed setting of one account."""

    user: Address

    def __post_init__(self) -> None:
        super().__post_init__()
        canonicalise(self, "user", parse_address)


class UserDexAbstractionAction(ForUserAction, frozen=True, tag="userDexAbstraction"):
    enabled: bool
    nonce: U64


class UserSetAbstractionAction(ForUserAction, frozen=True, tag="userSetAbstraction"):
    abstraction: Literal["disabled", "unifiedAccount", "portfolioMargin", "dexAbstraction"]
    nonce: U64


class UserPortfolioMarginAction(ForUserAction, frozen=True, tag="userPortfolioMargin"):
    enabled: bool
    nonce: U64


class LinkStakingUserAction(ForUserAction, frozen=True, tag="linkStakingUser"):
    isFinalize: bool
    nonce: U64


class StakingLinkDisableTradingUserAction(UserSignedAction, frozen=True, tag="stakingLinkDisableTradingUser"):
    tradingUser: Address
    nonce: U64

    def __post_init__(self) -> None:
        super().__post_init__()
        canonicalise(self, "tradingUser", parse_address)


class ConvertToMultiSigUserAction(UserSignedAction, frozen=True, tag="convertToMultiSigUser"):
    signers: str
    """JSON text: `{"authorizedUsers": [...], "threshold": n}`, or `null` to go back."""
    nonce: U64


AccountAction = (
    ApproveAgentAction
    | ApproveBuilderFeeAction
    | CreateSubAccountAction
    | SubAccountModifyAction
    | SetReferrerAction
    | RegisterReferrerAction
    | SetDisplayNameAction
    | ClaimRewardsAction
    | CreateVaultAction
    | VaultModifyAction
    | VaultDistributeAction
    | SpotUserAction
    | EvmUserModifyAction
    | AgentEnableDexAbstractionAction
    | AgentSetAbstractionAction
    | UserDexAbstractionAction
    | UserSetAbstractionAction
    | UserPortfolioMarginAction
    | LinkStakingUserAction
    | StakingLinkDisableTradingUserAction
    | ConvertToMultiSigUserAction
)
