"""The story that the demo's three wallets play. The same orders every time; only the times differ.

alice listens on two connections, and her updates come on both. carol sells into alice's bid. One of alice's
connections is replaced by a new one, which subscribes before the old one is lost. bob makes the mistake of the
founding bug report: he connects and places an order before he has subscribed, so its update reaches nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hlbench.demo.client import Bot, Stream
from hlmock.signing import wallet

WALLETS = ("alice", "bob", "carol")
HASTY_EVERY = 8
"""bob forgets to subscribe first in one of so many rounds."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the story. Prices lie around the quotes that a fresh exchange starts with."""

    coin: str
    side: str
    px: str
    sz: str


ALICE_BID = Order("BTC", "buy", "66344", "0.02")
"""One tick better than the quoted bid: the next seller meets alice."""
CAROL_SALE = Order("BTC", "sell", "66344", "0.02")
ALICE_REST = Order("ETH", "buy", "1900", "1.5")
ALICE_BETTER = Order("ETH", "buy", "1905", "1.5")
BOB_HASTY = Order("ETH", "sell", "1950", "3")
BOB_CALM = Order("SOL", "buy", "80", "25")
CAROL_REST = Order("SOL", "sell", "82.5", "40")


def cloid_of(round_: int, number: int) -> str:
    """Client order id of the nth order of a round: readable, and the same in every run."""
    return f"0xde30{round_:012x}{number:016x}"


HASTY_CLOID = cloid_of(0, 4)
"""The order whose update reaches nobody (in the first round)."""


class Story:
    """Plays rounds against one exchange.

    Args:
        url: base of the exchange's HTTP API.
        ws_url: its WebSocket.
        pause: awaited between the scenes; it may wait, or raise to end the story.
    """

    def __init__(self, url: str, ws_url: str, pause: Callable[[], Awaitable[None]] | None = None) -> None:
        self._url = url
        self._ws_url = ws_url
        self._pause = pause or _at_once

    async def play(self, rounds: int | None = 1) -> None:
        """Play so many rounds; `None` goes on until `pause` raises.

        Raises:
            DemoError: the exchange did not answer as the story needs it.
            httpx.HTTPError, OSError: it cannot be reached.
        """
        try:
            async with (
                asyncio.TaskGroup() as tasks,
                self._bot("alice", tasks) as alice,
                self._bot("bob", tasks) as bob,
                self._bot("carol", tasks) as carol,
            ):
                await self._play(rounds, alice, bob, carol)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # the first one ended the others

    async def _play(self, rounds: int | None, alice: Bot, bob: Bot, carol: Bot) -> None:
        first, second = await alice.connect(), await alice.connect()
        await first.subscribe("orderUpdates", "userFills")
        await second.subscribe("orderUpdates")
        market = await carol.connect()
        await market.subscribe("orderUpdates", "userFills")
        bobs: Stream | None = None
        round_ = 0
        while rounds is None or round_ < rounds:
            await self._trade(round_, alice, (first, second), carol, market)
            second = await self._reconnect(alice, second)
            await self._change_and_cancel(round_, alice, (first, second))
            if bobs is None or round_ % HASTY_EVERY == 0:
                bobs = await self._hasty(round_, bob, bobs)
            await self._calm(round_, bob, bobs)
            await self._rest(round_, carol, market)
            round_ += 1

    def _bot(self, name: str, tasks: asyncio.TaskGroup) -> Bot:
        return Bot(name, wallet(name), self._url, self._ws_url, tasks)

    async def _trade(self, round_: int, alice: Bot, streams: tuple[Stream, Stream], carol: Bot, market: Stream) -> None:
        """alice's bid rests; carol sells into it: one request, updates for two accounts."""
        bid = await _place(alice, ALICE_BID, cloid_of(round_, 1))
        for stream in streams:
            await stream.expect(bid, "open")
        await self._pause()
        sale = await _place(carol, CAROL_SALE, cloid_of(round_, 2), tif="Ioc")
        await market.expect(sale, "filled")
        for stream in streams:
            await stream.expect(bid, "filled")
        await self._pause()

    async def _reconnect(self, alice: Bot, old: Stream) -> Stream:
        """The new connection is subscribed before the old one is lost: nothing falls into a gap."""
        new = await alice.connect()
        await new.subscribe("orderUpdates")
        await self._pause()
        old.cut()
        await alice.reconcile()
        await self._pause()
        return new

    async def _change_and_cancel(self, round_: int, alice: Bot, streams: tuple[Stream, Stream]) -> None:
        """A modify gives the order a new oid; then it is canceled by cloid."""
        order, cloid = ALICE_REST, cloid_of(round_, 3)
        old = await _place(alice, order, cloid)
        await self._pause()
        better = ALICE_BETTER
        new = await alice.modify(old, better.coin, better.side, better.px, better.sz, cloid)
        for stream in streams:
            await stream.expect(old, "canceled")
            await stream.expect(new, "open")
        await self._pause()
        await alice.cancel(order.coin, cloid)
        for stream in streams:
            await stream.expect(new, "canceled")
        await self._pause()

    async def _hasty(self, round_: int, bob: Bot, before: Stream | None) -> Stream:
        """bob connects, orders, and only then subscribes: the acknowledgement comes too late for that order."""
        if before is not None:
            await before.close()
        stream = await bob.connect()
        cloid = cloid_of(round_, 4)
        oid = await _place(bob, BOB_HASTY, cloid)
        await stream.subscribe("orderUpdates")
        await self._pause()
        await bob.cancel(BOB_HASTY.coin, cloid)
        await stream.expect(oid, "canceled")
        await self._pause()
        return stream

    async def _calm(self, round_: int, bob: Bot, stream: Stream) -> None:
        """The same bob, subscribed: his updates come."""
        cloid = cloid_of(round_, 5)
        oid = await _place(bob, BOB_CALM, cloid)
        await stream.expect(oid, "open")
        await self._pause()
        await bob.cancel(BOB_CALM.coin, cloid)
        await stream.expect(oid, "canceled")
        await self._pause()

    async def _rest(self, round_: int, carol: Bot, market: Stream) -> None:
        cloid = cloid_of(round_, 6)
        oid = await _place(carol, CAROL_REST, cloid, tif="Alo")
        await market.expect(oid, "open")
        await self._pause()
        await carol.cancel(CAROL_REST.coin, cloid)
        await market.expect(oid, "canceled")
        await self._pause()


async def _place(bot: Bot, order: Order, cloid: str, tif: str = "Gtc") -> int:
    return await bot.place(order.coin, order.side, order.px, order.sz, cloid, tif)


async def _at_once() -> None:
    """No pause: the story runs as fast as the exchange answers."""
