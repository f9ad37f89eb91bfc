"""What becomes of an order, as its owner's feeds tell it: which messages, in which sequence, holding what."""

import pytest

from support.desk import spec
from support.published import Listener, Published

FEEDS = ("orderUpdates", "userEvents", "userFills")


@pytest.fixture
def desk() -> Published:
    """Alice and Bob alone: nobody quotes."""
    desk = Published()
    for name in ("alice", "bob"):
        desk.account(name)
    desk.quote("BTC", None, None)
    return desk


@pytest.fixture
def alice(desk: Published) -> Listener:
    return desk.listen("alice", *FEEDS)


def told(*updates: str, fills: str = "", cancels: str = "") -> list[str]:
    """A block's messages: one of updates, one of fills on each channel, cancels that nobody asked for."""
    return [
        *([f"orderUpdates: {', '.join(updates)}"] if updates else []),
        *([f"user fills: {fills}"] if fills else []),
        *([f"user nonUserCancel: {cancels}"] if cancels else []),
        *([f"userFills: {fills}"] if fills else []),
    ]


def test_a_resting_order_is_open_then_filled_and_a_part_of_it_is_only_a_fill(desk: Published, alice: Listener) -> None:
    desk.order("alice", "buy", "0.5", "60000")
    assert alice.lines() == told("open 0.5")
    desk.order("bob", "sell", "0.2", "60000")
    assert alice.lines() == told(fills="B 0.2")
    desk.order("bob", "sell", "0.3", "60000")
    assert alice.lines() == told("filled 0.0", fills="B 0.3")


def test_a_cancel_says_what_was_left(desk: Published, alice: Listener) -> None:
    desk.order("alice", "buy", "0.5", "60000")
    desk.order("bob", "sell", "0.2", "60000")
    alice.lines()
    desk.cancel("alice", desk.newest("alice").oid)
    assert alice.lines() == told("canceled 0.3")


@pytest.mark.parametrize("tif", ["Gtc", "Ioc"])
def test_an_order_that_fills_at_once_is_open_and_filled(desk: Published, alice: Listener, tif: str) -> None:
    desk.order("bob", "sell", "0.5", "60000")
    desk.order("alice", "buy", "0.5", "60000", tif=tif)
    assert alice.lines() == told("open 0.5", "filled 0.0", fills="B 0.5")


def test_an_ioc_that_meets_nobody_is_only_rejected(desk: Published, alice: Listener) -> None:
    desk.order("alice", "buy", "0.5", "60000", tif="Ioc")
    assert alice.lines() == told("iocCancelRejected 0.5")


def test_an_ioc_that_fills_in_part_ends_as_filled_with_its_rest(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "0.2", "60000")
    desk.order("alice", "buy", "0.5", "60000", tif="Ioc")
    assert alice.lines() == told("open 0.5", "filled 0.3", fills="B 0.2")


def test_a_post_only_order_that_would_trade_is_only_rejected(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "0.2", "60000")
    desk.order("alice", "buy", "0.5", "60000", tif="Alo")
    assert alice.lines() == told("badAloPxRejected 0.5")


def test_a_modify_tells_the_new_order_first(desk: Published, alice: Listener) -> None:
    desk.order("alice", "buy", "0.5", "60000")
    alice.lines()
    desk.modify("alice", desk.newest("alice").oid, "buy", "0.4", "60100")
    assert alice.lines() == told("open 0.4", "canceled 0.5")


def test_a_modify_that_trades_tells_the_fill_last(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "1", "61000")
    desk.order("alice", "buy", "0.5", "60000")
    alice.lines()
    desk.modify("alice", desk.newest("alice").oid, "buy", "0.4", "61000", always=True)
    assert alice.lines() == told("open 0.4", "canceled 0.5", "filled 0.0", fills="B 0.4")


def test_what_only_reduces_ends_in_the_message_of_the_close_and_is_no_event(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "1", "60000")
    desk.order("alice", "buy", "1", "60000")
    desk.order("alice", "sell", "0.1", "64000", reduce_only=True)
    desk.order("bob", "buy", "1", "59000")
    alice.lines()
    desk.order("alice", "sell", "1", "59000", tif="Ioc", reduce_only=True)
    assert alice.lines() == told("open 1.0", "filled 0.0", "reduceOnlyCanceled 0.1", fills="A 1.0")


def test_a_trigger_is_open_then_triggered_then_an_order_and_its_sibling_ends(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "1", "62000")
    desk.order("alice", "buy", "1", "62000")
    desk.quote("BTC", "61990", "62010")
    alice.lines()
    desk.batch(
        "alice",
        spec("sell", "1", "65000", reduce_only=True, trigger=("tp", "65000")),
        spec("sell", "1", "59000", reduce_only=True, trigger=("sl", "61000")),
        grouping="positionTpsl",
    )
    assert alice.lines() == told("open 1.0", "open 1.0")
    desk.quote("BTC", "60500", "60600")
    fired = ("triggered 1.0", "open 1.0", "filled 0.0", "siblingFilledCanceled 1.0")
    assert alice.lines() == told(*fired, fills="A 1.0", cancels="BTC")


def test_a_scheduled_cancel_ends_all_orders_in_one_message_and_is_an_event(desk: Published, alice: Listener) -> None:
    for px in ("50000", "51000"):
        desk.order("alice", "buy", "0.1", px)
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 10_000)
    alice.lines()
    desk.advance(9)
    assert alice.lines() == []
    desk.advance(1)
    assert alice.lines() == told("scheduledCancel 0.1", "scheduledCancel 0.1", cancels="BTC, BTC")


def test_all_updates_of_one_block_have_its_time(desk: Published, alice: Listener) -> None:
    desk.order("bob", "sell", "0.5", "60000")
    desk.now_ms += 7
    desk.order("alice", "buy", "0.5", "60000")
    (updates, _, fills) = alice.messages()
    times = {row["statusTimestamp"] for row in updates["data"]} | {row["time"] for row in fills["data"]["fills"]}
    assert times == {desk.now_ms}
