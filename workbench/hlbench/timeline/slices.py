"""Parts of a timeline: which events a part holds, and what belongs to them.

A part shows fewer rows; what a row says is what the whole timeline says of it. So a delivery that came before the part
starts is not missing in it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from hlbench.describe import Names
from hlbench.filters import Filter, NumberTerm, Test, TextTerm, moment
from hlmock.verdicts.rows import DeliveryRow

if TYPE_CHECKING:
    from hlbench.timeline.capture import Capture

Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
Selection = Callable[[pd.DataFrame], Mask]
"""Which rows of an events frame belong to the part."""

Moment: TypeAlias = "int | str | datetime | None"
"""A seq; a time as `since:` of a filter takes it (`-5s`, `12:00:03`); or a datetime (UTC unless it says)."""


@dataclass(frozen=True, slots=True)
class Between:
    """From one moment to another, both included."""

    first: Moment
    last: Moment
    newest_ms: int | None

    def __call__(self, events: pd.DataFrame) -> Mask:
        kept = np.ones(len(events), dtype=bool)
        for edge, name, holds in ((self.first, "since", np.greater_equal), (self.last, "until", np.less_equal)):
            if isinstance(edge, str | datetime):
                kept &= holds(_times_ms(events), _moment_ms(edge, name, self.newest_ms))
            elif edge is not None:
                kept &= holds(events.index.to_numpy(), edge)
        return kept


def _moment_ms(edge: str | datetime, name: str, newest_ms: int | None) -> int:
    if isinstance(edge, str):
        return moment(name, edge, newest_ms)
    return round((edge if edge.tzinfo else edge.replace(tzinfo=UTC)).timestamp() * 1_000)


@dataclass(frozen=True, slots=True)
class Seqs:
    """Certain events, about certain orders."""

    seqs: frozenset[int]
    oids: frozenset[int] | None
    """`None` where it is about any order."""

    def __call__(self, events: pd.DataFrame) -> Mask:
        return np.isin(events.index.to_numpy(), np.array(sorted(self.seqs), dtype="int64"))

    def proves(self, row: DeliveryRow) -> bool:
        """Whether one of the events is evidence of a delivery."""
        return (self.oids is None or row.oid in self.oids) and any(seq in self.seqs for seq in row.verdict.evidence)


@dataclass(frozen=True, slots=True)
class Matching:
    """What a filter of the event log selects. Terms over columns are answered by the columns."""

    filter: Filter
    names: Names
    capture: "Capture"

    def __call__(self, events: pd.DataFrame) -> Mask:
        kept = np.ones(len(events), dtype=bool)
        others: list[Test] = []
        for test in self.filter.tests:
            if isinstance(test, NumberTerm | TextTerm) and test.column is not None:
                kept &= self._of_column(test, events)
            else:
                others.append(test)
        if others:
            seqs = events.index.to_numpy()
            found = self.capture.at(seqs[kept].tolist())
            matching = [event.seq for event in found if all(test(event, self.names) for test in others)]
            kept &= np.isin(seqs, np.array(matching, dtype="int64"))
        return kept

    def _of_column(self, term: NumberTerm | TextTerm, events: pd.DataFrame) -> Mask:
        inside = self._in_range(term, events) if isinstance(term, NumberTerm) else self._of_text(term, events)
        return ~inside if term.is_negated else inside

    def _in_range(self, term: NumberTerm, events: pd.DataFrame) -> Mask:
        least, most = term.range
        if term.column == "time":
            values, known = _times_ms(events), np.ones(len(events), dtype=bool)
        elif term.column == "seq":
            values, known = events.index.to_numpy(), np.ones(len(events), dtype=bool)
        else:
            column = events[term.column]
            values, known = column.fillna(0).to_numpy(dtype="int64"), column.notna().to_numpy(dtype=bool)
        for limit, holds in ((least, np.greater_equal), (most, np.less_equal)):
            if limit is not None:
                known = known & holds(values, limit)
        return known

    def _of_text(self, term: TextTerm, events: pd.DataFrame) -> Mask:
        codes, values = pd.factorize(events[term.column])
        holding = [place for place, value in enumerate(values) if term.holds(str(value), self.names)]
        return np.isin(codes, holding)


def _times_ms(events: pd.DataFrame) -> Any:
    return events["time"].to_numpy(dtype="datetime64[ms]").astype("int64")


# -- what belongs to the events of a part -----------------------------------------------------------------------------


def proven_by(deliveries: pd.DataFrame, seqs: Any) -> Mask:
    """Deliveries of which one of the events is evidence."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pa.chunked_array(pa.array(deliveries["evidence"]))
    kept = np.zeros(len(deliveries), dtype=bool)
    parents = pc.list_parent_indices(lists).to_numpy()
    kept[parents[np.isin(pc.list_flatten(lists).to_numpy(), seqs)]] = True
    return kept


def overlaps(frame: pd.DataFrame, start: str, end: str, first: int, last: int) -> Mask:
    """Intervals that a range of seqs touches; one without a start or an end is open there."""
    starts = frame[start].fillna(0).to_numpy(dtype="int64")
    ends = frame[end].fillna(np.iinfo("int64").max).to_numpy(dtype="int64")
    return np.asarray((starts <= last) & (ends >= first), dtype=bool)


def known(values: "Iterable[pd.Series[Any]]") -> set[Any]:
    """What is there, in any of the columns."""
    return {each for column in values for each in column.dropna().unique()}
