"""A query and the first frame of the stream that shows the same thing agree to the last digit."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from hlmock.info import InfoAnswer, answer, decode
from support.busy import ALICE, BOB, ERIN
from support.busy_streams import BusyStreams

Pick = Callable[[Any], Any]


def whole(value: Any) -> Any:
    return value


def under(key: str) -> Pick:
    return lambda value: value[key]


def rows(key: str) -> Pick:
    """A stream begins with the newest 100."""
    return lambda value: value[key][:100]


def first_100(value: Any) -> Any:
    return value[:100]


def newest(value: Any) -> Any:
    return value[-1]


def ctx_of_eth(value: Any) -> Any:
    meta, ctxs = value
    return ctxs[[row["name"] for row in meta["universe"]].index("ETH")]


PAIRS: list[tuple[dict[str, Any], Pick, dict[str, Any], Pick]] = [
    ({"type": "l2Book", "coin": "ETH"}, whole, {"type": "l2Book", "coin": "ETH"}, whole),
    (
        {"type": "l2Book", "coin": "ETH", "nSigFigs": 3},
        whole,
        {"type": "l2Book", "coin": "ETH", "nSigFigs": 3},
        whole,
    ),
    ({"type": "allMids"}, under("mids"), {"type": "allMids"}, whole),
    ({"type": "allMids", "dex": "xyz"}, under("mids"), {"type": "allMids", "dex": "xyz"}, whole),
    ({"type": "activeAssetCtx", "coin": "ETH"}, under("ctx"), {"type": "metaAndAssetCtxs"}, ctx_of_eth),
    (
        {"type": "candle", "coin": "BTC", "interval": "1h"},
        whole,
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1h", "startTime": 0}},
        newest,
    ),
    *(
        pair
        for user in (ALICE, BOB, ERIN)
        for pair in (
            (
                {"type": "clearinghouseState", "user": user},
                under("clearinghouseState"),
                {"type": "clearinghouseState", "user": user},
                whole,
            ),
            (
                {"type": "openOrders", "user": user},
                under("orders"),
                {"type": "frontendOpenOrders", "user": user},
                whole,
            ),
            (
                {"type": "spotState", "user": user},
                under("spotState"),
                {"type": "spotClearinghouseState", "user": user},
                whole,
            ),
            (
                {"type": "activeAssetData", "user": user, "coin": "ETH"},
                whole,
                {"type": "activeAssetData", "user": user, "coin": "ETH"},
                whole,
            ),
            ({"type": "webData2", "user": user}, whole, {"type": "webData2", "user": user}, whole),
            ({"type": "userFills", "user": user}, under("fills"), {"type": "userFills", "user": user}, first_100),
            (
                {"type": "userFills", "user": user, "aggregateByTime": True},
                under("fills"),
                {"type": "userFills", "user": user, "aggregateByTime": True},
                first_100,
            ),
            (
                {"type": "userHistoricalOrders", "user": user},
                under("orderHistory"),
                {"type": "historicalOrders", "user": user},
                first_100,
            ),
            (
                {"type": "userTwapHistory", "user": user},
                rows("history"),
                {"type": "twapHistory", "user": user},
                first_100,
            ),
            (
                {"type": "userTwapSliceFills", "user": user},
                rows("twapSliceFills"),
                {"type": "userTwapSliceFills", "user": user},
                first_100,
            ),
        )
    ),
]


@pytest.fixture(scope="module")
def told() -> BusyStreams:
    desk = BusyStreams()
    desk.tell()
    return desk


@pytest.mark.parametrize(("sent", "shown", "asked", "answered"), PAIRS, ids=lambda each: str(each)[:70])
def test_a_query_and_a_stream_show_one_state(
    told: BusyStreams, sent: dict[str, Any], shown: Pick, asked: dict[str, Any], answered: Pick
) -> None:
    (frame,) = told.subscribe(sent).first
    request = decode(json.dumps(asked).encode(), "application/json")
    assert not isinstance(request, InfoAnswer), request
    found = answer(told.exchange, request, told.now_ms)
    assert shown(frame["data"]) == answered(json.loads(found.body))
