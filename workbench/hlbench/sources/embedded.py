"""The source over an exchange in this process: its event log, read directly."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hlmock.trace.events import TraceEvent

if TYPE_CHECKING:
    from hlmock import MockExchange


class EmbeddedSource:
    """Reads a `MockExchange`'s own ring: nothing is copied.

    Args:
        exchange: a started exchange.
        on_close: called once by `close`; without it the exchange is left alone.
    """

    def __init__(self, exchange: "MockExchange", *, on_close: Callable[[], None] | None = None) -> None:
        self._log = exchange.log
        self._exchange = exchange
        self._is_closed = False
        self._on_close = on_close
        self.url: str | None = exchange.url
        self.path: str | None = None
        self.description = f"embedded {exchange.ws_url}"
        self.error: str | None = None

    @property
    def is_live(self) -> bool:
        return self._exchange.is_running and not self._is_closed

    @property
    def first_seq(self) -> int:
        return self._log.first_seq

    @property
    def last_seq(self) -> int:
        return self._log.last_seq

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        return self._log.since(since, limit)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self._log.listen(callback)

    def catch_up(self, timeout_s: float) -> None:
        """The log is read directly: it is always caught up."""

    def close(self) -> None:
        on_close, self._on_close = self._on_close, None
        self._is_closed = True
        if on_close is not None:
            on_close()
