"""Answers come from the exchange's state, in the forms and orders of the real ones."""

import json
from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange.model.positions import FundingPayment
from hlmock.info import InfoAnswer, answer, decode
from hlmock.wire.addresses import Address
from support.trading import ALICE, BOB, NOW_MS, Trading, cloid_of, oid_of

STRANGER = Address("0x" + "5" * 40)
HOUR_MS = 3_600_000


@pytest.fixture
def trading() -> Trading:
    return Trading()


def ask_raw(trading: Trading, type_: str, **fields: Any) -> InfoAnswer:
    request = decode(json.dumps({"type": type_, **fields}).encode(), "application/json")
    assert not isinstance(request, InfoAnswer), request
    return answer(trading.exchange, request, trading.now_ms)


def ask(trading: Trading, type_: str, **fields: Any) -> Any:
    found = ask_raw(trading, type_, **fields)
    assert (found.status, found.content_type) == (200, "application/json")
    return json.loads(found.body)


# What is not there.


@pytest.mark.parametrize(
    "fields",
    [
        {"type_": "metaAndAssetCtxs", "dex": "nope"},
        {"type_": "meta", "dex": "nope"},
        {"type_": "clearinghouseState", "user": ALICE, "dex": "nope"},
        {"type_": "fundingHistory", "coin": "KPEPE", "startTime": 0},
        {"type_": "candleSnapshot", "req": {"coin": "btc", "interval": "1m", "startTime": 0}},
        {"type_": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 1},
        {"type_": "activeAssetData", "user": ALICE, "coin": "@107"},
        {"type_": "marginTable", "id": 49_999},
    ],
    ids=str,
)
def test_what_does_not_exist_is_answered_with_500_and_null(trading: Trading, fields: dict[str, Any]) -> None:
    found = ask_raw(trading, **fields)
    assert (found.status, found.content_type, found.body) == (500, "application/json", b"null")


def test_the_book_of_an_unknown_coin_is_null(trading: Trading) -> None:
    assert ask(trading, "l2Book", coin="btc") is None


def test_the_book_of_a_delisted_coin_is_empty(trading: Trading) -> None:
    assert ask(trading, "l2Book", coin="MATIC") == {"coin": "MATIC", "time": NOW_MS, "levels": [[], []]}


@pytest.mark.parametrize("type_", ["openOrders", "frontendOpenOrders", "historicalOrders", "userFills", "userFunding"])
def test_an_unknown_user_has_empty_lists(trading: Trading, type_: str) -> None:
    assert ask(trading, type_, user=STRANGER) == []


def test_an_unknown_user_has_a_state_of_zeroes(trading: Trading) -> None:
    found = ask_raw(trading, "clearinghouseState", user=STRANGER).body.decode()
    zeroes = '{"accountValue":"0.0","totalNtlPos":"0.0","totalRawUsd":"0.0","totalMarginUsed":"0.0"}'
    assert found == (
        f'{{"marginSummary":{zeroes},"crossMarginSummary":{zeroes},"crossMaintenanceMarginUsed":"0.0",'
        f'"withdrawable":"0.0","assetPositions":[],"time":{NOW_MS}}}'
    )


def test_asking_opens_no_account(trading: Trading) -> None:
    ask(trading, "clearinghouseState", user=STRANGER)
    assert STRANGER not in trading.exchange.accounts


# Orders.


def test_open_orders_are_newest_first_and_say_cloid_only_when_there_is_one(trading: Trading) -> None:
    first = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    second = oid_of(trading.order(ALICE, "ETH", "A", "2500", "1", cloid=cloid_of(7)))
    rows = ask(trading, "openOrders", user=ALICE)
    assert [row["oid"] for row in rows] == [second, first]
    assert list(rows[0]) == ["coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz", "cloid"]
    assert list(rows[1]) == ["coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz"]


