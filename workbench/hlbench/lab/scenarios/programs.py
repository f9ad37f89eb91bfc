"""Client programs that several scenarios share."""

from collections.abc import Generator, Sequence

from hlbench.lab.actors import Script
from hlbench.lab.clients import Client
from hlbench.lab.links import Link
from hlbench.lab.world import World

WALLETS = ("alice", "bob", "carol", "dave")

TAKING = "67000"
"""A BTC price above the quoted offer: a buy there trades at once."""


def follow(me: Client, type_: str = "orderUpdates", *, users: Sequence[str] = ()) -> Generator[str, None, Link]:
    """Connect, subscribe and wait for the acknowledgement.

    Args:
        users: addresses to watch; by default the own account.
    """
    link = yield from me.connect()
    for user in users or (me.address,):
        yield from me.subscribe(link, type_, user=user)
    yield from responses(me, link, len(users) or 1)
    return link


def responses(me: Client, link: Link, count: int) -> Script:
    """Wait until so many subscribe and unsubscribe frames of a connection are answered."""

    def answered() -> int:
        frames = (message.data for message in me.received if message.connection == link.connection)
        return sum(b'"subscriptionResponse"' in data for data in frames)

    yield from me.until(lambda: answered() >= count)


def listen(me: Client) -> Script:
    """Go on handling what comes."""
    yield from me.until(lambda: False)


def order(me: Client, count: int, *, px: int = 50_000) -> Script:
    """Place resting orders one after the other, each when the one before is answered."""
    for number in range(count):
        ticket = yield from me.place(f"{px + number}")
        yield from me.reply(ticket)


def tab(me: Client, orders: int = 0) -> Script:
    """One of several windows onto an account: watches it, and may trade."""
    yield from follow(me)
    yield from order(me, orders)
    yield from listen(me)


def open_tabs(world: World, count: int, orders: int) -> None:
    """Windows onto alice's account; the first one trades."""
    for number in range(count):
        me = Client(world, f"tab{number + 1}", account="alice")
        world.spawn(me.name, tab(me, orders if number == 0 else 0))
