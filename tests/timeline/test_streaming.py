"""Deliveries and events a part at a time, and SQL over them: the same as the frames."""

from pathlib import Path

import pandas as pd
import pytest

from hlbench import Timeline
from hlmock.trace import stages
from support.demo import played, recorded
from support.streams import ALICE, BOB, Stream, cloid_of


def busy() -> Timeline:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.connect("c2")
    for number in range(50):
        stream.order((ALICE, BOB)[number % 5 == 0], cloid=cloid_of(number))
        stream.clock.advance(ms=500)
    stream.subscribe("c2", BOB)
    return Timeline(stream.events)


@pytest.mark.parametrize("kind", ["whole", "account", "seconds"])
def test_deliveries_come_a_part_at_a_time_and_are_those_of_the_frame(kind: str) -> None:
    whole = busy()
    timeline = {"whole": whole, "account": whole.where(f"account:{BOB}"), "seconds": whole.between("-8s")}[kind]
    chunks = list(timeline.delivery_chunks(12))
    assert len(chunks) > 1
    together = pd.concat(chunks).sort_values(["updated_seq", "key", "connection"]).reset_index(drop=True)
    frame = timeline.deliveries.sort_values(["updated_seq", "key", "connection"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(together, frame)


def test_without_events_there_is_no_part() -> None:
    assert list(Timeline([]).delivery_chunks()) == []


def test_sql_reads_the_events_of_a_recording_and_the_frames(tmp_path: Path) -> None:
    for timeline in (Timeline(recorded(tmp_path / "r")), Timeline(played())):
        counted = timeline.sql("select stage, count(*) n from events group by all order by stage")
        wanted = timeline.events["stage"].astype(str).value_counts().sort_index()
        assert dict(zip(counted["stage"], counted["n"], strict=True)) == wanted.to_dict()
        joined = timeline.sql(
            "select o.coin, d.verdict::varchar verdict from deliveries d join orders o using (oid)"
            " where d.expected and d.\"group\" = 'missing'"
        )
        assert joined["verdict"].tolist() == ["before_subscription"]
        assert timeline.sql("select max(seq) s from events")["s"].tolist() == [timeline.events.index[-1]]
        assert len(timeline.sql("from connections")) == len(timeline.connections)


def test_sql_sees_the_part_alone() -> None:
    part = busy().where(f"stage:{stages.ORDER_STORED}")
    assert part.sql("select count(*) n from events")["n"].tolist() == [50]


def test_sql_reaches_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(Exception, match=r"[Pp]ermission|disabled"):
        busy().sql(f"select * from '{tmp_path}/secret.csv'")


def test_a_pass_gives_back_what_it_read_and_frames_do_not_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hlbench.timeline.capture.HELD_BATCHES", 1)
    path = recorded(tmp_path / "r")
    timeline = Timeline(path)
    events = timeline.events
    before = events.copy(deep=True)
    assert timeline.summary() == timeline.summary()
    pd.testing.assert_frame_equal(events, before)
    pd.testing.assert_frame_equal(Timeline(path).events, before)
