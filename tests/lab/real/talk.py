"""What every client program here shares: its wallet, its reports, and the words that it waits for."""

import json
import os
import sys
import threading
from typing import Any

from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.types import Cloid

URL = os.environ["HLBENCH_URL"]
WALLET = Account.from_key(os.environ["HLBENCH_KEY"])
USER = WALLET.address


def report(did: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"did": did, **facts}) + "\n")
    sys.stdout.flush()


def wait_for(word: str) -> None:
    """Wait until this word comes in on stdin."""
    got = sys.stdin.readline().strip()
    assert got == word, f"told {got!r} instead of {word!r}"


def leave() -> None:
    """End at once: the SDK's threads are no daemons."""
    os._exit(0)


class Heard:
    """A callback that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, message: Any) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    @property
    def oids(self) -> list[int]:
        """Of order updates."""
        return [row["order"]["oid"] for message in self.messages for row in message["data"]]

    def fills(self, oid: int) -> int:
        """How often a fill of this order came in, other than in a snapshot."""
        return sum(
            row["oid"] == oid
            for message in self.messages
            if not message["data"].get("isSnapshot")
            for row in message["data"]["fills"]
        )

    def snapshots(self) -> int:
        return sum(bool(message["data"].get("isSnapshot")) for message in self.messages)

    def until(self, condition: Any) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 20), f"never came about; heard {self.messages}"


def place(exchange: Exchange, cloid: int) -> int:
    """Rest one BTC order; returns its oid."""
    answer = exchange.order("BTC", True, 0.01, 50_000, {"limit": {"tif": "Gtc"}}, cloid=Cloid.from_int(cloid))
    oid: int = answer["response"]["data"]["statuses"][0]["resting"]["oid"]
    return oid


def sdk() -> tuple[Info, Exchange]:
    """The SDK's two objects; the first has a WebSocket thread."""
    exchange = Exchange(WALLET, URL)
    return Info(URL), exchange


def reconnect_as_users_do() -> None:
    """Have the SDK call `run_forever(reconnect=1)`, which is what its users change (python-sdk#255). Nothing else."""
    from hyperliquid.websocket_manager import WebsocketManager

    def run(self: WebsocketManager) -> None:
        self.ping_sender.start()
        self.ws.run_forever(reconnect=1)

    WebsocketManager.run = run
