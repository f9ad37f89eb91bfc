"""Detectors of what goes wrong around the acknowledgement and the snapshot of a subscription."""

from collections.abc import Callable

from hlbench.lab.evidence.facts import LogFacts
from hlbench.lab.evidence.findings import Detector, Finding, finding
from hlbench.lab.evidence.records import PublicationFact
from hlmock.trace import stages

GRACE_NS = 5_000_000_000
"""An order so long before a subscription has nothing to do with it. The verdicts' default."""


def order_before_ack(facts: LogFacts) -> Finding | None:
    """The account's own order, on a server that does what it promises: its connection was there, its ack was not."""
    if not facts.has_subscriptions:
        return None
    for publication in facts.publications.values():
        request = facts.requests.get(publication.request or 0)
        if not publication.updates or request is None or request.accepted is None:
            continue
        if request.accepted.account != publication.account or not _reaches_nobody(facts, publication):
            continue
        for later in facts.subscriptions:
            if (
                later.key == publication.key
                and later.added_seq > publication.seq
                and later.since >= publication.commit
                and later.added_ns - publication.ns <= GRACE_NS
                and later.connection.opened_seq < request.received.seq
                and (later.ack_seq is None or later.ack_seq > request.received.seq)
            ):
                sentence = (
                    f"Publication {publication.id} was committed {later.added_seq - publication.seq} events before"
                    f" {later.connection.name} was subscribed to its key, though the connection was open before the"
                    " order came: whoever ordered did not wait for the acknowledgement."
                )
                return finding(
                    0.9, sentence, request.received.seq, publication.seq, publication.resolved_seq, later.added_seq
                )
    return None


def _reaches_nobody(facts: LogFacts, publication: PublicationFact) -> bool:
    """Nobody is entitled to it, or only connections that are gone: a client that reconnects may have left them."""
    for held in facts.entitled(publication):
        delivery = publication.deliveries.get(held.connection.name)
        is_lost = delivery is not None and delivery.stage in (stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED)
        is_gone = held.connection.closing is not None and held.connection.closing.seq < publication.seq
        if not is_lost and not is_gone:
            return False
    return True


def ack_before_registration(facts: LogFacts) -> Finding | None:
    early = [each for each in facts.subscriptions if each.ack_seq is not None and each.ack_seq < each.added_seq]
    for each in early:
        for publication in facts.publications.values():
            is_between = (each.ack_seq or 0) < publication.seq < each.added_seq and publication.commit <= each.since
            if publication.key == each.key and is_between:
                sentence = (
                    f"{each.connection.name} was acknowledged {each.added_seq - (each.ack_seq or 0)} events before its"
                    f" subscription was registered, and publication {publication.id} was committed in between."
                )
                return finding(1.0, sentence, each.ack_seq, publication.seq, each.added_seq)
    if not early:
        return None
    sentence = f"{early[0].connection.name} was acknowledged before its subscription was registered."
    return finding(0.5, sentence, early[0].ack_seq, early[0].added_seq)


def snapshot_before_registration(facts: LogFacts) -> Finding | None:
    return _snapshot(facts, "older than its subscription", lambda read, since: read < since)


def snapshot_after_registration(facts: LogFacts) -> Finding | None:
    return _snapshot(facts, "newer than its subscription", lambda read, since: read > since)


def _snapshot(facts: LogFacts, words: str, fits: Callable[[int, int], bool]) -> Finding | None:
    """Snapshots that were read at another commit than their subscription's."""
    odd = [
        (each, each.snapshot)
        for each in facts.subscriptions
        if each.snapshot is not None and each.snapshot.commit is not None and fits(each.snapshot.commit, each.since)
    ]
    if not odd:
        return None
    each, snapshot = odd[0]
    sentence = (
        f"The snapshot for {each.connection.name} was read at commit {snapshot.commit} and is {words}, which begins"
        f" after commit {each.since}: what was committed in between is lost or told twice."
    )
    return finding(0.9, sentence, each.added_seq, snapshot.seq)


def data_before_ack(facts: LogFacts) -> Finding | None:
    for each in facts.subscriptions:
        if each.early and each.ack_seq is not None:
            sentence = f"An update was put into the outbox of {each.connection.name} before its acknowledgement."
            return finding(1.0, sentence, each.added_seq, each.early[0], each.ack_seq)
    return None


DETECTORS: dict[str, Detector] = {
    "order-before-ack": order_before_ack,
    "ack-before-registration": ack_before_registration,
    "snapshot-before-registration": snapshot_before_registration,
    "snapshot-after-registration": snapshot_after_registration,
    "data-before-ack": data_before_ack,
}
