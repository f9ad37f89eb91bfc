"""No r and no s, however a body spells them; everything else as it came."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmock.trace.redaction import redact

R = "9d2f4c" + "7a" * 29
S = "4e1b08" + "5c" * 29
CLOID = "0x" + "3f" * 16
ORDER = {"a": 0, "b": True, "p": "50000", "s": "0.0147", "r": False, "t": {"limit": {"tif": "Gtc"}}, "c": CLOID}
ACTION = {"type": "order", "orders": [ORDER], "grouping": "na", "builder": {"b": "0x" + "a1" * 20, "f": 10}}


def signature(prefix: str = "0x") -> dict[str, object]:
    return {"r": prefix + R, "s": prefix + S, "v": 27}


def body(**fields: object) -> dict[str, object]:
    return {"action": ACTION, "nonce": 1_700_000_000_000, "signature": signature(), **fields}


def dump(value: object, **options: object) -> bytes:
    return json.dumps(value, **options).encode()  # type: ignore[arg-type]


MULTI_SIG = {
    "type": "multiSig",
    "signatureChainId": "0x66eee",
    "signatures": [signature(), signature("")],
    "payload": {"multiSigUser": "0x" + "a1" * 20, "outerSigner": "0x" + "b2" * 20, "action": ACTION},
}
POST_FRAME = {"method": "post", "id": 7, "request": {"type": "action", "payload": body()}}
ESCAPED_KEY = dump(body()).replace(b'"r": "0x', b'"\\u0072": "\\u0030x')
ESCAPED_VALUE = dump(body()).replace(R.encode(), "".join(f"\\u{ord(each):04x}" for each in R).encode())

FORMS: dict[str, bytes] = {
    "as the SDKs send it": dump(body(), separators=(",", ":")),
    "with spaces": dump(body()),
    "indented": dump(body(), indent=2),
    "signature first": dump({"signature": signature(), **body()}),
    "keys in another order": dump(body(signature={"v": 28, "s": "0x" + S, "r": "0x" + R})),
    "without a prefix": dump(body(signature=signature(""))),
    "prefix in capitals": dump(body(signature=signature("0X"))),
    "digits in capitals": dump(body()).replace(R.encode(), R.upper().encode()),
    "leading zeros dropped": dump(body(signature={"r": "0x" + R[6:], "s": "0x" + S[8:], "v": 0})),
    "multi-sig": dump(body(action=MULTI_SIG)),
    "a ws post frame": dump(POST_FRAME),
    "an answer that quotes the frame": dump({"channel": "error", "data": f"Error parsing: {json.dumps(POST_FRAME)}"}),
    "quoted twice": dump({"data": json.dumps({"data": json.dumps(body())})}),
    "a Python repr": str(body()).encode(),
    "as a list": dump(body(signature=["0x" + R, "0x" + S, 27])),
    "joined to one string": dump(body(signature="0x" + R + S + "1b")),
    "as decimal numbers": dump(body(signature={"r": int(R, 16), "s": int(S, 16), "v": 27})),
    "under another name": dump({"sig": signature()}),
    "bare": dump(signature()),
    "twice the same key": dump(body()).replace(b'"v": 27', b'"r": "0x%b", "v": 27' % R.encode()),
    "an escaped key": ESCAPED_KEY,
    "an escaped value": ESCAPED_VALUE,
    "not UTF-8": b"\xff\xfe" + dump(body()) + b"\xff",
    "not closed": dump(body())[:-9],
}
LEAKS = [each.encode() for value in (R, S) for each in (value[8:40], value[8:40].upper())] + [
    str(int(value, 16))[:40].encode() for value in (R, S)
]


def leaks(redacted: bytes) -> bool:
    return any(leak in redacted for leak in LEAKS)


@pytest.mark.parametrize("form", FORMS)
def test_r_and_s_are_blanked(form: str) -> None:
    redacted = redact(FORMS[form])
    assert "…".encode() in redacted
    assert not leaks(redacted)


@pytest.mark.parametrize("form", ["as the SDKs send it", "a ws post frame", "an answer that quotes the frame"])
def test_the_rest_stays_byte_for_byte(form: str) -> None:
    expected = FORMS[form].decode().replace("0x" + R, "…").replace("0x" + S, "…")
    assert redact(FORMS[form]).decode() == expected


@pytest.mark.parametrize("form", ["as the SDKs send it", "with spaces", "not closed", "without a prefix"])
def test_a_body_cut_anywhere_shows_at_most_a_stub_of_r_or_s(form: str) -> None:
    whole = FORMS[form]
    for cut in range(len(whole)):
        redacted = redact(whole[:cut])
        assert R[:17].encode() not in redacted
        assert S[:17].encode() not in redacted


def test_a_prefixed_stub_is_blanked_too() -> None:
    assert redact(b'{"signature":{"r":"0x9d2f') == '{"signature":{"r":"…'.encode()


UNSIGNED: dict[str, bytes] = {
    "an order without a signature": dump(ACTION),
    "a size of many digits": dump({"signature": {"v": 27}, "s": "0.12345678901234567890", "r": False}),
    "addresses and cloids": dump({"signature": None, "user": "0x" + "a1" * 20, "c": CLOID}),
    "a fill with its hash": dump({"channel": "userFills", "data": {"fills": [{"hash": "0x" + "7e" * 32}]}}),
    "nothing": b"",
    "a number that ends the text": b'{"user":"0x12ab',
}


@pytest.mark.parametrize("form", UNSIGNED)
def test_what_is_no_signature_stays_the_same_object(form: str) -> None:
    assert redact(UNSIGNED[form]) is UNSIGNED[form]


def test_other_escapes_stay_as_they_came() -> None:
    payload = b'{"signature":null,"name":"\\u0041lice"}'
    assert redact(payload) is payload


def nested(leaf: object) -> st.SearchStrategy[object]:
    plain = st.none() | st.booleans() | st.text(max_size=5) | st.integers(0, 10**9)
    wrap: Callable[[st.SearchStrategy[object]], st.SearchStrategy[object]] = lambda inner: (  # noqa: E731
        st.lists(inner | plain, min_size=1, max_size=3).map(lambda values: [*values, leaf])
        | st.dictionaries(st.text(max_size=4), inner | plain, max_size=3).map(lambda held: {**held, "x": leaf})
    )
    return st.recursive(st.just(leaf), wrap, max_leaves=6)


@given(nested(signature()), st.booleans(), st.integers(0, 2), st.data())
def test_no_nesting_quoting_or_cut_leaks(value: object, ascii_only: bool, quotes: int, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    for _ in range(quotes):
        text = json.dumps({"data": text}, ensure_ascii=ascii_only)
    payload = text.encode("utf-8", "surrogatepass")
    cut = data.draw(st.integers(0, len(payload)))
    assert not leaks(redact(payload))
    assert not leaks(redact(payload[:cut]))
