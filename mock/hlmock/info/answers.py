"""`POST /info`, the second half: from a well-formed request to the answer's bytes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from hlmock.exchange.state import State
from hlmock.info import accounts, markets, users
from hlmock.info.fixed import FIXED
from hlmock.info.query import Query, Unanswerable
from hlmock.info.requests import InfoAnswer, InfoRequest, requested_user
from hlmock.info.weights import weight_of
from hlmock.shapes import number_form
from hlmock.wire.http import JSON

Handler = Callable[[Query], object]

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        # markets
        "allMids": markets.answer_all_mids,
        "allPerpMetas": markets.answer_all_perp_metas,
        "candleSnapshot": markets.answer_candles,
        "exchangeStatus": markets.answer_exchange_status,
        "fundingHistory": markets.answer_funding_history,
        "l2Book": markets.answer_l2_book,
        "marginTable": markets.answer_margin_table,
        "maxMarketOrderNtls": markets.answer_max_market_ntls,
        "meta": markets.answer_meta,
        "metaAndAssetCtxs": markets.answer_meta_and_ctxs,
        "perpDeployAuctionStatus": markets.answer_auction,
        "perpDexLimits": markets.answer_dex_limits,
        "perpDexStatus": markets.answer_dex_status,
        "perpDexs": markets.answer_perp_dexs,
        "perpsAtOpenInterestCap": markets.answer_open_interest_caps,
        "predictedFundings": markets.answer_predicted_fundings,
        "recentTrades": markets.answer_recent_trades,
        "spotMeta": markets.answer_spot_meta,
        "spotMetaAndAssetCtxs": markets.answer_spot_meta_and_ctxs,
        "spotPairDeployAuctionStatus": markets.answer_auction,
        "tokenDetails": markets.answer_token_details,
        # users
        "activeAssetData": users.answer_active_asset_data,
        "approvedBuilders": users.answer_approved_builders,
        "batchClearinghouseStates": users.answer_batch_states,
        "clearinghouseState": users.answer_clearinghouse_state,
        "extraAgents": users.answer_extra_agents,
        "frontendOpenOrders": users.answer_frontend_orders,
        "historicalOrders": users.answer_historical_orders,
        "liquidatable": users.answer_liquidatable,
        "isVip": users.answer_is_vip,
        "leadingVaults": users.answer_leading_vaults,
        "maxBuilderFee": users.answer_max_builder_fee,
        "openOrders": users.answer_open_orders,
        "orderStatus": users.answer_order_status,
        "portfolio": users.answer_portfolio,
        "preTransferCheck": users.answer_transfer_check,
        "spotClearinghouseState": users.answer_spot_state,
        "spotDeployState": users.answer_spot_deploy_state,
        "subAccounts": users.answer_sub_accounts,
        "subAccounts2": users.answer_sub_accounts2,
        "twapHistory": users.answer_twap_history,
        "userAbstraction": users.answer_abstraction,
        "userFees": users.answer_user_fees,
        "userFills": users.answer_user_fills,
        "userFillsByTime": users.answer_fills_by_time,
        "userFunding": users.answer_funding,
        "userNonFundingLedgerUpdates": users.answer_ledger,
        "userRateLimit": users.answer_rate_limit,
        "userRole": users.answer_role,
        "userTwapSliceFills": users.answer_slice_fills,
        "userTwapSliceFillsByTime": users.answer_slice_fills_by_time,
        "userVaultEquities": users.answer_vault_equities,
        "vaultDetails": users.answer_vault_details,
        "vaultSummaries": users.answer_vault_summaries,
        "webData2": users.answer_web_data2,
        # accounts
        "allBorrowLendReserveStates": accounts.answer_reserve_states,
        "borrowLendReserveState": accounts.answer_reserve_state,
        "borrowLendUserState": accounts.answer_lending_state,
        "delegations": accounts.answer_delegations,
        "delegatorHistory": accounts.answer_delegator_history,
        "delegatorRewards": accounts.answer_delegator_rewards,
        "delegatorSummary": accounts.answer_delegator_summary,
        "referral": accounts.answer_referral,
        "userDexAbstraction": accounts.answer_dex_abstraction,
        "userToMultiSigSigners": accounts.answer_multi_sig_signers,
        "validatorSummaries": accounts.answer_validator_summaries,
    }
)
"""Every type of `requests.TYPES` is either here or in `fixed.FIXED`."""

_encode = msgspec.json.Encoder().encode


def answer(exchange: State, request: InfoRequest, now_ms: int) -> InfoAnswer:
    """Answer from the exchange's state, which it does not change; never raises.

    What is well-formed but asks for something that is not there is answered with 500 and `null`. Source:
    recorded answers.

    Args:
        now_ms: the exchange's clock.
    """
    handler = HANDLERS.get(request.type)
    user = requested_user(request)
    try:
        if handler is None:
            value = FIXED[request.type]
        else:
            value = handler(Query(exchange, request, now_ms, number_form(exchange.profile)))
    except Unanswerable:
        return InfoAnswer(500, JSON, b"null", request.type, user, weight_of(request.type, 0))
    weight = weight_of(request.type, len(value) if isinstance(value, list) else 0)
    return InfoAnswer(200, JSON, _encode(value), request.type, user, weight)
