"""The shape of every answer of `POST /info`, written from the documentation and from recorded answers, as data.

Keys stand in the recorded sequence. What is optional, may be null, or is one of several forms is said here, so that
what is not said is a fault.
"""

from collections.abc import Mapping
from typing import Final

from conformance.shapes_accounts import (
    ABSTRACTION,
    ACTIVE_ASSET,
    CLEARINGHOUSE,
    FUNDING,
    LEDGER_ROW,
    LENDING,
    PORTFOLIO,
    REFERRAL,
    RESERVE,
    ROLE,
    SPOT_STATE,
    SUB_ACCOUNT,
    SUB_ACCOUNT_2,
    USER_FEES,
)
from conformance.shapes_markets import (
    ANNOTATION,
    AUCTION,
    BOOK,
    CANDLE,
    CONCISE,
    MARGIN_TABLE,
    META,
    OUTCOME,
    PERP_CTX,
    PERP_DEX,
    PREDICTION,
    QUESTION,
    SPOT_CTX,
    SPOT_META,
    TOKEN_DETAILS,
    TRADE,
)
from conformance.shapes_orders import FILL, FRONTEND_ORDER, HISTORY_ROW, OPEN_ORDER, SLICE_FILL, TWAP_ROW, TWAP_STATE
from conformance.shapes_vaults import RELATIONSHIP, VALIDATOR, VAULT_DETAILS, VAULT_NAME
from support.conformance import (
    ADDRESS,
    COUNT,
    DATE,
    DECIMAL,
    FLAG,
    HASH,
    MS,
    NAME,
    NULL,
    REAL,
    STRING,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Shape,
    Tagged,
    exactly,
    fields,
    one_of,
    or_null,
    row,
)

ZERO_OR_MS = Number("0 or a time in ms", 0, 4_102_444_800_000)

