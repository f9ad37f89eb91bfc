"""The fixture `mock_exchange`, and what a failing test's report says."""

import subprocess
import sys

import pytest

from hlmock import MockExchange
from hlmock.trace.recording_reader import read_recording
from support.hostile import assert_inert

TRADE = """
import time, httpx
from hlmock.signing.wallets import wallet

def place(hl, cloid, px="50000", **headers):
    order = {"a": 0, "b": True, "p": px, "s": "0.01", "r": False, "t": {"limit": {"tif": "Gtc"}}, "c": cloid}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    body = wallet("alice").request(action, time.time_ns() // 1_000_000)
    return httpx.post(hl.url + "/exchange", content=body, headers=headers or {"content-type": "application/json"})
"""


def run(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(TRADE + test)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:faulthandler", *arguments)


def test_each_test_gets_a_fresh_exchange(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
urls = set()

def test_one(mock_exchange):
    place(mock_exchange, "0x" + "1" * 32)
    assert len(mock_exchange.orders()) == 1
    urls.add(mock_exchange.url)

def test_two(mock_exchange):
    assert mock_exchange.orders() == []
""",
    )
    result.assert_outcomes(passed=2)


def test_settings_are_overridden_by_a_fixture(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import pytest

@pytest.fixture
def mock_exchange_settings():
    return {"strict": True}

def test_strict(mock_exchange):
    assert "does not exist" in place(mock_exchange, "0x" + "1" * 32).text
""",
    )
    result.assert_outcomes(passed=1)


def test_a_failure_shows_the_missing_updates_with_their_verdicts(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import json
from websockets.sync.client import connect

def test_hasty(mock_exchange):
    with connect(mock_exchange.ws_url) as ws:
        place(mock_exchange, "0x" + "1" * 32)
        subscription = {"type": "orderUpdates", "user": wallet("alice").address}
        ws.send(json.dumps({"method": "subscribe", "subscription": subscription}))
        ws.recv()
        assert False, "my bot saw nothing"
""",
    )
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "mock_exchange: deliveries" in text
    assert "[before_subscription]" in text
    assert "0x" + "1" * 32 in text


def test_a_passing_test_shows_nothing(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_fine(mock_exchange):
    place(mock_exchange, "0x" + "1" * 32)
""",
    )
    assert "mock_exchange:" not in result.stdout.str()


def test_a_failure_shows_refused_requests(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_refused(mock_exchange):
    place(mock_exchange, "0x" + "1" * 32, px="50000.123456")
    place(mock_exchange, "0x" + "2" * 32, **{"content-type": "text/plain"})
    assert not mock_exchange.orders(), "so far so good"
    assert mock_exchange.orders()
""",
    )
    text = result.stdout.str()
    assert "mock_exchange: refused requests" in text
    assert "request 1: order: " in text
    assert "request 2: 415" in text


def test_all_deliveries_are_shown_on_request_and_recordings_are_kept(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import json
from websockets.sync.client import connect

def test_seen(mock_exchange):
    with connect(mock_exchange.ws_url) as ws:
        subscription = {"type": "orderUpdates", "user": wallet("alice").address}
        ws.send(json.dumps({"method": "subscribe", "subscription": subscription}))
        ws.recv(timeout=5)
        place(mock_exchange, "0x" + "1" * 32)
        ws.recv(timeout=5)
    assert False
""",
        "--hlbench-explain",
        "all",
        "--hlbench-record",
        "kept",
    )
    text = result.stdout.str()
    assert "[delivered]" in text
    assert "mock_exchange: recording" in text
    (path,) = (pytester.path / "kept").iterdir()
    assert path.name in text
    assert "delivery.written" in {event.stage for event in read_recording(path).events()}


def test_what_clients_send_is_inert_in_a_report(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        r"""
def test_hostile(mock_exchange):
    httpx.post(mock_exchange.url + "/exchange", content=b'{"action":{"type":"order\xe2\x80\xae\xc2\x9b31m"}}',
               headers={"content-type": "application/json"})
    assert False
""",
        "--color=no",
    )
    section = result.stdout.str().partition("mock_exchange: refused requests")[2].partition("====")[0]
    assert "422" in section
    assert_inert(section)


def test_the_plugin_costs_a_run_nothing() -> None:
    code = "import hlmock.pytest_plugin, sys; print(*[name for name in sys.modules if name.startswith('hlmock.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert sorted(done.stdout.split()) == ["hlmock.lazy_names", "hlmock.pytest_plugin"]


def test_it_is_the_fixture_of_this_suite_too(mock_exchange: MockExchange) -> None:
    assert mock_exchange.url.startswith("http://127.0.0.1:")
