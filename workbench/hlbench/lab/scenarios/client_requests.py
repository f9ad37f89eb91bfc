"""Requests whose outcome is unknown, and nonces: S43 to S46."""

from typing import Any

from hlbench.lab import oracles
from hlbench.lab.actors import Script
from hlbench.lab.catalogue import Scenario, Size, Variant, add_scenario
from hlbench.lab.clients import order_action
from hlbench.lab.clock import START_MS
from hlbench.lab.surroundings import FAULT, cut, lose_reply
from hlbench.lab.traders import Trader, error_of
from hlbench.lab.world import World
from hlmock.signing.wallets import wallet

FIRST = "0x000000000000000000000000000000b1"
SECOND = "0x000000000000000000000000000000b2"

TIMEOUT_MS = 5_000


# -- S43: timeout, retry ----------------------------------------------------------------------------------------


def retries(me: Trader, *, again: bool, faults: int) -> Script:
    """
    Args:
        again: a retry is the same request again, after a look at what the exchange knows of it.
    """
    world = me.world
    body = me.sign(order_action(cloid=FIRST), START_MS)
    ticket = yield from me.post(body)
    if faults:
        world.spawn(FAULT, lose_reply(world, ticket))
    is_answered = yield from me.within(TIMEOUT_MS, lambda: ticket in me.replies)
    if not is_answered:
        if again:
            order = yield from me.status_of(FIRST)
            if order is None:
                ticket = yield from me.post(body)
                yield from me.reply(ticket)
        else:
            me.ignore(
                None, "an order without a reply was taken for one that was not placed, and its cloid not asked for"
            )
            yield from me.rest(cloid=SECOND)
    yield from me.listen()


def build_retry(world: World, variant: Variant, size: Size) -> None:
    me = Trader(world, "alice", wants="0.01")
    world.spawn("alice", retries(me, again=variant == "passing", faults=size.faults))


