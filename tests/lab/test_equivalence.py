"""Equivalence: what a step touches, and that pruning hides no run that differs in more than independent steps."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.catalogue import Size, Variant, scenarios
from hlbench.lab.choosers import Fifo, RandomWalk
from hlbench.lab.equivalence import ANYTHING, EXCHANGE, SERVER, are_independent, fingerprint, footprints
from hlbench.lab.expanding import Child, breadth_first
from hlbench.lab.running import RunResult

W01 = Target("W01", "passing")
SMALL = Target("W01", "passing", size=Size(wallets=2, connections=1, orders=1))

EXPERIMENTS = [
    (SMALL, 2),
    (Target("W01", "passing", size=Size(wallets=1, connections=2, orders=1)), 3),
    (Target("S03"), 2),
    (Target("S03", "passing"), 2),
    (Target("S05b"), 2),
    (Target("S11"), 3),
    (Target("S15"), 2),
    (Target("S21"), 2),
    (Target("S24"), 1),
    (Target("S33", "passing"), 1),
    (Target("S42", size=Size()), 2),
    (Target("S43"), 1),
]
IDS = [f"{target.scenario}-{target.variant}-{deviations}" for target, deviations in EXPERIMENTS]


def explored(target: Target, deviations: int, *, prunes: bool) -> Iterator[Child]:
    return breadth_first(target.world, deviations, prunes=prunes)


def step_of(result: RunResult, actor: str, stage: str) -> int:
    return next(index for index, step in enumerate(result.steps) if (step.actor, step.stage) == (actor, stage))


@pytest.mark.parametrize(("target", "deviations"), EXPERIMENTS, ids=IDS)
def test_pruning_finds_every_class_of_runs(target: Target, deviations: int) -> None:
    pruned = {child.history.value for child in explored(target, deviations, prunes=True) if not child.is_pruned}
    everything = {child.history.value for child in explored(target, deviations, prunes=False)}
    assert pruned == everything


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("variant", ["failing", "passing"])
@pytest.mark.parametrize("name", [name for name in scenarios() if name != "W01"])
def test_pruning_finds_every_class_of_runs_of_every_scenario(name: str, variant: Variant) -> None:
    test_pruning_finds_every_class_of_runs(Target(name, variant), 2)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_pruning_finds_every_class_of_runs_of_the_three_wallet_world() -> None:
    test_pruning_finds_every_class_of_runs(W01, 2)


@pytest.mark.parametrize(("target", "deviations"), EXPERIMENTS, ids=IDS)
def test_runs_of_one_class_break_the_same_and_leave_the_same_beliefs(target: Target, deviations: int) -> None:
    outcomes: dict[int, object] = {}
    for child in explored(target, deviations, prunes=False):
        broken = sorted(each.promise for each in target.judge(child.runner.result).violations)
        views = [(each.name, sorted(each.view.values())) for each in child.runner.world.clients.values()]
        assert outcomes.setdefault(child.history.value, (broken, views)) == (broken, views)


def test_pruning_prunes() -> None:
    children = list(explored(SMALL, 2, prunes=True))
    assert sum(child.is_pruned for child in children) > sum(not child.is_pruned for child in children)


def test_the_fingerprint_of_a_recorded_run_is_the_history_that_a_search_keeps() -> None:
    executed = [child for child in explored(SMALL, 1, prunes=False) if not child.is_pruned]
    assert len(executed) > 10
    for child in executed[:10]:
        assert fingerprint(replay(SMALL, child.node.schedule)) == child.history.value


def test_steps_of_different_wallets_are_independent_but_for_commits() -> None:
    result = run_once(W01, Fifo())
    touched = footprints(result)
    alice, bob = (touched[step_of(result, f"{name}.post1", "request.decoded")] for name in ("alice", "bob"))
    assert are_independent(alice, bob)
    alice, bob = (touched[step_of(result, f"{name}.post1", "action.accepted")] for name in ("alice", "bob"))
    assert EXCHANGE in alice
    assert not are_independent(alice, bob)


def test_a_subscription_depends_on_the_accounts_own_commits_only() -> None:
    result = run_once(W01, Fifo())
    touched = footprints(result)
    added = touched[step_of(result, "c1.in", "subscription.added")]
    assert not are_independent(added, touched[step_of(result, "alice.post1", "action.accepted")])
    assert are_independent(added, touched[step_of(result, "bob.post1", "action.accepted")])


def test_every_step_of_a_defective_server_depends_on_every_other() -> None:
    result = run_once(Target("S21"), Fifo())
    server = [each for step, each in zip(result.steps, footprints(result), strict=True) if step.actor == "c1.in"]
    assert server
    assert all(SERVER in each or ANYTHING in each for each in server)


def test_the_clock_and_strangers_touch_everything() -> None:
    result = run_once(Target("S43"), RandomWalk(1))
    touched = dict(zip(map(str, result.steps), footprints(result), strict=True))
    assert touched["timer@clock.advanced"] == (ANYTHING,)


def test_fingerprints_do_not_depend_on_the_process() -> None:
    code = (
        "from hlbench.lab.batches import Target, run_once\n"
        "from hlbench.lab.choosers import RandomWalk\n"
        "from hlbench.lab.equivalence import fingerprint\n"
        "print(fingerprint(run_once(Target('W01', 'passing'), RandomWalk(5))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77"},
        timeout=60,
    )
    assert int(done.stdout) == fingerprint(run_once(W01, RandomWalk(5)))
