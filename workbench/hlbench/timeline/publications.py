"""The publications frame: one row per message for one key, and what became of it."""

from typing import Any, Final

import pandas as pd

from hlbench.timeline.capture import Capture
from hlbench.timeline.columns import INTEGER, TEXT, TIME, Column, typed
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Enqueued, PublicationCreated, RegistryResolved, Written

PUBLICATION_COLUMNS: Final = (
    Column("publication", "int64", "id (the index)"),
    Column("seq", "int64", "seq of its `publication.created`"),
    Column("time", TIME, "exchange clock"),
    Column("commit", INTEGER, "commit that made it"),
    Column("account", TEXT, "of user feeds"),
    Column("coin", TEXT, "of market feeds"),
    Column("key", TEXT, "subscription key that it is for"),
    Column("channel", TEXT, "of the message"),
    Column("updates", "int64", "order updates in it"),
    Column("bytes", INTEGER, "bytes of the message"),
    Column("resolved_seq", INTEGER, "seq of its `registry.resolved`; absent until the publisher has come to it"),
    Column("resolved_us", INTEGER, "µs until then"),
    Column("found", INTEGER, "connections subscribed to the key at its commit"),
    Column("registry_size", INTEGER, "subscriptions in the registry then"),
    Column("near_misses", INTEGER, "connections that watched a related key"),
    Column("enqueued", "int64", "outboxes that it was put into"),
    Column("written", "int64", "of these, written"),
    Column("ended", "int64", "of these, failed, dropped or superseded"),
    Column("last_written_us", INTEGER, "µs to the last write"),
)

_STAGES: Final = frozenset(
    {
        stages.PUBLICATION_CREATED,
        stages.REGISTRY_RESOLVED,
        stages.DELIVERY_ENQUEUED,
        stages.DELIVERY_WRITTEN,
        stages.DELIVERY_FAILED,
        stages.DELIVERY_DROPPED,
        stages.DELIVERY_SUPERSEDED,
    }
)


def publications_frame(capture: Capture) -> pd.DataFrame:
    """One row per publication that was created within the capture, oldest first."""
    columns: dict[str, list[Any]] = {column.name: [] for column in PUBLICATION_COLUMNS}
    places: dict[int, int] = {}
    created_ns: list[int] = []
    for event in capture.of_stages(_STAGES):
        match event.detail:
            case PublicationCreated(publication=number, updates=updates):
                places[number] = len(created_ns)
                created_ns.append(event.mono_ns)
                size = event.payload_bytes if event.payload is None or event.payload_bytes else len(event.payload)
                row = (
                    number,
                    event.seq,
                    event.time_ms,
                    event.commit,
                    event.account,
                    event.coin,
                    event.key,
                    event.channel,
                    len(updates),
                    size,
                    *(None, None, None, None, None),
                    *(0, 0, 0),
                    None,
                )
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
            case RegistryResolved(publication=number) as resolved if number in places:
                place = places[number]
                columns["resolved_seq"][place] = event.seq
                columns["resolved_us"][place] = (event.mono_ns - created_ns[place]) // 1_000
                columns["found"][place] = len(resolved.found)
                columns["registry_size"][place] = resolved.registry_size
                columns["near_misses"][place] = len(resolved.near_misses)
            case Enqueued(publication=int(number)) if number in places:
                columns["enqueued"][places[number]] += 1
            case Written(publication=int(number)) if number in places:
                place = places[number]
                columns["written"][place] += 1
                columns["last_written_us"][place] = (event.mono_ns - created_ns[place]) // 1_000
            case DeliveryEnded(publication=int(number)) if number in places:
                columns["ended"][places[number]] += 1
    return typed(columns, PUBLICATION_COLUMNS, "publication")
