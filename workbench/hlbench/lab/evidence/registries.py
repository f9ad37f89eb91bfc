"""Detectors of registries that do not find a subscription which is in effect."""

from collections.abc import Callable, Iterable, Sequence

from hlbench.lab.evidence.facts import LogFacts
from hlbench.lab.evidence.findings import Detector, Finding, finding
from hlbench.lab.evidence.records import PublicationFact, SubscriptionFact

Unfound = tuple[PublicationFact, SubscriptionFact]


def _share(
    lost: Sequence[Unfound], explained: Sequence[Unfound], certainty: float, sentence: str, *evidence: int | None
) -> Finding | None:
    """Of the publications that missed a subscription, the first one that the defect explains stands for all."""
    if not explained:
        return None
    publication, subscription = explained[0]
    score = certainty * len(explained) / len(lost)
    where = f" Publication {publication.id} did not find {subscription.connection.name}."
    return finding(
        score, sentence + where, subscription.added_seq, publication.seq, publication.resolved_seq, *evidence
    )


def _gone_factor(explained: Iterable[Unfound], *, is_gone: bool) -> float:
    """How well the registry's size agrees: a lookup that misses a subscription still counts it, a removal does not."""
    return 1.0 if any(bool(publication.missing) == is_gone for publication, _ in explained) else 0.5


def registry_by_wallet(facts: LogFacts) -> Finding | None:
    lost = facts.unfound
    by_key: dict[str, list[SubscriptionFact]] = {}
    for subscription in facts.subscriptions:
        by_key.setdefault(subscription.key, []).append(subscription)
    explained: list[tuple[PublicationFact, SubscriptionFact, SubscriptionFact]] = []
    lost_by = {id(publication): [each for other, each in lost if other is publication] for publication, _ in lost}
    for publication in facts.resolved:
        known = [each for each in by_key.get(publication.key, ()) if each.added_seq < (publication.resolved_seq or 0)]
        newest = known[-1].connection.name if known else None
        if publication.found and set(publication.found) - {newest}:
            return None  # somebody older is found: this registry holds more than one per key
        for subscription in lost_by.get(id(publication), ()):
            if newest != subscription.connection.name and subscription in known:
                explained.append((publication, subscription, known[-1]))
    if not explained:
        return None
    pairs = [(publication, subscription) for publication, subscription, _ in explained]
    _, subscription, newer = explained[0]
    sentence = (
        f"{newer.connection.name} subscribed to the key of {subscription.connection.name} later, and from then on only"
        " the newest subscription of a key was found."
    )
    return _share(lost, pairs, 0.9 * _gone_factor(pairs, is_gone=False), sentence, newer.added_seq)


def case_sensitive_key(facts: LogFacts) -> Finding | None:
    mixed = [
        (publication, each)
        for publication in facts.publications.values()
        for each in facts.entitled(publication)
        if each.key != publication.key
    ]
    lost = facts.unfound
    explained = [pair for pair in lost if pair[1].key != pair[0].key]
    if explained:
        sentence = f"{explained[0][1].key} is subscribed and {explained[0][0].key} is looked up: the case differs."
        return _share(lost, explained, 1.0, sentence)
    if mixed and not facts.has_resolved:
        publication, held = mixed[0]
        sentence = f"{held.key} is subscribed and {publication.key} is published; who was found is not in the log."
        return finding(0.6, sentence, held.added_seq, publication.seq)
    return None


def cleanup_by_wallet(facts: LogFacts) -> Finding | None:
    lost = facts.unfound
    taken = [each for each in facts.subscriptions if each.taken_seq is not None]
    direct = [(p, s) for p, s in lost if s.taken_seq is not None and p.commit > s.taken_commit]
    if taken:
        first = direct[0][1] if direct else taken[0]
        sentence = (
            f"The end of {first.taken_by} removed the subscription of {first.connection.name} to {first.key}, which is"
            " another connection and still open."
        )
        if not direct:
            return finding(0.8, sentence, first.added_seq, first.taken_seq)
        return _share(lost, direct, 1.0, sentence, first.taken_seq)
    silent = [(p, s, end) for p, s in lost if p.missing and (end := _other_end(facts, p, s)) is not None]
    if not silent:
        return None
    ended = silent[0][2]
    sentence = f"{ended.connection.name} held the same key and ended; the registry counts one subscription less since."
    return _share(lost, [(p, s) for p, s, _ in silent], 0.9, sentence, ended.removed_seq)


