"""The portfolio adds up: what an account began with, what moved in and out, and what it earned."""

from decimal import Decimal
from typing import Any

import pytest

from hlmock.shapes.portfolio import portfolio
from hlmock.wire.numbers import wire
from support.busy import Busy, busy_desk
from support.desk import Desk, address

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def busy() -> Busy:
    return busy_desk()


def periods(desk: Desk, name: str) -> dict[str, Any]:
    return dict(portfolio(desk.exchange, desk.account(name), desk.now_ms, wire))


@pytest.mark.parametrize("name", ["alice", "bob", "carol", "dave", "erin", "frank", "builder"])
def test_all_time_begins_with_what_the_account_was_opened_with(busy: Busy, name: str) -> None:
    """Whatever it did since: every profit and every transfer is accounted for."""
    found = periods(busy, name)
    assert found["perpAllTime"]["accountValueHistory"][0][1] == "1000000.0"
    assert found["allTime"]["accountValueHistory"][0][1] == "2000000.0"


def test_a_sub_account_begins_with_nothing(busy: Busy) -> None:
    assert periods(busy, "sub")["allTime"]["accountValueHistory"][0][1] == "0.0"


@pytest.mark.parametrize("name", ["alice", "bob", "dave", "vault"])
def test_histories_run_forward_from_the_start_of_their_period_to_now(busy: Busy, name: str) -> None:
    for period, each in periods(busy, name).items():
        times = [time_ms for time_ms, _ in each["accountValueHistory"]]
        assert times == sorted(set(times))
        assert times == [time_ms for time_ms, _ in each["pnlHistory"]]
        assert times[-1] == busy.now_ms
        assert each["pnlHistory"][0][1] == "0.0"
        if "ay" in period:
            assert times[0] == busy.now_ms - DAY_MS


def test_a_transfer_moves_the_value_and_not_the_profit() -> None:
    desk = Desk()
    desk.account("alice")
    desk.do("alice", "usdClassTransfer", amount="100", toPerp=False, nonce=desk.nonce + 1)
    desk.advance(1)
    found = periods(desk, "alice")
    assert [value for _, value in found["perpDay"]["accountValueHistory"]] == ["1000000.0", "999900.0", "999900.0"]
    assert {value for _, value in found["day"]["accountValueHistory"]} == {"2000000.0"}
    assert {earned for _, earned in found["perpDay"]["pnlHistory"]} == {"0.0"}


def test_what_is_not_realised_is_in_the_last_point_only() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001")
    desk.order("alice", "buy", "1", "66001", "Ioc")
    desk.quote("BTC", "67000", "67001")
    desk.advance(60)
    history = periods(desk, "alice")["perpDay"]["pnlHistory"]
    fee = 66_001 * Decimal("0.00045")
    assert [Decimal(earned) for _, earned in history] == [0, -fee, Decimal("999.5") - fee]


def test_a_long_history_is_thinned() -> None:
    desk = Desk()
    for number in range(1_000):
        desk.exchange.fund(address("alice"), Decimal(1), desk.now_ms + number * 1_000)
    desk.now_ms += 1_000_000
    history = periods(desk, "alice")["perpAllTime"]["accountValueHistory"]
    assert 100 <= len(history) <= 102
    assert history[-1][1] == "1000.0"


def test_the_volume_is_that_of_the_period() -> None:
    desk = Desk()
    desk.quote("BTC", "66000", "66001")
    desk.order("alice", "buy", "1", "66001", "Ioc")
    desk.advance(2 * 86_400)
    found = periods(desk, "alice")
    assert (found["day"]["vlm"], found["week"]["vlm"], found["perpWeek"]["vlm"]) == ("0.0", "66001.0", "66001.0")
