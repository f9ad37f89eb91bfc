"""Explaining: what a failing schedule broke, what was lost, and which decision did it.

Everything here is computed by running the scenario again, and says within which bound: the failing schedule and the
nearest passing one, each with every single deviation from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.catalogue import scenario_named
from hlbench.lab.choosers import RandomWalk
from hlbench.lab.expanding import Expansion, Node, breadth_first, deviations_after
from hlbench.lab.flips import Flip, Witness, flips, witness
from hlbench.lab.running import Decision, RunResult, audited
from hlbench.lab.schedules import FIFO, Schedule
from hlbench.lab.shrinking import irreducible, possible
from hlmock.verdicts.promises import Violation
from hlmock.verdicts.rows import DeliveryRow

NEIGHBOURS: Final = 200
"""Single deviations of each schedule that pairs of events are compared over, at most."""

RANDOM_RUNS: Final = 200
"""And so many random walks, so that what only neighbours have in common is not taken for a cause."""

NEAREST_RUNS: Final = 2_000
"""Where no single deviation passes: schedules at most that are tried for one that does."""


class LostDelivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """An update that did not arrive, and why."""

    oid: int
    status: str
    connection: str | None
    code: str
    sentence: str


class LastDecision(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last decision that mattered: after it, FIFO and every single deviation from FIFO fails."""

    step: int
    """Index of the step, from 0."""
    took: str
    """Who went, and what it did: `c1.cleanup@connection.closed`."""
    instead_of: str
    """With whom in its place the run still passes."""
    continuations: int
    """Schedules from there on that were tried; all of them fail."""


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a schedule fails."""

    target: Target
    schedule: Schedule
    violation: Violation
    """The first one."""
    lost: tuple[LostDelivery, ...]
    decision: LastDecision | None
    """`None`: no schedule within the bound passes."""
    passing: Schedule | None
    """The passing schedule that is equal for the longest time; where no single deviation passes, one with few
    deviations from FIFO."""
    flips: tuple[Flip, ...]
    """Pairs of events that the nearest passing schedule has the other way round, as has no failing run compared."""
    compared: int
    """Runs that the pairs were compared over."""
    names: dict[str, str]
    """Of the clients' addresses."""

    def render(self) -> str:
        """For people. Addresses are given by the clients' names."""
        return self.named("\n".join(self._lines()))

    def named(self, text: str) -> str:
        """A text with the clients' names in the place of their addresses."""
        for address, name in self.names.items():
            text = text.replace(address, name)
        return text

    def _lines(self) -> Iterator[str]:
        scenario = scenario_named(self.target.scenario)
        defect = self.target.defect or (scenario.defect if self.target.variant == "failing" else None)
        yield f"{scenario.name}  {scenario.title}" + (f"  (defect: {defect})" if defect else "")
        yield f"  schedule  {self.schedule}"
        yield f"  broken    {self.violation.promise} at seq {self.violation.seq}: {self.violation.sentence}"
        for each in self.lost:
            yield f"  lost      #{each.oid} {each.status}, {each.code}: {each.sentence}"
        decision = self.decision
        if decision is None:
            yield "  decision  none: FIFO and every single deviation fail, so no decision of the scheduler is to blame"
        else:
            yield f"  decision  step {decision.step}: {decision.took} went; with {decision.instead_of} it still passes"
            yield f"            after it fail all {decision.continuations} continuations (FIFO and one deviation)"
        if self.passing is not None:
            yield f"  passing   {self.passing}"
        for flip in self.flips:
            yield f"  flips it  {flip.first} came before {flip.second}; the other way round passes"
        if self.flips:
            yield f"            (in {self.compared} runs: single deviations from these two schedules, and random walks)"


class NothingToExplain(ValueError):
    """The schedule that was to be explained does not fail."""


