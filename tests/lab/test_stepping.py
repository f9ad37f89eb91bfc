"""Stepping: forwards, backwards, sideways, to a condition, and out into a test file."""

import subprocess
import sys
from pathlib import Path

import pytest

from hlbench.lab import Session, Size, Target, export_pytest, parse_schedule, replay
from hlbench.lab.batches import run_once
from hlbench.lab.choosers import Fifo, RandomWalk
from hlbench.lab.conditions import ConditionError, parse_condition
from hlbench.lab.schedules import FIFO, ScheduleDiverged
from hlbench.lab.stepping import NotReady
from hlmock.trace import stages
from hlmock.verdicts.promises import check_same

LATE_CLEANUP = parse_schedule("c2.in@frame.received before c1.cleanup@connection.closing")


def late_cleanup() -> Session:
    return Session("S03", schedule=LATE_CLEANUP)


def state_of(session: Session) -> object:
    return session.state, session.ready, session.schedule, session.violations


# -- forwards ---------------------------------------------------------------------------------------------------


def test_stepping_to_the_end_is_the_run() -> None:
    session = Session("W01", "passing")
    while session.step():
        pass
    while not session.is_over:
        session.step()
    assert check_same(session.result.events, run_once(Target("W01", "passing"), Fifo()).events) == []


def test_a_schedule_is_followed() -> None:
    session = late_cleanup()
    session.run()
    assert session.schedule == LATE_CLEANUP
    assert check_same(session.result.events, replay(Target("S03"), LATE_CLEANUP).events) == []


def test_a_random_walk_can_be_stepped_through() -> None:
    walk = run_once(Target("W01", "passing"), RandomWalk(4))
    session = Session("W01", "passing", walk.schedule)
    session.run()
    assert check_same(session.result.events, walk.events) == []


def test_a_step_returns_its_events() -> None:
    session = Session("S03")
    assert [event.stage for event in session.step()] == [stages.CONNECTION_OPENED]
    assert session.step() == []


def test_a_chosen_actor_steps() -> None:
    session = Session("W01", "passing")
    session.step("carol")
    assert str(session.result.steps[-1]) == "carol@connection.opened"
    assert str(session.schedule) == "carol@connection.opened before alice@connection.opened"


def test_an_actor_that_is_not_ready_is_refused_and_nothing_changes() -> None:
    session = Session("W01", "passing")
    before = state_of(session)
    with pytest.raises(NotReady, match="dave cannot step now; ready: alice, bob, carol"):
        session.step("dave")
    assert state_of(session) == before


def test_a_schedule_that_does_not_fit_stops_the_step_not_the_session() -> None:
    session = Session("W01", "passing", parse_schedule("c9.in before alice@connection.opened"))
    with pytest.raises(ScheduleDiverged):
        session.step()
    session.step("bob")
    assert session.step_number == 1


def test_running_to_the_failure_stops_right_behind_it() -> None:
    session = late_cleanup()
    broken = session.run(to_failure=True)
    assert [each.promise for each in broken] == ["D6"]
    assert not session.is_over
    assert str(session.result.steps[-1]) == "c1.cleanup@connection.closed"


def test_running_to_the_failure_of_a_sound_server_ends_at_the_end() -> None:
    session = Session("S03", "passing", LATE_CLEANUP)
    assert session.run(to_failure=True) == []
    assert session.is_over


# -- backwards and sideways -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 3, 7, 1_000])
def test_going_back_and_forth_is_where_it_was(steps: int) -> None:
    session = Session("W01", "passing", run_once(Target("W01", "passing"), RandomWalk(2)).schedule)
    for _ in range(40):
        session.step()
    before = state_of(session)
    session.back(steps)
    assert session.step_number == max(40 - steps, 0)
    while session.step_number < 40:
        session.step()
    assert state_of(session) == before


def test_every_step_back_shows_the_state_that_was_shown() -> None:
    session = late_cleanup()
    shown = []
    while not session.is_over:
        shown.append(state_of(session))
        session.step()
    while shown:
        session.back()
        assert state_of(session) == shown.pop()


def test_one_flipped_decision_makes_it_pass() -> None:
    session = late_cleanup()
    session.run(to_failure=True)
    while "c1.cleanup" not in session.ready or "c2.in" not in session.ready:
        session.back()
    session.flip("c1.cleanup")
    assert session.run() == []


def test_after_a_flip_the_schedule_has_no_say() -> None:
    session = late_cleanup()
    for _ in range(8):
        session.step()
    session.flip(session.ready[-1])
    session.run()
    assert len(session.schedule) <= 1


def test_going_back_before_a_flip_follows_the_schedule_again() -> None:
    session = late_cleanup()
    for _ in range(8):
        session.step()
    session.flip(session.ready[-1])
    session.back()
    session.run()
    assert session.schedule == LATE_CLEANUP


def test_the_outcome_of_every_choice_is_told_without_taking_it() -> None:
    session = late_cleanup()
    while not {"c1.cleanup", "c2.in"} <= set(session.ready):
        session.step()
    before = state_of(session)
    outcomes = session.outcomes()
    assert {actor: bool(broken) for actor, broken in outcomes.items()} == {"c2.in": True, "c1.cleanup": False}
    assert state_of(session) == before


# -- to somewhere -----------------------------------------------------------------------------------------------


