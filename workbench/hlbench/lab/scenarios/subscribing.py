"""Subscribe, acknowledge, snapshot, broadcast: S11 to S16."""

from collections.abc import Iterable
from typing import Any

import msgspec

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Answer, Client
from hlbench.lab.end_checks import oids_of, told_of_own_orders
from hlbench.lab.scenarios.programs import TAKING, WALLETS, follow, listen, order, tab
from hlbench.lab.world import Message, World
from hlmock.verdicts.codes import VerdictCode


def build_early_order(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _early_order(me, size.orders, waits=variant == "passing"))


def _early_order(me: Client, orders: int, *, waits: bool) -> Script:
    link = yield from me.connect()
    yield from me.subscribe(link)
    if waits:
        yield from me.acked(link)
    yield from order(me, orders)
    yield from listen(me)


def build_trader(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, tab(me, size.orders))


def build_fills(world: World, variant: Variant, size: Size) -> None:
    """A bot that trades, and a dashboard that comes to watch its fills."""
    bot, dashboard = Client(world, "bot", account="alice"), Client(world, "dashboard", account="alice")
    world.spawn(bot.name, _take(bot, size.orders))
    world.spawn(dashboard.name, _watch_fills(dashboard))


def _take(me: Client, orders: int) -> Script:
    for _ in range(orders):
        ticket = yield from me.place(TAKING, tif="Ioc")
        yield from me.reply(ticket)


def _watch_fills(me: Client) -> Script:
    yield from follow(me, "userFills")
    yield from listen(me)


class GatedClient(Client):
    """Takes nothing from a stream before its acknowledgement."""

    def handle(self, message: Message) -> None:
        channel = msgspec.json.decode(message.data)["channel"]
        if channel == "orderUpdates" and (message.connection, channel) not in self._acks:
            self.ignore(message, "the subscription is not acknowledged yet")
        else:
            super().handle(message)


def build_gated(world: World, variant: Variant, size: Size) -> None:
    """A bot that trades, and a dashboard that comes to watch its orders."""
    bot, dashboard = Client(world, "bot", account="alice"), GatedClient(world, "dashboard", account="alice")
    world.spawn(bot.name, order(bot, size.orders))
    world.spawn(dashboard.name, tab(dashboard))


class ReplyFirst(Client):
    """Knows an order by the oid of its reply.

    Args:
        keeps: keep updates of unknown orders until the replies are in, instead of dropping them.
    """

    def __init__(self, world: World, name: str, *, keeps: bool) -> None:
        super().__init__(world, name)
        self._keeps = keeps
        self._known: set[int] = set()
        self._kept: list[tuple[dict[str, Any], Message]] = []

    def learn(self, answer: Answer) -> None:
        """Take over a reply, and the updates that have waited for it."""
        self._known.update(oids_of(answer))
        kept, self._kept = self._kept, []
        self._apply_all(kept)

    def apply(self, row: dict[str, Any], message: Message) -> None:
        if row["order"]["oid"] in self._known:
            super().apply(row, message)
        elif self._keeps:
            self._kept.append((row, message))
        else:
            self.ignore(message, "its order is unknown")

    def _apply_all(self, rows: Iterable[tuple[dict[str, Any], Message]]) -> None:
        for row, message in rows:
            self.apply(row, message)


def build_reply_first(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = ReplyFirst(world, name, keeps=variant == "passing")
        world.spawn(name, _learn_from_replies(me, size.orders))


def _learn_from_replies(me: ReplyFirst, orders: int) -> Script:
    yield from follow(me)
    for number in range(orders):
        ticket = yield from me.place(f"{50_000 + number}")
        answer = yield from me.reply(ticket)
        me.learn(answer)
    yield from listen(me)


add_scenario(
    Scenario(
        "S11",
        "the order before the subscription",
        "client",
        "The client writes its subscribe frame, does not wait, and orders over HTTP. When the server handles the order"
        " first, nobody is subscribed yet and the update goes to nobody. A sleep hides it; waiting for the"
        " acknowledgement cures it.",
        "O1",
        1,
        ("recomma/recomma commits 43ad9a6, 6185f4d, 300c3d2",),
        build_early_order,
        "order-before-ack",
        oracles=(told_of_own_orders("O1"),),
        verdict=VerdictCode.BEFORE_SUBSCRIPTION,
    )
)

add_scenario(
    Scenario(
        "S12",
        "acknowledged before it is registered",
        "server",
        "The client waits for the acknowledgement and then orders. The server has sent the acknowledgement before it"
        " registered the subscription, looks the update up in between, and loses it.",
        "D1",
        2,
        ("follows from the design of the founding case's server",),
        build_trader,
        "ack-before-registration",
        verdict=VerdictCode.BEFORE_SUBSCRIPTION,
    )
)

add_scenario(
    Scenario(
        "S13",
        "a fill between snapshot and stream",
        "server",
        "A dashboard subscribes to the fills of a bot that trades. The snapshot is read, a fill commits, and only then"
        " is the subscription registered: the fill is in neither.",
        "D1",
        2,
        ("Centrifugo and GoldRush publish offset and epoch against this",),
        build_fills,
        "snapshot-before-registration",
    )
)

add_scenario(
    Scenario(
        "S14",
        "a fill in both snapshot and stream",
        "server",
        "A dashboard subscribes to the fills of a bot that trades. The subscription is registered, a fill commits, and"
        " only then is the snapshot read: the fill is in both, and the position doubles.",
        "D1",
        2,
        ("wjllance/StandX-CLI PR#291",),
        build_fills,
        "snapshot-after-registration",
    )
)

add_scenario(
    Scenario(
        "S15",
        "data before the acknowledgement",
        "server",
        "A dashboard subscribes while a bot trades. An update is sent after the registration and before the"
        " acknowledgement, for which the dashboard waits before it listens.",
        "D1",
        1,
        ("follows from the design of the founding case's server",),
        build_gated,
        "data-before-ack",
        verdict=VerdictCode.CLIENT_IGNORED,
    )
)

add_scenario(
    Scenario(
        "S16",
        "the update overtakes the reply",
        "client",
        "The update of a new order comes over the WebSocket before the HTTP reply that names its oid. The client drops"
        " what it does not know, and the order never opens.",
        "O5",
        1,
        ("enarjord/passivbot PR#1426", "hummingbot/hummingbot#7738"),
        build_reply_first,
        "unknown-oid-dropped",
        oracles=(told_of_own_orders("O5"),),
        verdict=VerdictCode.CLIENT_IGNORED,
    )
)
