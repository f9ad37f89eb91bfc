"""S26 to S52: search finds each buggy client, the client stage names its bug, and the correct one passes."""

from collections.abc import Iterator

import pytest

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Variant, scenario_named, scenarios
from hlbench.lab.choosers import Fifo, RandomWalk
from hlbench.lab.oracles import nobody_waits
from hlbench.lab.running import Runner, RunResult
from hlbench.lab.search import Budget, Search, Target, replay, run_once
from hlbench.lab.traders import Trader
from hlbench.lab.world import World
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Note
from hlmock.verdicts.promises import check_same

CAUSES = {
    "S26": "no ping was sent",
    "S27": "the ping loop ended",
    "S28": "on_open ended: Cannot subscribe to orderUpdates multiple times",
    "S29": "in callback 2 of 2",
    "S30": "orderUpdates was subscribed to later",
    "S31": "the reader thread ended, no callback said so",
    "S32": "only the next ping looked at the connection",
    "S33": "what happened during the gap: it was not asked for",
    "S34": "an openOrders answer that is older than the stream",
    "S35": "no deadline on received bytes",
    "S36": "the watchdog was reset by the program's own frames",
    "S36b": "pongs did not count as life",
    "S37c": "which had the same cloid",
    "S38": "was canceled before it was marked as replaced",
    "S39": "an order that it did not know: its replacement",
    "S40": "was filled while it was replaced by another whole size",
    "S41": "was read as 'never placed'",
    "S42": "which was dropped when it was canceled",
    "S43": "an order without a reply was taken for one that was not placed",
    "S44": "'unknownOid' 2 times was read as 'failed'",
    "S45": "duplicate nonce",
    "S45b": "duplicate nonce",
    "S46": "duplicate nonce 1700000000000' was read as a failure",
    "S48": "fills of one millisecond were sorted by time alone",
    "S49": "its oid and time had been seen",
    "S50": "its key 'orderUpdates' was there, for another user",
    "S50c": "whose rows name no user",
    "S51": "an error frame, whose data is text",
    "S52": "the handler is registered for 'userEvents'",
}
"""What the oracle's sentence and the client stage say of each bug."""

NAMES = list(CAUSES)


def found(name: str) -> RunResult:
    """The first failing run that search finds."""
    (failure,) = Search(Target(name), seed=1).run(Budget(schedules=2_000)).failures
    return replay(Target(name), failure.schedule)


def said_by_clients(result: RunResult) -> Iterator[str]:
    """What the client stages say was ignored or applied."""
    for event in result.events:
        if event.stage == stages.CLIENT_IGNORED and isinstance(event.detail, DeliveryEnded):
            yield event.detail.reason or ""
        elif event.stage == stages.CLIENT_APPLIED and isinstance(event.detail, Note):
            yield event.detail.what


def test_every_scenario_of_the_client_side_is_here() -> None:
    theirs = {name for name, each in scenarios().items() if ".client_" in each.build.__module__}
    assert theirs == set(NAMES)
    assert {f"S{number}" for number in (*range(26, 37), *range(38, 47), *range(48, 53))} <= theirs


@pytest.mark.parametrize("name", NAMES)
def test_search_finds_the_bug_and_the_sentence_and_the_client_stage_name_it(name: str) -> None:
    result = found(name)
    first = result.violations[0]
    assert first.promise == scenario_named(name).breaks
    assert CAUSES[name] in first.sentence
    assert any(CAUSES[name] in each for each in said_by_clients(result))


@pytest.mark.parametrize("name", NAMES)
def test_the_server_keeps_its_promises_while_the_client_fails(name: str) -> None:
    assert [each for each in found(name).violations if each.promise.startswith("D")] == []


@pytest.mark.parametrize("name", NAMES)
def test_search_finds_nothing_wrong_with_the_correct_client(name: str) -> None:
    report = Search(Target(name, "passing"), seed=1).run(Budget(schedules=150))
    assert report.failures == []
    assert report.executed == 150


@pytest.mark.parametrize("name", NAMES)
def test_the_correct_client_says_nothing_of_the_bug(name: str) -> None:
    for seed in range(10):
        result = run_once(Target(name, "passing"), RandomWalk(seed))
        assert not any(CAUSES[name] in each for each in said_by_clients(result))


@pytest.mark.parametrize("variant", ["failing", "passing"])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_schedule_gives_the_same_log(name: str, variant: Variant) -> None:
    first, second = (run_once(Target(name, variant), RandomWalk(7)).events for _ in range(2))
    assert check_same(first, second) == []


@pytest.mark.parametrize("name", [name for name in NAMES if (scenario_named(name).depth or 0) <= 3])
def test_three_deviations_from_fifo_are_enough(name: str) -> None:
    report = Search(Target(name), deviations=3, strategies=("exhaustive",)).run(Budget(schedules=2_000))
    assert len(report.failures[0].schedule) <= 3


@pytest.mark.parametrize("name", NAMES)
def test_smaller_worlds_can_be_built_and_run(name: str) -> None:
    for size in scenario_named(name).size.smaller():
        run_once(Target(name, "passing", size=size), Fifo())


def test_a_program_that_waits_for_ever_is_found() -> None:
    def never_acked(me: Trader) -> Script:
        link = yield from me.connect()
        yield from me.acked(link)

    world = World()
    world.spawn("alice", never_acked(Trader(world, "alice")))
    Runner(world, Fifo()).run()
    (violation,) = nobody_waits(world)
    assert (violation.promise, violation.sentence) == ("O6", "alice waits for ever.")


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", NAMES)
def test_search_needs_fewer_than_ten_thousand_schedules_in_the_median_of_twenty_seeds(name: str) -> None:
    needed = []
    for seed in range(20):
        report = Search(Target(name), seed=seed).run(Budget(schedules=20_000))
        needed.append(report.executed if report.failures else 20_001)
        assert {failure.promise for failure in report.failures} <= {scenario_named(name).breaks}
    print(f"{name}: median {sorted(needed)[10]}, most {max(needed)} schedules")
    assert sorted(needed)[10] < 10_000


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", NAMES)
def test_the_correct_client_survives_ten_thousand_schedules(name: str) -> None:
    assert Search(Target(name, "passing"), seed=1).run(Budget(schedules=10_000)).failures == []
