"""TWAP orders: what is refused, when slices come, how large they are, and how it ends."""

from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange.model.orders import TwapRow
from hlmock.exchange.outcome import Outcome
from support.desk import BTC, HYPE_USDC, Desk, fills, order_changes, orders

HOUR_MIN = 60


def twap(
    desk: Desk,
    sz: str = "1.2",
    *,
    name: str = "alice",
    side: str = "buy",
    minutes: int = HOUR_MIN,
    asset: int = BTC,
    reduce_only: bool = False,
    randomize: bool = False,
    details: dict[str, Any] | None = None,
) -> Outcome:
    """1.2 BTC over an hour are 120 slices of 0.01."""
    fields: dict[str, Any] = {
        "twap": {"a": asset, "b": side == "buy", "s": sz, "r": reduce_only, "m": minutes, "t": randomize}
    }
    if details is not None:
        fields["details"] = {"t": None, "s": None} | details
    return desk.do(name, "twapOrder", **fields)


def status(outcome: Outcome) -> Any:
    return outcome.answer["response"]["data"]["status"]


def started(desk: Desk, *args: Any, **more: Any) -> int:
    twap_id: int = status(twap(desk, *args, **more))["running"]["twapId"]
    return twap_id


def rows(*outcomes: Outcome) -> list[TwapRow]:
    return [change for outcome in outcomes for change in outcome.changes if isinstance(change, TwapRow)]


def slices(outcomes: list[Outcome]) -> list[tuple[float, Decimal]]:
    """When (seconds after the start) and how large."""
    return [((fill.time_ms - 1_760_000_000_000) / 1_000, fill.sz) for each in outcomes for fill in fills(each)]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"minutes": 4}, "Invalid TWAP duration: 4 min(s)"),
        ({"minutes": 7 * 24 * 60 + 1}, "Invalid TWAP duration: 10081 min(s)"),
        ({"sz": "0.0015"}, "TWAP order value too small. Min is $100."),
        ({"sz": "0"}, "Order has zero size."),
        ({"sz": "0.000001"}, "Order has invalid size."),
        ({"reduce_only": True}, "Reduce-only TWAP order would increase position."),
        ({"asset": 9_999}, "Invalid asset"),
        ({"asset": 19_999}, "Invalid spot"),
        ({"asset": HYPE_USDC, "sz": "100", "reduce_only": True}, "Reduce-only is invalid for spot trading."),
        ({"details": {"s": "66000"}}, "Invalid TWAP stop price."),
    ],
)
def test_the_error_of_a_refused_twap_sits_in_its_status(fields: dict[str, Any], text: str) -> None:
    desk = Desk()
    outcome = twap(desk, **fields)
    assert outcome.answer == {"status": "ok", "response": {"type": "twapOrder", "data": {"status": {"error": text}}}}
    assert outcome.statuses == (text,)
    assert not desk.exchange.twaps


def test_a_twap_answers_its_id_and_is_activated() -> None:
    desk = Desk()
    outcome = twap(desk)
    assert status(outcome) == {"running": {"twapId": 1_000_001}}
    (row,) = rows(outcome)
    assert (row.status, row.twap.executed_sz) == ("activated", Decimal(0))
    assert not fills(outcome)


def test_a_slice_comes_every_30_seconds_with_its_part_of_the_size() -> None:
    desk = Desk()
    started(desk)
    assert slices(desk.advance(100)) == [(30, Decimal("0.01")), (60, Decimal("0.01")), (90, Decimal("0.01"))]


def test_a_slice_is_an_ioc_of_its_own() -> None:
    desk = Desk()
    started(desk)
    (outcome,) = desk.advance(30)
    oid = desk.newest("alice").oid
    assert order_changes(outcome) == [(oid, "open"), (oid, "filled")]
    row = orders(outcome)[0].order
    assert (row.order_type, row.tif, row.limit_px) == ("Twap Slice", "Ioc", Decimal(68_334))  # 3 % above the mark


def test_every_fill_of_a_slice_names_its_twap() -> None:
    desk = Desk()
    twap_id = started(desk)
    (outcome,) = desk.advance(30)
    assert [fill.twap_id for fill in fills(outcome)] == [twap_id]


def test_a_twap_that_has_traded_its_size_is_finished() -> None:
    desk = Desk()
    started(desk)
    outcomes = desk.advance(3_600)
    assert len(slices(outcomes)) == 120
    (row,) = rows(*outcomes)
    assert (row.status, row.twap.executed_sz, row.twap.executed_ntl) == ("finished", Decimal("1.2"), Decimal(79_614))
    assert desk.account("alice").positions[BTC].szi == Decimal("1.2")
    assert not desk.exchange.twaps


def test_later_slices_make_up_for_missed_ones_with_at_most_three_times_the_size() -> None:
    desk = Desk()
    started(desk)
    desk.quote("BTC", "66343", None)
    missed = desk.advance(120)
    assert [status for outcome in missed for _, status in order_changes(outcome)] == ["iocCancelRejected"] * 4
    desk.quote("BTC", "66343", "66345")
    assert [sz for _, sz in slices(desk.advance(120))] == [
        Decimal("0.03"),  # five are due
        Decimal("0.03"),  # three more
        Decimal("0.01"),
        Decimal("0.01"),
    ]


def test_a_twap_may_finish_without_having_traded_all() -> None:
    desk = Desk()
    started(desk, "0.12", minutes=5)
    desk.quote("BTC", "66343", None)
    desk.advance(299)
    desk.quote("BTC", "66343", "66345")
    (row,) = rows(*desk.advance(1))
    assert (row.status, row.twap.executed_sz) == ("finished", Decimal("0.036"))


