"""Exports: a timeline as files that other tools open. One table; `hlbench report --NAME` is each of them.

A file is written beside its place and moved there when it is whole: an export that fails leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import os

    from hlbench.timeline import Timeline

__all__ = ["EXPORTERS", "About", "ExportError", "Exporter", "export"]


class ExportError(Exception):
    """Nothing was exported. The message says what, where, and what to do next."""


class About(NamedTuple):
    """What an export says of its source."""

    title: str
    notes: tuple[str, ...] = ()


class Exporter(NamedTuple):
    """One way out."""

    home: str
    """Module with `write(timeline, target, about) -> str`, which says in a few words what was written."""
    makes: str


EXPORTERS: Final[Mapping[str, Exporter]] = {
    "html": Exporter("hlbench.exports.page", "one page: summary, problems with their evidence, pictures; no network"),
    "perfetto": Exporter("hlbench.exports.perfetto", "a trace for ui.perfetto.dev and its trace processor"),
    "parquet": Exporter("hlbench.exports.parquet", "a folder with a Parquet file per frame"),
    "csv": Exporter("hlbench.exports.csv", "a folder with a CSV file per frame"),
    "jsonl": Exporter("hlbench.exports.jsonl", "every event as a line of JSON: can be read again"),
    "otlp": Exporter("hlbench.exports.otlp", "OpenTelemetry spans, to a file as JSON or to a collector's URL"),
}
"""By name: what `hlbench report` calls its options."""


def export(
    timeline: "Timeline",
    name: str,
    target: "str | os.PathLike[str]",
    *,
    title: str = "hlbench",
    notes: Sequence[str] = (),
) -> str:
    """Write one export.

    Args:
        timeline: what to export.
        name: one of `EXPORTERS`.
        target: a file; a folder for `parquet` and `csv`; a file or a URL for `otlp`. A file that is there is replaced,
            unless it is a recording.
        title: what the events are from.
        notes: what their source leaves open; the HTML page shows it.

    Returns:
        What was written, in a few words.

    Raises:
        KeyError: no such export.
        ExportError: it needs what is not installed, or the target is a recording or does not take it.
        OSError: it cannot be written.
    """
    exporter = EXPORTERS[name]
    path = Path(target)
    if path.is_file() and _is_recording(path):
        raise ExportError(f"{path} is a recording: name another file for the export")
    written: str = import_module(exporter.home).write(timeline, str(target), About(title, tuple(notes)))
    return written


def _is_recording(path: Path) -> bool:
    from hlbench.imports import ARROW

    with path.open("rb") as file:
        return file.read(len(ARROW)) == ARROW
