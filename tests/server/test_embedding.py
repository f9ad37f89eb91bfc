"""`MockExchange` in a thread and in a loop: start, stop, calls from anywhere, clear errors."""

import asyncio
import gc
import signal
import threading
import time
from decimal import Decimal
from pathlib import Path

import httpx
import psutil
import pytest
from eth_account.signers.local import LocalAccount
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from hlmock import (
    AmbiguousOrder,
    ExchangeSettings,
    MockExchange,
    NotRunning,
    OperationRefused,
    UnknownCoin,
    UnknownConnection,
    UnknownGate,
    UnknownOrder,
    VirtualClock,
)
from hlmock.signing.wallets import wallet
from support.clients import (
    cloid_of,
    eventually,
    next_message,
    order_action,
    post_action,
    raw_connection,
    subscribe,
    subscribed,
)

ALICE, BOB = wallet("alice"), wallet("bob")


def place(hl: MockExchange, http: httpx.Client, cloid: str, who: str = "alice") -> None:
    post_action(http, hl.url, wallet(who), order_action(cloid=cloid))


def test_an_exchange_starts_and_stops_within_milliseconds() -> None:
    MockExchange().start().stop()
    took = []
    for _ in range(15):
        started = time.perf_counter()
        MockExchange().start().stop()
        took.append(time.perf_counter() - started)
    assert sorted(took)[7] < 0.02, f"median {sorted(took)[7] * 1e3:.1f} ms"


def test_nothing_is_left_after_a_stop(http: httpx.Client) -> None:
    process = psutil.Process()

    def run() -> None:
        with MockExchange() as hl, subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
            place(hl, http, cloid_of(1))

    run()
    http.close()
    gc.collect()
    before = (process.num_fds(), process.num_threads())
    with httpx.Client() as client:
        http = client
        for _ in range(5):
            run()
    gc.collect()
    eventually(lambda: (process.num_fds(), process.num_threads()) <= before, timeout_s=1, what="the baseline")


def test_a_stop_in_a_loop_leaves_no_task_and_no_timer() -> None:
    async def main() -> None:
        async with MockExchange() as hl, connect_async(hl.ws_url) as ws, httpx.AsyncClient() as client:
            await ws.send('{"method":"ping"}')
            await ws.recv()
            await client.get(hl.url + "/health")
        loop = asyncio.get_running_loop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        left = [each for each in loop._scheduled if not each.cancelled()]  # type: ignore[attr-defined]
        assert left == []

    asyncio.run(main())


def test_a_stop_ends_connections_that_were_just_accepted() -> None:
    """A transport that is forgotten is a ResourceWarning, which fails the run."""
    for count in range(30):
        hl = MockExchange().start()
        sockets = [raw_connection(hl.url) for _ in range(count % 8 + 1)]
        hl.stop()
        for raw in sockets:
            raw.close()
    gc.collect()


def test_a_start_takes_no_signal_handlers() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with MockExchange():
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before

    async def main() -> None:
        async with MockExchange():
            assert signal.getsignal(signal.SIGTERM) == before[1]

    asyncio.run(main())


def test_twenty_run_side_by_side(http: httpx.Client) -> None:
    exchanges = [MockExchange().start() for _ in range(20)]
    try:
        for number, hl in enumerate(exchanges):
            for _ in range(number % 3 + 1):
                post_action(http, hl.url, ALICE, order_action())
        assert len({hl.url for hl in exchanges}) == 20
        assert [len(hl.orders()) for hl in exchanges] == [number % 3 + 1 for number in range(20)]
    finally:
        for hl in exchanges:
            hl.stop()


