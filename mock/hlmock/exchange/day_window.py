"""What a coin has traded in the last 24 hours. Counted by full hours: the window begins with one (our choice)."""

from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from hlmock.exchange.model.terms import HOUR_MS, ZERO

HOURS: Final = 24


class Hour(msgspec.Struct):
    """Trades of one hour."""

    number: int
    """From 1970."""
    sz: Decimal
    ntl: Decimal
    close_px: Decimal


class DayWindow(msgspec.Struct):
    """Hours with trades, oldest first; those that have left the window are forgotten with the next trade."""

    hours: deque[Hour] = msgspec.field(default_factory=deque)
    px_before: Decimal | None = None
    """Of the last trade that is forgotten."""

    def add(self, px: Decimal, sz: Decimal, time_ms: int) -> None:
        """Count a trade; trades come in order of time."""
        number, hours = time_ms // HOUR_MS, self.hours
        if hours and hours[-1].number == number:
            last = hours[-1]
            last.sz += sz
            last.ntl += px * sz
            last.close_px = px
            return
        while hours and hours[0].number <= number - HOURS:
            self.px_before = hours.popleft().close_px
        hours.append(Hour(number, sz, px * sz, px))

    def traded(self, now_ms: int) -> tuple[Decimal, Decimal]:
        """Size and notional within the window."""
        first = now_ms // HOUR_MS - HOURS
        inside = [hour for hour in self.hours if hour.number > first]
        return sum((hour.sz for hour in inside), ZERO), sum((hour.ntl for hour in inside), ZERO)

    def px_at_start(self, now_ms: int) -> Decimal | None:
        """Of the last trade before the window."""
        first, px = now_ms // HOUR_MS - HOURS, self.px_before
        for hour in self.hours:
            if hour.number <= first:
                px = hour.close_px
        return px
