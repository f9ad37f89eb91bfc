"""The state of a stepped run: what a developer looks at between two steps.

What the server holds is told by the events alone, as everywhere in the workbench; links and clients are the lab's own.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hlbench.lab.running import RunResult, Step
from hlbench.lab.world import World
from hlmock.trace import stages
from hlmock.trace.events import Enqueued, Note, SubscriptionState, TraceEvent
from hlmock.trace.folds import StreamState

_LEFT: Final = frozenset(
    (stages.DELIVERY_WRITTEN, stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED, stages.DELIVERY_SUPERSEDED)
)
"""Stages at which a frame leaves its outbox."""


class ActorState(msgspec.Struct, frozen=True):
    """One actor."""

    name: str
    stage: str | None
    """What it would enter next; `None` while it waits for somebody else."""
    is_next: bool
    """The schedule, or FIFO, lets it go first."""


class LinkState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One connection, from the client's socket to the server's outbox."""

    connection: str
    client: str
    server: str
    """`open`, `closing`, `closed`."""
    outbox: tuple[str, ...] = ()
    """Channels of the frames that wait for the writer, oldest first."""
    up: int = 0
    """Frames on their way to the server."""
    down: int = 0
    """Frames on their way to the client."""
    faults: tuple[str, ...] = ()
    """`cut`, `blackhole`, `stalled`."""


class ClientState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client program has been told and believes."""

    name: str
    address: str
    acked: tuple[str, ...] = ()
    """Connections and channels of the acknowledgements that have reached it: `c1 orderUpdates`."""
    view: dict[int, str] = {}
    """Last status that it took over, by oid."""


class State(msgspec.Struct, frozen=True):
    """Everything at one moment."""

    step: int
    """Steps taken."""
    last: Step | None
    actors: tuple[ActorState, ...]
    """Those that can step first, in the order in which FIFO would let them go."""
    registry: tuple[SubscriptionState, ...]
    """Active subscriptions, oldest first."""
    waiting: tuple[str, ...]
    """Keys of the publications that wait for the publisher, oldest first."""
    links: tuple[LinkState, ...]
    clients: tuple[ClientState, ...]
    changed: tuple[TraceEvent, ...]
    """Events of the last step."""


def state_of(result: RunResult, stream: StreamState, chosen: str | None) -> State:
    """The state after a recorded run's last step.

    Args:
        stream: the fold over its events.
        chosen: who goes next.
    """
    world, events = result.world, result.events
    last = result.steps[-1] if result.steps else None
    held = _Held(events)
    return State(
        len(result.steps),
        last,
        tuple(_actors(world, chosen)),
        tuple(stream.subscriptions.values()),
        tuple(held.publications.values()),
        tuple(_links(world, stream, held)),
        tuple(_clients(world, events)),
        tuple(events[last.first_seq - 1 : last.last_seq]) if last else (),
    )


class _Held:
    """What has been put somewhere and not been taken out yet."""

    def __init__(self, events: Iterable[TraceEvent]) -> None:
        self.publications: dict[int, str] = {}
        """Keys by seq of their `publication.created`."""
        self.frames: dict[str, dict[int, str]] = {}
        """Channels by connection and seq of their enqueued event."""
        for event in events:
            self._apply(event)

    def _apply(self, event: TraceEvent) -> None:
        connection = event.connection or ""
        if event.stage == stages.PUBLICATION_CREATED:
            self.publications[event.seq] = event.key or ""
        elif event.stage == stages.REGISTRY_RESOLVED:
            self.publications.pop(event.cause or 0, None)
        elif isinstance(event.detail, Enqueued):
            what = event.detail.what or event.channel or event.stage
            self.frames.setdefault(connection, {})[event.seq] = what
        elif event.stage in _LEFT:
            self.frames.get(connection, {}).pop(event.cause or 0, None)
        elif event.stage == stages.CONNECTION_CLOSED:
            self.frames.pop(connection, None)


def _actors(world: World, chosen: str | None) -> Iterator[ActorState]:
    for actor in world.ready:
        yield ActorState(actor.name, actor.stage, actor.name == chosen)
    for actor in world.actors.values():
        if actor not in world.ready:
            yield ActorState(actor.name, None, False)


def _links(world: World, stream: StreamState, held: _Held) -> Iterator[LinkState]:
    for name, link in world.links.items():
        view = stream.connections.get(name)
        faults = {"cut": link.is_cut, "blackhole": link.is_blackhole, "stalled": link.is_stalled}
        yield LinkState(
            name,
            link.client,
            view.state if view is not None else "closed",
            tuple(held.frames.get(name, {}).values()),
            len(link.up),
            len(link.down),
            tuple(fault for fault, is_so in faults.items() if is_so),
        )


def _clients(world: World, events: Iterable[TraceEvent]) -> Iterator[ClientState]:
    acked: dict[str, dict[str, None]] = {}
    for event in events:
        if event.stage == stages.CLIENT_RECEIVED and isinstance(event.detail, Note) and event.payload is not None:
            what = _acknowledged(event.payload)
            if what is not None:
                acked.setdefault(event.detail.what, {})[f"{event.connection} {what}"] = None
    for client in world.clients.values():
        yield ClientState(client.name, client.address, tuple(acked.get(client.name, ())), dict(client.view))


class _Subscription(msgspec.Struct):
    type: str


class _AckData(msgspec.Struct):
    method: str
    subscription: _Subscription


class _Ack(msgspec.Struct):
    channel: str
    data: _AckData


_decode_ack = msgspec.json.Decoder(_Ack).decode


def _acknowledged(frame: bytes) -> str | None:
    """Type of the subscription that a frame acknowledges."""
    if b'"subscriptionResponse"' not in frame:
        return None
    try:
        ack = _decode_ack(frame)
    except msgspec.DecodeError:
        return None
    return ack.data.subscription.type if ack.data.method == "subscribe" else None
