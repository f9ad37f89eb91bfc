"""Who is found for a key: S01 to S05."""

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Client
from hlbench.lab.scenarios.programs import WALLETS, follow, listen, open_tabs, order, responses
from hlbench.lab.world import World
from hlmock.signing.hashing import checksummed
from hlmock.signing.wallets import wallet
from hlmock.verdicts.codes import VerdictCode
from hlmock.wire.addresses import Address


def build_tabs(world: World, variant: Variant, size: Size) -> None:
    open_tabs(world, size.connections, size.orders)


def build_checksummed(world: World, variant: Variant, size: Size) -> None:
    """The last wallet's client writes its address with the checksum's capitals."""
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        written = checksummed(Address(me.address)) if name == WALLETS[size.wallets - 1] else me.address
        world.spawn(name, _watch_as(me, written, size.orders))


def _watch_as(me: Client, address: str, orders: int) -> Script:
    yield from follow(me, users=[address])
    yield from order(me, orders)
    yield from listen(me)


def build_reconnect(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _reconnect(me, size))


def _reconnect(me: Client, size: Size) -> Script:
    link = yield from follow(me)
    for _ in range(size.faults):
        yield from me.lose(link)
        link = yield from follow(me)
    yield from order(me, size.orders)
    yield from listen(me)


def build_desk(world: World, variant: Variant, size: Size) -> None:
    """One connection that watches every wallet, alice's first, and then trades for alice."""
    me = Client(world, "desk", account="alice")
    world.spawn(me.name, _desk(me, size, leaves=False))


def build_leaving_desk(world: World, variant: Variant, size: Size) -> None:
    """The same, but it stops watching the last wallet before it trades."""
    me = Client(world, "desk", account="alice")
    world.spawn(me.name, _desk(me, size, leaves=True))


def _desk(me: Client, size: Size, *, leaves: bool) -> Script:
    users = [wallet(name).address for name in WALLETS[: size.wallets]]
    link = yield from follow(me, users=users)
    if leaves:
        yield from me.unsubscribe(link, user=users[-1])
        yield from responses(me, link, len(users) + 1)
    yield from order(me, size.orders)
    yield from listen(me)


def build_closing_screen(world: World, variant: Variant, size: Size) -> None:
    """The last tab subscribes and unsubscribes."""
    open_tabs(world, max(size.connections - 1, 1), size.orders)
    if size.connections > 1:
        me = Client(world, f"tab{size.connections}", account="alice")
        world.spawn(me.name, _closing_screen(me))


def _closing_screen(me: Client) -> Script:
    link = yield from follow(me)
    yield from me.unsubscribe(link)
    yield from listen(me)


add_scenario(
    Scenario(
        "S01",
        "last writer wins",
        "server",
        "Two windows onto one account, each with a connection of its own, both acknowledged. The account trades, and"
        " only the window that subscribed last hears of it.",
        "D2",
        1,
        ("the founding report's first hypothesis", "JKorf/HyperLiquid.Net#90"),
        build_tabs,
        "registry-by-wallet",
        Size(connections=2),
        verdict=VerdictCode.OVERWRITTEN,
    )
)

add_scenario(
    Scenario(
        "S02",
        "an address in capitals",
        "server",
        "One SDK writes addresses in lower case, another with the checksum's capitals. Both are acknowledged; only one"
        " is ever told anything. No race: it looks like a flake because only some wallets fail.",
        "D4",
        0,
        ("recomma/hyperliquid-mock address_normalization_test", "hyperliquid-dex/hyperliquid-python-sdk#65"),
        build_checksummed,
        "case-sensitive-key",
        Size(),
        verdict=VerdictCode.KEY_DIFFERS,
    )
)

add_scenario(
    Scenario(
        "S03",
        "a late cleanup takes the new subscription",
        "server",
        "A connection breaks. The client notices at once, reconnects and subscribes again; the server notices later,"
        " and its cleanup of the old connection removes what the new one has just registered.",
        "D6",
        2,
        ("the founding report's third hypothesis",),
        build_reconnect,
        "cleanup-by-wallet",
        Size(faults=1),
        verdict=VerdictCode.REMOVED_BY_CLEANUP,
    )
)

add_scenario(
    Scenario(
        "S04",
        "two accounts on one connection",
        "server",
        "A desk watches two accounts on one connection. Both subscriptions are acknowledged, and the first account"
        " falls silent with the second.",
        "D2",
        0,
        ("recomma/hyperliquid-mock",),
        build_desk,
        "one-user-per-connection",
        Size(wallets=2),
        verdict=VerdictCode.DROPPED,
    )
)

add_scenario(
    Scenario(
        "S05",
        "unsubscribing one account ends the other",
        "server",
        "A desk watches two accounts on one connection and stops watching one of them. The other one falls silent too.",
        "D2",
        0,
        ("recomma/hyperliquid-mock", "hyperliquid-dex/hyperliquid-python-sdk PR#33"),
        build_leaving_desk,
        "unsubscribe-by-type",
        Size(wallets=2),
        verdict=VerdictCode.DROPPED,
    )
)

add_scenario(
    Scenario(
        "S05b",
        "closing one screen mutes the other",
        "server",
        "Two windows watch one account. One of them unsubscribes, and the other one falls silent.",
        "D2",
        1,
        ("recomma/hyperliquid-mock",),
        build_closing_screen,
        "unsubscribe-by-key",
        Size(connections=2),
        verdict=VerdictCode.DROPPED,
    )
)
