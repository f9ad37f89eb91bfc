"""Does a JSON value have the shape that was recorded? Shapes are data; a fault says where and what.

Rule 1: keys come in the recorded sequence, no key is missing, none is unknown. Rule 2: a shape counts the choices that
it leaves (an optional key, a branch of a union, a list with rows), and a report those that a value took, so that a
test can tell which were never seen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


class Place(NamedTuple):
    """Where in a value: `$.levels[0][3].px`, and the same without indices."""

    exact: str = "$"
    general: str = "$"

    def key(self, name: str) -> "Place":
        return Place(f"{self.exact}.{name}", f"{self.general}.{name}")

    def row(self, index: int, *, counted: bool = False) -> "Place":
        return Place(f"{self.exact}[{index}]", self.general + (f"[{index}]" if counted else "[]"))

    def branch(self, name: str) -> "Place":
        return Place(self.exact, f"{self.general}<{name}>")


@dataclass
class Report:
    """What is wrong with the values that were checked, and which choices they took."""

    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def fault(self, place: Place, problem: str) -> None:
        self.faults.append(f"{place.exact}: {problem}")


class Shape(Protocol):
    def check(self, value: Any, place: Place, report: Report) -> None:
        """Add what is wrong with `value` to the report."""

    def choices(self, place: Place) -> Iterator[str]:
        """Every choice that this shape leaves, as a report counts them."""


class _Plain:
    def choices(self, place: Place) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True)
class Text(_Plain):
    """A string of a form."""

    name: str
    pattern: re.Pattern[str]

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            report.fault(place, f"not {self.name}: {value!r}")


@dataclass(frozen=True)
class Number(_Plain):
    """A JSON number within bounds."""

    name: str
    least: float
    most: float
    whole: bool = True

    def check(self, value: Any, place: Place, report: Report) -> None:
        kinds = int if self.whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool) or not self.least <= value <= self.most:
            report.fault(place, f"not {self.name}: {value!r}")


@dataclass(frozen=True)
class Exactly(_Plain):
    """One of some values."""

    values: tuple[Any, ...]

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not any(value == each and type(value) is type(each) for each in self.values):
            report.fault(place, f"none of {list(self.values)}: {value!r}")


@dataclass(frozen=True)
class ListOf:
    """Rows of one shape."""

    row: Shape

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, list):
            report.fault(place, f"not a list: {value!r}")
            return
        if value:
            report.seen.add(place.row(0).general)
        for index, each in enumerate(value):
            self.row.check(each, place.row(index), report)

    def choices(self, place: Place) -> Iterator[str]:
        yield place.row(0).general
        yield from self.row.choices(place.row(0))


@dataclass(frozen=True)
class Row:
    """A list of fixed length, each place with its own shape."""

    columns: tuple[Shape, ...]

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, list) or len(value) != len(self.columns):
            report.fault(place, f"not a list of {len(self.columns)}: {value!r}")
            return
        for index, (shape, each) in enumerate(zip(self.columns, value, strict=True)):
            shape.check(each, place.row(index, counted=True), report)

    def choices(self, place: Place) -> Iterator[str]:
        for index, shape in enumerate(self.columns):
            yield from shape.choices(place.row(index, counted=True))


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are names of things."""

    key: Shape
    value: Shape

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, dict):
            report.fault(place, f"not an object: {value!r}")
            return
        for name, each in value.items():
            self.key.check(name, place.key(name), report)
            self.value.check(each, Place(f"{place.exact}.{name}", f"{place.general}.*"), report)

    def choices(self, place: Place) -> Iterator[str]:
        return self.value.choices(place.key("*"))


@dataclass(frozen=True)
class Maybe(_Plain):
    """Of a key: it may be absent."""

    shape: Shape


@dataclass(frozen=True)
class Fields:
    """An object with known keys, in this sequence."""

    fields: Mapping[str, Shape | Maybe]

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, dict):
            report.fault(place, f"not an object: {value!r}")
            return
        for name in value.keys() - self.fields.keys():
            report.fault(place.key(name), "unknown key")
        for name, shape in self.fields.items():
            if name in value:
                if isinstance(shape, Maybe):
                    report.seen.add(place.key(name).general)
                _present(shape).check(value[name], place.key(name), report)
            elif not isinstance(shape, Maybe):
                report.fault(place.key(name), "missing")
        known = [name for name in value if name in self.fields]
        wanted = [name for name in self.fields if name in value]
        if known != wanted:
            report.fault(place, f"keys in another sequence: {known}, not {wanted}")

    def choices(self, place: Place) -> Iterator[str]:
        for name, shape in self.fields.items():
            if isinstance(shape, Maybe):
                yield place.key(name).general
            yield from _present(shape).choices(place.key(name))


