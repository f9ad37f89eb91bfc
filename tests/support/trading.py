"""Trade on an exchange without signatures, sockets or paths: wallets by one letter, actions in wire form."""

import json
from typing import Any

from hlmock.exchange.engine import Exchange
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.settings import ExchangeSettings
from hlmock.wire.actions import decode_envelope
from hlmock.wire.addresses import Address

NOW_MS = 1_787_194_800_000
"""A full hour and minute on the exchange's clock."""

ALICE = Address("0x" + "a1" * 20)
BOB = Address("0x" + "b0" * 20)


def cloid_of(number: int) -> str:
    return f"0x{number:032x}"


class Trading:
    """An exchange and its clock. Every action is one block; the clock stands still unless a test moves it."""

    def __init__(self, **settings: Any) -> None:
        self.exchange = Exchange(ExchangeSettings(**settings))
        self.now_ms = NOW_MS
        self._nonce = NOW_MS
        for address in (ALICE, BOB):
            self.exchange.open_account(address, "wallet", now_ms=NOW_MS)

    def act(self, user: Address, action: dict[str, Any]) -> Outcome:
        self._nonce += 1
        body = {"action": action, "nonce": self._nonce, "signature": {"r": "0x1", "s": "0x1", "v": 27}}
        envelope = decode_envelope(json.dumps(body).encode())
        return self.exchange.apply(
            envelope.action,
            account=user,
            signer=user,
            nonce=self._nonce,
            now_ms=self.now_ms,
            wall_ms=NOW_MS,
        )

    def order(
        self,
        user: Address,
        coin: str,
        side: str,
        px: str,
        sz: str,
        *,
        tif: str = "Gtc",
        cloid: str | None = None,
        reduce_only: bool = False,
    ) -> Outcome:
        """Place one order: `order(ALICE, "BTC", "B", "66000", "0.5")`."""
        spec: dict[str, Any] = {
            "a": self.exchange.markets.by_coin[coin].asset,
            "b": side == "B",
            "p": px,
            "s": sz,
            "r": reduce_only,
            "t": {"limit": {"tif": tif}},
        }
        if cloid is not None:
            spec["c"] = cloid
        return self.act(user, {"type": "order", "orders": [spec], "grouping": "na"})

    def cancel(self, user: Address, coin: str, oid: int) -> Outcome:
        asset = self.exchange.markets.by_coin[coin].asset
        return self.act(user, {"type": "cancel", "cancels": [{"a": asset, "o": oid}]})

    def trade(self, coin: str, px: str, sz: str) -> Outcome:
        """Bob offers, Alice takes it all: one trade, through an empty quote."""
        self.exchange.set_quote(coin, None, None, None, None, self.now_ms)
        self.order(BOB, coin, "A", px, sz)
        return self.order(ALICE, coin, "B", px, sz)


def oid_of(outcome: Outcome) -> int:
    """Of the first order of a batch, resting or filled."""
    (status, *_) = outcome.answer["response"]["data"]["statuses"]
    oid: int = next(iter(status.values()))["oid"]
    return oid
