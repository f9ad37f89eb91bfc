"""The founding bug report's traffic over real sockets: wallets that trade and reconnect at once, and what each saw.

Each wallet has a task of its own and one to three connections. In every cycle it opens new connections and subscribes
them (in whatever case of letters) before the old ones end, trades meanwhile, and ends the old ones: with a close
frame, by dropping them, or not at all. What is required of a connection is what a client can know: every update whose
request was sent after its acknowledgement came and answered before it was ended.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hlmock.signing.wallets import Wallet, wallet
from support.clients import cancel_action, cloid_of, http_bytes, order_action, subscription

Update = tuple[str, str]
"""cloid and status."""

ORDERS_PER_CYCLE = 3
CANCELS_PER_CYCLE = 2


class Poster:
    """One keep-alive HTTP connection that posts signed actions one after the other."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port

    async def __aenter__(self) -> "Poster":
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def post(self, body: bytes) -> Any:
        self._writer.write(http_bytes("POST", "/exchange", body, content_type="application/json"))
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return json.loads(await self._reader.readexactly(length))


@dataclass(eq=False)
class Watcher:
    """One connection, from before its handshake to after its end."""

    socket: ClientConnection
    updates: list[Update] = field(default_factory=list)
    required: list[Update] = field(default_factory=list)
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: bool = False

    async def read(self) -> None:
        try:
            async for text in self.socket:
                message = json.loads(text)
                if message["channel"] == "orderUpdates":
                    self.updates += [(each["order"]["cloid"], each["status"]) for each in message["data"]]
                elif message["channel"] == "subscriptionResponse":
                    self.acknowledged.set()
        except ConnectionClosed:
            pass  # Dropped by its own side.


class Trader:
    """One wallet: its connections, what it did, and what it saw."""

    def __init__(self, number: int, connections: int) -> None:
        self.wallet: Wallet = wallet(f"trader {number}")
        self.number = number
        self.connections = connections
        self.history: list[Update] = []
        """Every update that its requests caused, in their order."""
        self.watchers: list[Watcher] = []
        self._nonce = time.time_ns() // 1_000_000
        self._next_cloid = number * 100_000
        self._resting: list[str] = []

    def address(self, variant: int) -> str:
        """The same address in another case of letters."""
        digits = self.wallet.address[2:]
        forms = (digits, digits.upper(), self.wallet.account.address[2:], digits.swapcase())
        return "0x" + forms[variant % len(forms)]

    async def run(self, ws_url: str, poster: Poster, cycles: int, readers: asyncio.TaskGroup) -> None:
        live: list[Watcher] = []
        for cycle in range(cycles):
            old, live = live, []
            for slot in range(self.connections):
                trading = readers.create_task(self._trade(poster, 1), name=f"{self.number} trades while it connects")
                watcher = Watcher(await connect(ws_url, compression=None, proxy=None, close_timeout=5))
                readers.create_task(watcher.read(), name=f"{self.number} reads")
                self.watchers.append(watcher)
                live.append(watcher)
                await watcher.socket.send(subscription("orderUpdates", user=self.address(cycle + slot)))
                await trading
                await asyncio.wait_for(watcher.acknowledged.wait(), 10)
            await self._trade(poster, ORDERS_PER_CYCLE - 1)
            await self._cancel(poster, CANCELS_PER_CYCLE)
            for number, watcher in enumerate(old):
                watcher.has_ended = True
                if (self.number + cycle + number) % 3:
                    await watcher.socket.close()
                else:
                    watcher.socket.transport.abort()
                await self._trade(poster, 1)
        for watcher in live:
            watcher.has_ended = True
            await watcher.socket.close()

    async def _trade(self, poster: Poster, count: int) -> None:
        for _ in range(count):
            self._next_cloid += 1
            cloid = cloid_of(self._next_cloid)
            await self._post(poster, order_action(cloid=cloid), (cloid, "open"))
            self._resting.append(cloid)

    async def _cancel(self, poster: Poster, count: int) -> None:
        for _ in range(count):
            cloid = self._resting.pop(0)
            await self._post(poster, cancel_action(cloid), (cloid, "canceled"))

    async def _post(self, poster: Poster, action: dict[str, Any], update: Update) -> None:
        self._nonce += 1
        waiting = [each for each in self.watchers if each.acknowledged.is_set() and not each.has_ended]
        self.history.append(update)
        answer = await poster.post(self.wallet.request(action, self._nonce))
        assert answer["status"] == "ok", answer
        for watcher in waiting:
            if not watcher.has_ended:
                watcher.required.append(update)

    def complaints(self) -> list[str]:
        """What is wrong with what its connections saw; aborted ones may have lost the end."""
        found = []
        for number, watcher in enumerate(self.watchers):
            name = f"{self.wallet.name}, connection {number}"
            foreign = [update for update in watcher.updates if update not in self.history]
            if foreign:
                found.append(f"{name} got updates of others: {foreign}")
                continue
            places = [self.history.index(update) for update in watcher.updates]
            if len(set(places)) != len(places):
                found.append(f"{name} got an update twice: {watcher.updates}")
            if places != sorted(places):
                found.append(f"{name} got updates out of order: {watcher.updates}")
            missing = [update for update in watcher.required if update not in watcher.updates]
            if missing:
                found.append(f"{name} misses {missing} of {watcher.required}; it has {watcher.updates}")
        return found


async def play(url: str, wallets: int, cycles: int) -> list[Trader]:
    """Run the whole scenario; returns the traders with all that they saw."""
    host, _, port = url.removeprefix("http://").partition(":")
    traders = [Trader(number, number % 3 + 1) for number in range(1, wallets + 1)]
    ws_url = f"ws{url[4:]}/ws"

    async def run(trader: Trader, readers: asyncio.TaskGroup) -> None:
        async with Poster(host, int(port)) as poster:
            await trader.run(ws_url, poster, cycles, readers)

    async with asyncio.TaskGroup() as readers, asyncio.TaskGroup() as running:
        for trader in traders:
            running.create_task(run(trader, readers), name=f"trader {trader.number}")
    return traders
