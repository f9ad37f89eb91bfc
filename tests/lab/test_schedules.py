"""Schedules: text and JSON forms, replay, and where a replay stops."""

import dataclasses
import pickle

import pytest

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.catalogue import scenario_named
from hlbench.lab.choosers import Fifo, RandomWalk, Replay
from hlbench.lab.running import Runner, judge
from hlbench.lab.schedules import (
    FIFO,
    Deviation,
    Schedule,
    ScheduleDiverged,
    ScheduleError,
    parse_schedule,
    to_json,
)
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.writer import write_frames
from hlmock.verdicts.promises import check_same

W01 = Target("W01", "passing")
CLEANUP = Deviation("c1.cleanup", "alice.post2", "action.accepted", 1, "connection.closed")
WRITER = Deviation("publisher", "c1.writer", "delivery.written", 2)

TEXTS = {
    "FIFO": FIFO,
    "c1.cleanup@connection.closed before alice.post2@action.accepted": Schedule((CLEANUP,)),
    "publisher before c1.writer@delivery.written#2": Schedule((WRITER,)),
    "c1.cleanup@connection.closed before alice.post2@action.accepted; publisher before c1.writer@delivery.written#2": (
        Schedule((CLEANUP, WRITER))
    ),
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_form_is_read_and_written(text: str) -> None:
    assert parse_schedule(text) == TEXTS[text]
    assert str(TEXTS[text]) == text


@pytest.mark.parametrize("schedule", TEXTS.values(), ids=str)
def test_the_json_form_is_read_as_it_was_written(schedule: Schedule) -> None:
    assert parse_schedule(to_json(schedule)) == schedule


@pytest.mark.parametrize("schedule", [run_once(W01, RandomWalk(seed)).schedule for seed in range(5)], ids=len)
def test_a_long_schedule_survives_both_forms(schedule: Schedule) -> None:
    assert len(schedule) > 20
    assert parse_schedule(str(schedule)) == schedule
    assert parse_schedule(to_json(schedule)) == schedule


@pytest.mark.parametrize("blank", ["", "  ", "FIFO", '{"deviations":[]}'])
def test_no_deviation_is_fifo(blank: str) -> None:
    assert parse_schedule(blank) == FIFO


@pytest.mark.parametrize(
    "text",
    [
        "c1.cleanup",
        "c1.cleanup before alice",
        "before alice@client.sent",
        "a before b@c#0",
        "a before b@c#x",
        "a before b@c;",
        "a before b@c d",
        '{"deviations": 3}',
        '{"deviations": [{"run": "a"}]}',
        '{"deviations": [{"run": "a", "before": "b", "at": "c", "nth": 0}]}',
        "[",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(text)


def test_a_refusal_names_the_part_that_cannot_be_read() -> None:
    with pytest.raises(ScheduleError, match=r"'nonsense'.*ACTOR before ACTOR@STAGE"):
        parse_schedule("a before b@c; nonsense")


@pytest.mark.parametrize("seed", range(8))
def test_replaying_a_runs_own_schedule_gives_the_same_log(seed: int) -> None:
    first = run_once(W01, RandomWalk(seed))
    again = replay(W01, first.schedule)
    assert again.schedule == first.schedule
    assert check_same(first.events, again.events) == []


def test_a_replay_stops_where_the_wanted_actor_is_not_ready_and_shows_both() -> None:
    with pytest.raises(ScheduleDiverged) as caught:
        replay(W01, parse_schedule("c9.in before alice@connection.opened"))
    assert caught.value.expected == "c9.in ready at alice@connection.opened"
    assert caught.value.met == "there alice@connection.opened, bob@connection.opened, carol@connection.opened"


def test_a_replay_stops_where_the_wanted_actor_would_do_something_else() -> None:
    with pytest.raises(ScheduleDiverged, match=r"expects bob@client.sent ready .* met there .*bob@connection.opened"):
        replay(W01, parse_schedule("bob@client.sent before alice@connection.opened"))


def test_a_replay_stops_where_nobody_else_is_ready() -> None:
    only_alice = Target("S03")
    with pytest.raises(ScheduleDiverged, match=r"met there alice@connection\.opened$"):
        replay(only_alice, parse_schedule("bob before alice@connection.opened"))


def test_a_replay_that_never_meets_its_anchor_says_so_at_the_end() -> None:
    with pytest.raises(ScheduleDiverged, match=r"expects nobody@nothing#3; the replay met the end of the run"):
        replay(W01, parse_schedule("alice before nobody@nothing#3"))


def write_with_another_stage(core: Core, connection: Connection) -> Steps:
    """The writer of a later version of the server."""
    for stage in write_frames(core, connection):
        yield "delivery.prepared"
        yield stage


def test_a_schedule_holds_over_stages_that_are_new_between_its_anchors() -> None:
    scenario = scenario_named("S03")
    newer = dataclasses.replace(
        scenario, parts=dataclasses.replace(scenario.parts, write_frames=write_with_another_stage)
    )
    schedule = parse_schedule("c2.in@frame.received before c1.cleanup@connection.closing")
    for each in (scenario, newer):
        result = judge(Runner(each.world(), Replay(schedule)).run(), each.oracles)
        assert [violation.promise for violation in result.violations] == ["D6"]
    assert "delivery.prepared" in {step.stage for step in result.steps}


def test_a_divergence_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(ScheduleDiverged("this", "that")))
    assert (error.expected, error.met) == ("this", "that")


def test_fifo_is_the_empty_schedule() -> None:
    assert run_once(W01, Fifo()).schedule == FIFO
