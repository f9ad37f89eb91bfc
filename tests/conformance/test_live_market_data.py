"""With a market maker every market feed is alive, over real sockets, in the recorded shapes."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from conformance.shapes_streams import STREAMS
from hlmock import MockExchange, VirtualClock
from support.clients import next_message, subscribe
from support.conformance import Maybe, faults_of

FEEDS: list[dict[str, Any]] = [
    {"type": "allMids"},
    {"type": "l2Book", "coin": "BTC"},
    {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2, "fast": True},
    {"type": "bbo", "coin": "BTC"},
    {"type": "trades", "coin": "BTC"},
    {"type": "candle", "coin": "BTC", "interval": "1m"},
    {"type": "activeAssetCtx", "coin": "BTC"},
    {"type": "activeAssetCtx", "coin": "@107"},
    {"type": "assetCtxs"},
    {"type": "spotAssetCtxs"},
    {"type": "allDexsAssetCtxs"},
    {"type": "fastAssetCtxs"},
]


@pytest.fixture(scope="module")
def hl() -> Iterator[MockExchange]:
    with MockExchange(market_maker=1, clock=VirtualClock()) as hl:
        yield hl


def later(ws: ClientConnection) -> list[Any]:
    """Everything up to the answer to a ping."""
    ws.send('{"method":"ping"}')
    frames = []
    while (frame := next_message(ws)) != {"channel": "pong"}:
        frames.append(frame)
    return frames


@pytest.mark.parametrize("sent", FEEDS, ids=json.dumps)
def test_half_a_minute_of_a_market_feed(hl: MockExchange, sent: dict[str, Any]) -> None:
    stream = STREAMS[sent["type"]]
    first_shape = stream.first.shape if isinstance(stream.first, Maybe) else stream.first
    assert first_shape is not None
    with connect(hl.ws_url) as ws:
        subscribe(ws, sent["type"], **{name: value for name, value in sent.items() if name != "type"})
        first = later(ws)
        hl.advance(30)
        frames = later(ws)
    assert [fault for frame in first for fault in faults_of(first_shape, frame["data"])] == []
    assert [fault for frame in frames for fault in faults_of(stream.later, frame["data"])] == []
    told = [json.dumps(frame["data"]) for frame in frames]
    assert len(set(told)) > 1, "nothing new was told"
    assert len(told) >= 2


def test_a_touch_is_told_only_when_it_is_new(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, "bbo", coin="BTC")
        hl.advance(30)
        touches = [frame["data"]["bbo"] for frame in later(ws)]
    assert all(before != after for before, after in pairwise(touches))


def test_a_feed_of_trades_begins_with_thirty_oldest_first(hl: MockExchange) -> None:
    hl.advance(120)
    with connect(hl.ws_url) as ws:
        subscribe(ws, "trades", coin="BTC")
        (first,) = later(ws)
    times = [trade["time"] for trade in first["data"]]
    assert len(times) == 30
    assert times == sorted(times)


def test_candles_of_a_minute_follow_each_other_without_a_gap(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, "candle", coin="BTC", interval="1m")
        hl.advance(180)
        candles = [frame["data"] for frame in later(ws)]
    starts = list(dict.fromkeys(candle["t"] for candle in candles))
    assert len(starts) >= 3
    assert [after - before for before, after in pairwise(starts)] == [60_000] * (len(starts) - 1)
    assert all(candle["T"] == candle["t"] + 59_999 for candle in candles)
