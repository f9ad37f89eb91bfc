"""Parquet and CSV: every frame, exact, in tools that know nothing of us."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.exports import export
from hlbench.exports.frames import FRAMES
from hlbench.timeline.deliveries import VERDICTS
from support.attacks import attacked
from support.demo import played
from support.hostile import assert_inert


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    """A query's answer, by DuckDB."""
    relation = duckdb.sql(sql)
    assert relation is not None
    return relation.fetchall()


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(played())


def test_parquet_in_pandas_has_the_frames_values_and_orders(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "parquet", tmp_path / "out")
    for name in FRAMES:
        frame = getattr(timeline, name)
        read = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert len(read) == len(frame) > 0, name
        assert read.columns.tolist() == ([frame.index.name] if frame.index.name else []) + frame.columns.tolist()
    deliveries = pd.read_parquet(tmp_path / "out" / "deliveries.parquet")
    assert deliveries["verdict"].dtype == VERDICTS
    assert deliveries["evidence"].map(list).tolist() == timeline.deliveries["evidence"].tolist()
    orders = pd.read_parquet(tmp_path / "out" / "orders.parquet")
    assert orders["px"].map(Decimal).tolist() == timeline.orders["px"].map(Decimal).tolist()


def test_duckdb_counts_the_same_deliveries(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "parquet", tmp_path)
    expected = timeline.deliveries[timeline.deliveries["expected"]]
    counted = rows_of(
        f'SELECT "group", count(*) FROM \'{tmp_path}/deliveries.parquet\' WHERE expected GROUP BY "group"'
    )
    assert dict(counted) == {str(name): int(count) for name, count in expected["group"].value_counts().items()}
    (joined,) = rows_of(
        f"SELECT count(*) FROM '{tmp_path}/deliveries.parquet' d JOIN '{tmp_path}/events.parquet' e"
        " ON d.written_seq = e.seq WHERE e.stage = 'delivery.written' AND e.time = d.written"
    )
    assert joined == (int(timeline.deliveries["written_seq"].notna().sum()),)
    (notional,) = rows_of(f"SELECT sum(px::DECIMAL(38, 8) * orig_sz::DECIMAL(38, 8)) FROM '{tmp_path}/orders.parquet'")
    orders = timeline.orders
    exact = sum(Decimal(str(px)) * Decimal(str(sz)) for px, sz in zip(orders["px"], orders["orig_sz"], strict=True))
    assert Decimal(str(notional[0])) == exact


def test_an_empty_timeline_has_all_files_and_columns(tmp_path: Path) -> None:
    export(Timeline([]), "parquet", tmp_path / "parquet")
    export(Timeline([]), "csv", tmp_path / "csv")
    for name in FRAMES:
        frame = getattr(Timeline([]), name)
        columns = ([frame.index.name] if frame.index.name else []) + frame.columns.tolist()
        assert pd.read_parquet(tmp_path / "parquet" / f"{name}.parquet").columns.tolist() == columns
        assert (tmp_path / "csv" / f"{name}.csv").read_text().strip().split(",") == columns


def test_csv_holds_every_row_with_times_in_utc(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "csv", tmp_path)
    with (tmp_path / "deliveries.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    deliveries = timeline.deliveries
    assert [row["sentence"] for row in rows] == deliveries["sentence"].tolist()
    assert [row["evidence"] for row in rows] == [" ".join(map(str, each)) for each in deliveries["evidence"]]
    assert [pd.Timestamp(row["time"]) for row in rows] == deliveries["time"].tolist()
    assert [row["connection"] or None for row in rows] == [
        None if pd.isna(each) else each for each in deliveries["connection"]
    ]


def test_hostile_text_in_csv_is_inert_and_no_formula(tmp_path: Path) -> None:
    export(Timeline(attacked()), "csv", tmp_path)
    for name in FRAMES:
        text = (tmp_path / f"{name}.csv").read_text()
        assert_inert(text)
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "@"))]


def test_a_formula_is_shown_and_not_run(tmp_path: Path) -> None:
    from hlmock.trace.events import ConnectionEnded, TraceEvent

    reason = '=HYPERLINK("http://evil.example")'
    events = [
        TraceEvent(1, 1, 1, "connection.opened", connection="c1"),
        TraceEvent(2, 2, 2, "connection.closed", connection="c1", detail=ConnectionEnded(1000, "client", reason)),
    ]
    export(Timeline(events), "csv", tmp_path)
    with (tmp_path / "connections.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["reason"] == f"'{reason}"


def test_hostile_text_in_parquet_is_what_was_sent(tmp_path: Path) -> None:
    timeline = Timeline(attacked())
    export(timeline, "parquet", tmp_path)
    read = pd.read_parquet(tmp_path / "deliveries.parquet")
    assert read["sentence"].tolist() == timeline.deliveries["sentence"].tolist()
