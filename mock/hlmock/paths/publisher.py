"""The publisher: takes publications in commit order and puts each into the outboxes of its subscribers.

There is one. It is a path like any other: it yields before it resolves a publication and before it enqueues the
frames, so that a gate can hold it and the lab can let others go first; the subscriptions' commits, not the moment of
resolving, decide who gets what.
"""

from operator import attrgetter

from hlmock.delivery.outbox import Frame
from hlmock.delivery.publications import Publication
from hlmock.delivery.registry import Subscription
from hlmock.paths.connection import overflow
from hlmock.paths.core import Core, Steps
from hlmock.trace import stages
from hlmock.trace.events import DeliveryEnded, Enqueued, RegistryResolved

_connection_of = attrgetter("connection")


def publish(core: Core) -> Steps:
    """Deliver until the queue is empty."""
    registry, queue = core.registry, core.queue
    while queue.waiting:
        yield stages.REGISTRY_RESOLVED
        publication = queue.pop()
        found, resolved = resolve(core, publication)
        if found:
            yield stages.DELIVERY_ENQUEUED
        for subscription in found:
            deliver(core, publication, subscription, resolved)
        if registry.ended:
            registry.forget(queue.settled_commit(core.exchange.commit))


def resolve(core: Core, publication: Publication) -> tuple[list[Subscription], int]:
    """Who gets it, and the seq of the event that says so. Part of the publisher's step."""
    registry = core.registry
    found = registry.resolve(publication.key.text, publication.commit)
    related = core.exchange.related(publication.account) if publication.account else ()
    resolved = core.log.emit(
        stages.REGISTRY_RESOLVED,
        cause=publication.created_seq,
        request=publication.request,
        account=publication.account,
        channel=publication.channel,
        key=publication.key.text,
        commit=publication.commit,
        coin=publication.coin,
        detail=RegistryResolved(
            publication.id,
            tuple(map(_connection_of, found)),
            registry.size,
            registry.near_misses(publication.key, related) if related else (),
        ),
    )
    return found, resolved


def deliver(core: Core, publication: Publication, subscription: Subscription, resolved: int) -> None:
    """Put it into the outbox of one subscriber, or record that its connection ended. Part of the publisher's step."""
    connection = core.connections.get(subscription.connection)
    if connection is None or connection.state != "open":
        _dropped(core, subscription, resolved, publication.id, publication.commit)
        return
    data, key, channel, commit = publication.payload, publication.key.text, publication.channel, publication.commit
    enqueued = core.log.emit(
        stages.DELIVERY_ENQUEUED,
        cause=resolved,
        request=publication.request,
        connection=connection.id,
        account=publication.account,
        channel=channel,
        key=key,
        commit=commit,
        detail=Enqueued(len(connection.outbox.frames) + 1, len(data), publication.id),
    )
    now_ns = core.clock.mono_ns()
    core.push(connection, Frame(data, enqueued, now_ns, key, publication.id, commit, channel, publication.supersedable))
    if connection.outbox.is_over():
        overflow(core, connection)


def _dropped(core: Core, subscription: Subscription, cause: int, publication: int, commit: int) -> None:
    """The connection ended after the commit: a recorded end, never silence."""
    core.log.emit(
        stages.DELIVERY_DROPPED,
        cause=cause,
        connection=subscription.connection,
        account=subscription.key.user,
        channel=subscription.key.channel,
        key=subscription.key.text,
        commit=commit,
        detail=DeliveryEnded(publication, "connection closed"),
    )
