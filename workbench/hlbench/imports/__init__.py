"""Imports: logs of other servers and of browsers, as the same events that every view reads.

A form is known by how the file begins, or named. What cannot be read is an error with file and line, and nothing of the
file is shown; what the file does not say is a note, never a guess that looks like a fact.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from hlbench.sources.base import SourceError

if TYPE_CHECKING:
    from hlbench.imports.source import ImportedSource
    from hlmock.trace.events import TraceEvent

__all__ = ["FORMS", "Form", "Imported", "open_import", "sniff"]

ARROW: Final = b"\xff\xff\xff\xff"
"""How a recording begins. Source: Arrow columnar format, IPC streaming format."""

HEAD: Final = 65_536
"""Bytes that a form is known by."""


class Imported(NamedTuple):
    """What a file holds."""

    events: "list[TraceEvent]"
    notes: tuple[str, ...] = ()
    """What the file leaves open, a sentence each."""


class Form(NamedTuple):
    """One form of file."""

    home: str
    """Module with `is_like(head: bytes) -> bool` and `read(path) -> Imported`."""
    title: str


FORMS: Final[Mapping[str, Form]] = {
    "jsonl": Form("hlbench.imports.jsonl", "JSON Lines of events"),
    "har": Form("hlbench.imports.har", "HAR"),
    "slog": Form("hlbench.imports.slog", "slog JSON log"),
}
"""By name, as `--from` takes it; tried in this sequence."""


def sniff(path: Path) -> str | None:
    """The form that a file begins like; `None` for a recording, for other files, and where there is none."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    if head.startswith(ARROW):
        return None
    return next((name for name, form in FORMS.items() if import_module(form.home).is_like(head)), None)


def open_import(path: Path, form: str) -> "ImportedSource":
    """Read a file.

    Raises:
        SourceError: it cannot be read, or is damaged: with its line.
        ValueError: no such form.
    """
    from hlbench.imports.source import ImportedSource

    if form not in FORMS:
        raise ValueError(f"there is no form {form!r}: one of {', '.join(FORMS)}")
    found: Imported = import_module(FORMS[form].home).read(path)
    if not found.events:
        raise SourceError(f"{path} is no {FORMS[form].title}: nothing in it that hlbench knows")
    return ImportedSource(path, FORMS[form].title, found)
