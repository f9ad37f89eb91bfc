"""Fields of a slog line, read with care: what is there, of the right type, or a sentence about what is not."""

import re
from datetime import datetime
from typing import Any, Final

from hlbench.imports.lines import LARGEST, LATEST_MS

Line = dict[str, Any]

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


class WrongField(ValueError):
    """A field that is not what its message has."""


def text_of(line: Line, *names: str) -> str | None:
    """The first of these fields that is there; empty is absent."""
    for name in names:
        value = line.get(name)
        if value is not None and not isinstance(value, str):
            raise WrongField(f"{line.get('msg', 'subscription')!r} has {name} {value!r}, which is no text")
        if value:
            return value
    return None


def integer_of(line: Line, name: str) -> int | None:
    value = line.get(name)
    if value is None or isinstance(value, str | dict):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise WrongField(f"{line.get('msg', 'order')!r} has {name} {value!r}, which is no number that can be one")
    return value


def name_of(line: Line) -> str | None:
    """What the log calls a connection."""
    for name in ("conn_id", "connection"):
        value = line.get(name)
        if isinstance(value, str | int) and value != "":
            return str(value)
    return None


def keys_of(line: Line) -> list[object]:
    """What ties the lines of a request together."""
    found: list[object] = []
    request = line.get("request")
    if isinstance(request, int):
        found.append(request)
    cloid = line.get("cloid")
    if isinstance(cloid, str):
        found.append(cloid)
    return found


def statuses_of(line: Line) -> list[Any]:
    """Of an `exchange response` that tells its answer."""
    value: Any = line.get("response")
    for name in ("response", "data", "statuses"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def time_of(line: Line) -> int | None:
    """ns since the epoch, where the line has a time."""
    time_ms = integer_of(line, "time_ms")
    if time_ms is not None and time_ms <= LATEST_MS:
        return time_ms * 1_000_000
    text = line.get("time")
    if text is None:
        return None
    told = _TIME.fullmatch(text) if isinstance(text, str) else None
    if told is None:
        raise WrongField(f"{text!r} is no time as slog writes it, such as 2025-01-31T12:00:00.123456789Z")
    try:
        seconds = int(datetime.fromisoformat(told[1] + told[3].replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError) as error:
        raise WrongField(f"{text!r} is no time: {error}") from error
    if seconds < 0:
        raise WrongField(f"{text!r} is before 1970")
    return seconds * 1_000_000_000 + int((told[2] or "0").ljust(9, "0"))
