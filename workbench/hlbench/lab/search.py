"""Search: many schedules of one scenario, spread over strategies and over workers.

A portfolio with equal shares: exhaustive up to k deviations from FIFO, PCT, random walk. Work is cut into batches,
plain values in and plain values out, so any `concurrent.futures.Executor` runs them, and the findings do not depend
on which.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Literal

import msgspec

from hlbench.lab.catalogue import Size, Variant, scenario_named
from hlbench.lab.choosers import Fifo, Pct, RandomWalk, Replay
from hlbench.lab.equivalence import fingerprint, footprints, is_redundant
from hlbench.lab.running import Chooser, Runner, RunResult, judge
from hlbench.lab.schedules import FIFO, Schedule

Strategy = Literal["exhaustive", "pct", "random"]
STRATEGIES: tuple[Strategy, ...] = ("exhaustive", "pct", "random")

BATCH = 64
"""Schedules per unit of work: long enough that handing it out costs little, short enough to stop soon."""


class Target(msgspec.Struct, frozen=True):
    """What is searched: everything a worker needs to build the world."""

    scenario: str
    variant: Variant = "failing"
    defect: str | None = None
    size: Size | None = None


class Batch(msgspec.Struct, frozen=True):
    """One unit of work: the schedules, or the seeds, to run."""

    target: Target
    strategy: Strategy
    schedules: tuple[Schedule, ...] = ()
    seeds: tuple[int, ...] = ()
    depth: int = 2
    steps: int = 100
    """Length of a run, as PCT estimates it."""
    expand: bool = False
    """Return the schedules that have one deviation more."""


class Failure(msgspec.Struct, frozen=True):
    """A schedule that broke something."""

    schedule: Schedule
    strategy: Strategy
    violation: str
    """The first one's sentence."""
    promise: str


class Batched(msgspec.Struct, frozen=True):
    """What a batch found."""

    executed: int
    steps: int
    pruned: int
    fingerprints: frozenset[int]
    failures: tuple[Failure, ...]
    children: tuple[Schedule, ...] = ()


def run_once(target: Target, chooser: Chooser) -> RunResult:
    """One judged run."""
    scenario = scenario_named(target.scenario)
    world = scenario.world(target.variant, defect=target.defect, size=target.size)
    return judge(Runner(world, chooser).run(), scenario.oracles)


def replay(target: Target, schedule: Schedule) -> RunResult:
    """Run a schedule again.

    Raises:
        ScheduleDiverged: the world met another situation than the schedule names.
    """
    chooser = Replay(schedule)
    result = run_once(target, chooser)
    chooser.finish()
    return result


def run_batch(batch: Batch) -> Batched:
    """Run one unit of work, in any process."""
    executed = steps = pruned = 0
    seen: set[int] = set()
    failures: list[Failure] = []
    children: list[Schedule] = []
    for chooser, given in _choosers(batch):
        result = run_once(batch.target, chooser)
        executed += 1
        steps += len(result.steps)
        seen.add(fingerprint(result))
        if result.violations:
            first = result.violations[0]
            failures.append(Failure(result.schedule, batch.strategy, first.sentence, first.promise))
        if batch.expand:
            more, skipped = successors(result, given)
            children += more
            pruned += skipped
    return Batched(executed, steps, pruned, frozenset(seen), tuple(failures), tuple(children))


def _choosers(batch: Batch) -> Iterator[tuple[Chooser, Schedule]]:
    for schedule in batch.schedules:
        yield (Replay(schedule) if schedule.deviations else Fifo()), schedule
    for seed in batch.seeds:
        yield (Pct(seed, batch.depth, batch.steps) if batch.strategy == "pct" else RandomWalk(seed)), FIFO


def successors(result: RunResult, schedule: Schedule) -> tuple[list[Schedule], int]:
    """Every schedule with one deviation more, after the last one of `schedule`; and how many were pruned.

    A deviation is pruned when the run shows that it only exchanges steps that do not touch each other.
    """
    taken = len(schedule)
    touched = footprints(result)
    found: list[Schedule] = []
    pruned = 0
    for decision in result.decisions:
        if taken:
            taken -= decision.deviation is not None
            continue
        for other in decision.others:
            if is_redundant(result, touched, decision, other):
                pruned += 1
            else:
                found.append(Schedule((*schedule.deviations, decision.flipped(other))))
    return found, pruned


class Budget(msgspec.Struct, frozen=True):
    """When to stop. Whichever comes first; `None` is no limit."""

    schedules: int | None = 10_000
    seconds: float | None = None
    failures: int | None = 1
    """Stop after so many failing schedules."""


class SearchReport(msgspec.Struct):
    """What a search did and found."""

    target: Target
    executed: int = 0
    pruned: int = 0
    distinct: int = 0
    """Runs that differ in more than the order of steps that do not touch each other."""
    complete_at: int | None = None
    """Every schedule of up to so many deviations has been executed or pruned; `None` before FIFO itself."""
    steps: int = 0
    seconds: float = 0.0
    pct_bound: float = 0.0
    """Probability that PCT's runs had to meet a bug of its depth, at least."""
    interrupted: bool = False
    failures: list[Failure] = []
    by_strategy: dict[str, int] = {}
    next_seed: int = 0
    """Where a resumed search goes on."""
    frontier: list[Schedule] = []
    level: int = 0

    @property
    def schedules_per_s(self) -> float:
        return self.executed / self.seconds if self.seconds else 0.0

    @property
    def steps_per_s(self) -> float:
        return self.steps / self.seconds if self.seconds else 0.0


