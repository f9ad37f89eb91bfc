"""The command line itself: quick help, documented exit codes, errors in one line."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hlbench.cli import run
from hlbench.demo.story import HASTY_CLOID, cloid_of
from hlbench.exit_codes import ExitCode
from hlmock import MockExchange
from support.demo import recorded
from support.hostile import HOSTILE, assert_inert

COMMANDS = ("serve", "tui", "demo", "why", "report", "control", "profiles")
MAIN = "from hlbench.cli import main; main()"


def test_help_loads_nothing_that_a_command_needs() -> None:
    heavy = ("pandas", "pyarrow", "textual", "httpx", "eth_account", "websockets", "asyncio")
    code = (
        "import sys\nfrom hlbench.cli import run\nrun(['--help'])\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f" {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_its_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == ExitCode.FINE
    out = capsys.readouterr().out
    assert f"Usage: hlbench {command}" in out
    assert "Exit codes: 0 fine, 1 a finding" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["why"],
        ["why", "1", "--colour"],
        ["why", "1", "file", "--attach", "127.0.0.1:1"],
        ["why", "1", "--attach", "ftp://x"],
        ["why", "1", "--attach", "http://127.0.0.1:1?token=hush"],
        ["why", "1", "--account", "0x12"],
        ["report", "a", "b"],
        ["serve", "--port", "99999"],
        ["serve", "--port", "-1"],
        ["serve", "--market-maker", "7", "--prices", "file.csv"],
        ["tui"],
        ["tui", "--web", "--scenario", "S999"],
        ["profiles", "hyperliquid", "--switches"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_2_and_one_line_of_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("hlbench: ")
    assert "hush" not in captured.err


def test_an_unreachable_server_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "1", "--attach", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    captured = capsys.readouterr()
    assert "http://127.0.0.1:9 cannot be reached: is `hlbench serve` running there?" in captured.err


def test_an_unreadable_recording_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r").write_text("no recording")
    assert run(["report", str(tmp_path / "r")]) == ExitCode.UNREACHABLE
    assert run(["report", str(tmp_path / "nowhere")]) == ExitCode.UNREACHABLE
    assert "is not a recording" in capsys.readouterr().err


def test_a_page_is_not_served_where_its_port_is_taken_or_its_recording_cannot_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["tui", "--web", "--port", str(taken.getsockname()[1])]) == ExitCode.UNREACHABLE
    assert run(["tui", "/nowhere/run.hlrec", "--web", "--port", "0"]) == ExitCode.UNREACHABLE
    err = capsys.readouterr().err
    assert "Address already in use; try --port 0" in err
    assert "/nowhere/run.hlrec cannot be read" in err


def test_a_file_that_is_not_there_is_named_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--port", "0", "--load", "/nowhere/dump.json"]) == ExitCode.UNREACHABLE
    assert capsys.readouterr().err == "hlbench: /nowhere/dump.json: No such file or directory\n"


def test_a_token_is_taken_from_the_environment_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with MockExchange(token="hush-hush") as exchange:
        assert run(["report", "--attach", exchange.url]) == ExitCode.UNREACHABLE
        assert run(["report", "--attach", exchange.url, "--token", "wrong-hush"]) == ExitCode.UNREACHABLE
        monkeypatch.setenv("HLBENCH_TOKEN", "hush-hush")
        assert run(["report", "--attach", exchange.url]) == ExitCode.FINE
    captured = capsys.readouterr()
    assert "--token or HLBENCH_TOKEN" in captured.err
    assert "the token is not the server's" in captured.err
    assert "hush" not in captured.err + captured.out


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_arguments_are_inert_in_errors(attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([f"x{attack}"])
    run(["report", f"/nowhere/{attack}".replace("\0", "")[:200]])
    captured = capsys.readouterr()
    assert_inert(captured.out + captured.err)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["why", HASTY_CLOID], ExitCode.FINDING), (["why", cloid_of(0, 1)], ExitCode.FINE)]
)
def test_a_reader_of_the_pipe_that_has_gone_changes_no_exit_code(
    arguments: list[str], code: ExitCode, tmp_path: Path
) -> None:
    path = recorded(tmp_path / "r")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *arguments, str(path)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (code, "")


def test_ctrl_c_is_exit_130_without_a_traceback() -> None:
    """`tui` would take the signal itself: `why` waits for a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "why", "1", "--attach", url], stderr=subprocess.PIPE, text=True
        )
        asking, _ = silent.accept()
        with asking:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in err
