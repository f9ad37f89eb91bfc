"""The demo's story against an embedded exchange: once for a text, or over and over beside the TUI."""

import asyncio
import threading
from typing import TYPE_CHECKING, Final

from hlbench.demo.story import WALLETS, Story

if TYPE_CHECKING:
    from hlmock import MockExchange

PACE_S: Final = 0.35
"""Between two scenes beside the TUI: slow enough to read, quick enough to see something."""


def play_once(exchange: "MockExchange") -> None:
    """One round, as fast as the exchange answers.

    Raises:
        DemoError: the exchange did not answer as the story needs it.
    """
    _name_wallets(exchange)
    asyncio.run(Story(exchange.url, exchange.ws_url).play())


class Traffic:
    """Plays rounds in a thread of its own until `stop`.

    Args:
        exchange: a started exchange.
        pace_s: between two scenes.
    """

    def __init__(self, exchange: "MockExchange", *, pace_s: float = PACE_S) -> None:
        self._exchange = exchange
        self._pace_s = pace_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked = threading.Event()
        self._wake: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="hlbench demo traffic", daemon=True)
        self.error: Exception | None = None
        """What ended the story before its time."""

    def start(self) -> None:
        _name_wallets(self._exchange)
        self._thread.start()

    def stop(self) -> None:
        """End the story and wait until its connections are closed."""
        self._stop_asked.set()
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None and not loop.is_closed():
            loop.call_soon_threadsafe(wake.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._play())
        except _Stopped:
            pass
        except Exception as error:
            if not self._stop_asked.is_set():
                self.error = error

    async def _play(self) -> None:
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await Story(self._exchange.url, self._exchange.ws_url, self._pause).play(None)

    async def _pause(self) -> None:
        assert self._wake is not None
        if not self._stop_asked.is_set():
            try:
                async with asyncio.timeout(self._pace_s):
                    await self._wake.wait()
            except TimeoutError:
                return
        raise _Stopped


class _Stopped(Exception):
    """Not an error: somebody called `stop`."""


def _name_wallets(exchange: "MockExchange") -> None:
    for name in WALLETS:
        exchange.wallet(name)
