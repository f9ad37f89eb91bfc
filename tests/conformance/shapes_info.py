"""The shape of every answer of `POST /info`, written from the documentation and from recorded answers, as data.

Keys stand in the recorded sequence. What is optional, may be null, or is one of several forms is said here, so that
what is not said is a fault.
"""

from collections.abc import Mapping
from typing import Final

from support.conformance import (
    ADDRESS,
    COUNT,
    DATE,
    DECIMAL,
    FLAG,
    HASH,
    HEX_128,
    INTEGER,
    ISO_TIME,
    MS,
    NAME,
    NULL,
    REAL,
    SECONDS,
    SIDE,
    STRING,
    Fields,
    ListOf,
    MapOf,
    Maybe,
    Named,
    Number,
    Row,
    Shape,
    Tagged,
    exactly,
    fields,
    one_of,
    or_null,
    row,
)

ZERO_OR_MS = Number("0 or a time in ms", 0, 4_102_444_800_000)

# Markets.

MARGIN_TABLE = Named(
    "MarginTable",
    fields(
        description=STRING,
        marginTiers=ListOf(fields(lowerBound=DECIMAL, maxLeverage=COUNT)),
    ),
)
META = Named(
    "Meta",
    fields(
        universe=ListOf(
            fields(
                szDecimals=COUNT,
                name=NAME,
                maxLeverage=COUNT,
                marginTableId=COUNT,
                isDelisted=Maybe(exactly(True)),
                onlyIsolated=Maybe(exactly(True)),
                marginMode=Maybe(exactly("strictIsolated", "noCross")),
                growthMode=Maybe(exactly("enabled")),
                lastGrowthModeChangeTime=Maybe(ISO_TIME),
            )
        ),
        marginTables=ListOf(row(COUNT, MARGIN_TABLE)),
        collateralToken=COUNT,
    ),
)
PERP_CTX = Named(
    "PerpAssetCtx",
    fields(
        funding=DECIMAL,
        openInterest=DECIMAL,
        prevDayPx=DECIMAL,
        dayNtlVlm=DECIMAL,
        premium=or_null(DECIMAL),
        oraclePx=DECIMAL,
        markPx=DECIMAL,
        midPx=or_null(DECIMAL),
        impactPxs=or_null(row(DECIMAL, DECIMAL)),
        dayBaseVlm=DECIMAL,
    ),
)
SPOT_CTX = Named(
    "SpotAssetCtx",
    fields(
        prevDayPx=DECIMAL,
        dayNtlVlm=DECIMAL,
        markPx=DECIMAL,
        midPx=or_null(DECIMAL),
        circulatingSupply=DECIMAL,
        coin=NAME,
        totalSupply=DECIMAL,
        dayBaseVlm=DECIMAL,
    ),
)
SPOT_META = Named(
    "SpotMeta",
    fields(
        universe=ListOf(fields(tokens=row(COUNT, COUNT), name=NAME, index=COUNT, isCanonical=FLAG)),
        tokens=ListOf(
            fields(
                name=NAME,
                szDecimals=COUNT,
                weiDecimals=COUNT,
                index=COUNT,
                tokenId=HEX_128,
                isCanonical=FLAG,
                evmContract=or_null(fields(address=ADDRESS, evm_extra_wei_decimals=INTEGER)),
                fullName=or_null(STRING),
                deployerTradingFeeShare=DECIMAL,
            )
        ),
    ),
)
PERP_DEX = Named(
    "PerpDex",
    fields(
        name=NAME,
        fullName=STRING,
        deployer=ADDRESS,
        oracleUpdater=or_null(ADDRESS),
        feeRecipient=or_null(ADDRESS),
        assetToStreamingOiCap=ListOf(row(NAME, DECIMAL)),
        subDeployers=ListOf(row(NAME, ListOf(ADDRESS))),
        deployerFeeScale=DECIMAL,
        lastDeployerFeeScaleChangeTime=ISO_TIME,
        assetToFundingMultiplier=ListOf(row(NAME, DECIMAL)),
        assetToFundingInterestRate=ListOf(row(NAME, DECIMAL)),
        assetToFundingClamp=ListOf(row(NAME, DECIMAL)),
    ),
)
LEVEL = fields(px=DECIMAL, sz=DECIMAL, n=COUNT)
BOOK = fields(coin=NAME, time=MS, levels=row(ListOf(LEVEL), ListOf(LEVEL)), spread=Maybe(DECIMAL))
CANDLE = Named(
    "Candle",
    fields(
        t=MS,
        T=MS,
        s=NAME,
        i=NAME,
        o=DECIMAL,
        c=DECIMAL,
        h=DECIMAL,
        l=DECIMAL,
        v=DECIMAL,
        n=COUNT,
    ),
)
TRADE = Named(
    "Trade",
    fields(coin=NAME, side=SIDE, px=DECIMAL, sz=DECIMAL, time=MS, hash=HASH, tid=COUNT, users=row(ADDRESS, ADDRESS)),
)
PREDICTION = fields(fundingRate=DECIMAL, nextFundingTime=MS, fundingIntervalHours=COUNT)
AUCTION = Named(
    "Auction",
    fields(
        startTimeSeconds=SECONDS,
        durationSeconds=COUNT,
        startGas=DECIMAL,
        currentGas=or_null(DECIMAL),
        endGas=or_null(DECIMAL),
    ),
)
ANNOTATION = Named(
    "Annotation", fields(category=NAME, description=STRING, displayName=Maybe(STRING), keywords=Maybe(ListOf(NAME)))
)
CONCISE = Named("ConciseAnnotation", fields(category=NAME, displayName=Maybe(STRING), keywords=Maybe(ListOf(NAME))))
TOKEN_DETAILS = Named(
    "TokenDetails",
    fields(
        name=NAME,
        maxSupply=DECIMAL,
        totalSupply=DECIMAL,
        circulatingSupply=DECIMAL,
        szDecimals=COUNT,
        weiDecimals=COUNT,
        midPx=or_null(DECIMAL),
        markPx=DECIMAL,
        prevDayPx=DECIMAL,
        genesis=or_null(
            fields(
                userBalances=ListOf(row(ADDRESS, DECIMAL)),
                existingTokenBalances=ListOf(row(COUNT, DECIMAL)),
                blacklistUsers=ListOf(ADDRESS),
            )
        ),
        deployer=or_null(ADDRESS),
        deployGas=or_null(DECIMAL),
        deployTime=or_null(ISO_TIME),
        seededUsdc=DECIMAL,
        nonCirculatingUserBalances=ListOf(row(ADDRESS, DECIMAL)),
        futureEmissions=DECIMAL,
    ),
)
OUTCOME = Named(
    "Outcome",
    fields(
        outcome=COUNT,
        name=NAME,
        description=STRING,
        sideSpecs=ListOf(fields(name=NAME, token=Maybe(COUNT))),
        quoteToken=NAME,
        deployer=Maybe(ADDRESS),
    ),
)
QUESTION = fields(
    question=COUNT,
    name=NAME,
    description=STRING,
    fallbackOutcome=COUNT,
    namedOutcomes=ListOf(COUNT),
    settledNamedOutcomes=ListOf(COUNT),
)

