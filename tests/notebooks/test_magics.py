"""`%load_ext hlbench`: what `%hlbench` opens, shows and refuses, in a real IPython."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from hlbench import Answer, Timeline
from hlbench.jupyter.live import LiveView
from hlbench.jupyter.runs import LabRun
from hlbench.trading import NewOrder, Trader
from hlmock import MockExchange
from support.clients import eventually
from support.demo import recorded
from support.streams import cloid_of

Do = Callable[[str], Any]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_length=0)
    shell.run_line_magic("load_ext", "hlbench")
    yield shell
    shell.run_line_magic("unload_ext", "hlbench")
    shell.history_manager.end_session()  # type: ignore[union-attr]
    InteractiveShell.clear_instance()


@pytest.fixture
def do(shell: InteractiveShell) -> Do:
    """A cell's value."""

    def run(cell: str) -> Any:
        done = shell.run_cell(cell)  # type: ignore[no-untyped-call]
        done.raise_error()
        return done.result

    return run


def refusal(shell: InteractiveShell, cell: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    shell.run_cell(cell)  # type: ignore[no-untyped-call]
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return said.err


def test_it_serves_and_says_why(do: Do, capsys: pytest.CaptureFixture[str]) -> None:
    do("%hlbench serve")
    exchange = do("exchange")
    assert isinstance(exchange, MockExchange)
    assert exchange.url in capsys.readouterr().out
    Trader(exchange.url).place(NewOrder("alice", "buy", "0.01", "BTC", "60000", cloid=cloid_of(7)))
    why = do(f"answer = %hlbench why {cloid_of(7)}\nanswer")
    assert isinstance(why, Answer)
    assert why.verdict is not None
    assert why.verdict.code == "no_subscription"
    timeline = do("%hlbench timeline")
    assert isinstance(timeline, Timeline)
    assert list(timeline.orders["coin"]) == ["BTC"]


def test_it_attaches_to_a_server_and_asks_it_anew_each_time(do: Do) -> None:
    with MockExchange() as exchange:
        do("url = " + repr(exchange.url))
        do("%hlbench attach {url}")
        for number in (1, 2):
            Trader(exchange.url).place(NewOrder("alice", "buy", "0.01", "BTC", "60000"))
            assert len(do("%hlbench timeline").orders) == number


def test_it_reads_a_recording(do: Do, tmp_path: Path) -> None:
    path = recorded(tmp_path / "run.hlrec")
    do(f"%hlbench attach {path}")
    assert len(do("%hlbench timeline").orders) == 7


def test_it_runs_a_scenario_and_finds_out_why(do: Do) -> None:
    run = do("%hlbench run S03")
    assert isinstance(run, LabRun)
    assert run.is_broken
    assert "removed_by_cleanup" in str(run)
    assert "removed_by_cleanup" in run._repr_html_()
    assert do("%hlbench why 400000000001").missing == 2
    assert do("%hlbench timeline").summary().orders == 1


def test_a_schedule_is_replayed(do: Do) -> None:
    schedule = "c2.in@frame.received before c1.cleanup@connection.closing"
    assert str(do(f'%hlbench run S03 "{schedule}"').schedule) == schedule


def test_the_sound_variant_breaks_nothing(do: Do) -> None:
    run = do("%hlbench run S03 --variant passing")
    assert not run.is_broken
    assert "nothing is broken" in str(run)


def test_it_follows_live_and_stop_ends_it_all(do: Do) -> None:
    before = set(threading.enumerate())
    do("%hlbench serve")
    assert isinstance(do("%hlbench follow --rows 3"), LiveView)
    do("%hlbench stop")
    eventually(lambda: set(threading.enumerate()) <= before, what="the end of the threads")


def test_a_live_view_goes_on_when_something_else_is_opened(do: Do) -> None:
    do("%hlbench serve")
    view = do("view = %hlbench follow\nview")
    do("%hlbench run S03")
    assert view.source.is_live
    Trader(do("exchange").url).place(NewOrder("alice", "buy", "0.01", "BTC", "60000"))
    eventually(lambda: view.view["orders"], what="the order in the view")
    do("%hlbench stop")
    assert not view.source.is_live


def test_help_is_shown_and_is_no_error(do: Do, capsys: pytest.CaptureFixture[str]) -> None:
    assert do("%hlbench --help") is None
    assert do("%hlbench why --help") is None
    said = capsys.readouterr().out
    assert "serve|attach|run|why|timeline|follow|stop" in said
    assert "cloid or oid" in said


MISTAKES = {
    "%hlbench": "--help says more",
    "%hlbench wyh 1": "invalid choice: 'wyh'",
    "%hlbench why 1": "nothing is open: start with %hlbench serve",
    "%hlbench why": "required: order",
    "%hlbench why 'x": "No closing quotation",
    "%hlbench attach no.hlrec": "no.hlrec cannot be read",
    "%hlbench attach server.log": "server.log cannot be read",
    "%hlbench attach ftp://example": "not a server's address",
    "%hlbench attach 127.0.0.1:1": "is `hlbench serve` running there?",
    "%hlbench run S99": "no scenario 'S99'; nearest:",
    "%hlbench run S03 nonsense": "cannot read 'nonsense'",
    "%hlbench run S03 --defect nonsense": "no defect 'nonsense'",
    '%hlbench run S03 "x@y before z@w"': "the schedule expects",
    "%hlbench serve --port x": "invalid int value: 'x'",
    "%hlbench run S03\n%hlbench follow": "a lab run is over",
    "%hlbench serve\n%hlbench serve": "%hlbench stop ends it",
}


@pytest.mark.parametrize("cell", MISTAKES)
def test_a_mistake_is_one_clear_line(cell: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert MISTAKES[cell] in refusal(shell, cell, capsys)


def test_what_failed_to_open_leaves_what_was_open(do: Do, shell: InteractiveShell, tmp_path: Path) -> None:
    do(f"%hlbench attach {recorded(tmp_path / 'run.hlrec')}")
    shell.run_cell("%hlbench attach 127.0.0.1:1")  # type: ignore[no-untyped-call]
    assert len(do("%hlbench timeline").orders) == 7


def test_unloading_takes_the_magic_away(shell: InteractiveShell) -> None:
    shell.run_line_magic("unload_ext", "hlbench")
    assert "hlbench" not in shell.magics_manager.magics["line"]
    shell.run_line_magic("load_ext", "hlbench")
    assert "hlbench" in shell.magics_manager.magics["line"]
