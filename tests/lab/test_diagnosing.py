"""Diagnosing: the planted defect is named from the order path alone, and nothing is named where nothing is wrong.

Every log is stripped of what only a lab can know before it is diagnosed. Schedules come from seeds of their own.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.sync.client import connect

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, defects, scenario_named, scenarios
from hlbench.lab.choosers import Pct, RandomWalk
from hlbench.lab.clients import Client
from hlbench.lab.diagnosing import DETECTORS, Diagnosis, diagnose, diagnose_recording
from hlbench.lab.running import Chooser, Runner, RunResult, audited, judge
from hlbench.lab.world import World
from hlmock import MockExchange
from hlmock.signing.hashing import checksummed
from hlmock.signing.wallets import wallet
from hlmock.trace.events import RegistryResolved, SubscriptionRemoved, TraceEvent
from hlmock.trace.recording import RecordingWriter
from hlmock.verdicts.codes import VerdictCode
from hlmock.wire.addresses import Address
from support.clients import next_message, order_action, post_action, subscribe

FIRST_SEED = 60_000_000
NEVER_ON_A_FOREIGN_SERVER = ("client.", "fault.", "gate.", "clock.", "control.")

ALSO_FROM_A_SOUND_SERVER = (
    VerdictCode.AFTER_UNSUBSCRIBE,
    VerdictCode.BEFORE_SUBSCRIPTION,
    VerdictCode.CLOSED_BEFORE_WRITE,
    VerdictCode.WRITE_FAILED,
)

W01 = scenario_named("W01")
Build = Callable[[World, Variant, Size], None]


def reconnecting(*, hasty: bool = False, writes: Callable[[str], str] = str) -> Build:
    """Traders that get every update of a connection before they close it and open another one.

    Args:
        hasty: order without waiting for the acknowledgement.
        writes: how they write their address when they subscribe.
    """

    def trader(me: Client, size: Size) -> Script:
        placed = 0
        for _ in range(size.connections):
            link = yield from me.connect()
            yield from me.subscribe(link, user=writes(me.address))
            if not hasty:
                yield from me.acked(link)
            for _ in range(size.orders):
                ticket = yield from me.place(f"{50_000 + placed}")
                placed += 1
                yield from me.reply(ticket)
            yield from me.updates(placed)
            yield from me.close(link)

    def build(world: World, variant: Variant, size: Size) -> None:
        for name in ("alice", "bob", "carol", "dave")[: size.wallets]:
            me = Client(world, name)
            world.spawn(name, trader(me, size))

    return build


HASTY = replace(W01, build=reconnecting(hasty=True))
MIXED_CASE = replace(W01, build=reconnecting(writes=lambda address: checksummed(Address(address))))


def sized(scenario: Scenario, **size: int) -> Scenario:
    return replace(scenario, size=replace(scenario.size, **size))


def named(*names: str) -> list[Scenario]:
    return [scenario_named(name) for name in names]


CAUSES: dict[str, list[Scenario]] = {
    "order-before-ack": [HASTY, sized(HASTY, wallets=2, connections=3, orders=2), sized(HASTY, wallets=1)],
    "registry-by-wallet": [W01, sized(W01, connections=3), *named("S03", "S05b", "S12", "S18", "S24", "S33")],
    "case-sensitive-key": [MIXED_CASE, sized(MIXED_CASE, wallets=2, connections=3, orders=2)],
    "cleanup-by-wallet": [W01, sized(W01, connections=3, orders=2), *named("S18", "S19", "S33")],
    "recursive-read-lock": [W01, sized(W01, connections=3), sized(W01, wallets=4), *named("S05b", "S19", "S20")],
}
"""The causes of the founding bug, and worlds in which they lose updates."""

QUIET = [name for name in scenarios() if name not in ("S13", "S14", "S15")]
"""Not those whose bot may trade before anybody watches: their log is that of an order before its acknowledgement."""


def chooser(seed: int) -> Chooser:
    return Pct(seed, 2 + seed % 2, 120) if seed % 2 else RandomWalk(seed)


def run(scenario: Scenario, variant: Variant, defect: str | None, seed: int) -> RunResult:
    world = scenario.world(variant, defect=defect)
    return judge(Runner(world, chooser(seed)).run(), scenario.oracles)


def has_lost(result: RunResult, cause: str) -> bool:
    """Whether the cause cost an update.

    Of the server: a promise is broken and a connection did not get what it was entitled to. Of the client: an order's
    update was sent to nobody. (One that was written to a connection which its client has just left looks delivered in
    the log of a server.)
    """
    audit = audited(result)
    if defects()[cause].side == "server":
        return result.failed and any(row.verdict.code not in ALSO_FROM_A_SOUND_SERVER for row in audit.undelivered())
    return any(
        all(row.verdict.code.group not in ("delivered", "late") for row in audit.rows(order.oid))
        for order in audit.orders()
    )


def logs(worlds: list[Scenario], defect: str | None) -> Iterator[list[TraceEvent]]:
    """Stripped logs in turn from each world; with a defect, those that lost an update."""
    for seed in range(FIRST_SEED, FIRST_SEED + 100_000):
        result = run(worlds[seed % len(worlds)], "passing", defect, seed)
        if not result.failed if defect is None else has_lost(result, defect):
            yield stripped(result.events)


def stripped(events: Iterable[TraceEvent], *stages: str) -> list[TraceEvent]:
    return [each for each in events if not each.stage.startswith((*NEVER_ON_A_FOREIGN_SERVER, *stages))]


def firsts(found: Iterable[Diagnosis]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found:
        counts[each.first] = counts.get(each.first, 0) + 1
    return counts


def first_failure(scenario: Scenario) -> RunResult:
    for seed in range(FIRST_SEED, FIRST_SEED + 2_000):
        result = run(scenario, "failing", scenario.defect, seed)
        if result.failed:
            return result
    raise AssertionError(f"{scenario.name} does not fail")


# -- the causes of the founding bug --------------------------------------------------------------------------


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_of_the_founding_bug_is_named_from_the_log_alone(cause: str) -> None:
    assert firsts(map(diagnose, islice(logs(CAUSES[cause], cause), 10))) == {cause: 10}


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_of_the_founding_bug_is_named_in_100_of_100(cause: str) -> None:
    assert firsts(map(diagnose, islice(logs(CAUSES[cause], cause), 100))) == {cause: 100}


def test_nothing_is_named_where_nothing_is_wrong() -> None:
    assert firsts(map(diagnose, islice(logs([W01, *map(scenario_named, QUIET)], None), 40))) == {"none": 40}


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("missing", ["", "delivery.", "registry.resolved", "subscription."])
def test_nothing_is_named_in_100_of_100_sound_logs(missing: str) -> None:
    taken = islice(logs([W01, *map(scenario_named, QUIET)], None), 100)
    assert firsts(diagnose(stripped(each, missing) if missing else each) for each in taken) == {"none": 100}


# -- every other defect --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, each in scenarios().items() if each.side == "server" and each.defect])
def test_the_planted_defect_of_a_server_is_ranked_first(name: str) -> None:
    scenario = scenario_named(name)
    diagnosis = diagnose(stripped(first_failure(scenario).events))
    assert diagnosis.first == scenario.defect
    assert diagnosis.cannot_tell == ()


@pytest.mark.parametrize("name", [name for name, each in defects().items() if each.side == "server"])
def test_every_defect_of_a_server_has_a_detector(name: str) -> None:
    assert name in DETECTORS


def test_every_detector_is_of_a_defect_of_the_catalogue() -> None:
    assert set(DETECTORS) <= set(defects())


@pytest.mark.parametrize("cause", CAUSES)
def test_the_evidence_is_in_the_log_and_scores_are_in_order(cause: str) -> None:
    log = next(logs(CAUSES[cause], cause))
    ranked = diagnose(log).ranked
    scores = [each.score for each in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    for each in ranked:
        assert each.evidence
        assert set(each.evidence) <= {event.seq for event in log}


# -- what a foreign log lacks --------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", CAUSES)
def test_the_causes_are_told_apart_without_deliveries_and_what_is_lost_is_said(cause: str) -> None:
    found = [diagnose(stripped(log, "delivery.")) for log in islice(logs(CAUSES[cause], cause), 10)]
    assert firsts(found) == {cause: 10}
    assert all("`delivery.*`" in each.cannot_tell[0] for each in found)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("cause", CAUSES)
def test_a_hundred_losses_of_each_cause_are_told_apart_without_deliveries(cause: str) -> None:
    """But for orders that met a connection on its way out: whether it still took their update is not in such a log."""
    found = [diagnose(stripped(log, "delivery.")) for log in islice(logs(CAUSES[cause], cause), 100)]
    counts = firsts(found)
    print(cause, counts)
    assert set(counts) <= {cause, "none"}
    assert counts[cause] >= (95 if cause == "order-before-ack" else 100)


@pytest.mark.parametrize("missing", ["registry.resolved", "subscription."])
@pytest.mark.parametrize("cause", CAUSES)
def test_what_cannot_be_told_is_said_and_nothing_else_is_accused(cause: str, missing: str) -> None:
    found = [diagnose(stripped(log, missing)) for log in islice(logs(CAUSES[cause], cause), 10)]
    assert set(firsts(found)) <= {cause, "none"}
    assert all(any(missing in sentence for sentence in each.cannot_tell) for each in found)


@pytest.mark.parametrize("name", ["S17", "S18", "S19", "S23"])
def test_a_defect_of_the_delivery_is_not_guessed_without_deliveries(name: str) -> None:
    diagnosis = diagnose(stripped(first_failure(scenario_named(name)).events, "delivery."))
    assert diagnosis.first == "none"
    assert "`delivery.*`" in diagnosis.cannot_tell[0]


def test_a_cleanup_that_says_nothing_of_what_it_removes_is_seen_by_the_size_of_the_registry() -> None:
    found = [diagnose(said_nothing(log)) for log in islice(logs([scenario_named("S03"), W01], "cleanup-by-wallet"), 10)]
    assert firsts(found) == {"cleanup-by-wallet": 10}


def said_nothing(log: list[TraceEvent]) -> list[TraceEvent]:
    """The log of a server that reports only the removal of a connection's own subscriptions."""
    owner = {each.detail.subscription: each.connection for each in log if each.stage == "subscription.added"}  # type: ignore[union-attr]
    return [
        each
        for each in log
        if not isinstance(each.detail, SubscriptionRemoved) or owner[each.detail.subscription] == each.connection
    ]


