from decimal import Decimal

import pytest
from hyperliquid.utils.signing import float_to_wire
from hypothesis import given
from hypothesis import strategies as st

from hlmock.wire.numbers import BadNumber, canonical_decimal, parse_decimal, parse_scalar, shortest, wire

DECIMALS = st.decimals(min_value=0, max_value=10**12, places=8, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        (".5", "0.5"),
        ("5.", "5"),
        ("00012.3400", "12.34"),
        ("0.000", "0"),
        ("0", "0"),
        ("100", "100"),
        ("100.0", "100"),
        ("1000000000000", "1000000000000"),
        ("0.00000001", "0.00000001"),
        ("0.1234567800", "0.12345678"),
        ("00", "0"),
    ],
)
def test_the_form_that_is_hashed(sent: str, canonical: str) -> None:
    assert canonical_decimal(sent) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-1",
        "+1",
        "1e3",
        "1E3",
        "1.2.3",
        " 1",
        "1 ",
        "1_000",
        "0x1",
        "NaN",
        "٣",
        "²",
        "0.123456789",
        "1,5",
        "1" * 81,
    ],
)
def test_what_is_no_decimal(text: str) -> None:
    with pytest.raises(BadNumber):
        parse_decimal(text)


@given(DECIMALS)
def test_the_canonical_form_keeps_the_value_and_is_stable(value: Decimal) -> None:
    canonical = canonical_decimal(f"{value:f}")
    assert parse_decimal(canonical) == value
    assert canonical_decimal(canonical) == canonical


@given(st.integers(0, 10**7), st.integers(0, 6))
def test_the_shortest_form_is_the_sdks(digits: int, places: int) -> None:
    value = Decimal(digits).scaleb(-places)
    assert shortest(value) == float_to_wire(float(value))


@pytest.mark.parametrize(
    ("value", "text"), [("50000", "50000.0"), ("0", "0.0"), ("0.10", "0.1"), ("1E+3", "1000.0"), ("-2.50", "-2.5")]
)
def test_answers_have_at_least_one_decimal(value: str, text: str) -> None:
    assert wire(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x1", 1), ("1", 1), ("0x" + "f" * 64, 2**256 - 1), ("0xABC", 0xABC), ("0" * 64, 0), ("0x0", 0)],
)
def test_signature_halves_may_lack_zeros_and_prefix(text: str, value: int) -> None:
    assert parse_scalar(text) == value


@pytest.mark.parametrize("text", ["", "0x", "0X1", "0x0x1", "-1", "+1", " 1", "1_0", "g", "f" * 65, "٣"])
def test_what_is_no_signature_half(text: str) -> None:
    with pytest.raises(BadNumber):
        parse_scalar(text)
