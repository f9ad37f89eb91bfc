"""A trading desk: the pure exchange with named accounts and one line per action, for tests of the exchange."""

from decimal import Decimal
from typing import Any

import msgspec

from hlmock.exchange.engine import Exchange
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import OrderChange
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import Oid
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.settings import ExchangeSettings
from hlmock.wire.actions import ACTION_TYPES
from hlmock.wire.addresses import Address

T0 = 1_760_000_000_000
BTC, ETH, PURR_USDC, HYPE_USDC = 0, 1, 10_000, 10_107


def address(name: str) -> Address:
    """A fixed address per name; an address is its own name."""
    if name.startswith("0x"):
        return Address(name)
    return Address("0x" + name.encode().hex().ljust(40, "0")[:40])


def cloid(number: int) -> str:
    return f"0x{number:032x}"


class Desk:
    """`desk.order("alice", "buy", "1", "66000")` opens the account when needed, signs nothing, applies, remembers."""

    def __init__(self, **settings: Any) -> None:
        self.exchange = Exchange(ExchangeSettings(**settings))
        self.now_ms = T0
        self.nonce = T0
        """The last one that was used."""

    def account(self, name: str) -> Account:
        who = address(name)
        if who not in self.exchange.accounts:
            self.exchange.open_account(who, "info", now_ms=self.now_ms)
        return self.exchange.accounts[who]

    def do(self, name: str, type_: str, /, **fields: Any) -> Outcome:
        """Any action by its wire name and fields."""
        struct = ACTION_TYPES[type_]
        if "hyperliquidChain" in struct.__struct_fields__:
            fields = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet", **fields}
        action: Any = msgspec.convert({"type": type_, **fields}, struct)
        account = self.account(name)
        self.nonce += 1
        return self.exchange.apply(
            action,
            account=account.address,
            signer=account.address,
            nonce=self.nonce,
            now_ms=self.now_ms,
            wall_ms=self.now_ms,
        )

    def order(self, name: str, side: str, sz: str, px: str, tif: str = "Gtc", **more: Any) -> Outcome:
        """One order. `more`: `asset`, `cloid`, `reduce_only`, `trigger`, `grouping`, `builder`."""
        action = {"orders": [spec(side, sz, px, tif, **more)], "grouping": more.get("grouping", "na")}
        if "builder" in more:
            action["builder"] = more["builder"]
        return self.do(name, "order", **action)

    def batch(self, name: str, *specs: dict[str, Any], grouping: Any = "na") -> Outcome:
        return self.do(name, "order", orders=list(specs), grouping=grouping)

    def cancel(self, name: str, oid: int, asset: int = BTC) -> Outcome:
        return self.do(name, "cancel", cancels=[{"a": asset, "o": oid}])

    def modify(self, name: str, oid: int | str, side: str, sz: str, px: str, tif: str = "Gtc", **more: Any) -> Outcome:
        fields: dict[str, Any] = {"oid": oid, "order": spec(side, sz, px, tif, **more)}
        if more.get("always"):
            fields["a"] = True
        return self.do(name, "modify", **fields)

    def advance(self, seconds: float) -> list[Outcome]:
        """Move the clock on and do what fell due, a block for each."""
        self.now_ms += round(seconds * 1_000)
        return list(self.exchange.due(self.now_ms))

    def placed(self, oid: int) -> Order:
        return self.exchange.orders[Oid(oid)]

    def newest(self, name: str) -> Order:
        """The order that was placed last."""
        who = address(name)
        return max((o for o in self.exchange.orders.values() if o.account == who), key=lambda order: order.oid)

    def quote(self, coin: str, bid: str | None, ask: str | None, sz: str = "100") -> Outcome:
        size = Decimal(sz)
        return self.exchange.set_quote(coin, _decimal(bid), size, _decimal(ask), size, self.now_ms)

    def prices(self, coin: str, *, oracle: str | None = None, mark: str | None = None) -> Outcome:
        return self.exchange.set_prices(coin, oracle_px=_decimal(oracle), mark_px=_decimal(mark), now_ms=self.now_ms)

    def fill(self, oid: int, sz: str | None = None, px: str | None = None) -> Outcome:
        """A forced fill."""
        return self.exchange.force_fill(oid, _decimal(sz), _decimal(px), now_ms=self.now_ms)

    def fund(self, name: str, amount: str, token: str | None = None) -> Outcome:
        return self.exchange.fund(address(name), Decimal(amount), self.now_ms, token=token)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def spec(side: str, sz: str, px: str, tif: str = "Gtc", **more: Any) -> dict[str, Any]:
    """An order as it is sent. `trigger`: (tpsl, triggerPx) or (tpsl, triggerPx, isMarket)."""
    kind: dict[str, Any] = {"limit": {"tif": tif}}
    if "trigger" in more:
        tpsl, trigger_px, *rest = more["trigger"]
        kind = {"trigger": {"isMarket": rest[0] if rest else True, "triggerPx": trigger_px, "tpsl": tpsl}}
    order = {
        "a": more.get("asset", BTC),
        "b": side == "buy",
        "p": px,
        "s": sz,
        "r": more.get("reduce_only", False),
        "t": kind,
    }
    if "cloid" in more:
        order["c"] = more["cloid"]
    return order


def elements(outcome: Outcome) -> list[Any]:
    """The `statuses` of an answer."""
    found: list[Any] = outcome.answer["response"]["data"]["statuses"]
    return found


def element(outcome: Outcome) -> Any:
    (only,) = elements(outcome)
    return only


def error(outcome: Outcome) -> str | None:
    """The error text, of the whole action or of its only element."""
    if outcome.answer["status"] == "err":
        return str(outcome.answer["response"])
    response = outcome.answer["response"]
    if response["type"] == "default":
        return None
    only = element(outcome)
    return only.get("error") if isinstance(only, dict) else None


def order_changes(outcome: Outcome) -> list[tuple[int, str]]:
    """The published order changes: (oid, status)."""
    return [(c.order.oid, c.status) for c in orders(outcome) if c.published]


def statuses(outcome: Outcome) -> list[str]:
    """The statuses of all order changes, published or not."""
    return [change.status for change in orders(outcome)]


def fills(outcome: Outcome) -> list[Fill]:
    return [change for change in outcome.changes if isinstance(change, Fill)]


def orders(outcome: Outcome) -> list[OrderChange]:
    """All order changes, published or not."""
    return [change for change in outcome.changes if isinstance(change, OrderChange)]
