"""Choosers: FIFO, replay of a schedule, seeded random, PCT."""

import random
from collections.abc import Iterator, Sequence
from math import floor, inf

from hlbench.lab.actors import Actor
from hlbench.lab.schedules import Deviation, Schedule, ScheduleDiverged


class Fifo:
    """No deviation."""

    sees_every_step = False
    picks = None

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        return default


class Replay:
    """Follows a schedule; `pending` are the deviations that have not been reached yet, in their order."""

    sees_every_step = True
    picks = None

    def __init__(self, schedule: Schedule) -> None:
        self.pending = list(schedule.deviations)

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        if not self.pending or not self._is_at(default):
            return default
        chosen = self.peek(default, ready)
        del self.pending[0]
        return chosen

    def peek(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        """As `choose`, without going on in the schedule.

        Raises:
            ScheduleDiverged: the schedule names an actor that is not ready here, or not at that stage.
        """
        return _actor_for(self.pending[0], ready) if self.pending and self._is_at(default) else default

    def _is_at(self, default: Actor) -> bool:
        wanted, stage = self.pending[0], default.stage
        return default.name == wanted.before and stage == wanted.at and default.entered.get(stage, 0) + 1 == wanted.nth

    def finish(self) -> None:
        """Raises:
        ScheduleDiverged: the run ended before every deviation was met.
        """
        if self.pending:
            raise ScheduleDiverged(_anchor(self.pending[0]), "the end of the run")


class Follow:
    """Follows those deviations of a schedule that are still possible, in their order, and leaves out the others."""

    sees_every_step = False
    picks = None

    def __init__(self, schedule: Schedule) -> None:
        self._pending = list(schedule.deviations)

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        for index, wanted in enumerate(self._pending):
            stage = default.stage or ""
            if (default.name, stage, default.entered.get(stage, 0) + 1) == (wanted.before, wanted.at, wanted.nth):
                for actor in ready:
                    if actor.name == wanted.run and wanted.doing in (None, actor.stage):
                        del self._pending[: index + 1]
                        return actor
        return default


def _actor_for(wanted: Deviation, ready: Sequence[Actor]) -> Actor:
    for actor in ready:
        if actor.name == wanted.run and wanted.doing in (None, actor.stage):
            return actor
    doing = f"{wanted.run}@{wanted.doing}" if wanted.doing else wanted.run
    met = ", ".join(f"{actor.name}@{actor.stage}" for actor in ready)
    raise ScheduleDiverged(f"{doing} ready at {_anchor(wanted)}", f"there {met}")


def _anchor(wanted: Deviation) -> str:
    nth = f"#{wanted.nth}" if wanted.nth != 1 else ""
    return f"{wanted.before}@{wanted.at}{nth}"


class RandomWalk:
    """Each ready actor is equally likely at each step."""

    sees_every_step = True

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        return next(self.picks(ready))

    def picks(self, ready: Sequence[Actor]) -> Iterator[Actor]:
        draw = self._random
        while ready:
            yield ready[floor(draw() * len(ready))]


class Pct:
    """Probabilistic concurrency testing: random priorities, and `depth - 1` steps at which the highest is lowered.

    A bug of depth d in a world of n actors and k steps is met with probability at least 1 / (n * k ** (d - 1)).
    Source: Burckhardt and others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010.
    """

    sees_every_step = True

    def __init__(self, seed: int, depth: int, steps: int) -> None:
        self._random = random.Random(seed).random
        self._changes = {int(self._random() * max(steps, 1)): rank for rank in range(depth - 1)}
        self._step = 0

    def choose(self, default: Actor, ready: Sequence[Actor]) -> Actor:
        return next(self.picks(ready))

    def picks(self, ready: Sequence[Actor]) -> Iterator[Actor]:
        while ready:
            best, highest = ready[0], -inf
            for actor in ready:
                priority = actor.priority
                if priority is None:
                    priority = actor.priority = 1 + self._random()
                if priority > highest:
                    best, highest = actor, priority
            rank = self._changes.pop(self._step, None)
            if rank is None:
                self._step += 1
                yield best
            else:
                best.priority = -rank - 1.0
