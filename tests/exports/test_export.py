"""What all exports share: the table behind the command, whole files, and that no recording is overwritten."""

import json
import time
from pathlib import Path

import httpx
import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlbench.exports import EXPORTERS, ExportError, export
from hlmock import MockExchange
from hlmock.signing import wallet
from support.clients import order_action
from support.demo import played, recorded
from support.streams import cloid_of


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("export") / "demo.hlrec")


def test_the_command_writes_each_export_and_says_where(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for name in EXPORTERS for part in (f"--{name}", str(tmp_path / name))]
    assert run(["report", str(recording), *options]) == ExitCode.FINDING
    assert {each.name for each in tmp_path.iterdir()} == set(EXPORTERS)
    said = capsys.readouterr()
    assert "19 of 20 expected deliveries" in said.out
    for name in EXPORTERS:
        assert f"{name} written to {tmp_path / name}" in said.err


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_recording_is_never_overwritten(name: str, recording: Path) -> None:
    before = recording.read_bytes()
    with pytest.raises(ExportError, match="is a recording"):
        export(Timeline(recording), name, recording)
    assert recording.read_bytes() == before


def test_a_part_of_a_timeline_is_exported_as_a_part(tmp_path: Path) -> None:
    whole = Timeline(played())
    part = whole.of_order(oid=int(whole.orders.index[0]))
    assert 0 < len(part.events) < len(whole.events)
    for name in EXPORTERS:
        export(part, name, tmp_path / name)
    lines = (tmp_path / "jsonl").read_text().splitlines()[1:]
    assert [json.loads(line)["seq"] for line in lines] == part.events.index.tolist()
    assert pd.read_parquet(tmp_path / "parquet" / "orders.parquet")["oid"].tolist() == part.orders.index.tolist()
    trace = json.loads((tmp_path / "perfetto").read_text())["traceEvents"]
    assert sum(each.get("cat") == "delivery" for each in trace) == part.deliveries["written_seq"].notna().sum()


def test_no_export_holds_a_signature(tmp_path: Path) -> None:
    body = wallet("alice").request(order_action(cloid=cloid_of(1)), time.time_ns() // 1_000_000)
    signature = json.loads(body)["signature"]
    with MockExchange() as exchange:
        answer = httpx.post(f"{exchange.url}/exchange", content=body, headers={"content-type": "application/json"})
        assert answer.json()["status"] == "ok"
        timeline = Timeline(exchange)
    for name in EXPORTERS:
        export(timeline, name, tmp_path / name)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > len(EXPORTERS)
    read = {path: pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text() for path in files}
    assert cloid_of(1) in read[tmp_path / "jsonl"]
    for path, text in read.items():
        for part in (signature["r"], signature["s"]):
            assert part[2:] not in text.lower(), path


@pytest.mark.parametrize("name", ["html", "perfetto", "jsonl", "otlp"])
def test_an_export_that_fails_leaves_what_was_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.write_text("before")
    timeline = Timeline(played())

    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    for what in ("of_stages", "details", "accounts"):
        monkeypatch.setattr(timeline, what, broken)
    with pytest.raises(RuntimeError, match="planted"):
        export(timeline, name, target)
    assert target.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["parquet", "csv"])
def test_a_file_is_no_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="name a folder"):
        export(Timeline(played()), name, tmp_path / "file")


def test_a_folder_is_no_file(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(recording), "--html", str(tmp_path)]) == ExitCode.UNREACHABLE
    assert "is a folder: name a file" in capsys.readouterr().err


def test_a_place_that_is_not_there_is_said(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "none" / "r.html"
    assert run(["report", str(recording), "--html", str(target)]) == ExitCode.UNREACHABLE
    assert f"hlbench: {target} cannot be written: No such file or directory" in capsys.readouterr().err