def test_frontend_orders_have_every_key(trading: Trading) -> None:
    oid = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    assert ask(trading, "frontendOpenOrders", user=ALICE) == [
        {
            "coin": "BTC",
            "side": "B",
            "limitPx": "60000.0",
            "sz": "0.5",
            "oid": oid,
            "timestamp": NOW_MS,
            "triggerCondition": "N/A",
            "isTrigger": False,
            "triggerPx": "0.0",
            "children": [],
            "isPositionTpsl": False,
            "reduceOnly": False,
            "orderType": "Limit",
            "origSz": "0.5",
            "tif": "Gtc",
            "cloid": None,
        }
    ]


def test_orders_of_another_dex_are_asked_for_by_its_name(trading: Trading) -> None:
    oid = oid_of(trading.order(ALICE, "xyz:TSLA", "B", "390", "1"))
    assert ask(trading, "openOrders", user=ALICE) == []
    assert [row["oid"] for row in ask(trading, "openOrders", user=ALICE, dex="xyz")] == [oid]


def test_an_order_is_found_by_oid_and_by_cloid(trading: Trading) -> None:
    oid = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5", cloid=cloid_of(7)))
    by_oid = ask(trading, "orderStatus", user=ALICE, oid=oid)
    assert by_oid == ask(trading, "orderStatus", user=ALICE, oid=cloid_of(7))
    assert (by_oid["status"], by_oid["order"]["status"], by_oid["order"]["order"]["oid"]) == ("order", "open", oid)


def test_another_users_order_is_unknown(trading: Trading) -> None:
    oid = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    assert ask(trading, "orderStatus", user=BOB, oid=oid) == {"status": "unknownOid"}


def test_the_old_mocks_profile_says_unknown_cloid() -> None:
    assert ask(Trading(profile="recomma-mock"), "orderStatus", user=ALICE, oid=1) == {"status": "unknown_cloid"}


def test_a_partial_fill_does_not_show_in_the_order_status(trading: Trading) -> None:
    trading.exchange.set_quote("BTC", None, None, None, None, NOW_MS)
    oid = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    trading.order(BOB, "BTC", "A", "60000", "0.2")
    found = ask(trading, "orderStatus", user=ALICE, oid=oid)["order"]
    assert (found["status"], found["order"]["sz"]) == ("open", "0.5")
    assert ask(trading, "openOrders", user=ALICE)[0]["sz"] == "0.3"


def test_history_has_one_row_per_status_change_newest_first(trading: Trading) -> None:
    oid = oid_of(trading.order(ALICE, "BTC", "B", "60000", "0.5"))
    trading.now_ms += 1
    trading.cancel(ALICE, "BTC", oid)
    rows = ask(trading, "historicalOrders", user=ALICE)
    assert [(row["status"], row["statusTimestamp"], row["order"]["oid"]) for row in rows] == [
        ("canceled", NOW_MS + 1, oid),
        ("open", NOW_MS, oid),
    ]


# Fills.


def trade_thrice(trading: Trading) -> None:
    for px in ("66000", "66100", "66200"):
        trading.trade("BTC", px, "0.1")
        trading.now_ms += 10


def test_user_fills_are_newest_first_and_by_time_oldest_first(trading: Trading) -> None:
    trade_thrice(trading)
    newest_first = [fill["px"] for fill in ask(trading, "userFills", user=ALICE)]
    by_time = ask(trading, "userFillsByTime", user=ALICE, startTime=0)
    assert newest_first == ["66200.0", "66100.0", "66000.0"]
    assert [fill["px"] for fill in by_time] == newest_first[::-1]


def test_fills_by_time_can_be_reversed(trading: Trading) -> None:
    trade_thrice(trading)
    rows = ask(trading, "userFillsByTime", user=ALICE, startTime=0, reversed=True)
    assert [fill["px"] for fill in rows] == ["66200.0", "66100.0", "66000.0"]


def test_both_ends_of_a_time_range_are_inclusive(trading: Trading) -> None:
    trade_thrice(trading)
    rows = ask(trading, "userFillsByTime", user=ALICE, startTime=NOW_MS, endTime=NOW_MS + 10)
    assert [fill["time"] for fill in rows] == [NOW_MS, NOW_MS + 10]


