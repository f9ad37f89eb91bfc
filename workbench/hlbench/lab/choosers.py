"""Choosers: FIFO, replay of a schedule, seeded random, PCT."""

import random
from collections.abc import Sequence

from hlbench.lab.actors import Actor
from hlbench.lab.schedules import Schedule


class ScheduleDiverged(RuntimeError):
    """A replay met another situation than its schedule names; says what was expected and what was there."""


class Fifo:
    """No deviation."""

    def choose(self, default: Actor, others: Sequence[Actor]) -> Actor:
        return default


class Replay:
    """Follows a schedule; `pending` are the deviations that have not been reached yet."""

    def __init__(self, schedule: Schedule) -> None:
        self.pending = list(schedule.deviations)

    def choose(self, default: Actor, others: Sequence[Actor]) -> Actor:
        if not self.pending:
            return default
        wanted = self.pending[0]
        stage = default.stage
        assert stage
        if (default.name, stage, default.entered.get(stage, 0) + 1) != (wanted.before, wanted.at, wanted.nth):
            return default
        for actor in others:
            if actor.name == wanted.run:
                del self.pending[0]
                return actor
        ready = ", ".join(f"{actor.name}@{actor.stage}" for actor in others)
        raise ScheduleDiverged(f"at {wanted.before}@{wanted.at} the schedule lets {wanted.run} go; ready are {ready}")

    def finish(self) -> None:
        """Raises:
        ScheduleDiverged: the run ended before every deviation was met.
        """
        if self.pending:
            raise ScheduleDiverged(f"the run ended without meeting: {Schedule(tuple(self.pending))}")


class RandomWalk:
    """Each ready actor is equally likely at each step."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, default: Actor, others: Sequence[Actor]) -> Actor:
        pick = self._random.randrange(len(others) + 1)
        return others[pick - 1] if pick else default


class Pct:
    """Probabilistic concurrency testing: random priorities and `depth - 1` points where the highest is lowered.

    A bug of depth d in a world of n actors and k steps is met with probability at least 1 / (n * k ** (d - 1))
    (Burckhardt et al., 2010).
    """

    def __init__(self, seed: int, depth: int, steps: int) -> None:
        self._random = random.Random(seed)
        self._priorities: dict[str, float] = {}
        self._changes = {self._random.randrange(max(steps, 1)): rank for rank in range(depth - 1)}
        self._step = 0

    def choose(self, default: Actor, others: Sequence[Actor]) -> Actor:
        ready = [default, *others]
        for actor in ready:
            if actor.name not in self._priorities:
                self._priorities[actor.name] = 1 + self._random.random()
        best = max(ready, key=lambda actor: self._priorities[actor.name])
        rank = self._changes.get(self._step)
        self._step += 1
        if rank is not None:
            self._priorities[best.name] = -rank - 1.0
            best = max(ready, key=lambda actor: self._priorities[actor.name])
        return best
