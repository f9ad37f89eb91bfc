"""Prices from outside: rows of a CSV file, or of a Python script or function, played on the exchange's clock.

A row is `time` and `coin`, and any of `bid`, `ask` (with `bid_sz`, `ask_sz`), `oracle`, `mark`, and a trade:
`trade_px`, `trade_sz` and `trade_side` (`B` or `A`, of the aggressor). What is empty stays as it is. `time` is a number
of seconds, ms since the epoch, or ISO 8601; the first row happens at the start, the others as much later as their times
say.
"""

import csv
import logging
import os
import runpy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import msgspec

from hlmock.exchange.markets import Markets
from hlmock.exchange.model.markets import Quote
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.movements import Movement, OutsideTrade
from hlmock.server.errors import nearest

LOGGER: Final = logging.getLogger("hlmock.server")

COLUMNS: Final = (
    *("time", "coin", "bid", "ask", "oracle", "mark"),
    *("bid_sz", "ask_sz", "trade_px", "trade_sz", "trade_side"),
)
"""A row without names has its values in this order."""

EPOCH_MS: Final = 100_000_000_000
"""A time from here on is ms since the epoch."""

Row = Mapping[str, Any] | Sequence[Any]
Source = Callable[[], Iterable[Row]] | Iterable[Row]


class PriceError(ValueError):
    """A row that cannot be played; the message says which, and why."""


class PriceRow(msgspec.Struct, frozen=True, gc=False):
    """One row, understood."""

    after_ms: int
    """Since the first row."""
    movement: Movement


class PriceFeed:
    """Rows on a clock.

    Args:
        rows: begins them anew each time that it is called.
        start_ms: when the first row happens.
    """

    def __init__(self, rows: Callable[[], Iterator[PriceRow]], start_ms: int) -> None:
        self._rows = rows
        self.start(start_ms)

    def start(self, start_ms: int) -> None:
        """Begin at the first row, now."""
        self._start_ms = start_ms
        self._left = self._rows()
        self._next = self._take()

    def seek(self, now_ms: int) -> None:
        """The clock was set: go to the first row after now; before the start, begin there."""
        if now_ms < self._start_ms:
            self.start(now_ms)
            return
        self.start(self._start_ms)
        while self.next_ms is not None and self.next_ms <= now_ms:
            self._next = self._take()

    @property
    def next_ms(self) -> int | None:
        """When the next row happens; `None` at the end."""
        return None if self._next is None else self._start_ms + self._next.after_ms

    def pop_due(self, now_ms: int) -> tuple[int, Movement] | None:
        """The next row that is due by now, and its time."""
        at_ms, row = self.next_ms, self._next
        if row is None or at_ms is None or at_ms > now_ms:
            return None
        self._next = self._take()
        return at_ms, row.movement

    def _take(self) -> PriceRow | None:
        """A row that cannot be understood ends the feed, and the exchange goes on."""
        try:
            return next(self._left, None)
        except Exception:
            LOGGER.exception("the prices have ended: a row cannot be played")
            return None