def test_fills_of_one_crossing_order_merge_when_asked_for(trading: Trading) -> None:
    trading.exchange.set_quote("BTC", None, None, None, None, NOW_MS)
    for px in ("66000", "66010"):
        trading.order(BOB, "BTC", "A", px, "0.1")
    trading.order(ALICE, "BTC", "B", "66010", "0.2")
    merged = ask(trading, "userFills", user=ALICE, aggregateByTime=True)
    assert [(fill["px"], fill["sz"]) for fill in merged] == [("66005.0", "0.2")]
    assert len(ask(trading, "userFills", user=ALICE)) == len(ask(trading, "userFills", user=BOB)) == 2


def test_time_ranged_lists_stop_at_500_rows_counted_from_the_oldest(trading: Trading) -> None:
    trading.exchange.accounts[ALICE].fundings += [
        FundingPayment(ALICE, NOW_MS + hour, "ETH", Decimal(1), Decimal(-2), Decimal("0.0001"), None, "0x")
        for hour in range(600)
    ]
    trading.now_ms += 1_000
    rows = ask(trading, "userFunding", user=ALICE, startTime=NOW_MS + 1)
    assert (len(rows), rows[0]["time"], rows[-1]["time"]) == (500, NOW_MS + 1, NOW_MS + 500)
    assert rows[0] == {
        "time": NOW_MS + 1,
        "hash": "0x",
        "delta": {
            "type": "funding",
            "coin": "ETH",
            "usdc": "1.0",
            "szi": "-2.0",
            "fundingRate": "0.0001",
            "nSamples": None,
        },
    }


def test_a_deposit_is_in_the_ledger(trading: Trading) -> None:
    trading.exchange.fund(ALICE, Decimal("12.5"), NOW_MS)
    (row,) = ask(trading, "userNonFundingLedgerUpdates", user=ALICE, startTime=0, endTime=None)
    assert (list(row), row["delta"]) == (["time", "hash", "delta"], {"type": "deposit", "usdc": "12.5"})


# Positions and balances.


def test_a_position_takes_the_recorded_form(trading: Trading) -> None:
    trading.trade("BTC", "66000", "0.5")
    trading.exchange.set_quote("BTC", Decimal(67_000), None, Decimal(67_002), None, NOW_MS)
    state = ask(trading, "clearinghouseState", user=ALICE)
    (row,) = state["assetPositions"]
    assert row == {
        "type": "oneWay",
        "position": {
            "coin": "BTC",
            "szi": "0.5",
            "leverage": {"type": "cross", "value": 20},
            "entryPx": "66000.0",
            "positionValue": "33500.5",
            "unrealizedPnl": "500.5",
            "returnOnEquity": "0.30333333",
            "liquidationPx": None,
            "marginUsed": "1675.025",
            "maxLeverage": 40,
            "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
        },
    }
    # The fee of the taker was 66000 * 0.5 * 0.00045.
    assert state["marginSummary"]["accountValue"] == "1000485.65"
    assert state["marginSummary"] == state["crossMarginSummary"]
    assert state["crossMaintenanceMarginUsed"] == "418.75625"
    assert state["withdrawable"] == "997135.6"


def test_a_position_of_another_dex_is_in_that_dex_only(trading: Trading) -> None:
    trading.trade("xyz:TSLA", "400", "10")
    assert ask(trading, "clearinghouseState", user=ALICE)["assetPositions"] == []
    (row,) = ask(trading, "clearinghouseState", user=ALICE, dex="xyz")["assetPositions"]
    assert (row["position"]["coin"], row["position"]["leverage"]["type"]) == ("xyz:TSLA", "isolated")


def test_what_can_be_traded_is_the_free_margin_times_the_leverage(trading: Trading) -> None:
    assert ask(trading, "activeAssetData", user=ALICE.upper().replace("0X", "0x"), coin="BTC") == {
        "user": ALICE,
        "coin": "BTC",
        "leverage": {"type": "cross", "value": 20},
        "maxTradeSzs": ["301.45906", "301.45906"],
        "availableToTrade": ["1000000.0", "1000000.0"],
        "markPx": "66344.0",
    }


