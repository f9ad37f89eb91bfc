"""Locks that the sound server does not need, and the defects that come with them.

A lock belongs to one world.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeVar, cast

from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.defects.registries import FOUNDING_CASE
from hlbench.lab.defects.waiting import entered_when
from hlbench.lab.parts import Parts
from hlmock.delivery.registry import Registry
from hlmock.paths.connection import lose_connection
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame
from hlmock.paths.publisher import deliver, resolve
from hlmock.paths.reply import Reply
from hlmock.paths.request import exchange_request
from hlmock.trace import stages

Result = TypeVar("Result")


class WriterPreferringLock:
    """A lock for many readers or one writer; a writer that waits keeps new readers out.

    Like Go's `sync.RWMutex`. Its documentation forbids what one of the defects does: to take the read side twice in
    one task, since a writer may come to wait in between.
    """

    def __init__(self) -> None:
        self.readers = 0
        self.has_writer = False
        self.waiting_writers = 0

    def read(self, stage: str) -> Steps:
        """Enter `stage` with the read side taken."""
        yield from entered_when(stage, lambda: not self.has_writer and not self.waiting_writers)
        self.readers += 1

    def end_read(self) -> None:
        self.readers -= 1

    def write(self, stage: str) -> Steps:
        """Enter `stage` with the write side taken."""
        yield stage
        self.waiting_writers += 1
        if self.readers or self.has_writer:
            yield from entered_when(stage, lambda: not self.readers and not self.has_writer, at_once=False)
        self.waiting_writers -= 1
        self.has_writer = True

    def end_write(self) -> None:
        self.has_writer = False


def guarded(
    path: Generator[str, None, Result], at: str, take: Callable[[str], Steps], give: Callable[[], object]
) -> Generator[str, None, Result]:
    """Run a path as it is, but take a lock to enter `at` and give it back at the end of that step."""
    is_held = False
    while True:
        try:
            stage = next(path)
        except StopIteration as end:
            if is_held:
                give()
            return cast(Result, end.value)
        if is_held:
            give()
            is_held = False
        if stage == at:
            yield from take(stage)
            is_held = True
        else:
            yield stage


class LockedRegistry(Registry):
    """A registry behind a lock."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = WriterPreferringLock()


def _lock_of(core: Core) -> WriterPreferringLock:
    assert isinstance(core.registry, LockedRegistry)
    return core.registry.lock


def publish_locking_twice(core: Core) -> Steps:
    """The fan-out holds the read side, and the send that it calls takes it again."""
    lock = _lock_of(core)
    while core.queue:
        yield from lock.read(stages.REGISTRY_RESOLVED)
        if not core.queue:
            lock.end_read()
            return
        publication = core.queue.pop()
        found, resolved = resolve(core, publication)
        for subscription in found:
            yield from lock.read(stages.DELIVERY_ENQUEUED)
            deliver(core, publication, subscription, resolved)
            lock.end_read()
        lock.end_read()


def receive_frame_locking(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
    lock = _lock_of(core)
    changes = {"subscribe": stages.SUBSCRIPTION_ADDED, "unsubscribe": stages.SUBSCRIPTION_REMOVED}
    yield from guarded(receive_frame(core, connection, frame), changes.get(frame.what, ""), lock.write, lock.end_write)


def lose_connection_locking(core: Core, connection: Connection, code: int, reason: str, *, who: str) -> Steps:
    lock = _lock_of(core)
    path = lose_connection(core, connection, code, reason, who=who)
    yield from guarded(path, stages.CONNECTION_CLOSED, lock.write, lock.end_write)


def _covering_the_send(parts: Parts) -> Parts:
    lock = WriterPreferringLock()

    def request(core: Core, body: bytes) -> Generator[str, None, Reply]:
        path = exchange_request(core, body)
        while True:
            try:
                stage = next(path)
            except StopIteration as end:
                return cast(Reply, end.value)
            if stage == stages.ACTION_ACCEPTED:
                yield from lock.write(stage)
            elif stage == stages.REPLY_SENT:
                yield from entered_when(stage, lambda: _is_sent(core))
                lock.end_write()
            else:
                yield stage

    return replace(parts, exchange_request=request)


def _is_sent(core: Core) -> bool:
    return not core.queue and not any(len(each.outbox) for each in core.connections.values())


add_defect(
    Defect(
        "recursive-read-lock",
        "The read lock is taken twice while a writer waits",
        "server",
        "The broadcaster holds the registry's read lock, and the send helper that it calls takes the same lock again."
        " When a connect or a disconnect has come to wait for the write side in between, the second read waits for the"
        " writer and the writer for the first read. Everything stops, and nothing is logged.",
        "D2",
        (FOUNDING_CASE, "sonirico/go-hyperliquid PR#35", "Go documentation: sync.RWMutex"),
        lambda parts: replace(
            parts,
            registry=LockedRegistry,
            publish=publish_locking_twice,
            receive_frame=receive_frame_locking,
            lose_connection=lose_connection_locking,
        ),
    )
)

add_defect(
    Defect(
        "commit-lock-covers-send",
        "The state lock is held until the update is sent",
        "server",
        "An order's commit holds the exchange's lock until its update has left every queue. One client that stops"
        " reading stops order entry for everybody.",
        "O6",
        ("follows from the design of the founding case's server",),
        _covering_the_send,
    )
)
