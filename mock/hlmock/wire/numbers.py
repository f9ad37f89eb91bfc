"""Decimal numbers as the exchange reads and prints them. No floats anywhere."""

from decimal import Decimal

from hlmock.wire.remembering import remembering

MAX_DECIMALS = 8
"""Significant decimals of a price or size on the wire. Source: recorded refusals."""

_MAX_LENGTH = 80
"""Characters. Our choice: longer texts would fill the cache, and no client prints them."""


class BadNumber(ValueError):
    """Not a number in a form that the exchange accepts; answered with HTTP 422."""


@remembering
def parse_decimal(text: str) -> Decimal:
    """Read `p`, `s` or `triggerPx`: digits and at most one dot, at most 8 significant decimals.

    Source: recorded refusals (a sign, an exponent, an empty string or a JSON number is answered with 422).

    Raises:
        BadNumber: anything else.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if (
        not digits
        or len(text) > _MAX_LENGTH
        or not digits.isascii()
        or not digits.isdigit()
        or len(fraction.rstrip("0")) > MAX_DECIMALS
    ):
        raise BadNumber(f"not a decimal: {text!r}")
    return Decimal(f"{whole or '0'}.{fraction or '0'}")


@remembering
def canonical_decimal(text: str) -> str:
    """The form that is hashed: `".5"` is `"0.5"`, `"00012.3400"` is `"12.34"`, `"0.000"` is `"0"`.

    Source: recorded answers (which of these forms the exchange recovers the signer of).

    Raises:
        BadNumber: as `parse_decimal`.
    """
    return shortest(parse_decimal(text))


def parse_scalar(text: str) -> int:
    """Read a signature's `r` or `s`: 1 to 64 hex digits, with or without `0x` and leading zeros.

    Source: recorded answers; python-sdk sends them unpadded (`to_hex`).

    Raises:
        BadNumber: anything else.
    """
    digits = text[2:] if text.startswith("0x") else text
    if digits:
        try:
            octets = bytes.fromhex(digits.rjust(64, "0"))
        except ValueError:
            octets = b""
        if len(octets) == 32:
            return int.from_bytes(octets)
    raise BadNumber("not 1 to 64 hex digits")


@remembering
def shortest(value: Decimal) -> str:
    """Shortest plain form, no exponent: `50000`, `0.1`. As the Python SDK's `float_to_wire` prints."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@remembering
def wire(value: Decimal) -> str:
    """The exchange's answer form: shortest with at least one decimal digit: `50000.0`, `0.0`, `0.1`."""
    text = shortest(value)
    return text if "." in text else text + ".0"
