"""Foreign logs in every face: command line, timeline, TUI; and what is none."""

import json
from pathlib import Path

import pytest

from hlbench import Timeline
from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlbench.sources import SourceError, open_source
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.session import Session
from support.foreign import EXCERPT, WALLET, Har, item, placed, placing
from support.hostile import assert_inert
from support.streams import cloid_of


@pytest.fixture
def excerpt(tmp_path: Path) -> Path:
    path = tmp_path / "mock.log"
    path.write_text(EXCERPT, encoding="utf-8")
    return path


@pytest.fixture
def har(tmp_path: Path) -> Path:
    session = Har()
    socket = session.socket(0)
    session.exchange(0.5, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    socket.subscribe(1.0, WALLET)
    socket.update(2.0, item(8))
    path = tmp_path / "page.har"
    path.write_text(session.text())
    return path


def test_report_reads_them_and_says_what_they_leave_open(excerpt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(excerpt)]) == ExitCode.FINE
    said = capsys.readouterr()
    assert f"slog JSON log {excerpt}" in said.out
    assert "… 1 on their way" in said.out
    assert "has no times" in said.err
    assert_inert(said.err)


def test_why_explains_an_order_of_a_foreign_log(har: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", cloid_of(1), str(har), "--json"]) == ExitCode.FINDING
    plain = json.loads(capsys.readouterr().out)
    assert plain["source"] == f"HAR {har}"
    assert plain["verdict"]["code"] == "before_subscription"


def test_a_foreign_log_is_diagnosed(excerpt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the bug report asked for tells a case-sensitive key at once."""
    lines = [
        {"msg": "ws conn opened", "conn_id": "1"},
        {"msg": "ws subscription added", "wallet": WALLET.lower(), "conn_id": "1"},
        {"msg": "wallet recovered", "wallet": WALLET},
        {"msg": "order stored", "cloid": cloid_of(1)},
        {"msg": "attempting broadcast", "wallet": WALLET, "found_subscription": False},
    ]
    excerpt.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run(["lab", "diagnose", str(excerpt), "--json"]) == ExitCode.FINDING
    ranked = json.loads(capsys.readouterr().out)["ranked"]
    assert ranked[0]["defect"] == "case-sensitive-key"


def test_from_overrules_the_files_beginning(har: Path, excerpt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(excerpt), "--from", "slog", "--json"]) == ExitCode.FINE
    capsys.readouterr()
    assert run(["report", str(har), "--from", "jsonl"]) == ExitCode.UNREACHABLE
    assert f"hlbench: {har}, line 1: no JSON object" in capsys.readouterr().err


def test_an_unknown_form_names_those_there_are(excerpt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(excerpt), "--from", "pcap"]) == ExitCode.USAGE
    assert "one of jsonl, har, slog" in capsys.readouterr().err


def test_a_server_has_no_other_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--attach", "127.0.0.1:1", "--from", "har"]) == ExitCode.USAGE
    assert "leave out --from" in capsys.readouterr().err


def test_damage_ends_a_command_with_file_and_line(excerpt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    excerpt.write_text(EXCERPT + '{"msg": "order stored", "cl')
    for command in (["report", str(excerpt)], ["why", "1", str(excerpt)]):
        assert run(command) == ExitCode.UNREACHABLE
        said = capsys.readouterr()
        assert said.out == ""
        assert f"{excerpt}, line 11: no JSON object" in said.err


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"[]", b'{"a": 1}\n{"b": 2}\n', b"\x00" * 100])
def test_what_is_none_of_them_is_said_to_be_no_recording(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="is not a recording of hlbench"):
        open_source(path)


@pytest.mark.parametrize("which", ["excerpt", "har"])
def test_the_tui_shows_them(which: str, request: pytest.FixtureRequest) -> None:
    source = open_source(request.getfixturevalue(which))
    session = Session(source)
    while session.drain(1_000_000_000):
        pass
    session.look(at_once=True)
    assert len(session.model.audit.orders()) == len(Timeline(source).orders) > 0


def test_the_tui_draws_a_log_that_knows_no_prices(excerpt: Path) -> None:
    import asyncio

    async def draw() -> str:
        app = WorkbenchApp(open_source(excerpt))
        async with app.run_test(size=(140, 40)) as pilot:
            shown = ""
            for _ in range(200):
                await pilot.pause(0)
                shown = app.export_screenshot()
                if "on&#160;its&#160;way" in shown or "waits" in shown:
                    break
            return shown

    shown = asyncio.run(draw())
    assert "0xeb5d" in shown
