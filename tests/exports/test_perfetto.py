"""The Perfetto export: the same deliveries as the timeline, on tracks that the trace processor understands."""

import json
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.exports import export
from support.attacks import attacked
from support.demo import played
from support.hostile import assert_inert

PROCESSES = {1: "server", 2: "accounts", 3: "connections"}


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(played())


@pytest.fixture(scope="module")
def trace(timeline: Timeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("perfetto") / "trace.json"
    export(timeline, "perfetto", path)
    return path


@pytest.fixture(scope="module")
def processor(trace: Path) -> Iterator[Any]:
    """The trace processor of PyPI's `perfetto`, which fetches its program the first time it runs."""
    from perfetto.trace_processor import TraceProcessor, TraceProcessorConfig

    config = TraceProcessorConfig(bin_path=shutil.which("trace_processor_shell"))
    try:
        opened = TraceProcessor(trace=str(trace), config=config)
    except subprocess.CalledProcessError as error:
        url = error.cmd[-1]
        pytest.skip(
            f"PyPI's perfetto brings no trace_processor_shell, and {url} cannot be fetched (curl: {error.returncode})"
        )
    with opened:
        yield opened


def test_the_trace_processor_counts_the_same_deliveries(timeline: Timeline, processor: Any) -> None:
    deliveries = timeline.deliveries
    found = {row.category: row.n for row in processor.query("SELECT category, count(*) n FROM slice GROUP BY category")}
    assert found["delivery"] == deliveries["written_seq"].notna().sum()
    assert found["missing"] == (deliveries["expected"] & (deliveries["group"] == "missing")).sum()
    by_connection = {
        row.name: row.n
        for row in processor.query(
            "SELECT thread.name name, count(*) n FROM slice JOIN thread_track ON slice.track_id = thread_track.id"
            " JOIN thread USING (utid) WHERE category = 'delivery' GROUP BY 1"
        )
    }
    written = deliveries[deliveries["written_seq"].notna()]
    assert by_connection == written["connection"].value_counts().to_dict()
    (flows,) = processor.query("SELECT count(*) n FROM flow")
    assert flows.n == len(written)


def events_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["traceEvents"]
    return found


def ns(us: float) -> int:
    return round(us * 1_000)


def test_slices_and_flows_are_as_the_format_wants_them(timeline: Timeline, trace: Path) -> None:
    events = events_of(trace)
    slices: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for each in events:
        if each["ph"] == "X":
            start = ns(each["ts"])
            slices[each["pid"], each["tid"]].append((start, start + ns(each["dur"])))
    for of_track in slices.values():
        assert of_track == sorted(of_track)
        assert all(end <= start for (_, end), (start, _) in pairwise(of_track))
    flows: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in events:
        if each["ph"] in "sf":
            flows[each["id"]].append(each)
            holders = slices[each["pid"], each["tid"]]
            assert sum(start <= ns(each["ts"]) < end for start, end in holders) == 1
    assert len(flows) == timeline.deliveries["written_seq"].notna().sum()
    for both in flows.values():
        assert sorted(each["ph"] for each in both) == ["f", "s"]
        begin, end = sorted(both, key=lambda each: str(each["ph"]), reverse=True)
        assert begin["ts"] < end["ts"]
        assert PROCESSES[begin["pid"]] == "accounts"
        assert PROCESSES[end["pid"]] == "connections"


def test_deliveries_are_slices_of_their_connections(timeline: Timeline, trace: Path) -> None:
    events = events_of(trace)
    named = {(each["pid"], each["tid"]): each["args"]["name"] for each in events if each["name"] == "thread_name"}
    assert {each["args"]["name"] for each in events if each["name"] == "process_name"} == set(PROCESSES.values())
    assert len({thread for _, thread in named}) == len(named)  # the trace processor knows them by number alone
    counted = Counter(named[each["pid"], each["tid"]] for each in events if each.get("cat") == "delivery")
    written = timeline.deliveries[timeline.deliveries["written_seq"].notna()]
    assert counted == Counter(written["connection"].tolist())
    (missing,) = [each for each in events if each.get("cat") == "missing"]
    assert missing["args"]["verdict"] == "before_subscription"
    assert named[missing["pid"], missing["tid"]] == "c5"


def test_every_asynchronous_slice_that_ends_has_begun(trace: Path) -> None:
    events = events_of(trace)
    begun = Counter((each["cat"], each["id"]) for each in events if each["ph"] == "b")
    ended = Counter((each["cat"], each["id"]) for each in events if each["ph"] == "e")
    assert begun
    assert set(begun.values()) == {1}
    assert ended == begun  # all requests of the demo were answered, all frames written


def test_hostile_text_is_inert(tmp_path: Path) -> None:
    export(Timeline(attacked()), "perfetto", tmp_path / "trace.json")
    assert_inert((tmp_path / "trace.json").read_text())

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for each in value.values():
                yield from texts(each)
        elif isinstance(value, str):
            yield value

    for event in events_of(tmp_path / "trace.json"):
        for text in texts(event):
            assert_inert(text)
