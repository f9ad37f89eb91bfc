"""Foreign logs for tests: the bug report's excerpt, and HAR files as Chrome saves them."""

import json
from typing import Any

from hlbench import Timeline

WALLET = "0xeb5Df7323c643f01b8C0643bE808a0e6486621e8"
OTHER = "0x628f0bE408bdf24451a1c30C452abbB9cfb50A18"

EXCERPT = f"""\
{{"level":"INFO","msg":"websocket connection established","remote":"127.0.0.1:65380"}}
{{"level":"INFO","msg":"subscribed to orderUpdates","user":"{WALLET}"}}

{{"level":"INFO","msg":"websocket connection established","remote":"127.0.0.1:65381"}}
{{"level":"INFO","msg":"subscribed to orderUpdates","user":"{OTHER}"}}

{{"level":"INFO","msg":"recovered wallet address from signature","wallet":"{WALLET}"}}
// Order created successfully, status returned to HTTP client

// ❌ BUT: No WebSocket message sent to {WALLET}
"""
"""The log of the founding bug report, with its author's remarks."""


def only_row(timeline: Timeline) -> Any:
    """The one row of its deliveries."""
    (row,) = timeline.deliveries.itertuples()
    return row


START_S = 1_700_000_000


class Har:
    """A browser's session with an exchange. Times are seconds after its start."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def socket(self, at: float) -> "Socket":
        entry: dict[str, Any] = {
            "_resourceType": "websocket",
            "request": {"method": "GET", "url": "wss://api.hyperliquid.xyz/ws"},
            "response": {"status": 101, "content": {"size": 0}},
            "startedDateTime": iso(at),
            "time": 1.5,
            "_webSocketMessages": [],
        }
        self.entries.append(entry)
        return Socket(entry["_webSocketMessages"])

    def exchange(self, at: float, body: Any, answer: Any, *, took_ms: float = 20, status: int = 200) -> None:
        self.entries.append(
            {
                "_resourceType": "fetch",
                "request": {
                    "method": "POST",
                    "url": "https://api.hyperliquid.xyz/exchange",
                    "postData": {"mimeType": "application/json", "text": json.dumps(body)},
                },
                "response": {"status": status, "content": {"text": json.dumps(answer)}},
                "startedDateTime": iso(at),
                "time": took_ms,
            }
        )

    def text(self) -> str:
        page = {"request": {"method": "GET", "url": "https://app.example/a.js"}, "startedDateTime": iso(0), "time": 1}
        log = {"version": "1.2", "creator": {"name": "WebInspector"}, "pages": [], "entries": [page, *self.entries]}
        return json.dumps({"log": log}, indent=2)


class Socket:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self._messages = messages

    def send(self, at: float, frame: Any) -> None:
        self._messages.append({"type": "send", "time": START_S + at, "opcode": 1, "data": json.dumps(frame)})

    def get(self, at: float, frame: Any) -> None:
        self._messages.append({"type": "receive", "time": START_S + at, "opcode": 1, "data": json.dumps(frame)})

    def subscribe(self, at: float, user: str, *, acknowledged: float | None = None) -> None:
        asked = {"method": "subscribe", "subscription": {"type": "orderUpdates", "user": user}}
        self.send(at, asked)
        self.get(
            at + 0.01 if acknowledged is None else acknowledged, {"channel": "subscriptionResponse", "data": asked}
        )

    def update(self, at: float, *items: dict[str, Any]) -> None:
        self.get(at, {"channel": "orderUpdates", "data": list(items)})


def item(oid: int, status: str = "open", *, cloid: str | None = None, time_ms: int = 1) -> dict[str, Any]:
    """One element of an `orderUpdates` message."""
    order = {"coin": "BTC", "side": "B", "limitPx": "50000.0", "sz": "0.1", "oid": oid, "timestamp": 1, "origSz": "0.1"}
    return {"order": order | ({"cloid": cloid} if cloid else {}), "status": status, "statusTimestamp": time_ms}


def placing(*cloids: str | None) -> dict[str, Any]:
    """The body of a request that places orders."""
    orders = [
        {"a": 0, "b": True, "p": "50000", "s": "0.1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
        | ({"c": cloid} if cloid else {})
        for cloid in cloids
    ]
    signature = {"r": "0x" + "1d" * 32, "s": "0x" + "2e" * 32, "v": 27}
    return {"action": {"type": "order", "orders": orders, "grouping": "na"}, "nonce": 1, "signature": signature}


def placed(*statuses: Any) -> dict[str, Any]:
    """The exchange's answer."""
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": list(statuses)}}}


def iso(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(START_S + at, UTC).isoformat().replace("+00:00", "Z")
