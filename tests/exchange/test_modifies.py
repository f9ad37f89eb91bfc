from typing import Any

import pytest

from support.desk import Desk, cloid, element, elements, error, order_changes, orders, spec, statuses


def resting(desk: Desk, **more: Any) -> int:
    desk.order("alice", "buy", "1", "66000", **more)
    return desk.newest("alice").oid


def test_a_modify_opens_a_new_oid_and_then_cancels_the_old_one() -> None:
    desk = Desk()
    oid = resting(desk)
    outcome = desk.modify("alice", oid, "buy", "2", "65000")
    assert order_changes(outcome) == [(oid + 1, "open"), (oid, "canceled")]
    assert [change.replaces for change in orders(outcome)] == [oid, None]
    assert desk.placed(oid + 1).sz == 2


def test_a_modify_answers_default_without_an_oid() -> None:
    desk = Desk()
    outcome = desk.modify("alice", resting(desk), "buy", "2", "65000")
    assert outcome.answer == {"status": "ok", "response": {"type": "default"}}


def test_a_modify_that_crosses_is_open_then_canceled_then_filled() -> None:
    desk = Desk()
    oid = resting(desk)
    outcome = desk.modify("alice", oid, "buy", "1", "70000", always=True)
    assert order_changes(outcome) == [(oid + 1, "open"), (oid, "canceled"), (oid + 1, "filled")]
    assert len({change.time_ms for change in orders(outcome)}) == 1


def test_a_modify_finds_the_order_by_cloid() -> None:
    desk = Desk()
    oid = resting(desk, cloid=cloid(1))
    outcome = desk.modify("alice", cloid(1), "buy", "1", "65000", cloid=cloid(1))
    assert order_changes(outcome) == [(oid + 1, "open"), (oid, "canceled")]
    assert desk.account("alice").latest_by_cloid[cloid(1)] == oid + 1


def test_a_cloid_is_not_inherited() -> None:
    desk = Desk()
    desk.modify("alice", resting(desk, cloid=cloid(1)), "buy", "1", "65000")
    assert desk.newest("alice").cloid is None


def test_a_modify_loses_queue_priority() -> None:
    desk = Desk()
    oid = resting(desk)
    desk.order("bob", "buy", "1", "66000")
    desk.modify("alice", oid, "buy", "1", "66000")
    first = desk.exchange.book("BTC").first("B")
    assert first is desk.newest("bob")


def test_a_modify_of_a_missing_order_changes_nothing() -> None:
    desk = Desk()
    outcome = desk.modify("alice", 5, "buy", "1", "65000")
    assert outcome.answer == {"status": "err", "response": "Cannot modify canceled or filled order"}
    assert outcome.commit is None


def test_another_accounts_order_cannot_be_modified() -> None:
    desk = Desk()
    oid = resting(desk)
    assert error(desk.modify("bob", oid, "buy", "1", "65000")) == "Cannot modify canceled or filled order"
    assert desk.placed(oid).is_open


def test_always_place_places_also_when_the_old_order_is_gone() -> None:
    desk = Desk()
    outcome = desk.modify("alice", 5, "buy", "1", "65000", always=True)
    assert statuses(outcome) == ["open"]


def test_without_always_place_a_crossing_gtc_is_refused_and_the_old_order_is_gone() -> None:
    desk = Desk()
    oid = resting(desk)
    outcome = desk.modify("alice", oid, "buy", "1", "70000")
    assert error(outcome) == (
        "Error placing new order during modify: Post only order would have immediately matched, bbo was 66343@66345"
    )
    assert order_changes(outcome) == [(oid, "canceled"), (oid + 1, "badAloPxRejected")]


@pytest.mark.parametrize("tif", ["Ioc", "FrontendMarket"])
def test_without_always_place_an_ioc_is_refused_and_the_old_order_stays(tif: str) -> None:
    desk = Desk()
    oid = resting(desk)
    outcome = desk.modify("alice", oid, "buy", "1", "70000", tif)
    assert outcome.answer["status"] == "err"
    assert desk.placed(oid).is_open


def test_a_statically_invalid_order_leaves_the_old_one_untouched() -> None:
    desk = Desk()
    oid = resting(desk)
    assert error(desk.modify("alice", oid, "buy", "1", "65000.5")) == "Order has invalid price."
    assert desk.placed(oid).is_open


def test_a_batch_modify_has_a_status_each() -> None:
    desk = Desk()
    oid = resting(desk)
    outcome = desk.do(
        "alice",
        "batchModify",
        modifies=[{"oid": 5, "order": spec("buy", "1", "65000")}, {"oid": oid, "order": spec("buy", "1", "65000")}],
    )
    assert elements(outcome) == [{"error": "Cannot modify canceled or filled order"}, {"resting": {"oid": oid + 1}}]


def test_a_static_fault_answers_one_element_for_a_batch_modify() -> None:
    desk = Desk()
    oid = resting(desk)
    modifies = [
        {"oid": oid, "order": spec("buy", "1", "65000")},
        {"oid": oid, "order": spec("buy", "0", "65000")},
    ]
    outcome = desk.do("alice", "batchModify", modifies=modifies)
    assert element(outcome) == {"error": "Order has zero size."}
    assert desk.placed(oid).is_open


def test_the_new_size_is_not_reduced_by_earlier_fills() -> None:
    desk = Desk()
    oid = resting(desk)
    desk.fill(oid, "0.6")
    desk.modify("alice", oid, "buy", "1", "65000")
    assert desk.newest("alice").sz == 1
