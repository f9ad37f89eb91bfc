"""The control API: every line of its table does what it says, and its errors tell what to do."""

import json
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.sync.client import connect

from hlmock import MockExchange
from hlmock.server.control_routes import ROUTES
from hlmock.signing.wallets import wallet
from hlmock.trace.events import from_plain
from support.clients import (
    cloid_of,
    eventually,
    http_bytes,
    next_message,
    order_action,
    post_action,
    raw_connection,
    read_response,
    signed,
    subscribed,
    subscription,
)

ALICE, BOB = wallet("alice"), wallet("bob")


class Desk:
    """A client of the control API."""

    def __init__(self, hl: MockExchange, http: httpx.Client) -> None:
        self.hl = hl
        self.http = http

    def get(self, path: str, **query: object) -> Any:
        answer = self.http.get(
            f"{self.hl.control_url}/{path}", params={name: str(value) for name, value in query.items()}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: object) -> Any:
        answer = self.http.post(f"{self.hl.control_url}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def place(self, number: int = 1) -> None:
        post_action(self.http, self.hl.url, ALICE, order_action(cloid=cloid_of(number)))


@pytest.fixture
def desk(hl: MockExchange, http: httpx.Client) -> Desk:
    return Desk(hl, http)


def test_the_index_lists_every_call(desk: Desk) -> None:
    assert {(each["method"], each["path"]) for each in desk.get("")} == {(each.method, each.pattern) for each in ROUTES}


def test_health_counts(desk: Desk) -> None:
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address):
        health = desk.get("health")
    assert (health["status"], health["connections"], health["subscriptions"]) == ("healthy", 1, 1)
    assert health["last_seq"] <= desk.hl.log.last_seq


def test_the_registry_tells_who_holds_what(desk: Desk) -> None:
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address.upper().replace("0X", "0x")):
        registry = desk.get("registry")
    assert registry["keys"] == {f"orderUpdates:{ALICE.address}": ["c1"]}
    assert registry["size"] == 1


def test_events_come_in_pages(desk: Desk) -> None:
    desk.place()
    first = desk.get("events", since=0, limit=3)
    assert [event["seq"] for event in first["events"]] == [1, 2, 3]
    rest = desk.get("events", since=3)
    assert rest["events"][-1]["seq"] == rest["last_seq"]
    assert [from_plain(event) for event in first["events"] + rest["events"]] == desk.hl.events()


def test_orders_are_found_by_account_status_cloid_and_oid(desk: Desk) -> None:
    desk.place(1)
    desk.place(2)
    desk.post("fill", cloid=cloid_of(2))
    assert [order["status"] for order in desk.get("orders")] == ["open", "filled"]
    assert [order["cloid"] for order in desk.get("orders", status="open")] == [cloid_of(1)]
    assert desk.get("orders", account=BOB.address) == []
    order = desk.get("order", cloid=cloid_of(1))
    assert desk.get("order", oid=order["oid"]) == order
    assert (order["px"], order["sz"]) == ("50000.0", "0.01")


def test_an_order_is_shown_in_the_exchanges_own_words_on_request(desk: Desk) -> None:
    desk.place()
    desk.post("fill", cloid=cloid_of(1), sz="0.004")
    shown = desk.get("order", cloid=cloid_of(1), form="wire")
    assert (shown["account"], shown["status"], shown["order"]["sz"]) == (ALICE.address, "open", "0.006")
    assert desk.get("orders", form="wire") == [shown]
    asked = {"type": "orderStatus", "user": ALICE.address, "oid": cloid_of(1)}
    desk.post("fill", cloid=cloid_of(1))
    status = desk.http.post(desk.hl.url + "/info", json=asked).json()["order"]
    assert desk.get("order", cloid=cloid_of(1), form="wire") == {"account": ALICE.address, **status}
    refused = desk.http.get(f"{desk.hl.control_url}/orders", params={"form": "html"})
    assert (refused.status_code, refused.json()["error"]) == (400, "form='html' is neither plain nor wire")


