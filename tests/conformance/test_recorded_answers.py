"""The shapes hold for what the real exchange answered: recorded answers and those of its documentation, cut short."""

import json

import pytest

from conformance.shapes_info import SHAPES
from support.conformance import faults_of

RECORDED: list[tuple[str, str]] = [
    (
        "meta",
        """{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40,"marginTableId":56},
        {"szDecimals":1,"name":"MATIC","maxLeverage":20,"marginTableId":20,"isDelisted":true}],
        "marginTables":[[50,{"description":"","marginTiers":[{"lowerBound":"0.0","maxLeverage":50}]}],
        [51,{"description":"tiered 10x","marginTiers":[{"lowerBound":"0.0","maxLeverage":10},
        {"lowerBound":"3000000.0","maxLeverage":5}]}]],"collateralToken":0}""",
    ),
    ("perpDexs", "[null]"),
    ("allMids", '{"BTC":"30135.0","@1":"21.522","PURR/USDC":"0.14","#1230":"0.5"}'),
    (
        "l2Book",
        """{"coin":"BTC","time":1754450974231,"levels":[[{"px":"113377.0","sz":"7.6699","n":17}],
        [{"px":"113397.0","sz":"0.11543","n":3}]]}""",
    ),
    ("l2Book", "null"),
    (
        "candleSnapshot",
        """[{"t":1681923600000,"T":1681924499999,"s":"BTC","i":"15m","o":"29295.0","c":"29258.0",
        "h":"29309.0","l":"29250.0","v":"0.98639","n":189}]""",
    ),
    (
        "fundingHistory",
        '[{"coin":"BTC","fundingRate":"0.0000125","premium":"0.00029005","time":1769908800000}]',
    ),
    (
        "predictedFundings",
        """[["AVAX",[["BinPerp",{"fundingRate":"0.0001","nextFundingTime":1733961600000,"fundingIntervalHours":8}],
        ["HlPerp",{"fundingRate":"0.0000125","nextFundingTime":1733958000000,"fundingIntervalHours":1}],
        ["BybitPerp",null]]]]""",
    ),
    ("perpsAtOpenInterestCap", '["BADGER","CANTO"]'),
    (
        "perpDeployAuctionStatus",
        """{"startTimeSeconds":1765623600,"durationSeconds":111600,"startGas":"1830.62","currentGas":"1369.88",
        "endGas":null}""",
    ),
    (
        "perpDexLimits",
        """{"totalOiCap":"400000000.0","oiSzCapPerPerp":"1000000000.0","maxTransferNtl":"150000000.0",
        "coinToOiCap":[["xyz:AAPL","25000000.0"]]}""",
    ),
    ("perpDexLimits", "null"),
    ("perpDexStatus", '{"totalNetDeposit":"44452174.1128069982"}'),
    ("exchangeStatus", '{"specialStatuses":null,"time":1787195273903}'),
    (
        "spotMeta",
        """{"universe":[{"tokens":[1,0],"name":"PURR/USDC","index":0,"isCanonical":true},
        {"tokens":[2,0],"name":"@1","index":1,"isCanonical":false}],
        "tokens":[{"name":"USDC","szDecimals":8,"weiDecimals":8,"index":0,
        "tokenId":"0x6d1e7cde53ba9467b783cb7c530ce054","isCanonical":true,"evmContract":null,"fullName":null,
        "deployerTradingFeeShare":"0.0"},{"name":"PURR","szDecimals":0,"weiDecimals":5,"index":1,
        "tokenId":"0xc1fb593aeffbeb02f85e0308e9956a90","isCanonical":true,
        "evmContract":{"address":"0x9b498c3c8a0b8cd8ba1d9851d40d186f1872b44e","evm_extra_wei_decimals":13},
        "fullName":null,"deployerTradingFeeShare":"0.0"}]}""",
    ),
    (
        "clearinghouseState",
        """{"marginSummary":{"accountValue":"13109.48","totalNtlPos":"100.02765","totalRawUsd":"13009.45",
        "totalMarginUsed":"4.967826"},"crossMarginSummary":{"accountValue":"13104.51","totalNtlPos":"0.0",
        "totalRawUsd":"13104.51","totalMarginUsed":"0.0"},"crossMaintenanceMarginUsed":"0.0",
        "withdrawable":"13104.51","assetPositions":[{"type":"oneWay","position":{"coin":"ETH","szi":"0.0335",
        "leverage":{"type":"isolated","value":20,"rawUsd":"-95.059824"},"entryPx":"2986.3",
        "positionValue":"100.02765","unrealizedPnl":"-0.0134","returnOnEquity":"-0.0026789",
        "liquidationPx":"2866.26936529","marginUsed":"4.967826","maxLeverage":50,
        "cumFunding":{"allTime":"514.085417","sinceOpen":"0.0","sinceChange":"0.0"}}}],"time":1708622398623}""",
    ),
    (
        "openOrders",
        """[{"coin":"BTC","side":"A","limitPx":"29792.0","sz":"5.0","oid":91490942,"timestamp":1681247412573,
        "origSz":"5.0"}]""",
    ),
    (
        "frontendOpenOrders",
        """[{"coin":"INJ","side":"A","limitPx":"9.2037","sz":"12.5","oid":3184595907,"timestamp":1700126022555,
        "triggerCondition":"Price above 10.004","isTrigger":true,"triggerPx":"10.004","children":[],
        "isPositionTpsl":false,"reduceOnly":true,"orderType":"Take Profit Market","origSz":"12.5","tif":null,
        "cloid":null}]""",
    ),
    ("orderStatus", '{"status":"unknownOid"}'),
    (
        "orderStatus",
        """{"status":"order","order":{"order":{"coin":"ETH","side":"B","limitPx":"4650.4","sz":"0.0",
        "oid":37907159219,"timestamp":1755857898644,"triggerCondition":"N/A","isTrigger":false,"triggerPx":"0.0",
        "children":[],"isPositionTpsl":false,"reduceOnly":false,"orderType":"Market","origSz":"0.0025",
        "tif":"FrontendMarket","cloid":null},"status":"filled","statusTimestamp":1755857898644}}""",
    ),
    (
        "userFunding",
        """[{"time":1681948800000,"hash":"HASH","delta":{"type":"funding","coin":"APE","usdc":"0.145796",
        "szi":"40.13333333","fundingRate":"-0.00029319","nSamples":null}}]""",
    ),
    (
        "userFillsByTime",
        """[{"coin":"ETH","px":"4307.4","sz":"0.0025","side":"B","time":1755857898644,"startPosition":"0.0",
        "dir":"Open Long","closedPnl":"0.0","hash":"HASH","oid":37907159219,"crossed":true,"fee":"0.004845",
        "tid":1070455675927460,"feeToken":"USDC","twapId":null}]""",
    ),
    (
        "activeAssetData",
        """{"user":"ADDRESS","coin":"HYPE","leverage":{"type":"cross","value":10},"maxTradeSzs":["72.42","72.42"],
        "availableToTrade":["680.955673","680.955673"],"markPx":"94.017"}""",
    ),
    (
        "spotClearinghouseState",
        """{"balances":[{"coin":"USDC","token":0,"total":"19.9969993","hold":"0.0","entryNtl":"0.0"},
        {"coin":"HYPE","token":1105,"total":"0.24965","hold":"0.2","entryNtl":"24.982487"}]}""",
    ),
    (
        "userRateLimit",
        '{"cumVlm":"2854574.593578","nRequestsUsed":2890,"nRequestsCap":2864574,"nRequestsSurplus":0}',
    ),
    ("userRole", '{"role":"agent","data":{"user":"ADDRESS"}}'),
    ("userRole", '{"role":"subAccount","data":{"master":"ADDRESS"}}'),
    ("extraAgents", '[{"name":"ok","address":"ADDRESS","validUntil":1767776120478}]'),
    (
        "userVaultEquities",
        '[{"vaultAddress":"ADDRESS","equity":"688536.03","lockedUntilTimestamp":1737697731869}]',
    ),
    ("subAccounts", "null"),
    ("userAbstraction", '"unifiedAccount"'),
    ("maxBuilderFee", "0"),
    ("delegations", '[{"validator":"ADDRESS","amount":"12060.16","lockedUntilTimestamp":1735466781353}]'),
    (
        "delegatorSummary",
        '{"delegated":"12060.16","undelegated":"0.0","totalPendingWithdrawal":"0.0","nPendingWithdrawals":0}',
    ),
    (
        "delegatorHistory",
        """[{"time":1735380381353,"hash":"HASH",
        "delta":{"delegate":{"validator":"ADDRESS","amount":"10000.0","isUndelegate":false}}}]""",
    ),
    ("preTransferCheck", '{"fee":"1.0","isSanctioned":false,"userExists":true,"userHasSentTx":true}'),
]


@pytest.mark.parametrize(("type_", "text"), RECORDED, ids=[type_ for type_, _ in RECORDED])
def test_what_the_real_exchange_answered_has_the_shape(type_: str, text: str) -> None:
    answer = text.replace("ADDRESS", "0x" + "5a" * 20).replace("HASH", "0x" + "7d" * 32)
    assert faults_of(SHAPES[type_], json.loads(answer)) == []