def test_it_stops_at_an_update_that_finds_nobody_although_somebody_subscribed() -> None:
    session = Session("S02")
    event = session.to("registry.resolved found=0 while subscribed")
    assert event is not None
    assert event.stage == stages.REGISTRY_RESOLVED
    assert session.result.events[-1] == event


def test_found_nobody_without_a_subscription_does_not_meet_it() -> None:
    session = late_cleanup()  # the cleanup removed the subscription before
    assert session.to("registry.resolved found=0 while subscribed") is None
    assert session.is_over


@pytest.mark.parametrize("text", ["registry.resolved found=0", "registry.*", "registry.resolved account:alice"])
def test_conditions_speak_the_language_of_the_event_filter(text: str) -> None:
    event = late_cleanup().to(text)
    assert event is not None
    assert event.stage == stages.REGISTRY_RESOLVED


@pytest.mark.parametrize(
    "text", ["", "while subscribed", "registry.resolved while full moon", "stage:x fuond=0", "found=x"]
)
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse_condition(text)


def test_the_next_stages_of_one_order_are_its_path() -> None:
    session = Session("W01", "passing")
    stored = session.to("order.stored")
    assert stored is not None
    path = []
    while (event := session.to_next_stage(oid=stored.oid)) is not None:
        path.append(event.stage)
    assert path == [
        stages.REPLY_SENT,
        stages.REGISTRY_RESOLVED,
        stages.DELIVERY_ENQUEUED,
        stages.DELIVERY_WRITTEN,
        stages.CLIENT_APPLIED,
    ]


def test_an_order_is_followed_by_its_cloid_too() -> None:
    session = Session("S10", "passing")
    assert session.to_next_stage(cloid=f"0x{0xC10:032x}") is not None
    assert session.result.events[-1].stage == stages.PUBLICATION_CREATED


def test_no_order_has_no_next_stage() -> None:
    with pytest.raises(ValueError, match="name the order"):
        Session("S10").to_next_stage()


# -- the state --------------------------------------------------------------------------------------------------


def test_the_state_tells_actors_registry_links_and_clients() -> None:
    session = Session("S03", "passing")
    session.to("delivery.enqueued")
    state = session.state
    assert [(each.name, each.stage) for each in state.actors if each.is_next] == [("c2.writer", "delivery.written")]
    assert [(each.connection, each.key.partition(":")[0]) for each in state.registry] == [("c2", "orderUpdates")]
    links = {each.connection: each for each in state.links}
    assert (links["c1"].server, links["c1"].faults) == ("closed", ("cut",))
    assert (links["c2"].server, links["c2"].outbox) == ("open", ("orderUpdates",))
    (alice,) = state.clients
    assert (alice.acked, alice.view) == (("c1 orderUpdates", "c2 orderUpdates"), {})
    assert [event.stage for event in state.changed] == [stages.DELIVERY_ENQUEUED]


def test_what_waits_for_the_publisher_is_told() -> None:
    session = Session("S03", "passing")
    session.to("publication.created")
    assert [key.partition(":")[0] for key in session.state.waiting] == ["orderUpdates"]
    session.to("registry.resolved")
    assert session.state.waiting == ()


def test_what_a_client_believes_is_told() -> None:
    session = Session("S03", "passing")
    session.run()
    assert list(session.state.clients[0].view.values()) == ["open"]


def test_the_step_that_comes_next_is_the_one_that_is_taken() -> None:
    session = Session("W01", "passing", run_once(Target("W01", "passing"), RandomWalk(7)).schedule)
    while not session.is_over:
        (chosen,) = [each for each in session.state.actors if each.is_next]
        session.step()
        assert str(session.result.steps[-1]) == f"{chosen.name}@{chosen.stage}"


# -- exported ---------------------------------------------------------------------------------------------------

EXPORTS = {
    "fails": (late_cleanup, 1),
    "passes": (lambda: Session("S03"), 0),
    "passes-sound": (lambda: Session("S03", "passing", LATE_CLEANUP), 0),
    "sized": (lambda: Session("S01", size=Size(connections=3)), 1),
    "defect": (lambda: Session("W01", "passing", defect="snapshot-before-registration"), 0),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says of every exported file, each by itself, in one process."""
    folder = tmp_path_factory.mktemp("exported")
    for name, (make, _) in EXPORTS.items():
        session = make()
        session.run()
        (folder / f"test_{name.replace('-', '_')}.py").write_text(export_pytest(session))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-rA", "--rootdir", folder, "-c", "/dev/null", folder],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = [line.split() for line in done.stdout.splitlines() if line.startswith(("PASSED ", "FAILED "))]
    return {Path(words[1].partition("::")[0]).stem.removeprefix("test_"): words[0] for words in told}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_exported_run_passes_or_fails_as_shown(name: str, outcomes: dict[str, str]) -> None:
    assert outcomes[name.replace("-", "_")] == ("FAILED" if EXPORTS[name][1] else "PASSED")


def test_an_export_needs_nothing_but_the_public_names() -> None:
    text = export_pytest(late_cleanup())
    imports = [line for line in text.splitlines() if "import" in line]
    assert imports == ["from hlbench.lab import Target, parse_schedule, replay"]


def test_what_is_left_of_a_schedule_is_exported_too() -> None:
    session = late_cleanup()
    session.step()
    assert session.schedule == FIFO
    assert str(LATE_CLEANUP) in export_pytest(session)
