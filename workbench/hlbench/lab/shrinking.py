"""Shrinking: the fewest deviations, then the smallest scenario, that still break the same promise.

Deterministic. First deviations are dropped as long as the rest still fails (ddmin); then every schedule with fewer
deviations is tried, the shortest first, so that what is left is minimal and not only irreducible. The same with each
smaller size of the scenario, where the old schedule hardly ever applies.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.catalogue import Size, scenario_named
from hlbench.lab.choosers import Follow
from hlbench.lab.expanding import breadth_first
from hlbench.lab.running import RunResult
from hlbench.lab.schedules import Schedule

MOST_RUNS: Final = 20_000
"""For one size. A search that needs more is given up, and the result then not called minimal."""


class Shrunk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A minimal failure."""

    target: Target
    """With the smallest size."""
    schedule: Schedule
    promise: str
    violation: str
    """The first one's sentence."""
    runs: int
    """That it took."""
    is_minimal: bool
    """Every schedule with fewer deviations was tried at this size; none breaks the promise."""

    @property
    def size(self) -> Size:
        return self.target.size or scenario_named(self.target.scenario).size


class NothingToShrink(ValueError):
    """The schedule that was to be shrunk does not fail."""


def shrink(target: Target, schedule: Schedule, *, most_runs: int = MOST_RUNS) -> Shrunk:
    """Make a failure as small as it can be.

    Args:
        schedule: one that fails.
        most_runs: for the search of one size.

    Raises:
        NothingToShrink: it does not.
        ScheduleDiverged: it does not fit the scenario.
    """
    violations = replay(target, schedule).violations
    if not violations:
        raise NothingToShrink(f"{target.scenario} passes under: {schedule}")
    shrinking = _Shrinking(violations[0].promise, most_runs)
    found, is_minimal = shrinking.minimal(target, schedule)
    size = target.size or scenario_named(target.scenario).size
    while (smaller := shrinking.smaller(target, size, found)) is not None:
        size, found, is_minimal = smaller
    target = msgspec.structs.replace(target, size=size)
    violations = replay(target, found).violations
    return Shrunk(target, found, violations[0].promise, violations[0].sentence, shrinking.runs, is_minimal)


class _Shrinking:
    def __init__(self, promise: str, most_runs: int) -> None:
        self.runs = 0
        self._promise = promise
        self._most_runs = most_runs

    def minimal(self, target: Target, schedule: Schedule) -> tuple[Schedule, bool]:
        """The shortest schedule that fails, and whether no shorter one can be left."""
        schedule = irreducible(schedule, lambda shorter: self._taken(target, shorter))
        shorter, is_complete = self._first_failing(target, len(schedule) - 1)
        return (schedule if shorter is None else shorter), is_complete

    def smaller(self, target: Target, size: Size, schedule: Schedule) -> tuple[Size, Schedule, bool] | None:
        """The first smaller size that fails with no more deviations, and its minimal schedule."""
        for candidate in size.smaller():
            resized = msgspec.structs.replace(target, size=candidate)
            taken = self._taken(resized, schedule)
            if taken is not None:
                return candidate, *self.minimal(resized, taken)
            found, _ = self._first_failing(resized, len(schedule))
            if found is not None:
                return candidate, found, True
        return None

    def _taken(self, target: Target, schedule: Schedule) -> Schedule | None:
        """What was possible of a schedule, where that fails."""
        self.runs += 1
        return possible(target, schedule, self._fails)

    def _fails(self, result: RunResult) -> bool:
        return bool(result.violations) and result.violations[0].promise == self._promise

    def _first_failing(self, target: Target, deviations: int) -> tuple[Schedule | None, bool]:
        """The first schedule of up to so many deviations that fails; and whether all were tried."""
        if deviations < 0:
            return None, True
        first = self.runs
        for child in breadth_first(target.world, deviations):
            self.runs += 1
            if not child.is_pruned and self._fails(target.judge(child.runner.result)):
                return child.node.schedule, True
            if self.runs - first >= self._most_runs:
                return None, False
        return None, True


def possible(target: Target, schedule: Schedule, holds: Callable[[RunResult], bool]) -> Schedule | None:
    """What is possible of a schedule, where a claim about its judged run holds."""
    result = run_once(target, Follow(schedule))
    return result.schedule if holds(result) else None


def irreducible(schedule: Schedule, taken: Callable[[Schedule], Schedule | None]) -> Schedule:
    """Drop deviations, many at once first, until none can be missed.

    Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (ddmin), 2002.

    Args:
        taken: what is possible of a shorter schedule, or `None` where it does not do any more.
    """
    parts = 2
    while len(schedule):
        size = -(-len(schedule) // parts)
        for start in range(0, len(schedule), size):
            shorter = taken(schedule.without(range(start, start + size)))
            if shorter is not None and len(shorter) < len(schedule):
                schedule, parts = shorter, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(schedule))
    return schedule
