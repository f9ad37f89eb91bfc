"""Units of work of a search: plain values in, plain values out, run in any process.

Bulk runs are only judged. What else is wanted of one (its schedule, its fingerprint) is had by running it again with a
record: runs are deterministic.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, get_args

import msgspec

from hlbench.lab.catalogue import Size, Variant, scenario_named
from hlbench.lab.choosers import Fifo, Pct, RandomWalk, Replay
from hlbench.lab.equivalence import History, fingerprint
from hlbench.lab.expanding import Expansion, Node, Tracked
from hlbench.lab.running import Chooser, Runner, RunResult, judge
from hlbench.lab.schedules import Schedule, ScheduleDiverged
from hlbench.lab.world import World
from hlmock.verdicts.promises import Violation, check_same

Strategy = Literal["exhaustive", "pct", "random"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

BATCH = 64
"""Schedules per unit of work: long enough that handing it out costs little, short enough to stop soon."""

REPEATED = 256
"""Of so many seeds, one is run twice: compared with itself (D8), and with others' runs (whether it is distinct)."""

REPLAYS = 10
"""How often a failure is replayed before it is told."""


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is searched: everything a worker needs to build the world."""

    scenario: str
    variant: Variant = "failing"
    defect: str | None = None
    size: Size | None = None

    def world(self) -> World:
        """A fresh one."""
        return scenario_named(self.scenario).world(self.variant, defect=self.defect, size=self.size)

    def judge(self, result: RunResult) -> RunResult:
        """Check the promises, and what the scenario claims beside them."""
        return judge(result, scenario_named(self.scenario).oracles)


def run_once(target: Target, chooser: Chooser) -> RunResult:
    """One recorded and judged run."""
    return target.judge(Runner(target.world(), chooser).run())


def replay(target: Target, schedule: Schedule) -> RunResult:
    """Run a schedule again.

    Raises:
        ScheduleDiverged: the world met another event than the schedule names.
    """
    chooser = Replay(schedule)
    result = run_once(target, chooser)
    chooser.finish()
    return result


class Slice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Schedules with one deviation more than a node: `count` of them, from `first`."""

    node: Node
    first: int
    count: int


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """One unit of work: some deviations of one schedule, or a range of seeds."""

    target: Target
    strategy: Strategy
    slices: tuple[Slice, ...] = ()
    first_seed: int = 0
    seeds: int = 0
    depth: int = 2
    steps: int = 100
    """Length of a run, as PCT estimates it."""
    failures: int | None = None
    """Stop after so many."""

    def __len__(self) -> int:
        return self.seeds + sum(part.count for part in self.slices)


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule that broke something."""

    schedule: Schedule
    strategy: Strategy
    promise: str
    violation: str
    """The first one's sentence."""
    replays: int = 0
    reproduced: int = 0
    """Replays that broke the same promise."""


class Batched(msgspec.Struct, frozen=True):
    """What a batch found."""

    executed: int
    pruned: int
    steps: int
    longest: int
    """Steps of the longest run."""
    fingerprints: tuple[int, ...]
    failures: tuple[Failure, ...]
    nodes: tuple[Node, ...] = ()
    """What was executed or left, for the next level."""
    rest: tuple[Slice, ...] = ()
    """What was not looked at, after enough failures."""


class _Tally:
    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.executed = self.pruned = self.steps = self.longest = 0
        self.fingerprints: list[int] = []
        self.failures: list[Failure] = []
        self.nodes: list[Node] = []
        self.rest: list[Slice] = []

    def has_enough(self) -> bool:
        return self._batch.failures is not None and len(self.failures) >= self._batch.failures

    def add(self, steps: int) -> None:
        """A run of so many steps has come to its end."""
        self.executed += 1
        self.steps += steps
        self.longest = max(self.longest, steps)

    def fail(self, schedule: Schedule, violation: Violation) -> None:
        failure = Failure(schedule, self._batch.strategy, violation.promise, violation.sentence)
        self.failures.append(confirmed(self._batch.target, failure))

    def result(self) -> Batched:
        return Batched(
            self.executed,
            self.pruned,
            self.steps,
            self.longest,
            tuple(self.fingerprints),
            tuple(self.failures),
            tuple(self.nodes),
            tuple(self.rest),
        )


