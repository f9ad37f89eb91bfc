"""Moving exchange time forward by hand: from one time at which something happens to the next.

Rule 1: what falls due happens in order, each at its own time: triggers, TWAP slices, funding and expiries of the
agenda, and the clocked feeds between them, so that a subscriber sees the states that it would have seen. Rule 2: in a
jump of more than `EVERY_FEED_S` a clocked feed is sent once after each thing that falls due and once at the end: nobody
reads 17,280 equal books (our choice). Rule 3: while a gate holds a path, time only jumps: what is due waits with it.
"""

import asyncio
from collections.abc import Generator, Iterator
from math import inf
from typing import TYPE_CHECKING, Final

from hlmock.delivery.ticks import next_tick_ms
from hlmock.trace import stages
from hlmock.trace.events import Note

if TYPE_CHECKING:
    from hlmock.server.session import Session

EVERY_FEED_S: Final = 300.0
"""Longest jump in which every clocked feed is sent each time that it is due."""

PATIENCE_S: Final = 0.5
"""How long one jump waits, in all, for clients that are behind with reading."""

PAUSE_S: Final = 0.001


def advance(session: "Session", seconds: float) -> Generator[bool, None, None]:
    """Move exchange time forward, and do on the way what falls due, each at its own time: see `advancing`.

    A generator that yields between two times, so that others may run: whether a client is behind with reading.

    Raises:
        ValueError: `seconds` is negative.
    """
    moves = moments(session, seconds)
    session.log.emit(stages.CLOCK_ADVANCED, detail=Note("advance", f"{seconds:g} s"))
    for _ in moves:
        session.tick()
        yield any(each.is_paused and each.outbox and not each.is_stalled for each in session.core.connections.values())
    session.log.notify()


def moments(session: "Session", seconds: float) -> Iterator[None]:
    """Move the clock to each time at which something is due, and at last to the end.

    Raises:
        ValueError: `seconds` is negative or not finite; at the call.
    """
    if not 0 <= seconds < inf:
        raise ValueError(f"time never goes back nor to its end: cannot advance by {seconds} s")
    return _moments(session, round(seconds * 1_000), sends_every_feed=seconds <= EVERY_FEED_S)


def _moments(session: "Session", left_ms: int, *, sends_every_feed: bool) -> Iterator[None]:
    clock = session.clock
    while left_ms and not session.driver.held:
        now_ms = clock.time_ms()
        due_ms = _next_ms(session, now_ms, sends_every_feed=sends_every_feed)
        if due_ms is None or due_ms - now_ms >= left_ms:
            break
        step_ms = max(due_ms - now_ms, 0)
        clock.advance(step_ms / 1_000)
        left_ms -= step_ms
        yield
        if step_ms == 0 and _next_ms(session, now_ms, sends_every_feed=sends_every_feed) == due_ms:
            break  # A gate has held it: it is still due.
    clock.advance(left_ms / 1_000)
    yield


def _next_ms(session: "Session", now_ms: int, *, sends_every_feed: bool) -> int | None:
    """When the next thing is due."""
    core = session.core
    times = [
        core.exchange.agenda.entries[0].time_ms if core.exchange.agenda.entries else None,
        core.outside.next_ms if core.outside is not None else None,
        next_tick_ms(core.registry, core.feed_memory, now_ms) if sends_every_feed else None,
    ]
    return min((each for each in times if each is not None), default=None)


async def at_leisure(steps: Generator[bool, None, None]) -> None:
    """Run an advance and let others run in between; wait a little for clients that are behind."""
    patience_s = PATIENCE_S
    for is_behind in steps:
        if is_behind and patience_s > 0:
            patience_s -= PAUSE_S
            await asyncio.sleep(PAUSE_S)
        else:
            await asyncio.sleep(0)
