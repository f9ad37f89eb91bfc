"""`Session`: one running exchange with its driver, clock, event log and clients. It has no listening socket.

Everything here runs on one thread, the loop's. The control API and `MockExchange` are two faces of these methods.
"""

import asyncio
import logging
from typing import Any, Final

from hlmock.delivery.ticks import intervals
from hlmock.exchange import market_maker
from hlmock.exchange.engine import Exchange
from hlmock.paths.core import Connection, Core
from hlmock.paths.driver import Driver, Run
from hlmock.paths.reply import Reply
from hlmock.paths.tick import tick
from hlmock.server.capture import RequestCapture
from hlmock.server.client_socket import ClientSocket
from hlmock.server.clock import MovableClock
from hlmock.server.event_stream import EventStream
from hlmock.server.prices import PriceFeed, rows_of
from hlmock.server.settings import ServerSettings
from hlmock.server.views import Savepoint
from hlmock.server.watermarks import Watermarks
from hlmock.trace.log import EventLog

LOGGER: Final = logging.getLogger("hlmock.server")


class Session:
    """The state that all faces of one mock share."""

    def __init__(self, settings: ServerSettings, clock: MovableClock) -> None:
        self.settings = settings
        self.clock = clock
        self.log = EventLog(clock, full_payloads=settings.full_payloads, keep_signatures=settings.keep_signatures)
        self.exchange = Exchange(settings.exchange)
        self.core = Core(self.exchange, clock, self.log, settings.core, settings.feeds)
        self.core.feed_memory.begin(intervals(settings.feeds), clock.time_ms())
        self.driver = Driver(self.core)
        self.watermarks = Watermarks(self)
        self.capture = RequestCapture(keep_signatures=settings.keep_signatures)
        self.sockets: dict[str, ClientSocket] = {}
        """Open `/ws` connections by id."""
        self.streams: dict[EventStream, None] = {}
        """Open readers of the event stream."""
        self.controllers: dict[str, str] = {}
        """Who set a gate, by its id, where the gate is to end with whoever set it."""
        self.delays: dict[str, asyncio.TimerHandle] = {}
        """The end of an injected delay, by connection."""
        self.savepoints: dict[str, Savepoint] = {}
        """By name, oldest first."""
        self.prices: PriceFeed | None = None
        if settings.prices is not None:
            rows = rows_of(settings.prices, self.exchange.markets)
            self.core.outside = self.prices = PriceFeed(rows, clock.time_ms())
        self.begin()
        self._waiting: dict[asyncio.Future[Any], None] = {}

    def begin(self) -> None:
        """The market maker begins, where the settings ask for one and none runs: at the start, after a reset."""
        seed, exchange = self.settings.market_maker, self.exchange
        if seed is not None and exchange.market_maker is None:
            market_maker.start(exchange, seed, self.clock.time_ms())

    def wait_for(self, run: Run[Reply]) -> "asyncio.Future[Reply | None]":
        """The reply of a path that a gate holds, or the exception that ends it; `None` when the session ends first."""
        future: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        future.add_done_callback(lambda done: self._waiting.pop(done, None))

        def finish(reply: Reply) -> None:
            if not future.done():
                future.set_result(reply)

        def fail(error: Exception) -> None:
            if not future.done():
                future.set_exception(error)

        run.on_done, run.on_failed = finish, fail
        return future

    def resume_writer(self, connection: Connection) -> None:
        """The connection may be written to again: let what waits in its outbox go."""
        if connection.can_write():
            self.core.dirty[connection.id] = connection
            self.driver.pump()

    def tick(self) -> None:
        """Do what time causes. While a gate holds a path, time waits with it."""
        if self.driver.held:
            return
        try:
            self.driver.start(tick(self.core), "tick")
        except Exception:
            LOGGER.exception("a tick failed: an exception in its path")

    def end(self) -> None:
        """Let go of whoever waits: the server stops."""
        self.watermarks.stop()
        for handle in self.delays.values():
            handle.cancel()
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)
