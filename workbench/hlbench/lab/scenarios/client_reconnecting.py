"""What a client restores after its connection ended: S28 to S31, S33, S34.

S28 to S31 are told with a model of how the official Python SDK keeps its subscriptions: what is subscribed before the
socket opens is queued, `on_open` replays the queue and never clears it, and what is subscribed later is known only to
the map of active subscriptions (python-sdk WebsocketManager). `hlbench.lab.real_clients` shows the same with the SDK
itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.surroundings import FAULT, MARKET, cut, delay_reply, market_fills, server_closes
from hlbench.lab.traders import Trader
from hlbench.lab.world import Message, World

ONLY_ONCE = ("orderUpdates", "userEvents")
"""Types that the SDK refuses to subscribe to twice, since their messages name no user."""


class SdkManager(Trader):
    """The subscriptions of one program, kept as the SDK keeps them, on a socket that reconnects.

    Source: python-sdk WebsocketManager; its users call `run_forever(reconnect=1)` (python-sdk#255).
    """

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.queued: list[str] = []
        self.active: dict[str, int] = {}
        """Callbacks per type."""
        self.is_ready = False
        """Set by the first `on_open`, never taken back."""

    def want(self, type_: str) -> Script:
        """What the program calls: subscribe now, or queue it until the socket opens."""
        if self.is_ready:
            yield from self.activate(type_)
        else:
            self.queued.append(type_)

    def activate(self, type_: str) -> Script:
        """
        Raises:
            NotImplementedError: the type has a callback already.
        """
        if type_ in ONLY_ONCE and self.active.get(type_):
            raise NotImplementedError(f"Cannot subscribe to {type_} multiple times")
        self.active[type_] = self.active.get(type_, 0) + 1
        assert self.link is not None
        yield from self.subscribe(self.link, type_)

    def go_online(self) -> Script:
        self.link = yield from self.connect()
        yield from self.on_open()

    def on_open(self) -> Script:
        """Replay the queue. An exception ends it: the WebSocket library logs it and goes on."""
        assert self.link is not None
        late = [type_ for type_ in self.active if type_ not in self.queued]
        self.is_ready = True
        for type_ in self.queued:
            try:
                yield from self.activate(type_)
            except NotImplementedError as error:
                self.ignore(None, f"on_open ended: {error}", connection=self.link.connection)
                return
        if late:
            reason = f"on_open replayed the queue only: {', '.join(late)} was subscribed to later"
            self.ignore(None, reason, connection=self.link.connection)

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        """Every callback counts it."""
        callbacks = self.active["userFills"]
        for number in range(1, callbacks + 1):
            self.count(row, message, why=f"in callback {number} of {callbacks}" if callbacks > 1 else None)


class SoundManager(SdkManager):
    """As it should be: a subscription is known once; each connection gets all of them, and the acks are awaited."""

    def want(self, type_: str) -> Script:
        self.queued.append(type_)
        if self.is_ready:
            yield from self.activate(type_)

    def on_open(self) -> Script:
        assert self.link is not None
        self.is_ready = True
        self.active.clear()
        for type_ in self.queued:
            yield from self.activate(type_)
        for type_ in self.queued:
            yield from self.acked(self.link, type_)

    def take_fill(self, row: dict[str, Any], message: Message) -> None:
        Trader.take_fill(self, row, message)


def outlives_a_cut(me: SdkManager, before: Sequence[str], after: Sequence[str]) -> Script:
    """Subscribe, place an order, lose the connection, come back; then the order is filled.

    Args:
        before: subscribed to before the socket opens.
        after: subscribed to once it is open.
    """
    world = me.world
    for type_ in before:
        yield from me.want(type_)
    yield from me.go_online()
    link = me.link
    assert link is not None
    for type_ in after:
        yield from me.want(type_)
    for type_ in (*before, *after):
        yield from me.acked(link, type_)
    oid = yield from me.rest()
    if "orderUpdates" in (*before, *after):
        yield from me.updates(1)
    world.spawn(FAULT, cut(world, link))
    yield from me.closed(link)
    yield from me.go_online()
    world.spawn(MARKET, market_fills(world, me, oid))
    yield from me.listen()


def managed(before: Sequence[str], after: Sequence[str] = ()) -> Callable[[World, Variant, Size], None]:
    def build(world: World, variant: Variant, size: Size) -> None:
        manager = SdkManager if variant == "failing" else SoundManager
        world.spawn("alice", outlives_a_cut(manager(world, "alice"), before, after))

    return build


add_scenario(
    Scenario(
        "S28",
        "the reconnect ends in on_open",
        "client",
        "orderUpdates and userFills are queued before the socket opens. After a reconnect on_open replays the queue"
        " through subscribe, which refuses a second orderUpdates and raises; the library logs it, and the connection"
        " is open without any subscription. (The Python SDK with run_forever(reconnect=1), as its users call it.)",
        "O5",
        0,
        ("hyperliquid-dex/hyperliquid-python-sdk#191", "hyperliquid-dex/hyperliquid-python-sdk#255"),
        managed(["orderUpdates", "userFills"]),
        size=Size(faults=1),
        oracles=(oracles.views_match,),
    )
)

add_scenario(
    Scenario(
        "S29",
        "callbacks multiply with each reconnect",
        "client",
        "userFills is queued before the socket opens. Each on_open replays the queue and appends the callback once"
        " more: after n reconnects a fill is counted n + 1 times, and the position grows faster than the trades."
        " (The Python SDK with run_forever(reconnect=1), as its users call it.)",
        "O4",
        0,
        ("nomeida/hyperliquid#34", "hyperliquid-dex/hyperliquid-python-sdk#255"),
        managed(["userFills"]),
        size=Size(faults=1),
        oracles=(oracles.fills_count_once, oracles.positions_match),
    )
)

add_scenario(
    Scenario(
        "S30",
        "late subscriptions are not restored",
        "client",
        "A subscription made after the socket opened is only in the map of active ones. A reconnect replays the queue,"
        " not the map. (The Python SDK with run_forever(reconnect=1), as its users call it.)",
        "O5",
        0,
        (
            "nomeida/hyperliquid#76",
            "nktkas/hyperliquid#23",
            "hyperliquid-dex/hyperliquid-python-sdk#191",
            "taoshidev/vanta-network#840",
        ),
        managed([], ["orderUpdates"]),
        size=Size(faults=1),
        oracles=(oracles.views_match,),
    )
)


# -- S31: silent death ------------------------------------------------------------------------------------------


def closed_in_silence(me: SdkManager, *, is_told: bool) -> Script:
    world = me.world
    yield from me.want("orderUpdates")
    yield from me.go_online()
    link = me.link
    assert link is not None
    yield from me.acked(link, "orderUpdates")
    world.spawn(FAULT, server_closes(world, link))
    yield from me.closed(link)
    if is_told:
        yield from me.go_online()
    else:
        reason = "the close: the reader thread ended, no callback said so, and the ready flag stays set"
        me.ignore(None, reason, connection=link.connection)
    yield from me.rest()
    yield from me.listen()


def build_silent_death(world: World, variant: Variant, size: Size) -> None:
    is_told = variant == "passing"
    manager = SoundManager if is_told else SdkManager
    world.spawn("alice", closed_in_silence(manager(world, "alice"), is_told=is_told))


add_scenario(
    Scenario(
        "S31",
        "silent death",
        "client",
        "The server closes in good order. The manager's thread ends; no exception and no callback reaches the program,"
        " the ready flag stays set, the subscriptions are still listed. Orders go on, their updates do not come.",
        "O10",
        0,
        (
            "hyperliquid-dex/hyperliquid-python-sdk#145",
            "hyperliquid-dex/hyperliquid-python-sdk#136",
            "hyperliquid-dex/hyperliquid-rust-sdk#27",
        ),
        build_silent_death,
        size=Size(faults=1),
        oracles=(oracles.ends_are_noticed, oracles.views_match),
    )
)


# -- S33: the gap -----------------------------------------------------------------------------------------------


def over_the_gap(me: Trader, *, reconciles: bool, faults: int) -> Script:
    world = me.world
    link = yield from me.come_online("orderUpdates")
    oid = yield from me.rest()
    yield from me.updates(1)
    world.spawn(MARKET, market_fills(world, me, oid))
    if faults:
        world.spawn(FAULT, cut(world, link))
        yield from me.closed(link)
        link = yield from me.come_online("orderUpdates")
        if reconciles:
            yield from me.reconcile()
        else:
            me.ignore(None, "what happened during the gap: it was not asked for", connection=link.connection)
    yield from me.listen()


def build_gap(world: World, variant: Variant, size: Size) -> None:
    me = Trader(world, "alice")
    world.spawn("alice", over_the_gap(me, reconciles=variant == "passing", faults=size.faults))


add_scenario(
    Scenario(
        "S33",
        "reconnect gap",
        "client",
        "A connection is cut, an order is filled, the client reconnects and subscribes again. Nothing is replayed, so"
        " it still believes that the order is open. After all acks, open orders and their status must be asked for.",
        "O5",
        1,
        ("nautechsystems/nautilus_trader#4991", "hummingbot/hummingbot#8250", "bitfinexcom/bitfinex-api-node#247"),
        build_gap,
        size=Size(faults=1),
        oracles=(oracles.views_match, oracles.nobody_waits),
    )
)


# -- S34: an old snapshot ---------------------------------------------------------------------------------------


class Overwriter(Trader):
    """Takes every answer for the newest news."""

    def take_over(self, ticket: int) -> Script:
        rows: Any = yield from self.reply(ticket)
        still_open = [row["oid"] for row in rows]
        for oid in still_open:
            self.assume(oid, "open", source="an openOrders answer that is older than the stream")
        for oid in [oid for oid, status in self.view.items() if status == "open"]:
            if oid not in still_open:
                self.assume(oid, "canceled", source="its absence from an openOrders answer")


def polls_while_it_streams(me: Trader, *, faults: int) -> Script:
    world = me.world
    yield from me.come_online("orderUpdates")
    oid = yield from me.rest()
    yield from me.updates(1)
    ticket = yield from me.ask({"type": "openOrders", "user": me.address})
    if faults:
        world.spawn(FAULT, delay_reply(world, ticket))
    world.spawn(MARKET, market_fills(world, me, oid))
    yield from me.take_over(ticket)
    yield from me.listen()


def build_polling(world: World, variant: Variant, size: Size) -> None:
    trader = Overwriter if variant == "failing" else Trader
    world.spawn("alice", polls_while_it_streams(trader(world, "alice"), faults=size.faults))


add_scenario(
    Scenario(
        "S34",
        "reconciliation races the stream",
        "client",
        "Open orders are read while an order is being filled. The answer is slow: it is older than the fill that the"
        " stream brings, but comes after it. Applied last, it opens the order again. What ended an order must win.",
        "O5",
        3,
        ("nautechsystems/nautilus_trader#4288",),
        build_polling,
        size=Size(faults=1),
        oracles=(oracles.views_match, oracles.nobody_waits),
    )
)
