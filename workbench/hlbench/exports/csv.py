"""CSV: a file per frame, for spreadsheets and everything else.

Text from outside is inert here: control characters are symbols, and a cell that a spreadsheet would take for a formula
begins with an apostrophe. Who needs every byte takes Parquet or JSON Lines.
"""

import csv
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from hlbench.exports.files import folder, replacing
from hlbench.exports.frames import frames, table
from hlbench.inert import inert

if TYPE_CHECKING:
    import pyarrow as pa

    from hlbench.exports import About
    from hlbench.timeline import Timeline

FORMULA: Final = ("=", "+", "-", "@")
"""How a formula begins. Source: OWASP, CSV injection."""

CHUNK: Final = 10_000
"""Rows turned into text at once."""


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """`events.csv`, `orders.csv`, ...: UTF-8, a heading, absent is empty, lists of seqs are separated by spaces."""
    into = folder(target)
    made = frames(timeline)
    for name, frame in made.items():
        with replacing(into / f"{name}.csv") as file:
            writer = csv.writer(file, lineterminator="\n")
            rows = table(frame)
            writer.writerow(rows.column_names)
            for batch in rows.to_batches(max_chunksize=CHUNK):
                writer.writerows(zip(*map(_cells, batch.columns), strict=True))
    return f"{sum(map(len, made.values())):,} rows in {len(made)} files"


def _cells(column: "pa.Array") -> Iterable[Any]:
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    as_cell: Callable[[Any], Any] = _same
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        as_cell = _text
    elif pa.types.is_timestamp(kind):
        as_cell = _time
    elif pa.types.is_list(kind):
        as_cell = _list
    return ["" if value is None else as_cell(value) for value in column.to_pylist()]


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    text = inert(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _time(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"


def _list(value: list[Any]) -> str:
    return " ".join(map(str, value))
