"""A summary is made in one pass, without a frame, and says what the frames say."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.timeline.orders import STAGE_COLUMNS
from hlbench.timeline.summary import Latency, Summary
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.rows import DeliveryRow
from support.demo import played, recorded
from support.streams import ALICE, BOB, Stream, cloid_of


def busy() -> Stream:
    """Two accounts, a late subscriber, a lost connection, a slow write, gates of time between."""
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", ALICE, "userFills", snapshot=True)
    stream.connect("c3")
    for number in range(40):
        stream.order((ALICE, BOB)[number % 4 == 0], cloid=cloid_of(number))
        stream.clock.advance(ms=400)
        if number == 20:
            stream.subscribe("c3", BOB)
        if number == 30:
            stream.disconnect("c2")
    stream.order(ALICE, oid=100, status="filled", cloid=cloid_of(1))
    return stream


SOURCES: dict[str, Callable[[], Timeline]] = {
    "demo": lambda: Timeline(played()),
    "busy": lambda: Timeline(busy().events),
    "from a checkpoint on": lambda: Timeline(_later()),
    "empty": lambda: Timeline([]),
    "an account": lambda: Timeline(busy().events).where(f"account:{BOB}"),
    "five seconds": lambda: Timeline(busy().events).between("-5s"),
    "a connection": lambda: Timeline(busy().events).where("conn:c3"),
    "an order": lambda: Timeline(busy().events).of_order(oid=100),
}


def _later() -> list[TraceEvent]:
    stream = busy()
    stream.log.checkpoint()
    first = stream.log.last_seq
    stream.order(ALICE, cloid=cloid_of(77))
    return list(stream.log.since(first - 1))


def quantiles(values: "pd.Series[int]") -> Latency | None:
    known = values.dropna().astype("int64")
    if known.empty:
        return None
    p50, p90, p99 = (int(known.quantile(q, interpolation="higher")) for q in (0.5, 0.9, 0.99))
    return Latency(len(known), p50, p90, p99, int(known.max()))


def assert_says_what_the_frames_say(summary: Summary, timeline: Timeline) -> None:
    events, orders, deliveries = timeline.events, timeline.orders, timeline.deliveries
    expected = deliveries[deliveries["expected"]]
    groups = expected["group"].value_counts()
    assert summary.events == len(events)
    assert summary.stages == {str(s): int(n) for s, n in events["stage"].value_counts(sort=False).items() if n}
    assert summary.statuses == {str(s): int(n) for s, n in orders["status"].value_counts().items()}
    assert (summary.orders, summary.connections) == (len(orders), len(timeline.connections))
    assert summary.expected == len(expected)
    for group in ("delivered", "late", "pending", "missing"):
        assert getattr(summary, group) == groups.get(group, 0)
    counted = deliveries["verdict"].value_counts(sort=False)
    assert summary.verdicts == {str(code): int(n) for code, n in counted.items() if n}
    wanted = {name.removesuffix("_us"): quantiles(orders[name]) for name in STAGE_COLUMNS}
    wanted["delivery"] = quantiles(expected.loc[expected["written_seq"].notna(), "latency_us"])
    assert summary.latency_us == {name: each for name, each in wanted.items() if each is not None}
    for tallies, by in ((summary.accounts, "account"), (summary.by_connection, "connection")):
        assert {each.name for each in tallies} == set(expected[by].dropna())
        for each in tallies:
            rows = expected[expected[by] == each.name]
            arrived = int(rows["group"].isin(["delivered", "late"]).sum())
            assert (each.orders, each.expected) == (rows["oid"].nunique(), len(rows))
            assert each.delivered + each.late == arrived
            assert each.rate == pytest.approx(arrived / len(rows), abs=1e-6)
            assert each.latency_us == quantiles(rows.loc[rows["written_seq"].notna(), "latency_us"])
    assert [each.seq for each in summary.problems] == sorted(each.seq for each in summary.problems)
    missing = expected[expected["group"].isin(["missing", "late"])]
    codes = sorted(each.kind for each in summary.problems if each.oid is not None)
    assert codes == sorted(missing["verdict"].astype(str))


@pytest.mark.parametrize("name", SOURCES)
def test_one_pass_says_what_the_frames_say_before_and_after_they_are_made(name: str) -> None:
    timeline = SOURCES[name]()
    before = timeline.summary()
    assert_says_what_the_frames_say(before, timeline)
    assert timeline.summary() == before


def test_a_recording_sums_up_to_the_same(tmp_path: Path) -> None:
    path = recorded(tmp_path / "r")
    timeline = Timeline(path)
    assert timeline.summary() == Timeline([timeline.event(seq) for seq in timeline.events.index]).summary()


def test_the_slowest_orders_come_first_with_what_took_so_long() -> None:
    timeline = Timeline(played())
    slowest = timeline.summary().slowest
    took = [each.took_us for each in slowest]
    assert took == sorted(took, reverse=True)
    orders = timeline.orders
    ends = orders[["written_us", "replied_us"]].max(axis=1).astype("int64")
    assert took == ends.sort_values(ascending=False).tolist()
    first = slowest[0]
    row = orders.loc[first.oid]
    assert (first.cloid, first.account) == (row["cloid"], row["account"])
    assert first.stage in set(stages.STAGES)
    assert 0 < first.stage_us <= first.took_us


def test_the_audit_of_a_pass_lets_go_of_what_is_decided() -> None:
    seen: list[DeliveryRow] = []
    audit = Timeline([]).new_audit(keep_orders=10, decided=seen.extend)
    stream = busy()
    audit.apply_all(stream.events)
    rest = list(audit.open_rows())
    whole = Timeline(stream.events).new_audit()
    whole.apply_all(stream.events)
    key = [(row.updated, row.key, row.connection, row.verdict) for row in (*seen, *rest)]
    assert sorted(map(str, key)) == sorted(str((r.updated, r.key, r.connection, r.verdict)) for r in whole.rows())
    assert len(audit.orders()) == 10
    assert len(rest) < len(seen)
