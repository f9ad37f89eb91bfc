"""A small, honest trading client, as the demo's three bots use it: signed posts over HTTP, updates over WebSockets.

It waits for the acknowledgement of each subscription (unless told to behave badly) and for each update that it is
due, so that the demo needs no sleeping.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hlmock.signing import Wallet

WAIT_S = 10.0
"""How long an answer or update may take before the demo gives up."""


class DemoError(Exception):
    """The exchange did not answer as the demo's story needs it."""


class Stream:
    """One WebSocket connection of a wallet. Somebody must run `read`."""

    def __init__(self, connection: ClientConnection, user: str) -> None:
        self._connection = connection
        self._user = user
        self._changed = asyncio.Condition()
        self.acknowledged: set[str] = set()
        """Types whose subscription is in effect."""
        self.updates: list[tuple[int, str]] = []
        """(oid, status) of each order update, in the order of arrival."""
        self._is_over = False

    async def subscribe(self, *types: str) -> None:
        """Subscribe and wait for the acknowledgements: only then is an update sure to come."""
        for type_ in types:
            body = {"method": "subscribe", "subscription": {"type": type_, "user": self._user}}
            await self._connection.send(msgspec.json.encode(body).decode())
        await self._wait_for(lambda: self.acknowledged.issuperset(types), f"the acknowledgement of {', '.join(types)}")

    async def expect(self, oid: int, status: str) -> None:
        """Wait for an order update."""
        await self._wait_for(lambda: (oid, status) in self.updates, f"{status} of order {oid}")

    def cut(self) -> None:
        """Lose the connection, as a network does: no close frame."""
        self._connection.transport.abort()

    async def close(self) -> None:
        """Close with a handshake."""
        await self._connection.close()

    async def read(self) -> None:
        """Take in frames until the connection ends, however it ends."""
        with contextlib.suppress(ConnectionClosed):
            async for frame in self._connection:
                self._take(msgspec.json.decode(frame))
                await self._tell()
        self._is_over = True
        await self._tell()

    def _take(self, message: dict[str, Any]) -> None:
        match message["channel"]:
            case "subscriptionResponse":
                self.acknowledged.add(message["data"]["subscription"]["type"])
            case "orderUpdates":
                self.updates += [(row["order"]["oid"], row["status"]) for row in message["data"]]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _wait_for(self, is_met: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(WAIT_S), self._changed:
                await self._changed.wait_for(lambda: is_met() or self._is_over)
        except TimeoutError:
            raise DemoError(f"{self._user} waited {WAIT_S:g} s for {what}") from None
        if not is_met():
            raise DemoError(f"{self._user}'s connection ended before {what}")


class Bot:
    """One wallet: places, changes and cancels orders, and opens streams. Use it as an async context manager."""

    def __init__(self, name: str, wallet: Wallet, url: str, ws_url: str, tasks: asyncio.TaskGroup) -> None:
        """
        Args:
            name: for messages.
            wallet: signs.
            url: base of the exchange's HTTP API.
            ws_url: its WebSocket.
            tasks: runs the readers of the streams.
        """
        self.name = name
        self.wallet = wallet
        self.address = wallet.address
        self._tasks = tasks
        self._ws_url = ws_url
        self._http = httpx.AsyncClient(base_url=url, timeout=WAIT_S, trust_env=False)
        self._nonces = itertools.count(time.time_ns() // 1_000_000)
        self._streams: list[Stream] = []
        self._assets: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        meta = (await self._http.post("/info", json={"type": "meta"})).json()
        self._assets = {market["name"]: index for index, market in enumerate(meta["universe"])}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._streams:
            await stream.close()
        await self._http.aclose()

    async def connect(self) -> Stream:
        """Open a connection, without any subscription."""
        stream = Stream(await connect(self._ws_url, proxy=None, compression=None), self.address)
        self._streams.append(stream)
        self._tasks.create_task(stream.read(), name=f"stream {len(self._streams)} of {self.name}")
        return stream

    def order(self, coin: str, side: str, px: str, sz: str, cloid: str, tif: str = "Gtc") -> dict[str, Any]:
        """An order as it goes over the wire. `side` is `buy` or `sell`."""
        return {
            "a": self._assets[coin],
            "b": side == "buy",
            "p": px,
            "s": sz,
            "r": False,
            "t": {"limit": {"tif": tif}},
            "c": cloid,
        }

    async def place(self, coin: str, side: str, px: str, sz: str, cloid: str, tif: str = "Gtc") -> int:
        """Place one order; returns its oid."""
        order = self.order(coin, side, px, sz, cloid, tif)
        status = await self._act({"type": "order", "orders": [order], "grouping": "na"})
        return int((status.get("resting") or status.get("filled") or {})["oid"])

    async def modify(self, oid: int, coin: str, side: str, px: str, sz: str, cloid: str) -> int:
        """Replace an order; returns the oid of the new one."""
        order = self.order(coin, side, px, sz, cloid)
        status = await self._act({"type": "batchModify", "modifies": [{"oid": oid, "order": order}]})
        return int((status.get("resting") or status.get("filled") or {})["oid"])

    async def cancel(self, coin: str, cloid: str) -> None:
        """Cancel by client order id."""
        action = {"type": "cancelByCloid", "cancels": [{"asset": self._assets[coin], "cloid": cloid}]}
        await self._act(action)

    async def reconcile(self) -> None:
        """Ask for the open orders, as a client must after a lost connection: no feed repeats order updates."""
        reply = await self._http.post("/info", json={"type": "openOrders", "user": self.address})
        reply.raise_for_status()

    async def _act(self, action: dict[str, Any]) -> dict[str, Any]:
        body = self.wallet.request(action, next(self._nonces))
        reply = await self._http.post("/exchange", content=body, headers={"content-type": "application/json"})
        answer: Any = reply.json() if reply.is_success else reply.text
        try:
            status = answer["response"]["data"]["statuses"][0]
        except (TypeError, KeyError, IndexError):
            raise DemoError(f"{self.name}'s {action['type']} was answered with {reply.status_code} {answer}") from None
        if status == "success":
            return {}
        if "error" in status:
            raise DemoError(f"{self.name}'s {action['type']} was refused: {status['error']}")
        return dict(status)
