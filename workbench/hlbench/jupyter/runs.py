"""A run of a lab scenario as a notebook's value: what it breaks and why, and its events as a timeline."""

from dataclasses import dataclass
from functools import cached_property

from hlbench.lab import Budget, Explanation, Schedule, Search, Target, explain, parse_schedule, replay
from hlbench.lab.catalogue import UnknownName, Variant, defect_named, scenario_named
from hlbench.lab.running import RunResult
from hlbench.notebook import preformatted
from hlbench.timeline import Timeline

SCHEDULES = 500
"""Tried for one that fails, where none is given. Our choice."""


@dataclass(frozen=True)
class LabRun:
    """One run."""

    target: Target
    schedule: Schedule
    result: RunResult

    @property
    def is_broken(self) -> bool:
        return bool(self.result.violations)

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why it fails; `None` where nothing is broken."""
        return explain(self.target, self.schedule) if self.is_broken else None

    @cached_property
    def timeline(self) -> Timeline:
        """Its events, as frames."""
        return Timeline(self.result.events)

    def __str__(self) -> str:
        if self.explanation is not None:
            return self.explanation.render()
        steps = f"{len(self.result.steps)} steps, {len(self.result.events)} events"
        title = scenario_named(self.target.scenario).title
        return f"{self.target.scenario}  {title}: nothing is broken ({steps})\n  schedule  {self.schedule}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return preformatted(str(self).splitlines())


def run_scenario(
    name: str, schedule: str | None = None, *, variant: Variant = "failing", defect: str | None = None
) -> LabRun:
    """Run a scenario of the lab.

    Args:
        name: as `hlbench lab list` shows it.
        schedule: in text or JSON; without it the first one that fails among a few hundred, else the plain one (FIFO).
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.

    Raises:
        ValueError: no such scenario or defect, or a schedule that cannot be read or does not fit.
    """
    try:
        scenario_named(name)
        if defect is not None:
            defect_named(defect)
    except UnknownName as error:
        raise ValueError(error.args[0]) from error
    target = Target(name, variant, defect)
    if schedule is not None:
        chosen = parse_schedule(schedule)
    else:
        failures = Search(target).run(Budget(schedules=SCHEDULES, failures=1)).failures
        chosen = failures[0].schedule if failures else Schedule()
    return LabRun(target, chosen, replay(target, chosen))