def test_requests_are_shown_without_signatures_and_control_calls_are_none(desk: Desk) -> None:
    desk.place()
    (request,) = desk.get("requests")
    assert request["path"] == "/exchange"
    assert json.loads(request["body"])["signature"]["r"] == "…"


def test_captured_requests_are_forgotten_on_demand(desk: Desk) -> None:
    desk.place()
    assert desk.post("requests/clear") == {"cleared": 1}
    assert desk.get("requests") == []


def test_what_a_failing_test_should_show_is_asked_for_some_accounts_or_all(desk: Desk) -> None:
    desk.place()
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address):
        desk.place(2)
        post_action(desk.http, desk.hl.url, BOB, order_action(cloid=cloid_of(3), px="50000.123456"))
        everybody = desk.get("failures")
        assert (everybody["expected"], everybody["written"]) == (2, 1)
        (missing,) = everybody["deliveries"]
        assert cloid_of(1) in missing
        assert "[before_subscription]" in missing
        assert [line.startswith("request 3: order: ") for line in everybody["refusals"]] == [True]
        assert desk.get("failures", accounts=ALICE.address)["refusals"] == []
        of_bob = desk.get("failures", accounts=BOB.address.upper().replace("0X", "0x"))
        assert (of_bob["expected"], of_bob["deliveries"], of_bob["refusals"]) == (0, [], everybody["refusals"])


def test_a_fill_a_quote_and_funding_are_carried_out(desk: Desk) -> None:
    desk.place()
    assert desk.post("fill", cloid=cloid_of(1), sz="0.004")["sz"] == "0.006"
    desk.post("bbo", coin="BTC", bid="49000", ask="49500")
    assert desk.get("order", cloid=cloid_of(1))["status"] == "filled"
    desk.post("fund", address=BOB.address, usdc="12.5")
    state = desk.http.post(desk.hl.url + "/info", json={"type": "clearinghouseState", "user": BOB.address}).json()
    assert state["marginSummary"]["accountValue"] == "12.5"


def test_a_reset_starts_an_epoch(desk: Desk) -> None:
    desk.place()
    assert desk.post("reset") == {"epoch": 2}
    assert desk.get("orders") == []


def test_the_clock_is_advanced(desk: Desk) -> None:
    before = desk.get("clock")
    after = desk.post("clock/advance", seconds=3_600)
    assert after["time_ms"] - before["time_ms"] >= 3_600_000
    assert after["wall_ms"] - before["wall_ms"] < 60_000
    assert after["virtual"] is False


@pytest.mark.parametrize(("call", "code"), [("close", 1000), ("abort", None)])
def test_a_connection_is_closed_or_aborted(desk: Desk, call: str, code: int | None) -> None:
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        assert desk.post(f"connections/c1/{call}") == {"closed": 1}
        with pytest.raises((ConnectionClosedOK, ConnectionClosedError)) as error:
            ws.recv(timeout=5)
    assert (error.value.rcvd and error.value.rcvd.code) == code
    eventually(lambda: desk.get("connections") == [], what="the end")


def test_a_connection_is_stalled_and_resumed(desk: Desk) -> None:
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        desk.post("connections/c1/stall")
        desk.place()
        (view,) = desk.get("connections")
        assert (view["stalled"], view["depth"]) == (True, 1)
        desk.post("connections/c1/resume")
        assert next_message(ws)["channel"] == "orderUpdates"


def test_gates_are_set_shown_and_released(desk: Desk) -> None:
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        gate = desk.post("gates", stage="registry.resolved", account=ALICE.address)["id"]
        desk.place(1)
        desk.place(2)
        (shown,) = desk.get("gates")
        assert (shown["id"], shown["stage"], shown["held"]) == (gate, "registry.resolved", ["publisher"])
        assert shown["conditions"] == f"account={ALICE.address}"
        assert desk.post(f"gates/{gate}/release", count=1) == {"released": 1}
        assert next_message(ws)["data"][0]["order"]["cloid"] == cloid_of(1)
        assert desk.get("gates")[0]["held"] == ["publisher"]
        assert desk.post("gates/release") == {"released": 1}
        assert next_message(ws)["data"][0]["order"]["cloid"] == cloid_of(2)
        assert desk.get("gates") == []


