"""The control API refuses a foreign Host and Origin on HTTP and WebSocket, and needs its token off loopback."""

import json
from collections.abc import Iterator

import pytest

from hlmock import MockExchange
from hlmock.server.guard import host_name
from support.clients import http_bytes, raw_connection, read_response, upgrade_bytes


@pytest.fixture
def guarded() -> Iterator[MockExchange]:
    with MockExchange(token="s3cret", allow_hosts=("mock.test",)) as hl:
        yield hl


def ask(hl: MockExchange, *, websocket: bool, **headers: str) -> tuple[int, str]:
    """Status and body of a control request with exactly these headers."""
    port = hl.url.rpartition(":")[2]
    host = headers.pop("host", f"127.0.0.1:{port}")
    given = {name: value.replace("PORT", port) for name, value in headers.items()}
    request = (
        upgrade_bytes("/_hlbench/events", **given) if websocket else http_bytes("GET", "/_hlbench/health", b"", **given)
    )
    with raw_connection(hl.url.replace("0.0.0.0", "127.0.0.1")) as raw:
        raw.sendall(request.replace(b"host: 127.0.0.1", b"host: " + host.encode(), 1))
        status, body = read_response(raw)
    return status, body.decode()


FOREIGN_HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "", "mock.test"]
FOREIGN_ORIGINS = [
    "http://evil.example",
    "http://localhost:3000",
    "http://127.0.0.1",
    "https://127.0.0.1:1",
    "null",
    "",
    "file://",
]


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(hl: MockExchange, host: str, websocket: bool) -> None:
    status, body = ask(hl, websocket=websocket, host=host)
    assert status == 403
    assert "host" in body


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_is_refused(hl: MockExchange, origin: str, websocket: bool) -> None:
    assert ask(hl, websocket=websocket, origin=origin)[0] == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:8080"])
def test_a_local_program_is_let_in(hl: MockExchange, host: str) -> None:
    assert ask(hl, websocket=False, host=host)[0] == 200
    assert ask(hl, websocket=True, host=host)[0] == 101


def test_our_own_origin_is_let_in(hl: MockExchange) -> None:
    assert ask(hl, websocket=False, origin="http://127.0.0.1:PORT")[0] == 200
    assert ask(hl, websocket=True, origin="http://127.0.0.1:PORT")[0] == 101


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer "])
def test_without_the_token_nobody_is_let_in(guarded: MockExchange, authorization: str | None, websocket: bool) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    status, body = ask(guarded, websocket=websocket, **headers)
    assert status == 401
    assert "token" in body
    assert "s3cret" not in body


@pytest.mark.parametrize("host", ["mock.test", "Mock.Test:443"])
def test_with_the_token_an_allowed_host_is_let_in(guarded: MockExchange, host: str) -> None:
    assert ask(guarded, websocket=False, host=host, authorization="Bearer s3cret")[0] == 200
    assert ask(guarded, websocket=True, host=host, authorization="Bearer s3cret")[0] == 101


def test_the_token_does_not_open_the_door_to_a_foreign_origin(guarded: MockExchange) -> None:
    assert ask(guarded, websocket=False, origin="http://evil.example", authorization="Bearer s3cret")[0] == 403


def test_off_loopback_the_address_itself_is_no_allowed_name() -> None:
    with MockExchange(host="0.0.0.0", token="t") as hl:
        assert ask(hl, websocket=False, host="0.0.0.0", authorization="Bearer t")[0] == 403
        assert ask(hl, websocket=False, host="127.0.0.1", authorization="Bearer t")[0] == 200
        assert ask(hl, websocket=False, host="127.0.0.1")[0] == 401


def test_the_exchange_itself_is_open_to_every_origin(hl: MockExchange) -> None:
    """As the real one is."""
    with raw_connection(hl.url) as raw:
        raw.sendall(http_bytes("GET", "/health", origin="http://evil.example"))
        assert read_response(raw)[0] == 200


def test_a_refusal_says_what_to_do(hl: MockExchange) -> None:
    refusal = json.loads(ask(hl, websocket=False, host="mybox")[1])
    assert "--allow-host" in refusal["hint"]


@pytest.mark.parametrize(
    ("header", "name"),
    [("A.b:80", "a.b"), ("a", "a"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("::1", "::1"), ("", "")],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name
