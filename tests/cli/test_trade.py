"""`hlbench order` and `hlbench cancel` against a running exchange."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlbench.trading import NewOrder, parse_order
from hlmock import MockExchange


def test_an_order_is_placed_and_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    with MockExchange() as exchange:
        assert run(["order", "alice", "buy", "0.01", "BTC", "60000", "--attach", exchange.url]) == ExitCode.FINE
        oid = json.loads(capsys.readouterr().out)["resting"]["oid"]
        assert exchange.order(oid=oid).status == "open"
        assert run(["cancel", "alice", "BTC", str(oid), "--attach", exchange.url]) == ExitCode.FINE
        assert exchange.order(oid=oid).status == "canceled"


@pytest.mark.parametrize(("side", "letter"), [("buy", "B"), ("sell", "A")])
def test_an_order_is_on_the_side_that_was_asked_for(side: str, letter: str, capsys: pytest.CaptureFixture[str]) -> None:
    price = {"buy": "60000", "sell": "200000"}[side]
    with MockExchange() as exchange:
        assert run(["order", "alice", side, "0.01", "BTC", price, "--attach", exchange.url]) == ExitCode.FINE
        assert exchange.orders()[0].side == letter


def test_a_spot_order_is_placed_by_its_pair(capsys: pytest.CaptureFixture[str]) -> None:
    with MockExchange() as exchange:
        assert run(["order", "alice", "buy", "100", "PURR/USDC", "0.1", "--attach", exchange.url]) == ExitCode.FINE
        assert exchange.orders()[0].coin == "PURR/USDC"


def test_a_refusal_is_a_finding_in_the_exchanges_words(capsys: pytest.CaptureFixture[str]) -> None:
    with MockExchange() as exchange:
        assert run(["order", "alice", "buy", "0.0000001", "BTC", "60000", "--attach", exchange.url]) == ExitCode.FINDING
    assert "Order has invalid size" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["alice", "buy", "0.01", "btc", "60000"], "names are case-sensitive"),
        (["alice", "buy", "some", "BTC", "60000"], "the size 'some' is no number"),
        (["alice", "buy", "0.01", "BTC", "0"], "not above zero"),
        (["alice", "buy", "0.01", "BTC", "60000", "--cloid", "0x12"], "not 0x and 32 hex digits"),
        (["", "buy", "0.01", "BTC", "60000"], "the wallet has no name"),
        (["alice", "buy", "0.01", "BTC", "60000", "--tif", "Fok"], "known are Gtc, Ioc, Alo"),
    ],
)
def test_what_is_no_order_is_said_and_nothing_is_sent(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with MockExchange() as exchange:
        assert run(["order", *words, "--attach", exchange.url]) == ExitCode.USAGE
        assert exchange.orders() == []
    assert says in capsys.readouterr().err


def test_another_kind_of_server_is_not_taken_for_an_exchange(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            at = f"http://127.0.0.1:{other.server_port}"
            assert run(["order", "a", "buy", "1", "BTC", "1", "--attach", at]) == ExitCode.UNREACHABLE
        finally:
            other.shutdown()
            thread.join()
    assert "is no exchange: it answers /info with 501" in capsys.readouterr().err


def test_nobody_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["order", "a", "buy", "1", "BTC", "1", "--attach", "127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert "is `hlbench serve` running there?" in capsys.readouterr().err


def test_an_order_is_read_from_words() -> None:
    text = "bob sell 2 ETH @ 3000.5 Alo reduce-only cloid 0x00000000000000000000000000000001"
    assert parse_order(text) == NewOrder(
        "bob", "sell", "2", "ETH", "3000.5", "Alo", True, "0x00000000000000000000000000000001"
    )
