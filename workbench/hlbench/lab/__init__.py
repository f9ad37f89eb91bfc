"""The lab: scenarios that lose updates, on the real core, under a chosen interleaving.

The names here are public; they load when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hlbench.lab.batches import Target, replay
    from hlbench.lab.catalogue import Defect, Scenario, Size, defect_named, scenario_named
    from hlbench.lab.diagnosing import Diagnosis, Suspect, diagnose
    from hlbench.lab.explaining import Explanation, explain
    from hlbench.lab.exporting import export_pytest
    from hlbench.lab.reports import Budget, SearchReport
    from hlbench.lab.schedules import Schedule, ScheduleDiverged, ScheduleError, parse_schedule
    from hlbench.lab.search import Search
    from hlbench.lab.shrinking import Shrunk, shrink
    from hlbench.lab.stepping import Session

__all__ = [
    "Budget",
    "Defect",
    "Diagnosis",
    "Explanation",
    "Scenario",
    "Schedule",
    "ScheduleDiverged",
    "ScheduleError",
    "Search",
    "SearchReport",
    "Session",
    "Shrunk",
    "Size",
    "Suspect",
    "Target",
    "defect_named",
    "diagnose",
    "explain",
    "export_pytest",
    "parse_schedule",
    "replay",
    "scenario_named",
    "shrink",
]

_HOMES: Final = {
    "batches": ("Target", "replay"),
    "catalogue": ("Defect", "Scenario", "Size", "defect_named", "scenario_named"),
    "diagnosing": ("Diagnosis", "Suspect", "diagnose"),
    "explaining": ("Explanation", "explain"),
    "exporting": ("export_pytest",),
    "reports": ("Budget", "SearchReport"),
    "schedules": ("Schedule", "ScheduleDiverged", "ScheduleError", "parse_schedule"),
    "search": ("Search",),
    "shrinking": ("Shrunk", "shrink"),
    "stepping": ("Session",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"hlbench.lab.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
