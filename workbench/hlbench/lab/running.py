"""One run of a scenario under one chooser: who went when, what the log says, what it broke."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from hlbench.lab.actors import Actor
from hlbench.lab.schedules import Deviation, Schedule
from hlbench.lab.world import TIMER, World
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.promises import Violation, check_promises

MAX_STEPS = 20_000
"""A run that takes more steps than this goes in circles."""


class Stuck(RuntimeError):
    """A run did not end within `MAX_STEPS`."""


class Chooser(Protocol):
    """Decides who goes next."""

    def choose(self, default: Actor, others: Sequence[Actor]) -> Actor:
        """One of the ready actors.

        Args:
            default: whom FIFO lets go.
            others: every other ready actor, the one enabled longest first; never empty.
        """
        ...


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A point where more than one actor could go."""

    step: int
    default: str
    stage: str
    nth: int
    chosen: str
    others: tuple[str, ...]

    @property
    def deviation(self) -> Deviation | None:
        """How a schedule writes this choice; `None` where FIFO was followed."""
        if self.chosen == self.default:
            return None
        return Deviation(self.chosen, self.default, self.stage, self.nth)

    def flipped(self, other: str) -> Deviation:
        """The deviation that lets `other` go here."""
        return Deviation(other, self.default, self.stage, self.nth)


class Step(msgspec.Struct, frozen=True, gc=False):
    """One executed step: who did what, and the last event that it emitted."""

    actor: str
    stage: str
    first_seq: int
    """seq of its first event; greater than `last_seq` where it emitted none."""
    last_seq: int


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
    """Steps a world, one choice at a time. `run` goes to the end; a stepping session calls `step` itself."""

    def __init__(self, world: World, chooser: Chooser) -> None:
        self.world = world
        self.chooser = chooser
        self.result = RunResult(world)
        self._current: Actor | None = None
        self._timer = world.actors.get(TIMER)

    def candidates(self) -> tuple[Actor, list[Actor]] | None:
        """Whom FIFO lets go next, and who could go instead; `None` when nobody can."""
        ready = self.world.ready
        if not ready:
            return None
        default = self._current
        if default is None or default not in ready or (default is self._timer and len(ready) > 1):
            default = next((actor for actor in ready if actor is not self._timer), None) or next(iter(ready))
        return default, [actor for actor in ready if actor is not default]

    def step(self) -> bool:
        """Take one step; False when nobody can go."""
        candidates = self.candidates()
        if candidates is None:
            return False
        default, others = candidates
        self.take(default, others, self.chooser.choose(default, others) if others else default)
        return True

    def take(self, default: Actor, others: Sequence[Actor], chosen: Actor) -> None:
        """Carry out a choice."""
        result, world = self.result, self.world
        stage = default.stage
        assert stage
        if others:
            result.decisions.append(
                Decision(
                    len(result.steps),
                    default.name,
                    stage,
                    default.entered.get(stage, 0) + 1,
                    chosen.name,
                    tuple([actor.name for actor in others]),
                )
            )
        entered = chosen.stage
        assert entered
        before = world.log.last_seq
        self._current = chosen
        world.step(chosen)
        result.steps.append(Step(chosen.name, entered, before + 1, world.log.last_seq))

    def run(self) -> RunResult:
        """Go on until nobody can step.

        Raises:
            Stuck: the scenario goes in circles.
        """
        while self.step():
            if len(self.result.steps) > MAX_STEPS:
                raise Stuck(f"no end after {MAX_STEPS} steps: last {self.result.steps[-3:]}")
        return self.result


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
