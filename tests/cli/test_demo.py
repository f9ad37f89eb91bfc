"""`hlbench demo`: the product in one page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hlbench.cli import run
from hlbench.demo.story import HASTY_CLOID, WALLETS
from hlbench.demo.traffic import Traffic
from hlbench.exit_codes import ExitCode
from hlbench.timeline.orders import STAGE_COLUMNS
from hlmock import MockExchange
from hlmock.signing import wallet
from hlmock.trace import stages


def test_without_a_terminal_it_tells_the_whole_story_and_exits_0() -> None:
    """As its own process, as `make demo` runs it without a terminal."""
    done = subprocess.run(
        [sys.executable, "-c", "from hlbench.cli import main; main()", "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == ExitCode.FINE, done.stderr
    out = " ".join(done.stdout.split())
    for name in WALLETS:
        assert f"{name} {wallet(name).address}" in out
    for column in STAGE_COLUMNS:
        assert column.removesuffix("_us") in out
    assert "c4 subscribed at" in out
    assert "before c2 was lost (1006 by client)" in out
    assert "c5: published before the subscription took effect, by" in out
    assert "evidence: seq" in out
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert "\x1b" not in done.stdout


def test_json_has_wallets_orders_with_stages_the_reconnect_and_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--json"]) == ExitCode.FINE
    plain = json.loads(capsys.readouterr().out)
    assert plain["schema"] == "hlbench.demo/1"
    assert set(plain["wallets"]) == set(WALLETS)
    assert len(plain["orders"]) == 7
    assert all(set(order["stages"]) == set(STAGE_COLUMNS) for order in plain["orders"])
    assert [(each["old"], each["new"]) for each in plain["reconnects"]] == [("c2", "c4")]
    assert plain["why"]["verdict"]["code"] == "before_subscription"


def test_a_recorded_demo_can_be_asked_afterwards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "demo.hlrec"
    assert run(["demo", "--record", str(path)]) == ExitCode.FINE
    assert f"hlbench why {HASTY_CLOID} {path}" in capsys.readouterr().err
    assert run(["why", HASTY_CLOID, str(path)]) == ExitCode.FINDING


def test_traffic_goes_on_until_it_is_stopped_and_then_closes_its_connections() -> None:
    with MockExchange() as exchange:
        traffic = Traffic(exchange, pace_s=0.001)
        traffic.start()
        wait_for_rounds(exchange, 2)
        traffic.stop()
        assert traffic.error is None
        closed = [event for event in exchange.events() if event.stage == stages.CONNECTION_CLOSED]
        opened = [event for event in exchange.events() if event.stage == stages.CONNECTION_OPENED]
        assert len(closed) == len(opened)


def test_traffic_says_what_ended_it() -> None:
    with MockExchange() as exchange:
        traffic = Traffic(exchange, pace_s=0.001)
        traffic.start()
        wait_for_rounds(exchange, 1)
    traffic._thread.join(20)
    assert traffic.error is not None


def wait_for_rounds(exchange: MockExchange, rounds: int) -> None:
    """Each round loses one of alice's connections."""
    import threading

    enough = threading.Event()

    def look() -> None:
        lost = sum(event.stage == stages.CONNECTION_CLOSED for event in exchange.events())
        if lost >= rounds:
            enough.set()

    stop = exchange.log.listen(look)
    try:
        assert enough.wait(30), "the demo's traffic stands still"
    finally:
        stop()
