"""Reading a request: the exact refusals, and one table for every type."""

import json
from typing import Any

import pytest

from hlmock.info import InfoAnswer, InfoRequest, decode, requested_user
from hlmock.info.answers import HANDLERS
from hlmock.info.fixed import FIXED
from hlmock.info.requests import NOT_JSON, TYPES, WRONG_SHAPE, Kind
from hlmock.wire.http import WRONG_CONTENT_TYPE

JSON = "application/json"
MIXED_CASE = "0x5e9ee1089755c3435139848E47e6635505d5A13A"

GOOD: dict[Kind, Any] = {
    "address": MIXED_CASE,
    "addresses": [MIXED_CASE],
    "text": "BTC",
    "u64": 1,
    "flag": True,
    "interval": "15m",
    "order id": 77,
    "token id": "0x6d1e7cde53ba9467b783cb7c530ce054",
}
BAD: dict[Kind, Any] = {
    "address": MIXED_CASE[2:],
    "addresses": MIXED_CASE,
    "text": 5,
    "u64": -1,
    "flag": "true",
    "interval": "7m",
    "order id": "77",
    "token id": "0x6d1e",
}


def request(type_: str, fields: dict[str, Any]) -> bytes:
    body = {"type": type_, "req": fields} if type_ == "candleSnapshot" else {"type": type_, **fields}
    return json.dumps(body).encode()


def fields_of(type_: str, *, without: str | None = None) -> dict[str, Any]:
    return {name: GOOD[field.kind] for name, field in TYPES[type_].items() if name != without}


def refusal(body: bytes, content_type: str | None = JSON) -> tuple[int, str, bytes]:
    found = decode(body, content_type)
    assert isinstance(found, InfoAnswer), found
    return found.status, found.content_type, found.body


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/jsonp", "text/json"])
def test_another_content_type_is_refused_before_the_body_is_read(content_type: str | None) -> None:
    assert refusal(b"not json", content_type) == (415, "text/plain", WRONG_CONTENT_TYPE)


def test_the_415_body_ends_at_the_closing_back_tick() -> None:
    assert WRONG_CONTENT_TYPE == b"Expected request with `Content-Type: application/json`"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/x+json"])
def test_json_content_types_are_taken_with_parameters_and_in_any_case(content_type: str) -> None:
    assert isinstance(decode(b'{"type":"meta"}', content_type), InfoRequest)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'type':'meta'}", b'{"type":"meta"} x', b'{"type":"\xff"}', b"[" * 5_000, b"NaN"]
)
def test_a_body_that_is_not_json_gets_the_400_sentence(body: bytes) -> None:
    assert refusal(body) == (400, "text/plain", NOT_JSON)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"meta"', b"{}", b'{"type":5}', b'{"type":"Meta"}', b'{"type":"candleSnapshot"}']
)
def test_json_that_is_no_known_request_gets_the_422_sentence(body: bytes) -> None:
    assert refusal(body) == (422, "text/plain", WRONG_SHAPE)


@pytest.mark.parametrize("type_", TYPES)
def test_a_request_with_all_its_fields_is_read(type_: str) -> None:
    found = decode(request(type_, fields_of(type_)), JSON)
    assert isinstance(found, InfoRequest)
    assert set(found.fields) == set(TYPES[type_])


@pytest.mark.parametrize(("type_", "name"), [(type_, name) for type_ in TYPES for name in TYPES[type_]])
def test_an_ill_typed_field_is_refused(type_: str, name: str) -> None:
    fields = fields_of(type_) | {name: BAD[TYPES[type_][name].kind]}
    assert refusal(request(type_, fields))[0] == 422


@pytest.mark.parametrize(("type_", "name"), [(type_, name) for type_ in TYPES for name in TYPES[type_]])
def test_only_optional_fields_may_be_missing_or_null(type_: str, name: str) -> None:
    for fields in (fields_of(type_, without=name), fields_of(type_) | {name: None}):
        found = decode(request(type_, fields), JSON)
        assert isinstance(found, InfoAnswer) is TYPES[type_][name].required


@pytest.mark.parametrize("value", [True, 1.0, "1", 2**64, [1]])
def test_an_unsigned_integer_is_exactly_that(value: Any) -> None:
    assert refusal(request("userFillsByTime", {"user": MIXED_CASE, "startTime": value}))[0] == 422


@pytest.mark.parametrize("address", [MIXED_CASE[:-1], MIXED_CASE + "0", "0X" + MIXED_CASE[2:], "0x" + "g" * 40, ""])
def test_a_malformed_address_is_refused(address: str) -> None:
    assert refusal(request("openOrders", {"user": address}))[0] == 422


def test_unknown_keys_are_ignored() -> None:
    assert decode(b'{"type":"meta","user":5,"zzz":[]}', JSON) == InfoRequest("meta", {})


def test_an_address_is_read_in_any_case_and_names_the_user() -> None:
    found = decode(request("openOrders", {"user": MIXED_CASE}), JSON)
    assert isinstance(found, InfoRequest)
    assert requested_user(found) == MIXED_CASE.lower()


def test_who_may_get_a_transfer_is_not_named_by_the_question() -> None:
    found = decode(request("preTransferCheck", {"user": MIXED_CASE, "source": "0x" + "5" * 40}), JSON)
    assert isinstance(found, InfoRequest)
    assert requested_user(found) == "0x" + "5" * 40


def test_an_order_is_asked_for_by_oid_or_by_cloid_in_any_case() -> None:
    cloid = "0x" + "AB" * 16
    by_cloid = decode(request("orderStatus", {"user": MIXED_CASE, "oid": cloid}), JSON)
    assert isinstance(by_cloid, InfoRequest)
    assert by_cloid.fields["oid"] == cloid.lower()


def test_the_refused_type_is_known_to_the_trace() -> None:
    found = decode(b'{"type":"openOrders"}', JSON)
    assert isinstance(found, InfoAnswer)
    assert found.type == "openOrders"


def test_every_type_has_exactly_one_answer() -> None:
    assert sorted([*HANDLERS, *FIXED]) == sorted(TYPES)