class Search:
    """One search. `run` may be called again: it goes on where it stopped."""

    def __init__(
        self,
        target: Target,
        *,
        deviations: int = 2,
        depth: int = 2,
        strategies: tuple[Strategy, ...] = STRATEGIES,
        report: SearchReport | None = None,
    ) -> None:
        self.target = target
        self.deviations = deviations
        self.depth = depth
        self.strategies = strategies
        self.report = report or SearchReport(target, frontier=[FIFO])
        self._seen: set[int] = set()
        self._waiting: deque[Schedule] = deque(self.report.frontier)
        self._next_level: list[Schedule] = []
        self._out = 0
        """Schedules of the current level that are being run."""
        self._actors = 1
        self._length = 100

    def run(
        self,
        budget: Budget | None = None,
        *,
        executor: Executor | None = None,
        workers: int = 1,
        progress: Callable[[SearchReport], None] | None = None,
    ) -> SearchReport:
        """Search until the budget is spent or every strategy is exhausted. Ctrl-C stops it with what it has.

        Args:
            executor: runs the batches; `None` runs them here.
            workers: how many batches are out at once.
            progress: called after each batch.
        """
        budget = budget or Budget()
        report, started, before = self.report, time.perf_counter(), self.report.seconds
        first = run_once(self.target, Fifo())
        self._length = len(first.steps)
        self._actors = len({step.actor for step in first.steps})
        turn = 0
        out: dict[Future[Batched], Batch] = {}
        try:
            while True:
                while len(out) < workers and not self._is_spent(budget, time.perf_counter() - started, out):
                    batch = self._next_batch(turn, budget, out)
                    turn += 1
                    if batch is None:
                        break
                    out[_submit(executor, batch)] = batch
                if not out:
                    break
                done, _ = wait(out, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take_in(out.pop(future), future.result())
                    report.seconds = before + time.perf_counter() - started
                    if progress is not None:
                        progress(report)
        except KeyboardInterrupt:
            report.interrupted = True
            for future in out:
                future.cancel()
        report.frontier = [*self._waiting, *[each for batch in out.values() for each in batch.schedules]]
        report.seconds = before + time.perf_counter() - started
        return report

    def _is_spent(self, budget: Budget, seconds: float, out: dict[Future[Batched], Batch]) -> bool:
        report = self.report
        planned = report.executed + sum(len(batch.schedules) + len(batch.seeds) for batch in out.values())
        return (
            (budget.schedules is not None and planned >= budget.schedules)
            or (budget.seconds is not None and seconds >= budget.seconds)
            or (budget.failures is not None and len(report.failures) >= budget.failures)
        )

    def _next_batch(self, turn: int, budget: Budget, out: dict[Future[Batched], Batch]) -> Batch | None:
        """The next strategy that has work, in turn."""
        left = BATCH
        if budget.schedules is not None:
            planned = self.report.executed + sum(len(each.schedules) + len(each.seeds) for each in out.values())
            left = max(1, min(BATCH, budget.schedules - planned))
        for offset in range(len(self.strategies)):
            strategy = self.strategies[(turn + offset) % len(self.strategies)]
            if strategy == "exhaustive":
                batch = self._exhaustive_batch(left)
                if batch is not None:
                    return batch
                continue
            first = self.report.next_seed
            self.report.next_seed += left
            return Batch(
                self.target,
                strategy,
                seeds=tuple(range(first, first + left)),
                depth=self.depth,
                steps=self._length,
            )
        return None

    def _exhaustive_batch(self, most: int) -> Batch | None:
        if not self._waiting and not self._out and self._next_level and self.report.level < self.deviations:
            self.report.level += 1
            self._waiting = deque(self._next_level)
            self._next_level = []
        if not self._waiting:
            return None
        schedules = tuple([self._waiting.popleft() for _ in range(min(most, len(self._waiting)))])
        self._out += len(schedules)
        return Batch(self.target, "exhaustive", schedules, expand=self.report.level < self.deviations)

    def _take_in(self, batch: Batch, found: Batched) -> None:
        report = self.report
        report.executed += found.executed
        report.steps += found.steps
        report.pruned += found.pruned
        self._seen |= found.fingerprints
        report.distinct = len(self._seen)
        report.by_strategy[batch.strategy] = report.by_strategy.get(batch.strategy, 0) + found.executed
        report.failures += found.failures
        if batch.strategy == "exhaustive":
            self._out -= len(batch.schedules)
            self._next_level += found.children
            if not self._waiting and not self._out:
                report.complete_at = report.level
        runs = report.by_strategy.get("pct", 0)
        chance = 1 / (self._actors * self._length ** (self.depth - 1))
        report.pct_bound = 1 - (1 - chance) ** runs


def _submit(executor: Executor | None, batch: Batch) -> "Future[Batched]":
    if executor is not None:
        return executor.submit(run_batch, batch)
    future: Future[Batched] = Future()
    future.set_result(run_batch(batch))
    return future
