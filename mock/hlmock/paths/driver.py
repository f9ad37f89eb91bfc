"""The straight-on driver: runs each path to its end without a break, unless a gate holds it.

Between the steps of a path it lets the publisher and the writers run, so that an update is written before the reply
of the request that caused it (as long as nothing is held). The lab has its own driver, which chooses another order.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from hlmock.gates import Gate, Gates
from hlmock.paths.core import Connection, Core
from hlmock.paths.frames import ClientFrame, receive_frame
from hlmock.paths.post import post_request
from hlmock.paths.publisher import publish
from hlmock.paths.writer import write_frames
from hlmock.trace import stages
from hlmock.trace.events import GateEvent, TraceEvent

Result = TypeVar("Result")
Path = Generator[str, None, Result]


@dataclass(slots=True, eq=False)
class Run(Generic[Result]):
    """One path on its way. `result` is set once `is_done`."""

    name: str
    path: Path[Result]
    on_done: Callable[[Result], None] | None = None
    on_failed: Callable[[Exception], None] | None = None
    """Told of an exception that ends the path after a gate has held it; before, whoever started it is."""
    result: Result | None = None
    is_at_end: bool = False
    """Its steps are over; a gate may still hold its result (a reply not yet sent)."""
    is_done: bool = False
    held_by: str | None = None
    """The gate that holds it."""
    next_stage: str | None = None
    seen_seq: int = 0
    upcoming: Callable[[], TraceEvent | None] | None = None
    """What its next step would emit, for the gates that hold before it happens."""
    is_let_through: bool = False
    """Such a gate has had its say about the next step."""


@dataclass(slots=True)
class _Inbound:
    """Frames of one connection that wait behind a held one: a connection is FIFO."""

    on_failed: Callable[[Exception], None] | None
    waiting: deque[ClientFrame] = field(default_factory=deque)
    running: Run[None] | None = None


class Driver:
    """Runs the paths of one core. Every method returns at once; nothing here waits."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.gates = Gates()
        self.held: list[Run[Any]] = []
        """Paths that a gate holds, in the order in which they were held."""
        self._publisher: Run[None] | None = None
        self._writers: dict[str, Run[None]] = {}
        self._inbound: dict[str, _Inbound] = {}
        self._is_pumping = False

    @property
    def is_publisher_held(self) -> bool:
        return self._publisher is not None and self._publisher.held_by is not None

    # -- running --------------------------------------------------------------------------------------------

    def start(
        self,
        path: Path[Result],
        name: str,
        on_done: Callable[[Result], None] | None = None,
        *,
        on_failed: Callable[[Exception], None] | None = None,
        upcoming: Callable[[], TraceEvent | None] | None = None,
    ) -> Run[Result]:
        """Run a path until it ends or a gate holds it.

        Args:
            path: the generator.
            name: for views and `gate.held`: `request 7`, `publisher`, `c3 writer`.
            on_done: called with the path's result, at once or when a release lets it end.
            on_failed: called with an exception of the path after a gate has held it.
            upcoming: what its next step would emit, for the gates that hold before it happens.
        """
        run = Run(name, path, on_done, on_failed, upcoming=upcoming)
        self._advance(run)
        self._settle()
        return run

    def receive(
        self, connection: Connection, frame: ClientFrame, on_failed: Callable[[Exception], None] | None = None
    ) -> None:
        """Handle a frame in its connection's order: it waits behind a held one. A `post` waits for nobody.

        Args:
            on_failed: as in `start`; one for all frames of a connection.
        """
        if frame.what == "post":
            path = post_request(self.core, connection, frame)
            self.start(path, f"{connection.id} post {frame.post_id}", on_failed=on_failed)
            return
        inbound = self._inbound.setdefault(connection.id, _Inbound(on_failed))
        inbound.waiting.append(frame)
        if inbound.running is None:
            self._next_frame(connection, inbound)
            self._settle()

    def forget_connection(self, connection: Connection) -> None:
        """Let go of what waits for a connection that is gone."""
        self._inbound.pop(connection.id, None)

    def pump(self) -> None:
        """Let the publisher and the writers do what they can: after a transport drained, a stall ended, a release."""
        self._pump()
        self._settle()

    def _advance(self, run: Run[Result]) -> None:
        core, gates, log = self.core, self.gates.by_id, self.core.log
        path = run.path
        while not run.is_at_end:
            if gates and run.next_stage is not None and self._hold_before(run):
                self._pump()
                return
            run.is_let_through = False
            run.seen_seq = log.last_seq
            try:
                run.next_stage = next(path)
            except StopIteration as end:
                run.is_at_end = True
                run.result = end.value
            if gates and self._hold(run):
                self._pump()
                return
            if core.queue.waiting or core.dirty:
                self._pump()
        run.is_done = True
        if run.on_done is not None:
            run.on_done(run.result)  # type: ignore[arg-type]

    def _hold(self, run: Run[Any]) -> bool:
        match = self.gates.match(self.core.log.since(run.seen_seq))
        if match is None:
            return False
        self._held_at(run, *match)
        return True

    def _hold_before(self, run: Run[Any]) -> bool:
        event = None if run.upcoming is None or run.is_let_through else run.upcoming()
        match = None if event is None else self.gates.match([event], before=True)
        if match is None:
            return False
        run.is_let_through = True
        self._held_at(run, *match)
        return True

    def _held_at(self, run: Run[Any], gate_id: str, event: TraceEvent) -> None:
        run.held_by = gate_id
        self.held.append(run)
        self.core.log.emit(
            stages.GATE_HELD,
            cause=event.seq or None,
            request=event.request,
            connection=event.connection,
            account=event.account,
            oid=event.oid,
            cloid=event.cloid,
            key=event.key,
            commit=event.commit,
            detail=GateEvent(gate_id, run.name, len(self.held)),
        )

    def _pump(self) -> None:
        """Publisher first, then each connection that has frames. Never nested: inner paths share the outer pump."""
        if self._is_pumping:
            return
        core = self.core
        self._is_pumping = True
        try:
            while (core.queue.waiting and self._publisher is None) or core.dirty:
                if core.queue.waiting and self._publisher is None:
                    self._publish()
                while core.dirty:
                    self._write(core.dirty.pop(next(iter(core.dirty))))
        finally:
            self._is_pumping = False

    def _publish(self) -> None:
        if not self.gates.by_id and self._publisher is None:
            _run_straight(publish(self.core))
            return
        run = self._publisher = self._publisher or Run("publisher", publish(self.core))
        try:
            self._advance(run)
        finally:
            if run.held_by is None:
                self._publisher = None

    def _write(self, connection: Connection) -> None:
        if connection.id in self._writers or not connection.can_write():
            return
        path = write_frames(self.core, connection)
        if not self.gates.by_id:
            _run_straight(path)
            return
        run: Run[None] = Run(f"{connection.id} writer", path, upcoming=lambda: self._next_write(connection))
        self._writers[connection.id] = run
        try:
            self._advance(run)
        finally:
            if run.held_by is None:
                del self._writers[connection.id]

    def _next_write(self, connection: Connection) -> TraceEvent | None:
        """The `delivery.written` to come, told by the event that enqueued its frame."""
        frame = connection.outbox.peek()
        enqueued = [] if frame is None else self.core.log.since(frame.enqueued_seq - 1, 1)
        return msgspec.structs.replace(enqueued[0], stage=stages.DELIVERY_WRITTEN) if enqueued else None

    def _next_frame(self, connection: Connection, inbound: _Inbound) -> None:
        while inbound.waiting:
            frame = inbound.waiting.popleft()
            path = receive_frame(self.core, connection, frame)
            run: Run[None] = Run(f"{connection.id} {frame.what}", path, on_failed=inbound.on_failed)
            inbound.running = run
            self._advance(run)
            if not run.is_done:
                return
            inbound.running = None

    def _settle(self) -> None:
        """End of a batch of steps: a checkpoint where one is due, and a wake-up for the readers."""
        self.core.log.maybe_checkpoint()
        self.core.log.notify()

    # -- gates ----------------------------------------------------------------------------------------------

    def add_gate(self, gate: Gate) -> str:
        """Set a gate; returns its id."""
        return self.gates.add(gate)

    def release(self, gate_id: str | None = None, *, keep: bool = True, count: int | None = None) -> int:
        """Let held paths go on.

        Args:
            gate_id: only those that this gate holds; `None` for all.
            keep: whether the gate stays set; without it the gate is removed first, so that nothing is held again.
            count: at most so many, in the order in which they were held (1 is a single step).

        Returns:
            How many went on.

        Raises:
            KeyError: no such gate to remove.
            Exception: of a path that failed and has nobody to tell; the others have gone on.
        """
        if not keep:
            for each in [gate_id] if gate_id is not None else list(self.gates.by_id):
                self.gates.remove(each)
        chosen = [run for run in self.held if gate_id is None or run.held_by == gate_id][:count]
        for run in chosen:
            self.held.remove(run)
            self.core.log.emit(
                stages.GATE_RELEASED,
                detail=GateEvent(run.held_by or "", run.name, len(self.held)),
            )
            run.held_by = None
        failure: Exception | None = None
        for run in chosen:
            try:
                self._resume(run)
            except Exception as error:
                run.is_done = True
                if run.on_failed is not None:
                    run.on_failed(error)
                else:
                    failure = failure or error
        self._pump()
        self._settle()
        if failure is not None:
            raise failure
        return len(chosen)

    def _resume(self, run: Run[Any]) -> None:
        if run is self._publisher:
            # Its own deliveries are written by the pump that follows.
            self._is_pumping = True
            try:
                self._publish()
            finally:
                self._is_pumping = False
            return
        self._advance(run)
        if not run.is_done:
            return
        for connection_id, writer in list(self._writers.items()):
            if writer is run:
                del self._writers[connection_id]
                connection = self.core.connections.get(connection_id)
                if connection is not None and connection.can_write():
                    self.core.dirty[connection_id] = connection
        for connection_id, inbound in list(self._inbound.items()):
            if inbound.running is run:
                inbound.running = None
                connection = self.core.connections.get(connection_id)
                if connection is not None:
                    self._next_frame(connection, inbound)


def _run_straight(path: Path[None]) -> None:
    """Run a path that nothing can hold: as `Driver._advance` would, without a `Run` to hold."""
    for _ in path:
        pass
