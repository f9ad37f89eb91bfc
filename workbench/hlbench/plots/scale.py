"""Where an event stands on the axis of time: from its seq to a number in a readable unit."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hlbench.plots.figure import Axis
from hlbench.text import clock

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

By = Literal["time", "seq"]

_UNITS: Final = ((5_000, "µs", 1e3), (5_000_000, "ms", 1e6), (300_000_000, "s", 1e9), (float("inf"), "min", 60e9))
"""A span of at most so many µs is shown in this unit of so many ns."""


class Scale:
    """Events of one timeline along x.

    Args:
        events: `Timeline.events`.
        by: `time`, the server's monotonic clock since the first event; `seq`, one step per event, which spreads out
            what happened at once. Without it time, unless none passed.
    """

    def __init__(self, events: pd.DataFrame, by: By | None = None) -> None:
        self._seq = events.index.to_numpy()
        mono_ns = events["mono_ns"].to_numpy()
        start_ns = int(mono_ns[0]) if len(mono_ns) else 0
        span_ns = int(mono_ns.max()) - start_ns if len(mono_ns) else 0
        self.by: By = by or ("time" if span_ns or not len(mono_ns) else "seq")
        self.unit, unit_ns = next((unit, ns) for limit, unit, ns in _UNITS if span_ns / 1e3 <= limit)
        self._at = self._seq.astype("float64") if self.by == "seq" else (mono_ns - start_ns) / unit_ns
        self.low = float(self._at.min()) if len(self._at) else 0.0
        self.high = float(self._at.max()) if len(self._at) else 1.0

    def axis(self, low: float, high: float) -> Axis:
        """From a place to another, and a little on both sides."""
        margin = (high - low) * 0.02 or 1.0
        label = "seq of the event" if self.by == "seq" else f"time since the first event, {self.unit}"
        return Axis(label, low - margin, high + margin)

    def at(self, seqs: Iterable[Any]) -> list[float]:
        """Of known seqs; one that is not in the timeline is moved to where it would stand."""
        wanted = np.fromiter((int(seq) for seq in seqs), dtype="int64")
        if not len(self._seq):
            return [0.0] * len(wanted)
        found = self._at[np.clip(np.searchsorted(self._seq, wanted), 0, len(self._seq) - 1)]
        rounded: list[float] = np.round(found, 4).tolist()
        return rounded


def extent(timeline: "Timeline") -> str:
    """A timeline's size in words, for a subtitle."""
    events = timeline.events
    if not len(events):
        return "no events"
    first, last = events["time"].iloc[0], events["time"].iloc[-1]
    times = " to ".join(clock(each.value // 1_000_000) for each in (first, last))
    return f"{len(events):,} events, seq {events.index[0]:,} to {events.index[-1]:,}, {times} UTC"


def what_arrived(deliveries: pd.DataFrame) -> str:
    """The headline of a picture of deliveries; those that nobody expected do not count."""
    groups = deliveries.loc[deliveries["expected"], "group"].value_counts()
    total, missing, pending = int(groups.sum()), int(groups.get("missing", 0)), int(groups.get("pending", 0))
    if missing:
        return f"{missing:,} of {total:,} deliveries are missing"
    if pending:
        return f"{pending:,} of {total:,} deliveries are on their way"
    return "Every delivery arrived" if total else "No deliveries were expected"
