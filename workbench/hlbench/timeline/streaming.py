"""Frames a part at a time, and SQL over all of them, for recordings that do not fit into memory.

What is read is a chunk of the file; what is held is the clock of each event and the orders of the last seconds.
"""

import re
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hlbench.timeline.deliveries import deliveries_frame
from hlmock.verdicts.rows import DeliveryRow

if TYPE_CHECKING:
    from hlbench.timeline.timeline import Timeline

KEPT_ORDERS: Final = 20_000
"""Orders that the audit of a pass remembers: what an update is decided by comes within seconds of it."""

FRAMES: Final = ("orders", "deliveries", "connections", "subscriptions", "publications")
"""Tables of `sql` beside `events`."""


def delivery_chunks(timeline: "Timeline", size: int) -> Iterator[pd.DataFrame]:
    """`Timeline.deliveries` in the order in which verdicts become final, about `size` rows at a time."""
    part = timeline.part
    waiting: list[DeliveryRow] = []
    clock = _Clock()
    audit = timeline.new_audit(keep_orders=KEPT_ORDERS, decided=waiting.extend)

    def cut(count: int) -> pd.DataFrame:
        rows = waiting[:count]
        del waiting[:count]
        if part is not None:
            rows = [row for row in rows if part.proves(row)]
        return deliveries_frame(iter(rows), clock.frame())

    for event in timeline.all_events():
        clock.apply(event.seq, event.time_ms)
        audit.apply(event)
        if len(waiting) >= size:
            yield cut(size)
    waiting.extend(audit.open_rows())
    while waiting:
        yield cut(size)


class _Clock:
    """When each event was, by seq."""

    def __init__(self) -> None:
        self._seqs, self._times = array("q"), array("q")

    def apply(self, seq: int, time_ms: int) -> None:
        self._seqs.append(seq)
        self._times.append(time_ms)

    def frame(self) -> pd.DataFrame:
        """As much of `Timeline.events` as `deliveries_frame` needs."""
        times = np.array(self._times, dtype="int64").view("datetime64[ms]")
        return pd.DataFrame({"time": times}, index=np.array(self._seqs, dtype="int64"))


def query(timeline: "Timeline", text: str) -> pd.DataFrame:
    """See `Timeline.sql`."""
    try:
        import duckdb
    except ImportError as error:
        raise ImportError("SQL over a timeline needs DuckDB: pip install 'hlbench[sql]'") from error
    with duckdb.connect() as database:
        database.execute("SET enable_external_access = false")
        if _names("events", text):
            database.register("events", _reader(timeline))
        for name in FRAMES:
            if _names(name, text):
                frame: pd.DataFrame = getattr(timeline, name)
                database.register(name, frame.reset_index() if frame.index.name else frame)
        found: pd.DataFrame = database.sql(text).df()
        return found


def _names(table: str, text: str) -> bool:
    return re.search(rf"\b{table}\b", text, re.IGNORECASE) is not None


def _reader(timeline: "Timeline") -> Any:
    """The events as one stream of Arrow batches: DuckDB reads it as it needs it."""
    import pyarrow as pa

    chunks = timeline.chunks()
    first = _table(next(chunks))

    def batches() -> Iterator[pa.RecordBatch]:
        yield from first.to_batches()
        for chunk in chunks:
            yield from _table(chunk).cast(first.schema).to_batches()

    return pa.RecordBatchReader.from_batches(first.schema, batches())


def _table(chunk: pd.DataFrame) -> Any:
    import pyarrow as pa

    plain = chunk.assign(stage=chunk["stage"].astype("string[pyarrow]"))
    return pa.Table.from_pandas(plain, preserve_index=True).replace_schema_metadata(None)
