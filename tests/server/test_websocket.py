"""The WebSocket face: what clients and proxies do on the wire, and how each of it ends."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.sync.client import connect

from hlmock import MockExchange, VirtualClock
from hlmock.server.websocket import MAX_MESSAGE_BYTES, text_frame
from hlmock.signing.wallets import wallet
from support.clients import (
    client_frame,
    eventually,
    next_message,
    raw_connection,
    read_response,
    subscribe,
    subscribed,
    subscription,
    upgrade_bytes,
)

ALICE = wallet("alice").address

PING = b'{"method":"ping"}'


class RawSocket:
    """A WebSocket client by hand: sends any bytes, reads whole frames."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.stream = raw.makefile("rb")

    def read_head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.stream.readline()
        return head

    def read_frame(self) -> tuple[int, bytes]:
        """Opcode and payload; (-1, b"") at the end of the stream."""
        head = self.stream.read(2)
        if len(head) < 2:
            return -1, b""
        length = head[1]
        if length == 126:
            length = int.from_bytes(self.stream.read(2))
        elif length == 127:
            length = int.from_bytes(self.stream.read(8))
        return head[0] & 0x0F, self.stream.read(length)

    def read_close(self) -> int:
        """The close code of the next frame."""
        opcode, payload = self.read_frame()
        assert opcode == 8, (opcode, payload)
        return int.from_bytes(payload[:2])


@contextmanager
def raw_websocket(hl: MockExchange, rest: bytes = b"") -> Iterator[RawSocket]:
    with raw_connection(hl.url) as raw:
        raw.sendall(upgrade_bytes() + rest)
        client = RawSocket(raw)
        with client.stream:
            assert client.read_head().startswith(b"HTTP/1.1 101")
            yield client


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_text_frame_has_the_length_form_of_rfc_6455(length: int) -> None:
    frame = text_frame(b"x" * length)
    assert frame.endswith(b"x" * length)
    head = frame[: len(frame) - length]
    expected = {1: head[1:2], 3: head[2:], 9: head[2:]}[len(head) - 1]
    assert int.from_bytes(expected) == length
    assert head[0] == 0x81


def test_a_ping_is_answered_with_pong_without_data(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        ws.send(PING.decode())
        assert ws.recv(timeout=5) == '{"channel":"pong"}'


def test_a_protocol_ping_is_answered_with_its_payload(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(b"hello", opcode=9))
        assert client.read_frame() == (10, b"hello")


def test_compression_is_declined(hl: MockExchange) -> None:
    with connect(hl.ws_url, compression="deflate") as ws:
        assert ws.response is not None
        assert "sec-websocket-extensions" not in ws.response.headers
        assert ws.protocol.extensions == []


def test_frames_in_the_segment_of_the_handshake_are_not_lost(hl: MockExchange) -> None:
    with raw_websocket(hl, rest=client_frame(PING)) as client:
        assert client.read_frame() == (1, b'{"channel":"pong"}')


def test_a_fragmented_message_is_one_message(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(PING[:5], is_final=False))
        client.raw.sendall(client_frame(b"between", opcode=9))
        client.raw.sendall(client_frame(PING[5:9], opcode=0, is_final=False))
        client.raw.sendall(client_frame(PING[9:], opcode=0))
        assert {client.read_frame(), client.read_frame()} == {(10, b"between"), (1, b'{"channel":"pong"}')}


def test_a_message_that_arrives_byte_by_byte_is_one_message(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        for byte in upgrade_bytes() + client_frame(PING):
            raw.sendall(bytes([byte]))
        client = RawSocket(raw)
        with client.stream:
            client.read_head()
            assert client.read_frame() == (1, b'{"channel":"pong"}')


def test_a_binary_frame_is_answered_as_unreadable(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        ws.send(PING)
        answer = next_message(ws)
        assert answer["channel"] == "error"
        assert answer["data"].startswith("Error parsing JSON into valid websocket request: ")
        ws.send(PING.decode())
        assert next_message(ws) == {"channel": "pong"}


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"method":"subscribe"}', '{"method":"shout"}', "\x00", "{" * 5_000]
)
def test_what_cannot_be_parsed_is_echoed_and_the_connection_goes_on(hl: MockExchange, text: str) -> None:
    with connect(hl.ws_url) as ws:
        ws.send(text)
        assert next_message(ws) == {
            "channel": "error",
            "data": f"Error parsing JSON into valid websocket request: {text}",
        }
        ws.send(PING.decode())
        assert next_message(ws) == {"channel": "pong"}


def test_a_message_over_the_limit_closes_with_1009(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(b" " * (MAX_MESSAGE_BYTES + 1)))
        assert client.read_close() == 1009
        assert client.read_frame() == (-1, b"")


def test_a_fragmented_message_over_the_limit_closes_with_1009(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(b" " * MAX_MESSAGE_BYTES, is_final=False))
        client.raw.sendall(client_frame(b"  ", opcode=0))
        assert client.read_close() == 1009


def test_text_that_is_not_utf_8_closes_with_1007(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(b"\xff\xfe"))
        assert client.read_close() == 1007


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 32, b"\x81\x05hello", client_frame(b"", opcode=3), client_frame(b"x", opcode=0), b"\xc1\x80aaaa"],
    ids=["bits", "unmasked", "unknown opcode", "stray continuation", "reserved bit"],
)
def test_garbage_closes_with_1002(hl: MockExchange, garbage: bytes) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(garbage)
        assert client.read_close() == 1002


