"""Schedules forced onto the official Python SDK in its own process."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from hlbench.lab.real_clients import (
    AnyStep,
    Close,
    Fill,
    Hear,
    Hold,
    NotReached,
    RealRun,
    RealScenario,
    Release,
    Tell,
    WaitFor,
    WaitHeld,
    python_module,
    run_real,
    schedule_from_json,
    schedule_to_json,
)
from hlmock.trace import stages
from support.clients import cloid_of

TESTS = Path(__file__).parent.parent

SDK = f"hyperliquid-python-sdk {version('hyperliquid-python-sdk')}"

UNMODIFIED = f"{SDK}, unmodified"
RECONNECTING = f"{SDK}, its run_forever called with reconnect=1 as its users do"

ORDERS_AT_ONCE = "The program subscribes to orderUpdates and places an order at once; the SDK tells nobody of the ack."

S11 = RealScenario(
    "S11",
    UNMODIFIED,
    f"{ORDERS_AT_ONCE} The order is handled before the subscription.",
    python_module("lab.real.order_at_once"),
    (
        Hold("subscribe", stages.FRAME_RECEIVED, account="alice", nth=1),
        WaitHeld("subscribe"),
        Hear("ordered"),
        Release("subscribe"),
        WaitFor(stages.SUBSCRIPTION_ADDED, account="alice"),
        Tell("again"),
        Hear("done"),
    ),
    TESTS,
)

S11_PASSING = RealScenario(
    "S11",
    UNMODIFIED,
    f"{ORDERS_AT_ONCE} The subscription is handled before the order.",
    S11.command,
    (
        Hold("order", stages.SIGNER_RECOVERED, account="alice", nth=1),
        WaitHeld("order"),
        WaitFor(stages.SUBSCRIPTION_ADDED, account="alice"),
        Release("order"),
        Hear("ordered"),
        Tell("again"),
        Hear("done"),
    ),
    TESTS,
)

S31 = RealScenario(
    "S31",
    UNMODIFIED,
    "The server closes in good order. The program is told nothing and goes on.",
    python_module("lab.real.silent_death"),
    (
        Hear("subscribed"),
        WaitFor(stages.SUBSCRIPTION_ADDED, account="alice"),
        Tell("order"),
        Hear("streaming"),
        Close("c1"),
        Hear("done"),
    ),
    TESTS,
)

QUEUED: tuple[AnyStep, ...] = (
    Hold("upgrade", stages.CONNECTION_OPENED, before=True, nth=1),
    WaitHeld("upgrade"),
    Hear("queued"),
    Release("upgrade"),
)
"""What is subscribed to is queued, since the socket does not open before."""

S28 = RealScenario(
    "S28",
    RECONNECTING,
    "orderUpdates and userFills are queued before the socket opens. After a reconnect on_open replays them, its own"
    " bookkeeping refuses a second orderUpdates, and the connection stays without a subscription.",
    python_module("lab.real.replay_in_on_open"),
    (
        *QUEUED,
        WaitFor(stages.SUBSCRIPTION_ADDED, account="alice", count=2),
        Tell("order"),
        Hear("streaming"),
        Close("c1", code=None),
        WaitFor(stages.CONNECTION_OPENED, count=2),
        Hear("done"),
    ),
    TESTS,
)

S29 = RealScenario(
    "S29",
    RECONNECTING,
    "userFills is queued before the socket opens. A reconnect appends its callback once more.",
    python_module("lab.real.callbacks_multiply"),
    (
        *QUEUED,
        WaitFor(stages.SUBSCRIPTION_ADDED, connection="c1"),
        Tell("order"),
        Hear("ordered"),
        Fill(cloid_of(1)),
        Hear("first fill"),
        Close("c1", code=None),
        WaitFor(stages.SUBSCRIPTION_ADDED, connection="c2"),
        Fill(cloid_of(2)),
        Fill(cloid_of(3)),
        Hear("done"),
    ),
    TESTS,
)

S30 = RealScenario(
    "S30",
    RECONNECTING,
    "orderUpdates are subscribed to after the socket opened. A reconnect replays what was queued before, and no more.",
    python_module("lab.real.late_subscription"),
    (
        *QUEUED,
        Hear("subscribed late"),
        WaitFor(stages.SUBSCRIPTION_ADDED, connection="c1", count=2),
        Tell("order"),
        Hear("streaming"),
        Close("c1", code=None),
        Hear("reopened"),
        Fill(cloid_of(1)),
        Hear("done"),
    ),
    TESTS,
)

SCENARIOS = (S11, S11_PASSING, S31, S28, S29, S30)


def subscribed_on(run: RealRun, connection: str) -> list[str | None]:
    """The keys that a connection subscribed to."""
    return [
        (event.key or "").partition(":")[0]
        for event in run.exchange.events()
        if event.stage == stages.SUBSCRIPTION_ADDED and event.connection == connection
    ]


def test_s11_an_order_that_overtakes_the_subscription_is_never_heard_of() -> None:
    run = run_real(S11)
    first, done = run.heard("ordered")["oid"], run.heard("done")
    assert done["heard"] == [done["second"]]
    assert "published before the subscription took effect" in run.verdict(first)
    assert "unmodified" in run.verdict(first)


def test_s11_the_same_program_hears_of_both_orders_when_the_subscription_is_first() -> None:
    run = run_real(S11_PASSING)
    first, done = run.heard("ordered")["oid"], run.heard("done")
    assert done["heard"] == [first, done["second"]]
    assert "delivered" in run.verdict(first)


def test_s31_a_close_reaches_no_part_of_the_program() -> None:
    run = run_real(S31)
    closed, done = run.heard("closed"), run.heard("done")
    assert closed == {"did": "closed", "is_thread_alive": False, "is_ready": True, "listed": ["orderUpdates"]}
    assert done["second"] not in done["heard"]
    assert done["raised"] == "WebSocketConnectionClosedException"
    assert "the connection had closed" in run.verdict(done["second"])


def test_s28_a_reconnect_has_no_subscription_at_all() -> None:
    run = run_real(S28)
    assert run.heard("queued")["is_ready"] is False
    reopened, done = run.heard("reopened"), run.heard("done")
    assert "Cannot subscribe to orderUpdates multiple times" in reopened["errors"][0]
    assert (subscribed_on(run, "c1"), subscribed_on(run, "c2")) == (["orderUpdates", "userFills"], [])
    assert done["second"] not in done["heard"]
    assert "reconnect=1" in run.verdict(done["second"])


def test_s29_a_fill_is_counted_twice_after_one_reconnect() -> None:
    run = run_real(S29)
    assert run.heard("done")["calls"] == [1, 2]
    assert "reconnect=1" in run.scenario.client


def test_s30_a_late_subscription_is_not_restored() -> None:
    run = run_real(S30)
    assert (subscribed_on(run, "c1"), subscribed_on(run, "c2")) == (["userFills", "orderUpdates"], ["userFills"])
    done = run.heard("done")
    assert done["statuses"] == ["open"]
    assert "orderUpdates" in done["listed"]
    assert "reconnect=1" in run.verdict(run.heard("streaming")["oid"])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_schedule_has_a_json_form(scenario: RealScenario) -> None:
    assert schedule_from_json(schedule_to_json(scenario.schedule)) == scenario.schedule


def test_a_condition_that_does_not_come_about_says_which_and_what_the_client_said() -> None:
    program = 'print(\'{"did": "nothing"}\')'
    scenario = RealScenario("S00", "a script", "", (sys.executable, "-c", program), (Hear("something"),))
    with pytest.raises(NotReached, match=r"Hear\(did='something'\): the client ended; the client said \[{'did': 'not"):
        run_real(scenario)


def test_a_client_that_hangs_is_ended() -> None:
    program = "import sys; sys.stdin.read()"
    scenario = RealScenario("S00", "a script", "", (sys.executable, "-c", program), (Hear("something"),))
    with pytest.raises(NotReached, match=r"0\.2 s passed"):
        run_real(scenario, limit_s=0.2)
