"""The events frame: its columns, and the way to it, from events in memory or from a recording's batches.

Nothing here makes Python objects per event on the way from a recording; from memory each column is read off the
events in one pass.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from hlmock.trace.events import TraceEvent
from hlmock.trace.stages import STAGES

if TYPE_CHECKING:
    import pyarrow as pa


class Column(NamedTuple):
    """One documented column of a frame."""

    name: str
    dtype: str
    """What `str(frame.dtypes[name])` says."""
    meaning: str
    """With its unit, where it has one."""


INTEGER: Final = "int64[pyarrow]"
TEXT: Final = "string[pyarrow]"
TIME: Final = "datetime64[ms, UTC]"
SEQS: Final = "list<item: int64>[pyarrow]"
FLOAT: Final = "float64"
"""Beside a price or size as text, which is exact: for arithmetic that may round, and for pictures."""

EVENT_COLUMNS: Final = (
    Column("time", TIME, "exchange clock"),
    Column("mono_ns", "int64", "ns, monotonic clock of the server; only differences mean something"),
    Column("stage", "category", "stage, in path order: `stage < 'order.stored'` works"),
    Column("cause", INTEGER, "seq of the event that led to this one"),
    Column("request", INTEGER, "request id"),
    Column("connection", TEXT, "`c1`, `c2`, ...: one WebSocket from accept to close"),
    Column("account", TEXT, "lower-case address"),
    Column("signer", TEXT, "lower-case address"),
    Column("oid", INTEGER, "order id"),
    Column("cloid", TEXT, "client order id"),
    Column("coin", TEXT, "as on the wire"),
    Column("channel", TEXT, "channel of the message"),
    Column("key", TEXT, "subscription key, such as `orderUpdates:0x...`"),
    Column("commit", INTEGER, "commit of the change"),
)
"""Of `Timeline.events`; the index is `seq` (int64). Absent is `<NA>`, never an empty string."""

_Integers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

_INTEGERS: Final = [column.name for column in EVENT_COLUMNS if column.dtype == INTEGER]
_TEXTS: Final = [column.name for column in EVENT_COLUMNS if column.dtype == TEXT]
_CHUNK: Final = 5_000
"""Events read off at once: they stay in the cache while each of their columns is."""


def events_table(events: Sequence[TraceEvent]) -> "pa.Table":
    """Events in memory as the columns that a recording has, without payload and detail."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {"mono_ns": pa.int64(), "time_ms": pa.int64()}
    types["stage"] = pa.dictionary(pa.int32(), pa.string())
    types |= dict.fromkeys(_INTEGERS, pa.int64()) | dict.fromkeys(_TEXTS, pa.string())
    chunks: dict[str, list[Any]] = {name: [] for name in types}
    for start in range(0, len(events), _CHUNK):
        for name, values in _read_off(events[start : start + _CHUNK]).items():
            chunks[name].append(pa.array(values, types[name]))
    columns = {name: pa.chunked_array(chunks[name], types[name]) for name in types}
    return pa.table({"seq": pa.array(_seqs(events)), **columns})


def _seqs(events: Sequence[TraceEvent]) -> _Integers:
    """Dense but for gaps, so that they need not be read off one by one."""
    if not events:
        return np.empty(0, dtype=np.int64)
    first, last = events[0].seq, events[-1].seq
    if last - first + 1 == len(events):
        return np.arange(first, last + 1, dtype=np.int64)
    return np.array([event.seq for event in events], dtype=np.int64)


def _stages(column: "pa.ChunkedArray") -> "pd.Categorical[Any]":
    """Ordered as the path goes; stages of a newer version follow in the order of their appearance."""
    code_of = {stage: code for code, stage in enumerate(STAGES)}
    codes = []
    for chunk in column.dictionary_encode().chunks:
        names = chunk.dictionary.to_pylist()
        for name in names:
            code_of.setdefault(name, len(code_of))
        codes.append(np.array([code_of[name] for name in names], dtype=np.int16)[chunk.indices.to_numpy()])
    found = np.concatenate(codes) if codes else np.empty(0, dtype=np.int16)
    return pd.Categorical.from_codes(found, dtype=pd.CategoricalDtype(list(code_of), ordered=True))


def _read_off(events: Sequence[TraceEvent]) -> dict[str, list[Any]]:
    """Column by column, spelled out: the interpreter specialises each attribute access."""
    return {
        "mono_ns": [event.mono_ns for event in events],
        "time_ms": [event.time_ms for event in events],
        "stage": [event.stage for event in events],
        "cause": [event.cause for event in events],
        "request": [event.request for event in events],
        "connection": [event.connection for event in events],
        "account": [event.account for event in events],
        "signer": [event.signer for event in events],
        "oid": [event.oid for event in events],
        "cloid": [event.cloid for event in events],
        "coin": [event.coin for event in events],
        "channel": [event.channel for event in events],
        "key": [event.key for event in events],
        "commit": [event.commit for event in events],
    }


def frame_of(table: "pa.Table") -> pd.DataFrame:
    """The events frame of a recording's columns, or of `events_table`."""
    made: dict[str, Any] = {}
    for column in EVENT_COLUMNS:
        match column.name:
            case "time":
                made["time"] = times(table.column("time_ms").to_numpy())
            case "mono_ns":
                made["mono_ns"] = table.column("mono_ns").to_numpy()
            case "stage":
                made["stage"] = _stages(table.column("stage"))
            case name:
                made[name] = pd.arrays.ArrowExtensionArray(table.column(name))
    return pd.DataFrame(made, index=pd.Index(table.column("seq").to_numpy(), name="seq"), copy=False)


def times(time_ms: Any) -> pd.DatetimeIndex:
    """Exchange clock in ms since the epoch, as the frames show it."""
    values = np.asarray(time_ms, dtype="int64").view("datetime64[ms]")
    return pd.DatetimeIndex(values).tz_localize("UTC")


def rows_to_columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> dict[str, list[Any]]:
    """Row by row to column by column; what a row lacks is absent."""
    return {column.name: [row.get(column.name) for row in rows] for column in columns}


def typed(rows: Mapping[str, Sequence[Any]], columns: Sequence[Column], index: str | None = None) -> pd.DataFrame:
    """A frame with exactly the documented columns and dtypes, whether or not there are rows.

    Args:
        rows: values by column; a `TIME` column takes ms since the epoch. Absent is `None`.
        columns: what the frame has, in this order.
        index: the column that becomes the index.
    """
    import pyarrow as pa

    # By name, pandas would make its own string dtype of "string[pyarrow]", and has no name for lists.
    dtypes = {TEXT: pd.ArrowDtype(pa.string()), SEQS: pd.ArrowDtype(pa.list_(pa.int64()))}
    made: dict[str, Any] = {}
    for column in columns:
        values = rows[column.name]
        if column.dtype == TIME:
            series = pd.to_datetime(pd.Series(values, dtype="Int64"), unit="ms", utc=True)
            made[column.name] = series.astype(TIME)
        else:
            made[column.name] = pd.Series(values, dtype=dtypes.get(column.dtype, column.dtype))
    frame = pd.DataFrame(made, columns=[column.name for column in columns])
    return frame if index is None else frame.set_index(index)
