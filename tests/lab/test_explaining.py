"""Explaining: what broke, what was lost, which decision did it, what passes beside it, what must not swap."""

import msgspec
import pytest

from hlbench.lab.batches import Target, replay, run_once
from hlbench.lab.choosers import Replay
from hlbench.lab.expanding import Expansion, Node
from hlbench.lab.explaining import Explanation, NothingToExplain, explain
from hlbench.lab.running import Runner
from hlbench.lab.schedules import FIFO, Schedule, parse_schedule

FAILURES = {
    "S03": "c2.in@frame.received before c1.cleanup@connection.closing",
    "S11": "alice.post1@request.received before c1.in@frame.received",
    "S21": (
        "publisher@registry.resolved before alice.post1@reply.sent;"
        " alice.post1@reply.sent before publisher@delivery.enqueued"
    ),
    "S15": (
        "c1.in@frame.received before bot.post1@request.received; bot.post1@request.received before c1.in@ack.enqueued;"
        " publisher@registry.resolved before bot.post1@reply.sent"
    ),
}

FLIPS = {
    "S03": ["c2.in@subscription.added before c1.cleanup@connection.closed"],
    "S11": ["alice.post1@action.accepted before c1.in@subscription.added"],
    "S21": ["c2.in@subscription.added before publisher@delivery.enqueued"],
    "S15": ["publisher@delivery.enqueued before c1.in@ack.enqueued"],
}


def explained(name: str) -> Explanation:
    return explain(Target(name), parse_schedule(FAILURES[name]))


@pytest.fixture(scope="module", params=FAILURES)
def explanation(request: pytest.FixtureRequest) -> Explanation:
    return explained(request.param)


def continues(explanation: Explanation, steps: int) -> list[bool]:
    """Whether FIFO, and each single deviation from it, fails after so many steps of the failing run."""
    target = explanation.target
    run = replay(target, explanation.schedule)
    taken = [each.deviation for each in run.decisions if each.deviation is not None and each.step < steps]
    expansion = Expansion(target.world, Node(Schedule(tuple(taken)), 0), prunes=False)
    fails = [bool(target.judge(expansion.result).violations)]
    for index, (decision, _) in enumerate(expansion.places):
        if decision.step >= steps:
            child = next(expansion.children(index, 1))
            fails.append(bool(target.judge(child.runner.result).violations))
    return fails


def test_after_the_last_decision_that_mattered_every_continuation_fails(explanation: Explanation) -> None:
    assert explanation.decision is not None
    fails = continues(explanation, explanation.decision.step + 1)
    assert all(fails)
    assert len(fails) == explanation.decision.continuations


def test_before_it_one_still_passes(explanation: Explanation) -> None:
    assert explanation.decision is not None
    assert not all(continues(explanation, explanation.decision.step))


def test_the_decision_names_who_went(explanation: Explanation) -> None:
    assert explanation.decision is not None
    run = replay(explanation.target, explanation.schedule)
    assert str(run.steps[explanation.decision.step]) == explanation.decision.took


def test_the_nearest_passing_schedule_passes_and_is_equal_up_to_the_decision(explanation: Explanation) -> None:
    assert explanation.passing is not None
    assert explanation.decision is not None
    failing = replay(explanation.target, explanation.schedule)
    passing = replay(explanation.target, explanation.passing)
    step = explanation.decision.step
    assert passing.violations == []
    assert list(map(str, passing.steps[:step])) == list(map(str, failing.steps[:step]))
    assert str(passing.steps[step]) == explanation.decision.instead_of


@pytest.mark.parametrize("name", FLIPS)
def test_the_pair_of_events_that_flips_the_verdict_is_named(name: str) -> None:
    assert [f"{each.first} before {each.second}" for each in explained(name).flips] == FLIPS[name]


def test_the_first_broken_promise_is_the_one_that_is_told(explanation: Explanation) -> None:
    result = replay(explanation.target, explanation.schedule)
    assert explanation.violation == result.violations[0]


def test_each_lost_delivery_has_its_verdict() -> None:
    (lost,) = explained("S11").lost
    assert (lost.connection, lost.status, lost.code) == ("c1", "open", "before_subscription")
    assert "Wait for the ack before ordering" in lost.sentence


def test_where_no_decision_is_to_blame_it_says_so() -> None:
    explanation = explain(Target("S02"))
    assert explanation.decision is None
    assert explanation.passing is None
    assert "no decision of the scheduler is to blame" in explanation.render()


def test_where_only_several_decisions_help_a_passing_schedule_is_found_all_the_same() -> None:
    explanation = explain(Target("S01"), FIFO)
    assert explanation.decision is None
    assert explanation.passing is not None
    assert run_once(explanation.target, Replay(explanation.passing)).violations == []
    assert [each.second for each in explanation.flips] == ["publisher@registry.resolved"]


def test_the_text_names_everything_by_the_clients_names() -> None:
    text = explained("S03").render()
    for part in (
        "S03  a late cleanup takes the new subscription  (defect: cleanup-by-wallet)",
        "schedule  c2.in@frame.received before c1.cleanup@connection.closing",
        "broken    D6 at seq 18: the subscription of c2 to orderUpdates:alice was removed by c1",
        "removed_by_cleanup: c2: its subscription",
        "decision  step 10: c2.in@subscription.added went; with c1.cleanup@connection.closing it still passes",
        "flips it  c2.in@subscription.added came before c1.cleanup@connection.closed",
    ):
        assert part in text
    assert "0x" not in text


def test_the_same_failure_is_explained_the_same_way_twice() -> None:
    assert explained("S21") == explained("S21")


def test_an_explanation_is_plain_values() -> None:
    explanation = explained("S11")
    assert msgspec.json.decode(msgspec.json.encode(explanation), type=Explanation) == explanation


def test_a_passing_schedule_is_nothing_to_explain() -> None:
    with pytest.raises(NothingToExplain, match="S03 passes under: FIFO"):
        explain(Target("S03"), FIFO)


def test_explaining_changes_nothing(explanation: Explanation) -> None:
    again = Runner(explanation.target.world(), Replay(explanation.schedule)).run()
    assert again.schedule == replay(explanation.target, explanation.schedule).schedule
