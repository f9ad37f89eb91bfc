"""What is answered with 400, what with 422, and what the exchange lets pass."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmock.wire.actions import BadBody, DeployerAction, NotJson, OrderAction, WrongShape, decode_envelope, pack

SIGNATURE = {"r": "0x" + "ab" * 32, "s": "0x" + "cd" * 32, "v": 28}
ORDER: dict[str, Any] = {"a": 1, "b": True, "p": "100", "s": "0.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}
ACTION = {"type": "order", "orders": [ORDER], "grouping": "na"}
ENVELOPE = {"action": ACTION, "nonce": 5, "signature": SIGNATURE, "vaultAddress": None, "expiresAfter": None}
BODY = json.dumps(ENVELOPE).encode()
ADDRESS = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
JUNK = [
    b"null",
    b"[",
    b"]",
    b"{}",
    b'"',
    b"\\",
    b"\\ud800",
    b"1e99",
    b"-",
    b"18446744073709551616",
    b'"type":',
    b"\xff",
]
NO_ACTIONS: tuple[Any, ...] = (None, [], "order", {}, {"type": "unknown"}, {"type": 5}, {"type": []})
CHAIN = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet"}
SEND = {"type": "usdSend"} | CHAIN | {"destination": ADDRESS, "amount": "1", "time": 5}


def envelope(**changes: Any) -> bytes:
    return json.dumps(ENVELOPE | changes).encode()


def order(**changes: Any) -> bytes:
    return envelope(action=ACTION | {"orders": [ORDER | changes]})


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name != key}


def test_the_two_answers() -> None:
    assert (NotJson.status, NotJson.answer) == (400, "Failed to parse the request body as JSON")
    assert WrongShape.status == 422
    assert WrongShape.answer == "Failed to deserialize the JSON body into the target type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        BODY[:-1],
        BODY.replace(b'"nonce": 5', b'"nonce": 05'),
        b"\xef\xbb\xbf" + BODY,
        b"\xff\xfe",
        BODY.replace(b'"na"', b'"n\xffa"'),
        BODY.replace(b'"na"', b'"\\ud800"'),
        b"NaN",
        b"NaN" + BODY,
        b"'" + BODY,
        b"[" * 100_000,
        b'{"action":' * 50_000,
        BODY.replace(b'"na"', b"[" * 100_000),
        BODY.replace(b'"na"', b"1e999999"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        decode_envelope(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"[" + BODY + b"]",
        b"1",
        b"null",
        b"{}",
        *(json.dumps(without(ENVELOPE, key)).encode() for key in ("action", "nonce", "signature")),
        envelope(extra=1),
        envelope(nonce="5"),
        envelope(nonce=5.0),
        envelope(nonce=-5),
        envelope(nonce=None),
        envelope(nonce=True),
        envelope(nonce=2**64),
        envelope(expiresAfter="5"),
        envelope(expiresAfter=-5),
        envelope(expiresAfter=2**64),
        envelope(vaultAddress=""),
        envelope(vaultAddress="0X" + ADDRESS[2:]),
        envelope(vaultAddress=5),
        envelope(signature=None),
        envelope(signature={"r": "0x1", "s": "0x1"}),
        envelope(signature=SIGNATURE | {"r": ""}),
        envelope(signature=SIGNATURE | {"s": "0x"}),
        envelope(signature=SIGNATURE | {"r": "0x" + "a" * 65}),
        envelope(signature=SIGNATURE | {"r": "xyz"}),
        envelope(signature=SIGNATURE | {"r": 5}),
        envelope(signature=SIGNATURE | {"v": 256}),
        envelope(signature=SIGNATURE | {"v": -1}),
        envelope(signature=SIGNATURE | {"v": "27"}),
    ],
)
def test_an_envelope_of_the_wrong_shape(body: bytes) -> None:
    with pytest.raises(WrongShape):
        decode_envelope(body)


@pytest.mark.parametrize(
    "body",
    [
        *(envelope(action=action) for action in NO_ACTIONS),
        envelope(action=ACTION | {"extra": 1}),
        envelope(action=without(ACTION, "orders")),
        envelope(action=ACTION | {"grouping": "other"}),
        envelope(action=ACTION | {"grouping": None}),
        envelope(action=ACTION | {"orders": ORDER}),
        *(envelope(action=ACTION | {"orders": [without(ORDER, key)]}) for key in "abpst"),
        *(order(p=price) for price in ("", "1e3", "-1", "+1", "0.123456789", "1.2.3", 100, 100.5, None, " 1", "٣")),
        order(a=-1),
        order(a=2**32),
        order(a=1.0),
        order(a="1"),
        order(b="true"),
        order(r=None),
        order(c=""),
        order(c="0x1"),
        order(c=5),
        order(t={}),
        order(t={"limit": {"tif": "gtc"}}),
        order(t={"limit": {}}),
        order(t={"limit": {"tif": "Gtc"}, "trigger": {"isMarket": True, "triggerPx": "1", "tpsl": "tp"}}),
        order(t={"limit": {"tif": "Gtc"}, "other": 1}),
        order(t={"trigger": {"isMarket": True, "triggerPx": "1", "tpsl": ""}}),
        order(t={"trigger": {"isMarket": True, "triggerPx": "1e1", "tpsl": "tp"}}),
        envelope(action=ACTION | {"builder": {"b": "0x1", "f": 1}}),
        envelope(action={"type": "cancel", "cancels": [{"a": 1, "o": 2**64}]}),
        envelope(action={"type": "cancel", "cancels": [{"a": 1, "o": -1}]}),
        envelope(action={"type": "modify", "oid": "soon", "order": ORDER}),
        envelope(action={"type": "updateIsolatedMargin", "asset": 1, "isBuy": True, "ntli": 1.5}),
        envelope(action={"type": "updateIsolatedMargin", "asset": 1, "isBuy": True, "ntli": -(2**63) - 1}),
        envelope(action={"type": "userOutcome"}),
        envelope(action={"type": "spotUser", "toggleSpotDusting": None}),
        envelope(action=SEND | {"destination": "bob"}),
        envelope(action=SEND | {"hyperliquidChain": "Devnet"}),
        envelope(action=SEND | {"signatureChainId": "arbitrum"}),
        envelope(action=SEND | {"signatureChainId": "0x" + "f" * 17}),
        envelope(action=without(SEND, "time")),
        envelope(action={"type": "perpDeploy", "n": 2**64}),
        json.dumps(without(ENVELOPE, "nonce") | {"action": {"type": "perpDeploy"}}).encode(),
    ],
)
def test_an_action_of_the_wrong_shape(body: bytes) -> None:
    with pytest.raises(WrongShape):
        decode_envelope(body)


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"nonce": 5', b'"nonce": 5, "nonce": 5'),
        (b'"nonce": 5', b'"nonce" : 5, "nonce": 5'),
        (b'"nonce": 5', b'"n\\u006fnce": 5, "nonce": 5'),
        (b'"grouping": "na"', b'"grouping": "na", "grouping": "na"'),
        (b'"p": "100"', b'"p": "100", "p": "100"'),
        (b'"v": 28', b'"v": 28, "v": 28'),
        (b'"tif": "Gtc"', b'"tif": "Gtc", "tif": "Gtc"'),
        (b'"action":', b'"action": {"type": "noop"}, "action":'),
    ],
)
def test_a_key_that_is_given_twice_is_refused(once: bytes, twice: bytes) -> None:
    assert BODY.count(once) == 1
    with pytest.raises(WrongShape, match="twice"):
        decode_envelope(BODY.replace(once, twice))


@pytest.mark.parametrize(
    "body",
    [
        BODY + b"\n",
        BODY + b" and more",
        BODY + b"}",
        BODY + BODY,
        BODY + b"\xff\x00",
        b"\n " + BODY + b" {",
        BODY.replace(b'":', b'"\t:').replace(b",", b"\n,"),
        BODY.replace(b'"nonce"', b'"n\\u006fnce"'),
        json.dumps(ENVELOPE, separators=(",", ":")).encode(),
        envelope(isFrontend=True),
        envelope(signature=SIGNATURE | {"extra": 1}),
        order(extra={"deep": [1, 2.5, None]}),
        json.dumps(without(without(ENVELOPE, "vaultAddress"), "expiresAfter")).encode(),
    ],
)
def test_what_the_exchange_lets_pass(body: bytes) -> None:
    decoded = decode_envelope(body)
    assert isinstance(decoded.action, OrderAction)
    assert (decoded.nonce, decoded.vault_address, decoded.expires_after) == (5, None, None)
    assert (decoded.signature.r, decoded.signature.v) == (int("ab" * 32, 16), 28)


@pytest.mark.parametrize("code", ["\\u0022", "\\u0022\\u0022", '\\"', "\\\\", '\\\\\\"'])
def test_escapes_hide_no_repeated_key_and_are_none(code: str) -> None:
    once = '{"action": {"type": "setReferrer", "code": "' + code + '"}, "nonce": 5, "signature": SIG}'
    once = once.replace("SIG", json.dumps(SIGNATURE))
    assert decode_envelope(once.encode()).nonce == 5
    with pytest.raises(WrongShape, match="twice"):
        decode_envelope(once.replace('"nonce": 5', '"nonce": 5, "nonce": 5').encode())


@pytest.mark.parametrize("junk", [b'"\xff"', b'"\n"', b"[" * 100_000, b"1e999999"], ids=lambda junk: repr(junk[:9]))
def test_an_unknown_key_of_an_order_must_still_be_json(junk: bytes) -> None:
    with pytest.raises(NotJson):
        decode_envelope(BODY.replace(b'"a": 1', b'"a": 1, "extra": ' + junk))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.integers(0, len(BODY)), st.integers(0, 12), st.binary(max_size=4) | st.sampled_from(JUNK))
def test_any_other_bytes_are_decoded_or_refused(start: int, removed: int, inserted: bytes) -> None:
    body = BODY[:start] + inserted + BODY[start + removed :]
    try:
        decoded = decode_envelope(body)
    except (NotJson, WrongShape):
        return
    assert decoded.packed == pack(decoded.action)


def test_strings_that_look_like_keys_are_no_keys() -> None:
    body = envelope(action={"type": "setReferrer", "code": ':":\\"\u00e9'})
    assert getattr(decode_envelope(body).action, "code", None) == ':":\\"\u00e9'


def test_the_largest_numbers_pass() -> None:
    body = envelope(nonce=2**64 - 1, action={"type": "cancel", "cancels": [{"a": 2**32 - 1, "o": 2**64 - 1}]})
    assert decode_envelope(body).nonce == 2**64 - 1


def test_the_vault_address_is_normalised() -> None:
    assert decode_envelope(envelope(vaultAddress=ADDRESS[2:].upper())).vault_address == ADDRESS


@pytest.mark.parametrize("trailing", [b"", b" trailing {"])
def test_the_raw_action_is_the_action_as_it_came(trailing: bytes) -> None:
    raw = b'{"orders": [], "grouping" :"na",  "type":"order"}'
    body = b'{"signature": {"v": 27, "r": "1", "s": "2"}, "action":' + raw + b', "nonce": 1}'
    assert decode_envelope(body + trailing).raw_action == raw


def test_a_deployers_action_is_passed_through() -> None:
    action = decode_envelope(envelope(action={"token": 1, "type": "finalizeEvmContract"})).action
    assert action == DeployerAction("finalizeEvmContract", {"token": 1, "type": "finalizeEvmContract"})


def test_no_signature_is_shown() -> None:
    decoded = decode_envelope(BODY)
    assert "abab" not in repr(decoded) + repr(decoded.signature)


def test_a_reason_tells_the_place_and_not_the_signature() -> None:
    with pytest.raises(BadBody) as refusal:
        decode_envelope(order(a="1"))
    assert "$.action.orders[0].a" in str(refusal.value)
    with pytest.raises(BadBody) as refusal:
        decode_envelope(envelope(signature=SIGNATURE | {"r": "0x" + "ab" * 33}))
    assert "abab" not in str(refusal.value)