# -- evidence against ----------------------------------------------------------------------------------------


def test_a_registry_that_finds_two_connections_of_a_key_is_not_keyed_by_wallet() -> None:
    log = next(logs([scenario_named("S01")], "registry-by-wallet"))
    (resolved,) = [each for each in log if isinstance(each.detail, RegistryResolved)]
    assert isinstance(resolved.detail, RegistryResolved)
    both = msgspec.structs.replace(resolved.detail, found=("c1", "c2"))
    changed = [msgspec.structs.replace(each, detail=both) if each is resolved else each for each in log]
    assert diagnose(log).first == "registry-by-wallet"
    assert all(each.defect != "registry-by-wallet" for each in diagnose(changed).ranked)


def test_a_publisher_that_waits_while_subscriptions_go_on_has_no_lock_to_wait_for() -> None:
    assert "recursive-read-lock" not in suspects(first_failure(scenario_named("S20")))
    assert "recursive-read-lock" not in suspects(first_failure(scenario_named("S18")))


def suspects(result: RunResult) -> set[str]:
    return {each.defect for each in diagnose(stripped(result.events)).ranked}


# -- live runs and recordings ---------------------------------------------------------------------------------


def traded_live(*, waits: bool) -> list[TraceEvent]:
    """The log of a server over loopback: one order, before or after the client's subscription is acknowledged."""
    with MockExchange() as hl, connect(hl.ws_url) as ws, httpx.Client() as http:
        alice = wallet("alice")
        if waits:
            subscribe(ws, "orderUpdates", user=alice.address)
        post_action(http, hl.url, alice, order_action())
        if waits:
            next_message(ws)
        else:
            subscribe(ws, "orderUpdates", user=alice.address)
        return stripped(hl.events())


