"""Which step carries out which action."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hlmock.exchange.actions import (
    abstraction,
    agents,
    batches,
    cancels,
    lending,
    leverage,
    modifies,
    multisig,
    preferences,
    referrals,
    staking,
    staking_links,
    subaccounts,
    transfers,
    twaps,
    unsimulated,
    vaults,
)
from hlmock.exchange.block import Block
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.replies import Reply
from hlmock.wire import actions as wire

Step = Callable[[Block, Account, Any], Reply]

STEPS: Mapping[type[Any], Step] = MappingProxyType(
    {
        wire.OrderAction: batches.place_batch,
        wire.CancelAction: cancels.cancel,
        wire.CancelByCloidAction: cancels.cancel_by_cloid,
        wire.ScheduleCancelAction: cancels.schedule_cancel,
        wire.ModifyAction: modifies.modify,
        wire.BatchModifyAction: modifies.batch_modify,
        wire.UpdateLeverageAction: leverage.update_leverage,
        wire.UpdateIsolatedMarginAction: leverage.update_isolated_margin,
        wire.TopUpIsolatedOnlyMarginAction: leverage.top_up_isolated_only_margin,
        wire.NoopAction: preferences.noop,
        wire.ReserveRequestWeightAction: preferences.reserve_request_weight,
        wire.ApproveAgentAction: agents.approve_agent,
        wire.ApproveBuilderFeeAction: agents.approve_builder_fee,
        wire.UsdSendAction: transfers.usd_send,
        wire.SpotSendAction: transfers.spot_send,
        wire.WithdrawAction: transfers.withdraw,
        wire.UsdClassTransferAction: transfers.usd_class_transfer,
        wire.SendAssetAction: transfers.send_asset,
        wire.AgentSendAssetAction: transfers.send_asset,
        wire.SendToEvmWithDataAction: transfers.send_to_evm,
        wire.CDepositAction: staking.deposit,
        wire.CWithdrawAction: staking.withdraw,
        wire.TokenDelegateAction: staking.delegate,
        wire.CreateSubAccountAction: subaccounts.create_sub_account,
        wire.SubAccountModifyAction: subaccounts.modify_sub_account,
        wire.SubAccountTransferAction: subaccounts.transfer_to_sub_account,
        wire.SubAccountSpotTransferAction: subaccounts.transfer_spot_to_sub_account,
        wire.CreateVaultAction: vaults.create_vault,
        wire.VaultTransferAction: vaults.transfer_to_vault,
        wire.VaultModifyAction: vaults.modify_vault,
        wire.VaultDistributeAction: vaults.distribute_vault,
        wire.SetDisplayNameAction: preferences.set_display_name,
        wire.RegisterReferrerAction: referrals.register_referrer,
        wire.SetReferrerAction: referrals.set_referrer,
        wire.ClaimRewardsAction: referrals.claim_rewards,
        wire.SpotUserAction: preferences.spot_user,
        wire.EvmUserModifyAction: preferences.evm_user_modify,
        wire.UserSetAbstractionAction: abstraction.user_set_abstraction,
        wire.UserPortfolioMarginAction: abstraction.user_portfolio_margin,
        wire.UserDexAbstractionAction: abstraction.user_dex_abstraction,
        wire.AgentSetAbstractionAction: abstraction.agent_set_abstraction,
        wire.AgentEnableDexAbstractionAction: abstraction.agent_enable_dex_abstraction,
        wire.TwapOrderAction: twaps.place_twap,
        wire.TwapCancelAction: twaps.cancel_twap,
        wire.GossipPriorityBidAction: unsimulated.refuse_gossip_bid,
        wire.ConvertToMultiSigUserAction: multisig.convert,
        wire.BorrowLendAction: lending.borrow_lend,
        wire.LinkStakingUserAction: staking_links.link_staking_user,
        wire.StakingLinkDisableTradingUserAction: staking_links.disable_trading_user,
        wire.UserOutcomeAction: unsimulated.refuse_outcome,
        wire.DeployerAction: unsimulated.refuse_deployer,
    }
)
"""A multi-sig action has none of its own: what is in it is carried out."""
