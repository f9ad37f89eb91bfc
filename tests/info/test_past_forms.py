"""Forms that the real exchange had once, each by the switch of a profile."""

import json
from typing import Any

import msgspec
import pytest

from hlmock.info import InfoAnswer, answer, decode
from support.trading import ALICE, NOW_MS, Trading

HOUR_MS = 3_600_000


@pytest.fixture
def trading() -> Trading:
    return Trading()


def switch(trading: Trading, **switches: Any) -> None:
    trading.exchange.profile = msgspec.structs.replace(trading.exchange.profile, **switches)


def ask(trading: Trading, type_: str, **fields: Any) -> Any:
    request = decode(json.dumps({"type": type_, **fields}).encode(), "application/json")
    assert not isinstance(request, InfoAnswer), request
    return json.loads(answer(trading.exchange, request, trading.now_ms).body)


@pytest.mark.parametrize(
    ("switches", "keys"),
    [
        ({}, ["universe", "marginTables", "collateralToken"]),
        ({"meta_names_collateral": False}, ["universe", "marginTables"]),
        ({"meta_names_collateral": False, "meta_has_margin_tables": False}, ["universe"]),
    ],
)
def test_meta_grew_over_time(trading: Trading, switches: dict[str, bool], keys: list[str]) -> None:
    switch(trading, **switches)
    for found in (
        ask(trading, "meta"),
        ask(trading, "metaAndAssetCtxs")[0],
        *ask(trading, "allPerpMetas"),
        ask(trading, "webData2", user=ALICE)["meta"],
    ):
        assert list(found) == keys


def test_dexes_lost_their_fee_scale_and_gained_funding_terms(trading: Trading) -> None:
    common = [
        *("name", "fullName", "deployer", "oracleUpdater", "feeRecipient"),
        *("assetToStreamingOiCap", "subDeployers"),
    ]
    scale = ["deployerFeeScale", "lastDeployerFeeScaleChangeTime"]
    switch(trading, dexes_have_funding_terms=False)
    assert list(ask(trading, "perpDexs")[1]) == [*common, *scale, "assetToFundingMultiplier"]
    switch(trading, dexes_have_funding_terms=True, dexes_have_fee_scales=False)
    assert list(ask(trading, "perpDexs")[1]) == [
        *common,
        *("assetToFundingMultiplier", "assetToFundingInterestRate", "assetToFundingClamp"),
    ]


def test_open_orders_had_no_original_size(trading: Trading) -> None:
    trading.order(ALICE, "BTC", "B", "60000", "0.5")
    switch(trading, open_orders_have_orig_sz=False)
    assert list(ask(trading, "openOrders", user=ALICE)[0]) == ["coin", "side", "limitPx", "sz", "oid", "timestamp"]


def test_fills_by_time_began_with_the_newest(trading: Trading) -> None:
    for px in ("66000", "66100"):
        trading.trade("BTC", px, "0.1")
        trading.now_ms += 1
    switch(trading, fills_by_time_newest_first=True)
    asked = {"user": ALICE, "startTime": 0}
    assert [fill["px"] for fill in ask(trading, "userFillsByTime", **asked)] == ["66100.0", "66000.0"]
    assert [fill["px"] for fill in ask(trading, "userFillsByTime", **asked, reversed=True)] == ["66000.0", "66100.0"]


def test_the_rate_limit_had_three_keys(trading: Trading) -> None:
    switch(trading, request_surplus=False)
    assert list(ask(trading, "userRateLimit", user=ALICE)) == ["cumVlm", "nRequestsUsed", "nRequestsCap"]


def test_a_time_range_held_more_rows(trading: Trading) -> None:
    switch(trading, rows_by_time=5_000)
    rows = ask(trading, "fundingHistory", coin="BTC", startTime=NOW_MS - 600 * HOUR_MS)
    assert len(rows) == 601
