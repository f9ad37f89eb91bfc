"""What the pure exchange costs: orders and fills, a moved price with many positions, a week of time.

Process CPU time, without recovery, tracing and delivery, which `bench_server.py` measures. The limits are a third of
the budget of a signed order (6,000 per second) and, for the others, what nobody notices.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from time import process_time_ns

import msgspec
import pytest

from hlmock.wire.actions import OrderAction
from support.desk import BTC, Desk, spec

pytestmark = pytest.mark.bench

ORDERS = 800
ACCOUNTS = 500


def _millis(work: Callable[[], object]) -> float:
    started = process_time_ns()
    work()
    return (process_time_ns() - started) / 1e6


def _desk() -> Desk:
    desk = Desk(initial_usdc=Decimal(10) ** 8)
    desk.quote("BTC", "60000", "60001", "100000")
    return desk


def _orders(desk: Desk, side: str, px: str, tif: str) -> float:
    """CPU per order, µs."""
    account = desk.account("alice").address
    order = {"type": "order", "orders": [spec(side, "0.01", px, tif)], "grouping": "na"}
    actions = [msgspec.convert(order, OrderAction) for _ in range(ORDERS)]

    def run() -> None:
        for action in actions:
            desk.nonce += 1
            desk.now_ms += 10
            desk.exchange.apply(
                action, account=account, signer=account, nonce=desk.nonce, now_ms=desk.now_ms, wall_ms=desk.now_ms
            )

    return _millis(run) * 1_000 / ORDERS


@pytest.mark.parametrize(
    ("name", "side", "px", "tif"),
    [
        ("a resting order", "buy", "50000", "Gtc"),
        ("an order that fills at once", "buy", "60001", "Ioc"),
    ],
)
def test_orders(name: str, side: str, px: str, tif: str) -> None:
    micros = min(_orders(_desk(), side, px, tif) for _ in range(5))
    print(f"\n{name}: {micros:.1f} µs")
    assert micros < 1e6 / 6_000 / 3


def test_a_price_that_moves_under_many_positions() -> None:
    desk = _desk()
    for number in range(ACCOUNTS):
        desk.order(f"trader {number}", "buy", "0.1", "60001", "Ioc")
    millis = min(_millis(partial(desk.quote, "BTC", str(px), str(px + 1))) for px in range(59_990, 60_000))
    print(f"\na quote moves, {ACCOUNTS} accounts hold the coin: {millis:.1f} ms")
    assert len(desk.account("trader 0").positions) == 1
    assert millis < 50


def test_a_week_of_funding() -> None:
    desk = _desk()
    for number in range(20):
        desk.order(f"trader {number}", "buy", "0.1", "60001", "Ioc", asset=BTC)
    millis = _millis(lambda: desk.advance(7 * 86_400))
    print(f"\na week passes for 20 positions: {millis:.0f} ms")
    assert len(desk.account("trader 0").fundings) in (168, 169)
    assert millis < 1_000
