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


def watch(url: str, address: str) -> socket.socket:
    """A subscribed WebSocket; its acknowledgement is read."""
    raw = connect(url)
    raw.sendall(
        b"GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    text = json.dumps({"method": "subscribe", "subscription": {"type": "orderUpdates", "user": address}}).encode()
    raw.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
    data = b""
    while b"subscriptionResponse" not in data:
        data += raw.recv(65_536)
    return raw


def run_rate(url: str, orders: int, connections: int) -> dict[str, float]:
    """Each connection has one request on its way; one subscriber watches one of the wallets' orders."""
    requests = signed_requests(orders, len(WALLETS))
    watchers = [watch(url, WALLETS[0].address)]
    selector = selectors.DefaultSelector()
    for watcher in watchers:
        watcher.setblocking(False)
        selector.register(watcher, selectors.EVENT_READ, "watcher")
    sockets = [connect(url) for _ in range(connections)]
    for raw in sockets:
        selector.register(raw, selectors.EVENT_READ, "post")
    gc.disable()
    updates = done = resting = 0
    started = time.perf_counter()
    pending = iter(requests)
    for raw in sockets:
        raw.sendall(next(pending))
    while done < orders or updates < orders // len(WALLETS):
        for key, _ in selector.select(5):
            data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
            if key.data == "watcher":
                updates += data.count(b'"channel":"orderUpdates"')
                continue
            resting += data.count(b'"resting"')
            if b'"status"' not in data:
                continue  # Only the head of an answer.
            done += 1
            following = next(pending, None)
            if following is not None:
                key.fileobj.sendall(following)  # type: ignore[union-attr]
    took_s = time.perf_counter() - started
    assert resting == orders, f"only {resting} of {orders} orders rest"
    return {"orders_per_s": orders / took_s}


def run_paced(url: str, orders: int, per_s: int, watchers: int) -> dict[str, float]:
    """Latency from before `send` to the first and the last subscriber having the update."""
    requests = signed_requests(orders, 1)
    selector = selectors.DefaultSelector()
    for _ in range(watchers):
        raw = watch(url, WALLETS[0].address)
        raw.setblocking(False)
        selector.register(raw, selectors.EVENT_READ, "watcher")
    poster = connect(url)
    selector.register(poster, selectors.EVENT_READ, "post")
    gc.disable()
    first: list[float] = []
    last: list[float] = []
    started = time.perf_counter()
    for number, request in enumerate(requests):
        while time.perf_counter() < started + number / per_s:
            pass  # A sleeping client would measure its own wake-up.
        sent = time.perf_counter()
        poster.sendall(request)
        seen = 0
        has_answer = False
        while seen < watchers or not has_answer:
            for key, _ in selector.select(5):
                data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if key.data == "post":
                    has_answer |= b'"status"' in data
                    continue
                seen += data.count(b'"channel":"orderUpdates"')
                if len(first) == number:
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