def _present(shape: Shape | Maybe) -> Shape:
    return shape.shape if isinstance(shape, Maybe) else shape


@dataclass(frozen=True)
class OneOf:
    """A union: named branches. The faults are those of the branch that fits best: at its root, then by their number."""

    branches: Mapping[str, Shape]

    def check(self, value: Any, place: Place, report: Report) -> None:
        attempts: list[list[str]] = []
        for name, shape in self.branches.items():
            attempt = Report()
            shape.check(value, place.branch(name), attempt)
            if not attempt.faults:
                report.seen |= attempt.seen | {place.branch(name).general}
                return
            attempts.append(attempt.faults)
        root = f"{place.exact}: "

        def misfit(faults: list[str]) -> tuple[int, int]:
            return sum(each.startswith(root) for each in faults), len(faults)

        best = min(attempts, key=misfit)
        report.faults += best

    def choices(self, place: Place) -> Iterator[str]:
        for name, shape in self.branches.items():
            yield place.branch(name).general
            yield from shape.choices(place.branch(name))


@dataclass(frozen=True)
class Tagged:
    """A union of objects; one key says which."""

    tag: str
    branches: Mapping[str, Fields]

    def check(self, value: Any, place: Place, report: Report) -> None:
        name = value.get(self.tag) if isinstance(value, dict) else None
        if not isinstance(name, str) or name not in self.branches:
            report.fault(place, f"{self.tag!r} is none of {list(self.branches)}: {value!r}")
            return
        report.seen.add(place.branch(name).general)
        self.branches[name].check(value, place.branch(name), report)

    def choices(self, place: Place) -> Iterator[str]:
        for name, shape in self.branches.items():
            yield place.branch(name).general
            yield from shape.choices(place.branch(name))


@dataclass(frozen=True)
class Named:
    """A shape that several others share: its choices are counted under its own name, wherever it stands."""

    name: str
    shape: Shape

    def check(self, value: Any, place: Place, report: Report) -> None:
        self.shape.check(value, Place(place.exact, self.name), report)

    def choices(self, place: Place) -> Iterator[str]:
        return self.shape.choices(Place(place.exact, self.name))


def _text(name: str, pattern: str) -> Text:
    return Text(name, re.compile(pattern, re.DOTALL))


DECIMAL = _text("a decimal string", r"(?!-0\.0$)-?(0|[1-9]\d*)\.(\d|\d*[1-9])")
"""At least one decimal, else the shortest; no exponent, no negative zero."""
ADDRESS = _text("an address in lower case", "0x[0-9a-f]{40}")
HASH = _text("a transaction hash", "0x[0-9a-f]{64}")
HEX_128 = _text("0x and 32 hex digits", "0x[0-9a-f]{32}")
STRING = _text("a string", ".*")
NAME = _text("a name", ".+")
DATE = _text("a date", r"\d{4}-\d\d-\d\d")
ISO_TIME = _text("an ISO time without a zone", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
COUNT = Number("a count", 0, 2**64)
INTEGER = Number("an integer", -(2**63), 2**63)
MS = Number("a time in ms", 1_500_000_000_000, 4_102_444_800_000)
SECONDS = Number("a time in seconds", 1_500_000_000, 4_102_444_800)
REAL = Number("a number", float("-inf"), float("inf"), whole=False)
FLAG = Exactly((True, False))
NULL = Exactly((None,))
SIDE = Exactly(("B", "A"))


def exactly(*values: Any) -> Exactly:
    return Exactly(values)


def fields(**shapes: Shape | Maybe) -> Fields:
    """An object with these keys, in this sequence; `Maybe` marks those that may be absent."""
    return Fields(shapes)


def row(*columns: Shape) -> Row:
    return Row(columns)


def one_of(**branches: Shape) -> OneOf:
    return OneOf(branches)


def or_null(shape: Shape) -> OneOf:
    return OneOf({"value": shape, "null": NULL})


def faults_of(shape: Shape, value: Any) -> list[str]:
    """What is wrong with a value; nothing, when it has the shape."""
    report = Report()
    shape.check(value, Place(), report)
    return report.faults
