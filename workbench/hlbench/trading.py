"""Orders of test wallets, signed here and sent like a client's: what `hlbench order` and the TUI's form do."""

import re
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import httpx

from hlbench.sources.base import SourceError

TIMEOUT_S: Final = 10.0
TIFS: Final = ("Gtc", "Ioc", "Alo")
SPOT: Final = 10_000
"""Asset ids of spot pairs start here. Source: Hyperliquid docs, Asset IDs."""

_CLOID: Final = re.compile(r"0x[0-9a-fA-F]{32}")
_ORDER: Final = re.compile(
    r"(?P<wallet>\S+)\s+(?P<side>buy|sell)\s+(?P<sz>\S+)\s+(?P<coin>\S+)\s+(?:at|@)\s+(?P<px>\S+)"
    r"(?:\s+(?P<tif>\w+))?(?P<reduce>\s+reduce-only)?(?:\s+cloid\s+(?P<cloid>\S+))?"
)


class TradeRefused(Exception):
    """The exchange refuses; the message is its own."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order in words: `alice buy 0.01 BTC at 60000 Gtc`. `px` and `sz` are decimal strings."""

    wallet: str
    side: str
    sz: str
    coin: str
    px: str
    tif: str = "Gtc"
    reduce_only: bool = False
    cloid: str | None = None


def parse_order(text: str) -> NewOrder:
    """Read an order in words.

    Raises:
        ValueError: it is none; the message shows one.
    """
    found = _ORDER.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text.strip()!r} is no order; one is: alice buy 0.01 BTC at 60000 Gtc")
    return checked(
        NewOrder(
            found["wallet"],
            found["side"],
            found["sz"],
            found["coin"],
            found["px"],
            found["tif"] or "Gtc",
            found["reduce"] is not None,
            found["cloid"],
        )
    )


def checked(order: NewOrder) -> NewOrder:
    """The order, if its numbers, time in force and cloid are some.

    Raises:
        ValueError: they are not.
    """
    for name, value in (("price", order.px), ("size", order.sz)):
        try:
            if Decimal(value) <= 0:
                raise ValueError(f"the {name} {value} is not above zero")
        except InvalidOperation:
            raise ValueError(f"the {name} {value!r} is no number") from None
    if not order.wallet:
        raise ValueError("the wallet has no name")
    if order.cloid is not None and not _CLOID.fullmatch(order.cloid):
        raise ValueError(f"the cloid {order.cloid!r} is not 0x and 32 hex digits")
    if order.tif not in TIFS:
        raise ValueError(f"{order.tif!r} is no time in force; known are {', '.join(TIFS)}")
    return order


class Trader:
    """Test wallets against one server. A name is a wallet, as everywhere (`hlmock.signing.wallets`).

    Args:
        url: base address of the server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._assets: dict[str, int] | None = None
        self._nonce = 0

    def place(self, order: NewOrder) -> dict[str, Any]:
        """Place it; the first status of the reply: `{"resting": {"oid"}}` or `{"filled": ...}`.

        Raises:
            ValueError: no such coin.
            TradeRefused: the exchange refuses it.
            SourceError: the server cannot be reached.
        """
        spec: dict[str, Any] = {
            "a": self._asset(order.coin),
            "b": order.side == "buy",
            "p": _wire(order.px),
            "s": _wire(order.sz),
            "r": order.reduce_only,
            "t": {"limit": {"tif": order.tif}},
        }
        if order.cloid is not None:
            spec["c"] = order.cloid
        return self._act(order.wallet, {"type": "order", "orders": [spec], "grouping": "na"})

    def cancel(self, wallet: str, coin: str, which: str) -> dict[str, Any]:
        """Cancel by oid or by cloid (`0x` and 32 hex digits).

        Raises:
            ValueError: no such coin, or neither an oid nor a cloid.
            TradeRefused: the exchange refuses it.
            SourceError: the server cannot be reached.
        """
        if which.startswith("0x"):
            action = {"type": "cancelByCloid", "cancels": [{"asset": self._asset(coin), "cloid": which}]}
        elif which.lstrip("#").isdigit():
            action = {"type": "cancel", "cancels": [{"a": self._asset(coin), "o": int(which.lstrip("#"))}]}
        else:
            raise ValueError(f"{which!r} is neither an oid nor a cloid")
        return self._act(wallet, action)

    # -- the server -----------------------------------------------------------------------------------------

    def _act(self, name: str, action: dict[str, Any]) -> dict[str, Any]:
        from hlmock.signing import wallet

        self._nonce = max(self._nonce + 1, time.time_ns() // 1_000_000)
        answer = self._post("/exchange", wallet(name).request(action, self._nonce))
        if answer.status_code != 200:
            raise TradeRefused(f"{self.url} answers {answer.status_code}: {answer.text}")
        reply = answer.json()
        if reply["status"] != "ok":
            raise TradeRefused(str(reply["response"]))
        status = reply["response"]["data"]["statuses"][0]
        if isinstance(status, dict) and "error" in status:
            raise TradeRefused(str(status["error"]))
        return status if isinstance(status, dict) else {"status": status}

    def _asset(self, coin: str) -> int:
        if self._assets is None:
            answers = [self._post("/info", b'{"type":"%s"}' % each) for each in (b"meta", b"spotMeta")]
            if any(answer.status_code != 200 for answer in answers):
                raise SourceError(f"{self.url} is no exchange: it answers /info with {answers[0].status_code}")
            meta, spot = (answer.json() for answer in answers)
            self._assets = {market["name"]: number for number, market in enumerate(meta["universe"])}
            self._assets |= {pair["name"]: SPOT + pair["index"] for pair in spot["universe"]}
        if coin not in self._assets:
            raise ValueError(f"{coin!r} is not traded there (names are case-sensitive: BTC, kPEPE, PURR/USDC)")
        return self._assets[coin]

    def _post(self, path: str, body: bytes) -> httpx.Response:
        try:
            with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
                return client.post(self.url + path, content=body, headers={"Content-Type": "application/json"})
        except httpx.ConnectError as error:
            raise SourceError(f"{self.url} cannot be reached: is `hlbench serve` running there?") from error
        except httpx.HTTPError as error:
            raise SourceError(f"{self.url} was lost ({str(error) or type(error).__name__})") from error


def _wire(number: str) -> str:
    """As clients sign it: no exponent, no trailing zeros. Source: python-sdk `float_to_wire`."""
    return f"{Decimal(number).normalize():f}"