SHAPES: Final[Mapping[str, Shape]] = {
    # markets
    "allMids": MapOf(NAME, DECIMAL),
    "allPerpMetas": ListOf(META),
    "candleSnapshot": ListOf(CANDLE),
    "exchangeStatus": fields(specialStatuses=NULL, time=MS),
    "fundingHistory": ListOf(fields(coin=NAME, fundingRate=DECIMAL, premium=DECIMAL, time=MS)),
    "l2Book": or_null(BOOK),
    "liquidatable": ListOf(
        fields(
            user=ADDRESS,
            positionIndex=one_of(isolated=fields(isolated=fields(asset=COUNT)), cross=exactly("cross")),
            marginAvailable=row(REAL, REAL),
        )
    ),
    "marginTable": MARGIN_TABLE,
    "maxMarketOrderNtls": ListOf(row(COUNT, DECIMAL)),
    "meta": META,
    "metaAndAssetCtxs": row(META, ListOf(PERP_CTX)),
    "perpAnnotation": or_null(ANNOTATION),
    "perpCategories": ListOf(row(NAME, NAME)),
    "perpConciseAnnotations": ListOf(row(NAME, CONCISE)),
    "perpDeployAuctionStatus": AUCTION,
    "perpDexLimits": or_null(
        fields(
            totalOiCap=DECIMAL,
            oiSzCapPerPerp=DECIMAL,
            maxTransferNtl=DECIMAL,
            coinToOiCap=ListOf(row(NAME, DECIMAL)),
        )
    ),
    "perpDexStatus": fields(totalNetDeposit=DECIMAL),
    "perpDexs": ListOf(or_null(PERP_DEX)),
    "perpsAtOpenInterestCap": ListOf(NAME),
    "predictedFundings": ListOf(row(NAME, ListOf(row(NAME, or_null(PREDICTION))))),
    "recentTrades": ListOf(TRADE),
    "spotMeta": SPOT_META,
    "spotMetaAndAssetCtxs": row(SPOT_META, ListOf(SPOT_CTX)),
    "spotPairDeployAuctionStatus": AUCTION,
    "tokenDetails": or_null(TOKEN_DETAILS),
    "outcomeMeta": fields(outcomes=ListOf(OUTCOME), questions=ListOf(QUESTION)),
    "outcomeTemplates": ListOf(
        fields(
            id=COUNT,
            role=fields(standaloneOutcome=fields(sideNames=row(NAME, NAME))),
            name=NAME,
            description=STRING,
            keywords=ListOf(row(NAME, exactly("dateTime", "date", "string", "hlPerp"))),
        )
    ),
    "settledOutcome": or_null(
        fields(
            spec=OUTCOME,
            settleFraction=DECIMAL,
            details=STRING,
            question=Maybe(
                fields(
                    question=one_of(active=fields(active=COUNT), settled=fields(settled=COUNT)),
                    name=NAME,
                    description=STRING,
                )
            ),
        )
    ),
    "alignedQuoteTokenInfo": fields(
        isAligned=FLAG,
        firstAlignedTime=ZERO_OR_MS,
        evmMintedSupply=DECIMAL,
        dailyAmountOwed=ListOf(row(DATE, DECIMAL)),
        predictedRate=DECIMAL,
    ),
    # users
    "activeAssetData": ACTIVE_ASSET,
    "approvedBuilders": ListOf(ADDRESS),
    "batchClearinghouseStates": ListOf(CLEARINGHOUSE),
    "borrowLendUserState": fields(
        tokenToState=ListOf(row(COUNT, fields(borrow=LENDING, supply=LENDING))),
        health=exactly("healthy", "atRisk", "marketLiquidatable", "backstopLiquidatable"),
        healthFactor=or_null(DECIMAL),
    ),
    "clearinghouseState": CLEARINGHOUSE,
    "extraAgents": ListOf(fields(name=NAME, address=ADDRESS, validUntil=or_null(MS))),
    "frontendOpenOrders": ListOf(FRONTEND_ORDER),
    "historicalOrders": ListOf(HISTORY_ROW),
    "isVip": or_null(FLAG),
    "leadingVaults": ListOf(VAULT_NAME),
    "legalCheck": fields(acceptedTerms=FLAG, userAllowed=FLAG, restrictions=exactly("n", "a", "o", "u")),
    "maxBuilderFee": COUNT,
    "openOrders": ListOf(OPEN_ORDER),
    "orderStatus": Tagged(
        "status",
        {
            "order": fields(status=exactly("order"), order=HISTORY_ROW),
            "unknownOid": fields(status=exactly("unknownOid")),
        },
    ),
    "portfolio": PORTFOLIO,
    "preTransferCheck": fields(fee=DECIMAL, isSanctioned=FLAG, userExists=FLAG, userHasSentTx=FLAG),
    "referral": REFERRAL,
    "spotClearinghouseState": SPOT_STATE,
    "spotDeployState": fields(
        states=ListOf(
            fields(
                token=COUNT,
                spec=fields(name=NAME, szDecimals=COUNT, weiDecimals=COUNT),
                fullName=or_null(STRING),
                deployerTradingFeeShare=DECIMAL,
                spots=ListOf(COUNT),
                maxSupply=or_null(DECIMAL),
                hyperliquidityGenesisBalance=DECIMAL,
                totalGenesisBalanceWei=STRING,
                userGenesisBalances=ListOf(row(ADDRESS, DECIMAL)),
                existingTokenGenesisBalances=ListOf(row(COUNT, DECIMAL)),
                blacklistUsers=ListOf(ADDRESS),
            )
        ),
        gasAuction=AUCTION,
    ),
    "subAccounts": or_null(ListOf(SUB_ACCOUNT)),
    "subAccounts2": or_null(ListOf(SUB_ACCOUNT_2)),
    "twapHistory": ListOf(TWAP_ROW),
    "userAbstraction": ABSTRACTION,
    "userBorrowLendInterest": ListOf(fields(time=MS, token=NAME, borrow=DECIMAL, supply=DECIMAL)),
    "userDexAbstraction": or_null(FLAG),
    "userFees": USER_FEES,
    "userFills": ListOf(FILL),
    "userFillsByTime": ListOf(FILL),
    "userFunding": ListOf(FUNDING),
    "userNonFundingLedgerUpdates": ListOf(LEDGER_ROW),
    "userRateLimit": fields(cumVlm=DECIMAL, nRequestsUsed=COUNT, nRequestsCap=COUNT, nRequestsSurplus=COUNT),
    "userRole": ROLE,
    "userToMultiSigSigners": or_null(fields(authorizedUsers=ListOf(ADDRESS), threshold=COUNT)),
    "userTwapSliceFills": ListOf(SLICE_FILL),
    "userTwapSliceFillsByTime": ListOf(SLICE_FILL),
    "userVaultEquities": ListOf(fields(vaultAddress=ADDRESS, equity=DECIMAL, lockedUntilTimestamp=MS)),
    "vaultDetails": or_null(VAULT_DETAILS),
    "webData2": fields(
        clearinghouseState=CLEARINGHOUSE,
        leadingVaults=ListOf(VAULT_NAME),
        totalVaultEquity=DECIMAL,
        openOrders=ListOf(FRONTEND_ORDER),
        agentAddress=or_null(ADDRESS),
        agentValidUntil=or_null(MS),
        cumLedger=DECIMAL,
        meta=META,
        assetCtxs=ListOf(PERP_CTX),
        serverTime=MS,
        isVault=FLAG,
        user=ADDRESS,
        twapStates=ListOf(row(COUNT, TWAP_STATE)),
        spotState=Maybe(SPOT_STATE),
        spotAssetCtxs=ListOf(SPOT_CTX),
        perpsAtOpenInterestCap=Maybe(ListOf(NAME)),
    ),
    # others
    "allBorrowLendReserveStates": ListOf(row(COUNT, RESERVE)),
    "borrowLendReserveState": RESERVE,
    "delegations": ListOf(fields(validator=ADDRESS, amount=DECIMAL, lockedUntilTimestamp=MS)),
    "delegatorHistory": ListOf(
        fields(
            time=MS,
            hash=HASH,
            delta=one_of(
                delegate=fields(delegate=fields(validator=ADDRESS, amount=DECIMAL, isUndelegate=FLAG)),
                cDeposit=fields(cDeposit=fields(amount=DECIMAL)),
                withdrawal=fields(withdrawal=fields(amount=DECIMAL, phase=exactly("initiated", "finalized"))),
            ),
        )
    ),
    "delegatorRewards": ListOf(fields(time=MS, source=exactly("delegation", "commission"), totalAmount=DECIMAL)),
    "delegatorSummary": fields(
        delegated=DECIMAL, undelegated=DECIMAL, totalPendingWithdrawal=DECIMAL, nPendingWithdrawals=COUNT
    ),
    "gossipPriorityAuctionStatus": row(ListOf(or_null(STRING)), ListOf(AUCTION)),
    "gossipRootIps": ListOf(NAME),
    "usdcRouting": fields(depositRoute=exactly("bridge", "cctp"), withdrawalRoute=exactly("bridge", "cctp")),
    "validatorL1Votes": ListOf(
        fields(
            expireTime=MS,
            action=one_of(
                D=fields(D=STRING),
                C=fields(C=ListOf(STRING)),
                O=fields(O=MapOf(STRING, STRING)),
                E=fields(E=MapOf(STRING, STRING)),
            ),
            votes=ListOf(ADDRESS),
            quorumReached=FLAG,
        )
    ),
    "validatorSummaries": ListOf(VALIDATOR),
    "vaultSummaries": ListOf(
        fields(
            name=NAME,
            vaultAddress=ADDRESS,
            leader=ADDRESS,
            tvl=DECIMAL,
            isClosed=FLAG,
            relationship=RELATIONSHIP,
            createTimeMillis=MS,
        )
    ),
}
"""By request type."""