def test_why_explains_an_update_that_nobody_got(desk: Desk) -> None:
    desk.place()
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address):
        found = desk.get("why", cloid=cloid_of(1))
    assert found["verdict"]["code"] == "before_subscription"
    assert found == desk.get("why", oid=found["orders"][0]["oid"]) | {"asked": cloid_of(1)}


def test_calls_that_change_something_are_in_the_stream_and_reads_are_not(desk: Desk) -> None:
    desk.place()
    seq = desk.hl.log.last_seq
    for path in ("health", "registry", "connections", "events", "orders", "requests", "clock", "gates"):
        desk.get(path)
    assert desk.hl.log.last_seq == seq
    desk.post("fill", cloid=cloid_of(1))
    assert desk.hl.events(since=seq)[0].stage == "control.called"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "nothing", None, 404, "GET /_hlbench lists them"),
        ("GET", "fill", None, 405, "use POST"),
        ("POST", "registry", {}, 405, "use GET"),
        ("GET", "order?cloid=0x01", None, 404, "no order"),
        ("GET", "order", None, 400, "by cloid or by oid"),
        ("GET", "order?oid=much", None, 400, "not a whole number"),
        ("GET", "orders?account=0x12", None, 400, "not an address"),
        ("GET", "events?since=-1", None, 400, "not a whole number"),
        ("POST", "fill", {"cloid": "0x01"}, 404, "no order"),
        ("POST", "fill", {"cloud": "0x01"}, 400, "POST fill takes {cloid?, oid?, account?, sz?, px?}"),
        ("POST", "bbo", {"coin": "btc", "bid": "1", "ask": "2"}, 404, "BTC"),
        ("POST", "bbo", {"coin": "BTC", "bid": "2", "ask": "1"}, 422, "must be below"),
        ("POST", "bbo", {"bid": "1", "ask": "2"}, 400, "missing required field `coin`"),
        ("POST", "prices", {"coin": "BTC"}, 400, "the oracle price, the mark price, or both"),
        ("POST", "prices", {"coin": "BTX", "mark": "1"}, 404, "BTC"),
        ("POST", "prices", {"coin": "BTC", "mark": "-1"}, 422, "positive"),
        ("POST", "bbo/resend", {"coin": "btc"}, 404, "BTC"),
        ("POST", "fund", {"address": "alice", "usdc": "1"}, 400, "not an address"),
        ("POST", "fund", {"address": ALICE.address, "usdc": "NaN"}, 400, "not a finite number"),
        ("POST", "connections/c9/close", {}, 404, "no open connection"),
        ("POST", "connections/c9/close", {"code": 1006}, 400, "close code"),
        ("POST", "clock/advance", {"seconds": -1}, 400, "never goes back"),
        ("POST", "gates", {"stage": 1}, 400, "POST gates takes {stage"),
        ("POST", "gates/g9/release", {}, 404, "no gate"),
    ],
)
def test_an_error_says_what_to_do(
    hl: MockExchange, http: httpx.Client, method: str, path: str, body: object, status: int, says: str
) -> None:
    answer = http.request(method, f"{hl.control_url}/{path}", json=body)
    error = answer.json()
    assert answer.status_code == status, error
    assert list(error) == ["error", "hint"]
    assert says in f"{error['error']} {error['hint']}"


def test_a_body_that_is_not_declared_as_json_is_refused(hl: MockExchange, http: httpx.Client) -> None:
    """What a form of a web page could send without asking."""
    answer = http.post(f"{hl.control_url}/reset", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]


def test_a_body_that_is_too_long_is_refused(hl: MockExchange, http: httpx.Client) -> None:
    assert http.post(f"{hl.control_url}/reset", content=b" " * 100_000).status_code == 413


def test_a_client_that_leaves_in_the_middle_of_a_call_disturbs_nobody(desk: Desk) -> None:
    with raw_connection(desk.hl.url) as raw:
        raw.sendall(http_bytes("POST", "/_hlbench/reset", content_length="50") + b"{")
    assert desk.get("health")["status"] == "healthy"


