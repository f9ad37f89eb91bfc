"""A load generator in a process of its own: raw sockets, one epoll loop, requests signed before the clock starts.

    python load_client.py rate URL ORDERS CONNECTIONS       as fast as answers come; prints orders per second
    python load_client.py paced URL ORDERS PER_S WATCHERS   a fixed rate; prints µs from POST to the updates

Prints one JSON object. Orders rest: BTC bids far below the quote, each of one of 20 wallets.
"""

import gc
import json
import selectors
import socket
import sys
import time
from statistics import median

from hlmock.signing.wallets import wallet

WALLETS = [wallet(f"load {number}") for number in range(20)]

MOST_OPEN = 900
"""Orders per wallet: an account may have 1,000 open ones."""


def signed_requests(count: int, traders: int) -> list[bytes]:
    """HTTP bytes of orders by the first `traders` wallets in turn."""
    nonce = time.time_ns() // 1_000_000
    requests = []
    for number in range(count):
        order = {"a": 0, "b": True, "p": "50000", "s": "0.001", "r": False, "t": {"limit": {"tif": "Gtc"}}}
        order["c"] = f"0x{number + 1:032x}"
        action = {"type": "order", "orders": [order], "grouping": "na"}
        body = WALLETS[number % traders].request(action, nonce + number)
        head = b"POST /exchange HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        requests.append(head % len(body) + body)
    return requests


def connect(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    raw = socket.create_connection((host, int(port)))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def watch(url: str, addresses: list[str]) -> socket.socket:
    """A WebSocket subscribed to the order updates of all the addresses; its acknowledgements are read."""
    raw = connect(url)
    raw.sendall(
        b"GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for address in addresses:
        subscription = {"type": "orderUpdates", "user": address}
        text = json.dumps({"method": "subscribe", "subscription": subscription}).encode()
        raw.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
    data = b""
    while data.count(b'"subscriptionResponse"') < len(addresses):
        data += raw.recv(65_536)
    return raw


class Reader:
    """Counts a marker in what a socket receives, wherever the segments are cut."""

    def __init__(self, raw: socket.socket, marker: bytes) -> None:
        self.raw = raw
        self._marker = marker
        self._rest = b""

    def count(self) -> int:
        """How many came with the next segment.

        Raises:
            ConnectionError: the server has ended the connection, or answered with an error.
        """
        data = self.raw.recv(65_536)
        if not data or data.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or b'"error"' in data:
            raise ConnectionError(f"unexpected: {data[:200]!r}")
        data = self._rest + data
        self._rest = data[1 - len(self._marker) :]
        return data.count(self._marker)


UPDATE = b'"channel":"orderUpdates"'
ANSWER = b'{"resting"'


def run_rate(url: str, orders: int, connections: int) -> dict[str, float]:
    """Each connection has one request on its way; one subscriber watches one of the wallets' orders."""
    requests = signed_requests(orders, len(WALLETS))
    selector = selectors.DefaultSelector()
    watcher = Reader(watch(url, [WALLETS[0].address]), UPDATE)
    selector.register(watcher.raw, selectors.EVENT_READ, watcher)
    posters = [Reader(connect(url), ANSWER) for _ in range(connections)]
    for poster in posters:
        selector.register(poster.raw, selectors.EVENT_READ, poster)
    gc.disable()
    pending = iter(requests)
    updates = answers = 0
    started = time.perf_counter()
    for poster in posters:
        poster.raw.sendall(next(pending))
    while answers < orders or updates < orders // len(WALLETS):
        for key, _ in selector.select(5):
            reader: Reader = key.data
            count = reader.count()
            if reader is watcher:
                updates += count
                continue
            answers += count
            if count and (following := next(pending, None)) is not None:
                reader.raw.sendall(following)
    return {"orders_per_s": orders / (time.perf_counter() - started)}


def run_paced(url: str, orders: int, per_s: int, watchers: int) -> dict[str, float]:
    """Latency from before `send` to the first and the last subscriber having the update."""
    traders = WALLETS[: -(-orders // MOST_OPEN)]
    requests = signed_requests(orders, len(traders))
    selector = selectors.DefaultSelector()
    for _ in range(watchers):
        watcher = Reader(watch(url, [each.address for each in traders]), UPDATE)
        selector.register(watcher.raw, selectors.EVENT_READ, watcher)
    poster = Reader(connect(url), ANSWER)
    selector.register(poster.raw, selectors.EVENT_READ, poster)
    gc.disable()
    first: list[float] = []
    last: list[float] = []
    started = time.perf_counter()
    for number, request in enumerate(requests):
        while time.perf_counter() < started + number / per_s:
            pass  # A sleeping client would measure its own wake-up.
        sent = time.perf_counter()
        poster.raw.sendall(request)
        seen = answered = 0
        while seen < watchers or not answered:
            for key, _ in selector.select(5):
                reader: Reader = key.data
                count = reader.count()
                if reader is poster:
                    answered += count
                    continue
                seen += count
                if seen and len(first) == number:
                    first.append(time.perf_counter() - sent)
        last.append(time.perf_counter() - sent)
    return {
        "first_p50_us": median(first) * 1e6,
        "first_p99_us": sorted(first)[int(len(first) * 0.99)] * 1e6,
        "last_p50_us": median(last) * 1e6,
        "last_p99_us": sorted(last)[int(len(last) * 0.99)] * 1e6,
    }


if __name__ == "__main__":
    what, address, *numbers = sys.argv[1:]
    arguments = [int(each) for each in numbers]
    print(json.dumps({"rate": run_rate, "paced": run_paced}[what](address, *arguments)))  # type: ignore[operator]
