"""Lines of JSON, and errors that name the file and the line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from hlbench.inert import inert
from hlbench.sources.base import SourceError

LARGEST: Final = 2**63 - 1
LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999: what a time in ms may be."""

SHOWN: Final = 200
"""Characters of a complaint about outside text."""


def complaint(path: Path, line: int, what: str) -> SourceError:
    """The error to raise."""
    return SourceError(f"{path}, line {line}: {inert(what, SHOWN)}")


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1, without white space around them.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if text := line.strip():
                    yield number, text
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def decoded(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """The JSON object in a line.

    Raises:
        SourceError: it holds none.
    """
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise complaint(path, number, f"no JSON object: {error}") from error
    except RecursionError as error:
        raise complaint(path, number, "JSON that is nested too deeply") from error


def is_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object that the line is, if it is one."""
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