# Orders and fills.

_ORDER: Mapping[str, Shape] = {
    "coin": NAME,
    "side": SIDE,
    "limitPx": DECIMAL,
    "sz": DECIMAL,
    "oid": COUNT,
    "timestamp": MS,
    "triggerCondition": STRING,
    "isTrigger": FLAG,
    "triggerPx": DECIMAL,
    "children": exactly([]),
    "isPositionTpsl": FLAG,
    "reduceOnly": FLAG,
    "orderType": exactly(
        *("Market", "Limit", "Stop Market", "Stop Limit", "Take Profit Market", "Take Profit Limit"),
        *("Twap Slice", "Vault Close", "Spot Dust Conversion"),
    ),
    "origSz": DECIMAL,
    "tif": or_null(exactly("Gtc", "Ioc", "Alo", "FrontendMarket", "LiquidationMarket")),
    "cloid": or_null(HEX_128),
}
FRONTEND_ORDER = Named("FrontendOpenOrder", Fields({**_ORDER, "children": ListOf(Fields(_ORDER))}))
OPEN_ORDER = fields(
    coin=NAME,
    side=SIDE,
    limitPx=DECIMAL,
    sz=DECIMAL,
    oid=COUNT,
    timestamp=MS,
    origSz=DECIMAL,
    cloid=Maybe(HEX_128),
    reduceOnly=Maybe(exactly(True)),
)
ORDER_STATUS = exactly(
    *("open", "filled", "canceled", "triggered", "rejected", "marginCanceled", "vaultWithdrawalCanceled"),
    *("openInterestCapCanceled", "selfTradeCanceled", "reduceOnlyCanceled", "siblingFilledCanceled"),
    *("delistedCanceled", "liquidatedCanceled", "outcomeSettledCanceled", "scheduledCancel", "internalCancel"),
    *("tickRejected", "minTradeNtlRejected", "minTradeSpotNtlRejected", "perpMarginRejected", "reduceOnlyRejected"),
    *("badAloPxRejected", "iocCancelRejected", "badTriggerPxRejected", "marketOrderNoLiquidityRejected"),
    *("positionIncreaseAtOpenInterestCapRejected", "positionFlipAtOpenInterestCapRejected"),
    *("tooAggressiveAtOpenInterestCapRejected", "openInterestIncreaseRejected", "insufficientSpotBalanceRejected"),
    *("oracleRejected", "perpMaxPositionRejected", "tooManyOpenOrdersRejected"),
)
HISTORY_ROW = Named("OrderStatus", fields(order=FRONTEND_ORDER, status=ORDER_STATUS, statusTimestamp=MS))
FILL = Named(
    "Fill",
    fields(
        coin=NAME,
        px=DECIMAL,
        sz=DECIMAL,
        side=SIDE,
        time=MS,
        startPosition=DECIMAL,
        dir=exactly(
            *("Open Long", "Open Short", "Close Long", "Close Short", "Long > Short", "Short > Long", "Buy", "Sell"),
            *("Auto-Deleveraging", "Net Child Vaults", "Spot Dust Conversion", "Settlement"),
            *("Split Outcome", "Merge Outcome", "Merge Question"),
        ),
        closedPnl=DECIMAL,
        hash=HASH,
        oid=COUNT,
        crossed=FLAG,
        fee=DECIMAL,
        tid=COUNT,
        cloid=Maybe(HEX_128),
        liquidation=Maybe(
            fields(liquidatedUser=Maybe(ADDRESS), markPx=DECIMAL, method=exactly("market", "backstop")),
        ),
        feeToken=NAME,
        builderFee=Maybe(DECIMAL),
        feeTrialEscrow=Maybe(DECIMAL),
        twapId=or_null(COUNT),
    ),
)
TWAP_STATE = Named(
    "TwapState",
    fields(
        coin=NAME,
        user=ADDRESS,
        side=SIDE,
        sz=DECIMAL,
        executedSz=DECIMAL,
        executedNtl=DECIMAL,
        minutes=COUNT,
        reduceOnly=FLAG,
        randomize=FLAG,
        timestamp=MS,
        trigger=Maybe(or_null(fields(px=DECIMAL, above=FLAG))),
        stopPx=Maybe(or_null(DECIMAL)),
    ),
)
TWAP_ROW = Named(
    "TwapRow",
    fields(
        time=SECONDS,
        state=TWAP_STATE,
        status=Tagged(
            "status",
            {
                **{
                    word: fields(status=exactly(word))
                    for word in ("finished", "activated", "terminated", "waitingForTrigger", "stopped")
                },
                "error": fields(status=exactly("error"), description=NAME),
            },
        ),
        twapId=Maybe(COUNT),
    ),
)
SLICE_FILL = Named("SliceFill", fields(fill=FILL, twapId=COUNT))

