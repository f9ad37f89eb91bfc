"""Every schedule with one deviation more than a given one, without those that lead where another has led already.

A run whose position (`equivalence.History`) another run has been in goes on exactly as that one did: it is left there.
What it could still deviate into, the other one can. So pruning never hides a run that differs in more than the order
of independent steps.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from hlbench.lab.choosers import Replay
from hlbench.lab.equivalence import Footprints, History
from hlbench.lab.running import Chooser, Decision, Option, Runner, RunResult
from hlbench.lab.schedules import FIFO, Schedule
from hlbench.lab.world import World


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule that was executed, or left at a known position."""

    schedule: Schedule
    children: int
    """Schedules with one deviation more, after the last one of this and before it was left."""
    until: int | None = None
    """It was left after so many steps; `None` when it was executed to its end."""


class Child(msgspec.Struct, frozen=True):
    """What became of one schedule."""

    node: Node
    runner: Runner
    history: History
    """At the end of what was executed."""

    @property
    def is_pruned(self) -> bool:
        return self.node.until is not None


class Tracked:
    """A runner whose positions are known, step by step."""

    def __init__(self, world: World, chooser: Chooser, *, records: bool = False) -> None:
        self.runner = Runner(world, chooser, records=records)
        self._of = Footprints(world).of

    def step(self, history: History) -> bool:
        """Step, and note it in the history."""
        runner, log = self.runner, self.runner.world.log
        before = log.last_seq
        default = runner.default
        if default is None:
            return False
        chosen = runner.chooser.choose(default, runner.world.ready)
        stage = chosen.stage
        assert stage
        runner.take(default, chosen)
        history.take(chosen.name, stage, self._of(chosen.name, stage, log.after(before)))
        return True

    def position(self, history: History) -> int:
        current = self.runner.current
        return history.position(self.runner.world.ready, current.name if current else "")


class Expansion:
    """One schedule, run again, and everything that has one deviation more.

    Args:
        build: makes a fresh world.
        node: the schedule; its run is recorded in `result`.
        prunes: leave runs at known positions. Off only to prove that pruning hides nothing.
    """

    def __init__(self, build: Callable[[], World], node: Node, *, prunes: bool = True) -> None:
        self._build = build
        self._node = node
        self._prunes = prunes
        self._histories = [History()]
        """Before each step."""
        self._known: set[int] = set()
        tracked = Tracked(build(), Replay(node.schedule), records=True)
        self.runner = tracked.runner
        self.result: RunResult = tracked.runner.result
        history = History()
        while (node.until is None or len(self.result.steps) < node.until) and tracked.step(history):
            self._histories.append(history.copy())
            self._known.add(tracked.position(history))
        self.places: list[tuple[Decision, Option]] = list(deviations_after(self.result.decisions, len(node.schedule)))
        """Where one more deviation is possible."""

    def close(self) -> None:
        """Let go of the run's world."""
        self.result.world.close()

    @property
    def history(self) -> History:
        """Of the run itself, at its end."""
        return self._histories[-1]

    def __len__(self) -> int:
        return len(self.places)

    def children(self, first: int = 0, count: int | None = None) -> Iterator[Child]:
        """Execute schedules with one deviation more, in the order of where they deviate."""
        for decision, other in islice(self.places, first, None if count is None else first + count):
            yield self._child(decision, other)

    def _child(self, decision: Decision, other: Option) -> Child:
        schedule = Schedule((*self._node.schedule.deviations, decision.flipped(other)))
        world = self._build()
        tracked = Tracked(world, Replay(Schedule((decision.flipped(other),))))
        runner, known = tracked.runner, self._known
        runner.follow(self.result.steps[: decision.step])
        history = self._histories[decision.step].copy()
        tracked.step(history)
        children = 0
        mine: list[int] = []
        while True:
            position = tracked.position(history)
            if self._prunes and position in known:
                return Child(Node(schedule, children, runner.steps), runner, history)
            mine.append(position)
            children += max(len(world.ready) - 1, 0)
            if not tracked.step(history):
                break
        known.update(mine)
        return Child(Node(schedule, children), runner, history)


def deviations_after(decisions: Sequence[Decision], count: int) -> Iterator[tuple[Decision, Option]]:
    """Where one more deviation is possible, after `count` ones that were taken."""
    for decision in decisions:
        if count:
            count -= decision.chosen != decision.default
            continue
        for other in decision.others:
            yield decision, other


def breadth_first(build: Callable[[], World], deviations: int, *, prunes: bool = True) -> Iterator[Child]:
    """Execute every schedule of up to so many deviations, those with fewest first.

    Whoever asks for the next one is done with the world of the last, which is closed.
    """
    root = Expansion(build, Node(FIFO, 0), prunes=prunes)
    nodes = [Node(FIFO, len(root))]
    yield Child(nodes[0], root.runner, root.history)
    root.close()
    for _ in range(deviations):
        level, nodes = nodes, []
        for node in level:
            if not node.children:
                continue
            expansion = Expansion(build, node, prunes=prunes)
            for child in expansion.children():
                nodes.append(child.node)
                yield child
                child.runner.world.close()
            expansion.close()
