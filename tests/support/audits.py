"""Judge a stream: the one row of a connection, its code."""

from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.rows import DeliveryRow
from support.streams import ALICE, Published, Stream

GRACE_MS = 5_000


def audit(stream: Stream, *, after_grace: bool = False) -> DeliveryAudit:
    judged = DeliveryAudit(grace_ms=GRACE_MS)
    judged.apply_all(stream.events)
    if after_grace:
        judged.tick(stream.clock.ns + (GRACE_MS + 1) * 1_000_000)
    return judged


def row_of(stream: Stream, connection: str | None, *, after_grace: bool = False) -> DeliveryRow:
    rows = [row for row in audit(stream, after_grace=after_grace).rows() if row.connection == connection]
    assert len(rows) == 1, [(row.connection, row.verdict.code) for row in rows]
    return rows[0]


def code_of(stream: Stream, connection: str | None, *, after_grace: bool = False) -> VerdictCode:
    return row_of(stream, connection, after_grace=after_grace).verdict.code


def subscribed(*connections: str) -> Stream:
    stream = Stream()
    for connection in connections:
        stream.subscribe(connection, ALICE)
    return stream


def waiting_in_outbox(stream: Stream, connection: str = "c1") -> Published:
    (publication,) = stream.place(ALICE)
    for found in stream.resolve(publication):
        stream.enqueue(publication, found)
    assert connection in publication.enqueued
    return publication
