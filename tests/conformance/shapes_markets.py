"""Shapes of markets: perps, spot pairs, books, candles, contexts, outcomes."""

from support.conformance import (
    ADDRESS,
    COUNT,
    DECIMAL,
    FLAG,
    HASH,
    HEX_128,
    INTEGER,
    ISO_TIME,
    MS,
    NAME,
    SECONDS,
    SIDE,
    STRING,
    ListOf,
    Maybe,
    Named,
    exactly,
    fields,
    or_null,
    row,
)

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
