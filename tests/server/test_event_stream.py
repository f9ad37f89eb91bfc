"""The event stream over a WebSocket: whole, in order, and never at the exchange's cost."""

import json
import time
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hlmock import MockExchange
from hlmock.signing.wallets import wallet
from hlmock.trace.events import TraceEvent, from_plain
from hlmock.trace.log import EventLog
from support.clients import client_frame, order_action, post_action, raw_connection, upgrade_bytes

ALICE = wallet("alice")


def stream_url(hl: MockExchange, query: str = "") -> str:
    return f"{hl.control_url.replace('http', 'ws')}/events{query}"


def read_up_to(ws: ClientConnection, seq: int) -> list[TraceEvent]:
    events: list[TraceEvent] = []
    while not events or events[-1].seq < seq:
        batch = json.loads(ws.recv(timeout=5))
        assert isinstance(batch, list)
        events += [from_plain(plain) for plain in batch]
    return events


def place(hl: MockExchange, http: httpx.Client, count: int = 1) -> None:
    for _ in range(count):
        post_action(http, hl.url, ALICE, order_action())


def test_a_reader_gets_what_was_and_what_comes(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http)
    with connect(stream_url(hl)) as ws:
        events = read_up_to(ws, hl.log.last_seq)
        assert events[0].stage == "state.checkpoint"
        place(hl, http, 20)
        events += read_up_to(ws, hl.log.last_seq)
    assert events == hl.events()


def test_a_reader_goes_on_where_it_was(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http)
    with connect(stream_url(hl, "?since=5")) as ws:
        assert read_up_to(ws, hl.log.last_seq) == hl.events(since=5)


def test_a_reader_from_now_starts_with_a_checkpoint(hl: MockExchange, http: httpx.Client) -> None:
    place(hl, http, 3)
    before = hl.log.last_seq
    with connect(stream_url(hl, "?since=now")) as ws:
        events = read_up_to(ws, before + 1)
    assert (events[0].seq, events[0].stage) == (before + 1, "state.checkpoint")
    assert len(events[0].detail.orders) == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("query", ["?since=x", "?since=-3"])
def test_a_seq_that_is_none_is_refused(hl: MockExchange, query: str) -> None:
    with pytest.raises(InvalidStatus) as error, connect(stream_url(hl, query)):
        pass
    assert error.value.response.status_code == 400


def test_another_path_is_refused(hl: MockExchange) -> None:
    with pytest.raises(InvalidStatus) as error, connect(stream_url(hl).replace("events", "other")):
        pass
    assert error.value.response.status_code == 404


def test_what_a_reader_says_is_ignored(hl: MockExchange, http: httpx.Client) -> None:
    with connect(stream_url(hl)) as ws:
        ws.send("hello")
        ws.send(b"\xff")
        place(hl, http)
        assert read_up_to(ws, hl.log.last_seq) == hl.events()


def test_reading_is_not_traced(hl: MockExchange) -> None:
    with connect(stream_url(hl)) as ws:
        read_up_to(ws, 1)
        time.sleep(0.05)
        assert hl.log.last_seq == 1


def test_a_slow_reader_misses_events_and_is_told_which(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not read while the ring goes round; the exchange takes no notice."""

    def small_log(*arguments: Any, **more: Any) -> EventLog:
        return EventLog(*arguments, capacity=2_000, checkpoint_every=500, **more)

    monkeypatch.setattr("hlmock.server.session.EventLog", small_log)
    with MockExchange() as hl, raw_connection(hl.url, receive_buffer=4_096) as raw:
        raw.sendall(upgrade_bytes("/_hlbench/events"))
        place(hl, http, 400)
        assert hl.log.first_seq > 1_000
        place(hl, http)
        with raw.makefile("rb") as stream:
            while stream.readline() != b"\r\n":
                pass
            events: list[dict[str, Any]] = []
            while not events or events[-1]["seq"] < hl.log.last_seq:
                length = stream.read(2)[1]
                if length == 126:
                    length = int.from_bytes(stream.read(2))
                elif length == 127:
                    length = int.from_bytes(stream.read(8))
                events += json.loads(stream.read(length))
        gaps = [event for event in events if event["stage"] == "events.gap"]
        assert gaps
        seqs = {event["seq"] for event in events if event["stage"] != "events.gap"}
        for gap in gaps:
            seqs |= set(range(gap["detail"]["from"], gap["detail"]["to"] + 1))
        assert seqs == set(range(1, hl.log.last_seq + 1))


def test_a_reader_that_leaves_leaves_nothing(hl: MockExchange, http: httpx.Client) -> None:
    with connect(stream_url(hl)) as ws:
        read_up_to(ws, 1)
    with raw_connection(hl.url) as raw:
        raw.sendall(upgrade_bytes("/_hlbench/events") + client_frame(b"", opcode=8))
    place(hl, http)
    assert not hl._session.streams
    assert hl.log._listeners == ()
