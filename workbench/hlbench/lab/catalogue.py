"""What the lab can reproduce: scenarios, and the defects that make a sound server lose updates.

A scenario is one situation with a failing and a passing variant. On the server's side the variants differ by a defect
(a replaced part); on the client's side by the client's script. Rule: a scenario contains no schedule; search finds one.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal, TypeVar

from hlbench.lab.parts import Parts
from hlbench.lab.running import Oracle
from hlbench.lab.world import World
from hlmock.verdicts.codes import VerdictCode

_T = TypeVar("_T")

Side = Literal["server", "client"]
Variant = Literal["failing", "passing"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One historical or field bug as a replacement of one part."""

    name: str
    """Kebab-case: `registry-by-wallet`."""
    title: str
    side: Side
    story: str
    """What happens, in a few sentences."""
    breaks: str
    """The promise or oracle that fails: `D2`, `O5`."""
    cited: tuple[str, ...]
    """Public threads or sources."""
    apply: Callable[[Parts], Parts]


@dataclass(frozen=True, slots=True)
class Size:
    """How big a scenario is; shrinking makes each number as small as it can."""

    wallets: int = 1
    connections: int = 1
    """Per wallet."""
    orders: int = 1
    """Per wallet and cycle."""
    faults: int = 0

    def smaller(self) -> list["Size"]:
        """Every size with one number less, none below its floor."""
        floor = {"wallets": 1, "connections": 1, "orders": 1, "faults": 0}
        values = {name: getattr(self, name) for name in floor}
        return [Size(**{**values, name: value - 1}) for name, value in values.items() if value > floor[name]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation of the catalogue."""

    name: str
    """`S03`."""
    title: str
    side: Side
    story: str
    breaks: str
    depth: int | None
    """How many ordering constraints must hold at once; `None` where load decides."""
    cited: tuple[str, ...]
    build: Callable[[World, Variant, Size], None]
    """Spawns the clients and faults."""
    defect: str | None = None
    """Of the failing variant. One in a client changes the script, not the server."""
    size: Size = field(default_factory=Size)
    oracles: tuple[Oracle, ...] = ()
    parts: Parts = field(default_factory=Parts)
    verdict: VerdictCode | None = None
    """What the lost update's verdict says in the failing variant; `None` where no update is lost on the wire."""

    def world(self, variant: Variant = "failing", *, defect: str | None = None, size: Size | None = None) -> World:
        """A fresh world of this scenario.

        Args:
            variant: `failing` has the scenario's defect.
            defect: another defect in its place; needs the name of a server-side defect.

        Raises:
            UnknownName: no such defect.
        """
        parts = self.parts
        name = defect or (self.defect if variant == "failing" else None)
        if name is not None:
            parts = defect_named(name).apply(parts)
        world = World(parts)
        self.build(world, variant, size or self.size)
        return world


class UnknownName(LookupError):
    """No such scenario or defect; names the nearest."""


_SCENARIOS: dict[str, Scenario] = {}
_DEFECTS: dict[str, Defect] = {}


def add_scenario(scenario: Scenario) -> Scenario:
    """Put a scenario into the catalogue. Modules in `hlbench.lab.scenarios` call it when they are imported."""
    assert scenario.name not in _SCENARIOS, scenario.name
    _SCENARIOS[scenario.name] = scenario
    return scenario


def add_defect(defect: Defect) -> Defect:
    """Put a defect into the catalogue. Modules in `hlbench.lab.defects` call it when they are imported."""
    assert defect.name not in _DEFECTS, defect.name
    _DEFECTS[defect.name] = defect
    return defect


def scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name, in the order of names."""
    _load()
    return MappingProxyType(dict(sorted(_SCENARIOS.items())))


def defects() -> Mapping[str, Defect]:
    """Every defect by name, in the order of names."""
    _load()
    return MappingProxyType(dict(sorted(_DEFECTS.items())))


def scenario_named(name: str) -> Scenario:
    """Raises:
    UnknownName: there is none.
    """
    _load()
    return _find(_SCENARIOS, name, "scenario")


def defect_named(name: str) -> Defect:
    """Raises:
    UnknownName: there is none.
    """
    _load()
    return _find(_DEFECTS, name, "defect")


def _find(known: Mapping[str, _T], name: str, what: str) -> _T:
    try:
        return known[name]
    except KeyError:
        near = ", ".join(difflib.get_close_matches(name, known, 3)) or ", ".join(sorted(known)[:5])
        raise UnknownName(f"no {what} {name!r}; nearest: {near}. `hlbench lab list` shows all") from None


@cache
def _load() -> None:
    for name in ("hlbench.lab.defects", "hlbench.lab.scenarios"):
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
