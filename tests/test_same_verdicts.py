"""One run, one set of verdicts: through the TUI's source, the command line, the timeline and the page of pytest."""

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import hlbench.exports.page
import hlbench.plots.heat
import hlbench.plots.html
import hlbench.plots.lanes
import hlbench.timeline
from hlbench import Timeline
from hlbench.cli import run
from hlbench.exports import export
from hlbench.sources import open_source
from hlbench.tui.session import Session

LOADED = (hlbench.exports.page, hlbench.plots.heat, hlbench.plots.html, hlbench.plots.lanes, hlbench.timeline)
"""Before pytester notes what is loaded: it unloads the rest after each run, and half of a package would stay."""

Row: TypeAlias = tuple[Any, ...]
"""oid, updated, key, connection, expected, code, sentence."""

FIELDS = ("oid", "updated", "key", "connection", "expected")

TEST = """
from hlbench.demo.traffic import play_once

def test_lost(mock_exchange):
    play_once(mock_exchange)
    assert False
"""


@pytest.fixture
def recording(pytester: pytest.Pytester) -> Path:
    """Of a failing test, beside its page."""
    pytester.makepyfile(test_it=TEST)
    arguments = ("--hlbench-record", "out", "--hlbench-report", "out")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:faulthandler", *arguments)
    result.assert_outcomes(failed=1)
    (path,) = (pytester.path / "out").glob("*.hlrec")
    return path


def of_timeline(path: Path) -> list[Row]:
    frame = Timeline(path).deliveries.rename(columns={"updated_seq": "updated"})
    rows = frame[[*FIELDS, "verdict", "sentence"]].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).to_numpy().tolist()]


def of_tui(path: Path) -> list[Row]:
    session = Session(open_source(path))
    while session.drain(budget_ns=1_000_000_000):
        pass
    return [
        (*(getattr(row, name) for name in FIELDS), row.verdict.code.value, row.verdict.sentence)
        for order in session.model.audit.orders()
        for row in session.model.deliveries(order.oid)
    ]


def of_command_line(path: Path, oids: list[int], capsys: pytest.CaptureFixture[str]) -> list[Row]:
    found: list[Row] = []
    for oid in oids:
        run(["why", str(oid), str(path), "--json"])
        (order,) = json.loads(capsys.readouterr().out)["orders"]
        for row in order["rows"]:
            told = row["verdict"]
            found.append((*(row.get(name) for name in FIELDS), told["code"], told["sentence"]))
    return found


def problems(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<p class="sentence">(.*?)</p>', page, re.DOTALL)]


def counts(page: str) -> dict[str, tuple[int, int]]:
    """Rows by code: expected, and not."""
    pattern = r'<td><code>(\w+)</code></td><td class="number">(\d+)</td>.*?<td class="number">(\d*)</td>'
    return {code: (int(expected), int(other or 0)) for code, expected, other in re.findall(pattern, page)}


def test_every_face_gives_the_same_verdicts(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    rows = of_timeline(recording)
    oids = list(dict.fromkeys(row[0] for row in rows))
    assert len(rows) > 20
    assert of_tui(recording) == rows
    assert of_command_line(recording, oids, capsys) == rows

    page = recording.with_suffix(".html").read_text()
    missing = [row[-1] for row in rows if row[-3] and row[-2] == "before_subscription"]
    assert problems(page) == missing
    assert len(missing) == 1
    expected = Counter(row[-2] for row in rows if row[-3])
    other = Counter(row[-2] for row in rows if not row[-3])
    assert counts(page) == {code: (expected[code], other[code]) for code in expected | other}

    export(Timeline(recording), "jsonl", tmp_path / "events.jsonl")
    assert of_timeline(tmp_path / "events.jsonl") == rows
