"""What `/exchange` and `/info` share of HTTP: content types and the refusal of a wrong one."""

from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
TEXT: Final = "text/plain"

WRONG_CONTENT_TYPE: Final = b"Expected request with `Content-Type: application/json`"
"""Source: recorded answers, status 415."""


@lru_cache
def is_json(content_type: str | None) -> bool:
    """`application/json` or `application/*+json`, with or without parameters, in any case (recorded answers)."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))
