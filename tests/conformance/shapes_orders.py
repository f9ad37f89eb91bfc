"""Shapes of orders, fills and TWAPs."""

from collections.abc import Mapping

from support.conformance import (
    ADDRESS,
    COUNT,
    DECIMAL,
    FLAG,
    HASH,
    HEX_128,
    MS,
    NAME,
    SECONDS,
    SIDE,
    STRING,
    Fields,
    ListOf,
    Maybe,
    Named,
    Shape,
    Tagged,
    exactly,
    fields,
    or_null,
)

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
