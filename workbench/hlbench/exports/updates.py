"""Order updates and their deliveries with exact times: what a trace or a span is drawn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from hlbench.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Delivered:
    """One row of `Timeline.deliveries`, its moments in ns of the monotonic clock."""

    number: int
    """From 0, unique in the timeline."""
    connection: str | None
    verdict: str
    group: str
    sentence: str
    expected: bool
    enqueued_ns: int | None
    written_ns: int | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Updated:
    """One change of one order."""

    seq: int
    ns: int
    request: int | None
    oid: int
    cloid: str | None
    account: str | None
    coin: str | None
    status: str
    deliveries: tuple[Delivered, ...]


_COLUMNS: Final = (
    "updated_seq",
    "oid",
    "cloid",
    "account",
    "coin",
    "status",
    "connection",
    "verdict",
    "group",
    "sentence",
    "expected",
    "enqueued_seq",
    "written_seq",
    "key",
)


def updates(timeline: "Timeline") -> Iterator[Updated]:
    """Every update that has a verdict, by order."""
    events, deliveries = timeline.events, timeline.deliveries
    mono, requests = events["mono_ns"], events["request"]
    rows = [
        dict(zip(_COLUMNS, values, strict=True))
        for values in zip(*(_plain(deliveries[name]) for name in _COLUMNS), strict=True)
    ]
    seqs = {row[name] for row in rows for name in ("updated_seq", "enqueued_seq", "written_seq")} - {None}
    held = mono.reindex(sorted(seqs)).dropna().astype("int64")
    ns_of = dict(zip(held.index.tolist(), held.tolist(), strict=True))
    by_update: dict[int, list[tuple[int, dict[str, Any]]]] = {}
    for number, row in enumerate(rows):
        by_update.setdefault(row["updated_seq"], []).append((number, row))
    request_of = dict(zip(by_update, _plain(requests.reindex(list(by_update))), strict=True))
    for seq, of_update in by_update.items():
        row = of_update[0][1]
        if seq in ns_of:
            yield Updated(
                seq,
                ns_of[seq],
                request_of[seq],
                row["oid"],
                row["cloid"],
                row["account"],
                row["coin"],
                row["status"],
                tuple(_delivered(number, each, ns_of) for number, each in of_update),
            )


def _delivered(number: int, row: dict[str, Any], ns_of: dict[int, int]) -> Delivered:
    return Delivered(
        number,
        row["connection"],
        row["verdict"],
        row["group"],
        row["sentence"],
        row["expected"],
        ns_of.get(row["enqueued_seq"]),
        ns_of.get(row["written_seq"]),
        row["key"],
    )


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """Python values; absent is `None`."""
    return [None if value is pd.NA or value != value else value for value in column.tolist()]