def test_a_slice_trades_at_most_3_percent_from_the_mark() -> None:
    desk = Desk()
    started(desk)
    desk.quote("BTC", "66343", "70000")
    desk.prices("BTC", mark="66344")
    (outcome,) = desk.advance(30)
    assert not fills(outcome)


def test_slices_of_a_small_twap_are_further_apart() -> None:
    desk = Desk()
    started(desk, "0.00454", minutes=300)  # $301 in whole lots: 30 slices instead of 600
    assert [when for when, _ in slices(desk.advance(1_800))] == [600, 1_200, 1_800]


def test_lots_that_a_slice_cannot_trade_are_left_to_later_ones() -> None:
    desk = Desk()
    started(desk, "0.00454", minutes=300)
    outcomes = desk.advance(18_000)
    assert sum(sz for _, sz in slices(outcomes)) == Decimal("0.00454")


def test_randomised_slices_differ_by_at_most_20_percent_and_trade_all() -> None:
    desk = Desk()
    started(desk, randomize=True)
    sizes = [sz for _, sz in slices(desk.advance(3_600))]
    assert sum(sizes) == Decimal("1.2")
    assert len(set(sizes)) > 10
    assert Decimal("0.008") <= sizes[0] <= Decimal("0.012")


def test_randomised_slices_are_the_same_for_the_same_history() -> None:
    def sizes() -> list[tuple[float, Decimal]]:
        desk = Desk()
        started(desk, randomize=True)
        return slices(desk.advance(600))

    assert sizes() == sizes()


def test_a_cancelled_twap_is_terminated_and_trades_no_more() -> None:
    desk = Desk()
    twap_id = started(desk)
    desk.advance(30)
    outcome = desk.do("alice", "twapCancel", a=BTC, t=twap_id)
    assert status(outcome) == "success"
    assert [(row.status, row.twap.executed_sz) for row in rows(outcome)] == [("terminated", Decimal("0.01"))]
    assert desk.advance(60) == []


@pytest.mark.parametrize(("name", "asset"), [("bob", BTC), ("alice", HYPE_USDC)])
def test_a_twap_is_cancelled_only_by_its_owner_and_under_its_asset(name: str, asset: int) -> None:
    desk = Desk()
    twap_id = started(desk)
    miss = {"error": "TWAP was never placed, already canceled, or filled."}
    assert status(desk.do(name, "twapCancel", a=asset, t=twap_id)) == miss
    desk.do("alice", "twapCancel", a=BTC, t=twap_id)
    assert status(desk.do("alice", "twapCancel", a=BTC, t=twap_id)) == miss


def test_a_slice_that_the_account_cannot_pay_ends_the_twap_with_an_error() -> None:
    desk = Desk()
    started(desk)
    desk.account("alice").usdc = Decimal(0)
    outcomes = desk.advance(60)
    assert [(row.status, row.description) for row in rows(*outcomes)] == [
        ("error", "Insufficient margin to place order.")
    ]
    assert len(outcomes) == 1


def test_a_reduce_only_twap_ends_when_the_position_is_gone() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1.2", "66345", "Ioc")
    started(desk, side="sell", reduce_only=True)
    assert slices(desk.advance(30)) == [(30, Decimal("0.01"))]
    desk.order("alice", "sell", "2", "66000", "Ioc", reduce_only=True)
    (row,) = rows(*desk.advance(60))
    assert (row.status, row.description) == ("error", "Reduce only order would increase position.")


def test_a_spot_twap_trades_what_its_account_can_pay() -> None:
    desk = Desk()
    started(desk, "120", asset=HYPE_USDC)
    assert [sz for _, sz in slices(desk.advance(60))] == [1, 1]


def test_a_twap_with_a_trigger_waits_for_its_price() -> None:
    desk = Desk()
    outcome = twap(desk, details={"t": {"p": "67000", "a": True}})
    assert [row.status for row in rows(outcome)] == ["waitingForTrigger"]
    assert desk.advance(60) == []
    fired = desk.quote("BTC", "67000", "67001")
    assert [row.status for row in rows(fired)] == ["activated"]
    assert [when for when, _ in slices(desk.advance(30))] == [90]


def test_a_twap_whose_trigger_holds_already_begins_at_once() -> None:
    assert [row.status for row in rows(twap(Desk(), details={"t": {"p": "67000", "a": False}}))] == ["activated"]


@pytest.mark.parametrize(("side", "stop", "mark"), [("buy", "67000", "67000"), ("sell", "66000", "65999")])
def test_a_twap_stops_at_its_stop_price(side: str, stop: str, mark: str) -> None:
    desk = Desk()
    started(desk, side=side, details={"s": stop})
    desk.advance(30)
    (row,) = rows(desk.prices("BTC", mark=mark))
    assert (row.status, row.twap.executed_sz) == ("stopped", Decimal("0.01"))
    assert desk.advance(60) == []


def test_a_waiting_twap_can_be_cancelled() -> None:
    desk = Desk()
    twap_id = started(desk, details={"t": {"p": "67000", "a": True}})
    assert status(desk.do("alice", "twapCancel", a=BTC, t=twap_id)) == "success"


def test_a_reset_ends_all_twaps_and_keeps_their_ids_unused() -> None:
    desk = Desk()
    first = started(desk)
    desk.exchange.reset(desk.now_ms)
    assert desk.advance(60) == []
    assert started(desk) == first + 1
