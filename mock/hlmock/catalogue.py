"""What of the real exchange there is here, as data: how often clients use it, and how exactly it is imitated.

The table of `COVERAGE.md` is made from this and from what the tests see. An entry says no more than the reader of that
table needs; the rules themselves stand where they are carried out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

Mark = Literal["start-up", "core", "account", "common", "rare"]
"""Who needs it: clients when they start, every order flow, account management, many clients, few clients."""

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
_NO_LENDING: Final = "nothing is lent or borrowed: the empty form"
_NO_VALIDATORS: Final = "there is no chain of validators: always empty"
_NOT_A_TYPE: Final = "422: a name in weight lists, not a request type"

INFO: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # markets
        "allMids": Entry("common"),
        "allPerpMetas": Entry("start-up"),
        "candleSnapshot": _ours("common", "an interval without a trade repeats the close before it"),
        "exchangeStatus": Entry("common"),
        "fundingHistory": Entry("common"),
        "l2Book": _ours("common", "prices round away from the middle into the buckets of nSigFigs"),
        "liquidatable": _ours("rare", "always empty"),
        "marginTable": Entry("rare"),
        "maxMarketOrderNtls": Entry("rare"),
        "meta": Entry("start-up"),
        "metaAndAssetCtxs": Entry("start-up"),
        "perpAnnotation": _ours("rare", "no perp is annotated: always null"),
        "perpCategories": _ours("rare", "no perp has a category: always empty"),
        "perpConciseAnnotations": _ours("rare", "no perp is annotated: always empty"),
        "perpDeployAuctionStatus": _ours("rare", "an auction that was won at a fixed price"),
        "perpDexLimits": Entry("rare"),
        "perpDexStatus": Entry("rare"),
        "perpDexs": _ours("start-up", "deployer and fee recipient of a builder's dex are the zero address"),
        "perpsAtOpenInterestCap": Entry("rare"),
        "predictedFundings": _ours("rare", "this venue's prediction only; those of others are null"),
        "recentTrades": _ours("common", "at most 30 rows"),
        "spotMeta": Entry("start-up"),
        "spotMetaAndAssetCtxs": Entry("start-up"),
        "spotPairDeployAuctionStatus": _ours("rare", "an auction that was won at a fixed price"),
        "tokenDetails": _ours("rare", "nothing is known of a token's deployment"),
        "outcomeMeta": _ours("start-up", _NO_OUTCOMES),
        "outcomeTemplates": _ours("rare", _NO_OUTCOMES),
        "settledOutcome": _ours("rare", "there are no outcome markets: always null"),
        "alignedQuoteTokenInfo": _ours("rare", "no token is aligned"),
        # users
        "activeAssetData": Entry("common"),
        "approvedBuilders": Entry("rare"),
        "batchClearinghouseStates": Entry("rare"),
        "borrowLendUserState": _ours("rare", _NO_LENDING),
        "clearinghouseState": Entry("start-up"),
        "extraAgents": Entry("common"),
        "frontendOpenOrders": Entry("start-up"),
        "historicalOrders": Entry("common"),
        "isVip": _ours("rare", "always null"),
        "leadingVaults": Entry("rare"),
        "legalCheck": _ours("rare", "everybody has accepted the terms and may trade"),
        "maxBuilderFee": Entry("start-up"),
        "openOrders": Entry("common"),
        "orderStatus": Entry("common"),
        "portfolio": _ours("common", "a point for each profit or transfer; tokens count what they are worth now"),
        "preTransferCheck": _ours("rare", "nobody is sanctioned"),
        "referral": _ours("common", "nobody earns rewards"),
        "spotClearinghouseState": Entry("start-up"),
        "spotDeployState": _ours("rare", "nobody deploys tokens; the auction was won at a fixed price"),
        "subAccounts": Entry("common"),
        "subAccounts2": Entry("rare"),
        "twapHistory": Entry("rare"),
        "userAbstraction": Entry("start-up"),
        "userBorrowLendInterest": _ours("rare", _NO_LENDING),
        "userDexAbstraction": Entry("rare"),
        "userFees": Entry("common"),
        "userFills": _ours("common", "a merged fill has the size-weighted price"),
        "userFillsByTime": _ours("common", "a merged fill has the size-weighted price"),
        "userFunding": Entry("common"),
        "userNonFundingLedgerUpdates": Entry("common"),
        "userRateLimit": Entry("common"),
        "userRole": Entry("common"),
        "userToMultiSigSigners": Entry("rare"),
        "userTwapSliceFills": Entry("rare"),
        "userTwapSliceFillsByTime": Entry("rare"),
        "userVaultEquities": Entry("common"),
        "vaultDetails": _ours("common", "no yearly rate of return is worked out"),
        "webData2": Entry("rare"),
        # others
        "allBorrowLendReserveStates": _ours("rare", _NO_LENDING),
        "borrowLendReserveState": _ours("rare", _NO_LENDING),
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
