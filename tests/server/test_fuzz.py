"""The shell under wire bytes with random segmentation, garbage and disconnections.

Every complete request on a connection that is still open gets exactly one answer; nothing ends another connection;
afterwards tasks, sockets and file descriptors are back to where they were within a second.
"""

import asyncio
import json
import random
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

import psutil
import pytest
from websockets.sync.client import connect

from hlmock import MockExchange
from hlmock.signing.wallets import wallet
from support.clients import (
    client_frame,
    eventually,
    http_bytes,
    next_message,
    order_action,
    raw_connection,
    signed,
    subscription,
    upgrade_bytes,
)

JSON = "application/json"

COINS = ("BTC", "ETH", "SOL")


@dataclass
class Script:
    """What one connection sends, and the answers that are due for it, in order."""

    is_websocket: bool
    data: bytes = b""
    due: list[str] = field(default_factory=list)
    """HTTP statuses, or kinds of frames."""
    ends_in_garbage: bool = False
    cut: int | None = None
    """Bytes after which the client is gone."""


def http_script(rng: random.Random) -> Script:
    script = Script(is_websocket=False)
    for _ in range(rng.randint(1, 6)):
        request, status = rng.choice(
            [
                (http_bytes("POST", "/info", b'{"type":"exchangeStatus"}', content_type=JSON), 200),
                (http_bytes("POST", "/exchange", signed(wallet("fuzz"), order_action()), content_type=JSON), 200),
                (http_bytes("POST", "/exchange", b'{"action":{}}', content_type=JSON), 422),
                (http_bytes("POST", "/info", b"{", content_type=JSON), 400),
                (http_bytes("POST", "/info", b"{}"), 415),
                (http_bytes("GET", "/exchange"), 405),
                (http_bytes("GET", "/health"), 200),
                (http_bytes("GET", "/nowhere"), 404),
                (http_bytes("GET", "/_hlbench/registry"), 200),
                (
                    b"POST /info HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                    b"transfer-encoding: chunked\r\n\r\n7\r\n"
                    b'{"type"\r\n8\r\n:"meta"}\r\n0\r\n\r\n',
                    200,
                ),
            ]
        )
        script.data += request
        script.due.append(str(status))
    return script


def fragments(rng: random.Random, payload: bytes) -> bytes:
    """A text message in one frame or in several, with a ping between them."""
    parts = rng.randint(1, 3)
    cuts = sorted(rng.randint(0, len(payload)) for _ in range(parts - 1))
    pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    frames = b""
    for number, piece in enumerate(pieces):
        mask = rng.randbytes(4)
        frames += client_frame(piece, opcode=0 if number else 1, is_final=number == parts - 1, mask=mask)
        if number < parts - 1 and rng.random() < 0.3:
            frames += client_frame(b"x", opcode=10)  # An unsolicited pong asks for nothing.
    return frames


