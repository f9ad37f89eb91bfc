"""Scenarios that no catalogue entry names: the worlds in which a sound server is searched for any violation."""

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Client
from hlbench.lab.world import World


def reconnecting_trader(me: Client, size: Size) -> Script:
    """Connect, subscribe, await the ack, order; then the same on a new connection before the old one closes."""
    old = None
    placed = 0
    for _ in range(size.connections):
        new = yield from me.connect()
        yield from me.subscribe(new)
        yield from me.acked(new)
        if old is not None:
            yield from me.close(old)
        for _ in range(size.orders):
            ticket = yield from me.place(f"{50_000 + placed}")
            placed += 1
            yield from me.reply(ticket)
        yield from me.updates(placed)
        old = new


def build_reconnect(world: World, variant: Variant, size: Size) -> None:
    for name in ("alice", "bob", "carol", "dave")[: size.wallets]:
        client = Client(world, name)
        world.spawn(name, reconnecting_trader(client, size))


add_scenario(
    Scenario(
        "W01",
        "three wallets, each reconnecting once",
        "server",
        "Each wallet subscribes, orders, opens a second connection, subscribes there, closes the first and orders"
        " again. Nothing is wrong with it: a sound server passes under every schedule.",
        "D1 to D8",
        None,
        ("the founding bug report's scenario",),
        build_reconnect,
        size=Size(wallets=3, connections=2, orders=1),
    )
)
