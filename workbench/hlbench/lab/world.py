"""A world: scripted clients, links, the real server core, a virtual clock, and one choice per step.

Rule 1: the server is `hlmock`'s core and paths themselves, not a model of them. Rule 2: nothing depends on wall time,
hash order, object ids or randomness: equal scenario and schedule give an equal log. Rule 3: who goes next is decided
outside (`hlbench.lab.choosers`); a world only knows who can.
"""

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING

import msgspec

from hlbench.lab.actors import BLOCKED, WAITING, Actor, Script
from hlbench.lab.clock import STEP_NS, VirtualClock
from hlbench.lab.fast_log import WorldLog
from hlbench.lab.links import Link
from hlbench.lab.parts import Parts
from hlbench.lab.remembered import decode_once, exchange_settings, read_once
from hlmock.delivery.publications import Publication
from hlmock.paths.connection import open_connection
from hlmock.paths.core import Connection
from hlmock.paths.post import post_request
from hlmock.paths.reply import Reply
from hlmock.paths.request import info_request
from hlmock.trace import stages
from hlmock.trace.events import ConnectionEnded, Note

if TYPE_CHECKING:
    from hlbench.lab.clients import Client

TIMER = "timer"
"""Name of the actor that lets time pass. Left to FIFO, it moves only when nobody else can."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What a client gets: a frame, a reply, or the news that a connection is gone."""

    connection: str | None
    data: bytes
    seq: int
    """seq of its `client.received`."""
    ticket: int | None = None
    """Of the request that this is the reply to."""
    written: int | None = None
    """seq of its `delivery.written`; absent for a reply."""
    closed: int | None = None
    """Close code; `None` for a frame."""