# Accounts.

LEVERAGE = Named(
    "Leverage",
    Tagged(
        "type",
        {
            "cross": fields(type=exactly("cross"), value=COUNT),
            "isolated": fields(type=exactly("isolated"), value=COUNT, rawUsd=DECIMAL),
        },
    ),
)
_SUMMARY = fields(accountValue=DECIMAL, totalNtlPos=DECIMAL, totalRawUsd=DECIMAL, totalMarginUsed=DECIMAL)
CLEARINGHOUSE = Named(
    "ClearinghouseState",
    fields(
        marginSummary=_SUMMARY,
        crossMarginSummary=_SUMMARY,
        crossMaintenanceMarginUsed=DECIMAL,
        withdrawable=DECIMAL,
        assetPositions=ListOf(
            fields(
                type=exactly("oneWay"),
                position=fields(
                    coin=NAME,
                    szi=DECIMAL,
                    leverage=LEVERAGE,
                    entryPx=DECIMAL,
                    positionValue=DECIMAL,
                    unrealizedPnl=DECIMAL,
                    returnOnEquity=DECIMAL,
                    liquidationPx=or_null(DECIMAL),
                    marginUsed=DECIMAL,
                    maxLeverage=COUNT,
                    cumFunding=fields(allTime=DECIMAL, sinceOpen=DECIMAL, sinceChange=DECIMAL),
                ),
            )
        ),
        time=MS,
    ),
)
SPOT_STATE = Named(
    "SpotState",
    fields(
        balances=ListOf(
            fields(
                coin=NAME,
                token=COUNT,
                total=DECIMAL,
                hold=DECIMAL,
                entryNtl=DECIMAL,
            )
        ),
        portfolioMarginEnabled=Maybe(exactly(True)),
    ),
)
ACTIVE_ASSET = fields(
    user=ADDRESS,
    coin=NAME,
    leverage=LEVERAGE,
    maxTradeSzs=row(DECIMAL, DECIMAL),
    availableToTrade=row(DECIMAL, DECIMAL),
    markPx=DECIMAL,
)
FUNDING = fields(
    time=MS,
    hash=HASH,
    delta=fields(
        type=exactly("funding"),
        coin=NAME,
        usdc=DECIMAL,
        szi=DECIMAL,
        fundingRate=DECIMAL,
        nSamples=or_null(COUNT),
    ),
)


