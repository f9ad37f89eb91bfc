"""`hlbench tui` gives the application the source that was asked for, and closes it afterwards."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hlbench import answer
from hlbench.cli import run
from hlbench.demo.story import HASTY_CLOID
from hlbench.exit_codes import ExitCode
from hlbench.sources import EventSource
from hlmock import MockExchange
from support.demo import recorded


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hlbench.commands.tui.has_terminal", lambda: True)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[EventSource], None]], list[EventSource]]:
    """Instead of drawing, the application does what a test says with its source."""
    from hlbench.tui.app import WorkbenchApp

    def prepare(at: Callable[[EventSource], None]) -> list[EventSource]:
        shown: list[EventSource] = []

        def run_instead(app: WorkbenchApp) -> None:
            shown.append(app._source)
            at(app._source)

        monkeypatch.setattr(WorkbenchApp, "run", run_instead)
        return shown

    return prepare


def wait_for_the_missing_update(source: EventSource) -> None:
    changed = threading.Event()
    stop = source.listen(changed.set)
    while answer(source.read(0), cloid=HASTY_CLOID).missing == 0:
        changed.clear()
        assert changed.wait(30), "the demo's traffic stands still"
    stop()


def test_alone_it_embeds_an_exchange_with_the_demos_traffic(
    look: Callable[[Callable[[EventSource], None]], list[EventSource]],
) -> None:
    shown = look(wait_for_the_missing_update)
    assert run(["tui"]) == ExitCode.FINE
    (source,) = shown
    assert source.description.startswith("embedded ws://127.0.0.1:")
    assert not source.is_live
    assert not [thread for thread in threading.enumerate() if thread.name in ("hlmock", "hlbench demo traffic")]


def test_a_recording_is_opened(
    look: Callable[[Callable[[EventSource], None]], list[EventSource]], tmp_path: Path
) -> None:
    path = recorded(tmp_path / "r")
    shown = look(wait_for_the_missing_update)
    assert run(["tui", str(path)]) == ExitCode.FINE
    assert shown[0].description == f"recording {path}"


def test_a_server_is_attached_to(look: Callable[[Callable[[EventSource], None]], list[EventSource]]) -> None:
    with MockExchange(token="hush") as exchange:
        shown = look(lambda source: source.catch_up(20))
        assert run(["tui", "--attach", exchange.url, "--token", "hush"]) == ExitCode.FINE
        assert shown[0].url == exchange.url
        assert not shown[0].is_live


@pytest.mark.parametrize("arguments", [["tui", "file", "--attach", "127.0.0.1:1"], ["tui", "--attach", "ftp://x"]])
def test_what_cannot_be_shown_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("hlbench: ")


def wait_for_an_error(source: EventSource) -> None:
    changed = threading.Event()
    stop = source.listen(changed.set)
    while source.error is None or source.error.startswith("connecting"):
        changed.clear()
        assert changed.wait(30), "nothing was said"
    stop()


def test_a_server_that_cannot_be_reached_ends_with_3_and_says_so(
    look: Callable[[Callable[[EventSource], None]], list[EventSource]], capsys: pytest.CaptureFixture[str]
) -> None:
    look(wait_for_an_error)
    assert run(["tui", "--attach", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert "is `hlbench serve` running there?" in capsys.readouterr().err


def test_a_wrong_token_ends_with_3_and_says_so(
    look: Callable[[Callable[[EventSource], None]], list[EventSource]], capsys: pytest.CaptureFixture[str]
) -> None:
    with MockExchange(token="hush") as exchange:
        look(wait_for_an_error)
        assert run(["tui", "--attach", exchange.url, "--token", "loud"]) == ExitCode.UNREACHABLE
    assert "the token is not the server's" in capsys.readouterr().err


def test_a_recording_that_is_none_ends_with_3_before_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path / "r")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for part in path.iterdir() if path.is_dir() else [path]:
        (damaged / part.name).write_bytes(b"no recording" * 10)
    target = damaged if path.is_dir() else damaged / path.name
    assert run(["tui", str(target)]) == ExitCode.UNREACHABLE
    assert str(target) in capsys.readouterr().err


def test_the_lab_opens_at_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    from hlbench.tui.app import WorkbenchApp

    titles: list[str] = []
    monkeypatch.setattr(WorkbenchApp, "run", lambda app: titles.append(app.current.TITLE_OF_TAB))
    assert run(["tui", "--scenario", "S03"]) == ExitCode.FINE
    assert titles == ["Lab"]


def test_a_scenario_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tui", "--scenario", "S99"]) == ExitCode.USAGE
    assert run(["tui", "--schedule", "FIFO"]) == ExitCode.USAGE
    assert "--scenario" in capsys.readouterr().err
