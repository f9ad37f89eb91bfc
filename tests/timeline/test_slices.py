"""Parts of a timeline: by time, seq, account, order and the filter language, from memory and from a recording."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.demo.story import HASTY_CLOID
from hlbench.filters import FilterError, parse
from hlmock.trace import stages
from support.demo import played, recorded
from support.streams import ALICE, BOB, Stream, cloid_of


@pytest.fixture(scope="module")
def demo() -> Timeline:
    return Timeline(played())


@pytest.fixture
def timeline() -> Timeline:
    """A minute: alice orders every second on c1; bob once, before he subscribes on c2."""
    stream = Stream()
    stream.account(ALICE, name="alice")
    stream.account(BOB, name="bob")
    stream.subscribe("c1", ALICE)
    stream.connect("c2")
    for number in range(60):
        if number == 30:
            stream.order(BOB, cloid=cloid_of(99))
            stream.subscribe("c2", BOB)
        stream.order(ALICE, cloid=cloid_of(number))
        stream.clock.advance(ms=1_000)
    stream.disconnect("c2")
    return Timeline(stream.events)


FILTERS = [
    "stage:registry.*",
    "account:alice",
    "account:0x",
    "-account:bob",
    "conn:c1 stage:delivery.written",
    "found=0",
    "-found=0 stage:registry.resolved",
    "oid:1..",
    "seq:10..20",
    "since:-20ms",
    "until:-1ms -stage:request.*",
    "status:open",
    "orderUpdates",
    "coin:BTC commit:1.. publication:1..3",
    "-cause:1..",
    "-key:orderUpdates:*",
    "key:*X*",
]


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("kind", ["memory", "recording"])
def test_a_part_has_the_events_that_the_filter_matches_one_by_one(
    demo: Timeline, text: str, kind: str, tmp_path: Path
) -> None:
    whole = demo if kind == "memory" else Timeline(recorded(tmp_path / "r"))
    events = [whole.event(seq) for seq in whole.events.index]
    chosen = parse(text, newest_ms=events[-1].time_ms)
    assert whole.where(text).events.index.tolist() == [e.seq for e in events if chosen.matches(e, whole.names)]


def test_a_filter_that_cannot_be_read_says_so(demo: Timeline) -> None:
    with pytest.raises(FilterError, match="did you mean stage"):
        demo.where("stge:x")


def test_a_part_between_seqs_has_both_ends(timeline: Timeline) -> None:
    assert timeline.between(10, 20).events.index.tolist() == list(range(10, 21))
    assert timeline.between(last=5).events.index.tolist() == [1, 2, 3, 4, 5]


def test_a_part_between_times_goes_by_the_exchange_clock(timeline: Timeline) -> None:
    newest = timeline.events["time"].iloc[-1]
    late = timeline.between("-5s")
    assert late.events["time"].min() >= newest - pd.Timedelta(seconds=5)
    assert len(late.orders) == 5
    exact = datetime.fromtimestamp(newest.timestamp() - 5, UTC)
    assert timeline.between(exact).events.index.tolist() == late.events.index.tolist()
    assert timeline.between(f"{newest:%H:%M:%S}").events["time"].min() >= newest.floor("s")


def test_rows_of_a_part_say_what_the_whole_says_of_them(timeline: Timeline) -> None:
    part = timeline.between("-20s")
    assert set(part.deliveries["verdict"]) == {"delivered"}
    whole = timeline.deliveries.set_index(["updated_seq", "connection"])
    same = whole.loc[part.deliveries.set_index(["updated_seq", "connection"]).index].reset_index()
    columns = ["oid", "verdict", "written_seq", "latency_us", "sentence"]
    pd.testing.assert_frame_equal(same[columns], part.deliveries[columns])
    pd.testing.assert_frame_equal(part.orders, timeline.orders.loc[part.orders.index])
    assert part.registry_at(10).equals(timeline.registry_at(10))


def test_the_part_of_an_account_has_its_orders_and_connections_alone(timeline: Timeline) -> None:
    bob = timeline.of_account("bob")
    assert set(bob.events["account"].dropna()) == {BOB}
    assert bob.orders["cloid"].tolist() == [cloid_of(99)]
    assert bob.connections.index.tolist() == ["c2"]
    assert bob.subscriptions["connection"].tolist() == ["c2"]
    assert set(bob.publications["account"]) == {BOB}
    assert timeline.of_account(BOB[:8]).orders.equals(bob.orders)


def test_the_part_of_a_connection_has_what_it_missed(timeline: Timeline) -> None:
    part = timeline.where("conn:c2")
    assert part.deliveries["verdict"].tolist() == ["before_subscription"]


def test_the_part_of_an_order_has_its_paths_and_the_proof(demo: Timeline) -> None:
    part = demo.of_order(cloid=HASTY_CLOID)
    assert part.orders["cloid"].tolist() == [HASTY_CLOID]
    assert {stages.REQUEST_RECEIVED, stages.ORDER_STORED, stages.REPLY_SENT} <= set(part.events["stage"])
    assert stages.SUBSCRIPTION_ADDED in set(part.events["stage"])


def test_parts_can_be_cut_again(timeline: Timeline) -> None:
    part = timeline.of_account("alice").between("-10s").where("stage:order.stored")
    assert set(part.events["stage"]) == {stages.ORDER_STORED}
    assert len(part.events) == 10
    assert "of a part" in repr(part)


def test_a_moment_in_which_nothing_happened_shows_who_was_there(timeline: Timeline) -> None:
    quiet = timeline.between(timeline.events.index[3], timeline.events.index[3])
    assert quiet.connections.index.tolist() == ["c1"]
    nothing = timeline.between("23:59:59", "23:59:59.500")
    assert nothing.events.empty
    assert nothing.connections.empty
    assert nothing.summary().events == 0


def test_the_summary_of_a_part_counts_the_part(timeline: Timeline) -> None:
    assert timeline.summary().missing == 1
    part = timeline.between("-20s").summary()
    assert (part.missing, part.orders, part.expected) == (0, 20, 20)
    assert [each.name for each in timeline.of_account("bob").summary().accounts] == [BOB]


def test_violations_of_a_part_are_those_in_it(timeline: Timeline) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=7)
    stream.log.emit(stages.DELIVERY_WRITTEN, connection="c1", cause=3)
    broken = Timeline(stream.events)
    (violation,) = broken.violations()
    assert [each.seq for each in broken.between(violation.seq).violations()] == [violation.seq]
    assert broken.between(1, violation.seq - 1).violations() == []


def test_chunks_are_the_events_a_part_at_a_time(timeline: Timeline, tmp_path: Path) -> None:
    for whole in (timeline, Timeline(recorded(tmp_path / "r"))):
        chunks = list(whole.chunks(50))
        assert len(chunks) > 1
        assert [seq for chunk in chunks for seq in chunk.index] == whole.events.index.tolist()
        assert all(list(chunk.dtypes.map(str)) == list(whole.events.dtypes.map(str)) for chunk in chunks)