def test_spot_balances_say_what_open_orders_hold(trading: Trading) -> None:
    trading.order(ALICE, "@107", "B", "40", "2")
    assert ask(trading, "spotClearinghouseState", user=ALICE) == {
        "balances": [{"coin": "USDC", "token": 0, "total": "1000000.0", "hold": "80.0", "entryNtl": "0.0"}]
    }


def test_several_states_come_in_the_order_of_the_request(trading: Trading) -> None:
    states = ask(trading, "batchClearinghouseStates", users=[STRANGER, ALICE])
    assert [state["withdrawable"] for state in states] == ["0.0", "1000000.0"]


# Who an account is.


def test_roles(trading: Trading) -> None:
    trading.act(ALICE, {"type": "createSubAccount", "name": "sub"})
    sub = trading.exchange.led[ALICE][0]
    assert ask(trading, "userRole", user=ALICE) == {"role": "user"}
    assert ask(trading, "userRole", user=STRANGER) == {"role": "missing"}
    assert ask(trading, "userRole", user=sub) == {"role": "subAccount", "data": {"master": ALICE}}


def approve_agent(trading: Trading, name: str | None) -> None:
    action = {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": STRANGER,
        "agentName": name,
        "nonce": NOW_MS + 1,
    }
    assert trading.act(ALICE, action).accepted


def test_an_agents_role_names_its_master(trading: Trading) -> None:
    approve_agent(trading, "bot")
    assert ask(trading, "userRole", user=STRANGER) == {"role": "agent", "data": {"user": ALICE}}
    assert [(agent["name"], agent["address"]) for agent in ask(trading, "extraAgents", user=ALICE)] == [
        ("bot", STRANGER)
    ]


def test_an_agents_own_data_is_empty(trading: Trading) -> None:
    approve_agent(trading, None)
    trading.order(ALICE, "BTC", "B", "60000", "0.5")
    assert ask(trading, "openOrders", user=STRANGER) == []


def test_sub_accounts_are_null_when_there_are_none(trading: Trading) -> None:
    assert ask(trading, "subAccounts", user=ALICE) is None


def test_a_sub_account_comes_with_its_states(trading: Trading) -> None:
    trading.act(ALICE, {"type": "createSubAccount", "name": "sub"})
    (sub,) = ask(trading, "subAccounts", user=ALICE)
    (sub2,) = ask(trading, "subAccounts2", user=ALICE)
    assert list(sub) == ["name", "subAccountUser", "master", "clearinghouseState", "spotState"]
    assert (sub["name"], sub["master"]) == ("sub", ALICE)
    assert [dex for dex, _ in sub2["dexToClearinghouseState"]] == ["", "xyz"]


def test_volume_counts_for_the_rate_limit_and_the_days_fees(trading: Trading) -> None:
    trading.trade("BTC", "66000", "0.50001")
    limit = ask(trading, "userRateLimit", user=ALICE)
    yesterday, today = ask(trading, "userFees", user=ALICE)["dailyUserVlm"][-2:]
    assert limit == {"cumVlm": "33000.66", "nRequestsUsed": 1, "nRequestsCap": 43_000, "nRequestsSurplus": 0}
    everybody = Decimal(today.pop("exchange"))
    assert today == {"date": "2026-08-20", "userCross": "33000.66", "userAdd": "0.0"}
    assert everybody - Decimal(yesterday["exchange"]) == Decimal("33000.66")


def test_the_rates_of_user_fees_are_those_that_fills_pay(trading: Trading) -> None:
    trading.trade("BTC", "66000", "1")
    fees = ask(trading, "userFees", user=ALICE)
    (taken,) = ask(trading, "userFills", user=ALICE)
    (made,) = ask(trading, "userFills", user=BOB)
    for fill, rate in ((taken, "userCrossRate"), (made, "userAddRate")):
        assert Decimal(fill["fee"]) == 66_000 * Decimal(fees[rate])


