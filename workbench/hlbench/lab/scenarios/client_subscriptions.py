"""Subscriptions that a client mistakes for one another, or whose frames it cannot read: S50 to S52."""

from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.links import Link
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.traders import Trader
from hlbench.lab.world import Message, World

# -- S50: two users, one connection -----------------------------------------------------------------------------


class Sharing(Trader):
    """One of several accounts on one connection: `orderUpdates` rows name no user, so every listener gets them all."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.listeners = [self]

    def take(self, channel: str, data: Any, message: Message) -> None:
        if channel != "orderUpdates":
            super().take(channel, data, message)
            return
        for listener in self.listeners:
            for row in data:
                order = row["order"]
                source = f"{self.name}'s connection, whose rows name no user"
                listener.believe(order["oid"], row["status"], message, source=source)


def shares(me: Sharing, other: Sharing, *, sends_second: bool) -> Script:
    """The second account's subscription goes over the first one's connection, if its key is new to the client.

    Args:
        sends_second: the client's key of a subscription names the user.
    """
    link = yield from me.come_online("orderUpdates")
    me.listeners.append(other)
    if sends_second:
        yield from me.subscribe(link, user=other.address)
    else:
        reason = "the second subscription was not sent: its key 'orderUpdates' was there, for another user"
        other.ignore(None, reason, connection=link.connection)
    me.world.spawn(other.name, trades(other))
    yield from trades(me)


def trades(me: Trader) -> Script:
    yield from me.rest()
    yield from me.listen()


def has_own_connection(me: Trader) -> Script:
    yield from me.come_online("orderUpdates")
    yield from trades(me)


def build_unsent(world: World, variant: Variant, size: Size) -> None:
    build_users(world, variant, sends_second=False)


def build_all_listeners(world: World, variant: Variant, size: Size) -> None:
    build_users(world, variant, sends_second=True)


def build_users(world: World, variant: Variant, *, sends_second: bool) -> None:
    if variant == "failing":
        alice, bob = Sharing(world, "alice"), Sharing(world, "bob")
        world.spawn("alice", shares(alice, bob, sends_second=sends_second))
    else:
        for name in ("alice", "bob"):
            world.spawn(name, has_own_connection(Trader(world, name)))


add_scenario(
    Scenario(
        "S50",
        "a second user on one client: the subscription is never sent",
        "client",
        "A client keys its subscriptions by type, without the user. The second account's subscribe frame is never sent,"
        " and its callback receives the first one's orders. orderUpdates need a connection per user.",
        "O2",
        0,
        ("sonirico/go-hyperliquid", "hyperliquid-dex/hyperliquid-python-sdk (raises NotImplementedError)"),
        build_unsent,
        size=Size(wallets=2),
        oracles=(oracles.views_are_own, oracles.views_match),
    )
)

add_scenario(
    Scenario(
        "S50c",
        "a second user on one client: every listener fires",
        "client",
        "Both accounts are subscribed on one connection. Rows of orderUpdates name no user, the client dispatches by"
        " channel, and each listener takes the other account's orders for its own.",
        "O2",
        0,
        ("nktkas/hyperliquid#100", "JKorf/HyperLiquid.Net#90"),
        build_all_listeners,
        size=Size(wallets=2),
        oracles=(oracles.views_are_own, oracles.views_match),
    )
)


# -- S51: an error frame ----------------------------------------------------------------------------------------


class TypedReader(Trader):
    """Its parser wants an object as `data`: an error frame, whose data is text, ends the reader."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.is_reader_dead = False

    def handle(self, message: Message) -> None:
        if self.is_reader_dead:
            self.ignore(message, "every frame: the reader ended with an error frame, whose data is text")
        else:
            super().handle(message)

    def take_error(self, text: str, message: Message) -> None:
        self.is_reader_dead = True
        self.ignore(message, f"an error frame, whose data is text: the reader ended at '{text}'")


def two_tasks(me: Trader) -> Script:
    """Two tasks of one program want order updates; each subscribes unless an acknowledgement is there."""
    link = yield from me.connect()
    me.link = link
    me.world.spawn(f"{me.name}.second", ensure_subscribed(me, link))
    yield from ensure_subscribed(me, link)
    yield from me.acked(link)
    yield from me.rest()
    yield from me.listen()


def ensure_subscribed(me: Trader, link: Link) -> Script:
    yield "client.sent"
    if not me.is_acked(link, "orderUpdates"):
        frame = f'{{"method":"subscribe","subscription":{{"type":"orderUpdates","user":"{me.address}"}}}}'
        me.world.send(link, frame.encode())


def build_error_frame(world: World, variant: Variant, size: Size) -> None:
    trader = TypedReader if variant == "failing" else Trader
    world.spawn("alice", two_tasks(trader(world, "alice")))


add_scenario(
    Scenario(
        "S51",
        "an error frame breaks the client",
        "client",
        "Two tasks of a client subscribe to the same thing before the first is acknowledged. The server answers the"
        " second with 'Already subscribed' on channel error, whose data is text; the typed parser throws and the reader"
        " ends. It is a success: the echoed subscription says of what.",
        "O5",
        1,
        ("gemwalletcom/wallet#462", "gemwalletcom/wallet#963", "nktkas/hyperliquid#78"),
        build_error_frame,
        oracles=(oracles.views_match, oracles.nobody_waits),
    )
)


# -- S52: another channel's name --------------------------------------------------------------------------------


class ByType(Trader):
    """Finds its handler by the type that it subscribed to."""

    def take(self, channel: str, data: Any, message: Message) -> None:
        if channel in ("userEvents", "subscriptionResponse"):
            super().take(channel, data, message)
        else:
            self.ignore(message, f"channel '{channel}': the handler is registered for 'userEvents'")


def listens_to_events(me: Trader) -> Script:
    yield from me.come_online("userEvents")
    oid = yield from me.rest()
    me.world.spawn(MARKET, market_fills(me.world, me, oid))
    yield from me.listen()


def build_channel_name(world: World, variant: Variant, size: Size) -> None:
    trader = ByType if variant == "failing" else Trader
    world.spawn("alice", listens_to_events(trader(world, "alice")))


add_scenario(
    Scenario(
        "S52",
        "a channel of another name",
        "client",
        "userEvents are answered on channel 'user'. A client that finds its handler by the subscribed type has none for"
        " it, and drops every event.",
        "O4",
        0,
        ("nomeida/hyperliquid#62", "heiye115/hyperliquid-java-sdk#26", "ccxt/ccxt#27916"),
        build_channel_name,
        oracles=(oracles.fills_count_once, oracles.filled_sizes_match),
    )
)
