"""One run of a scenario under one chooser: who went when, what the log says, what it broke."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from hlbench.lab.actors import Actor
from hlbench.lab.schedules import Deviation, Schedule, ScheduleStuck
from hlbench.lab.world import TIMER, World
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.promises import Violation, check_promises

MAX_STEPS = 20_000
"""A run that takes more steps than this goes in circles."""


class Chooser(Protocol):
    """Decides who goes next."""

    @property
    def sees_every_step(self) -> bool:
        """Whether it is asked also where only one actor is ready."""
        ...

    @property
    def picks(self) -> Callable[[Sequence[Actor]], Iterator[Actor]] | None:
        """As `choose`, again and again while anybody is ready, of a chooser that does not care whom FIFO would let go;
        `None` where it does."""
        ...

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        """One of the ready actors.

        Args:
            default: whom FIFO lets go.
            ready: every ready actor, `default` among them, the one enabled longest first.
        """
        ...


class Option(msgspec.Struct, frozen=True, gc=False):
    """An actor that is ready, and the stage that it would enter."""

    actor: str
    stage: str


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A point where more than one actor could go."""

    step: int
    """Index of the step that was taken here."""
    default: str
    stage: str
    nth: int
    chosen: str
    others: tuple[Option, ...]
    """All but the default."""

    @property
    def deviation(self) -> Deviation | None:
        """How a schedule writes this choice; `None` where FIFO was followed."""
        if self.chosen == self.default:
            return None
        return next(self.flipped(other) for other in self.others if other.actor == self.chosen)

    def flipped(self, other: Option) -> Deviation:
        """The deviation that lets `other` go here."""
        return Deviation(other.actor, self.default, self.stage, self.nth, other.stage)


class Step(msgspec.Struct, frozen=True, gc=False):
    """One executed step: who did what, and the events that it emitted."""

    actor: str
    stage: str
    first_seq: int
    """seq of its first event; greater than `last_seq` where it emitted none."""
    last_seq: int

    def __str__(self) -> str:
        return f"{self.actor}@{self.stage}"


@dataclass(slots=True)
class RunResult:
    """What one run did."""

    world: World
    steps: list[Step] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    @property
    def schedule(self) -> Schedule:
        """The deviations that were taken: replaying them gives this run again."""
        return Schedule(tuple([d for each in self.decisions if (d := each.deviation) is not None]))

    @property
    def failed(self) -> bool:
        return bool(self.violations)

    @property
    def events(self) -> list[TraceEvent]:
        return self.world.log.since(0)


Oracle = Callable[[World], list[Violation]]
"""A claim of one scenario that the promises do not cover; runs at the end."""


class Runner:
    """Steps a world, one choice at a time. `run` goes to the end; a stepping session calls `take` itself.

    Args:
        records: keep what `RunResult` tells beside the world itself. Off where thousands of runs are only judged.
    """

    def __init__(self, world: World, chooser: Chooser, *, records: bool = True) -> None:
        self.world = world
        self.chooser = chooser
        self.result = RunResult(world)
        self._records = records
        self.current: Actor | None = None
        """Who stepped last."""
        self.steps = 0
        self._timer = world.actors.get(TIMER)

    @property
    def default(self) -> Actor | None:
        """Whom FIFO lets go next; `None` when nobody can."""
        ready, current = self.world.ready, self.current
        if current in ready and (current is not self._timer or len(ready) == 1):
            return current
        first = None
        for first in ready:
            if first is not self._timer:
                break
        return first

    def step(self) -> bool:
        """Take one step; False when nobody can go."""
        default = self.default
        if default is None:
            return False
        chooser = self.chooser
        if len(self.world.ready) > 1 or chooser.sees_every_step:
            self.take(default, chooser.choose(default, self.world.ready))
        else:
            self.take(default, default)
        return True

    def take(self, default: Actor, chosen: Actor) -> None:
        """Carry out a choice."""
        self.current = chosen
        world, entered = self.world, chosen.stage
        assert entered, f"{chosen} cannot step"
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _stuck(world)
        if not self._records:
            chosen.entered[entered] = chosen.entered.get(entered, 0) + 1
            world.step(chosen)
            return
        result, ready, stage = self.result, world.ready, default.stage
        assert stage
        if len(ready) > 1:
            others = tuple([Option(each.name, each.stage or "") for each in ready if each is not default])
            nth = default.entered.get(stage, 0) + 1
            result.decisions.append(Decision(len(result.steps), default.name, stage, nth, chosen.name, others))
        chosen.entered[entered] = chosen.entered.get(entered, 0) + 1
        first_seq = world.log.last_seq + 1
        world.step(chosen)
        result.steps.append(Step(chosen.name, entered, first_seq, world.log.last_seq))

    def follow(self, steps: Sequence[Step]) -> None:
        """Take the same steps as a run of an equal world took at its start, without a record."""
        world = self.world
        for each in steps:
            actor = self.current = world.actors[each.actor]
            actor.entered[each.stage] = actor.entered.get(each.stage, 0) + 1
            world.step(actor)
        self.steps += len(steps)

    def run(self) -> RunResult:
        """Go on until nobody can step.

        Raises:
            ScheduleStuck: the scenario goes in circles.
            ScheduleDiverged: the chooser replays a schedule that does not fit.
        """
        picks = self.chooser.picks
        if self._records or picks is None:
            while self.step():
                pass
            return self.result
        self.steps = self.world.run(picks(self.world.ready), MAX_STEPS)
        if self.world.ready:
            raise _stuck(self.world)
        return self.result


def _stuck(world: World) -> ScheduleStuck:
    ready = ", ".join(f"{actor.name}@{actor.stage}" for actor in world.ready)
    return ScheduleStuck(f"no end after {MAX_STEPS} steps; ready are {ready}")


def audited(result: RunResult) -> DeliveryAudit:
    """The verdicts of a finished run. Nobody can step any more, so a time passes in which nothing happens."""
    audit = DeliveryAudit()
    audit.apply_all(result.events)
    audit.tick(result.world.clock.ns + 2 * audit.tracker.situation.grace_ns)
    audit.finish()
    return audit


def judge(result: RunResult, oracles: Sequence[Oracle] = ()) -> RunResult:
    """Check the promises and the scenario's own oracles over a finished run."""
    outbox = result.world.core.settings.outbox
    result.violations = check_promises(result.events, quiescent=True, max_frames=outbox.max_frames)
    for oracle in oracles:
        result.violations += oracle(result.world)
    return result