add_scenario(
    Scenario(
        "S43",
        "timeout, retry, duplicate",
        "client",
        "An order commits, its HTTP response is lost or late. The client times out and places it again under a new"
        " cloid: two orders. A retry must ask for the cloid first, and then be the very same request.",
        "O12",
        1,
        ("hummingbot/hummingbot#7294", "Virtual-Protocol/acp-cli#26", "scrtlabs/catalyst#317"),
        build_retry,
        size=Size(faults=1),
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)


# -- S44: unknown is not failed ---------------------------------------------------------------------------------

TRIES = 2


def impatient(me: Trader, *, gives_up: bool) -> Script:
    ticket = yield from me.place(cloid=FIRST)
    for _ in range(TRIES):
        order = yield from me.status_of(FIRST)
        if order is not None or ticket in me.replies:
            yield from me.listen()
    if gives_up:
        me.ignore(None, f"the order under way: 'unknownOid' {TRIES} times was read as 'failed'")
        yield from me.rest(cloid=SECOND)
    else:
        yield from me.reply(ticket)
    yield from me.listen()


def build_impatient(world: World, variant: Variant, size: Size) -> None:
    world.spawn("alice", impatient(Trader(world, "alice", wants="0.01"), gives_up=variant == "failing"))


add_scenario(
    Scenario(
        "S44",
        "a status query too early",
        "client",
        "An order is under way when its status is asked for: unknown. After a few tries the client declares it failed"
        " and places another: it stacks orders. Unknown is not failed.",
        "O12",
        1,
        ("nautechsystems/nautilus_trader#3879", "hummingbot/hummingbot#7619", "ccxt/ccxt#26656"),
        build_impatient,
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)


# -- S45: nonces ------------------------------------------------------------------------------------------------


class FrozenClock(Trader):
    """A program whose clock does not move between two requests."""

    def __init__(self, world: World, name: str, signer: str | None = None, **rest: Any) -> None:
        super().__init__(world, name, signer, **rest)
        self.last_nonce = 0

    def now_ms(self) -> int:
        return START_MS

    def next_nonce(self) -> int:
        """Never the same twice, whatever the clock says."""
        self.last_nonce = max(self.now_ms(), self.last_nonce + 1)
        return self.last_nonce

    def send_leg(self, px: str, nonce: int) -> Script:
        """Place one order and listen to what becomes of it."""
        ticket = yield from self.act(order_action(px), nonce=nonce)
        answer = yield from self.reply(ticket)
        refusal = error_of(answer)
        if refusal is not None:
            self.ignore(self.replied(ticket), f"the refusal of a leg: {refusal}")


def two_legs(me: FrozenClock, *, is_unique: bool) -> Script:
    for px in ("50000", "49000"):
        yield from me.send_leg(px, me.next_nonce() if is_unique else me.now_ms())
    yield from me.listen()


def build_collision(world: World, variant: Variant, size: Size) -> None:
    me = FrozenClock(world, "alice", wants="0.02")
    world.spawn("alice", two_legs(me, is_unique=variant == "passing"))


add_scenario(
    Scenario(
        "S45",
        "nonce collision",
        "client",
        "Two actions in one millisecond take the clock for their nonce: the second is refused, a leg of the pair is"
        " missing. A nonce is the larger of the clock and the last one plus one, per signer.",
        "O12",
        1,
        (
            "ccxt/ccxt#30348",
            "nomeida/hyperliquid#61",
            "hummingbot/hummingbot#7737",
            "JKorf/HyperLiquid.Net#75",
            "msei99/pbgui#172",
        ),
        build_collision,
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)

AGENT = "alice's second agent"


def second_process(me: FrozenClock) -> Script:
    yield from me.send_leg("49000", me.next_nonce())
    yield from me.listen()


def first_process(me: FrozenClock, other: FrozenClock) -> Script:
    """Approves the other's key, where it has one of its own, and starts it."""
    if other.signer != me.signer:
        nonce = me.next_nonce()
        action = {
            "type": "approveAgent",
            "hyperliquidChain": "Testnet",
            "signatureChainId": "0x66eee",
            "agentAddress": wallet(other.signer).address,
            "agentName": "second",
            "nonce": nonce,
        }
        ticket = yield from me.act(action, nonce=nonce)
        yield from me.reply(ticket)
    me.world.spawn(other.name, second_process(other))
    yield from me.send_leg("50000", me.next_nonce())
    yield from me.listen()


def build_two_processes(world: World, variant: Variant, size: Size) -> None:
    me = FrozenClock(world, "alice", wants="0.02")
    other = FrozenClock(world, "alice.second", None if variant == "failing" else AGENT, account="alice")
    world.spawn("alice", first_process(me, other))


add_scenario(
    Scenario(
        "S45b",
        "two processes, one key",
        "client",
        "Two processes sign with one key, each with nonces that are unique within itself: in one millisecond they"
        " collide. Each process needs an agent of its own.",
        "O12",
        1,
        ("ccxt/ccxt#30348", "hummingbot/hummingbot#7737"),
        build_two_processes,
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)


# -- S46: the same nonce again ----------------------------------------------------------------------------------


def resends(me: Trader, *, asks: bool, faults: int) -> Script:
    """An order goes over the WebSocket, which dies before the answer; the same frame goes over the next one.

    Args:
        asks: what a duplicate nonce means is asked of the exchange.
    """
    world = me.world
    body = me.sign(order_action(cloid=FIRST), START_MS)
    link = yield from me.connect()
    yield from me.post_frame(link, 1, body)
    if faults:
        world.spawn(FAULT, cut(world, link))
    yield from me.until(lambda: -1 in me.replies or me.is_closed(link))
    if -1 not in me.replies:
        link = yield from me.connect()
        yield from me.post_frame(link, 2, body)
        answer = yield from me.reply(-2)
        refusal = error_of(answer)
        if refusal is not None and asks:
            order = yield from me.status_of(FIRST)
            assert order is not None, "the nonce was used by nothing else"
        elif refusal is not None:
            me.ignore(None, f"'{refusal}' was read as a failure of the order", connection=link.connection)
            yield from me.rest(cloid=SECOND)
    yield from me.listen()


def build_resend(world: World, variant: Variant, size: Size) -> None:
    me = Trader(world, "alice", wants="0.01")
    world.spawn("alice", resends(me, asks=variant == "passing", faults=size.faults))


add_scenario(
    Scenario(
        "S46",
        "the same nonce again after a reconnect",
        "client",
        "An order is signed and sent, the socket dies before the answer. The client sends the identical payload again."
        " 'duplicate nonce' is the proof that the first one landed, not a failure: what became of it must be asked for,"
        " by cloid.",
        "O12",
        2,
        ("design of the exchange's nonces; no report known",),
        build_resend,
        size=Size(faults=1),
        oracles=(oracles.one_effect, oracles.nobody_waits),
    )
)
