"""A trading day with the official SDK, unmodified, in a process of its own: `python python_sdk_client.py URL`.

Prints one JSON line per step: `{"step": ..., "error": null}` or the traceback of what did not hold. Each step checks
what the SDK answered, what `info` shows afterwards, and what the stream brought.
"""

import json
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import eth_account
import requests
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.signing import (
    get_timestamp_ms,
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_l1_action,
)
from hyperliquid.utils.types import Cloid

PATIENCE_S = 20.0
GTC = {"limit": {"tif": "Gtc"}}
LONG_AGO_MS = 1_500_000_000_000


class Day:
    """The client's state: one wallet, one `Info` with its websocket, what the stream brought so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wallet = eth_account.Account.from_key("0x" + "11" * 32)
        self.user: str = self.wallet.address  # with its checksum: mixed case, as the SDK's users pass it
        self.info = Info(url)
        self.exchange = Exchange(self.wallet, url)
        self.frames: dict[str, list[Any]] = defaultdict(list)
        """`data` of every frame, by channel."""
        self._arrived = threading.Condition()
        self._cloids = 0

    def listen(self, message: Any) -> None:
        with self._arrived:
            self.frames[message["channel"]].append(message["data"])
            self._arrived.notify_all()

    def wait_for(self, is_met: Callable[[], bool], what: str) -> None:
        with self._arrived:
            assert self._arrived.wait_for(is_met, PATIENCE_S), f"the stream did not bring {what}"

    def updates(self, oid: int) -> list[str]:
        """Statuses that orderUpdates brought for an order, in order."""
        return [row["status"] for data in self.frames["orderUpdates"] for row in data if row["order"]["oid"] == oid]

    def expect(self, oid: int, *statuses: str) -> None:
        self.wait_for(lambda: len(self.updates(oid)) >= len(statuses), f"{statuses} of {oid}")
        assert self.updates(oid) == list(statuses), self.updates(oid)

    def cloid(self) -> Cloid:
        self._cloids += 1
        return Cloid.from_int(0xC0FFEE_0000 + self._cloids)

    def open_oids(self, user: str | None = None) -> set[int]:
        return {order["oid"] for order in self.info.open_orders(user or self.user)}

    def position(self, coin: str) -> float:
        state = self.info.user_state(self.user)
        sizes = [float(each["position"]["szi"]) for each in state["assetPositions"] if each["position"]["coin"] == coin]
        return sum(sizes)

    def place(self, coin: str, is_buy: bool, sz: float, px: float, cloid: Cloid | None = None) -> int:
        status = self.one(self.exchange.order(coin, is_buy, sz, px, GTC, cloid=cloid))
        return int(status["resting"]["oid"])

    @staticmethod
    def one(answer: Any) -> Any:
        """The only status of an answer."""
        (status,) = Day.statuses(answer)
        return status

    @staticmethod
    def statuses(answer: Any) -> list[Any]:
        assert answer["status"] == "ok", answer
        found: list[Any] = answer["response"]["data"]["statuses"]
        return found


def subscribes(day: Day) -> None:
    """Every subscription that the SDK knows. Its last one has a snapshot: when that came, all are in effect."""
    user = day.user
    for subscription in (
        {"type": "allMids"},
        {"type": "bbo", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "trades", "coin": "BTC"},
        {"type": "candle", "coin": "BTC", "interval": "1m"},
        {"type": "activeAssetCtx", "coin": "BTC"},
        {"type": "activeAssetCtx", "coin": "PURR/USDC"},
        {"type": "activeAssetData", "user": user, "coin": "BTC"},
        {"type": "userEvents", "user": user},
        {"type": "orderUpdates", "user": user},
        {"type": "userFundings", "user": user},
        {"type": "userNonFundingLedgerUpdates", "user": user},
        {"type": "webData2", "user": user},
        {"type": "userFills", "user": user},
    ):
        day.info.subscribe(subscription, day.listen)
    day.wait_for(lambda: bool(day.frames["userFills"]), "the snapshot of userFills")
    assert day.frames["userFills"][0] == {"user": user.lower(), "isSnapshot": True, "fills": []}


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


def is_refused_with_the_exchanges_words(day: Day) -> None:
    status = day.one(day.exchange.order("ETH", True, 0.001, 1100.0, GTC))
    assert status == {"error": "Order must have minimum value of $10. asset=1"}, status


def trades_with_an_agent(day: Day) -> None:
    answer, key = day.exchange.approve_agent("desk")
    assert answer["status"] == "ok", answer
    agent = eth_account.Account.from_key(key)
    assert agent.address.lower() in {each["address"].lower() for each in day.info.extra_agents(day.user)}
    assert day.info.user_role(agent.address)["role"] == "agent"
    desk = Exchange(agent, day.url, account_address=day.user)
    oid = int(day.one(desk.order("ETH", True, 0.2, 1107.0, GTC))["resting"]["oid"])
    assert oid in day.open_oids()
    assert not day.open_oids(agent.address)
    day.expect(oid, "open")
    assert day.one(desk.cancel("ETH", oid)) == "success"
    day.expect(oid, "open", "canceled")


def moves_money(day: Day) -> None:
    before = float(day.info.user_state(day.user)["withdrawable"])
    assert day.exchange.usd_class_transfer(100.0, False)["status"] == "ok"
    assert float(day.info.user_state(day.user)["withdrawable"]) == before - 100
    channel = "userNonFundingLedgerUpdates"
    day.wait_for(lambda: len(day.frames[channel]) >= 2, "the ledger update")


def changes_leverage(day: Day) -> None:
    assert day.exchange.update_leverage(5, "BTC")["status"] == "ok"
    state = day.info.post("/info", {"type": "activeAssetData", "user": day.user, "coin": "BTC"})
    assert state["leverage"] == {"type": "cross", "value": 5}, state


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
    is_refused_with_the_exchanges_words,
    trades_with_an_agent,
    moves_money,
    changes_leverage,
    a_client_that_signs_for_mainnet_trades_too,
    asks_everything,
    was_sent_every_subscription,
)


def main(url: str) -> None:
    day = Day(url)
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
    main(sys.argv[1])
