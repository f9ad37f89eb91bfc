"""Groups of orders that are refused as one, and what is left of them: nothing but the one that was refused."""

from typing import Any

import pytest

from support.desk import Desk, cloid, elements, order_changes, spec

BUY_NOW = spec("buy", "1", "66345", "Ioc")
BUY_LATER = spec("buy", "1", "66000")


def tpsl(tpsl: str, px: str, sz: str = "1", **more: Any) -> dict[str, Any]:
    return spec("sell", sz, "60000", reduce_only=True, trigger=(tpsl, px), **more)


@pytest.mark.parametrize(
    ("parent", "child", "text"),
    [
        (BUY_NOW, tpsl("tp", "66000"), "Invalid TP/SL price. asset=0"),
        (BUY_NOW, tpsl("sl", "67000"), "Invalid TP/SL price. asset=0"),
        (BUY_LATER, tpsl("sl", "64000", "0.0001"), "Order must have minimum value of $10. asset=0"),
        (BUY_LATER, tpsl("sl", "64000", cloid=cloid(1)), "Duplicate cloid. asset=0"),
    ],
)
def test_a_refused_child_refuses_its_parent(parent: dict[str, Any], child: dict[str, Any], text: str) -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "60000", cloid=cloid(1))
    outcome = desk.batch("alice", parent, tpsl("sl", "63000"), child, grouping="normalTpsl")
    assert elements(outcome) == [{"error": text}]
    assert len(order_changes(outcome)) == 1
    assert len(desk.account("alice").open_orders) == 1
    assert not desk.account("alice").positions


def test_children_of_a_resting_parent_are_free_in_their_price() -> None:
    outcome = Desk().batch("alice", spec("buy", "1", "50000"), tpsl("tp", "55000"), grouping="normalTpsl")
    assert elements(outcome)[1:] == ["waitingForFill"]


def test_a_refused_group_leaves_no_order_that_could_be_asked_for() -> None:
    desk = Desk()
    group = (spec("buy", "1", "66000", "Ioc"), tpsl("sl", "64000", cloid=cloid(7)))
    outcome = desk.batch("alice", *group, grouping="normalTpsl")
    ((refused, status),) = order_changes(outcome)
    assert status == "iocCancelRejected"
    assert list(desk.exchange.orders) == [refused]
    assert desk.exchange.find_order(None, cloid(7)) is None


def test_the_cloid_of_a_child_finds_it() -> None:
    desk = Desk()
    desk.batch("alice", BUY_LATER, tpsl("sl", "64000", cloid=cloid(7)), grouping="normalTpsl")
    found = desk.exchange.find_order(None, cloid(7))
    assert found is not None
    assert found.order_type == "Stop Market"
