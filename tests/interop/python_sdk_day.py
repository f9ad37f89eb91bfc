"""What the steps of the official SDK's day share: one wallet, the SDK's objects, and what the stream brought."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import eth_account
import requests
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.signing import get_timestamp_ms
from hyperliquid.utils.types import Cloid

PATIENCE_S = 20.0
GTC = {"limit": {"tif": "Gtc"}}


def trader(wallet: Any, url: str, **options: Any) -> Exchange:
    """The SDK's `Exchange`, of which no two actions fall into one millisecond.

    Its nonce is the clock's, and a server on the same machine can answer within the millisecond of it.
    """
    exchange = Exchange(wallet, url, **options)
    exchange.session.hooks["response"].append(_outlast_the_millisecond)
    return exchange


def _outlast_the_millisecond(_: requests.Response, **__: Any) -> None:
    now = get_timestamp_ms()
    while get_timestamp_ms() == now:
        pass


class Day:
    """The client's state: one wallet, one `Info` with its websocket, what the stream brought so far."""

    def __init__(self, url: str, control_url: str) -> None:
        self.url = url
        self.control_url = control_url
        self.wallet = eth_account.Account.from_key("0x" + "11" * 32)
        self.user: str = self.wallet.address  # with its checksum: mixed case, as the SDK's users pass it
        self.info = Info(url)
        self.exchange = trader(self.wallet, url)
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

    def subscribe(self) -> None:
        """Every subscription that the SDK knows. Its last one has a snapshot: when that came, all are in effect."""
        user, snapshots = self.user, len(self.snapshots())
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
            self.info.subscribe(subscription, self.listen)
        self.wait_for(lambda: len(self.snapshots()) > snapshots, "the snapshot of userFills")

    def snapshots(self) -> list[Any]:
        return [data for data in self.frames["userFills"] if data.get("isSnapshot")]

    def control(self, path: str, body: Any = None) -> Any:
        """A control call; `body` makes it a POST."""
        method = "GET" if body is None else "POST"
        answer = requests.request(method, f"{self.control_url}/{path}", json=body, timeout=PATIENCE_S)
        assert answer.ok, answer.text
        return answer.json()

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
