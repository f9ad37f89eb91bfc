"""The filter language of the event log: parsed, never evaluated.

    account:0xeb5 stage:registry.* coin:BTC found=0 conn:c3 -stage:reply.* since:-5s "outbox overflow"

Terms are separated by blanks and must all hold; a leading `-` turns one around. `field:value` and `field=value` are
the same; `*` in a value stands for anything. A term without a field is searched, in lower case, in what the event's row
shows and in its payload. `since` and `until` take a distance from the stream's newest event (`-5s`, `-250ms`, `-2m`,
`-1h`), a time of day (`12:00:03.250`) or a moment (`2026-09-01T12:00:03`), all of the exchange's clock, UTC.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hlbench.describe import Names, describe
from hlmock.trace.events import Enqueued, OrderStored, RegistryResolved, TraceEvent, Written

Test = Callable[[TraceEvent, Names], bool]
Range = tuple[int | None, int | None]
"""Least and most, both included; an end may be open."""


class FilterError(ValueError):
    """A filter that cannot be read. The message says which term and what is possible."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter. The empty one matches every event."""

    text: str = ""
    """As it was typed."""
    tests: tuple[Test, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, event: TraceEvent, names: Names) -> bool:
        """Whether every term holds. `names` are the accounts' names, by address."""
        return all(test(event, names) for test in self.tests)


@dataclass(frozen=True, slots=True)
class TextTerm:
    """What a text of the event must be. An event without it does not match."""

    column: str | None
    """Of `Timeline.events`; absent where only the event's detail has it."""
    read: Callable[[TraceEvent], str | None]
    holds: Callable[[str, Names], bool]
    is_negated: bool = False

    def __call__(self, event: TraceEvent, names: Names) -> bool:
        found = self.read(event)
        return (found is not None and self.holds(found, names)) is not self.is_negated


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """The range that a number of the event must be in. An event without it does not match."""

    column: str | None
    """Of `Timeline.events`, `seq` its index, `time` in ms; absent where only the event's detail has it."""
    read: Callable[[TraceEvent], int | None]
    range: Range
    is_negated: bool = False

    def __call__(self, event: TraceEvent, names: Names) -> bool:
        found, (least, most) = self.read(event), self.range
        is_inside = found is not None and (least is None or least <= found) and (most is None or found <= most)
        return is_inside is not self.is_negated


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """Words anywhere in what the event's row shows, or in its payload."""

    needle: str
    """In lower case."""
    is_negated: bool = False

    def __call__(self, event: TraceEvent, names: Names) -> bool:
        return self._finds(event, names) is not self.is_negated

    def _finds(self, event: TraceEvent, names: Names) -> bool:
        needle = self.needle
        return (
            needle in event.stage
            or needle in describe(event, names).lower()
            or needle in (event.connection or "")
            or needle in (names.get(event.account or "") or "").lower()
            or (event.payload is not None and needle.encode("utf-8", "surrogatepass") in event.payload.lower())
        )


_TERM: Final = re.compile(r"""(-?)(?:([A-Za-z_]+)[:=])?(?:"([^"]*)"|(\S+))(?=\s|$)""")

_UNFINISHED: Final = re.compile(r"[A-Za-z_]+[:=]")


def parse(text: str, *, newest_ms: int | None = None) -> Filter:
    """Read a filter.

    Args:
        text: as above.
        newest_ms: exchange clock of the stream's newest event, which `since:-5s` and `until:12:00` count from.

    Raises:
        FilterError: a quote without its end, an unknown field, a number or a time that is none, a time that counts from
            the newest event where there is none.
    """
    tests: list[Test] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        if stripped[position].isspace():
            position += 1
            continue
        found = _TERM.match(stripped, position)
        if found is None or (found[4] or "").startswith('"'):
            raise FilterError(f"cannot read {stripped[position:]!r}: a quote or a value is missing")
        minus, field, quoted, plain = found.groups()
        value = quoted if quoted is not None else plain
        if field is None and _UNFINISHED.fullmatch(value) and quoted is None:
            raise FilterError(f"{value} needs a value (or quotes, to search for it as text)")
        is_negated = bool(minus)
        if field is None:
            tests.append(SearchTerm(value.lower(), is_negated))
        else:
            tests.append(_field(field.lower(), value, is_negated, newest_ms))
        position = found.end()
    return Filter(stripped, tuple(tests))


