"""Well-formed requests about what cannot be: every type answers them, with 200 or with 500 and `null`."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from hlmock.info import InfoAnswer, answer, decode
from hlmock.info.requests import TYPES, Kind
from support.trading import ALICE, NOW_MS, Trading

LARGEST = 2**64 - 1
STRANGER = "0x" + "5" * 40

ODD: dict[Kind, list[Any]] = {
    "address": [ALICE, STRANGER, "0x" + "0" * 40],
    "addresses": [[], [STRANGER], [ALICE, ALICE]],
    "text": ["BTC", "btc", "", "xyz", "xyz:TSLA", "@1", "@71", "MATIC", "\x00\u2028<b>"],
    "u64": [0, 1, 5, NOW_MS, LARGEST],
    "flag": [True, False],
    "interval": ["1m", "1M", "1w"],
    "order id": [0, LARGEST, "0x" + "f" * 32],
    "token id": ["0x" + "f" * 32, "0x6d1e7cde53ba9467b783cb7c530ce054"],
}


@pytest.fixture(scope="module")
def trading() -> Trading:
    trading = Trading()
    trading.trade("BTC", "66000", "0.5")
    return trading


def requests(type_: str) -> Iterator[bytes]:
    table = TYPES[type_]
    for values in product(*(ODD[field.kind] + ([] if field.required else [None]) for field in table.values())):
        fields = dict(zip(table, values, strict=True))
        body = {"type": type_, "req": fields} if type_ == "candleSnapshot" else {"type": type_, **fields}
        yield json.dumps(body).encode()


@pytest.mark.parametrize("type_", TYPES)
def test_no_well_formed_request_is_without_an_answer(trading: Trading, type_: str) -> None:
    for body in requests(type_):
        asked = decode(body, "application/json")
        assert not isinstance(asked, InfoAnswer), body
        found = answer(trading.exchange, asked, trading.now_ms)
        assert found.status == 200 or (found.status, found.body) == (500, b"null"), body
        json.loads(found.body)
