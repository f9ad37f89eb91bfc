"""Defects of the fan-out: from a publication to the connections."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import msgspec

from hlbench.lab.actors import BLOCKED
from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.clients import TEXT_FRAME
from hlbench.lab.defects.registries import FOUNDING_CASE
from hlbench.lab.defects.waiting import entered_when
from hlbench.lab.parts import Parts
from hlmock.delivery.publications import Publication
from hlmock.delivery.registry import Registry, Subscription
from hlmock.exchange.model.terms import Oid
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame
from hlmock.paths.publisher import deliver, resolve
from hlmock.paths.writer import write_frames
from hlmock.trace import stages
from hlmock.trace.events import Written
from hlmock.wire.numbers import wire

QUEUE = 2
"""Frames that a queue holds before updates are dropped. The founding case had 100; worlds are small."""


def publish_dropping(core: Core) -> Steps:
    """Skip, without a word, whoever's queue is full."""
    while core.queue:
        yield stages.REGISTRY_RESOLVED
        publication = core.queue.pop()
        found, resolved = resolve(core, publication)
        for subscription in found:
            connection = core.connections.get(subscription.connection)
            if connection is None or len(connection.outbox) < QUEUE:
                deliver(core, publication, subscription, resolved)


def publish_serially(core: Core) -> Steps:
    """Write to one subscriber after the other; wait for each."""
    while core.queue:
        yield stages.REGISTRY_RESOLVED
        publication = core.queue.pop()
        found, resolved = resolve(core, publication)
        for subscription in found:
            yield stages.DELIVERY_ENQUEUED
            deliver(core, publication, subscription, resolved)
            connection = core.connections.get(subscription.connection)
            if connection is not None:
                yield from entered_when(stages.DELIVERY_WRITTEN, partial(_would_not_block, connection))
            _write_all(core, connection)


def _would_not_block(connection: Connection) -> bool:
    return connection.state != "open" or not connection.is_stalled


def publish_until_error(core: Core) -> Steps:
    """Write to one subscriber after the other; the first error ends the round."""
    while core.queue:
        yield stages.REGISTRY_RESOLVED
        publication = core.queue.pop()
        found, resolved = resolve(core, publication)
        for subscription in found:
            deliver(core, publication, subscription, resolved)
            if not _write_all(core, core.connections.get(subscription.connection)):
                break


def _write_all(core: Core, connection: Connection | None) -> bool:
    """Write what the outbox holds, in this step; False where the connection is gone."""
    if connection is None or connection.state != "open":
        return False
    before = core.log.last_seq
    for _ in write_frames(core, connection):
        pass
    return all(event.stage != stages.DELIVERY_FAILED for event in core.log.since(before))


class LiveIteration(Registry):
    """Gives out its own dict of a key's subscriptions."""

    def live(self, key_text: str) -> Iterable[Subscription]:
        return self._by_key.get(key_text, {}).values()


def publish_over_live_dict(core: Core) -> Steps:
    """Go through the registry's own dict and let others go in between: a subscription under way ends the task."""
    registry = core.registry
    assert isinstance(registry, LiveIteration)
    try:
        while core.queue:
            yield stages.REGISTRY_RESOLVED
            publication = core.queue.pop()
            found, resolved = resolve(core, publication)
            for subscription in registry.live(publication.key.text):
                yield stages.DELIVERY_ENQUEUED
                if subscription in found:
                    deliver(core, publication, subscription, resolved)
    except RuntimeError:  # dictionary changed size during iteration: nobody looks at the task's end
        while True:
            yield BLOCKED


def publish_by_reference(core: Core) -> Steps:
    """Queue the order itself, and put it into words when it is sent."""
    while core.queue:
        yield stages.REGISTRY_RESOLVED
        publication = core.queue.pop()
        found, resolved = resolve(core, publication)
        if found:
            yield stages.DELIVERY_ENQUEUED
        late = msgspec.structs.replace(publication, payload=_as_of_now(core, publication))
        for subscription in found:
            deliver(core, late, subscription, resolved)


def _as_of_now(core: Core, publication: Publication) -> bytes:
    if publication.key.type != "orderUpdates":
        return publication.payload
    frame = msgspec.json.decode(publication.payload)
    for row in frame["data"]:
        order = core.exchange.orders.get(Oid(row["order"]["oid"]))
        if order is not None:
            row["status"] = order.status
            row["order"]["sz"] = wire(order.sz)
    return msgspec.json.encode(frame)


