"""Queue and fan-out: S17 to S25."""

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Client
from hlbench.lab.defects.fanouts import QUEUE
from hlbench.lab.end_checks import every_request_answered, frames_stay_whole, nothing_told_twice
from hlbench.lab.parts import Parts
from hlbench.lab.scenarios.programs import WALLETS, follow, listen, order, tab
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.world import World
from hlmock.delivery.outbox import OutboxLimits
from hlmock.paths.settings import CoreSettings
from hlmock.verdicts.codes import VerdictCode


def build_burst(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _burst(me, size.orders))


def _burst(me: Client, orders: int) -> Script:
    """So many orders at once; when all are answered, one more."""
    yield from follow(me)
    tickets = []
    for number in range(orders):
        ticket = yield from me.place(f"{50_000 + number}")
        tickets.append(ticket)
    for ticket in tickets:
        yield from me.reply(ticket)
    yield from order(me, 1, px=40_000)
    yield from listen(me)


def build_hanging_tab(world: World, variant: Variant, size: Size) -> None:
    """The first window stops reading; the others go on, and the last one trades."""
    hanging = Client(world, "tab1", account="alice")
    world.spawn(hanging.name, _hang(hanging, size.faults))
    for number in range(1, size.connections):
        me = Client(world, f"tab{number + 1}", account="alice")
        world.spawn(me.name, tab(me, size.orders if number == size.connections - 1 else 0))


def _hang(me: Client, faults: int, orders: int = 0) -> Script:
    link = yield from follow(me)
    if faults:
        yield from me.stop_reading(link)
    yield from order(me, orders)
    yield from listen(me)


def build_dying_tab(world: World, variant: Variant, size: Size) -> None:
    """The first window's connection breaks; the others go on, and the last one trades."""
    dying = Client(world, "tab1", account="alice")
    world.spawn(dying.name, _die(dying, size.faults))
    for number in range(1, size.connections):
        me = Client(world, f"tab{number + 1}", account="alice")
        world.spawn(me.name, tab(me, size.orders if number == size.connections - 1 else 0))


def _die(me: Client, faults: int) -> Script:
    link = yield from follow(me)
    if faults:
        yield from me.lose(link, is_reset=True)


def build_reconnect_meets_update(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _connect_while_trading(me, size))


def _connect_while_trading(me: Client, size: Size) -> Script:
    """Order on one connection and open another one before the answer is there; then go on trading."""
    yield from follow(me)
    tickets = []
    for number in range(size.connections - 1):
        ticket = yield from me.place(f"{60_000 + number}")
        tickets.append(ticket)
        link = yield from me.connect()
        yield from me.subscribe(link)
    for ticket in tickets:
        yield from me.reply(ticket)
    yield from order(me, size.orders - 1)
    yield from listen(me)


def build_hanging_wallet(world: World, variant: Variant, size: Size) -> None:
    """The first wallet's client stops reading and trades on; the others trade."""
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _hang(me, size.faults if name == WALLETS[0] else 0, size.orders))


def build_filled_at_once(world: World, variant: Variant, size: Size) -> None:
    """Each order is taken by somebody as soon as it is there."""
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _place_what_fills(me, size.orders))


def _place_what_fills(me: Client, orders: int) -> Script:
    yield from follow(me)
    for number in range(orders):
        cloid = f"0x{0x230 + number:032x}"
        ticket = yield from me.place(cloid=cloid)
        me.world.spawn(f"{MARKET}.{me.name}", market_fills(me.world, me, cloid))
        yield from me.reply(ticket)
    yield from listen(me)


def build_second_subscription(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _subscribe_while_trading(me, size.orders))


def _subscribe_while_trading(me: Client, orders: int) -> Script:
    link = yield from follow(me)
    for number in range(orders):
        yield from me.place(f"{50_000 + number}")
    yield from me.subscribe(link, "userFills")
    yield from listen(me)