def _other_end(facts: LogFacts, publication: PublicationFact, lost: SubscriptionFact) -> SubscriptionFact | None:
    """Another connection's subscription to the same key that ended with its connection meanwhile."""
    for other in facts.subscriptions:
        closed = other.connection.closed_seq
        if (
            other.key == lost.key
            and other.connection is not lost.connection
            and closed is not None
            and lost.added_seq < closed < (publication.resolved_seq or 0)
            and (other.removed_seq or 0) >= closed
        ):
            return other
    return None


def one_user_per_connection(facts: LogFacts) -> Finding | None:
    lost = facts.unfound
    explained = []
    for publication in facts.resolved:
        for subscription in facts.entitled(publication):
            last = _last_user(facts, subscription, publication)
            if last is None or last.user == subscription.user:
                continue
            if subscription.connection.name in (publication.found or ()):
                return None  # an older user of the connection is found
            if (publication, subscription) in lost:
                explained.append((publication, subscription, last))
    if not explained:
        return None
    _, subscription, last = explained[0]
    sentence = (
        f"{subscription.connection.name} subscribed to {last.user} later, and its earlier user is not found since."
    )
    pairs = [(publication, subscription) for publication, subscription, _ in explained]
    return _share(lost, pairs, 0.9 * _gone_factor(pairs, is_gone=False), sentence, last.added_seq)


def _last_user(facts: LogFacts, of: SubscriptionFact, publication: PublicationFact) -> SubscriptionFact | None:
    on_same = [
        each
        for each in facts.subscriptions
        if each.connection is of.connection and of.added_seq <= each.added_seq < (publication.resolved_seq or 0)
    ]
    return on_same[-1] if on_same else None


def unsubscribe_by_type(facts: LogFacts) -> Finding | None:
    return _unsubscribed_too(
        facts,
        lambda lost, ended: (
            lost.connection is ended.connection and lost.type == ended.type and lost.key.lower() != ended.key.lower()
        ),
        "{ended} unsubscribed from {key}, and its other subscriptions of that type are not found since.",
    )


def unsubscribe_by_key(facts: LogFacts) -> Finding | None:
    return _unsubscribed_too(
        facts,
        lambda lost, ended: lost.connection is not ended.connection and lost.key == ended.key,
        "{ended} unsubscribed from {key}, and nobody else who holds that key is found since.",
    )


def _unsubscribed_too(
    facts: LogFacts, fits: Callable[[SubscriptionFact, SubscriptionFact], bool], words: str
) -> Finding | None:
    """Losses after somebody else's unsubscribe."""
    lost = facts.unfound
    explained = [
        (publication, subscription, ended)
        for publication, subscription in lost
        for ended in facts.subscriptions
        if ended.removed_seq is not None
        and ended.removed_seq != ended.connection.closed_seq
        and (ended.connection.closed_seq is None or ended.removed_seq < ended.connection.closed_seq)
        and subscription.added_seq < ended.removed_seq < (publication.resolved_seq or 0)
        and publication.commit > (ended.until or 0)
        and fits(subscription, ended)
    ]
    if not explained:
        return None
    pairs = list({(p.id, s.id): (p, s) for p, s, _ in explained}.values())
    ended = explained[0][2]
    sentence = words.format(ended=ended.connection.name, key=ended.key)
    return _share(lost, pairs, 0.9 * _gone_factor(pairs, is_gone=True), sentence, ended.removed_seq)


DETECTORS: dict[str, Detector] = {
    "registry-by-wallet": registry_by_wallet,
    "case-sensitive-key": case_sensitive_key,
    "cleanup-by-wallet": cleanup_by_wallet,
    "one-user-per-connection": one_user_per_connection,
    "unsubscribe-by-type": unsubscribe_by_type,
    "unsubscribe-by-key": unsubscribe_by_key,
}
