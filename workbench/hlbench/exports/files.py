"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hlbench.exports import ExportError


@contextmanager
def replacing(target: str | Path) -> Iterator[IO[str]]:
    """A text file that takes the target's place when the block ends, and not when it fails.

    Raises:
        ExportError: the target is a folder, or no file can be made there.
        OSError: it cannot be written to its end.
    """
    path = Path(target)
    if path.is_dir():
        raise ExportError(f"{path} is a folder: name a file")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = beside.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error
    try:
        with file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def folder(target: str | Path) -> Path:
    """The folder, made where it is not there.

    Raises:
        ExportError: a file has that name.
        OSError: it cannot be made.
    """
    path = Path(target)
    if path.exists() and not path.is_dir():
        raise ExportError(f"{path} is a file: name a folder")
    path.mkdir(parents=True, exist_ok=True)
    return path