add_scenario(
    Scenario(
        "S17",
        "one order of a burst",
        "server",
        f"A client places a burst of orders while its connection is busy. The queue holds {QUEUE} frames, and the next"
        " update is dropped in silence; the orders after the burst are announced as if nothing had happened. The sound"
        " server has the same short queue and closes the connection instead, so that the loss is seen.",
        "D2",
        None,
        ("recomma/hyperliquid-mock", "NATS documentation: slow consumers"),
        build_burst,
        "drop-on-full-queue",
        Size(orders=3),
        parts=Parts(settings=CoreSettings(outbox=OutboxLimits(max_frames=QUEUE))),
        verdict=VerdictCode.DROPPED,
    )
)

add_scenario(
    Scenario(
        "S18",
        "a client in a debugger stops everybody",
        "server",
        "Two windows watch one account. The first one stops reading, as a program in a debugger does, and the update"
        " waits for it; the second window waits too.",
        "D5",
        1,
        ("recomma/hyperliquid-mock", "NATS documentation: write deadline"),
        build_hanging_tab,
        "serial-fan-out",
        Size(connections=2, faults=1),
        verdict=VerdictCode.BLOCKED,
    )
)

add_scenario(
    Scenario(
        "S19",
        "behind a dead connection",
        "server",
        "Two windows watch one account. The first one's connection breaks and is still in the registry when the next"
        " update is sent. The write fails, the round ends, and the second window misses this update only.",
        "D2",
        1,
        ("follows from the design of the founding case's server",),
        build_dying_tab,
        "abort-on-first-write-error",
        Size(connections=2, orders=2, faults=1),
        verdict=VerdictCode.DROPPED,
    )
)

add_scenario(
    Scenario(
        "S20",
        "a subscription during a broadcast",
        "server",
        "A client opens a second connection while an order is under way. Its subscription changes the dict that the"
        " broadcaster is going through; the broadcaster dies, and nothing is sent any more.",
        "D2",
        1,
        ("nktkas/hyperliquid copies its listeners before it iterates",),
        build_reconnect_meets_update,
        "live-dict-iteration",
        Size(connections=2, orders=2),
        verdict=VerdictCode.PUBLISHER_STOPPED,
    )
)

add_scenario(
    Scenario(
        "S21",
        "a reconnect during a broadcast",
        "server",
        "A client opens a second connection while an order is under way. Between the broadcaster's two read locks the"
        " newcomer comes to wait for the write lock: each waits for the other, and the server is silent from then on.",
        "D2",
        2,
        ("recomma/hyperliquid-mock, both stored versions", "sonirico/go-hyperliquid PR#35"),
        build_reconnect_meets_update,
        "recursive-read-lock",
        Size(connections=2),
        verdict=VerdictCode.PUBLISHER_STOPPED,
    )
)

add_scenario(
    Scenario(
        "S22",
        "two frames in each other",
        "server",
        "A client trades and subscribes to a second stream. The acknowledgement and the update are written by two tasks"
        " at once, and their bytes mix: the client sees a protocol error under load.",
        "O9",
        2,
        ("follows from the design of the founding case's server",),
        build_second_subscription,
        "no-write-lock",
        oracles=(frames_stay_whole("O9"),),
    )
)

add_scenario(
    Scenario(
        "S23",
        "told twice that it filled",
        "server",
        "An order rests and is filled before its first update is sent. Both updates refer to the live order and say"
        " `filled`: the client never sees it open and counts the fill twice.",
        "O4",
        2,
        ("follows from the design of the founding case's server",),
        build_filled_at_once,
        "payload-by-reference",
        oracles=(nothing_told_twice("O4"),),
    )
)

add_scenario(
    Scenario(
        "S24",
        "open after filled",
        "server",
        "An order rests and is filled at once. Two workers send its two updates, the second one first: the client"
        " believes in an order that is gone.",
        "D3",
        2,
        ("hyperliquid-dex/hyperliquid-python-sdk#324",),
        build_filled_at_once,
        "two-publishers",
    )
)

add_scenario(
    Scenario(
        "S25",
        "order entry waits for a reader",
        "server",
        "One wallet's client stops reading. The next order holds the exchange's lock until its update is sent, and"
        " every other order waits for the lock.",
        "O6",
        1,
        ("follows from the design of the founding case's server",),
        build_hanging_wallet,
        "commit-lock-covers-send",
        Size(wallets=2, faults=1),
        oracles=(every_request_answered("O6"),),
    )
)
