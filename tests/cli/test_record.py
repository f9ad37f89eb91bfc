"""`hlbench record`: what a server holds, kept."""

from pathlib import Path

import pytest

from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlbench.sources.recording import RecordingSource
from hlmock import MockExchange


def test_everything_that_a_server_holds_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.hlrec"
    with MockExchange() as exchange:
        run(["order", "alice", "buy", "0.01", "BTC", "60000", "--attach", exchange.url])
        assert run(["record", str(path), "--attach", exchange.url]) == ExitCode.FINE
        held = exchange.events()
    kept = RecordingSource(path).read(0)
    assert kept == held[: len(kept)]
    assert "order.stored" in [event.stage for event in kept]


def test_a_file_that_is_there_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with MockExchange() as exchange:
        assert run(["record", str(path), "--attach", exchange.url]) == ExitCode.UNREACHABLE
    assert path.read_text() == "mine"
    assert "name another file" in capsys.readouterr().err
