"""What the commands of `hlbench lab` share: how a run, a search and a scenario are told, in text and in JSON."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from hlbench.commands.lab_text import progress_line, replay_command, run_lines, search_lines
from hlbench.commands.output import console, print_json, say
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert
from hlbench.lab.batches import Target
from hlbench.lab.batches import replay as replay_
from hlbench.lab.catalogue import defects, scenario_named
from hlbench.lab.diagnosing import diagnose
from hlbench.lab.explaining import explain
from hlbench.lab.schedules import Schedule, ScheduleDiverged

if TYPE_CHECKING:
    from hlbench.lab.explaining import Explanation
    from hlbench.lab.reports import Budget, SearchReport

_Result = TypeVar("_Result")


def fitting(act: Callable[[], _Result]) -> _Result:
    """Do something with a schedule; that it does not fit the scenario is a mistake of whoever typed it."""
    try:
        return act()
    except ScheduleDiverged as error:
        raise UsageError(str(error)) from error


def tell(lines: Iterable[str]) -> None:
    """Print lines, whatever a client put into them."""
    out = console()
    for line in lines:
        out.print(inert(line), soft_wrap=True)


def tell_run(target: Target, schedule: Schedule, *, as_json: bool) -> ExitCode:
    """One run, by its schedule: what it breaks, and why."""
    result = fitting(lambda: replay_(target, schedule))
    explanation = explain(target, schedule) if result.violations else None
    suspects = diagnose(result.events).ranked
    if as_json:
        print_json(
            {
                "schema": "hlbench.lab.run/1",
                "scenario": target.scenario,
                "variant": target.variant,
                "defect": target.defect,
                "schedule": str(schedule),
                "steps": len(result.steps),
                "events": len(result.events),
                "violations": msgspec.to_builtins(result.violations),
                "explanation": None if explanation is None else _explanation(explanation),
                "suspects": [msgspec.to_builtins(each) for each in suspects],
            }
        )
    else:
        tell(run_lines(target, result, explanation, suspects))
    return ExitCode.FINDING if result.violations else ExitCode.FINE


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(explanation)
    passing = explanation.passing
    return {**plain, "schedule": str(explanation.schedule), "passing": None if passing is None else str(passing)}


def tell_search(report: "SearchReport", *, as_json: bool) -> ExitCode:
    """What a search found, and how far it went."""
    if as_json:
        failures = [
            {
                **msgspec.to_builtins(each),
                "schedule": str(each.schedule),
                "replay": replay_command(report.target, each.schedule),
            }
            for each in report.failures
        ]
        told = {name: getattr(report, name) for name in _TOLD}
        target = {name: getattr(report.target, name) for name in ("scenario", "variant", "defect")}
        print_json({"schema": "hlbench.lab.explore/1", **target, **msgspec.to_builtins(told), "failures": failures})
    else:
        tell(search_lines(report))
    if report.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FINDING if report.failures else ExitCode.FINE


_TOLD: Final = (
    "executed",
    "pruned",
    "distinct",
    "compared",
    "deviations",
    "complete_at",
    "by_strategy",
    "steps",
    "seconds",
    "schedules_per_s",
    "steps_per_s",
    "depth",
    "pct_bound",
    "interrupted",
)


def progress(budget: "Budget | None") -> Callable[["SearchReport"], None]:
    """Narrate a search on stderr, once a second, on a terminal only."""
    started = shown = time.monotonic()

    def tell(report: "SearchReport") -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= 1 and sys.stderr.isatty():
            shown = now
            say(progress_line(report, budget, now - started))

    return tell


def plain_scenario(name: str, *, in_full: bool = False) -> dict[str, Any]:
    """A scenario, JSON-ready."""
    scenario = scenario_named(name)
    plain: dict[str, Any] = {
        "name": scenario.name,
        "title": scenario.title,
        "side": scenario.side,
        "breaks": scenario.breaks,
        "depth": scenario.depth,
        "defect": scenario.defect,
    }
    if in_full:
        defect = defects().get(scenario.defect or "")
        plain |= {
            "story": scenario.story,
            "cited": list(scenario.cited),
            "size": msgspec.to_builtins(scenario.size),
            "defect_story": None if defect is None else defect.story,
        }
    return plain