def websocket_script(rng: random.Random, number: int) -> Script:
    script = Script(is_websocket=True, data=upgrade_bytes())
    user = wallet(f"fuzz {number}").address
    for count in range(rng.randint(1, 8)):
        text, kind = rng.choice(
            [
                ('{"method":"ping"}', "pong"),
                (subscription("orderUpdates", user=user), "subscriptionResponse"),
                (subscription("bbo", coin=rng.choice(COINS)), "subscriptionResponse"),
                (subscription("bbo", coin="NOPE"), "error"),
                (json.dumps({"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}}), "error"),
                ("nonsense", "error"),
                (post_frame(count, "info", {"type": "exchangeStatus"}), "post"),
                (post_frame(count, "info", {"type": "nonsense"}), "error"),
                (post_frame(count, "action", json.loads(signed(wallet("fuzz"), order_action()))), "post"),
            ]
        )
        if kind == "subscriptionResponse" and text.encode() in script.data:
            continue
        script.data += (
            client_frame(text.encode(), mask=bytes(4)) if rng.random() < 0.5 else fragments(rng, text.encode())
        )
        script.due.append("subscriptionResponse|error" if kind == "subscriptionResponse" else kind)
    return script


def post_frame(number: int, kind: str, payload: object) -> str:
    return json.dumps({"method": "post", "id": number, "request": {"type": kind, "payload": payload}})


def make_script(rng: random.Random, number: int) -> Script:
    script = websocket_script(rng, number) if rng.random() < 0.5 else http_script(rng)
    chance = rng.random()
    if chance < 0.25:
        script.data += bytes([0x00, 0xFF]) + rng.randbytes(rng.randint(1, 200))
        script.ends_in_garbage = True
    elif chance < 0.5:
        script.cut = rng.randint(0, len(script.data))
    return script


def send_interleaved(rng: random.Random, sockets: list[socket.socket], scripts: list[Script]) -> None:
    """Random segments of each script, connections in random order."""
    left = {number: script.data[: script.cut] for number, script in enumerate(scripts)}
    while left:
        number = rng.choice(list(left))
        size = rng.choice([1, 2, 7, 30, 100, 400, 5_000])
        segment, left[number] = left[number][:size], left[number][size:]
        with suppress(ConnectionResetError, BrokenPipeError):  # The server has answered garbage and left.
            sockets[number].sendall(segment)
        if not left[number]:
            del left[number]
            if scripts[number].cut is not None:
                sockets[number].close()


def read_statuses(raw: socket.socket, count: int) -> Iterator[str]:
    with raw.makefile("rb") as stream:
        for _ in range(count):
            yield stream.readline().split()[1].decode()
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)


def read_kinds(raw: socket.socket, count: int) -> Iterator[str]:
    """Channels of the answers; data frames and control frames are passed over."""
    with raw.makefile("rb") as stream:
        while stream.readline() != b"\r\n":
            pass
        while count:
            opcode, length = stream.read(2)
            if length == 126:
                length = int.from_bytes(stream.read(2))
            elif length == 127:
                length = int.from_bytes(stream.read(8))
            payload = stream.read(length)
            if opcode & 0x0F == 1:
                channel = json.loads(payload)["channel"]
                if channel in ("pong", "subscriptionResponse", "error", "post"):
                    count -= 1
                    yield channel


def check_answers(raw: socket.socket, script: Script) -> None:
    if script.is_websocket:
        for kind, due in zip(read_kinds(raw, len(script.due)), script.due, strict=True):
            assert kind in due.split("|"), (kind, script.due)
    else:
        assert list(read_statuses(raw, len(script.due))) == script.due


def fuzz(hl: MockExchange, seed: int) -> None:
    rng = random.Random(seed)
    scripts = [make_script(rng, number) for number in range(rng.randint(4, 12))]
    sockets = [raw_connection(hl.url) for _ in scripts]
    try:
        send_interleaved(rng, sockets, scripts)
        for raw, script in zip(sockets, scripts, strict=True):
            if script.cut is None and not script.ends_in_garbage:
                check_answers(raw, script)
    finally:
        for raw in sockets:
            raw.close()


def test_every_complete_request_gets_exactly_one_answer_and_nothing_is_left(caplog: pytest.LogCaptureFixture) -> None:
    process = psutil.Process()
    with MockExchange() as hl, connect(hl.ws_url) as witness:
        loop = hl._host.loop
        assert loop is not None
        fuzz(hl, 0)
        before = (process.num_fds(), len(asyncio.all_tasks(loop)))
        for seed in range(1, 61):
            try:
                fuzz(hl, seed)
            except (AssertionError, TimeoutError, ConnectionError, IndexError, ValueError) as error:
                raise AssertionError(f"seed {seed}: {error!r}") from error
        eventually(
            lambda: (process.num_fds(), len(asyncio.all_tasks(loop))) <= before,
            timeout_s=1,
            what="the baseline of sockets and tasks",
        )
        eventually(lambda: len(hl.connections()) == 1, timeout_s=1, what="the end of all connections but one")
        witness.send('{"method":"ping"}')
        assert next_message(witness) == {"channel": "pong"}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1_000, 6_000, 100))
def test_it_holds_for_many_seeds(first: int) -> None:
    with MockExchange() as hl:
        for seed in range(first, first + 100):
            try:
                fuzz(hl, seed)
            except (AssertionError, TimeoutError, ConnectionError, IndexError, ValueError) as error:
                raise AssertionError(f"seed {seed}: {error!r}") from error


def test_no_more_answers_come_than_requests_went(hl: MockExchange) -> None:
    rng = random.Random(7)
    for number in range(20):
        script = websocket_script(rng, number) if number % 2 else http_script(rng)
        with closing(raw_connection(hl.url)) as raw:
            raw.sendall(script.data)
            check_answers(raw, script)
            raw.settimeout(0.02)
            with suppress(TimeoutError):
                rest = raw.recv(65_536)
                assert b'"channel":"post"' not in rest
                assert b"HTTP/1.1" not in rest
