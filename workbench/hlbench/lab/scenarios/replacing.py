"""Modifies and cloids: S37 and S47."""

from collections.abc import Sequence
from typing import Any

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Client, order_action
from hlbench.lab.end_checks import broken, oids_of, one_order_per_request
from hlbench.lab.parts import Parts
from hlbench.lab.scenarios.programs import follow, listen
from hlbench.lab.surroundings import MARKET, market_fills
from hlbench.lab.world import Message, World
from hlmock.exchange.model.changes import Change, OrderChange
from hlmock.paths.core import Core
from hlmock.verdicts.violations import Violation
from hlmock.wire.addresses import Address

CLOID = f"0x{0x37:032x}"


class CanceledFirst(Core):
    """Announces the end of a modified order before its replacement. Seen on the real exchange too."""

    def _commit_changes(self, commit: int, changes: Sequence[Change], *rest: Any, **more: Any) -> None:
        ended = [each for each in changes if isinstance(each, OrderChange) and each.status == "canceled"]
        super()._commit_changes(commit, [*ended, *[each for each in changes if each not in ended]], *rest, **more)


class InTwoMessages(Core):
    """Announces a modified order's replacement in one message and its end in the next. Seen as well."""

    def _commit_changes(self, commit: int, changes: Sequence[Change], *rest: Any, **more: Any) -> None:
        ended = [each for each in changes if isinstance(each, OrderChange) and each.status == "canceled"]
        super()._commit_changes(commit, [each for each in changes if each not in ended], *rest, **more)
        super()._commit_changes(commit, ended, *rest, **more)


class FilesByCloid(Client):
    """Keeps one status per cloid; what has ended stays ended.

    Args:
        follows_oid: know that a modified order goes on under a new oid.
    """

    def __init__(self, world: World, name: str, *, follows_oid: bool) -> None:
        super().__init__(world, name)
        self._follows_oid = follows_oid
        self.orders: dict[str, tuple[int, str]] = {}
        """Oid and status by cloid."""

    def apply(self, row: dict[str, Any], message: Message) -> None:
        oid, cloid, status = row["order"]["oid"], row["order"]["cloid"], row["status"]
        known, believed = self.orders.get(cloid, (0, "open"))
        if self._follows_oid and oid < known:
            self.ignore(message, f"#{oid} has been replaced by #{known}")
        elif believed != "open" and not (self._follows_oid and oid > known):
            self.ignore(message, f"the order {cloid} has ended")
        else:
            self.orders[cloid] = (oid, status)
        super().apply(row, message)


def build_modify(world: World, variant: Variant, size: Size) -> None:
    me = FilesByCloid(world, "alice", follows_oid=variant == "passing")
    world.spawn(me.name, _modify(me, size.orders))


def build_modify_soundly(world: World, variant: Variant, size: Size) -> None:
    me = FilesByCloid(world, "alice", follows_oid=True)
    world.spawn(me.name, _modify(me, size.orders))


def _modify(me: Client, orders: int) -> Script:
    yield from follow(me)
    for number in range(orders):
        cloid = f"0x{0x370 + number:032x}"
        ticket = yield from me.place("50000", cloid=cloid)
        answer = yield from me.reply(ticket)
        (oid,) = oids_of(answer)
        spec = order_action("50001", cloid=cloid)["orders"][0]
        ticket = yield from me.act({"type": "modify", "oid": oid, "order": spec})
        yield from me.reply(ticket)
    yield from listen(me)


def build_cloid_reuse(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _reuse_cloid(me, size.orders))


def _reuse_cloid(me: Client, orders: int) -> Script:
    """Orders with one cloid, each of which somebody takes sooner or later."""
    yield from follow(me)
    for number in range(orders):
        ticket = yield from me.place(f"{50_000 + number}", cloid=CLOID)
        if not number:
            me.world.spawn(MARKET, market_fills(me.world, me, CLOID))
        yield from me.reply(ticket)
    yield from listen(me)


def believes_in_open_orders(world: World) -> list[Violation]:
    """O5: whoever files by cloid believes in each order of its account that is open, and in no other."""
    found: list[Violation] = []
    for client in world.clients.values():
        account = world.core.exchange.accounts.get(Address(client.address))
        if not isinstance(client, FilesByCloid) or account is None:
            continue
        actual = {order.cloid for order in account.open_orders.values()}
        believed = {cloid for cloid, (_, status) in client.orders.items() if status == "open"}
        for cloid in sorted(each for each in actual ^ believed if each is not None):
            status = client.orders.get(cloid, (0, "unknown"))[1]
            text = f"{client.name} believes that {cloid} is {status}; at the exchange it is"
            found.append(broken("O5", world, f"{text} {'open' if cloid in actual else 'not open'}"))
    return found


def replaced_by_new_oid(world: World) -> list[Violation]:
    """O5: every modify that was carried out has ended the old oid and opened a new one."""
    return [
        broken("O5", world, f"#{oid} was modified and goes on under its oid: {client.name} waits for another one")
        for client in world.clients.values()
        for oid in client.view
        for order in [world.core.exchange.orders[oid]]  # type: ignore[index]
        if order.is_open and order.limit_px == 50_001 and client.replies and oid in _first_oids(client)
    ]


def _first_oids(client: Client) -> set[int]:
    return {oid for answer in client.replies.values() for oid in oids_of(answer)}


_STORY = (
    "A client modifies an order. The exchange cancels it and places another one with the same cloid, and says so. The"
    " client files by cloid, and for it what has ended has ended: it gives up an order that rests."
)

_CITED = ("nautechsystems/nautilus_trader#3827", "nautechsystems/nautilus_trader PR#3831")


# The recorded form, both in one message and the new one first, is the subject of `client_modifies`.


def _read_as_cancel(name: str, form: str, parts: Parts) -> None:
    add_scenario(
        Scenario(
            name,
            f"a modify read as a cancel: {form}",
            "client",
            _STORY,
            "O5",
            1,
            _CITED,
            build_modify,
            "modify-read-as-cancel",
            oracles=(believes_in_open_orders,),
            parts=parts,
        )
    )


_read_as_cancel("S37d", "the cancelled one first", Parts(core=CanceledFirst))
_read_as_cancel("S37e", "in two messages", Parts(core=InTwoMessages))

add_scenario(
    Scenario(
        "S37",
        "a mock that keeps the oid",
        "server",
        "A client modifies an order and waits for its new oid. This server changes the order in its place: tests of the"
        " client's bookkeeping pass here and fail on the exchange.",
        "O5",
        0,
        ("recomma/hyperliquid-mock", *_CITED),
        build_modify_soundly,
        "oid-kept-on-modify",
        oracles=(replaced_by_new_oid,),
    )
)

add_scenario(
    Scenario(
        "S47",
        "a cloid used again",
        "server",
        "A bot uses a cloid again when it thinks that its order is filled. When it is not filled yet, the exchange"
        " refuses the second order; this server modifies the first one and answers as if it had placed another.",
        "O12",
        1,
        (
            "recomma/hyperliquid-mock",
            "nkaz001/hftbacktest#146",
            "hyperliquid-dex/hyperliquid-python-sdk#251",
        ),
        build_cloid_reuse,
        "cloid-reuse-modifies",
        Size(orders=2),
        oracles=(one_order_per_request("O12"),),
    )
)
