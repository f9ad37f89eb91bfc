"""The deliveries frame: one row per order update and connection, whether it got the update or should have."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from hlbench.timeline.columns import INTEGER, SEQS, TEXT, TIME, Column, typed
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.rows import DeliveryRow

DELIVERY_COLUMNS: Final = (
    Column("oid", "int64", "order id"),
    Column("cloid", TEXT, "client order id"),
    Column("account", TEXT, "whose order"),
    Column("coin", TEXT, "as on the wire"),
    Column("status", TEXT, "of the order, with this update"),
    Column("commit", "int64", "commit of the update"),
    Column("updated_seq", "int64", "seq of its `order.stored`"),
    Column("time", TIME, "exchange clock of the update"),
    Column("publication", INTEGER, "absent where the exchange sends nothing for this change"),
    Column("key", TEXT, "subscription key of the publication"),
    Column("channel", TEXT, "of the message"),
    Column("connection", TEXT, "absent where no connection was near"),
    Column("subscription", INTEGER, "its subscription"),
    Column("expected", "bool", "whether it counts in an order's `delivered/expected`"),
    Column("verdict", "category", "code, ordered from what needs attention most"),
    Column("group", TEXT, "`delivered`, `late`, `pending`, `missing`, `unexpected`"),
    Column("final", "bool", "False while the verdict may still change"),
    Column("enqueued_seq", INTEGER, "seq of its `delivery.enqueued`"),
    Column("enqueued", TIME, "exchange clock"),
    Column("written_seq", INTEGER, "seq of its `delivery.written`"),
    Column("written", TIME, "exchange clock"),
    Column("latency_us", INTEGER, "µs from the commit to the write; to the timeline's end while it is pending"),
    Column("queued_us", INTEGER, "µs in the outbox"),
    Column("level", TEXT, "how far it is known to have come: `written`, `flushed`, `acked`"),
    Column("gap_us", INTEGER, "µs between the publication and the start or end of the subscription it missed"),
    Column("gap_events", INTEGER, "the same in events"),
    Column("evidence", SEQS, "seqs of the events that prove the verdict"),
    Column("sentence", TEXT, "the verdict in words; may hold text of a client"),
)

CHUNK: Final = 5_000
"""Rows read off at once: they stay in the cache while each of their columns is."""

VERDICTS: Final = pd.CategoricalDtype([code.value for code in VerdictCode], ordered=True)


def deliveries_frame(rows: Iterator[DeliveryRow], events: pd.DataFrame) -> pd.DataFrame:
    """The frame of an audit's rows, in its order.

    Args:
        rows: of the audit.
        events: `Timeline.events`, for the times of the evidence.
    """
    columns: dict[str, list[Any]] = {column.name: [] for column in DELIVERY_COLUMNS}
    while part := list(islice(rows, CHUNK)):
        for name, values in _read_off(part).items():
            columns[name] += values
    columns["enqueued"] = times_of(columns["enqueued_seq"], events)
    columns["written"] = times_of(columns["written_seq"], events)
    frame = typed(columns, DELIVERY_COLUMNS)
    frame["verdict"] = frame["verdict"].astype(VERDICTS)
    return frame


def _read_off(rows: Sequence[DeliveryRow]) -> dict[str, list[Any]]:
    """Column by column: the interpreter specialises each attribute access."""
    verdicts = [row.verdict for row in rows]
    facts = [verdict.facts for verdict in verdicts]
    return {
        "oid": [row.oid for row in rows],
        "cloid": [row.cloid for row in rows],
        "account": [row.account for row in rows],
        "coin": [row.coin for row in rows],
        "status": [row.status for row in rows],
        "commit": [row.commit for row in rows],
        "updated_seq": [row.updated for row in rows],
        "time": [row.time_ms for row in rows],
        "publication": [row.publication for row in rows],
        "key": [row.key for row in rows],
        "channel": [row.channel for row in rows],
        "connection": [row.connection for row in rows],
        "subscription": [row.subscription for row in rows],
        "expected": [row.expected for row in rows],
        "verdict": [verdict.code.value for verdict in verdicts],
        "group": [verdict.code.group for verdict in verdicts],
        "final": [verdict.final for verdict in verdicts],
        "enqueued_seq": [each.enqueued for each in facts],
        "written_seq": [row.verdict.facts.ended if row.is_written else None for row in rows],
        "latency_us": [each.latency_us for each in facts],
        "queued_us": [each.queued_us for each in facts],
        "level": [each.level for each in facts],
        "gap_us": [each.gap_us for each in facts],
        "gap_events": [each.gap_events for each in facts],
        "evidence": [verdict.evidence for verdict in verdicts],
        "sentence": [verdict.sentence for verdict in verdicts],
    }


def times_of(seqs: list[int | None], events: pd.DataFrame) -> list[int | None]:
    """Exchange clock of events by seq, ms since the epoch; absent where the event is not in the timeline."""
    held = events.index.to_numpy()
    if not len(held):
        return [None] * len(seqs)
    time_ms = events["time"].to_numpy(dtype="datetime64[ms]").astype("int64")
    wanted = np.array([seq or 0 for seq in seqs], dtype="int64")
    places = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
    found = held[places] == wanted
    return [int(value) if is_found else None for value, is_found in zip(time_ms[places], found, strict=True)]
