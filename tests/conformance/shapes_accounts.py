"""Shapes of accounts: states, ledgers, fees, portfolios, referrals, lending."""

from collections.abc import Mapping

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
    STRING,
    Fields,
    ListOf,
    Maybe,
    Named,
    Row,
    Shape,
    Tagged,
    exactly,
    fields,
    or_null,
    row,
)

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
ABSTRACTION = exactly("unifiedAccount", "portfolioMargin", "disabled", "default")
SUB_ACCOUNT = fields(
    name=NAME, subAccountUser=ADDRESS, master=ADDRESS, clearinghouseState=CLEARINGHOUSE, spotState=SPOT_STATE
)
SUB_ACCOUNT_2 = fields(
    name=NAME,
    subAccountUser=ADDRESS,
    master=ADDRESS,
    dexToClearinghouseState=ListOf(row(STRING, CLEARINGHOUSE)),
    spotState=SPOT_STATE,
    abstraction=Maybe(ABSTRACTION),
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
