"""Blanking signatures before bytes enter the event log.

An action signed for mainnet stays valid elsewhere after the mock has seen it, so r and s are never kept. A signature
is found by what it is, not by where a well-formed body has it: bodies arrive truncated, with single quotes, inside
an error text, with r and s in a list or joined to one string. In bytes that speak of a signature, every run of more
hex digits than an address has (40) is one; an order's `s` (its size) and cloids (32 digits) are shorter. Our choice.
"""

import re
from functools import lru_cache
from typing import Final

BLANK: Final = "…".encode()

_LONG: Final = b"h" * 41
_MASK: Final = bytes(ord("h") if chr(byte) in "0123456789abcdefABCDEF" else ord(".") for byte in range(256))
_QUOTED_R: Final = re.compile(rb"""["']r\\*["']""")
_ESCAPED: Final = re.compile(rb"\\+u00([2-7][0-9a-fA-F])")


@lru_cache(maxsize=1)  # The capture and the event log ask for the same body, one after the other.
def redact(payload: bytes) -> bytes:
    """The payload with every r and s replaced by `…`; the same object when there is none.

    Keeps everything else byte for byte, except that a signature which hides behind JSON escapes of ordinary
    characters (`\\u0072` for `r`) is shown unescaped.
    """
    if b"\\u00" in payload:
        plain = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), payload)
        blanked = _blank(plain)
        return payload if blanked is plain else blanked
    return _blank(payload)


def _blank(payload: bytes) -> bytes:
    mask = payload.translate(_MASK)  # runs are searched in here: several times faster than a pattern
    start = mask.find(_LONG)
    cut_off = _cut_off(payload, mask)
    if (start < 0 and cut_off is None) or not _speaks_of_one(payload):
        return payload
    parts: list[bytes] = []
    kept_to = 0
    while start >= 0:
        parts += (payload[kept_to : _with_prefix(payload, start)], BLANK)
        kept_to = mask.find(b".", start)
        if kept_to < 0:
            return b"".join(parts)
        start = mask.find(_LONG, kept_to)
    parts += (payload[kept_to:cut_off], b"" if cut_off is None else BLANK)
    return b"".join(parts)


def _speaks_of_one(payload: bytes) -> bool:
    return b"sig" in payload or b"Sig" in payload or _QUOTED_R.search(payload) is not None


def _cut_off(payload: bytes, mask: bytes) -> int | None:
    """Where a hex number starts that runs into the end of the payload: it may be half of an r or s."""
    if mask[-1:] != b"h":
        return None
    start = len(mask.rstrip(b"h"))
    prefixed = _with_prefix(payload, start)
    return prefixed if prefixed < start or len(mask) - start > 16 else None


def _with_prefix(payload: bytes, start: int) -> int:
    return start - 2 if payload[max(start - 2, 0) : start] in (b"0x", b"0X") else start
