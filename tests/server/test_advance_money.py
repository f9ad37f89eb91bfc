"""What a subscriber gets, in order, when time takes money: an hour's funding, a liquidation in parts."""

import json
from decimal import Decimal
from typing import Any

from websockets.sync.client import ClientConnection, connect

from hlmock import CoreSettings, ExchangeSettings
from hlmock.signing import wallet
from support.clients import next_message, order_action, subscribe
from support.floor import START_MS, Floor, open_floor

ALICE = wallet("alice")
USER = ALICE.address
HOUR_S = 3_600
FULL_HOUR_MS = (START_MS // 3_600_000 + 1) * 3_600_000
TO_THE_HOUR_S = (FULL_HOUR_MS - START_MS) / 1_000

PATIENT = CoreSettings(idle_close_ms=None)
"""An hour without a message ends no connection."""
NOBODY_FUNDED = ExchangeSettings(initial_usdc=Decimal(0), initial_spot_usdc=Decimal(0))

FEEDS = ("orderUpdates", "userEvents", "userFills", "userFundings", "userNonFundingLedgerUpdates")
SNAPSHOTS = ("userFills", "userFundings", "userNonFundingLedgerUpdates")


def follow(ws: ClientConnection) -> None:
    """Subscribe to all that concerns money, and read the first frames."""
    for kind in FEEDS:
        subscribe(ws, kind, user=USER)
        if kind in SNAPSHOTS:
            assert next_message(ws)["data"]["isSnapshot"] is True


def told(ws: ClientConnection) -> list[Any]:
    """Channel and data of everything that is on its way: a ping is answered after it."""
    ws.send(json.dumps({"method": "ping"}))
    found = []
    while (message := next_message(ws))["channel"] != "pong":
        found.append((message["channel"], message["data"]))
    return found


def buy(floor: Floor, sz: str) -> None:
    """At 60,000, with the highest leverage."""
    floor.hl.set_bbo("BTC", "59999", "60000")
    floor.hl.set_prices("BTC", oracle="60000")
    assert floor.post(ALICE, {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 40})["status"] == "ok"
    answer = floor.post(ALICE, order_action(px="60000", sz=sz, tif="Ioc"))
    assert answer["response"]["data"]["statuses"][0]["filled"]["totalSz"] == f"{sz}.0"


def test_a_funding_hour_is_told_and_charged() -> None:
    with open_floor(core=PATIENT) as floor, connect(floor.hl.ws_url) as ws:
        buy(floor, "1")
        follow(ws)
        before = Decimal(floor.ask("clearinghouseState", user=USER)["withdrawable"])

        floor.advance(TO_THE_HOUR_S - 1)
        assert told(ws) == []
        floor.advance(1)
        # For all but the last 400 s of this hour the premium was that of the tables: shorts paid.
        payment = {
            "time": FULL_HOUR_MS,
            "coin": "BTC",
            "usdc": "0.072204",
            "szi": "1.0",
            "fundingRate": "-0.0000012034",
            "nSamples": None,
        }
        assert told(ws) == [
            ("user", {"funding": payment}),
            ("userFundings", {"user": USER, "fundings": [payment]}),
        ]

        floor.advance(HOUR_S)
        # A whole hour without a premium: 0.00125 % of 60,000.
        payment |= {"time": FULL_HOUR_MS + HOUR_S * 1_000, "usdc": "-0.75", "fundingRate": "0.0000125"}
        assert told(ws) == [
            ("user", {"funding": payment}),
            ("userFundings", {"user": USER, "fundings": [payment]}),
        ]
        state = floor.ask("clearinghouseState", user=USER)
        paid = Decimal("0.75") - Decimal("0.072204")
        assert before - Decimal(state["withdrawable"]) == paid
        assert Decimal(state["assetPositions"][0]["position"]["cumFunding"]["sinceOpen"]) == paid
        rows = floor.ask("userFunding", user=USER, startTime=START_MS)
        assert [row["delta"]["usdc"] for row in rows] == ["0.072204", "-0.75"]
        history = floor.ask("fundingHistory", coin="BTC", startTime=FULL_HOUR_MS)
        assert [row["fundingRate"] for row in history] == ["-0.0000012034", "0.0000125"]


def test_a_large_position_is_liquidated_in_two_parts_half_a_minute_apart() -> None:
    with open_floor(exchange=NOBODY_FUNDED, core=PATIENT) as floor, connect(floor.hl.ws_url) as ws:
        floor.hl.fund(USER, "6081")
        buy(floor, "3")
        resting = floor.post(ALICE, order_action(px="50000", sz="0.001"))
        follow(ws)

        floor.hl.set_bbo("BTC", "58549", "58551")
        first = told(ws)
        oid = resting["response"]["data"]["statuses"][0]["resting"]["oid"]
        updates = [(row["order"]["oid"] == oid, row["status"], row["order"]["sz"]) for row in first[0][1]]
        assert updates == [(True, "liquidatedCanceled", "0.001"), (False, "open", "0.6"), (False, "filled", "0.0")]
        (fill,) = first[1][1]["fills"]
        assert fill["liquidation"] == {"liquidatedUser": USER, "markPx": "58550.0", "method": "market"}
        assert (fill["dir"], fill["px"], fill["sz"], fill["crossed"]) == ("Close Long", "58549.0", "0.6", True)
        assert [*first[0][:1], *first[1:]] == [
            "orderUpdates",
            ("user", {"fills": [fill]}),
            ("user", {"nonUserCancel": [{"coin": "BTC", "oid": oid}]}),
            ("user", {"liquidation": liquidation(1, "175650.0", "1650.0")}),
            ("userFills", {"user": USER, "fills": [fill]}),
            first[-1],
        ]
        assert ledger_of(first[-1]) == {
            "type": "liquidation",
            "liquidatedNtlPos": "175650.0",
            "accountValue": "1650.0",
            "leverageType": "Cross",
            "liquidatedPositions": [{"coin": "BTC", "szi": "3.0"}],
        }

        floor.advance(29)
        assert told(ws) == []
        floor.advance(1)
        rest = told(ws)
        assert [channel for channel, _ in rest] == [
            "orderUpdates",
            "user",
            "user",
            "userFills",
            "userNonFundingLedgerUpdates",
        ]
        (fill,) = rest[1][1]["fills"]
        assert (fill["sz"], fill["startPosition"], fill["time"]) == ("2.4", "2.4", START_MS + 30_000)
        assert [row["status"] for row in rest[0][1]] == ["open", "filled"]
        assert rest[2][1]["liquidation"]["lid"] == 2
        assert ledger_of(rest[4])["liquidatedPositions"] == [{"coin": "BTC", "szi": "2.4"}]
        state = floor.ask("clearinghouseState", user=USER)
        assert state["assetPositions"] == []
        assert Decimal(state["withdrawable"]) > 0


def test_an_account_that_funding_leaves_short_is_liquidated_right_after_it() -> None:
    with open_floor(exchange=NOBODY_FUNDED, core=PATIENT) as floor, connect(floor.hl.ws_url) as ws:
        floor.hl.fund(USER, "2027")
        buy(floor, "1")
        floor.hl.set_bbo("BTC", "58739", "58741")
        floor.hl.set_prices("BTC", oracle="50000")
        follow(ws)
        floor.advance(TO_THE_HOUR_S)
        paid, _, updates, filled, liquidated, _, entry = told(ws)
        assert paid[1]["funding"]["usdc"] == "-113.547645"
        assert [row["status"] for row in updates[1]] == ["open", "filled"]
        assert filled[1]["fills"][0]["liquidation"]["method"] == "market"
        assert liquidated[1] == {"liquidation": liquidation(1, "58740.0", "626.452355")}
        assert ledger_of(entry)["type"] == "liquidation"
        assert floor.ask("clearinghouseState", user=USER)["assetPositions"] == []


def test_the_other_side_of_a_liquidation_is_told_too() -> None:
    bob = wallet("bob")
    with open_floor(exchange=NOBODY_FUNDED, core=PATIENT) as floor, connect(floor.hl.ws_url) as ws:
        floor.hl.fund(USER, "2027")
        floor.hl.fund(bob.address, "100000")
        buy(floor, "1")
        floor.post(bob, order_action(px="58700", sz="1"))
        floor.hl.set_bbo("BTC", None, None)
        subscribe(ws, "orderUpdates", user=bob.address)
        subscribe(ws, "userFills", user=bob.address)
        assert next_message(ws)["data"]["isSnapshot"] is True
        floor.hl.set_prices("BTC", mark="58600")
        (updates, fills) = told(ws)
        assert [row["status"] for row in updates[1]] == ["filled"]
        (fill,) = fills[1]["fills"]
        assert (fill["dir"], fill["px"], fill["crossed"]) == ("Open Long", "58700.0", False)
        assert fill["liquidation"] == {"liquidatedUser": USER, "markPx": "58600.0", "method": "market"}
        keys = list(fill)
        assert keys[keys.index("tid") :] == ["tid", "liquidation", "feeToken", "twapId"]


def test_a_backstop_names_the_liquidator() -> None:
    with open_floor(exchange=NOBODY_FUNDED, core=PATIENT) as floor, connect(floor.hl.ws_url) as ws:
        floor.hl.fund(USER, "2027")
        buy(floor, "1")
        follow(ws)
        floor.hl.set_bbo("BTC", "58399", "58401")
        updates, filled, liquidated, fills, entry = told(ws)
        assert [row["status"] for row in updates[1]] == ["open", "filled"]
        (fill,) = fills[1]["fills"]
        assert filled[1]["fills"] == [fill]
        assert fill["liquidation"] == {"liquidatedUser": USER, "markPx": "58400.0", "method": "backstop"}
        assert (fill["px"], fill["fee"]) == ("58400.0", "0.0")
        liquidator = liquidated[1]["liquidation"]["liquidator"]
        assert ledger_of(entry)["accountValue"] == "400.0"
        (taken,) = floor.ask("clearinghouseState", user=liquidator)["assetPositions"]
        assert (taken["position"]["coin"], taken["position"]["szi"]) == ("BTC", "1.0")
        assert floor.ask("clearinghouseState", user=USER)["marginSummary"]["accountValue"] == "0.0"


def liquidation(lid: int, ntl: str, value: str) -> dict[str, Any]:
    return {
        "lid": lid,
        "liquidator": "0x" + "0" * 40,
        "liquidated_user": USER,
        "liquidated_ntl_pos": ntl,
        "liquidated_account_value": value,
    }


def ledger_of(message: Any) -> Any:
    channel, data = message
    assert channel == "userNonFundingLedgerUpdates"
    (entry,) = data["nonFundingLedgerUpdates"]
    return entry["delta"]
