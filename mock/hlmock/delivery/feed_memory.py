"""What the feeds remember between two publications: nothing that decides who gets what."""

from collections.abc import Iterable
from typing import Final

from hlmock.delivery.settings import FeedSettings
from hlmock.exchange.book import Book, Level

Touch = tuple[Level | None, Level | None]
"""Best bid and best ask."""


def touch_of(book: Book) -> Touch:
    return next(book.levels("B"), None), next(book.levels("A"), None)


_USUAL: Final = FeedSettings()


class FeedMemory:
    """Of one core. It says what subscribers saw last, so it stays true when the exchange is reset."""

    def __init__(self, settings: FeedSettings | None = None) -> None:
        self.settings = settings or _USUAL
        self._next_ms: dict[int, int] = {}
        self._touches: dict[str, Touch] = {}
        self.fast_ctxs: dict[str, dict[str, str | None]] | None = None
        """What `fastAssetCtxs` last said; `None` while nobody follows it."""
        self.traded: dict[str, int] = {}
        """Coins whose candles wait for their clock, each with the ms since when they do."""

    def begin(self, intervals_ms: Iterable[int], now_ms: int) -> None:
        """Time starts: each interval's feeds publish first when it has passed."""
        for interval_ms in intervals_ms:
            self.done(interval_ms, now_ms)

    def next_ms(self, interval_ms: int, now_ms: int) -> int:
        """When feeds of this interval publish next."""
        return self._next_ms.get(interval_ms, now_ms)

    def is_due(self, interval_ms: int, now_ms: int) -> bool:
        """Whether feeds of this interval publish now: they share one clock, as on the real exchange (recorded)."""
        next_ms = self.next_ms(interval_ms, now_ms)
        # A next time far ahead means that the clock was set back.
        return next_ms <= now_ms or next_ms > now_ms + interval_ms

    def done(self, interval_ms: int, now_ms: int) -> None:
        """The feeds of this interval have published."""
        self._next_ms[interval_ms] = now_ms + interval_ms

    def restart(self) -> None:
        """The exchange is in another state: every clocked feed is due."""
        self._next_ms.clear()

    def forget_touch(self, coin: str) -> None:
        """The next touch is new, whatever it is."""
        self._touches.pop(coin, None)

    def sees_new_touch(self, coin: str, touch: Touch) -> bool:
        """Note the touch that subscribers are shown, first frames included; whether it is another than the last."""
        is_new = self._touches.get(coin) != touch
        self._touches[coin] = touch
        return is_new
