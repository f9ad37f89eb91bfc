"""The frames of a timeline: documented columns and dtypes, from memory and from a recording alike."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.timeline.columns import EVENT_COLUMNS, Column
from hlbench.timeline.connections import CONNECTION_COLUMNS, REGISTRY_COLUMNS, SUBSCRIPTION_COLUMNS
from hlbench.timeline.deliveries import DELIVERY_COLUMNS, times_of
from hlbench.timeline.orders import ORDER_COLUMNS
from hlbench.timeline.publications import PUBLICATION_COLUMNS
from hlmock.trace import stages
from hlmock.trace.recording import Recorder
from support.streams import ALICE, BOB, Stream, cloid_of

FRAMES: dict[str, tuple[Callable[[Timeline], pd.DataFrame], Sequence[Column], str | None]] = {
    "events": (lambda timeline: timeline.events, EVENT_COLUMNS, "seq"),
    "orders": (lambda timeline: timeline.orders, ORDER_COLUMNS, "oid"),
    "deliveries": (lambda timeline: timeline.deliveries, DELIVERY_COLUMNS, None),
    "connections": (lambda timeline: timeline.connections, CONNECTION_COLUMNS, "connection"),
    "subscriptions": (lambda timeline: timeline.subscriptions, SUBSCRIPTION_COLUMNS, "subscription"),
    "publications": (lambda timeline: timeline.publications, PUBLICATION_COLUMNS, "publication"),
    "registry": (lambda timeline: timeline.registry_at(10**9), REGISTRY_COLUMNS, "subscription"),
}


@pytest.fixture
def stream() -> Stream:
    """alice on two connections, one of which ends; bob orders before he subscribes."""
    stream = Stream()
    stream.account(ALICE, name="alice")
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", ALICE, "userFills", snapshot=True)
    stream.order(ALICE, cloid=cloid_of(1))
    stream.clock.advance(ms=3)
    stream.connect("c3")
    stream.order(BOB, cloid=cloid_of(2))
    stream.clock.advance(ms=2)
    stream.subscribe("c3", BOB)
    stream.disconnect("c2")
    stream.order(ALICE, oid=100, status="filled", cloid=cloid_of(1))
    return stream


@pytest.fixture
def timeline(stream: Stream) -> Timeline:
    return Timeline(stream.events)


def assert_documented(frame: pd.DataFrame, columns: Sequence[Column], index: str | None) -> None:
    documented = {column.name: column.dtype for column in columns if column.name != index}
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == documented
    assert frame.index.name == index


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_has_its_documented_columns_and_dtypes(timeline: Timeline, name: str) -> None:
    make, columns, index = FRAMES[name]
    frame = make(timeline)
    assert len(frame)
    assert_documented(frame, columns, index)


@pytest.mark.parametrize("name", FRAMES)
def test_a_timeline_without_events_has_the_same_columns_and_dtypes(name: str) -> None:
    make, columns, index = FRAMES[name]
    frame = make(Timeline([]))
    assert frame.empty
    assert_documented(frame, columns, index)


@pytest.mark.parametrize("name", FRAMES)
def test_a_recording_gives_the_same_frames_as_its_log(
    stream: Stream, timeline: Timeline, name: str, tmp_path: Path
) -> None:
    with Recorder(tmp_path / "r", stream.log):
        pass
    make, _, _ = FRAMES[name]
    pd.testing.assert_frame_equal(make(Timeline(tmp_path / "r")), make(timeline))


def test_events_are_one_row_each_in_seq_order_with_absent_as_missing(stream: Stream, timeline: Timeline) -> None:
    events = stream.events
    frame = timeline.events
    assert frame.index.tolist() == [event.seq for event in events]
    assert frame["stage"].tolist() == [event.stage for event in events]
    assert frame["oid"].isna().tolist() == [event.oid is None for event in events]
    assert frame["account"].dropna().tolist() == [event.account for event in events if event.account is not None]
    assert (frame["account"] != "").all()


def test_times_are_the_exchange_clock_in_utc(stream: Stream, timeline: Timeline) -> None:
    assert timeline.events["time"].iloc[0] == pd.Timestamp(stream.events[0].time_ms, unit="ms", tz="UTC")


def test_stages_compare_in_path_order(timeline: Timeline) -> None:
    stage = timeline.events["stage"]
    before = timeline.events[(stage < stages.ORDER_STORED) & timeline.events["request"].notna()]
    assert set(before["stage"]) == {
        stages.REQUEST_RECEIVED,
        stages.REQUEST_DECODED,
        stages.SIGNER_RECOVERED,
        stages.ACTION_ACCEPTED,
    }


def test_a_stage_of_a_newer_version_is_kept_behind_the_known_ones(stream: Stream) -> None:
    stream.log.emit("telepathy.felt")
    frame = Timeline(stream.events).events
    assert frame["stage"].iloc[-1] == "telepathy.felt"
    assert frame["stage"].max() == "telepathy.felt"


def test_an_order_is_one_row_with_its_last_status_and_delivered_of_expected(timeline: Timeline) -> None:
    orders = timeline.orders
    alice, bob = orders.loc[100], orders.loc[101]
    assert (alice["account"], alice["status"], alice["cloid"]) == (ALICE, "filled", cloid_of(1))
    assert (alice["px"], alice["orig_sz"]) == ("50000", "0.1")
    assert (alice["px_float"], alice["orig_sz_float"]) == (50_000.0, 0.1)
    assert (alice["delivered"], alice["expected"], alice["verdict"]) == (2, 2, "delivered")
    assert (bob["delivered"], bob["expected"], bob["verdict"]) == (0, 1, "before_subscription")


def test_stage_columns_count_from_the_placing_requests_first_byte(stream: Stream, timeline: Timeline) -> None:
    order = timeline.orders.loc[100]
    events = timeline.events
    placed = events[(events["request"] == order["request"])]
    start = placed["mono_ns"].iloc[0]
    stored = placed[placed["stage"] == stages.ORDER_STORED]["mono_ns"].iloc[0]
    assert order["stored_us"] == (stored - start) // 1_000
    assert order["received"] == placed["time"].iloc[0]
    steps = [order[name] for name in ("decoded_us", "signer_us", "accepted_us", "stored_us", "published_us")]
    assert steps == sorted(steps)


def test_an_order_older_than_the_timeline_is_there_without_a_request(stream: Stream) -> None:
    stream.order(BOB, cloid=cloid_of(3))
    stream.log.checkpoint()
    later = Timeline(stream.log.since(stream.log.last_seq - 1))
    assert later.orders.loc[102, "status"] == "open"
    assert later.orders["request"].isna().tolist()[-1]


def test_an_absent_delivery_is_a_row_with_its_verdict_and_evidence(timeline: Timeline) -> None:
    missing = timeline.deliveries[timeline.deliveries["group"] == "missing"]
    row = missing[missing["expected"]].iloc[0]
    assert (row["connection"], row["verdict"], row["account"]) == ("c3", "before_subscription", BOB)
    assert pd.isna(row["written_seq"])
    assert row["gap_us"] > 2_000
    assert "published before the subscription took effect" in row["sentence"]
    stages_of_evidence = set(timeline.events.loc[list(row["evidence"]), "stage"])
    assert {stages.ORDER_STORED, stages.SUBSCRIPTION_ADDED} <= stages_of_evidence


def test_a_delivery_has_the_times_of_its_events(timeline: Timeline) -> None:
    row = timeline.deliveries[timeline.deliveries["verdict"] == "delivered"].iloc[0]
    events = timeline.events
    assert events.loc[row["written_seq"], "stage"] == stages.DELIVERY_WRITTEN
    assert row["written"] == events.loc[row["written_seq"], "time"]
    assert events.loc[row["enqueued_seq"], "stage"] == stages.DELIVERY_ENQUEUED
    latency_ns = events.loc[row["written_seq"], "mono_ns"] - events.loc[row["updated_seq"], "mono_ns"]
    assert row["latency_us"] == latency_ns // 1_000


def test_evidence_that_is_not_in_the_timeline_has_no_time(timeline: Timeline) -> None:
    first, last = timeline.events.index[[0, -1]]
    known = [timeline.events["time"].iloc[0].value // 1_000_000, timeline.events["time"].iloc[-1].value // 1_000_000]
    assert times_of([first, None, last, last + 1], timeline.events) == [known[0], None, known[1], None]
    assert times_of([1], timeline.events[:0]) == [None]


def test_verdicts_are_ordered_by_what_needs_attention_most(timeline: Timeline) -> None:
    assert timeline.deliveries["verdict"].min() == "before_subscription"


def test_a_connection_is_one_row_from_accept_to_close(timeline: Timeline) -> None:
    connections = timeline.connections
    assert connections.index.tolist() == ["c1", "c2", "c3"]
    ended = connections.loc["c2"]
    assert (ended["state"], ended["code"], ended["who"]) == ("closed", 1006, "network")
    assert connections.loc["c1", "state"] == "open"
    assert connections["closed"].isna().tolist() == [True, False, True]
    assert connections["accounts"].tolist() == [ALICE, ALICE, BOB]
    assert connections.loc["c1", "frames"] == 3


def test_a_subscription_is_one_row_with_the_commits_between_which_it_held(timeline: Timeline) -> None:
    subscriptions = timeline.subscriptions
    ended = subscriptions[subscriptions["connection"] == "c2"].iloc[0]
    assert (ended["type"], ended["since_commit"], ended["until_commit"]) == ("userFills", 0, 2)
    assert subscriptions["removed"].notna().tolist() == [False, True, False]


def test_a_publication_is_one_row_with_what_became_of_it(timeline: Timeline) -> None:
    publications = timeline.publications
    details = timeline.details(stages.REGISTRY_RESOLVED)
    assert publications["found"].tolist() == [len(each) for each in details["found"]]
    assert publications["resolved_seq"].tolist() == details.index.tolist()
    assert (publications["enqueued"] == publications["found"]).all()
    assert (publications["written"] == publications["enqueued"]).all()
    assert publications.loc[publications["found"] == 0, "last_written_us"].isna().all()
    assert publications["updates"].tolist() == [1] * len(publications)


def test_the_registry_at_a_seq_has_what_was_subscribed_then(stream: Stream, timeline: Timeline) -> None:
    added, removed = (int(timeline.subscriptions[name].loc[2]) for name in ("added_seq", "removed_seq"))
    assert 2 not in timeline.registry_at(added - 1).index
    assert timeline.registry_at(added).index.tolist() == [1, 2]
    assert timeline.registry_at(removed).index.tolist() == [1, 3]


def test_the_details_of_a_stage_join_with_the_events_by_seq(timeline: Timeline) -> None:
    details = timeline.details(stages.ORDER_STORED)
    assert details["status"].tolist() == ["open", "open", "filled"]
    assert timeline.events.loc[details.index, "stage"].eq(stages.ORDER_STORED).all()
    assert timeline.details("nothing.like.it").empty


def test_one_event_is_there_whole(stream: Stream, timeline: Timeline) -> None:
    assert timeline.event(5) == stream.events[4]
    with pytest.raises(KeyError, match="no event 999999"):
        timeline.event(999_999)


def test_a_timeline_does_not_change_when_the_log_grows(stream: Stream) -> None:
    class Exchange:
        log = stream.log

    timeline = Timeline(Exchange())
    before = stream.log.last_seq
    stream.order(ALICE)
    assert timeline.events.index[-1] == before


def test_a_gap_is_an_event_like_any_other() -> None:
    stream = Stream(capacity=200, checkpoint_every=100)
    stream.subscribe("c1", ALICE)
    for _ in range(40):
        stream.order(ALICE)
    timeline = Timeline(stream.log.since(0))
    assert timeline.events["stage"].iloc[0] == stages.EVENTS_GAP
    assert timeline.connections.loc["c1", "state"] == "open"
