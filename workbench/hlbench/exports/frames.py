"""What several exports take from a timeline: its frames in Arrow form, its events, its clock."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from hlbench.timeline import Timeline
    from hlmock.trace.events import TraceEvent

FRAMES: Final = ("events", "orders", "deliveries", "connections", "subscriptions", "publications")


def frames(timeline: "Timeline") -> Mapping[str, "pd.DataFrame"]:
    """Each frame by name, its index as an ordinary first column."""
    return {name: _flat(getattr(timeline, name)) for name in FRAMES}


def _flat(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame if frame.index.name is None else frame.reset_index()


def table(frame: "pd.DataFrame") -> "pa.Table":
    """The frame in Arrow. Prices and sizes become their exact decimal text: a file has one type for them, whatever
    digits it holds."""
    import pyarrow as pa

    exact = {
        name: frame[name].map(str, na_action="ignore").astype("string[pyarrow]")
        for name in frame.columns
        if frame[name].dtype == object
    }
    made = pa.Table.from_pandas(frame.assign(**exact), preserve_index=False)
    # pandas notes the name of each dtype in the file, and cannot read its own name for lists.
    notes = json.loads(made.schema.metadata[b"pandas"])
    for column in notes["columns"]:
        if column["numpy_type"].startswith("list<"):
            column["numpy_type"] = "object"
    return made.replace_schema_metadata({b"pandas": json.dumps(notes).encode()})


def every_event(timeline: "Timeline") -> "Iterator[TraceEvent]":
    """All events, whole, by seq."""
    return timeline.of_stages(frozenset(timeline.events["stage"].cat.categories))


def start_of(timeline: "Timeline") -> tuple[int, int]:
    """The first event's monotonic clock, and its exchange clock as ns since the epoch; zeros without events."""
    events = timeline.events
    if events.empty:
        return 0, 0
    return int(events["mono_ns"].iloc[0]), int(events["time"].iloc[0].value)