class _Dirty(dict[str, Connection]):
    """The core's connections with something to write: the lab wakes the writer at once, so nothing is looked for."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def __setitem__(self, connection_id: str, connection: Connection) -> None:
        link = self._world.links.get(connection_id)
        if link is not None:
            self._world.wake(link.writer)


class World:
    """One run's state. `ready` holds the actors that can step, the one enabled longest first."""

    def __init__(self, parts: Parts | None = None) -> None:
        self.parts = parts or Parts()
        self.clock = VirtualClock()
        self.log = WorldLog(self.clock)
        self.core = self.parts.core(
            self.parts.exchange(exchange_settings(self.parts.profile)),
            self.clock,
            self.log,
            self.parts.settings,
        )
        self.core.decode = decode_once
        self.core.recover = self.parts.recover
        self.core.registry = self.parts.registry()
        self.core.queue = self.parts.queue()
        self.core.dirty = _Dirty(self)
        self._append = self.core.queue.append
        self.core.queue.append = self._published  # type: ignore[method-assign]  # whatever class the part is of
        self.actors: dict[str, Actor] = {}
        self.ready: list[Actor] = []
        self.links: dict[str, Link] = {}
        self.mailboxes: dict[str, Callable[[Message], None]] = {}
        self.clients: dict[str, Client] = {}
        """Every client program by its name: what oracles compare with the exchange."""
        self.tells_clients = True
        """Whether the log tells what reaches clients and what they make of it, which no promise reads."""
        self._sleepers: list[tuple[int, int, str]] = []
        self._slept = 0
        self._requests = 0
        self._posts: dict[str, int] = {}
        """Requests by client: the names of their actors stay the same whatever others do."""
        self._waiting: dict[Actor, None] = {}
        """Those that wait inside a path of the server."""
        self._lost_replies: set[int] = set()
        self._delays_ms: dict[int, int] = {}
        """Of replies, by ticket."""
        self._publishers = [
            self.spawn(f"publisher{number + 1}" if number else "publisher", self._publisher_script(), BLOCKED)
            for number in range(self.parts.publishers)
        ]
        self._timer = self.spawn(TIMER, self._timer_script(), BLOCKED)

    # -- actors ---------------------------------------------------------------------------------------------

    def spawn(self, name: str, script: Script, stage: str | None = None) -> Actor:
        """Add an actor.

        Args:
            stage: what it does first, of a script that begins with that step; by default the script says it.
        """
        actor = self.actors[name] = Actor(name, script)
        if stage is None:
            self.wake(actor)
        elif stage:
            actor.stage = stage
            self.ready.append(actor)
        return actor

    def wake(self, actor: Actor | None) -> None:
        """Let an actor find out whether something it has waited for is there: not a step."""
        if actor is None or actor.stage != BLOCKED:
            return
        stage = actor.stage = next(actor.script, None)
        if self._waiting or stage == WAITING:
            self._settle(actor)
        elif stage:
            self.ready.append(actor)
        elif stage is None:
            del self.actors[actor.name]

    def rouse(self, actor: Actor, stage: str) -> None:
        """Tell an actor that it can go on, with a stage that its script takes for granted."""
        if actor.stage == BLOCKED:
            if actor in self._waiting:
                self.wake(actor)
            else:
                actor.stage = stage
                self.ready.append(actor)

    def step(self, actor: Actor) -> None:
        """Let one ready actor take its next step."""
        self.clock.ns += STEP_NS
        stage = actor.stage = next(actor.script, None)
        if self._waiting or not stage or stage == WAITING:
            self._stepped(actor)

    def run(self, picks: Iterable[Actor], most: int) -> int:
        """As `step`, with those that are picked of the ready ones, one after the other; returns the number of steps.

        Args:
            most: end after so many.
        """
        clock, waiting = self.clock, self._waiting
        steps = 0
        for actor in picks:
            clock.ns += STEP_NS
            stage = actor.stage = next(actor.script, None)
            if waiting or not stage or stage == WAITING:
                self._stepped(actor)
            steps += 1
            if steps == most:
                break
        return steps

    def _stepped(self, actor: Actor) -> None:
        """An actor may not be ready any more, or somebody waits inside a path."""
        if self._waiting or actor.stage == WAITING:
            self._settle(actor)
            for waiting in list(self._waiting):
                self.wake(waiting)
        else:
            self.ready.remove(actor)
            if actor.stage is None:
                del self.actors[actor.name]
        if self._sleepers and not self.ready:
            self.wake(self._timer)

    def _settle(self, actor: Actor) -> None:
        """Whether an actor that has thought is ready; while somebody waits inside a path."""
        self._waiting.pop(actor, None)
        if actor.stage == WAITING:
            self._waiting[actor] = None
            actor.stage = BLOCKED
        was_ready = actor in self.ready
        if actor.stage and not was_ready:
            self.ready.append(actor)
        elif was_ready and not actor.stage:
            self.ready.remove(actor)
        if actor.stage is None:
            del self.actors[actor.name]

    def _published(self, publication: Publication) -> None:
        """The publication queue has one more."""
        self._append(publication)
        for publisher in self._publishers:
            self.wake(publisher)

    def close(self) -> None:
        """Let go of everything. A script holds its world, so no run would be freed until cycles are looked for."""
        for actor in self.actors.values():
            actor.script.close()
        self.log.__dict__.clear()
        self.__dict__.clear()

    # -- the server's side ----------------------------------------------------------------------------------

    def _publisher_script(self) -> Script:
        while True:
            while not self.core.queue.waiting:
                yield BLOCKED
            yield from self.parts.publish(self.core)

    def _writer_script(self, connection: Connection) -> Script:
        while connection.state != "closed":
            if connection.can_write():
                yield from self.parts.write_frames(self.core, connection)
            else:
                yield BLOCKED

    def _inbound_script(self, connection: Connection, link: Link) -> Script:
        up, posts = link.up, 0
        while True:
            if up:  # else the frame was lost with its link, before it came to be read
                frame = read_once(up.popleft())
                if frame.what == "post":
                    posts += 1
                    self.spawn(f"{connection.id}.post{posts}", post_request(self.core, connection, frame))
                else:
                    yield from self.parts.receive_frame(self.core, connection, frame)
            if connection.state != "open":
                return
            yield stages.FRAME_RECEIVED if up else BLOCKED

    def _outbound_script(self, link: Link) -> Script:
        client, down = link.client, link.down
        while True:
            if down:
                frame, written = down.popleft()
                self._deliver(client, link.connection, frame, written=written)
            yield stages.CLIENT_RECEIVED if down and not link.is_stalled else BLOCKED

    def _deliver(
        self, client: str, connection: str | None, data: bytes, ticket: int | None = None, written: int | None = None
    ) -> None:
        if self.tells_clients:
            seq = self.log.emit(stages.CLIENT_RECEIVED, connection=connection, payload=data, detail=Note(client))
        else:
            seq = self.log.leave_out()
        self.mailboxes[client](Message(connection, data, seq, ticket, written))
        self.wake(self.actors.get(client))

    # -- the clients' side ----------------------------------------------------------------------------------

    def open(self, client: str) -> Link:
        """A client's connection is accepted: one step, as a TCP accept and an upgrade are."""
        link = Link(self, client, "")
        connection = open_connection(self.core, link, client)
        link.connection = connection.id
        self.links[connection.id] = link
        link.reader = self.spawn(f"{connection.id}.in", self._inbound_script(connection, link), BLOCKED)
        link.writer = self.spawn(f"{connection.id}.writer", self._writer_script(connection), BLOCKED)
        link.carrier = self.spawn(f"{connection.id}.down", self._outbound_script(link), BLOCKED)
        if connection.can_write():
            self.wake(link.writer)
        return link

    def send(self, link: Link, frame: bytes) -> None:
        """Put a client's frame on the wire."""
        if not link.is_cut and not link.is_blackhole:
            link.up.append(frame)
            self.rouse(link.reader, stages.FRAME_RECEIVED)

    def post(self, client: str, body: bytes) -> int:
        """Start an HTTP request of a client; the reply comes with the returned ticket."""
        return self._start_request(client, "post", self.parts.exchange_request(self.core, body))

    def ask(self, client: str, body: bytes) -> int:
        """Start a query (`POST /info`) of a client; the answer comes with the returned ticket."""
        return self._start_request(client, "ask", info_request(self.core, body))

    def _start_request(self, client: str, what: str, path: Generator[str, None, Reply]) -> int:
        ticket = self._requests = self._requests + 1
        number = self._posts[client] = self._posts.get(client, 0) + 1
        name = f"{client}.{what}{number}"
        self.spawn(name, self._request_script(name, client, ticket, path), stages.REQUEST_RECEIVED)
        return ticket

    def _request_script(self, name: str, client: str, ticket: int, path: Generator[str, None, Reply]) -> Script:
        reply = yield from path
        yield stages.CLIENT_RECEIVED
        if ticket in self._delays_ms:
            due = self.sleep(name, self._delays_ms.pop(ticket))
            while self.clock.ns < due:
                yield BLOCKED
            yield stages.CLIENT_RECEIVED
        if ticket not in self._lost_replies:
            self._deliver(client, None, reply.body, ticket=ticket)

    def sleep(self, client: str, ms: int) -> int:
        """Ask to be woken at a time of the exchange clock; returns that time, ns.

        Whole milliseconds: those who fall asleep within one wake together.
        """
        due = (self.clock.ns // 1_000_000 + ms) * 1_000_000
        self._sleepers.append((due, self._slept, client))
        self._slept += 1
        self._sleepers.sort()
        if not self.parts.patient_clock:
            self.wake(self._timer)
        return due

    def _timer_script(self) -> Script:
        while True:
            while not self._sleepers or (self.parts.patient_clock and self._others_are_ready()):
                yield BLOCKED
            yield stages.CLOCK_ADVANCED
            due, _, client = self._sleepers.pop(0)
            self.clock.ns = max(self.clock.ns, due)
            self.wake(self.actors.get(client))
            while self.parts.patient_clock and self._sleepers and self._sleepers[0][0] == due:
                self.wake(self.actors.get(self._sleepers.pop(0)[2]))

    def _others_are_ready(self) -> bool:
        return any(actor is not self._timer for actor in self.ready)

    # -- faults ---------------------------------------------------------------------------------------------

    def cut(self, connection_id: str, code: int = 1006, *, is_reset: bool = False) -> None:
        """The TCP connection breaks: what is under way is lost; each end notices when its actor gets to it.

        Args:
            is_reset: the server's kernel knows already: its writes fail.
        """
        link = self.links[connection_id]
        link.is_reset = is_reset
        self._fault("reset" if is_reset else "cut", connection_id)
        self.end_link(link, code, "cut")

    def blackhole(self, connection_id: str) -> None:
        """From now on every frame vanishes, in both directions, and nobody is told."""
        link = self.links[connection_id]
        self._fault("blackhole", connection_id)
        link.is_blackhole = True
        link.up.clear()
        link.down.clear()

    def stall(self, connection_id: str, *, is_stalled: bool = True) -> None:
        """The client stops (or goes on) reading: its kernel's buffer is full, so the server's writer waits too."""
        link = self.links[connection_id]
        self._fault("stall" if is_stalled else "resume", connection_id)
        link.is_stalled = is_stalled
        connection = self.core.connections.get(connection_id)
        if connection is not None:
            connection.is_stalled = is_stalled
        if link.down and not is_stalled:
            self.rouse(link.carrier, stages.CLIENT_RECEIVED)
        self.wake(link.writer)

    def lose_reply(self, ticket: int) -> None:
        """The HTTP connection of a request breaks: it has its effect, but its reply reaches nobody."""
        self._fault(f"lose reply {ticket}")
        self._lost_replies.add(ticket)

    def delay_reply(self, ticket: int, ms: int) -> None:
        """An HTTP reply that is not there yet is so much later: others have all the time to overtake it."""
        self._fault(f"delay reply {ticket}")
        self._delays_ms[ticket] = ms

    def _fault(self, what: str, connection_id: str | None = None) -> None:
        self.log.emit(stages.FAULT_INJECTED, connection=connection_id, detail=Note(what))

    def end_link(self, link: Link, code: int, reason: str) -> None:
        """Both directions end. The client hears of it at once, the server when its cleanup runs."""
        if link.is_cut:
            return
        link.is_cut = True
        link.up.clear()
        link.down.clear()
        connection = self.core.connections.get(link.connection)
        if connection is not None:
            cleanup = self.parts.lose_connection(self.core, connection, code, reason, who="network")
            self.spawn(f"{link.connection}.cleanup", cleanup, stages.CONNECTION_CLOSING)
        seq = self.log.emit(
            stages.CLIENT_RECEIVED, connection=link.connection, detail=ConnectionEnded(code, "network", reason)
        )
        self.mailboxes[link.client](Message(link.connection, b"", seq, closed=code))
        self.wake(self.actors.get(link.client))
