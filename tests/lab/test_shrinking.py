"""Shrinking: a failure becomes as small as it can be, in schedule and in size, and always the same."""

import pytest

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.catalogue import Size, scenario_named, scenarios
from hlbench.lab.choosers import RandomWalk
from hlbench.lab.expanding import breadth_first
from hlbench.lab.reports import Budget
from hlbench.lab.schedules import FIFO, Schedule, parse_schedule
from hlbench.lab.search import Search
from hlbench.lab.shrinking import NothingToShrink, Shrunk, irreducible, shrink

MOST_DEVIATIONS = 3


def noisy_failure(target: Target) -> Schedule:
    """A failing schedule as random strategies find it."""
    report = Search(target, strategies=("random", "pct"), seed=3).run(Budget(schedules=10_000))
    return report.failures[0].schedule


def assert_minimal(target: Target, shrunk: Shrunk) -> None:
    """It fails with the promise it names; nothing with fewer deviations does."""
    result = replay(shrunk.target, shrunk.schedule)
    assert result.violations[0].promise == shrunk.promise
    assert shrunk.is_minimal
    for child in breadth_first(shrunk.target.world, len(shrunk.schedule) - 1, prunes=False):
        violations = shrunk.target.judge(child.runner.result).violations
        assert not len(shrunk.schedule) or [each.promise for each in violations[:1]] != [shrunk.promise]


CATALOGUED = [name for name, each in scenarios().items() if each.depth is not None and name != "W01"]


@pytest.mark.parametrize("name", CATALOGUED)
def test_a_catalogued_failure_needs_at_most_three_deviations(name: str) -> None:
    target = Target(name)
    shrunk = shrink(target, noisy_failure(target))
    assert shrunk.promise == scenario_named(name).breaks
    assert len(shrunk.schedule) <= MOST_DEVIATIONS
    assert shrunk.is_minimal


@pytest.mark.parametrize("name", ["S03", "S11", "S13", "S21", "S42"])
def test_what_is_called_minimal_is(name: str) -> None:
    target = Target(name)
    assert_minimal(target, shrink(target, noisy_failure(target)))


@pytest.mark.parametrize("name", ["S15", "S19", "S38"])
def test_shrinking_twice_gives_the_same(name: str) -> None:
    target, schedule = Target(name), noisy_failure(Target(name))
    assert shrink(target, schedule) == shrink(target, schedule)


def test_the_schedule_of_a_race_is_two_events() -> None:
    target = Target("S11")
    assert str(shrink(target, noisy_failure(target)).schedule) == (
        "alice.post1@request.received before c1.in@frame.received"
    )


def test_the_scenario_shrinks_too() -> None:
    big = Target("S01", size=Size(wallets=1, connections=4, orders=3))
    shrunk = shrink(big, run_once(big, RandomWalk(1)).schedule)
    assert shrunk.size == Size(wallets=1, connections=2, orders=1)
    assert shrunk.schedule == FIFO


def test_no_smaller_size_fails_as_easily() -> None:
    shrunk = shrink(Target("S21"), noisy_failure(Target("S21")))
    for size in shrunk.size.smaller():
        smaller = Target("S21", size=size)
        for child in breadth_first(smaller.world, len(shrunk.schedule)):
            assert smaller.judge(child.runner.result).violations == [] or child.is_pruned


def test_a_passing_schedule_is_nothing_to_shrink() -> None:
    with pytest.raises(NothingToShrink, match="S03 passes under: FIFO"):
        shrink(Target("S03"), FIFO)


def test_a_search_that_would_take_too_long_is_given_up_and_says_so() -> None:
    shrunk = shrink(Target("S15"), noisy_failure(Target("S15")), most_runs=5)
    assert not shrunk.is_minimal
    assert replay(shrunk.target, shrunk.schedule).violations[0].promise == shrunk.promise


@pytest.mark.parametrize("needed", [(), (0,), (2, 7), (0, 1, 8), tuple(range(9))], ids=str)
def test_what_cannot_be_missed_is_kept_and_nothing_else(needed: tuple[int, ...]) -> None:
    whole = parse_schedule("; ".join(f"a{number} before b@c" for number in range(9)))
    wanted = {whole.deviations[index] for index in needed}

    def taken(schedule: Schedule) -> Schedule | None:
        return schedule if wanted <= set(schedule.deviations) else None

    assert set(irreducible(whole, taken).deviations) == wanted