def test_an_exception_in_a_call_is_answered_without_a_traceback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hlmock.server.operations.health", lambda session: 1 / 0)
        with raw_connection(desk.hl.url) as raw:
            raw.sendall(http_bytes("GET", "/_hlbench/health"))
            status, body = read_response(raw)
    assert status == 500
    assert b"ZeroDivision" not in body
    assert "ZeroDivisionError" in caplog.text


def test_the_stream_and_the_calls_are_not_connections(desk: Desk) -> None:
    with connect(desk.hl.control_url.replace("http", "ws") + "/events"):
        assert desk.get("connections") == []


def test_a_path_that_fails_after_its_gate_was_released_still_answers_its_client(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch, raw_connection(desk.hl.url) as raw:
        desk.post("gates", stage="request.decoded")
        body = signed(ALICE, order_action())
        raw.sendall(http_bytes("POST", "/exchange", body, content_type="application/json"))
        eventually(lambda: desk.get("gates")[0]["held"], what="the hold")
        patch.setattr("hlmock.exchange.engine.Exchange.apply", lambda *_, **__: 1 / 0)
        assert desk.post("gates/release") == {"released": 1}
        assert read_response(raw) == (500, b"null")
    assert "ZeroDivisionError" in caplog.text
    assert desk.get("health")["held"] == 0


def test_a_frame_that_fails_after_its_gate_was_released_closes_its_connection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, connect(desk.hl.ws_url) as ws:
        desk.post("gates", stage="frame.received")
        ws.send(subscription("bbo", coin="BTC"))
        eventually(lambda: desk.get("gates")[0]["held"], what="the hold")
        patch.setattr("hlmock.delivery.registry.Registry.add", lambda *_: 1 / 0)
        assert desk.post("gates/release") == {"released": 1}
        with pytest.raises(ConnectionClosedError) as error:
            ws.recv(timeout=5)
    assert error.value.rcvd is not None
    assert error.value.rcvd.code == 1011


def test_gates_end_with_the_controller_that_set_them_and_others_stay(desk: Desk) -> None:
    stream = desk.hl.control_url.replace("http", "ws") + "/events?controller=me"
    with subscribed(desk.hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        with connect(stream), connect(stream):
            desk.post("gates", stage="registry.resolved", controller="me")
            other = desk.post("gates", stage="reply.sent", cloid=cloid_of(9))["id"]
            desk.place()
            assert desk.get("gates")[0]["held"] == ["publisher"]
        assert next_message(ws)["data"][0]["order"]["cloid"] == cloid_of(1)
        eventually(lambda: [each["id"] for each in desk.get("gates")] == [other], what="the end of the gate")
    asked = desk.http.post(f"{desk.hl.control_url}/gates", json={"stage": "reply.sent", "controller": "me"})
    assert (asked.status_code, "no event stream" in asked.json()["error"]) == (400, True)


def test_a_quote_is_sent_again_and_prices_are_set(desk: Desk) -> None:
    with subscribed(desk.hl.ws_url, "bbo", coin="BTC") as ws:
        first = next_message(ws)["data"]["bbo"]
        assert desk.post("bbo/resend", coin="BTC") == {"coin": "BTC", "subscriptions": 1}
        assert next_message(ws)["data"]["bbo"] == first
    assert desk.post("bbo/resend", coin="ETH") == {"coin": "ETH", "subscriptions": 0}
    assert desk.post("prices", coin="BTC", mark="60000") | {"oracle": "?"} == {
        "coin": "BTC",
        "oracle": "?",
        "mark": "60000.0",
    }
    assert desk.post("prices", coin="BTC", oracle="60001")["oracle"] == "60001.0"


def test_numbers_may_be_sent_as_text(desk: Desk) -> None:
    desk.place()
    oid = desk.get("orders")[0]["oid"]
    assert desk.post("fill", oid=str(oid))["status"] == "filled"


def test_captured_requests_are_cleared(desk: Desk) -> None:
    desk.place()
    desk.post("requests/clear")
    assert desk.get("requests") == []
