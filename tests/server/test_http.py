"""The HTTP face: recorded statuses and bodies, and odd ways to send a request."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from hlmock import MockExchange
from hlmock.server.app import MAX_BODY_BYTES
from hlmock.server.http import MAX_HEAD_BYTES
from hlmock.signing.wallets import wallet
from support.clients import (
    JSON,
    eventually,
    http_bytes,
    order_action,
    post_action,
    raw_connection,
    read_response,
    signed,
)

ALICE = wallet("alice")

META = b'{"type":"meta"}'


@pytest.mark.parametrize("path", ["/exchange", "/info"])
def test_a_body_that_is_not_json_is_answered_with_400(hl: MockExchange, http: httpx.Client, path: str) -> None:
    answer = http.post(hl.url + path, content=b"{oops", headers=JSON)
    assert (answer.status_code, answer.text) == (400, "Failed to parse the request body as JSON")
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize("path", ["/exchange", "/info"])
def test_json_of_another_shape_is_answered_with_422(hl: MockExchange, http: httpx.Client, path: str) -> None:
    answer = http.post(hl.url + path, content=b'{"type":"nonsense"}', headers=JSON)
    assert answer.status_code == 422
    assert answer.text == "Failed to deserialize the JSON body into the target type"


@pytest.mark.parametrize("path", ["/exchange", "/info"])
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/jsonp", ""])
def test_another_content_type_is_answered_with_415(
    hl: MockExchange, http: httpx.Client, path: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = http.post(hl.url + path, content=META, headers=headers)
    assert (answer.status_code, answer.text) == (415, "Expected request with `Content-Type: application/json`")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"]
)
def test_every_json_content_type_is_accepted(hl: MockExchange, http: httpx.Client, content_type: str) -> None:
    assert http.post(hl.url + "/info", content=META, headers={"content-type": content_type}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["/exchange", "/info"])
def test_only_post_is_allowed_on_the_api(hl: MockExchange, http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, hl.url + path)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "POST")


def test_an_unknown_path_is_answered_with_404(hl: MockExchange, http: httpx.Client) -> None:
    answer = http.post(hl.url + "/explorer", content=META, headers=JSON)
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(("path", "body"), [("/info", META), ("/info", b"{"), ("/nowhere", META)])
def test_every_answer_has_the_recorded_cors_headers(
    hl: MockExchange, http: httpx.Client, path: str, body: bytes
) -> None:
    headers = http.post(hl.url + path, content=body, headers=JSON).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-expose-headers"] == "*"
    assert headers["vary"] == "origin, access-control-request-method, access-control-request-headers"


def test_a_preflight_is_answered(hl: MockExchange, http: httpx.Client) -> None:
    answer = http.options(hl.url + "/exchange", headers={"origin": "http://localhost:3000"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-headers"] == "*"


def test_health_tells_the_time_as_the_old_mock_did(hl: MockExchange, http: httpx.Client) -> None:
    answer = http.get(hl.url + "/health").json()
    assert answer["status"] == "healthy"
    assert abs(int(answer["time"]) - time.time()) < 60
    assert http.head(hl.url + "/health").content == b""


def test_a_body_over_the_limit_is_answered_with_413_and_the_connection_goes_on(
    hl: MockExchange, http: httpx.Client
) -> None:
    answer = http.post(hl.url + "/info", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    assert answer.status_code == 413
    assert "longer than" in answer.text
    assert http.post(hl.url + "/info", content=META, headers=JSON).status_code == 200


def test_a_chunked_body_is_read_whole(hl: MockExchange, http: httpx.Client) -> None:
    answer = http.post(hl.url + "/info", content=iter([b'{"type"', b':"me', b'ta"}']), headers=JSON)
    assert answer.status_code == 200


def test_a_client_that_waits_before_its_body_is_told_to_go_on(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        head = http_bytes(
            "POST", "/info", content_type="application/json", content_length=str(len(META)), expect="100-continue"
        )
        raw.sendall(head)
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(META)
        assert read_response(raw)[0] == 200


def test_an_answer_is_one_segment(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        for _ in range(20):
            raw.sendall(http_bytes("GET", "/health"))
            assert raw.recv(65_536).endswith(b"}")


def test_a_client_that_leaves_in_the_middle_of_a_body_disturbs_nobody(hl: MockExchange, http: httpx.Client) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(http_bytes("POST", "/info", content_type="application/json", content_length="100") + b"{")
    assert http.post(hl.url + "/info", content=META, headers=JSON).status_code == 200
    assert hl.requests()[-1].body == META


def test_pipelined_requests_are_answered_in_order(hl: MockExchange) -> None:
    bodies = [b'{"type":"exchangeStatus"}', b"{", b'{"type":"nonsense"}', META]
    with raw_connection(hl.url) as raw:
        raw.sendall(b"".join(http_bytes("POST", "/info", body, content_type="application/json") for body in bodies))
        statuses = []
        with raw.makefile("rb") as stream:
            for _ in bodies:
                statuses.append(int(stream.readline().split()[1]))
                length = 0
                while (line := stream.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
    assert statuses == [200, 400, 422, 200]


def test_an_offer_of_http2_does_not_cost_the_body(hl: MockExchange) -> None:
    """Java's HttpClient makes this offer with every cleartext request."""
    request = http_bytes(
        "POST",
        "/info",
        META,
        content_type="application/json",
        connection="Upgrade, HTTP2-Settings",
        upgrade="h2c",
        http2_settings="AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    with raw_connection(hl.url) as raw:
        for _ in range(2):
            raw.sendall(request)
            status, body = read_response(raw)
            assert status == 200
            assert b"universe" in body


def test_a_client_that_has_said_all_still_gets_its_answer(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(http_bytes("POST", "/info", META, content_type="application/json"))
        raw.shutdown(1)
        assert read_response(raw)[0] == 200
        assert raw.recv(1) == b""


def test_garbage_is_answered_with_400_and_ends_its_connection(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00 this is TLS\r\n\r\n")
        assert read_response(raw)[0] == 400
        assert raw.recv(1) == b""


def test_garbage_behind_a_request_does_not_take_its_answer(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(http_bytes("POST", "/info", META, content_type="application/json") + b"\x00garbage\r\n\r\n")
        assert read_response(raw)[0] == 200
        assert raw.recv(1) == b""


def test_an_endless_head_is_cut_off(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nx: ")
        for _ in range(MAX_HEAD_BYTES // 8_192 + 1):
            raw.sendall(b"y" * 8_192)
        assert read_response(raw)[0] == 431


def test_connect_is_refused(hl: MockExchange) -> None:
    with raw_connection(hl.url) as raw:
        raw.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n")
        assert read_response(raw)[0] == 400


def test_requests_are_captured_without_their_signatures(hl: MockExchange, http: httpx.Client) -> None:
    body = signed(ALICE, order_action())
    http.post(hl.url + "/exchange", content=body, headers={**JSON, "x-client": "mine"})
    http.get(hl.url + "/health")
    exchange, health = hl.requests()
    assert (exchange.method, exchange.path, exchange.header("X-Client")) == ("POST", "/exchange", "mine")
    assert exchange.json()["action"] == order_action()
    signature = json.loads(body)["signature"]
    assert exchange.json()["signature"] == {"r": "…", "s": "…", "v": signature["v"]}
    assert (health.method, health.path, health.body) == ("GET", "/health", b"")
    hl.clear_requests()
    assert hl.requests() == []


def test_an_exception_in_a_path_is_answered_with_500_and_ends_nothing_else(
    hl: MockExchange, http: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(type(hl.log), "emit", fail)
        answer = http.post(hl.url + "/info", content=META, headers=JSON)
    assert (answer.status_code, answer.text) == (500, "null")
    assert "a bug" in caplog.text
    assert http.post(hl.url + "/info", content=META, headers=JSON).status_code == 200


def test_many_clients_at_once_each_get_their_own_answer(hl: MockExchange) -> None:
    def trade(name: str) -> set[str]:
        with httpx.Client() as client:
            answers = [post_action(client, hl.url, wallet(name), order_action()) for _ in range(5)]
        return {json.dumps(answer["response"]["data"]["statuses"]) for answer in answers}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(trade, [f"w{number}" for number in range(8)]))
    assert all(len(each) == 5 for each in found)
    assert len(set().union(*found)) == 40
    assert {order.account for order in hl.orders()} == {wallet(f"w{number}").address for number in range(8)}


def test_a_held_request_is_answered_when_its_gate_is_released(hl: MockExchange) -> None:
    hl.add_gate("signer.recovered")
    answers: list[object] = []

    def trade() -> None:
        with httpx.Client() as client:
            answers.append(post_action(client, hl.url, ALICE, order_action()))

    thread = threading.Thread(target=trade)
    thread.start()
    eventually(lambda: hl.gates()[0].held, what="the request is held")
    assert hl.orders() == []
    assert answers == []
    assert hl.release() == 1
    thread.join(5)
    assert len(hl.orders()) == 1
    assert len(answers) == 1


def test_a_stop_ends_a_held_request(http: httpx.Client) -> None:
    with MockExchange() as hl:
        hl.add_gate("request.received")
        with raw_connection(hl.url) as raw:
            raw.sendall(http_bytes("POST", "/info", META, content_type="application/json"))
            eventually(lambda: hl.gates()[0].held, what="the request is held")
            hl.stop()
            try:
                assert read_response(raw)[0] == 0
            except ConnectionResetError:
                pass
