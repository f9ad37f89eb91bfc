"""D5: a client that stops reading is noticed soon, costs nobody else anything, and is cut in the end."""

import socket
import struct
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from hlmock import CoreSettings, MockExchange, OutboxLimits
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from support.clients import (
    client_frame,
    cloid_of,
    eventually,
    next_message,
    order_action,
    post_action,
    raw_connection,
    subscribe,
    subscribed,
    subscription,
    upgrade_bytes,
)

ALICE = wallet("alice")


# The tests of windows and acknowledgements hold on Linux; elsewhere the full transport alone tells.


def connect_without_reading(url: str) -> socket.socket:
    """A subscribed connection whose client will not read: raw, so that no library thread reads for it."""
    raw = raw_connection(url)
    raw.sendall(upgrade_bytes() + client_frame(subscription("orderUpdates", user=ALICE.address).encode()))
    return raw


def place(hl: MockExchange, client: httpx.Client, count: int, start: int = 1) -> None:
    for number in range(start, start + count):
        answer = post_action(client, hl.url, ALICE, order_action(cloid=cloid_of(number)))
        assert "resting" in str(answer), answer


def test_a_stalled_reader_is_noticed_within_200_messages(hl: MockExchange, http: httpx.Client) -> None:
    """At once: the transport is full. (The kernels alone take 9,000 messages with default buffers.)"""
    with connect_without_reading(hl.url):
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        hl.stall(ALICE.address)
        place(hl, http, 200)
        hl.resume(ALICE.address)
        eventually(lambda: hl.connections()[0].paused, what="somebody notices")


def test_a_stalled_reader_is_noticed_when_messages_come_one_by_one(hl: MockExchange, http: httpx.Client) -> None:
    """By its window: the transport is full now and then before, and takes more again."""
    with connect_without_reading(hl.url):
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        (client,) = hl._session.sockets.values()
        for number in range(1, 301):
            place(hl, http, 1, start=number)
            if client.progress.is_unread:
                break
        assert client.progress.is_unread, "300 messages and nobody noticed"
        assert client.connection.is_paused


def test_a_reader_with_a_strange_window_is_not_taken_for_a_stalled_one(hl: MockExchange, http: httpx.Client) -> None:
    """A large receive buffer makes the window shrink by 64 kB although the client reads all."""
    raw = raw_connection(hl.url, receive_buffer=1024 * 1024)
    with connect("ws://127.0.0.1/ws", sock=raw) as ws:
        subscribe(ws, "orderUpdates", user=ALICE.address)
        for number in range(1, 201):
            place(hl, http, 1, start=number)
            assert next_message(ws, timeout_s=0.9)["data"][0]["order"]["cloid"] == cloid_of(number)


def test_a_stalled_reader_delays_nobody(hl: MockExchange, http: httpx.Client) -> None:
    with connect_without_reading(hl.url), subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        eventually(lambda: hl.registry().size == 2, what="both subscriptions")
        place(hl, http, 300)
        seen = [next_message(ws)["data"][0]["order"]["cloid"] for _ in range(300)]
        assert seen == [cloid_of(number) for number in range(1, 301)]
        eventually(lambda: any(each.paused for each in hl.connections()), what="the pause")
        stalled, sound = sorted(hl.connections(), key=lambda each: -each.depth)
        assert stalled.depth > 0
        assert (sound.paused, sound.depth) == (False, 0)


def test_a_reader_that_goes_on_gets_everything_in_order(hl: MockExchange, http: httpx.Client) -> None:
    with connect_without_reading(hl.url) as raw, raw.makefile("rb") as stream:
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        place(hl, http, 300)
        eventually(lambda: hl.connections()[0].paused, what="the pause")
        while stream.readline() != b"\r\n":
            pass
        seen: list[str] = []
        while len(seen) < 300:
            length = stream.read(2)[1]
            payload = stream.read(int.from_bytes(stream.read(2)) if length == 126 else length).decode()
            if '"cloid":"' in payload:
                seen.append(payload.split('"cloid":"')[1][:34])
        assert seen == [cloid_of(number) for number in range(1, 301)]
        eventually(lambda: not hl.connections()[0].paused, what="the end of the pause")


def test_an_outbox_that_overflows_closes_its_connection_and_then_cuts_it(http: httpx.Client) -> None:
    core = CoreSettings(outbox=OutboxLimits(max_frames=20), overflow_abort_ms=50)
    with MockExchange(core=core) as hl, connect_without_reading(hl.url):
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        number = 0
        while not (overflowed := [event for event in hl.events() if event.stage == "outbox.overflowed"]):
            number += 1
            place(hl, http, 1, start=number)
            assert number < 400
        eventually(lambda: not hl.connections(), what="the cut")
        closing = next(event for event in hl.events() if event.stage == "connection.closing")
        assert closing.cause == overflowed[0].seq
        assert (closing.detail.code, closing.detail.reason) == (1008, "outbox overflow")  # type: ignore[union-attr]
        assert hl.registry().size == 0
        dropped = [event for event in hl.events() if event.stage == "delivery.dropped"]
        assert len(dropped) == 21