def test_it_runs_in_the_current_loop_and_is_called_from_it_and_from_threads() -> None:
    async def main() -> None:
        async with MockExchange() as hl, httpx.AsyncClient() as client:
            await client.post(
                hl.url + "/exchange",
                content=ALICE.request(order_action(cloid=cloid_of(1)), time.time_ns() // 1_000_000),
                headers={"content-type": "application/json"},
            )
            assert hl.order(cloid=cloid_of(1)).status == "open"
            assert (await asyncio.to_thread(hl.fill, cloid=cloid_of(1))).status == "filled"

    asyncio.run(main())


def test_after_the_end_it_still_answers_about_what_happened(http: httpx.Client) -> None:
    with MockExchange() as hl:
        place(hl, http, cloid_of(1))
    assert hl.order(cloid=cloid_of(1)).status == "open"
    assert hl.events()[0].stage == "state.checkpoint"
    assert hl.url.startswith("http://127.0.0.1:")


def test_before_the_start_it_has_no_address() -> None:
    with pytest.raises(NotRunning, match="start it"):
        _ = MockExchange().url


def test_it_starts_once() -> None:
    hl = MockExchange()
    with hl, pytest.raises(RuntimeError, match="make a new one"):
        hl.start()


def test_a_port_in_use_is_an_error_at_once(hl: MockExchange) -> None:
    port = int(hl.url.rpartition(":")[2])
    threads = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        MockExchange(port=port).start()
    assert threading.active_count() == threads


def test_other_machines_are_let_in_only_with_a_token() -> None:
    with pytest.raises(ValueError, match="token"):
        MockExchange(host="0.0.0.0")
    with MockExchange(host="0.0.0.0", token="t") as hl:
        assert hl.url.startswith("http://0.0.0.0:")


def test_a_wallet_is_the_same_funded_account_every_time(hl: MockExchange, http: httpx.Client) -> None:
    alice = hl.wallet("alice")
    assert isinstance(alice, LocalAccount)
    assert hl.wallet("alice").key == alice.key
    asked = {"type": "clearinghouseState", "user": alice.address}
    state = http.post(hl.url + "/info", json=asked).json()
    assert Decimal(state["marginSummary"]["accountValue"]) == 1_000_000


def test_settings_reach_the_exchange(http: httpx.Client) -> None:
    with MockExchange(strict=True, initial_usdc="5", exchange=ExchangeSettings(first_oid=77)) as hl:
        refused = post_action(http, hl.url, ALICE, order_action())
        assert "does not exist" in refused["response"]
        hl.wallet("alice")
        refused = post_action(http, hl.url, ALICE, order_action(sz="10"))
        assert "Insufficient margin" in str(refused)


def test_a_forced_fill_goes_through_the_whole_lifecycle(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        subscribe(ws, "userEvents", user=ALICE.address)
        place(hl, http, cloid_of(1))
        assert next_message(ws)["data"][0]["status"] == "open"
        assert hl.fill(cloid=cloid_of(1), sz="0.004").sz == Decimal("0.006")
        fill = next_message(ws)["data"]["fills"][0]
        assert (fill["sz"], fill["px"], fill["cloid"]) == ("0.004", "50000.0", cloid_of(1))
        order = hl.order(cloid=cloid_of(1))
        assert hl.fill(oid=order.oid).status == "filled"
        assert next_message(ws)["data"][0]["status"] == "filled"


def test_a_quote_fills_what_it_reaches(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, cloid_of(1))
    hl.set_bbo("BTC", "49000", "49500", bid_sz="2", ask_sz="3")
    assert hl.order(cloid=cloid_of(1)).status == "filled"
    book = http.post(hl.url + "/info", json={"type": "l2Book", "coin": "BTC"}).json()
    assert [book["levels"][0][0]["px"], book["levels"][1][0]["px"]] == ["49000.0", "49500.0"]


def test_funding_opens_an_account_with_that_much(hl: MockExchange, http: httpx.Client) -> None:
    hl.fund(BOB.address.upper().replace("0X", "0x"), "123.5")
    state = http.post(hl.url + "/info", json={"type": "clearinghouseState", "user": BOB.address}).json()
    assert state["marginSummary"]["accountValue"] == "123.5"


def test_a_reset_forgets_orders_and_keeps_connections_and_numbers(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        place(hl, http, cloid_of(1))
        next_message(ws)
        first, commit, seq = hl.orders()[0].oid, hl.state.commit, hl.log.last_seq
        hl.reset()
        assert hl.orders() == []
        assert hl.registry().size == 1
        after = [event.stage for event in hl.events(since=seq)]
        assert after.index("state.restored") < after.index("state.checkpoint")
        assert hl.state.epoch == 2
        place(hl, http, cloid_of(1))
        assert next_message(ws)["data"][0]["order"]["oid"] > first
        assert hl.state.commit > commit


def test_time_is_advanced_for_the_exchange_and_not_for_nonces(hl: MockExchange, http: httpx.Client) -> None:
    hl.advance(86_400 * 3)
    place(hl, http, cloid_of(1))
    order = hl.order(cloid=cloid_of(1))
    assert order.status == "open"
    assert order.time_ms > time.time() * 1_000 + 86_400_000 * 2.9
    with pytest.raises(ValueError, match="never goes back"):
        hl.advance(-1)


def test_a_virtual_clock_stands_still_until_it_is_advanced() -> None:
    with MockExchange(clock=VirtualClock(1_000_000)) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "allMids")
        first = next_message(ws)
        assert first["channel"] == "allMids"
        assert {event.time_ms for event in hl.events()} == {1_000_000}
        hl.advance(2)
        assert next_message(ws)["channel"] == "allMids"
        assert hl.events()[-1].time_ms == 1_002_000


def test_errors_say_what_was_probably_meant(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, cloid_of(1))
    with pytest.raises(UnknownCoin, match=r"did you mean.*BTC"):
        hl.set_bbo("BTX", "1", "2")
    with pytest.raises(UnknownOrder, match=rf"did you mean.*{cloid_of(1)}"):
        hl.order(cloid=cloid_of(2))
    with pytest.raises(UnknownOrder, match="not known"):
        hl.order(cloid=cloid_of(1), account=BOB.address)
    with pytest.raises(UnknownConnection, match="c9"):
        hl.disconnect("c9")
    with pytest.raises(UnknownGate, match="g9"):
        hl.release("g9")
    with pytest.raises(OperationRefused, match="must be below"):
        hl.set_bbo("BTC", "2", "1")
    with pytest.raises(ValueError, match="not a decimal number"):
        hl.fill(cloid=cloid_of(1), sz="much")
    with pytest.raises(ValueError, match="by cloid or by oid"):
        hl.order()
    with pytest.raises(ValueError, match="close code"):
        hl.disconnect(ALICE.address, code=1006)
    with pytest.raises(OperationRefused):
        hl.fill(oid=hl.fill(cloid=cloid_of(1)).oid)


def test_a_cloid_of_two_accounts_needs_the_account(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, cloid_of(1), "alice")
    place(hl, http, cloid_of(1), "bob")
    with pytest.raises(AmbiguousOrder, match=f"{BOB.address}"):
        hl.order(cloid=cloid_of(1))
    assert hl.order(cloid=cloid_of(1), account=BOB.address).account == BOB.address


def test_a_gate_holds_the_publisher_and_a_release_lets_it_go(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        gate = hl.add_gate("registry.resolved", account=ALICE.address)
        place(hl, http, cloid_of(1))
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.05)
        assert hl.gates()[0].held == ("publisher",)
        assert hl.release(gate) == 1
        assert next_message(ws)["data"][0]["order"]["cloid"] == cloid_of(1)
        assert hl.gates() == []


def test_calls_from_many_threads_do_not_mix(hl: MockExchange, http: httpx.Client) -> None:
    for number in range(1, 41):
        place(hl, http, cloid_of(number))
    threads = [
        threading.Thread(target=lambda first=first: [hl.fill(cloid=cloid_of(n)) for n in range(first, 41, 4)])
        for first in (1, 2, 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {order.status for order in hl.orders()} == {"filled"}


def test_a_recording_holds_every_event(tmp_path: Path, http: httpx.Client) -> None:
    from hlmock.trace.recording_reader import read_recording

    path = tmp_path / "run.hlrec"
    with MockExchange(record=path) as hl:
        place(hl, http, cloid_of(1))
    recorded = read_recording(path)
    assert recorded.torn is None
    assert list(recorded.events()) == hl.events()
