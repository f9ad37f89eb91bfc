"""Where an embedded server runs: in a thread of its own, or in the loop that is current; and calls into it.

Rule: whatever touches the server runs on its loop's thread. Before the start and after the end there is none, and a
call runs where it comes from.
"""

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Final, TypeVar

from hlmock.server.advancing import at_leisure
from hlmock.server.errors import NotRunning
from hlmock.server.listener import Server

Result = TypeVar("Result")

CALL_TIMEOUT_S: Final = 30.0
"""How long a call waits for the server's thread before it says that something blocks it."""


class Host:
    """Runs a server once."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where the server runs; `None` before and after."""
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None
        self._is_started = False

    def start(self) -> None:
        """Run in a thread of its own until `stop`; returns once requests are accepted.

        Raises:
            OSError: the address is in use, or the recording cannot be opened.
            RuntimeError: it was started before.
        """
        self._start_once()
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="hlmock", daemon=True)
        self._thread.start()
        try:
            started.result()
        except BaseException:
            self._thread.join()
            raise

    def stop(self) -> None:
        """End every connection and the thread. Once is enough; more does no harm."""
        thread, self._thread = self._thread, None
        loop = self.loop
        if thread is None:
            return
        if loop is not None and self._stopping is not None:
            loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    async def enter(self) -> None:
        """Run in the current loop until `leave`."""
        self._start_once()
        await self._server.start()
        self.loop = asyncio.get_running_loop()

    async def leave(self) -> None:
        """End every connection."""
        try:
            await self._server.stop()
        finally:
            self.loop = None

    def call(self, step: Callable[[], Result]) -> Result:
        """Run a step on the loop's thread and wait for it.

        Raises:
            NotRunning: the loop does not answer.
        """
        loop = self.loop
        if loop is None or _running_loop() is loop:
            return step()
        outcome: Future[Result] = Future()

        def run() -> None:
            try:
                outcome.set_result(step())
            except BaseException as error:
                outcome.set_exception(error)

        try:
            loop.call_soon_threadsafe(run)
        except RuntimeError:  # It has ended meanwhile.
            return step()
        try:
            return outcome.result(CALL_TIMEOUT_S)
        except TimeoutError:
            if outcome.done():
                raise
            raise NotRunning("the exchange's loop does not answer", "something blocks it, or it was ended") from None

    def run_through(self, steps: Generator[bool, None, None]) -> None:
        """Run many steps on the loop's thread, however long they take; others run in between: see `at_leisure`."""
        loop = self.loop
        if loop is None or _running_loop() is loop:
            for _ in steps:
                pass
        else:
            asyncio.run_coroutine_threadsafe(at_leisure(steps), loop).result()

    def _start_once(self) -> None:
        if self._is_started:
            raise RuntimeError("a MockExchange runs once: make a new one")
        self._is_started = True

    def _run(self, started: "Future[None]") -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: "Future[None]") -> None:
        try:
            await self._server.start()
        except BaseException as error:
            started.set_exception(error)
            return
        self._stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        started.set_result(None)
        try:
            await self._stopping.wait()
        finally:
            await self.leave()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
