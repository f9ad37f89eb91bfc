"""Logs in the words of the founding bug report: derived from the stream, inert, and of no cost when they fail."""

import io
import json
from typing import Any

import httpx
import pytest

from hlmock import MockExchange
from hlmock.server.json_logs import log_line
from hlmock.signing.wallets import wallet
from hlmock.trace.events import DeliveryEnded, TraceEvent
from support.clients import cloid_of, eventually, next_message, order_action, post_action, subscribed
from support.hostile import HOSTILE, assert_inert

ALICE = wallet("alice")


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_order_is_told_in_the_words_of_the_report(http: httpx.Client) -> None:
    stream = io.StringIO()
    with MockExchange(json_logs=stream) as hl, subscribed(hl.ws_url, "orderUpdates", user=ALICE.address) as ws:
        post_action(http, hl.url, ALICE, order_action(cloid=cloid_of(1)))
        next_message(ws)
    of_order = [line for line in logged(stream) if line.get("channel", "orderUpdates") == "orderUpdates"]
    assert [line["msg"] for line in of_order] == [
        "ws conn opened",
        "ws subscription added",
        "order processing started",
        "wallet recovered",
        "order stored",
        "broadcast initiated",
        "attempting broadcast",
        "broadcast completed",
        "exchange response",
        "ws conn closed",
        "ws subscription removed",
    ]
    words = {line["msg"]: line for line in of_order}
    assert words["wallet recovered"]["wallet"] == ALICE.address
    assert words["order stored"]["cloid"] == cloid_of(1)
    assert words["attempting broadcast"]["found_subscription"] is True
    assert (words["broadcast completed"]["success"], words["broadcast completed"]["connection"]) == (True, "c1")
    assert words["exchange response"]["status"] == 200


def test_a_missing_subscription_is_told(http: httpx.Client) -> None:
    stream = io.StringIO()
    with MockExchange(json_logs=stream) as hl:
        post_action(http, hl.url, ALICE, order_action())
    attempts = [line for line in logged(stream) if line["msg"] == "attempting broadcast"]
    assert attempts
    assert not any(line["found_subscription"] for line in attempts)
    assert "broadcast completed" not in {line["msg"] for line in logged(stream)}


def test_an_unknown_signer_is_told(http: httpx.Client) -> None:
    stream = io.StringIO()
    with MockExchange(json_logs=stream, strict=True) as hl:
        post_action(http, hl.url, ALICE, order_action())
    (line,) = [line for line in logged(stream) if line["msg"] == "wallet recovered"]
    assert line["success"] is False
    assert "does not exist" in line["error"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_line_is_inert(text: str) -> None:
    event = TraceEvent(1, 1, 1, "delivery.failed", connection="c1", detail=DeliveryEnded(1, text))
    line = log_line(event)
    assert line is not None
    assert_inert(line)
    assert "\n" not in line
    assert json.loads(line)["error"] == text


def test_a_stream_that_fails_ends_the_logs_and_nothing_else(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    stream = io.StringIO()
    with MockExchange(json_logs=stream) as hl:
        stream.close()
        for _ in range(3):
            assert post_action(http, hl.url, ALICE, order_action())["status"] == "ok"
        eventually(lambda: "JSON logs have stopped" in caplog.text, what="the message")
    assert caplog.text.count("JSON logs have stopped") == 1
