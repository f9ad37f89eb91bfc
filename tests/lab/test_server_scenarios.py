"""S01 to S25, S37 and S47: search finds each failing variant, and nothing in the passing one."""

from collections.abc import Iterator
from statistics import median

import pytest

from hlbench.lab.catalogue import Scenario, Variant, scenario_named, scenarios
from hlbench.lab.choosers import Fifo, Pct, RandomWalk
from hlbench.lab.running import Chooser, RunResult, audited
from hlbench.lab.search import Budget, Search, Target, run_once
from hlmock.verdicts.promises import check_same

MODULES = ("routing", "owners", "subscribing", "fanout", "replacing")
NAMES = [name for name, each in scenarios().items() if each.build.__module__.rpartition(".")[2] in MODULES]
WITH_VERDICT = [name for name in NAMES if scenario_named(name).verdict is not None]


def choosers(count: int) -> Iterator[Chooser]:
    yield Fifo()
    for seed in range(1, count):
        yield Pct(seed, 2, 100) if seed % 2 else RandomWalk(seed)


def failing_runs(name: str, *, schedules: int) -> Iterator[RunResult]:
    for chooser in choosers(schedules):
        result = run_once(Target(name), chooser)
        if result.violations:
            yield result


def codes_of(result: RunResult) -> set[str]:
    return {row.verdict.code for row in audited(result).rows()}


def test_every_scenario_of_the_server_side_is_there() -> None:
    numbers = {name[:3] for name in NAMES}
    assert numbers == {*(f"S{number:02}" for number in range(1, 26)), "S37", "S47"}


@pytest.mark.parametrize("name", NAMES)
def test_search_finds_what_the_failing_variant_breaks(name: str) -> None:
    report = Search(Target(name), seed=1).run(Budget(schedules=2_000))
    (failure,) = report.failures
    assert failure.promise == scenario_named(name).breaks
    assert failure.reproduced == failure.replays


@pytest.mark.parametrize("name", NAMES)
def test_search_finds_nothing_in_the_passing_variant(name: str) -> None:
    report = Search(Target(name, "passing"), seed=1).run(Budget(schedules=150))
    assert report.failures == []
    assert report.executed == 150 or report.complete_at == report.deviations


@pytest.mark.parametrize("name", NAMES)
def test_whatever_fails_breaks_the_same_promise_first(name: str) -> None:
    broken = {result.violations[0].promise for result in failing_runs(name, schedules=60)}
    assert broken <= {scenario_named(name).breaks}


@pytest.mark.parametrize("name", WITH_VERDICT)
def test_the_verdict_names_the_cause(name: str) -> None:
    verdict = scenario_named(name).verdict
    assert any(verdict in codes_of(result) for result in failing_runs(name, schedules=400))


@pytest.mark.parametrize("name", WITH_VERDICT)
def test_the_verdict_of_the_failing_variant_does_not_come_from_the_passing_one(name: str) -> None:
    verdict = scenario_named(name).verdict
    for chooser in choosers(30):
        result = run_once(Target(name, "passing"), chooser)
        assert verdict not in codes_of(result)


@pytest.mark.parametrize("variant", ["failing", "passing"])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_schedule_gives_the_same_log(name: str, variant: Variant) -> None:
    first, second = (run_once(Target(name, variant), RandomWalk(7)).events for _ in range(2))
    assert check_same(first, second) == []


@pytest.mark.parametrize("name", NAMES)
def test_smaller_worlds_can_be_built_and_run(name: str) -> None:
    scenario: Scenario = scenario_named(name)
    for size in scenario.size.smaller():
        run_once(Target(name, "passing", size=size), Fifo())


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", NAMES)
def test_search_needs_fewer_than_ten_thousand_schedules_in_the_median_of_twenty_seeds(name: str) -> None:
    needed = []
    for seed in range(20):
        report = Search(Target(name), seed=seed).run(Budget(schedules=20_000))
        needed.append(report.executed if report.failures else 20_001)
        assert {failure.promise for failure in report.failures} <= {scenario_named(name).breaks}
    print(f"{name}: median {median(needed):.0f}, most {max(needed)} schedules")
    assert median(needed) < 10_000


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", NAMES)
def test_the_passing_variant_survives_ten_thousand_schedules(name: str) -> None:
    assert Search(Target(name, "passing"), seed=1).run(Budget(schedules=10_000)).failures == []
