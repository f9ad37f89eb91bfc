"""Savepoints, dumps and reset of a running exchange: what goes back, what stays, who is told."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from hlmock import DumpError, MockExchange, UnknownSavepoint, VirtualClock
from hlmock.signing.wallets import wallet
from hlmock.verdicts.promises import check_promises
from support.clients import JSON, cloid_of, next_message, order_action, post_action, signed, subscribe, subscribed

ALICE = wallet("alice")


def place(hl: MockExchange, http: httpx.Client, number: int) -> Any:
    return post_action(http, hl.url, ALICE, order_action(cloid=cloid_of(number)))


def test_a_restore_brings_orders_back_and_takes_later_ones_away(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, 1)
    savepoint = hl.savepoint()
    hl.fill(cloid=cloid_of(1))
    place(hl, http, 2)
    assert hl.restore(savepoint) is savepoint
    assert [(order.cloid, order.status) for order in hl.orders()] == [(cloid_of(1), "open")]
    assert hl.fill(cloid=cloid_of(1)).status == "filled"
    hl.restore(savepoint)
    assert hl.order(cloid=cloid_of(1)).status == "open"


def test_ids_and_seq_go_on_over_a_restore(hl: MockExchange, http: httpx.Client) -> None:
    savepoint = hl.savepoint()
    place(hl, http, 1)
    oid, commit, seq = hl.orders()[0].oid, hl.state.commit, hl.log.last_seq
    hl.restore(savepoint)
    place(hl, http, 1)
    assert hl.orders()[0].oid > oid
    assert hl.state.commit > commit
    assert [event.seq for event in hl.events()] == list(range(1, hl.log.last_seq + 1))
    assert hl.log.last_seq > seq


def test_nonces_are_restored(hl: MockExchange, http: httpx.Client) -> None:
    hl.wallet("alice")
    savepoint = hl.savepoint()
    body = signed(ALICE, order_action())

    def send() -> Any:
        return http.post(f"{hl.url}/exchange", content=body, headers=JSON).json()

    assert send()["status"] == "ok"
    assert "duplicate nonce" in send()["response"]
    hl.restore(savepoint)
    assert send()["status"] == "ok"


def test_the_clock_is_restored_and_wall_time_is_not_touched(hl: MockExchange) -> None:
    savepoint = hl.savepoint()
    hl.advance(7_200)
    assert hl.time_ms >= savepoint.time_ms + 7_200_000
    hl.restore(savepoint)
    assert savepoint.time_ms <= hl.time_ms < savepoint.time_ms + 60_000


def test_a_restore_is_a_recorded_event_with_a_checkpoint_and_its_call(hl: MockExchange) -> None:
    savepoint = hl.savepoint("start")
    seq = hl.log.last_seq
    hl.restore("start")
    events = hl.events(since=seq)
    assert [event.stage for event in events] == ["control.called", "state.restored", "state.checkpoint"]
    assert events[1].cause == events[0].seq
    assert msgspec.to_builtins(events[1].detail)["value"] == f"savepoint start of seq {savepoint.seq}, epoch 2"
    assert hl.state.epoch == 2


def test_subscribers_of_a_state_get_the_restored_one_and_others_nothing(http: httpx.Client) -> None:
    with (
        MockExchange(clock=VirtualClock()) as hl,
        subscribed(hl.ws_url, "openOrders", user=ALICE.address) as orders,
        subscribed(hl.ws_url, "bbo", coin="BTC") as quotes,
        subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as updates,
    ):
        next_message(orders)
        assert next_message(quotes)["data"]["bbo"][0]["px"] != "49000.0"
        savepoint = hl.savepoint()
        hl.wallet("alice")
        http.post(f"{hl.url}/exchange", content=ALICE.request(order_action(), 1_700_000_000_000), headers=JSON)
        assert next_message(updates)["data"][0]["status"] == "open"
        hl.set_bbo("BTC", "50500", "50600")
        assert next_message(quotes)["data"]["bbo"][0]["px"] == "50500.0"
        hl.advance(5)
        assert len(next_message(orders)["data"]["orders"]) == 1
        hl.restore(savepoint)
        assert next_message(orders)["data"]["orders"] == []
        assert next_message(quotes)["data"]["bbo"][0]["px"] != "50500.0"
        with pytest.raises(TimeoutError):
            updates.recv(timeout=0.05)


def test_a_restored_state_is_sent_at_once() -> None:
    with MockExchange(clock=VirtualClock()) as hl, subscribed(hl.ws_url, "openOrders", user=ALICE.address) as orders:
        assert next_message(orders)["data"]["orders"] == []
        hl.advance(5)
        assert next_message(orders)["data"]["orders"] == []
        hl.restore(hl.savepoint())
        assert next_message(orders)["data"]["orders"] == []


def test_the_promises_hold_over_restores(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        subscribe(ws, "l2Book", coin="BTC")
        place(hl, http, 1)
        savepoint = hl.savepoint()
        for _ in range(3):
            hl.fill(cloid=cloid_of(1))
            place(hl, http, 2)
            hl.restore(savepoint)
        hl.reset()
        place(hl, http, 3)
    assert check_promises(hl.events()) == []


def test_a_dump_is_loaded_by_another_exchange(hl: MockExchange, http: httpx.Client, tmp_path: Path) -> None:
    place(hl, http, 1)
    hl.dump(tmp_path / "state.json")
    with MockExchange() as other:
        other.load(tmp_path / "state.json")
        assert other.orders() == hl.orders()
        assert other.fill(cloid=cloid_of(1)).status == "filled"
        other.restore(hl.savepoint())
        assert other.order(cloid=cloid_of(1)).status == "open"


def test_equal_histories_give_equal_dumps(tmp_path: Path, http: httpx.Client) -> None:
    for name in ("a", "b"):
        with MockExchange(clock=VirtualClock()) as hl:
            hl.wallet("alice")
            for number in range(5):
                body = ALICE.request(order_action(cloid=cloid_of(number)), 1_700_000_000_000 + number)
                http.post(f"{hl.url}/exchange", content=body, headers=JSON)
            hl.fill(cloid=cloid_of(2), sz="0.004")
            hl.set_bbo("ETH", "2000", "2001")
            hl.advance(60)
            hl.dump(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_cannot_be_loaded_changes_nothing(hl: MockExchange, http: httpx.Client, tmp_path: Path) -> None:
    place(hl, http, 1)
    seq = hl.log.last_seq
    with MockExchange(profile="recomma-mock") as other:
        other.dump(tmp_path / "other.json")
    with pytest.raises(DumpError, match="--profile recomma-mock"):
        hl.load(tmp_path / "other.json")
    with pytest.raises(UnknownSavepoint, match="make one first"):
        hl.restore()
    hl.savepoint("before")
    with pytest.raises(UnknownSavepoint, match="did you mean before"):
        hl.restore("befor")
    assert len(hl.orders()) == 1
    assert hl.log.last_seq == seq


def test_the_newest_savepoint_is_restored_without_a_name(hl: MockExchange) -> None:
    names = [hl.savepoint().name, hl.savepoint("s3").name, hl.savepoint().name, hl.savepoint().name]
    assert names == ["s1", "s3", "s2", "s4"]
    assert hl.restore().name == "s4"


def test_the_control_api_keeps_restores_dumps_and_loads(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, 1)
    made = http.post(f"{hl.control_url}/savepoint", json={"name": "one"}).json()
    assert http.get(f"{hl.control_url}/savepoints").json() == [made]
    dumped = http.get(f"{hl.control_url}/dump")
    hl.reset()
    assert http.post(f"{hl.control_url}/restore", json={"name": "one"}).json() == {**made, "epoch": 3}
    assert hl.order(cloid=cloid_of(1)).px == Decimal(50_000)
    hl.reset()
    assert http.post(f"{hl.control_url}/load", content=dumped.content, headers=JSON).json() == {"epoch": 5}
    assert hl.order(cloid=cloid_of(1)).status == "open"
    refused = http.post(f"{hl.control_url}/load", content=dumped.content[:-100], headers=JSON)
    assert (refused.status_code, "cut off" in refused.json()["error"]) == (400, True)
    assert http.post(f"{hl.control_url}/restore", json={"name": "two"}).status_code == 404


def test_a_dump_can_be_loaded_before_the_start(hl: MockExchange, http: httpx.Client, tmp_path: Path) -> None:
    place(hl, http, 1)
    hl.dump(tmp_path / "state.json")
    other = MockExchange()
    other.load(tmp_path / "state.json")
    with other, subscribed(other.ws_url, "openOrders", user=ALICE.address) as ws:
        assert next_message(ws)["data"]["orders"][0]["cloid"] == cloid_of(1)
