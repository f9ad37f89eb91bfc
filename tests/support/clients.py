"""Clients over real sockets: signed orders, subscriptions, raw HTTP. Wallets are test wallets by name."""

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from hlmock.signing.wallets import Wallet

JSON = {"content-type": "application/json"}

_nonces = itertools.count(time.time_ns() // 1_000_000)


def next_nonce() -> int:
    """Never the same twice within the process, and near wall time (a test places fewer than 1,000 orders a second)."""
    return next(_nonces)


def cloid_of(number: int) -> str:
    return f"0x{number:032x}"


def order_action(
    *,
    cloid: str | None = None,
    px: str = "50000",
    sz: str = "0.01",
    is_buy: bool = True,
    tif: str = "Gtc",
    asset: int = 0,
) -> dict[str, Any]:
    """One order. 50000 is far below the quoted BTC: it rests."""
    order: dict[str, Any] = {"a": asset, "b": is_buy, "p": px, "s": sz, "r": False, "t": {"limit": {"tif": tif}}}
    if cloid is not None:
        order["c"] = cloid
    return {"type": "order", "orders": [order], "grouping": "na"}


def cancel_action(cloid: str, asset: int = 0) -> dict[str, Any]:
    return {"type": "cancelByCloid", "cancels": [{"asset": asset, "cloid": cloid}]}


def signed(wallet: Wallet, action: dict[str, Any]) -> bytes:
    """Body of a signed `POST /exchange`."""
    return wallet.request(action, next_nonce())


def post_action(client: httpx.Client, url: str, wallet: Wallet, action: dict[str, Any]) -> Any:
    """The decoded answer."""
    return client.post(f"{url}/exchange", content=signed(wallet, action), headers=JSON).json()


def subscription(kind: str, **fields: Any) -> str:
    return json.dumps({"method": "subscribe", "subscription": {"type": kind, **fields}})


def subscribe(ws: ClientConnection, kind: str, **fields: Any) -> Any:
    """Subscribe and return the acknowledgement; it must be the next frame."""
    ws.send(subscription(kind, **fields))
    ack = json.loads(ws.recv(timeout=5))
    assert ack["channel"] == "subscriptionResponse", ack
    return ack["data"]


def next_message(ws: ClientConnection, timeout_s: float = 5) -> Any:
    return json.loads(ws.recv(timeout=timeout_s))


@contextmanager
def subscribed(ws_url: str, kind: str, **fields: Any) -> Iterator[ClientConnection]:
    """A connection with one acknowledged subscription."""
    with connect(ws_url) as ws:
        subscribe(ws, kind, **fields)
        yield ws


def raw_connection(url: str, *, receive_buffer: int | None = None) -> socket.socket:
    """A TCP connection to the server of this URL, with a time limit on every call."""
    host, _, port = url.removeprefix("http://").partition(":")
    raw = socket.socket()
    raw.settimeout(5)
    if receive_buffer is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.connect((host, int(port)))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def http_bytes(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as bytes. Header names: `content_type="..."`."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    if body or method == "POST":
        headers.setdefault("content_length", str(len(body)))
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def read_response(raw: socket.socket) -> tuple[int, bytes]:
    """Status and body of one response with a content-length; (0, b"") when the connection ended."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = raw.recv(65_536)
        if not chunk:
            return 0, data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    if lines[0].startswith("http/1.1 101"):
        return 101, b""  # What follows are frames already.
    length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += raw.recv(65_536)
    assert len(body) == length, "the response is followed by something else"
    return int(lines[0].split()[1]), body


def upgrade_bytes(path: str = "/ws", **headers: str) -> bytes:
    """A WebSocket handshake as bytes."""
    handshake = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec_websocket_version": "13",
        "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    return http_bytes("GET", path, b"", **(handshake | headers))


def client_frame(payload: bytes, opcode: int = 1, *, is_final: bool = True, mask: bytes = b"\x11\x22\x33\x44") -> bytes:
    """A masked frame. Source: RFC 6455, 5.2."""
    length = len(payload)
    head = bytes([(0x80 if is_final else 0) | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65_536:
        head += bytes([0x80 | 126]) + length.to_bytes(2)
    else:
        head += bytes([0x80 | 127]) + length.to_bytes(8)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def eventually(claim: Any, *, timeout_s: float = 5.0, what: str = "the condition") -> Any:
    """Wait until `claim()` is true; returns its value. For conditions of the server's own thread."""
    deadline = time.monotonic() + timeout_s
    while not (value := claim()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {timeout_s} s")
        time.sleep(0.002)
    return value