def confirmed(target: Target, failure: Failure) -> Failure:
    """The failure with its rate over `REPLAYS` replays."""
    reproduced = 0
    for _ in range(REPLAYS):
        with suppress(ScheduleDiverged):
            violations = replay(target, failure.schedule).violations
            reproduced += bool(violations) and violations[0].promise == failure.promise
    return msgspec.structs.replace(failure, replays=REPLAYS, reproduced=reproduced)


def run_batch(batch: Batch) -> Batched:
    """Run one unit of work, in any process."""
    tally = _Tally(batch)
    with _no_collections():
        for part in batch.slices:
            _run_slice(batch, part, tally)
        if batch.seeds:
            _run_seeds(batch, tally)
    return tally.result()


def _run_slice(batch: Batch, part: Slice, tally: _Tally) -> None:
    if tally.has_enough():
        tally.rest.append(part)
        return
    target = batch.target
    expansion = Expansion(target.world, part.node)
    for number, child in enumerate(expansion.children(part.first, part.count), 1):
        tally.nodes.append(child.node)
        world = child.runner.world
        if child.is_pruned:
            tally.pruned += 1
        else:
            tally.add(child.runner.steps)
            tally.fingerprints.append(child.history.value)
            violations = target.judge(child.runner.result).violations
            if violations:
                tally.fail(child.node.schedule, violations[0])
        world.close()
        if tally.has_enough():
            if number < part.count:
                tally.rest.append(Slice(part.node, part.first + number, part.count - number))
            break
    expansion.close()


def _run_seeds(batch: Batch, tally: _Tally) -> None:
    """Bulk runs: what clients do is told only where a scenario's own oracles may read it.

    One in `REPEATED`, the first among them, is run again, step by step: compared (D8), and compared with others' runs.
    """
    target = batch.target
    has_oracles = bool(scenario_named(target.scenario).oracles)
    for seed in range(batch.first_seed, batch.first_seed + batch.seeds):
        is_repeated = seed % REPEATED == 0
        world = target.world()
        world.tells_clients = is_repeated or has_oracles
        runner = Runner(world, _sampler(batch, seed), records=False)
        result = target.judge(runner.run())
        tally.add(runner.steps)
        if is_repeated:
            again, history = Tracked(target.world(), _sampler(batch, seed)), History()
            while again.step(history):
                pass
            result.violations += check_same(result.events, again.runner.result.events)
            tally.fingerprints.append(history.value)
            again.runner.world.close()
        if result.violations:
            recorded = Runner(target.world(), _sampler(batch, seed)).run()
            tally.fail(recorded.schedule, result.violations[0])
            recorded.world.close()
        result.world.close()
        if tally.has_enough():
            return


def _sampler(batch: Batch, seed: int) -> Chooser:
    return Pct(seed, batch.depth, batch.steps) if batch.strategy == "pct" else RandomWalk(seed)


def run_fifo(target: Target) -> tuple[Batched, int]:
    """The schedule without deviations, which is where every search starts; and how many actors step in it."""
    result = run_once(target, Fifo())
    tally = _Tally(Batch(target, "exhaustive"))
    tally.add(len(result.steps))
    tally.fingerprints.append(fingerprint(result))
    tally.nodes.append(Node(result.schedule, sum(len(decision.others) for decision in result.decisions)))
    if result.violations:
        tally.fail(result.schedule, result.violations[0])
    return tally.result(), len({step.actor for step in result.steps})


@contextmanager
def _no_collections() -> Iterator[None]:
    """Worlds are let go of by `World.close`; looking for cycles in thousands of them costs a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