def test_a_close_frame_is_answered_and_ends_the_subscriptions(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(subscription("orderUpdates", user=ALICE).encode()))
        client.read_frame()
        assert hl.registry().size == 1
        client.raw.sendall(client_frame((4321).to_bytes(2) + b"bye", opcode=8))
        assert client.read_close() == 4321
        assert hl.registry().size == 0
    ended = [event.detail for event in hl.events() if event.stage == "connection.closed"]
    assert [(each.code, each.who, each.reason) for each in ended] == [(4321, "client", "bye")]  # type: ignore[union-attr]


def test_a_message_before_a_close_frame_is_still_answered(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(PING) + client_frame((1000).to_bytes(2), opcode=8))
        assert client.read_frame() == (1, b'{"channel":"pong"}')
        assert client.read_close() == 1000


def test_a_lost_connection_loses_its_subscriptions(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.sendall(client_frame(subscription("orderUpdates", user=ALICE).encode()))
        client.read_frame()
    eventually(lambda: hl.registry().size == 0, what="the cleanup")
    closed = next(event for event in hl.events() if event.stage == "connection.closed")
    assert closed.detail.code == 1006  # type: ignore[union-attr]


def test_a_client_that_pings_and_never_reads_is_cut(hl: MockExchange) -> None:
    with raw_websocket(hl) as client:
        client.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        flood = client_frame(b"p" * 125, opcode=9) * 1_000
        with suppress(ConnectionResetError, BrokenPipeError, TimeoutError):
            for _ in range(1_000):
                client.raw.sendall(flood)
        eventually(lambda: not hl.connections(), what="the end of the connection")


def test_an_upgrade_of_another_path_is_answered_with_404(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(upgrade_bytes("/elsewhere"))
        assert read_response(raw)[0] == 404


def test_a_handshake_without_a_key_is_answered_with_400(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(upgrade_bytes().replace(b"sec-websocket-key", b"x-no-key"))
        assert read_response(raw)[0] == 400
    assert not hl.connections()


def test_the_server_closes_with_the_code_it_is_told(hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE) as ws, connect(hl.ws_url) as other:
        assert hl.disconnect(ALICE, code=4_000) == 1
        with pytest.raises(ConnectionClosedError) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 4_000
        other.send(PING.decode())
        assert next_message(other) == {"channel": "pong"}
    eventually(lambda: not hl.connections(), what="the end of both connections")
    ends = [event.detail for event in hl.events() if event.stage == "connection.closed"]
    assert [each.who for each in ends] == ["control", "client"]  # type: ignore[union-attr]


def test_an_abort_has_no_close_frame(hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE) as ws:
        assert hl.disconnect(ALICE, abort=True) == 1
        with pytest.raises(ConnectionClosedError) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is None


def test_a_stop_closes_with_1001() -> None:
    with MockExchange() as hl, connect(hl.ws_url) as ws:
        hl.stop()
        with pytest.raises((ConnectionClosedOK, ConnectionClosedError)) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 1001


def test_an_exception_in_a_path_closes_its_connection_with_1011_and_no_other(
    hl: MockExchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(hl.ws_url) as ws, connect(hl.ws_url) as other:
        with monkeypatch.context() as patch:
            patch.setattr("hlmock.server.client_socket.read_frame", lambda *_, **__: 1 / 0)
            ws.send(PING.decode())
            with pytest.raises(ConnectionClosedError) as error:
                ws.recv(timeout=5)
        assert error.value.rcvd is not None
        assert (error.value.rcvd.code, error.value.rcvd.reason) == (1011, "internal error")
        assert "ZeroDivisionError" in caplog.text
        other.send(PING.decode())
        assert next_message(other) == {"channel": "pong"}


def test_an_idle_connection_is_closed_with_the_real_ones_reason() -> None:
    with MockExchange(clock=VirtualClock()) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=ALICE)
        hl.advance(59)
        ws.send(PING.decode())
        assert next_message(ws) == {"channel": "pong"}
        hl.advance(59)
        assert len(hl.connections()) == 1
        hl.advance(2)
        with pytest.raises(ConnectionClosedOK) as error:
            ws.recv(timeout=5)
        assert error.value.rcvd is not None
        assert (error.value.rcvd.code, error.value.rcvd.reason) == (1000, "Inactive")


def test_a_connection_for_which_frames_wait_is_not_idle() -> None:
    with MockExchange(clock=VirtualClock()) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "allMids")
        hl.stall("c1")
        hl.set_bbo("BTC", "50000", "50010")
        hl.advance(10)
        assert hl.connections()[0].depth > 0
        hl.advance(120)
        assert len(hl.connections()) == 1
        hl.resume("c1")
        assert next_message(ws)["channel"] == "allMids"


def test_a_jump_of_the_exchanges_clock_closes_nobody_by_wall_time(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=ALICE)
        hl.advance(7_200)
        ws.send(PING.decode())
        assert next_message(ws) == {"channel": "pong"}


def test_a_post_answers_as_http_does(hl: MockExchange) -> None:
    body = {"type": "openOrders", "user": ALICE}
    with connect(hl.ws_url) as ws:
        ws.send(json.dumps({"method": "post", "id": 7, "request": {"type": "info", "payload": body}}))
        assert next_message(ws) == {
            "channel": "post",
            "data": {"id": 7, "response": {"type": "info", "payload": {"type": "openOrders", "data": []}}},
        }