def test_an_order_before_its_acknowledgement_is_named_from_a_live_run() -> None:
    assert diagnose(traded_live(waits=False)).first == "order-before-ack"


def test_nothing_is_named_in_a_live_run_of_a_client_that_waits() -> None:
    assert diagnose(traded_live(waits=True)) == Diagnosis((), ())


def test_an_empty_log_has_no_suspect_and_no_question() -> None:
    assert diagnose([]) == Diagnosis((), ())


def test_a_recording_is_diagnosed_like_the_log_that_it_holds(tmp_path: Path) -> None:
    log = next(logs([W01], "recursive-read-lock"))
    assert diagnose_recording(recorded(tmp_path, log)) == diagnose(log)


def test_two_runs_in_one_recording_are_not_mixed_up(tmp_path: Path) -> None:
    quiet, losing = next(logs([W01], None)), next(logs([HASTY], "order-before-ack"))
    diagnosis = diagnose_recording(recorded(tmp_path, quiet, losing))
    assert diagnosis.first == "order-before-ack"
    assert "interrupted" in diagnosis.cannot_tell[-1]


def recorded(folder: Path, *runs: list[TraceEvent]) -> Path:
    path = folder / "run.hlrec"
    for log in runs:
        writer = RecordingWriter(path)
        writer.write(log)
        writer.close()
    return path