def _field(field: str, value: str, is_negated: bool, newest_ms: int | None) -> Test:
    name = _SHORT.get(field, field)
    column = name if name in _COLUMNS else None
    if name == "account":
        return TextTerm("account", _account_of, _account(value), is_negated)
    if name in ("since", "until"):
        edge = moment(name, value, newest_ms)
        limits = (edge, None) if name == "since" else (None, edge)
        return NumberTerm("time", _time_of, limits, is_negated)
    if name in _NUMBERS:
        return NumberTerm(column, _NUMBERS[name], _range(name, value), is_negated)
    if name in _TEXTS:
        matches = _pattern(value)
        return TextTerm(column, _TEXTS[name], lambda found, names: matches(found), is_negated)
    known = [*_TEXTS, *_NUMBERS, "account", "since", "until"]
    near = difflib.get_close_matches(field, [*known, *_SHORT], 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
    raise FilterError(f"unknown field {field!r}: {hint}")


def _account(value: str) -> Callable[[str, Names], bool]:
    """An address by its beginning, or a name."""
    is_prefix = _pattern(f"{value}*") if value.lower().startswith("0x") else None
    is_name = _pattern(value)

    def holds(account: str, names: Names) -> bool:
        if is_prefix is not None and is_prefix(account):
            return True
        name = names.get(account)
        return name is not None and is_name(name)

    return holds


def _account_of(event: TraceEvent) -> str | None:
    return event.account


def _time_of(event: TraceEvent) -> int:
    return event.time_ms


_DISTANCE: Final = re.compile(r"-(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)")
_UNIT_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_OF_DAY: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?")
_DAY_MS: Final = 86_400_000


def moment(name: str, value: str, newest_ms: int | None) -> int:
    """Exchange clock in ms of what `since` or `until` (`name`) takes.

    A time of day is the one nearest to the newest event: over midnight, too.

    Raises:
        FilterError: no time; or one that counts from the newest event where there is none.
    """
    distance, of_day = _DISTANCE.fullmatch(value), _OF_DAY.fullmatch(value)
    if distance is None and of_day is None:
        try:
            named = datetime.fromisoformat(value)
        except ValueError:
            raise FilterError(
                f"{name} is a distance such as -5s, a time such as 12:00:03 or 2026-09-01T12:00:03, not {value!r}"
            ) from None
        return round((named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp() * 1_000)
    hours, minutes, seconds = (int(each or 0) for each in of_day.groups()[:3]) if of_day is not None else (0, 0, 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise FilterError(f"{name}:{value} is no time of day")
    if newest_ms is None:
        raise FilterError(f"{name}:{value} counts from the newest event, and there is none")
    if distance is not None:
        return newest_ms - round(float(distance[1]) * _UNIT_MS[distance[2]])
    assert of_day is not None
    ms = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + int((of_day[4] or "").ljust(3, "0"))
    moment_ms = newest_ms - newest_ms % _DAY_MS + ms
    return min((moment_ms + shift for shift in (0, -_DAY_MS, _DAY_MS)), key=lambda each: abs(each - newest_ms))


def _pattern(value: str) -> Callable[[str], bool]:
    """Equality without regard to case; `*` stands for anything."""
    wanted = value.lower()
    if "*" not in wanted:
        return lambda found: found.lower() == wanted
    first, *middle, last = wanted.split("*")

    def matches(found: str) -> bool:
        text = found.lower()
        if not (len(text) >= len(first) + len(last) and text.startswith(first) and text.endswith(last)):
            return False
        start, end = len(first), len(text) - len(last)
        for part in middle:
            at = text.find(part, start, end)
            if at < 0:
                return False
            start = at + len(part)
        return True

    return matches


def _range(name: str, value: str) -> Range:
    """A number, or a range `4100..4200` whose ends may be left out."""
    low, dots, high = value.removeprefix("#").partition("..")
    try:
        least = int(low) if low else None
        most = (int(high) if high else None) if dots else least
    except ValueError:
        raise FilterError(f"{name} is a number or a range such as 10..20, not {value!r}") from None
    if least is None and most is None:
        raise FilterError(f"{name} is a number or a range such as 10..20, not {value!r}")
    return least, most


def _found(event: TraceEvent) -> int | None:
    return len(event.detail.found) if isinstance(event.detail, RegistryResolved) else None


def _publication(event: TraceEvent) -> int | None:
    return event.detail.publication if isinstance(event.detail, RegistryResolved | Enqueued | Written) else None


def _status(event: TraceEvent) -> str | None:
    return event.detail.status if isinstance(event.detail, OrderStored) else None


_TEXTS: Final[Mapping[str, Callable[[TraceEvent], str | None]]] = {
    "stage": lambda event: event.stage,
    "coin": lambda event: event.coin,
    "connection": lambda event: event.connection,
    "cloid": lambda event: event.cloid,
    "channel": lambda event: event.channel,
    "key": lambda event: event.key,
    "signer": lambda event: event.signer,
    "status": _status,
}

_NUMBERS: Final[Mapping[str, Callable[[TraceEvent], int | None]]] = {
    "seq": lambda event: event.seq,
    "cause": lambda event: event.cause,
    "request": lambda event: event.request,
    "oid": lambda event: event.oid,
    "commit": lambda event: event.commit,
    "found": _found,
    "publication": _publication,
}

_SHORT: Final = {"conn": "connection", "c": "connection", "user": "account", "req": "request", "pub": "publication"}

_COLUMNS: Final = frozenset({*_TEXTS, *_NUMBERS}) - {"status", "found", "publication"}
"""Fields that every event has, by the names of the columns of `Timeline.events`."""
