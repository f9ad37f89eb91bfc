"""Search: what it finds, that it says honestly how far it went, and that nothing depends on who runs it."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import msgspec
import pytest

from hlbench.lab.batches import BATCH, REPEATED, STRATEGIES, Batch, Target, replay, run_batch
from hlbench.lab.catalogue import Size, scenario_named
from hlbench.lab.choosers import RandomWalk
from hlbench.lab.executors import open_executor
from hlbench.lab.expanding import breadth_first
from hlbench.lab.reports import Budget, ReportError, SearchReport, load_report
from hlbench.lab.search import Search
from hlbench.lab.world import World
from hlmock.trace.stages import CLIENT_APPLIED
from hlmock.verdicts.violations import Violation

W01 = Target("W01", "passing")
SMALL = Target("W01", "passing", size=Size(wallets=2, connections=1, orders=1))
S24 = Target("S24")
SOAK_SCHEDULES = int(os.environ.get("HLBENCH_SOAK_SCHEDULES", "1_000_000"))


def exhaustive(target: Target, deviations: int, budget: Budget | None = None) -> SearchReport:
    search = Search(target, deviations=deviations, strategies=("exhaustive",))
    return search.run(budget or Budget(schedules=None, failures=None))


def facts(report: SearchReport) -> dict[str, object]:
    """Everything that must not depend on time."""
    plain: dict[str, object] = msgspec.to_builtins(report)
    return {name: value for name, value in plain.items() if name != "seconds"}


def test_what_is_found_fails_when_it_is_replayed() -> None:
    report = Search(S24).run()
    (failure,) = report.failures
    assert failure.promise == "D3"
    assert (failure.replays, failure.reproduced) == (10, 10)
    assert replay(S24, failure.schedule).violations[0].sentence == failure.violation


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_finds_it_alone(strategy: str) -> None:
    report = Search(S24, strategies=(strategy,)).run()  # type: ignore[arg-type]
    assert [failure.strategy for failure in report.failures] == [strategy]


def test_the_portfolio_has_equal_shares() -> None:
    report = Search(Target("S05b", "passing"), deviations=4).run(Budget(schedules=600))
    assert report.executed == 600 == sum(report.by_strategy.values())
    assert max(report.by_strategy.values()) - min(report.by_strategy.values()) <= BATCH


def test_a_run_that_is_another_when_it_is_repeated_breaks_d8(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = count()
    monkeypatch.setattr("hlbench.lab.batches._sampler", lambda batch, seed: RandomWalk(next(seeds)))
    found = run_batch(Batch(SMALL, "random", seeds=1))
    assert [failure.promise for failure in found.failures] == ["D8"]


def test_the_first_of_so_many_runs_is_compared_with_others() -> None:
    assert len(run_batch(Batch(SMALL, "random", seeds=REPEATED + 1)).fingerprints) == 2
    assert run_batch(Batch(SMALL, "random", first_seed=1, seeds=2)).fingerprints == ()


def test_where_a_scenario_has_oracles_of_its_own_clients_tell_what_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []

    def listens(world: World) -> list[Violation]:
        told.append(any(event.stage == CLIENT_APPLIED and event.detail is not None for event in world.log.since(0)))
        return []

    scenario = replace(scenario_named("W01"), oracles=(listens,))
    monkeypatch.setattr("hlbench.lab.batches.scenario_named", lambda name: scenario)
    run_batch(Batch(SMALL, "random", first_seed=1, seeds=3))
    assert told == [True] * 3


def test_where_nothing_is_left_to_exhaust_the_others_have_the_rest() -> None:
    report = Search(Target("S02", "passing")).run(Budget(schedules=200))
    assert report.complete_at == 2
    assert report.executed == 200


@pytest.mark.parametrize("deviations", [0, 1, 2])
def test_complete_means_every_schedule_of_so_many_deviations(deviations: int) -> None:
    report = exhaustive(SMALL, deviations)
    children = list(breadth_first(SMALL.world, deviations))
    unpruned = {child.history.value for child in breadth_first(SMALL.world, deviations, prunes=False)}
    assert report.complete_at == deviations
    assert report.executed + report.pruned == len(children)
    assert report.seen == unpruned


def test_a_search_that_stops_early_says_how_far_it_is_complete() -> None:
    report = exhaustive(W01, 2, Budget(schedules=60))
    assert report.complete_at == 1
    assert report.waiting > 0


def test_a_world_without_choices_is_complete_at_once() -> None:
    alone = Target("W01", "passing", size=Size(wallets=1, connections=0, orders=0))
    assert exhaustive(alone, 3).complete_at == 3


def test_the_budget_of_schedules_is_kept() -> None:
    assert Search(W01).run(Budget(schedules=100)).executed == 100


def test_the_budget_of_seconds_is_kept() -> None:
    report = Search(W01).run(Budget(schedules=None, seconds=0.3))
    assert 0.3 <= report.seconds < 3


def test_more_failures_than_one_are_found_when_asked_for() -> None:
    report = Search(S24).run(Budget(schedules=2_000, failures=5))
    assert len(report.failures) == 5


def test_other_seeds_are_other_searches() -> None:
    seen = [Search(W01, strategies=("random",), seed=seed).run(Budget(schedules=64)).seen for seed in (1, 2)]
    assert len(seen[0] & seen[1]) < min(map(len, seen))


def test_the_pct_bound_grows_with_its_runs() -> None:
    bounds = [Search(W01, strategies=("pct",)).run(Budget(schedules=count)).pct_bound for count in (64, 256)]
    assert 0 < bounds[0] < bounds[1] < 1


def test_progress_has_a_rate_and_an_estimate() -> None:
    told: list[tuple[int, float, float | None]] = []
    budget = Budget(schedules=300)

    def tell(report: SearchReport) -> None:
        told.append((report.executed, report.schedules_per_s, report.seconds_left(budget, report.seconds)))

    Search(W01).run(budget, progress=tell)
    counts = [executed for executed, _, _ in told]
    assert counts == sorted(counts)
    assert counts[-1] == 300
    assert all(rate > 0 and left is not None for _, rate, left in told)
    assert told[-1][2] == 0


class Interrupting:
    """Presses Ctrl-C after so many batches."""

    def __init__(self, batches: int) -> None:
        self._left = batches

    def __call__(self, report: SearchReport) -> None:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def test_ctrl_c_stops_with_what_is_there() -> None:
    report = Search(W01).run(Budget(schedules=5_000), progress=Interrupting(3))
    assert report.interrupted
    assert 0 < report.executed < 5_000


def test_ctrl_c_within_a_batch_loses_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def interrupted(batch: Batch) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return run_batch(batch)

    monkeypatch.setattr("hlbench.lab.search.run_batch", interrupted)
    search = Search(W01, strategies=("exhaustive",), deviations=1)
    first = search.run(Budget(schedules=None))
    assert first.interrupted
    assert len(first.unfinished) == 1
    done = search.run(Budget(schedules=None))
    assert not done.interrupted
    assert facts(done) == facts(exhaustive(W01, 1, Budget(schedules=None)))


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_a_search_resumed_from_its_file_ends_as_one_that_was_not_interrupted(tmp_path: Path, batches: int) -> None:
    budget = Budget(schedules=500)
    report = Search(SMALL, seed=4).run(budget, progress=Interrupting(batches))
    report.save(tmp_path / "search.json")
    resumed = Search(SMALL, report=load_report(tmp_path / "search.json")).run(budget)
    assert facts(resumed) == facts(Search(SMALL, seed=4).run(budget))


@pytest.mark.parametrize("text", ["", "{", '{"target": 3}', '{"target": {"scenario": "W01"}, "format": 99}'])
def test_a_file_that_is_no_search_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(ReportError, match="no saved search"):
        load_report(tmp_path / "x")


@pytest.fixture(scope="module")
def processes() -> Iterator[tuple[Executor | None, int]]:
    with open_executor(2) as found:
        yield found


def complete(executor: Executor | None, workers: int) -> SearchReport:
    search = Search(SMALL, strategies=("exhaustive",))
    return search.run(Budget(schedules=None), executor=executor, workers=workers)


def test_processes_find_what_this_one_finds(processes: tuple[Executor | None, int]) -> None:
    assert facts(complete(*processes)) == facts(complete(None, 1))


def test_a_failure_found_in_another_process_is_told_whole(processes: tuple[Executor | None, int]) -> None:
    executor, workers = processes
    report = Search(S24).run(executor=executor, workers=workers)
    assert report.failures[0] == Search(S24).run().failures[0]


def test_any_executor_will_do() -> None:
    with ThreadPoolExecutor(2) as threads:
        assert facts(complete(threads, 3)) == facts(complete(None, 1))


def test_a_dask_cluster_finds_what_this_process_finds() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        open_executor(dask=cluster.scheduler_address) as (executor, workers),
    ):
        assert workers >= 2
        assert facts(complete(executor, workers)) == facts(complete(None, 1))


@pytest.mark.soak
@pytest.mark.timeout(14_400)
def test_a_sound_server_survives_every_schedule_of_two_deviations_and_a_million_others() -> None:
    report = exhaustive(W01, 2, Budget(schedules=None))
    assert report.complete_at == 2
    assert report.failures == []
    print(
        f"\ncomplete up to 2 deviations: {report.executed:,} executed, {report.pruned:,} pruned, {report.seconds:.0f} s"
    )
    with open_executor(2) as (executor, workers):
        search = Search(W01, deviations=3, seed=1)
        report = search.run(Budget(schedules=SOAK_SCHEDULES), executor=executor, workers=workers)
    print(
        f"{report.executed:,} schedules {report.by_strategy}, {report.pruned:,} pruned, complete at"
        f" {report.complete_at}, {report.distinct:,} distinct of {report.compared:,} compared,"
        f" {report.schedules_per_s:,.0f}/s, PCT bound {report.pct_bound:.3f}"
    )
    assert report.executed == SOAK_SCHEDULES
    assert report.failures == []
