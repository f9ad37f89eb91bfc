"""What happens to clients from outside: the market, faults, the server's own timer. Each is an actor of its own."""

from collections.abc import Iterable
from decimal import Decimal

from hlbench.lab.actors import BLOCKED, Script
from hlbench.lab.clients import Client
from hlbench.lab.links import Link
from hlbench.lab.world import World
from hlmock.exchange.outcome import Outcome
from hlmock.paths.connection import close_connection
from hlmock.paths.operation import operation
from hlmock.paths.tick import tick
from hlmock.trace import stages

MARKET = "market"
FAULT = "fault"
SERVER_CLOCK = "server.clock"


def market_fills(world: World, owner: Client, which: int | str, *sizes: str) -> Script:
    """Somebody takes an order, at its own price.

    Args:
        which: oid, or cloid: the newest order that has it when the fill is carried out.
        sizes: one fill each; none takes what is left.
    """
    exchange = world.core.exchange
    for size in sizes or (None,):

        def step(sz: str | None = size) -> Outcome:
            order = exchange.find_order(owner.wallet.address, which)
            now_ms = world.clock.time_ms()
            return exchange.force_fill(order.oid if order else 0, None if sz is None else Decimal(sz), now_ms=now_ms)

        yield stages.CONTROL_CALLED
        yield from operation(world.core, "fill", f"{which} sz {size or 'all'}", step)


def after(world: World, name: str, ms: int, script: Script) -> Script:
    """An actor that sleeps first.

    Args:
        name: the actor's own.
    """
    yield from sleep(world, name, ms)
    yield from script


def sleep(world: World, name: str, ms: int) -> Script:
    """As `Client.pause`, for an actor that is no client.

    Args:
        name: the actor's own.
    """
    yield "timer.set"
    due = world.sleep(name, ms)
    while world.clock.ns < due:
        yield BLOCKED


def cut(world: World, link: Link) -> Script:
    """The TCP connection breaks."""
    yield stages.FAULT_INJECTED
    world.cut(link.connection)


def blackhole(world: World, link: Link) -> Script:
    """The path drops every packet from now on, and nobody is told."""
    yield stages.FAULT_INJECTED
    world.blackhole(link.connection)


def lose_reply(world: World, ticket: int) -> Script:
    """An HTTP reply is lost, unless it was there before."""
    yield stages.FAULT_INJECTED
    world.lose_reply(ticket)


def delay_reply(world: World, ticket: int, ms: int = 1_000) -> Script:
    """An HTTP reply is late, unless it was there before."""
    yield stages.FAULT_INJECTED
    world.delay_reply(ticket, ms)


def server_closes(world: World, link: Link, code: int = 1000, reason: str = "") -> Script:
    """The server ends a connection in good order."""
    yield stages.CONNECTION_CLOSING
    connection = world.core.connections.get(link.connection)
    if connection is not None:
        close_connection(world.core, connection, code, reason, who="server")


def server_clock(world: World, times_ms: Iterable[int]) -> Script:
    """The server looks at its own timers, after so many ms each."""
    slept = 0
    for time_ms in times_ms:
        yield from after(world, SERVER_CLOCK, time_ms - slept, tick(world.core))
        slept = time_ms
