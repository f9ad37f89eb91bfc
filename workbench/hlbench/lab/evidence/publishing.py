"""Detectors of publishers that stop, leave somebody out or put things in another order."""

from hlbench.lab.evidence.facts import LogFacts
from hlbench.lab.evidence.findings import Detector, Finding, finding
from hlbench.lab.evidence.records import PublicationFact
from hlmock.trace import stages


def recursive_read_lock(facts: LogFacts) -> Finding | None:
    last, waiting, stuck = _stop(facts)
    if last is None or not stuck or facts.last_change_seq > (last.resolved_seq or 0):
        return None  # a subscription began or ended afterwards: nobody waits for a lock
    unserved = [name for publication, name in facts.unserved if publication is last]
    if facts.has_deliveries and facts.has_resolved:
        score = 1.0 if unserved else 0.0
    else:
        score = 0.8 if waiting else 0.5
    if not score:
        return None
    sentence = (
        f"The publisher stopped at publication {last.id} for ever; a change of a subscription came in and was never"
        f" carried out, and {len(waiting)} later publications were never resolved: each waits for the other."
    )
    return finding(score, sentence, last.seq, last.resolved_seq, *stuck[:3], *[each.seq for each in waiting[:3]])


def _stop(facts: LogFacts) -> tuple[PublicationFact | None, list[PublicationFact], list[int]]:
    """The last publication that was resolved, those that never were, and changes of subscriptions that never were."""
    resolved = facts.resolved
    return (resolved[-1] if resolved else None), facts.unresolved, facts.stuck_changes


def live_dict_iteration(facts: LogFacts) -> Finding | None:
    last, waiting, stuck = _stop(facts)
    if last is None or stuck:
        return None
    unserved = [name for publication, name in facts.unserved if publication is last]
    changes = [
        seq
        for each in facts.subscriptions
        if each.key == last.key
        for seq in (each.added_seq, each.removed_seq)
        if seq is not None and seq > (last.resolved_seq or 0) and all(seq < other.seq for other in waiting[-1:])
    ]
    if not changes or not (waiting or unserved):
        return None
    sentence = (
        f"A subscription to the key of publication {last.id} began or ended while it was on its way, and the publisher"
        f" has done nothing since; {len(waiting)} publications were never resolved."
    )
    return finding(0.9, sentence, last.resolved_seq, changes[0], *[each.seq for each in waiting[:3]])


def serial_fan_out(facts: LogFacts) -> Finding | None:
    last, waiting, _ = _stop(facts)
    if last is None or not facts.has_deliveries:
        return None
    unserved = [name for publication, name in facts.unserved if publication is last]
    for name, delivery in last.deliveries.items():
        connection = facts.connections.get(name)
        is_waiting = delivery.enqueued_seq is not None and delivery.ended_seq is None
        if connection is not None and connection.closing is None and is_waiting and (unserved or waiting):
            sentence = (
                f"Publication {last.id} was never written to {name}, and nobody was served after {name}:"
                f" {len(unserved)} subscribers of that publication and {len(waiting)} publications wait behind it."
            )
            return finding(
                0.95, sentence, last.resolved_seq, delivery.enqueued_seq, *[each.seq for each in waiting[:3]]
            )
    return None


def abort_on_first_write_error(facts: LogFacts) -> Finding | None:
    unserved = facts.unserved
    explained = []
    for publication, name in unserved:
        found = publication.found or ()
        for before in found[: found.index(name)]:
            delivery = publication.deliveries.get(before)
            if delivery is not None and delivery.stage in (stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED):
                explained.append((publication, name, before, delivery))
                break
    if not explained:
        return None
    publication, name, before, delivery = explained[0]
    sentence = (
        f"Publication {publication.id} could not be written to {before}, and {name}, found after it, was left out."
    )
    return finding(len(explained) / len(unserved), sentence, publication.resolved_seq, delivery.ended_seq)


def drop_on_full_queue(facts: LogFacts) -> Finding | None:
    last, waiting, stuck = _stop(facts)
    unserved = facts.unserved
    if not unserved or waiting or stuck:
        return None
    publication, name = unserved[0]
    sentence = (
        f"Publication {publication.id} found {name} and was put into its outbox by nobody, without a word; the next"
        " ones were."
    )
    certainty = 0.8 if any(each.resolved_seq != (last and last.resolved_seq) for each, _ in unserved) else 0.6
    return finding(certainty, sentence, publication.seq, publication.resolved_seq)


def payload_by_reference(facts: LogFacts) -> Finding | None:
    for publication in facts.publications.values():
        for name, delivery in publication.deliveries.items():
            if delivery.enqueued_seq and publication.bytes is not None and delivery.bytes != publication.bytes:
                sentence = (
                    f"Publication {publication.id} was {publication.bytes} bytes long when it was created and"
                    f" {delivery.bytes} when it was sent to {name}: it was put into words later."
                )
                return finding(1.0, sentence, publication.seq, delivery.enqueued_seq)
    return None


def two_publishers(facts: LogFacts) -> Finding | None:
    newest: PublicationFact | None = None
    for publication in facts.resolved if facts.has_resolved else ():
        if newest is not None and publication.id < newest.id:
            is_same = publication.key == newest.key
            sentence = f"Publication {newest.id} was resolved before publication {publication.id}, which is older."
            return finding(
                1.0 if is_same else 0.9, sentence, publication.seq, newest.resolved_seq, publication.resolved_seq
            )
        newest = publication
    return None


def no_write_lock(facts: LogFacts) -> Finding | None:
    for connection in facts.connections.values():
        closing = connection.closing
        if (
            closing is not None
            and getattr(closing.detail, "code", None) == 1002
            and connection.last_written is not None
        ):
            sentence = (
                f"{connection.name} was ended with a protocol error (1002) right after frames had been written to it:"
                " frames that are written by two tasks at once mix."
            )
            return finding(0.8, sentence, connection.last_written, closing.seq)
    return None


DETECTORS: dict[str, Detector] = {
    "recursive-read-lock": recursive_read_lock,
    "live-dict-iteration": live_dict_iteration,
    "serial-fan-out": serial_fan_out,
    "abort-on-first-write-error": abort_on_first_write_error,
    "drop-on-full-queue": drop_on_full_queue,
    "payload-by-reference": payload_by_reference,
    "two-publishers": two_publishers,
    "no-write-lock": no_write_lock,
}
