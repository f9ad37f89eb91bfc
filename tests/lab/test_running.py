"""Runs: who goes when nobody is preferred, what is recorded, and that a record changes nothing."""

import gc
import weakref

import pytest

from hlbench.lab.batches import Target, run_once
from hlbench.lab.choosers import Fifo, Follow, Pct, RandomWalk
from hlbench.lab.running import Chooser, Runner, audited
from hlbench.lab.schedules import FIFO, ScheduleStuck, parse_schedule
from hlbench.lab.world import World
from hlmock.trace import stages
from hlmock.verdicts.promises import check_same

W01 = Target("W01", "passing")


def test_the_running_actor_continues_until_it_blocks() -> None:
    steps = run_once(W01, Fifo()).steps
    assert [str(step) for step in steps[:4]] == [
        "alice@connection.opened",
        "alice@client.sent",
        "bob@connection.opened",
        "bob@client.sent",
    ]


def test_then_the_actor_enabled_longest_goes() -> None:
    steps = run_once(W01, Fifo()).steps
    order = list(dict.fromkeys(step.actor for step in steps))
    assert order[:9] == ["alice", "bob", "carol", "c1.in", "c2.in", "c3.in", "c1.writer", "c2.writer", "c3.writer"]


def test_every_step_knows_its_events() -> None:
    result = run_once(W01, RandomWalk(1))
    told = [seq for step in result.steps for seq in range(step.first_seq, step.last_seq + 1)]
    assert told == [event.seq for event in result.events if event.stage != stages.STATE_CHECKPOINT]


def test_a_decision_is_recorded_exactly_where_several_could_go() -> None:
    result = run_once(W01, RandomWalk(1))
    for decision in result.decisions:
        names = {decision.default, *[other.actor for other in decision.others]}
        assert len(names) == 1 + len(decision.others) > 1
        assert decision.chosen == result.steps[decision.step].actor
        assert decision.chosen in names


def test_fifo_deviates_from_nothing() -> None:
    result = run_once(W01, Fifo())
    assert result.decisions
    assert result.schedule == FIFO


@pytest.mark.parametrize("make", [lambda: RandomWalk(3), lambda: Pct(3, 2, 110), Fifo], ids=["random", "pct", "fifo"])
def test_a_run_without_records_is_the_same_run(make: type[Fifo]) -> None:
    chooser: Chooser = make()
    recorded = Runner(W01.world(), chooser).run()
    bulk = Runner(W01.world(), make(), records=False)
    assert check_same(recorded.events, bulk.run().events) == []
    assert bulk.steps == len(recorded.steps)
    assert bulk.result.steps == []


@pytest.mark.parametrize("target", [W01, Target("S24")], ids=["sound", "failing"])
def test_where_clients_are_not_told_of_everything_else_is_the_same(target: Target) -> None:
    told = Runner(target.world(), RandomWalk(3), records=False).run()
    world = target.world()
    world.tells_clients = False
    untold = Runner(world, RandomWalk(3), records=False).run()
    left_out = [one for one, other in zip(told.events, untold.events, strict=True) if one != other]
    assert {event.stage for event in left_out} == {stages.CLIENT_RECEIVED, stages.CLIENT_APPLIED}
    assert target.judge(untold).violations == target.judge(told).violations


def test_a_schedule_that_does_not_fit_any_more_is_followed_as_far_as_it_does() -> None:
    schedule = parse_schedule("nobody before alice@client.sent; c1.in before bob@connection.opened")
    result = run_once(W01, Follow(schedule))
    assert str(result.schedule) == "c1.in@frame.received before bob@connection.opened"


def test_pct_lowers_a_priority_at_each_of_its_change_points() -> None:
    def switches(depth: int) -> int:
        runs = [run_once(W01, Pct(seed, depth, 110)) for seed in range(20)]
        return sum(a.actor != b.actor for run in runs for a, b in zip(run.steps, run.steps[1:], strict=False))

    assert switches(1) < switches(4)


def test_random_walks_of_other_seeds_are_other_runs() -> None:
    assert len({run_once(W01, RandomWalk(seed)).schedule for seed in range(20)}) == 20


def test_a_run_in_circles_is_stopped() -> None:
    world = World()

    def circle() -> object:
        while True:
            yield "round"

    world.spawn("hamster", circle())  # type: ignore[arg-type]
    with pytest.raises(ScheduleStuck, match="no end after 20000 steps; ready are hamster@round"):
        Runner(world, Fifo()).run()


def test_the_verdicts_of_a_run_are_final() -> None:
    audit = audited(run_once(W01, Fifo()))
    rows = [row for row in audit.rows() if row.expected]
    assert len(rows) == 6
    assert all(row.verdict.final and row.verdict.code.group == "delivered" for row in rows)


def test_a_closed_world_leaves_nothing_for_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        world = W01.world()
        Runner(world, RandomWalk(1), records=False).run()
        gone = [weakref.ref(each) for each in (world, world.core, world.log, *world.clients.values())]
        world.close()
        del world
        assert [ref() for ref in gone] == [None] * len(gone)
    finally:
        gc.enable()