_DELTAS: Mapping[str, Mapping[str, Shape]] = {
    "deposit": {"usdc": DECIMAL},
    "withdraw": {"usdc": DECIMAL, "nonce": COUNT, "fee": DECIMAL},
    "accountClassTransfer": {"usdc": DECIMAL, "toPerp": FLAG},
    "internalTransfer": {"usdc": DECIMAL, "user": ADDRESS, "destination": ADDRESS, "fee": DECIMAL},
    "subAccountTransfer": {"usdc": DECIMAL, "user": ADDRESS, "destination": ADDRESS},
    "spotTransfer": {
        "token": NAME,
        "amount": DECIMAL,
        "usdcValue": DECIMAL,
        "user": ADDRESS,
        "destination": ADDRESS,
        "fee": DECIMAL,
        "nativeTokenFee": DECIMAL,
        "nonce": or_null(COUNT),
        "feeToken": STRING,
    },
    "send": {
        "user": ADDRESS,
        "destination": ADDRESS,
        "sourceDex": STRING,
        "destinationDex": STRING,
        "token": NAME,
        "amount": DECIMAL,
        "usdcValue": DECIMAL,
        "fee": DECIMAL,
        "nativeTokenFee": DECIMAL,
        "nonce": COUNT,
        "feeToken": STRING,
    },
    "spotGenesis": {"token": NAME, "amount": DECIMAL},
    "rewardsClaim": {"amount": DECIMAL, "token": NAME},
    "liquidation": {
        "liquidatedNtlPos": DECIMAL,
        "accountValue": DECIMAL,
        "leverageType": exactly("Cross", "Isolated"),
        "liquidatedPositions": ListOf(fields(coin=NAME, szi=DECIMAL)),
    },
    "vaultCreate": {"vault": ADDRESS, "usdc": DECIMAL, "fee": DECIMAL},
    "vaultDeposit": {"vault": ADDRESS, "usdc": DECIMAL},
    "vaultDistribution": {"vault": ADDRESS, "usdc": DECIMAL},
    "vaultWithdraw": {
        "vault": ADDRESS,
        "user": ADDRESS,
        "requestedUsd": DECIMAL,
        "commission": DECIMAL,
        "closingCost": DECIMAL,
        "basis": DECIMAL,
        "netWithdrawnUsd": DECIMAL,
    },
    "vaultLeaderCommission": {"user": ADDRESS, "usdc": DECIMAL},
    "deployGasAuction": {"token": NAME, "amount": DECIMAL},
    "cStakingTransfer": {"token": NAME, "amount": DECIMAL, "isDeposit": FLAG},
    "borrowLend": {
        "token": NAME,
        "operation": exactly("supply", "withdraw", "repay", "borrow"),
        "amount": DECIMAL,
        "interestAmount": DECIMAL,
    },
    "activateDexAbstraction": {"dex": STRING, "token": NAME, "amount": DECIMAL},
}
LEDGER_ROW = Named(
    "LedgerUpdate",
    fields(
        time=MS,
        hash=HASH,
        delta=Tagged("type", {tag: Fields({"type": exactly(tag), **more}) for tag, more in _DELTAS.items()}),
    ),
)
_STAKING_TIER = fields(bpsOfMaxSupply=DECIMAL, discount=DECIMAL)
USER_FEES = Named(
    "UserFees",
    fields(
        dailyUserVlm=ListOf(fields(date=DATE, userCross=DECIMAL, userAdd=DECIMAL, exchange=DECIMAL)),
        feeSchedule=fields(
            cross=DECIMAL,
            add=DECIMAL,
            spotCross=DECIMAL,
            spotAdd=DECIMAL,
            tiers=fields(
                vip=ListOf(fields(ntlCutoff=DECIMAL, cross=DECIMAL, add=DECIMAL, spotCross=DECIMAL, spotAdd=DECIMAL)),
                mm=ListOf(fields(makerFractionCutoff=DECIMAL, add=DECIMAL)),
            ),
            referralDiscount=DECIMAL,
            stakingDiscountTiers=ListOf(_STAKING_TIER),
        ),
        userCrossRate=DECIMAL,
        userAddRate=DECIMAL,
        userSpotCrossRate=DECIMAL,
        userSpotAddRate=DECIMAL,
        activeReferralDiscount=DECIMAL,
        trial=NULL,
        feeTrialEscrow=DECIMAL,
        nextTrialAvailableTimestamp=NULL,
        stakingLink=or_null(
            Tagged(
                "type",
                {
                    "requested": fields(type=exactly("requested"), stakingUser=ADDRESS),
                    "tradingUser": fields(type=exactly("tradingUser"), stakingUser=ADDRESS),
                    "stakingUser": fields(type=exactly("stakingUser"), tradingUser=ADDRESS),
                },
            )
        ),
        activeStakingDiscount=_STAKING_TIER,
    ),
)
ROLE = Tagged(
    "role",
    {
        "user": fields(role=exactly("user")),
        "missing": fields(role=exactly("missing")),
        "vault": fields(role=exactly("vault")),
        "agent": fields(role=exactly("agent"), data=fields(user=ADDRESS)),
        "subAccount": fields(role=exactly("subAccount"), data=fields(master=ADDRESS)),
    },
)
_PERIOD = fields(
    accountValueHistory=ListOf(row(MS, DECIMAL)),
    pnlHistory=ListOf(row(MS, DECIMAL)),
    vlm=DECIMAL,
)
PORTFOLIO = Named(
    "Portfolio",
    Row(
        tuple(
            row(exactly(name), _PERIOD)
            for name in ("day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime")
        )
    ),
)
_TOKEN_REWARDS = fields(cumVlm=DECIMAL, unclaimedRewards=DECIMAL, claimedRewards=DECIMAL, builderRewards=DECIMAL)
_REFERRED = fields(
    cumVlm=DECIMAL,
    cumRewardedFeesSinceReferred=DECIMAL,
    cumFeesRewardedToReferrer=DECIMAL,
    timeJoined=MS,
    user=ADDRESS,
    tokenToState=ListOf(
        row(COUNT, fields(cumVlm=DECIMAL, cumRewardedFeesSinceReferred=DECIMAL, cumFeesRewardedToReferrer=DECIMAL))
    ),
)
REFERRAL = Named(
    "Referral",
    fields(
        referredBy=or_null(fields(referrer=ADDRESS, code=NAME)),
        cumVlm=DECIMAL,
        unclaimedRewards=DECIMAL,
        claimedRewards=DECIMAL,
        builderRewards=DECIMAL,
        referrerState=Tagged(
            "stage",
            {
                "ready": fields(
                    stage=exactly("ready"),
                    data=fields(code=NAME, nReferrals=COUNT, referralStates=ListOf(_REFERRED)),
                ),
                "needToCreateCode": fields(stage=exactly("needToCreateCode")),
                "needToTrade": fields(stage=exactly("needToTrade"), data=fields(required=DECIMAL)),
            },
        ),
        rewardHistory=ListOf(fields(earned=DECIMAL, vlm=DECIMAL, referralVlm=DECIMAL, time=MS)),
        tokenToState=ListOf(row(COUNT, _TOKEN_REWARDS)),
    ),
)
_ABSTRACTION = exactly("unifiedAccount", "portfolioMargin", "disabled", "default")
SUB_ACCOUNT = fields(
    name=NAME, subAccountUser=ADDRESS, master=ADDRESS, clearinghouseState=CLEARINGHOUSE, spotState=SPOT_STATE
)
SUB_ACCOUNT_2 = fields(
    name=NAME,
    subAccountUser=ADDRESS,
    master=ADDRESS,
    dexToClearinghouseState=ListOf(row(STRING, CLEARINGHOUSE)),
    spotState=SPOT_STATE,
    abstraction=Maybe(_ABSTRACTION),
)
LENDING = fields(basis=DECIMAL, value=DECIMAL)
RESERVE = Named(
    "Reserve",
    fields(
        borrowYearlyRate=DECIMAL,
        supplyYearlyRate=DECIMAL,
        balance=DECIMAL,
        utilization=DECIMAL,
        oraclePx=DECIMAL,
        ltv=DECIMAL,
        totalSupplied=DECIMAL,
        totalBorrowed=DECIMAL,
    ),
)

