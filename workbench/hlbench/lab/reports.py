"""What a search did and found: a value that can be saved, and resumed from."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from hlbench.lab.batches import STRATEGIES, Batch, Failure, Slice, Strategy, Target
from hlbench.lab.expanding import Node

FORMAT: Final = 1
"""Version of the saved form."""


class ReportError(ValueError):
    """A file that is no saved search; says why."""


class Budget(msgspec.Struct, frozen=True):
    """When to stop. Whichever comes first; `None` is no limit."""

    schedules: int | None = 10_000
    seconds: float | None = None
    failures: int | None = 1
    """Stop after so many failing schedules."""


class SearchReport(msgspec.Struct):
    """What a search did and found so far."""

    target: Target
    deviations: int = 2
    depth: int = 2
    strategies: tuple[Strategy, ...] = STRATEGIES
    seed: int = 0
    executed: int = 0
    pruned: int = 0
    """Schedules that were left where another had been already."""
    distinct: int = 0
    """Runs that differ in more than the order of steps that do not touch each other, among those compared."""
    compared: int = 0
    """Every exhaustive run, and one of each batch of the others."""
    complete_at: int | None = None
    """Every schedule of up to so many deviations has been executed, or goes on from somewhere as one that has."""
    steps: int = 0
    seconds: float = 0.0
    """Wall time, over all parts of a resumed search."""
    interrupted: bool = False
    failures: list[Failure] = []
    by_strategy: dict[str, int] = {}
    """Executed schedules."""
    actors: int = 1
    """In the run without deviations."""
    longest: int = 1
    """Steps of the longest run."""
    # Where a resumed search goes on:
    level: int = 0
    """Deviations of the schedules that are being expanded."""
    todo: list[Slice] = []
    """Of this level, the next one last."""
    nodes: list[Node] = []
    """Of the next level."""
    next_seed: dict[str, int] = {}
    unfinished: list[Batch] = []
    """Handed out and not come back."""
    seen: set[int] = set()
    format: Annotated[int, msgspec.Meta(le=FORMAT)] = FORMAT

    @property
    def schedules_per_s(self) -> float:
        return self.executed / self.seconds if self.seconds else 0.0

    @property
    def steps_per_s(self) -> float:
        return self.steps / self.seconds if self.seconds else 0.0

    @property
    def waiting(self) -> int:
        """Schedules of this level that are not executed yet."""
        return sum(part.count for part in self.todo) + sum(len(each) for each in self.unfinished if each.slices)

    @property
    def pct_bound(self) -> float:
        """Probability with which PCT's runs had to meet a bug of its depth, at least."""
        chance = 1 / (self.actors * self.longest ** (self.depth - 1))
        bound: float = 1 - (1 - chance) ** self.by_strategy.get("pct", 0)
        return bound

    def seconds_left(self, budget: Budget, spent_s: float) -> float | None:
        """An estimate, at the rate so far; `None` where nothing bounds the search.

        Args:
            spent_s: of the budget's seconds.
        """
        bounds = [] if budget.seconds is None else [budget.seconds - spent_s]
        rate = self.schedules_per_s
        if rate and budget.schedules is not None:
            bounds.append((budget.schedules - self.executed) / rate)
        if rate and self.strategies == ("exhaustive",) and self.level + 1 >= self.deviations:
            bounds.append(self.waiting / rate)
        return max(min(bounds), 0.0) if bounds else None

    def save(self, path: Path) -> None:
        """Write it so that `load` can go on from here."""
        part = path.with_name(path.name + ".part")
        part.write_bytes(msgspec.json.encode(self))
        part.replace(path)


def load_report(path: Path) -> SearchReport:
    """Read a saved search.

    Raises:
        OSError: the file cannot be read.
        ReportError: it is no saved search, or one of a newer version.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=SearchReport)
    except msgspec.DecodeError as error:
        raise ReportError(f"{path} is no saved search of this version: {error}") from error
