"""At a cap on open interest, positions may shrink and not grow."""

from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange.markets import load_markets
from support.desk import Desk, error, order_changes

CAPPED = "Order would increase open interest while open interest is capped asset=0"


@pytest.fixture
def desk() -> Desk:
    """Alice is long 1 BTC, Bob short 1, and that reaches the cap."""
    btc = load_markets("hyperliquid").by_coin["BTC"]
    cap = (btc.open_interest + 1) * btc.oracle_px
    desk = Desk(open_interest_caps={"BTC": cap, "ETH": Decimal(10) ** 12})
    desk.quote("BTC", None, None)
    desk.order("bob", "sell", "1", "66000")
    assert error(desk.order("alice", "buy", "1", "66000")) is None
    return desk


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (("alice", "buy", "0.1", "65000"), "positionIncreaseAtOpenInterestCapRejected"),
        (("carol", "sell", "0.1", "67000"), "positionIncreaseAtOpenInterestCapRejected"),
        (("alice", "sell", "1.1", "67000"), "positionFlipAtOpenInterestCapRejected"),
    ],
)
def test_an_order_that_would_open_more_is_refused(desk: Desk, order: tuple[str, str, str, str], status: str) -> None:
    outcome = desk.order(*order)
    assert error(outcome) == CAPPED
    assert [each for _, each in order_changes(outcome)] == [status]


@pytest.mark.parametrize("more", [{}, {"reduce_only": True}])
def test_a_position_may_be_closed(desk: Desk, more: dict[str, Any]) -> None:
    assert error(desk.order("alice", "sell", "1", "67000", **more)) is None


def test_below_its_cap_a_perp_trades_as_ever(desk: Desk) -> None:
    assert error(desk.order("alice", "buy", "1", "1500", asset=1)) is None


def test_a_cap_of_an_unknown_coin_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nope"):
        Desk(open_interest_caps={"nope": Decimal(1)})