def test_without_a_limit_nothing_overflows(http: httpx.Client) -> None:
    core = CoreSettings(outbox=OutboxLimits(max_frames=None, max_bytes=None))
    with MockExchange(core=core) as hl, connect_without_reading(hl.url):
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        place(hl, http, 300)
        assert hl.connections()[0].depth > 0


@pytest.fixture
def stalled(hl: MockExchange) -> Iterator[ClientConnection]:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        assert hl.stall(ALICE.address) == 1
        yield ws


def test_a_stall_holds_one_connection_back_until_resume(
    hl: MockExchange, http: httpx.Client, stalled: ClientConnection
) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        place(hl, http, 3)
        assert [next_message(ws)["data"][0]["order"]["cloid"] for _ in range(3)] == [cloid_of(n) for n in (1, 2, 3)]
        with pytest.raises(TimeoutError):
            stalled.recv(timeout=0.05)
        view = hl.connections()[0]
        assert (view.stalled, view.depth) == (True, 3)
        assert hl.resume(view.id) == 1
        assert [next_message(stalled)["data"][0]["order"]["cloid"] for _ in range(3)] == [
            cloid_of(n) for n in (1, 2, 3)
        ]
    assert "fault.injected" in {event.stage for event in hl.events()}


@pytest.mark.parametrize(
    ("unacknowledged", "stage"), [(0, "delivery.acked"), (9, "delivery.flushed"), (None, "delivery.flushed")]
)
def test_a_frame_is_seen_to_reach_the_kernel_or_the_peer(
    hl: MockExchange, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, unacknowledged: int | None, stage: str
) -> None:
    monkeypatch.setattr("hlmock.server.watermarks.unacknowledged_bytes", lambda raw: unacknowledged)
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
        place(hl, http, 2)
        last_written = max(event.seq for event in hl.events() if event.stage == "delivery.written")
        eventually(
            lambda: any(event.stage == stage and event.cause == last_written for event in hl.events()), what=stage
        )
        if unacknowledged is not None:
            assert ("delivery.acked" in {event.stage for event in hl.events()}) == (unacknowledged == 0)


def test_the_kernel_tells_what_the_peer_has(hl: MockExchange, http: httpx.Client) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
        place(hl, http, 2)
        last_written = max(event.seq for event in hl.events() if event.stage == "delivery.written")
        eventually(
            lambda: any(event.stage == "delivery.acked" and event.cause == last_written for event in hl.events()),
            what="the acknowledgement",
        )


def test_what_a_stalled_reader_left_in_the_transport_is_not_reported_as_arrived(
    hl: MockExchange, http: httpx.Client
) -> None:
    with connect_without_reading(hl.url) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        eventually(lambda: hl.registry().size == 1, what="the subscription")
        hl.stall(ALICE.address)
        place(hl, http, 300)
        hl.resume(ALICE.address)  # All at once: more than the kernels take.
        assert hl.connections()[0].paused
        time.sleep(0.1)  # Longer than a look takes: what is not reported by now never will be.
        last_written = max(event.seq for event in hl.events() if event.stage == "delivery.written")
        arrived = [event.cause or 0 for event in hl.events() if event.stage in ("delivery.flushed", "delivery.acked")]
        assert max(arrived, default=0) < last_written


def test_an_idle_server_is_at_rest(hl: MockExchange) -> None:
    """Once everything is acknowledged, only the tick is left: 4 wake-ups a second."""
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
        eventually(lambda: any(event.stage == "delivery.acked" for event in hl.events()), what="the acknowledgement")
        before = hl.log.last_seq
        used = time.process_time()
        time.sleep(0.3)
        assert hl.log.last_seq == before
        assert time.process_time() - used < 0.1


def test_who_reads_an_update_and_breaks_off_at_once_has_got_it(hl: MockExchange, http: httpx.Client) -> None:
    with connect_without_reading(hl.url) as raw:
        eventually(lambda: any(event.stage == stages.DELIVERY_ACKED for event in hl.events()), what="a look")
        place(hl, http, 1)
        received = b""
        while cloid_of(1).encode() not in received:
            received += raw.recv(65_536)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    eventually(lambda: not hl.connections(), what="the end of the connection")
    assert hl.why(cloid=cloid_of(1)).verdict.code == "delivered"  # type: ignore[union-attr]