# Vaults, staking, validators.


def _follower(user: Shape) -> Fields:
    return fields(
        user=user,
        vaultEquity=DECIMAL,
        pnl=DECIMAL,
        allTimePnl=DECIMAL,
        daysFollowing=COUNT,
        vaultEntryTime=MS,
        lockupUntil=MS,
    )


_RELATIONSHIP = Named(
    "Relationship",
    Tagged(
        "type",
        {
            "normal": fields(type=exactly("normal")),
            "child": fields(type=exactly("child")),
            "parent": fields(type=exactly("parent"), data=fields(childAddresses=ListOf(ADDRESS))),
        },
    ),
)
VAULT_DETAILS = Named(
    "VaultDetails",
    fields(
        name=NAME,
        vaultAddress=ADDRESS,
        leader=ADDRESS,
        description=STRING,
        portfolio=PORTFOLIO,
        apr=REAL,
        followerState=or_null(_follower(ADDRESS)),
        leaderFraction=REAL,
        leaderCommission=REAL,
        followers=ListOf(_follower(one_of(leader=exactly("Leader"), depositor=ADDRESS))),
        maxDistributable=REAL,
        maxWithdrawable=REAL,
        isClosed=FLAG,
        relationship=_RELATIONSHIP,
        allowDeposits=FLAG,
        alwaysCloseOnWithdraw=FLAG,
    ),
)
VAULT_NAME = fields(address=ADDRESS, name=NAME)
_VALIDATOR_STATS = fields(uptimeFraction=DECIMAL, predictedApr=DECIMAL, nSamples=COUNT)
VALIDATOR = Named(
    "Validator",
    fields(
        validator=ADDRESS,
        signer=ADDRESS,
        name=NAME,
        description=STRING,
        nRecentBlocks=COUNT,
        stake=COUNT,
        isJailed=FLAG,
        unjailableAfter=or_null(MS),
        isActive=FLAG,
        commission=DECIMAL,
        stats=Row(tuple(row(exactly(period), _VALIDATOR_STATS) for period in ("day", "week", "month"))),
    ),
)

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
    "userAbstraction": _ABSTRACTION,
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
            relationship=_RELATIONSHIP,
            createTimeMillis=MS,
        )
    ),
}
"""By request type."""
