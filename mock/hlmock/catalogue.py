"""What of the real exchange there is here, as data: how often clients use it, and how exactly it is imitated.

The table of `COVERAGE.md` is made from this and from what the tests see. An entry says no more than the reader of that
table needs; the rules themselves stand where they are carried out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

Mark = Literal["start-up", "core", "account", "common", "rare", "deployer"]
"""Who needs it: clients when they start, every order flow, account management, many clients, few clients, deployers and
validators."""

Exactness = Literal["exact", "our choice", "refused"]
"""`exact`: form and values follow the documented or recorded ones. `our choice`: the form does, but something in it is
ours, and the note says what. `refused`: answered as the real exchange refuses it."""


class Entry(msgspec.Struct, frozen=True):
    """One request type, action or subscription."""

    mark: Mark
    exactness: Exactness = "exact"
    note: str = ""
    """What is ours, or how it is refused; empty where it is exact."""


def _ours(mark: Mark, note: str) -> Entry:
    return Entry(mark, "our choice", note)


def _refused(mark: Mark, note: str) -> Entry:
    return Entry(mark, "refused", note)


_NO_OUTCOMES: Final = "there are no outcome markets: always empty"
_NO_INTEREST: Final = "lending bears no interest"
_NO_VALIDATORS: Final = "there is no chain of validators: always empty"
_NOT_A_TYPE: Final = "422: a name in weight lists, not a request type"

INFO: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # markets
        "allMids": _ours("common", "a coin without a book and without a trade has its mark price"),
        "allPerpMetas": Entry("start-up"),
        "candleSnapshot": _ours("common", "an interval without a trade repeats the close before it"),
        "exchangeStatus": Entry("common"),
        "fundingHistory": _ours("common", "the hours before the start are like those of an untouched book"),
        "l2Book": _ours("common", "prices round away from the middle into the buckets of nSigFigs"),
        "liquidatable": _ours("rare", "marginAvailable is equity and maintenance margin; a cross account is `cross`"),
        "marginTable": Entry("rare"),
        "maxMarketOrderNtls": Entry("rare"),
        "meta": Entry("start-up"),
        "metaAndAssetCtxs": _ours("start-up", "the volume in coins before the start is that in USD at the mark price"),
        "perpAnnotation": _ours("rare", "no perp is annotated: always null"),
        "perpCategories": _ours("rare", "no perp has a category: always empty"),
        "perpConciseAnnotations": _ours("rare", "no perp is annotated: always empty"),
        "perpDeployAuctionStatus": _ours("rare", "nobody bids: the auction stays at its lowest price"),
        "perpDexLimits": _ours(
            "rare", "the recorded figures of one dex for every dex; caps of single perps are a setting"
        ),
        "perpDexStatus": _ours("rare", "the collateral that is there now"),
        "perpDexs": _ours("start-up", "deployer and fee recipient of a builder's dex are the zero address"),
        "perpsAtOpenInterestCap": _ours("rare", "caps are a setting"),
        "predictedFundings": _ours("rare", "this venue's prediction only; those of others are null"),
        "recentTrades": _ours("common", "at most 30 rows"),
        "spotMeta": Entry("start-up"),
        "spotMetaAndAssetCtxs": _ours("start-up", "pairs that are no longer listed show zeroes"),
        "spotPairDeployAuctionStatus": _ours("rare", "nobody bids: the auction stays at its lowest price"),
        "tokenDetails": _ours("rare", "nothing is known of a token's deployment"),
        "outcomeMeta": _ours("start-up", _NO_OUTCOMES),
        "outcomeTemplates": _ours("rare", _NO_OUTCOMES),
        "settledOutcome": _ours("rare", "there are no outcome markets: always null"),
        "alignedQuoteTokenInfo": _ours("rare", "no token is aligned"),
        # users
        "activeAssetData": _ours(
            "common", "the side that reduces a position may first close it and use its margin too"
        ),
        "approvedBuilders": Entry("rare"),
        "batchClearinghouseStates": _ours("rare", "as clearinghouseState"),
        "borrowLendUserState": _ours("rare", _NO_INTEREST),
        "clearinghouseState": _ours("start-up", "cumFunding is positive where it was paid"),
        "extraAgents": _ours("common", "the unnamed agent is not listed"),
        "frontendOpenOrders": Entry("start-up"),
        "historicalOrders": Entry("common"),
        "isVip": _ours("rare", "true above the lowest fee tier"),
        "leadingVaults": Entry("rare"),
        "legalCheck": _ours("rare", "everybody has accepted the terms and may trade"),
        "maxBuilderFee": Entry("start-up"),
        "openOrders": Entry("common"),
        "orderStatus": Entry("common"),
        "portfolio": _ours("common", "a point for each profit or transfer; tokens count what they are worth now"),
        "preTransferCheck": _ours("rare", "nobody is sanctioned"),
        "referral": _ours("common", "rewards have no history by period"),
        "spotClearinghouseState": Entry("start-up"),
        "spotDeployState": _ours("rare", "nobody deploys tokens, nobody bids"),
        "subAccounts": _ours("common", "as clearinghouseState"),
        "subAccounts2": _ours("rare", "as clearinghouseState"),
        "twapHistory": _ours("rare", "newest first"),
        "userAbstraction": Entry("start-up"),
        "userBorrowLendInterest": _ours("rare", _NO_INTEREST),
        "userDexAbstraction": Entry("rare"),
        "userFees": Entry("common"),
        "userFills": _ours("common", "a merged fill has the size-weighted price"),
        "userFillsByTime": _ours("common", "a merged fill has the size-weighted price"),
        "userFunding": Entry("common"),
        "userNonFundingLedgerUpdates": Entry("common"),
        "userRateLimit": _ours("common", "the surplus is what was bought with reserveRequestWeight"),
        "userRole": Entry("common"),
        "userToMultiSigSigners": Entry("rare"),
        "userTwapSliceFills": Entry("rare"),
        "userTwapSliceFillsByTime": Entry("rare"),
        "userVaultEquities": Entry("common"),
        "vaultDetails": _ours("common", "apr is the last month's profit, for a year"),
        "webData2": _ours("rare", "as clearinghouseState"),
        # others
        "allBorrowLendReserveStates": _ours("rare", _NO_INTEREST),
        "borrowLendReserveState": _ours("rare", _NO_INTEREST),
        "delegations": Entry("rare"),
        "delegatorHistory": Entry("rare"),
        "delegatorRewards": _ours("rare", "one fixed yearly rate, paid once a day"),
        "delegatorSummary": Entry("rare"),
        "gossipPriorityAuctionStatus": _ours("rare", _NO_VALIDATORS),
        "gossipRootIps": _ours("rare", _NO_VALIDATORS),
        "usdcRouting": _ours("rare", "deposits and withdrawals take the bridge"),
        "validatorL1Votes": _ours("rare", _NO_VALIDATORS),
        "validatorSummaries": _ours("rare", "a few made-up validators that never miss a block"),
        "vaultSummaries": Entry("rare"),
        "candle": _refused("rare", _NOT_A_TYPE),
        "nonUserFundingUpdates": _refused("rare", _NOT_A_TYPE),
        "validatorStats": _refused("rare", _NOT_A_TYPE),
    }
)
"""By the `type` of `POST /info`. Every other type is refused with 422."""

_WORDS: Final = "the words of some refusals"

ACTIONS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # trading
        "order": _ours(
            "core",
            "a Gtc order that fills partly on entry is answered as filled (the profile can say resting); a fired "
            "trigger keeps its oid; a priority rate has no effect on the queue",
        ),
        "cancel": Entry("core"),
        "cancelByCloid": Entry("core"),
        "scheduleCancel": _ours("core", "the words for a time that is too near and for the daily limit"),
        "modify": _ours("core", "the words for an order type that needs always_place"),
        "batchModify": _ours("core", "the words for an order type that needs always_place"),
        "updateLeverage": Entry("core"),
        "updateIsolatedMargin": _ours("core", "which of the known texts refuses what"),
        "topUpIsolatedOnlyMargin": _ours("core", "which of the known texts refuses what"),
        "twapOrder": _ours("core", "a small TWAP has fewer slices; randomised ones are repeatable; a buy stops above"),
        "twapCancel": Entry("core"),
        "noop": Entry("core"),
        "reserveRequestWeight": Entry("core"),
        "gossipPriorityBid": _refused("rare", "Insufficient gas at current auction price."),
        "userOutcome": _refused("rare", "there are no outcome markets: none is valid"),
        "borrowLend": _ours("rare", "without interest; the words of refusals"),
        # transfers
        "usdSend": Entry("account"),
        "spotSend": Entry("account"),
        "withdraw3": _ours("account", "leaves at once, not after minutes"),
        "usdClassTransfer": Entry("account"),
        "sendAsset": _ours("account", "perp dexes share one collateral until the account parts them"),
        "agentSendAsset": _ours("account", "perp dexes share one collateral until the account parts them"),
        "sendToEvmWithData": _ours("rare", "there is no EVM: what is sent leaves the exchange"),
        "subAccountTransfer": Entry("account"),
        "subAccountSpotTransfer": Entry("account"),
        "vaultTransfer": _ours("account", _WORDS),
        "cDeposit": _ours("account", _WORDS),
        "cWithdraw": _ours("account", _WORDS),
        "tokenDelegate": _ours("account", "a stake may go to any address unless the exchange is strict"),
        # accounts
        "approveAgent": _ours("account", "an expired agent is refused at once"),
        "approveBuilderFee": _ours("account", _WORDS),
        "createSubAccount": _ours("account", _WORDS),
        "subAccountModify": _ours("account", _WORDS),
        "setReferrer": Entry("account"),
        "registerReferrer": _ours("account", _WORDS),
        "setDisplayName": _ours("account", _WORDS),
        "claimRewards": _ours("account", "rewards go to the spot balance"),
        "createVault": _ours("account", _WORDS),
        "vaultModify": _ours("account", _WORDS),
        "vaultDistribute": _ours("account", _WORDS),
        "spotUser": _ours("account", "dust is kept; the choice is only shown"),
        "evmUserModify": _ours("account", "there is no EVM: the choice is only kept"),
        "userDexAbstraction": _ours("account", "perp dexes share one collateral until the account parts them"),
        "agentEnableDexAbstraction": _ours("account", "perp dexes share one collateral until the account parts them"),
        "userSetAbstraction": _ours("account", "balances are joined and parted"),
        "agentSetAbstraction": _ours("account", "balances are joined and parted"),
        "userPortfolioMargin": _ours("account", "one balance; nothing is borrowed by itself"),
        "convertToMultiSigUser": _ours("account", "the words of some refusals"),
        "multiSig": _ours("account", "the words of some refusals"),
        "linkStakingUser": _ours("rare", _WORDS),
        "stakingLinkDisableTradingUser": _ours("rare", _WORDS),
        # deployers and validators
        "spotDeploy": _refused("deployer", "Error deploying spot: ...; what follows is ours"),
        "perpDeploy": _refused(
            "deployer", "Deployer has not staked enough, Unknown coin ...; for other variants our words"
        ),
        "finalizeEvmContract": _refused("deployer", "Error deploying spot: Pending EVM contract missing"),
        "activateOutcomeDeployer": _refused("deployer", "Insufficient stake"),
        "authorizeAqav2Role": _refused("deployer", "Insufficient stake"),
        "hip3LiquidatorTransfer": _refused("deployer", "Insufficient funds available to deposit."),
        "CSignerAction": _refused("deployer", "Signer invalid or inactive for current epoch"),
        "CValidatorAction": _refused("deployer", "Unknown validator; for other variants in the exchange's words too"),
        "validatorL1Stream": _refused("deployer", "Unknown validator"),
    }
)
"""By the `type` of an action. Every other type is refused with 422."""

_NOT_A_FEED: Final = "the error channel: not a request that can be parsed"
_CLOCK: Final = "sent more often than the exchange now does, so that tests are quick; the interval is a setting"

_EXPLORER: Final = "one empty array, as on the API's host; a setting for the explorer's host, a block per transaction"

SUBSCRIPTIONS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # markets
        "allMids": _ours("core", _CLOCK),
        "l2Book": _ours("core", _CLOCK),
        "bbo": Entry("core"),
        "trades": Entry("core"),
        "candle": _ours("core", "the open candle with every block that trades; a clock for it is a setting"),
        "activeAssetCtx": Entry("core"),
        "activeSpotAssetCtx": _ours("rare", "accepted as a type of its own; the exchange has only the channel"),
        "assetCtxs": _ours("rare", "every 5 s"),
        "spotAssetCtxs": _ours("rare", "every 5 s"),
        "allDexsAssetCtxs": Entry("common"),
        "fastAssetCtxs": Entry("rare"),
        "outcomeMetaUpdates": _ours("rare", "there are no outcome markets: acknowledged, then silent"),
        "explorerBlock": _ours("rare", _EXPLORER),
        "explorerTxs": _ours("rare", _EXPLORER),
        # events of a user
        "orderUpdates": _ours("core", "an IOC that fills in part ends with the rest as its size"),
        "userEvents": _ours(
            "core",
            "a TWAP's fills are fills like any other, and slices; the liquidator of the book is zero",
        ),
        "userFills": _ours("core", "the 100 newest at first"),
        "userFundings": _ours("common", "the 100 newest at first"),
        "userNonFundingLedgerUpdates": Entry("common"),
        "userHistoricalOrders": _ours("common", "the 100 newest at first"),
        "userTwapSliceFills": _ours("common", "the 100 newest at first"),
        "userTwapHistory": _ours("common", "the 100 newest at first"),
        "notification": _ours("rare", "only of resting orders that filled to the end"),
        # whole states of a user
        "activeAssetData": _ours("common", "when leverage or balances change, and every 5 s"),
        "clearinghouseState": Entry("common"),
        "openOrders": Entry("common"),
        "twapStates": Entry("common"),
        "spotState": _ours("common", "ignorePortfolioMargin is repeated and has no effect"),
        "allDexsClearinghouseState": Entry("common"),
        "webData2": _ours("common", "every 2 s; the exchange has refused it since 2026: a setting"),
        "webData3": Entry("common"),
        "liquidations": _refused("rare", _NOT_A_FEED),
        "webData": _refused("rare", _NOT_A_FEED),
        "l4Book": _refused("rare", _NOT_A_FEED),
    }
)
"""By the `type` of a subscription; `user` is another name of `userEvents`. Every other type is refused as here."""
