"""A trading day with the official SDK, unmodified, in a process of its own.

`python -m interop.python_sdk_client URL CONTROL_URL`, from the folder of the tests. Prints one JSON line per step:
`{"step": ..., "error": null}` or the traceback of what did not hold. Each step checks what the SDK answered, what
`info` shows afterwards, and what the stream brought.
"""

import json
import sys
import time
import traceback
from typing import Any

import eth_account
import requests
from hyperliquid.info import Info
from hyperliquid.utils.signing import (
    get_timestamp_ms,
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_l1_action,
)
from hyperliquid.utils.types import Cloid

from interop import python_sdk_accounts as accounts
from interop.python_sdk_day import GTC, PATIENCE_S, Day

LONG_AGO_MS = 1_500_000_000_000


def subscribes(day: Day) -> None:
    day.subscribe()
    assert day.frames["userFills"][0] == {"user": day.user.lower(), "isSnapshot": True, "fills": []}


def places(day: Day) -> None:
    oid = day.place("ETH", True, 0.2, 1100.0, day.cloid())
    assert oid in day.open_oids()
    found = day.info.query_order_by_oid(day.user, oid)
    assert (found["status"], found["order"]["status"]) == ("order", "open"), found
    day.expect(oid, "open")


def finds_by_cloid(day: Day) -> None:
    cloid = day.cloid()
    oid = day.place("ETH", True, 0.2, 1101.0, cloid)
    assert day.info.query_order_by_cloid(day.user, cloid)["order"]["order"]["oid"] == oid


def modifies(day: Day) -> None:
    cloid = day.cloid()
    old = day.place("ETH", True, 0.2, 1102.0, cloid)
    status = day.one(day.exchange.modify_order(old, "ETH", True, 0.1, 1105.0, GTC, cloid=cloid))
    new = int(status["resting"]["oid"])
    assert new != old
    assert new in day.open_oids()
    assert old not in day.open_oids()
    day.expect(old, "open", "canceled")
    day.expect(new, "open")


def cancels_by_oid(day: Day) -> None:
    oid = day.place("ETH", True, 0.2, 1103.0)
    assert day.one(day.exchange.cancel("ETH", oid)) == "success"
    assert oid not in day.open_oids()
    day.expect(oid, "open", "canceled")
    assert "error" in day.one(day.exchange.cancel("ETH", oid))


def cancels_by_cloid(day: Day) -> None:
    cloid = day.cloid()
    oid = day.place("ETH", True, 0.2, 1104.0, cloid)
    assert day.one(day.exchange.cancel_by_cloid("ETH", cloid)) == "success"
    assert oid not in day.open_oids()
    day.expect(oid, "open", "canceled")


def trades_in_bulk(day: Day) -> None:
    def request(px: float, cloid: Cloid) -> Any:
        return {
            "coin": "ETH",
            "is_buy": True,
            "sz": 0.3,
            "limit_px": px,
            "order_type": GTC,
            "reduce_only": False,
            "cloid": cloid,
        }

    cloids = [day.cloid() for _ in range(3)]
    placed = day.statuses(day.exchange.bulk_orders([request(1106.0 + n, cloid) for n, cloid in enumerate(cloids)]))
    oids = [int(status["resting"]["oid"]) for status in placed]
    assert set(oids) <= day.open_oids()
    changed = day.statuses(
        day.exchange.bulk_modify_orders_new(
            [{"oid": oid, "order": request(1116.0, cloid)} for oid, cloid in zip(oids[:2], cloids[:2], strict=True)]
        )
    )
    new = [int(status["resting"]["oid"]) for status in changed]
    canceled = day.statuses(day.exchange.bulk_cancel([{"coin": "ETH", "oid": oid} for oid in [*new, oids[2]]]))
    assert canceled == ["success"] * 3
    assert not {*oids, *new} & day.open_oids()
    for oid in [*oids, *new]:
        day.expect(oid, "open", "canceled")


