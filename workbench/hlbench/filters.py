"""The filter language of the event log: parsed, never evaluated.

    account:0xeb5 stage:registry.* coin:BTC found=0 conn:c3 -stage:reply.* "outbox overflow"

Terms are separated by blanks and must all hold; a leading `-` turns one around. `field:value` and `field=value` are
the same; `*` in a value stands for anything. A term without a field is searched, in lower case, in what the event's row
shows and in its payload.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hlbench.describe import Names, describe
from hlmock.trace.events import Enqueued, OrderStored, RegistryResolved, TraceEvent, Written

Test = Callable[[TraceEvent, Names], bool]


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


_TERM: Final = re.compile(r"""(-?)(?:([A-Za-z_]+)[:=])?(?:"([^"]*)"|(\S+))(?=\s|$)""")

_UNFINISHED: Final = re.compile(r"[A-Za-z_]+[:=]")


def parse(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: a quote without its end, an unknown field, a number that is none.
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
        test = _contains(value) if field is None else _field(field.lower(), value)
        tests.append(_negated(test) if minus else test)
        position = found.end()
    return Filter(stripped, tuple(tests))


def _negated(test: Test) -> Test:
    return lambda event, names: not test(event, names)


def _contains(value: str) -> Test:
    needle = value.lower()
    raw = needle.encode("utf-8", "surrogatepass")

    def test(event: TraceEvent, names: Names) -> bool:
        return (
            needle in event.stage
            or needle in describe(event, names).lower()
            or needle in (event.connection or "")
            or needle in (names.get(event.account or "") or "").lower()
            or (event.payload is not None and raw in event.payload.lower())
        )

    return test


def _field(field: str, value: str) -> Test:
    name = _SHORT.get(field, field)
    if name == "account":
        return _account(value)
    numbers = _NUMBERS.get(name)
    if numbers is not None:
        return _number(name, numbers, value)
    texts = _TEXTS.get(name)
    if texts is None:
        known = [*_TEXTS, *_NUMBERS, "account", *_SHORT]
        near = difflib.get_close_matches(field, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted({*_TEXTS, *_NUMBERS, 'account'}))}"
        raise FilterError(f"unknown field {field!r}: {hint}")
    matches = _pattern(value)

    def test(event: TraceEvent, names: Names) -> bool:
        found = texts(event)
        return found is not None and matches(found)

    return test


def _account(value: str) -> Test:
    """An address by its beginning, or a name."""
    is_prefix = _pattern(f"{value}*") if value.lower().startswith("0x") else None
    is_name = _pattern(value)

    def test(event: TraceEvent, names: Names) -> bool:
        if event.account is None:
            return False
        if is_prefix is not None and is_prefix(event.account):
            return True
        name = names.get(event.account)
        return name is not None and is_name(name)

    return test


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


def _number(name: str, read: Callable[[TraceEvent], int | None], value: str) -> Test:
    """A number, or a range `4100..4200` whose ends may be left out."""
    low, dots, high = value.removeprefix("#").partition("..")
    try:
        least = int(low) if low else None
        most = (int(high) if high else None) if dots else least
    except ValueError:
        raise FilterError(f"{name} is a number or a range such as 10..20, not {value!r}") from None
    if least is None and most is None:
        raise FilterError(f"{name} is a number or a range such as 10..20, not {value!r}")

    def test(event: TraceEvent, names: Names) -> bool:
        found = read(event)
        return found is not None and (least is None or least <= found) and (most is None or found <= most)

    return test


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
