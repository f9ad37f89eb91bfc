"""JSON Lines of events: what was exported is read again, equal; other servers' lines need little; damage is named."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hlbench import Timeline
from hlbench.exports import export
from hlbench.imports import open_import, sniff
from hlbench.imports.jsonl import DETAILS
from hlbench.sources import SourceError, open_source
from hlmock.trace.events import TraceEvent, to_plain
from support.attacks import attacked
from support.demo import played
from support.foreign import only_row, placing
from support.streams import cloid_of

HEADING = {"format": "hlbench.events", "version": 1}


def written(path: Path, lines: list[Any], heading: dict[str, Any] | None = None) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in [heading or HEADING, *lines]))
    return path


def comparable(events: "list[TraceEvent] | tuple[TraceEvent, ...]") -> list[dict[str, Any]]:
    """Undecodable bytes of a payload are text after an export."""
    return [to_plain(event) for event in events]


@pytest.mark.parametrize("events", [played(), tuple(attacked())], ids=["the demo", "hostile text"])
def test_an_export_is_read_again_and_equal(events: tuple[TraceEvent, ...], tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    export(Timeline(events), "jsonl", path)
    again = open_source(path)
    assert again.error is None
    assert comparable(again.read(0)) == comparable(events)
    assert (again.first_seq, again.last_seq) == (events[0].seq, events[-1].seq)
    export(Timeline(again), "jsonl", tmp_path / "twice.jsonl")
    lines, twice = path.read_text().splitlines()[1:], (tmp_path / "twice.jsonl").read_text().splitlines()[1:]
    assert lines == twice
    assert path.read_text().isascii()


def test_every_stage_of_the_demo_carries_what_the_table_says() -> None:
    for event in played():
        if event.detail is not None:
            assert isinstance(event.detail, DETAILS[event.stage])


def test_a_server_needs_to_say_little(tmp_path: Path) -> None:
    account = "0x" + "a1" * 20
    key = f"orderUpdates:{account}"
    lines = [
        {"time_ms": 1_000, "stage": "connection.opened", "connection": "c1"},
        {
            "time_ms": 1_000,
            "stage": "subscription.added",
            "connection": "c1",
            "account": account,
            "key": key,
            "commit": 0,
            "detail": {"subscription": 1, "active": 1},
        },
        {
            "time_ms": 1_002,
            "stage": "order.stored",
            "account": account,
            "oid": 7,
            "coin": "BTC",
            "commit": 1,
            "detail": {"status": "open", "side": "B", "px": "1", "sz": "1", "orig_sz": "1"},
        },
        {
            "time_ms": 1_002,
            "stage": "publication.created",
            "account": account,
            "key": key,
            "commit": 1,
            "detail": {"publication": 1, "updates": [[7, None, "open", 1, 3]]},
        },
        {
            "time_ms": 1_003,
            "stage": "registry.resolved",
            "key": key,
            "commit": 1,
            "detail": {"publication": 1, "found": [], "registry_size": 1},
        },
    ]
    timeline = Timeline(written(tmp_path / "log", lines))
    row = only_row(timeline)
    assert (row.connection, row.verdict, row.oid) == ("c1", "dropped", 7)
    assert row.sentence.startswith("c1: taken out of the way") or "registry did not find" in row.sentence
    assert timeline.events.index.tolist() == [1, 2, 3, 4, 5]


EVENT = {"seq": 1, "mono_ns": 1, "time_ms": 1, "stage": "connection.opened", "connection": "c1"}

DAMAGE: dict[str, tuple[str, int, str]] = {
    "no heading": (json.dumps(EVENT), 1, "the heading"),
    "a newer version": (json.dumps(HEADING | {"version": 9}), 1, "version 9 is newer"),
    "no version": (json.dumps({"format": "hlbench.events"}), 1, "None is no version"),
    "half a line": (f"{json.dumps(HEADING)}\n{json.dumps(EVENT)}\n{json.dumps(EVENT)[:30]}", 3, "no JSON object"),
    "no object": (f"{json.dumps(HEADING)}\n[1, 2]\n", 2, "no JSON object"),
    "no stage": (f'{json.dumps(HEADING)}\n\n{{"time_ms": 1}}\n', 3, "missing required field `stage`"),
    "no time": (f'{json.dumps(HEADING)}\n{{"stage": "x"}}\n', 2, "missing required field"),
    "text for a number": (
        f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'oid': 'seven'})}\n",
        2,
        "got `str` - at `$.oid`",
    ),
    "a repeated seq": (
        f"{json.dumps(HEADING)}\n{json.dumps(EVENT)}\n{json.dumps(EVENT)}\n",
        3,
        "seq 1 does not come after 1",
    ),
    "a cause to come": (
        f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'cause': 5})}\n",
        2,
        "a cause that comes later: 5",
    ),
    "a number too large": (f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'mono_ns': 2**63})}\n", 2, "out of range"),
    "a time without end": (f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'time_ms': 2**62})}\n", 2, "time_ms"),
    "another stage's detail": (
        f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'detail': {'kind': 'orderstored'}})}\n",
        2,
        "missing required field",
    ),
    "a detail of no kind": (
        f"{json.dumps(HEADING)}\n{json.dumps(EVENT | {'detail': {'kind': 'opened'}})}\n",
        2,
        "a connection.opened carries a detail of kind 'connectionopened', not 'opened'",
    ),
    "lines cut off": (f"{json.dumps(HEADING | {'events': 2})}\n{json.dumps(EVENT)}\n", 2, "ends after 1 of 2 events"),
    "half a character": (f'{json.dumps(HEADING)}\n{{"stage": "\\ud800"}}', 2, "no JSON object"),
    "no text": (f'{json.dumps(HEADING)}\n{{"stage": "\ud800"}}', 2, "no JSON object"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_an_error_with_file_and_line(damage: str, tmp_path: Path) -> None:
    text, line, said = DAMAGE[damage]
    path = tmp_path / "log.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SourceError) as error:
        open_import(path, "jsonl")
    assert str(error.value).startswith(f"{path}, line {line}: ")
    assert said in str(error.value)


def test_every_line_that_is_cut_short_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    export(Timeline(played()[:12]), "jsonl", path)
    whole = path.read_bytes()
    for end in range(1, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        with pytest.raises(SourceError, match=r"log\.jsonl, line \d+: "):
            open_import(path, "jsonl")


def test_nesting_without_end_is_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(HEADING) + "\n" + '{"a":' * 100_000)
    with pytest.raises(SourceError, match="line 2"):
        open_import(path, "jsonl")


def test_signatures_that_another_server_kept_stay_in_the_file(tmp_path: Path) -> None:
    line = {"time_ms": 1, "stage": "request.received", "request": 1, "payload": json.dumps(placing(cloid_of(1)))}
    (event,) = open_import(written(tmp_path / "log", [line]), "jsonl").read(0)
    assert event.payload is not None
    assert cloid_of(1).encode() in event.payload
    assert b"1d1d" not in event.payload


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert sniff(tmp_path / "none") is None
    with pytest.raises(SourceError, match="cannot be read"):
        open_import(tmp_path / "none", "jsonl")


def test_a_stage_of_a_newer_version_is_carried_through(tmp_path: Path) -> None:
    line = {"time_ms": 1, "stage": "moon.phase", "detail": {"kind": "moon", "phase": "new"}}
    (event,) = open_import(written(tmp_path / "log", [line]), "jsonl").read(0)
    assert msgspec.to_builtins(event.detail)["name"] == "moon"
