"""Staying connected, and noticing that one is not: S26, S27, S32, S35, S36.

The clock is patient here: a program is never too slow for its own timers.
"""

from collections.abc import Callable

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.parts import Parts
from hlbench.lab.surroundings import (
    FAULT,
    MARKET,
    SERVER_CLOCK,
    after,
    blackhole,
    cut,
    market_fills,
    server_clock,
    server_closes,
    sleep,
)
from hlbench.lab.traders import Trader
from hlbench.lab.world import Message, World

PATIENT = Parts(patient_clock=True)

PING_MS = 50_000
"""Source: python-sdk WebsocketManager.send_ping."""

MS = 1_000_000


# -- S26: no ping -----------------------------------------------------------------------------------------------


def quiet_account(me: Trader, *, pings: bool) -> Script:
    link = yield from me.come_online("orderUpdates")
    yield from me.rest()
    for _ in range(2):
        is_closed = yield from me.within(PING_MS, lambda: me.is_closed(link))
        if is_closed:
            me.ignore(None, "no ping was sent while the account was quiet", connection=link.connection)
            yield from me.come_online("orderUpdates")
            break
        if pings:
            yield from me.ping()
    yield from me.listen()


def build_quiet(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", quiet_account(Trader(world, "alice"), pings=variant == "passing"))
    world.spawn(SERVER_CLOCK, server_clock(world, [61_000]))


add_scenario(
    Scenario(
        "S26",
        "idle close of a quiet account",
        "client",
        "A client subscribes, its order rests, and nothing happens for a minute. The server closes a connection to"
        " which it has sent nothing for 60 s; each reconnect ends the same way. A client that pings in time stays.",
        "O14",
        0,
        ("hummingbot/hummingbot#7797", "hummingbot/hummingbot#7593", "hyperliquid-dex/hyperliquid-rust-sdk#20"),
        build_quiet,
        oracles=(oracles.never_idle, oracles.nobody_waits),
        parts=PATIENT,
    )
)


# -- S27: the ping loop dies ------------------------------------------------------------------------------------


def always_online(me: Trader, *, survives: bool) -> Script:
    """Reconnects at once, whenever a connection ends; pings come from a loop of its own."""
    world = me.world
    link = yield from me.come_online("orderUpdates")
    world.spawn(f"{me.name}.ping", ping_loop(me, survives=survives))
    world.spawn(FAULT, after(world, FAULT, PING_MS, cut(world, link)))
    me.is_done = True
    while True:
        yield from me.closed(link)
        link = yield from me.come_online("orderUpdates")


def ping_loop(me: Trader, *, survives: bool) -> Script:
    for _ in range(3):
        yield from sleep(me.world, f"{me.name}.ping", PING_MS)
        yield "client.sent"
        assert me.link is not None
        if not me.is_closed(me.link):
            me.world.send(me.link, b'{"method":"ping"}')
        elif not survives:
            reason = "the ping could not be sent while the connection was down, and the ping loop ended"
            me.ignore(None, reason, connection=me.link.connection)
            return


def build_ping_loop(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", always_online(Trader(world, "alice"), survives=variant == "passing"))
    world.spawn(SERVER_CLOCK, server_clock(world, [115_000]))


add_scenario(
    Scenario(
        "S27",
        "the ping loop dies with the first outage",
        "client",
        "A connection is cut at the moment of a ping. Sending raises, the ping loop ends, the reconnect succeeds: from"
        " now on nobody pings, and the server closes every quiet connection after 60 s. A loop that skips the ping"
        " while the connection is down goes on.",
        "O14",
        2,
        ("hyperliquid-dex/hyperliquid-python-sdk#192", "hyperliquid-dex/hyperliquid-python-sdk#255"),
        build_ping_loop,
        size=Size(faults=1),
        oracles=(oracles.never_idle,),
        parts=PATIENT,
    )
)


# -- S32: the end is noticed by the next ping -------------------------------------------------------------------


def reader_without_reconnect(me: Trader, *, at_once: bool) -> Script:
    world = me.world
    link = yield from me.come_online("orderUpdates")
    oid = yield from me.rest()
    world.spawn(FAULT, after(world, FAULT, 10_000, server_closes(world, link)))
    world.spawn(MARKET, after(world, MARKET, 20_000, market_fills(world, me, oid)))
    if at_once:
        yield from me.closed(link)
    else:
        while not me.is_closed(link):
            yield from me.pause(PING_MS)
        reason = "the read loop ended at the close; only the next ping looked at the connection"
        me.ignore(None, reason, connection=link.connection)
    yield from me.come_online("orderUpdates")
    yield from me.reconcile()
    yield from me.listen()


def build_late_reconnect(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", reader_without_reconnect(Trader(world, "alice"), at_once=variant == "passing"))


add_scenario(
    Scenario(
        "S32",
        "the reconnect waits for the next ping",
        "client",
        "The server closes in good order. The read loop returns without starting a reconnect; the next ping, up to"
        " 50 s later, fails and starts it. A client that reconnects when its reader ends has no such gap.",
        "O1",
        1,
        ("sonirico/go-hyperliquid#128",),
        build_late_reconnect,
        size=Size(faults=1),
        oracles=(oracles.gaps_are_short, oracles.views_match, oracles.nobody_waits),
        parts=PATIENT,
    )
)


# -- S35, S36: watchdogs ----------------------------------------------------------------------------------------

Age = Callable[[], int]
"""For how long, ns, a watchdog thinks that nothing has come."""

DEADLINE_NS = 40_000 * MS

BEAT_MS = 15_000


class Watcher(Trader):
    """A program with a heartbeat and a watchdog. It notes when it sent and when data came."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.sent_ns = 0
        self.data_ns = 0

    def take(self, channel: str, data: object, message: Message) -> None:
        if channel not in ("pong", "subscriptionResponse"):
            self.data_ns = self.world.clock.ns
        super().take(channel, data, message)

    def heard_age(self) -> int:
        """The sound one: since bytes of any kind came in."""
        assert self.link is not None
        return self.world.clock.ns - self.heard_ns.get(self.link.connection, 0)

    def sent_or_heard_age(self) -> int:
        return min(self.heard_age(), self.world.clock.ns - self.sent_ns)

    def data_age(self) -> int:
        return self.world.clock.ns - max(self.data_ns, self._opened_ns)

    def never(self) -> int:
        """No watchdog."""
        return 0

    def heartbeat(self, age: Age, why: str, *, beats: int) -> Script:
        """Ping every 15 s; give a connection up when the watchdog says so.

        Args:
            why: what is wrong with `age`, for the client stage.
        """
        link = self.link
        assert link is not None
        self._opened_ns = self.world.clock.ns
        has_said = age == self.heard_age
        for _ in range(beats):
            yield from self.pause(BEAT_MS)
            is_silent = self.heard_age() >= DEADLINE_NS
            is_given_up = age() >= DEADLINE_NS
            if is_given_up != is_silent and not has_said:
                self.ignore(None, why, connection=link.connection)
                has_said = True
            if is_given_up:
                yield from self.close(link)
                link = yield from self.come_online("orderUpdates")
                self._opened_ns = self.world.clock.ns
                yield from self.reconcile()
            else:
                yield from self.ping()
                self.sent_ns = self.world.clock.ns
        yield from self.listen()


def watching(me: Watcher, age: Age, why: str, *, faults: int) -> Script:
    world = me.world
    link = yield from me.come_online("orderUpdates")
    oid = yield from me.rest()
    if faults:
        world.spawn(FAULT, after(world, FAULT, 10_000, blackhole(world, link)))
        world.spawn(MARKET, after(world, MARKET, 20_000, market_fills(world, me, oid)))
    yield from me.heartbeat(age, why, beats=8)


def build_half_open(world: World, variant: Variant, size: Size) -> None:
    me = Watcher(world, "alice")
    age = me.never if variant == "failing" else me.heard_age
    why = "no deadline on received bytes: the pings vanish in a half-open connection and no error comes back"
    world.spawn("alice", watching(me, age, why, faults=size.faults))


add_scenario(
    Scenario(
        "S35",
        "half-open TCP",
        "client",
        "The path drops packets without a reset. Pings go into the client's buffer, updates into the server's, and"
        " nothing errors for minutes: status green, data frozen. A deadline on received bytes finds out.",
        "O14",
        1,
        ("hummingbot/hummingbot#8252", "vipineth/hypeterminal#84", "QuantConnect/Lean.Brokerages.Tastytrade#31"),
        build_half_open,
        size=Size(faults=1),
        oracles=(oracles.silence_is_noticed, oracles.views_match),
        parts=PATIENT,
    )
)


def build_busy_watchdog(world: World, variant: Variant, size: Size) -> None:
    me = Watcher(world, "alice")
    age = me.sent_or_heard_age if variant == "failing" else me.heard_age
    why = "the watchdog was reset by the program's own frames"
    world.spawn("alice", watching(me, age, why, faults=size.faults))


add_scenario(
    Scenario(
        "S36",
        "a watchdog that its own commands reset",
        "client",
        "The watchdog's deadline starts anew with everything that passes, the program's own frames included: while the"
        " program is busy it never fires, however dead the connection is. Only received bytes may count.",
        "O14",
        2,
        ("nilesjarvis/kerosene#13", "nautechsystems/nautilus_trader#4298"),
        build_busy_watchdog,
        size=Size(faults=1),
        oracles=(oracles.silence_is_noticed, oracles.views_match),
        parts=PATIENT,
    )
)


def build_deaf_watchdog(world: World, variant: Variant, size: Size) -> None:
    me = Watcher(world, "alice")
    age = me.data_age if variant == "failing" else me.heard_age
    why = "pongs did not count as life: a quiet market looked like a dead connection"
    world.spawn("alice", watching(me, age, why, faults=0))


add_scenario(
    Scenario(
        "S36b",
        "a watchdog that pongs do not reset",
        "client",
        "Only data resets the watchdog. On a quiet market it fires although every ping is answered, and the client"
        " reconnects for ever. Every received byte is a sign of life.",
        "O14",
        0,
        ("marketcalls/openalgo#1419",),
        build_deaf_watchdog,
        oracles=(oracles.live_connections_are_kept, oracles.views_match),
        parts=PATIENT,
    )
)