def opens_at_market(day: Day) -> None:
    fills = len(day.info.user_fills(day.user))
    status = day.one(day.exchange.market_open("BTC", True, 0.05))
    oid = int(status["filled"]["oid"])
    assert float(status["filled"]["totalSz"]) == 0.05
    assert day.position("BTC") == 0.05
    assert len(day.info.user_fills(day.user)) > fills
    day.wait_for(lambda: "filled" in day.updates(oid), "the filled update")
    day.wait_for(lambda: any(fill["oid"] == oid for each in day.frames["user"] for fill in each["fills"]), "userEvents")
    day.wait_for(
        lambda: any(fill["oid"] == oid for each in day.frames["userFills"][1:] for fill in each["fills"]), "userFills"
    )
    day.wait_for(lambda: any(trade["coin"] == "BTC" for data in day.frames["trades"] for trade in data), "the trade")


def closes_at_market(day: Day) -> None:
    status = day.one(day.exchange.market_close("BTC"))
    oid = int(status["filled"]["oid"])
    assert day.position("BTC") == 0
    day.wait_for(lambda: "filled" in day.updates(oid), "the filled update")


def is_filled_as_a_maker_in_parts(day: Day) -> None:
    oid = day.place("ETH", True, 0.3, 1110.0)
    day.control("fill", {"oid": oid, "sz": "0.1"})
    (partly,) = [order for order in day.info.open_orders(day.user) if order["oid"] == oid]
    assert (partly["sz"], partly["origSz"]) == ("0.2", "0.3")
    day.control("fill", {"oid": oid})
    day.expect(oid, "open", "filled")

    def fills() -> list[tuple[str, bool]]:
        pushed = [fill for data in day.frames["userFills"][1:] for fill in data["fills"]]
        return [(fill["sz"], fill["crossed"]) for fill in pushed if fill["oid"] == oid]

    day.wait_for(lambda: len(fills()) == 2, "both fills")
    assert fills() == [("0.1", False), ("0.2", False)]
    assert day.position("ETH") == 0.3


def stops_its_losses(day: Day) -> None:
    """The position of the step before, with a stop and a target; the mark price reaches the stop."""

    def leg(kind: str, px: float) -> Any:
        trigger = {"trigger": {"isMarket": True, "triggerPx": px, "tpsl": kind}}
        return {
            "coin": "ETH",
            "is_buy": False,
            "sz": 0.3,
            "limit_px": round(px * 0.9),
            "order_type": trigger,
            "reduce_only": True,
        }

    mark = float(day.info.meta_and_asset_ctxs()[1][1]["markPx"])
    stop_px, target_px = round(mark * 0.95), round(mark * 1.5)
    legs = [leg("sl", stop_px), leg("tp", target_px)]
    assert day.statuses(day.exchange.bulk_orders(legs, grouping="positionTpsl")) == ["waitingForTrigger"] * 2
    orders = {order["orderType"]: order["oid"] for order in day.info.frontend_open_orders(day.user)}
    stop, target = orders["Stop Market"], orders["Take Profit Market"]
    day.control("prices", {"coin": "ETH", "mark": str(stop_px - 1)})
    day.wait_for(lambda: "filled" in day.updates(stop), "the fill of the stop")
    day.wait_for(lambda: len(day.updates(target)) == 2, "the end of the target")
    assert not {stop, target} & day.open_oids()
    assert day.position("ETH") == 0


def is_refused_with_the_exchanges_words(day: Day) -> None:
    status = day.one(day.exchange.order("ETH", True, 0.001, 1100.0, GTC))
    assert status == {"error": "Order must have minimum value of $10. asset=1"}, status


def a_client_that_signs_for_mainnet_trades_too(day: Day) -> None:
    """What TypeScript clients and ccxt sign by default, on the same server, after asking for its state as they do."""
    wallet = eth_account.Account.from_key("0x" + "22" * 32)
    assert float(day.info.user_state(wallet.address)["withdrawable"]) > 0
    request: Any = {
        "coin": "ETH",
        "is_buy": True,
        "sz": 0.2,
        "limit_px": 1108.0,
        "order_type": GTC,
        "reduce_only": False,
    }
    action = order_wires_to_order_action([order_request_to_order_wire(request, day.info.name_to_asset("ETH"))])
    nonce = get_timestamp_ms()
    signature = sign_l1_action(wallet, action, None, nonce, None, True)
    body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None, "expiresAfter": None}
    answer = requests.post(f"{day.url}/exchange", json=body, timeout=PATIENCE_S).json()
    oid = int(day.one(answer)["resting"]["oid"])
    assert day.open_oids(wallet.address) == {oid}


