"""Client order ids: 128 bits, written as `0x` and 32 lower-case hex digits."""

import re
from typing import NewType

Cloid = NewType("Cloid", str)
"""`0x` + 32 lower-case hex digits. Only `parse_cloid` makes one from outside text."""

_DIGITS = re.compile(r"[0-9a-f]{32}").fullmatch


class BadCloid(ValueError):
    """Not a client order id; answered with HTTP 422."""


def parse_cloid(text: str) -> Cloid:
    """Normalise a client order id, whatever its case, with or without `0x`.

    Source: recorded answers. Without `0x` it parses, but what the client signed then differs from what is
    hashed, so the request fails at its signer.

    Raises:
        BadCloid: anything else.
    """
    digits = (text[2:] if text.startswith("0x") else text).lower()
    if not _DIGITS(digits):
        raise BadCloid(f"not a cloid: {text!r}")
    return Cloid("0x" + digits)