def publish_as_one_of_two(core: Core) -> Steps:
    """Take a publication, then see to it: meanwhile the other worker may overtake."""
    while core.queue:
        yield stages.REGISTRY_RESOLVED
        if not core.queue:
            return
        publication = core.queue.pop()
        yield stages.DELIVERY_ENQUEUED
        found, resolved = resolve(core, publication)
        for subscription in found:
            deliver(core, publication, subscription, resolved)


def write_in_two_parts(core: Core, connection: Connection) -> Steps:
    """Header, then body, with no lock around the two."""
    while connection.can_write():
        yield stages.DELIVERY_WRITTEN
        if not connection.can_write():
            return
        frame = connection.outbox.pop()
        connection.transport.write(header_of(frame.data))
        connection.written += 1
        core.log.emit(
            stages.DELIVERY_WRITTEN,
            cause=frame.enqueued_seq,
            connection=connection.id,
            channel=frame.channel,
            key=frame.key,
            commit=frame.commit,
            detail=Written(len(frame.data), (core.clock.mono_ns() - frame.enqueued_ns) // 1_000, frame.publication),
        )
        yield stages.DELIVERY_FLUSHED
        connection.transport.write(frame.data)


def header_of(data: bytes) -> bytes:
    """Of a text frame from a server. Source: RFC 6455, section 5.2."""
    if len(data) < 126:
        return TEXT_FRAME + bytes([len(data)])
    return TEXT_FRAME + bytes([126]) + len(data).to_bytes(2)


def receive_frame_and_write(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
    """Whoever has an answer writes it: the reader too."""
    yield from receive_frame(core, connection, frame)
    yield from write_in_two_parts(core, connection)


def _fan_out(name: str, title: str, story: str, breaks: str, cited: Sequence[str], **parts: object) -> None:
    def apply(sound: Parts) -> Parts:
        return replace(sound, **parts)  # type: ignore[arg-type]

    add_defect(Defect(name, title, "server", story, breaks, tuple(cited), apply))


_fan_out(
    "drop-on-full-queue",
    "A full queue drops the update",
    "Each connection has a short queue, and what does not fit is dropped with a line in a log that nobody reads. One"
    " order of a burst never updates, and only under load.",
    "D2",
    [FOUNDING_CASE, "NATS documentation: slow consumers (disconnects them instead)"],
    publish=publish_dropping,
)

_fan_out(
    "serial-fan-out",
    "One slow reader blocks everybody",
    "The broadcaster writes to one connection after the other and waits for each. When one client stops reading, every"
    " update behind it waits with it; closing that client lets everything through at once.",
    "D5",
    [FOUNDING_CASE, "NATS documentation: write deadline"],
    publish=publish_serially,
)

_fan_out(
    "abort-on-first-write-error",
    "The first write error ends the round",
    "The broadcaster returns at the first connection whose write fails, so whoever is listed behind a dead one misses"
    " this update: a flake after any disconnect.",
    "D2",
    ["follows from the design of the founding case's server"],
    publish=publish_until_error,
)

_fan_out(
    "live-dict-iteration",
    "The registry changes under the broadcaster's feet",
    "The broadcaster goes through the registry's own dict and yields in between. A subscription meanwhile raises"
    " `dictionary changed size during iteration`; the task dies, nobody notices, and every stream stops.",
    "D2",
    ["nktkas/hyperliquid copies its listeners before it iterates"],
    registry=LiveIteration,
    publish=publish_over_live_dict,
)

_fan_out(
    "payload-by-reference",
    "Queued updates refer to the live order",
    "The queue holds the order, not what was to be said about it. When it fills before `open` was sent, both messages"
    " say `filled`: the client never sees it open and counts it twice.",
    "O4",
    ["follows from the design of the founding case's server"],
    publish=publish_by_reference,
)

_fan_out(
    "two-publishers",
    "Two workers reorder one order's updates",
    "Two workers share the queue. One takes `open`, the other `filled` and sends it first; the client believes that the"
    " filled order rests.",
    "D3",
    ["hyperliquid-dex/hyperliquid-python-sdk#324 (asks for an ordering token)"],
    publishers=2,
    publish=publish_as_one_of_two,
)

_fan_out(
    "no-write-lock",
    "Two writers interleave their frames",
    "The reader writes acknowledgements and the broadcaster writes updates, each a header and then a body, with no lock"
    " between them. The bytes of two frames mix, and the client closes with a protocol error.",
    "O9",
    ["follows from the design of the founding case's server"],
    write_frames=write_in_two_parts,
    receive_frame=receive_frame_and_write,
)