def asks_everything(day: Day) -> None:
    """Every question that the SDK's `Info` offers for one wallet."""
    info, user, now = day.info, day.user, get_timestamp_ms()
    for ask in (
        info.frontend_open_orders,
        info.historical_orders,
        info.portfolio,
        info.query_referral_state,
        info.query_sub_accounts,
        info.query_user_abstraction_state,
        info.query_user_dex_abstraction_state,
        info.query_user_to_multi_sig_signers,
        info.spot_user_state,
        info.user_fees,
        info.user_rate_limit,
        info.user_staking_delegations,
        info.user_staking_rewards,
        info.user_staking_summary,
        info.user_twap_slice_fills,
        info.user_vault_equities,
        info.delegator_history,
    ):
        ask(user)
    info.user_fills_by_time(user, LONG_AGO_MS)
    info.user_funding_history(user, LONG_AGO_MS)
    info.user_non_funding_ledger_updates(user, LONG_AGO_MS)
    info.funding_history("BTC", now - 3_600_000)
    info.candles_snapshot("BTC", "1m", now - 3_600_000, now)
    assert len(info.l2_snapshot("BTC")["levels"]) == 2
    assert float(info.all_mids()["BTC"]) > 0
    assert len(info.meta_and_asset_ctxs()) == len(info.spot_meta_and_asset_ctxs()) == 2
    assert info.perp_dexs()[0] is None


def was_sent_every_subscription(day: Day) -> None:
    """Every subscription brought something: a snapshot, a clocked frame, or the event that the steps before caused."""
    channels = (
        "allMids",
        "bbo",
        "l2Book",
        "trades",
        "candle",
        "activeAssetCtx",
        "activeSpotAssetCtx",
        "activeAssetData",
        "user",
        "orderUpdates",
        "userFundings",
        "userNonFundingLedgerUpdates",
        "webData2",
        "userFills",
    )
    for channel in channels:
        day.wait_for(lambda channel=channel: bool(day.frames[channel]), f"anything on {channel}")  # type: ignore[misc]


def comes_back_after_a_cut(day: Day) -> None:
    """The SDK does not reconnect: its thread ends, and its user makes a new `Info`."""
    for each in day.control("connections"):
        day.control(f"connections/{each['id']}/abort", {})
    lost = day.info.ws_manager
    assert lost is not None
    lost.join(PATIENCE_S)
    assert not lost.is_alive()
    day.info.disconnect_websocket()  # its thread for pings would stay for 50 s
    while_away = day.place("ETH", True, 0.2, 1111.0)
    day.info = Info(day.url)
    day.subscribe()
    oid = day.place("ETH", True, 0.2, 1112.0)
    day.control("fill", {"oid": oid})
    day.expect(oid, "open", "filled")
    assert day.updates(while_away) == []
    assert while_away in day.open_oids()


STEPS = (
    subscribes,
    places,
    finds_by_cloid,
    modifies,
    cancels_by_oid,
    cancels_by_cloid,
    trades_in_bulk,
    opens_at_market,
    closes_at_market,
    is_filled_as_a_maker_in_parts,
    stops_its_losses,
    is_refused_with_the_exchanges_words,
    accounts.trades_with_an_agent,
    accounts.moves_money,
    accounts.changes_leverage_and_margin,
    accounts.trades_for_a_sub_account,
    accounts.sets_its_preferences,
    accounts.pays_a_builder,
    accounts.is_refused_what_it_may_not,
    accounts.several_sign_for_one,
    a_client_that_signs_for_mainnet_trades_too,
    asks_everything,
    was_sent_every_subscription,
    comes_back_after_a_cut,
)


def main(url: str, control_url: str) -> None:
    day = Day(url, control_url)
    for step in STEPS:
        error = None
        started = time.monotonic()
        try:
            step(day)
        except Exception:
            error = traceback.format_exc()
        print(json.dumps({"step": step.__name__, "error": error, "took_s": time.monotonic() - started}), flush=True)
    day.info.disconnect_websocket()


if __name__ == "__main__":
    main(*sys.argv[1:])
