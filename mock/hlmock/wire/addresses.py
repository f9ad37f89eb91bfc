"""Addresses: 20 bytes, written as `0x` and 40 lower-case hex digits. Normalised here, once, at the edge."""

from functools import lru_cache
from typing import NewType

Address = NewType("Address", str)
"""`0x` + 40 lower-case hex digits. Only `parse_address` makes one from outside text."""

ZERO_ADDRESS = Address("0x" + "0" * 40)

_HEX = frozenset("0123456789abcdef")


class BadAddress(ValueError):
    """Not an address; answered with HTTP 422, or with the parse error on a WebSocket."""


@lru_cache(maxsize=65_536)
def parse_address(text: str, *, need_prefix: bool = False) -> Address:
    """Normalise an address, whatever its case, with or without `0x`.

    Source: recorded answers (`/exchange` takes both; the prefix `0X` is refused).

    Args:
        text: the address as a client sent it.
        need_prefix: refuse an address without `0x` (`/info` and `/ws`).

    Raises:
        BadAddress: anything else.
    """
    digits = text[2:] if text.startswith("0x") else None if need_prefix else text
    if digits is None or len(digits) != 40:
        raise BadAddress(f"not an address: {text!r}")
    digits = digits.lower()
    if not _HEX.issuperset(digits):
        raise BadAddress(f"not an address: {text!r}")
    return Address("0x" + digits)
