"""Whose order it is, and who may hear of it: S06 to S10."""

import msgspec

from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import Client, order_action, signed_body
from hlbench.lab.clock import START_MS
from hlbench.lab.end_checks import one_order_per_request, told_of_own_orders
from hlbench.lab.scenarios.programs import WALLETS, follow, listen, order, tab
from hlbench.lab.world import World
from hlmock.signing.wallets import wallet
from hlmock.verdicts.codes import VerdictCode

CLOID = f"0x{0xC10:032x}"


def build_unrecoverable(world: World, variant: Variant, size: Size) -> None:
    """Watchers, a connection that watches nobody, and a program whose signature recovers nobody."""
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, tab(me))
    idle = Client(world, "idle")
    world.spawn(idle.name, _idle(idle))
    mallory = Client(world, "mallory")
    world.spawn(mallory.name, _post_unsigned(mallory, size.orders))


def _idle(me: Client) -> Script:
    yield from me.connect()
    yield from listen(me)


def _post_unsigned(me: Client, orders: int) -> Script:
    for number in range(orders):
        body = msgspec.json.decode(signed_body(me.signer, msgspec.json.encode(order_action()), START_MS + number, None))
        body["signature"]["r"] = "0x0"
        ticket = yield from me.post(msgspec.json.encode(body))
        yield from me.reply(ticket)


def build_with_cloid(world: World, variant: Variant, size: Size) -> None:
    for name in WALLETS[: size.wallets]:
        me = Client(world, name)
        world.spawn(name, _order_with_cloid(me))


def _order_with_cloid(me: Client) -> Script:
    yield from follow(me)
    ticket = yield from me.place(cloid=CLOID)
    yield from me.reply(ticket)
    yield from listen(me)


def build_agent(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _trade_through_agent(me, size.orders, subscribes_agent=variant == "failing"))


def _trade_through_agent(me: Client, orders: int, *, subscribes_agent: bool) -> Script:
    agent = wallet(f"{me.name}'s agent")
    nonce = START_MS
    approval = {
        "type": "approveAgent",
        "hyperliquidChain": "Testnet",
        "signatureChainId": "0x66eee",
        "agentAddress": agent.address,
        "agentName": "bot",
        "nonce": nonce,
    }
    ticket = yield from me.act(approval, nonce=nonce)
    yield from me.reply(ticket)
    me.signer = f"{me.name}'s agent"
    yield from follow(me, users=[agent.address if subscribes_agent else me.address])
    yield from order(me, orders)
    yield from listen(me)


def build_sub_account(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _trade_for_sub_account(me, size.orders, subscribes_master=variant == "failing"))


def build_sub_account_watched(world: World, variant: Variant, size: Size) -> None:
    me = Client(world, "alice")
    world.spawn(me.name, _trade_for_sub_account(me, size.orders, subscribes_master=False))


def _trade_for_sub_account(me: Client, orders: int, *, subscribes_master: bool) -> Script:
    ticket = yield from me.act({"type": "createSubAccount", "name": "second"})
    answer = yield from me.reply(ticket)
    sub = answer["response"]["data"]
    deposit = {"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": True, "usd": 10_000_000_000}
    ticket = yield from me.act(deposit)
    yield from me.reply(ticket)
    yield from follow(me, users=[me.address if subscribes_master else sub])
    for number in range(orders):
        ticket = yield from me.act(order_action(f"{50_000 + number}"), vault=sub)
        yield from me.reply(ticket)
    yield from listen(me)


add_scenario(
    Scenario(
        "S06",
        "nobody's order goes to everybody",
        "server",
        "A request comes whose signature recovers no address. It is taken nevertheless, under an empty wallet, and"
        " everybody who is subscribed to anything gets it.",
        "D4",
        0,
        ("recomma/hyperliquid-mock",),
        build_unrecoverable,
        "unknown-signer-broadcast",
    )
)

add_scenario(
    Scenario(
        "S06b",
        "nobody's order goes to those who watch nobody",
        "server",
        "The same request, but the empty wallet is compared with each connection's user: those that have not"
        " subscribed get it, those that have do not.",
        "D4",
        0,
        ("recomma/hyperliquid-mock",),
        build_unrecoverable,
        "unknown-signer-match-empty",
    )
)

add_scenario(
    Scenario(
        "S07",
        "the order of a phantom wallet",
        "server",
        "A client signs what it sends; the server hashes what it would have sent. With a cloid the two differ, and the"
        " order belongs to an address that nobody has: answered with ok, and never heard of again.",
        "O1",
        0,
        ("hyperliquid-dex/hyperliquid-python-sdk#194", "recomma/hyperliquid-mock"),
        build_with_cloid,
        "reencoded-action-hash",
        oracles=(told_of_own_orders("O1"),),
        verdict=VerdictCode.NO_SUBSCRIPTION,
    )
)

add_scenario(
    Scenario(
        "S08",
        "subscribed to the agent",
        "client",
        "A client trades with an API wallet and subscribes to that wallet's address instead of the account's. It is"
        " acknowledged, its orders are carried out, its stream stays empty.",
        "O1",
        0,
        ("nautechsystems/nautilus_trader#3667", "ccxt/ccxt#26103", "ValueCell-ai/valuecell#609"),
        build_agent,
        "agent-subscribed",
        oracles=(told_of_own_orders("O1"),),
        verdict=VerdictCode.KEY_DIFFERS,
    )
)

add_scenario(
    Scenario(
        "S09",
        "subscribed to the master of a sub-account",
        "client",
        "A client trades for a sub-account, with `vaultAddress`, and subscribes to the master, whose key it signs with."
        " Fills show on the site and never in the bot.",
        "O1",
        0,
        ("hummingbot/hummingbot#6815", "ccxt/ccxt#25433", "freqtrade/freqtrade PR#12457"),
        build_sub_account,
        "master-subscribed",
        oracles=(told_of_own_orders("O1"),),
        verdict=VerdictCode.KEY_DIFFERS,
    )
)

add_scenario(
    Scenario(
        "S09b",
        "the sub-account's orders land on the master",
        "server",
        "A client trades for a sub-account and watches it. The server ignores `vaultAddress`: the orders become the"
        " master's, and so do their updates.",
        "O1",
        0,
        ("hummingbot/hummingbot#7312",),
        build_sub_account_watched,
        "vault-address-ignored",
        oracles=(told_of_own_orders("O1"),),
        verdict=VerdictCode.KEY_DIFFERS,
    )
)

add_scenario(
    Scenario(
        "S10",
        "two wallets use one cloid",
        "server",
        "Two programs number their orders alike. The second wallet's order is taken for a change of the first one's:"
        " it never exists, and the first wallet's order changes under its owner's hands.",
        "O12",
        1,
        ("recomma/hyperliquid-mock",),
        build_with_cloid,
        "cloid-scope-global",
        Size(wallets=2),
        oracles=(one_order_per_request("O12"),),
    )
)