def test_the_portfolio_has_eight_periods_and_their_profit(trading: Trading) -> None:
    trading.trade("BTC", "66000", "0.5")
    trading.exchange.set_quote("BTC", Decimal(67_000), None, Decimal(67_002), None, NOW_MS)
    periods = ask(trading, "portfolio", user=ALICE)
    assert [name for name, _ in periods] == [
        *("day", "week", "month", "allTime"),
        *("perpDay", "perpWeek", "perpMonth", "perpAllTime"),
    ]
    day = dict(periods)["perpDay"]
    assert (day["pnlHistory"][-1], day["vlm"]) == ([NOW_MS, "485.65"], "33000.0")
    assert day["accountValueHistory"] == [[NOW_MS - 24 * HOUR_MS, "1000000.0"], [NOW_MS, "1000485.65"]]


# Markets.


def test_the_book_has_the_orders_and_the_quote(trading: Trading) -> None:
    trading.order(ALICE, "BTC", "B", "66343", "0.3")
    book = ask(trading, "l2Book", coin="BTC")
    assert book["levels"][0][0] == {"px": "66343.0", "sz": "4.0", "n": 2}


def test_candles_and_trades_come_from_the_same_trades(trading: Trading) -> None:
    trade_thrice(trading)
    (candle,) = ask(
        trading, "candleSnapshot", req={"coin": "BTC", "interval": "1h", "startTime": NOW_MS, "endTime": NOW_MS + 99}
    )
    assert candle == {
        "t": NOW_MS,
        "T": NOW_MS + HOUR_MS - 1,
        "s": "BTC",
        "i": "1h",
        "o": "66000.0",
        "c": "66200.0",
        "h": "66200.0",
        "l": "66000.0",
        "v": "0.3",
        "n": 3,
    }
    assert [trade["px"] for trade in ask(trading, "recentTrades", coin="BTC")] == ["66200.0", "66100.0", "66000.0"]


def test_all_mids_are_sorted_and_hold_spot_only_in_the_main_dex(trading: Trading) -> None:
    mids, xyz = ask(trading, "allMids"), ask(trading, "allMids", dex="xyz")
    assert list(mids) == sorted(mids)
    assert {"BTC", "@107", "PURR/USDC"} <= mids.keys()
    assert all(coin.startswith("xyz:") for coin in xyz)


def test_the_main_dex_comes_first_and_is_null(trading: Trading) -> None:
    main, xyz = ask(trading, "perpDexs")
    assert (main, xyz["name"]) == (None, "xyz")
    assert [len(meta["universe"]) for meta in ask(trading, "allPerpMetas")] == [
        len(dex.perps) for dex in trading.exchange.markets.dexes
    ]


def test_contexts_stand_in_the_order_of_the_universe(trading: Trading) -> None:
    meta, ctxs = ask(trading, "metaAndAssetCtxs", dex="")
    assert len(meta["universe"]) == len(ctxs)
    assert list(ctxs[0]) == [
        *("funding", "openInterest", "prevDayPx", "dayNtlVlm", "premium"),
        *("oraclePx", "markPx", "midPx", "impactPxs", "dayBaseVlm"),
    ]
    delisted = next(i for i, row in enumerate(meta["universe"]) if row["name"] == "MATIC")
    assert (ctxs[delisted]["premium"], ctxs[delisted]["midPx"], ctxs[delisted]["impactPxs"]) == (None, None, None)


def test_meta_begins_as_recorded(trading: Trading) -> None:
    text = ask_raw(trading, "meta").body.decode()
    assert text.startswith('{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40,"marginTableId":56},')
    assert '{"szDecimals":1,"name":"MATIC","maxLeverage":20,"marginTableId":20,"isDelisted":true}' in text
    assert '[51,{"description":"tiered 10x","marginTiers":[{"lowerBound":"0.0","maxLeverage":10},' in text
    assert text.endswith('"collateralToken":0}')