def rows_of(source: "Source | str | os.PathLike[str]", markets: Markets) -> Callable[[], Iterator[PriceRow]]:
    """The rows of a source, to be begun as often as one likes.

    Args:
        source: path of a CSV file (read and checked whole, now), path of a Python file that defines `prices()`, a
            function that returns an iterable of rows, or such an iterable.

    Raises:
        PriceError: a row of a CSV file or an iterable, or what the file is.
        OSError: the file cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.suffix == ".py":
            return _generated(_script(path), markets, str(path))
        try:
            with path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file, strict=True)
                if not {"time", "coin"} <= set(reader.fieldnames or ()):
                    raise PriceError(f"{path}: its first line names no columns time and coin")
                known = list(_understood(reader, markets, str(path), first=2))
        except (UnicodeDecodeError, csv.Error) as error:
            raise PriceError(f"{path} is no CSV file: {error}") from error
        return lambda: iter(known)
    if callable(source):
        return _generated(source, markets, "prices")
    known = list(_understood(source, markets, "prices", first=1))
    return lambda: iter(known)


def _generated(function: Callable[[], Iterable[Row]], markets: Markets, name: str) -> Callable[[], Iterator[PriceRow]]:
    return lambda: _understood(function(), markets, name, first=1)


def _script(path: Path) -> Callable[[], Iterable[Row]]:
    try:
        function = runpy.run_path(str(path)).get("prices")
    except OSError:
        raise
    except Exception as error:
        raise PriceError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not callable(function):
        raise PriceError(f"{path} defines no function prices(), which returns the rows")
    found: Callable[[], Iterable[Row]] = function
    return found


def _understood(rows: Iterable[Row], markets: Markets, name: str, *, first: int) -> Iterator[PriceRow]:
    """
    Args:
        first: number of the first row, for errors.
    """
    began_ms: int | None = None
    last_ms = 0
    for number, row in enumerate(rows, first):
        try:
            fields = _fields(row)
            at_ms = _time_ms(fields.pop("time", None))
            began_ms = at_ms if began_ms is None else began_ms
            if at_ms - began_ms < last_ms:
                raise PriceError("it goes back in time")
            last_ms = at_ms - began_ms
            yield PriceRow(last_ms, _movement(fields, markets))
        except PriceError as error:
            raise PriceError(f"{name}, row {number}: {error}") from None


def _fields(row: Row) -> dict[str, str]:
    """What is given, by column."""
    if not isinstance(row, Mapping):
        if len(row) > len(COLUMNS):
            raise PriceError(f"it has {len(row)} values, at most {', '.join(COLUMNS)}")
        row = dict(zip(COLUMNS, row, strict=False))
    unknown = [str(name) for name in row if name not in COLUMNS]
    if unknown:
        raise PriceError(f"there is no column {unknown[0]}: there are {', '.join(COLUMNS)}")
    texts = {str(name): "" if value is None else str(value).strip() for name, value in row.items()}
    return {name: text for name, text in texts.items() if text}


def _time_ms(text: str | None) -> int:
    if text is None:
        raise PriceError("it has no time")
    try:
        number = Decimal(text)
    except InvalidOperation:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise PriceError(f"time {text!r} is neither seconds nor ms nor ISO 8601") from None
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
    if not number.is_finite():
        raise PriceError(f"time {text!r} is no time")
    return int(number) if number >= EPOCH_MS else round(number * 1_000)


def _movement(fields: dict[str, str], markets: Markets) -> Movement:
    coin = fields.pop("coin", "")
    if coin not in markets.by_coin:
        raise PriceError(
            f"there is no coin {coin!r}" + (f": {hint}" if (hint := nearest(coin, markets.by_coin)) else "")
        )
    side = fields.pop("trade_side", "B")
    if side not in ("A", "B"):
        raise PriceError(f"trade_side is B or A, not {side!r}")
    number = {name: _number(name, text) for name, text in fields.items()}
    bid, ask = number.get("bid"), number.get("ask")
    if bid is not None and ask is not None and bid >= ask:
        raise PriceError(f"bid {bid} must be below ask {ask}")
    given = markets.quotes.get(coin)
    quote = None
    if bid is not None or ask is not None:
        bid_sz = number.get("bid_sz") or (given.bid_sz if given else ZERO)
        ask_sz = number.get("ask_sz") or (given.ask_sz if given else ZERO)
        quote = Quote(bid, bid_sz, ask, ask_sz)
    trade = None
    if "trade_px" in number or "trade_sz" in number:
        if not {"trade_px", "trade_sz"} <= number.keys():
            raise PriceError("a trade needs trade_px and trade_sz")
        trade = OutsideTrade("B" if side == "B" else "A", number["trade_px"], number["trade_sz"])
    return Movement(coin, quote, number.get("oracle"), number.get("mark"), trade)


def _number(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and number > 0):
        raise PriceError(f"{name} {text!r} is no number above 0")
    return number
