"""How many requests an address may send."""

from decimal import Decimal

import pytest

from hlmock.exchange.outcome import Outcome
from hlmock.wire.actions import NoopAction
from support.desk import BTC, Desk, address, error, spec

D = Decimal


def at_the_limit(used: int = 10_000, volume: str = "0") -> Desk:
    desk = Desk(request_limits=True)
    account = desk.account("alice")
    account.requests_used, account.volume, account.last_request_ms = used, D(volume), desk.now_ms
    return desk


def noop(desk: Desk) -> Outcome:
    return desk.do("alice", "noop")


def test_the_limit_is_10000_and_one_more_per_dollar_traded() -> None:
    desk = at_the_limit(97_455, "87457.46")
    assert [error(noop(desk)), error(noop(desk))] == [None, None]
    assert error(noop(desk)) == (
        "Too many cumulative requests sent (97458 > 97457) for cumulative volume traded $87457.46. "
        "Place taker orders to free up 1 request per USDC traded."
    )


def test_a_batch_counts_by_its_length_and_a_refused_one_not_at_all() -> None:
    desk = at_the_limit(9_998)
    orders = [spec("buy", "0.01", "60000") for _ in range(3)]
    assert error(desk.batch("alice", *orders)) is not None
    assert desk.account("alice").requests_used == 9_998
    desk.batch("alice", *orders[:2])
    assert desk.account("alice").requests_used == 10_000


def test_cancels_have_a_limit_of_their_own() -> None:
    desk = at_the_limit()
    assert error(noop(desk)) is not None
    assert desk.cancel("alice", 5).accepted
    desk.account("alice").requests_used = 20_000
    assert not desk.cancel("alice", 5).accepted


def test_large_accounts_cancel_100000_beyond_their_limit() -> None:
    desk = at_the_limit(1_000_000 + 10_000 + 99_999, "1000000")
    assert desk.cancel("alice", 5).accepted
    assert not desk.cancel("alice", 5).accepted


def test_above_the_limit_one_request_in_10_seconds_is_let_through() -> None:
    desk = at_the_limit()
    found = []
    for _ in range(25):
        desk.now_ms += 1_000
        found.append(noop(desk).accepted)
    assert [number for number, accepted in enumerate(found, 1) if accepted] == [10, 20]


def test_trading_and_reserving_free_requests() -> None:
    desk = at_the_limit(10_007)
    assert not noop(desk).accepted
    desk.account("alice").volume = D(9)
    assert noop(desk).accepted
    desk.account("alice").requests_reserved = 1_000
    assert noop(desk).accepted


def test_a_reservation_costs_a_twentieth_of_a_cent_per_request() -> None:
    desk = Desk()
    desk.account("bob")
    assert error(desk.do("alice", "reserveRequestWeight", weight=100, destination=address("bob"))) is None
    assert desk.account("alice").usdc == D("999999.95")
    assert [desk.account(name).requests_reserved for name in ("alice", "bob")] == [0, 100]


def test_an_expired_action_counts_five_times() -> None:
    desk = Desk()
    account = desk.account("alice")
    outcome = desk.exchange.apply(
        NoopAction(),
        account=account.address,
        signer=account.address,
        nonce=desk.now_ms,
        expires_after=desk.now_ms - 1,
        now_ms=desk.now_ms,
        wall_ms=desk.now_ms,
    )
    assert error(outcome) == "Action already expired"
    assert account.requests_used == 5


@pytest.mark.parametrize("used", [10_000, 10**9])
def test_without_the_setting_nothing_is_refused(used: int) -> None:
    desk = Desk()
    desk.account("alice").requests_used = used
    assert error(desk.order("alice", "buy", "0.01", "60000", asset=BTC)) is None
    assert desk.account("alice").requests_used == used + 1