def explain(target: Target, schedule: Schedule = FIFO) -> Explanation:
    """Find out why a schedule fails.

    Raises:
        NothingToExplain: it passes.
        ScheduleDiverged: it does not fit the scenario.
    """
    result = replay(target, schedule)
    if not result.violations:
        raise NothingToExplain(f"{target.scenario} passes under: {schedule}")
    violation = result.violations[0]
    decision, passing = _LastDecision(target, result).find()
    if passing is None:
        passing = _any_passing(target)
    compared: list[Witness] = []
    pairs: list[Flip] = []
    if passing is not None:
        compared = list(_witnesses(target, (schedule, passing), violation.promise))
        pairs = flips(result, replay(target, passing), compared)
    return Explanation(
        target,
        schedule,
        violation,
        tuple(_lost(row) for row in audited(result).undelivered()),
        decision,
        passing,
        tuple(pairs),
        len(compared),
        {client.address: client.wallet.name or client.name for client in result.world.clients.values()},
    )


def _lost(row: DeliveryRow) -> LostDelivery:
    return LostDelivery(row.oid, row.status, row.connection, row.verdict.code.value, row.verdict.sentence)


class _LastDecision:
    """Goes back from the end of the run, until something else than what it did still passes."""

    def __init__(self, target: Target, result: RunResult) -> None:
        self._target = target
        self._steps = result.steps
        self._taken = [each for each in result.decisions if each.deviation is not None]
        self._schedule = result.schedule
        self._tried = 1  # the run itself is the first continuation

    def find(self) -> tuple[LastDecision | None, Schedule | None]:
        end = len(self._steps)
        for count in range(len(self._taken), -1, -1):
            kept = Schedule(self._schedule.deviations[:count])
            begin = self._taken[count - 1].step if count else -1
            passing = self._passing(kept, range(begin + 1, end))
            if passing is not None:
                step, other, schedule = passing
                took = str(self._steps[step])
                return LastDecision(step, took, other, self._tried), schedule
            end = begin + 1
        return None, None

    def _passing(self, kept: Schedule, steps: range) -> tuple[int, str, Schedule] | None:
        """The last of these steps at which another choice than the failing run's passes.

        Args:
            kept: the failing run's deviations before these steps; the next one, if any, is at the last of them.
        """
        expansion = Expansion(self._target.world, Node(kept, 0))
        if len(kept) < len(self._schedule):
            taken = self._taken[len(kept)]
            if not self._target.judge(expansion.result).violations:
                expansion.close()
                return taken.step, f"{taken.default}@{taken.stage}", kept
            self._tried += 1
        places = [index for index, (decision, _) in enumerate(expansion.places) if decision.step in steps]
        found = None
        for index in reversed(places):
            child = next(expansion.children(index, 1))
            if not child.is_pruned and not self._target.judge(child.runner.result).violations:
                decision, other = expansion.places[index]
                found = decision.step, f"{other.actor}@{other.stage}", child.node.schedule
            child.runner.world.close()
            if found is not None:
                break
            self._tried += 1
        expansion.close()
        return found


def _any_passing(target: Target) -> Schedule | None:
    """A passing schedule with few deviations."""

    def passes(result: RunResult) -> bool:
        return not result.violations

    for child in islice(breadth_first(target.world, 2), NEAREST_RUNS):
        if not child.is_pruned and passes(target.judge(child.runner.result)):
            return child.node.schedule
    for seed in range(RANDOM_RUNS):
        result = run_once(target, RandomWalk(seed))
        if passes(result):
            return irreducible(result.schedule, lambda shorter: possible(target, shorter, passes))
    return None


def _witnesses(target: Target, schedules: Iterable[Schedule], promise: str) -> Iterator[Witness]:
    """Both schedules and single deviations from them, spread evenly where there are too many; and random walks."""
    for schedule in schedules:
        result = replay(target, schedule)
        yield witness(result, promise)
        deviations = list(_single_deviations(result.decisions, schedule))
        for each in deviations[:: -(-len(deviations) // NEIGHBOURS) or 1]:
            yield _witness(replay(target, each), promise)
    for seed in range(RANDOM_RUNS):
        yield _witness(run_once(target, RandomWalk(seed)), promise)


def _witness(result: RunResult, promise: str) -> Witness:
    said = witness(result, promise)
    result.world.close()
    return said


def _single_deviations(decisions: Sequence[Decision], schedule: Schedule) -> Iterator[Schedule]:
    for decision, other in deviations_after(decisions, len(schedule)):
        yield Schedule((*schedule.deviations, decision.flipped(other)))