def test_every_token_of_a_pair_is_in_the_list_of_tokens(trading: Trading) -> None:
    meta, ctxs = ask(trading, "spotMetaAndAssetCtxs")
    tokens = {token["index"] for token in meta["tokens"]}
    assert all(set(pair["tokens"]) <= tokens for pair in meta["universe"])
    assert {ctx["coin"] for ctx in ctxs} > {pair["name"] for pair in meta["universe"]}


def test_spot_contexts_stand_at_their_index_as_on_mainnet(trading: Trading) -> None:
    """Clients that join by place in the universe go wrong here as there."""
    meta, ctxs = ask(trading, "spotMetaAndAssetCtxs")
    assert (len(meta["universe"]), len(ctxs)) == (199, 210)
    assert all(ctxs[pair["index"]]["coin"] == pair["name"] for pair in meta["universe"])


def test_funding_has_one_row_per_hour(trading: Trading) -> None:
    rows = ask(trading, "fundingHistory", coin="BTC", startTime=NOW_MS - 3 * HOUR_MS + 1, endTime=NOW_MS)
    assert [row["time"] for row in rows] == [NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS, NOW_MS]
    assert list(rows[0]) == ["coin", "fundingRate", "premium", "time"]


def test_funding_history_stops_at_500_rows(trading: Trading) -> None:
    assert len(ask(trading, "fundingHistory", coin="BTC", startTime=0)) == 500


def test_no_number_is_a_bare_decimal() -> None:
    """Prices and sizes are strings with a decimal: a `Decimal` that slipped past the number form would show."""
    trading = Trading()
    trading.trade("BTC", "66000", "0.5")
    trading.trade("PURR/USDC", "0.15", "100")
    trading.order(ALICE, "ETH", "B", "1500", "1")
    for type_, fields in (
        ("webData2", {"user": ALICE}),
        ("portfolio", {"user": ALICE}),
        ("userFees", {"user": ALICE}),
        ("userFills", {"user": ALICE}),
        ("frontendOpenOrders", {"user": ALICE}),
        ("spotClearinghouseState", {"user": ALICE}),
        ("activeAssetData", {"user": ALICE, "coin": "BTC"}),
        ("spotMetaAndAssetCtxs", {}),
    ):
        for text in strings_of(ask(trading, type_, **fields)):
            assert not text.lstrip("-").isdigit(), f"{type_} has {text!r}"


def strings_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings_of(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings_of(each)]
    return [value] if isinstance(value, str) else []


def test_caps_on_open_interest_show_where_they_are_reached() -> None:
    trading = Trading(open_interest_caps={"BTC": Decimal(1), "xyz:TSLA": Decimal(5), "ETH": Decimal(10) ** 12})
    assert ask(trading, "perpsAtOpenInterestCap") == ["BTC"]
    assert ask(trading, "perpsAtOpenInterestCap", dex="xyz") == ["xyz:TSLA"]
    assert ask(trading, "webData2", user=ALICE)["perpsAtOpenInterestCap"] == ["BTC"]
    assert ask(trading, "perpDexLimits", dex="xyz")["coinToOiCap"] == [["xyz:TSLA", "5.0"]]
    assert ask(trading, "perpDexs")[1]["assetToStreamingOiCap"] == [["xyz:TSLA", "5.0"]]
    assert ask(Trading(), "perpsAtOpenInterestCap") == []


def test_a_vip_is_above_the_lowest_fee_tier() -> None:
    trading = Trading()
    assert (ask(trading, "isVip", user=ALICE), ask(trading, "isVip", user=STRANGER)) == (False, None)
    for _ in range(4):
        trading.trade("BTC", "66000", "25")
    trading.now_ms += 24 * HOUR_MS
    assert ask(trading, "isVip", user=ALICE) is True


def test_a_dex_says_what_collateral_is_in_it() -> None:
    trading = Trading()
    assert ask(trading, "perpDexStatus", dex="") == {"totalNetDeposit": "2000000.0"}
    trading.exchange.accounts[ALICE].dex_usdc["xyz"] = Decimal(70)
    assert ask(trading, "perpDexStatus", dex="xyz") == {"totalNetDeposit": "70.0"}
