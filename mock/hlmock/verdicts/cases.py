"""Which subscription intervals a publication is judged against.

Those that cover its commit; those of the same key that start at most `grace` after it or ended at most `grace` before;
connections that watched a related key; deliveries that nobody was subscribed to. If there is none: one case without a
connection.
"""

from collections.abc import Iterable

from hlmock.verdicts.records import Case, Interval, PublicationRecord


def cases_of(publication: PublicationRecord, intervals: Iterable[Interval], grace_ns: int) -> list[Case]:
    """The cases of one publication, covering ones first, each kind in the order of subscribing.

    Args:
        publication: what was published.
        intervals: every interval of its key that may still matter.
        grace_ns: how near is near.
    """
    commit = publication.commit
    covering: list[Interval] = []
    near: list[Interval] = []
    for interval in intervals:
        if interval.covers(commit):
            covering.append(interval)
        elif _is_near(interval, publication, grace_ns):
            near.append(interval)
    cases = [Case(publication, each.connection.connection, each) for each in covering]
    served = {each.connection.connection for each in covering}
    cases += [
        Case(
            publication,
            each.connection.connection,
            each,
            is_expected=not covering or _is_expected(each, publication),
        )
        for each in near
        if each.connection.connection not in served
    ]
    seen = served | {each.connection.connection for each in near}
    for near_miss in publication.near_misses:
        if near_miss.connection not in seen:
            cases.append(
                Case(publication, near_miss.connection, near_miss=near_miss, is_expected=not covering and not near)
            )
    for connection in publication.deliveries:
        if connection not in served:
            cases.append(Case(publication, connection, is_expected=False))
    return cases or [Case(publication, is_expected=False)]


def _is_near(interval: Interval, publication: PublicationRecord, grace_ns: int) -> bool:
    if interval.since >= publication.commit:
        return interval.added_ns - publication.ns <= grace_ns
    if interval.removed_by is not None and interval.connection.closed_seq is None:
        return True  # its own connection is still there and waits for updates
    return publication.ns - interval.removed_ns <= grace_ns


def _is_expected(interval: Interval, publication: PublicationRecord) -> bool:
    """Of an interval that is only near, while another one covers.

    A connection that opened later than the publication, or whose client ended the subscription, misses nothing that
    its client did not hand over to the other one.
    """
    if interval.since >= publication.commit:
        return interval.connection.opened_seq < publication.seq
    return interval.removed_by is not None
