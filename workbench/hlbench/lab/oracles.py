"""Oracles: what a client must end up with, which the promises of the server (D1 to D8) cannot say.

Each is a claim about a finished run: the books of a client program against the exchange's own, or what a program did
about the end of its connections. O1 to O14 are the catalogue's claims; those about the server alone are promises:
O1 and O4 of a delivery are D1 and D2, O2 is D4, O3 is D3, O7 is D5, O8 is D1, O11 is D6.

Rule: the sentence ends with what the client stage says of the cause: what the program ignored, and why.
"""

from collections.abc import Callable, Iterator

from hlbench.lab.clients import Client
from hlbench.lab.traders import ZERO, Trader
from hlbench.lab.world import World
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import Oid
from hlmock.trace import stages
from hlmock.trace.events import ConnectionEnded, DeliveryEnded, Note, TraceEvent
from hlmock.verdicts.violations import Violation

Oracle = Callable[[World], list[Violation]]
"""A claim of a scenario that the promises do not cover; judged at the end of a run."""

SECOND_NS = 1_000_000_000

SOON_NS = 5 * SECOND_NS
"""Within what a program must do something about a lost connection. Our choice."""

SILENCE_NS = 60 * SECOND_NS
"""After what a silent connection must not be trusted any more. Source: Hyperliquid docs, Timeouts and heartbeats."""


# -- the books --------------------------------------------------------------------------------------------------


def views_match(world: World) -> list[Violation]:
    """O5: the orders that a client believes to be open are those that are."""
    found = []
    for client, account in _traders(world):
        believed = {oid for oid, status in client.view.items() if status == "open"}
        for oid in sorted(believed ^ account.open_orders.keys()):
            order = world.core.exchange.orders.get(Oid(oid))
            actual = "does not know it" if order is None else f"says {order.status}"
            if order is not None and order.account != client.address:
                actual = f"has it for {_name_of(world, order.account)}"
            belief = f"believes that #{oid} is {client.view[oid]}" if oid in client.view else f"does not know #{oid}"
            text = f"{client.name} {belief}, the exchange {actual}"
            found.append(_violation(world, "O5", client, text, oid))
    return found


def views_are_own(world: World) -> list[Violation]:
    """O2: nobody takes another account's order for one of its own."""
    found = []
    for client, _ in _traders(world):
        for oid in sorted(client.view):
            order = world.core.exchange.orders.get(Oid(oid))
            if order is not None and order.account != client.address:
                owner = _name_of(world, order.account)
                text = f"{client.name} took #{oid} for an order of its own, it is {owner}'s"
                found.append(_violation(world, "O2", client, text, oid))
    return found


def fills_count_once(world: World) -> list[Violation]:
    """O4: every fill is counted exactly once."""
    found = []
    for client, account in _traders(world):
        for fill in account.fills:
            times = client.counted.get(fill.tid, 0)
            if times != 1:
                often = "never counted" if times == 0 else f"counted {times} times"
                text = f"{client.name} {often} fill {fill.tid} of {fill.sz:f} on #{fill.oid}"
                found.append(_violation(world, "O4", client, text, fill.oid))
    return found


def filled_sizes_match(world: World) -> list[Violation]:
    """O13: the filled size that a client believes is the executed one."""
    found = []
    for client, account in _traders(world):
        actual = dict.fromkeys(client.filled, ZERO)
        for fill in account.fills:
            actual[fill.oid] = actual.get(fill.oid, ZERO) + fill.sz
        for oid, size in actual.items():
            believed = client.filled.get(oid, ZERO)
            if believed != size:
                text = f"{client.name} believes that {believed:f} of #{oid} is filled, the exchange executed {size:f}"
                found.append(_violation(world, "O13", client, text, oid))
    return found


def positions_match(world: World) -> list[Violation]:
    """O13: the position that a client has worked out is the exchange's."""
    found = []
    for client, account in _traders(world):
        actual = account.positions[0].szi if 0 in account.positions else ZERO
        if client.position != actual:
            text = f"{client.name} works with a position of {client.position:f}, it is {actual:f}"
            found.append(_violation(world, "O13", client, text, None))
    return found


def never_overfilled(world: World) -> list[Violation]:
    """O13: no more is executed than a client meant to trade."""
    found = []
    for client, account in _traders(world):
        filled = sum((fill.sz for fill in account.fills), ZERO)
        if client.wants is not None and filled > client.wants:
            text = f"{client.name} meant to trade {client.wants:f}, {filled:f} was executed"
            found.append(_violation(world, "O13", client, text, None))
    return found


def one_effect(world: World) -> list[Violation]:
    """O12: what a client wanted is at the exchange once, filled or resting: not twice, not in part."""
    found = []
    for client, account in _traders(world):
        if client.wants is None:
            continue
        filled = sum((fill.sz for fill in account.fills), ZERO)
        resting = sum((order.sz for order in account.open_orders.values()), ZERO)
        if filled + resting != client.wants:
            text = f"{client.name} wanted {client.wants:f}, the exchange has {filled:f} filled and {resting:f} resting"
            found.append(_violation(world, "O12", client, text, None))
    return found


# -- connections ------------------------------------------------------------------------------------------------


def ends_are_noticed(world: World) -> list[Violation]:
    """O10: a program whose connection ended has another one, or has ended it itself."""
    found = []
    for client, _ in _traders(world):
        for event in _ends(world, client):
            if not _was_closed_by_client(event) and _next_connection(world, client, event) is None:
                text = f"{client.name} does not know that {event.connection} has ended: it works on without a stream"
                found.append(_violation(world, "O10", client, text, None, event))
    return found


def gaps_are_short(world: World) -> list[Violation]:
    """O1: a lost connection is replaced at once, since nothing that happens meanwhile is ever sent."""
    found = []
    for client, _ in _traders(world):
        for event in _ends(world, client):
            later = _next_connection(world, client, event)
            if later is not None and later.mono_ns - event.mono_ns > SOON_NS:
                seconds = (later.mono_ns - event.mono_ns) / SECOND_NS
                text = f"{client.name} was without a connection for {seconds:.0f} s after the end of {event.connection}"
                found.append(_violation(world, "O1", client, text, None, event, later))
    return found


def never_idle(world: World) -> list[Violation]:
    """O14: a program that means to stay is never closed as inactive."""
    found = []
    for client, _ in _traders(world):
        for event in _ends(world, client):
            if isinstance(event.detail, ConnectionEnded) and event.detail.reason == "Inactive":
                text = f"the server closed {event.connection} of {client.name}: it had nothing to send for 60 s"
                found.append(_violation(world, "O14", client, text, None, event))
    return found


def silence_is_noticed(world: World) -> list[Violation]:
    """O14: a connection on which nothing arrives any more is not trusted for ever."""
    found = []
    for client, _ in _traders(world):
        ended = {event.connection for event in _ends(world, client)}
        for opened in _connections(world, client):
            name = opened.connection or ""
            silent_ns = world.clock.ns - client.heard_ns.get(name, opened.mono_ns)
            if name not in ended and silent_ns > SILENCE_NS:
                text = f"{client.name} trusts {name}, on which nothing has arrived for {silent_ns / SECOND_NS:.0f} s"
                found.append(_violation(world, "O14", client, text, None, opened))
    return found


def live_connections_are_kept(world: World) -> list[Violation]:
    """O14: a program does not close a connection on which bytes arrive."""
    found = []
    for client, _ in _traders(world):
        for event in _ends(world, client):
            silent_ns = event.mono_ns - client.heard_ns.get(event.connection or "", -SILENCE_NS)
            if _was_closed_by_client(event) and silent_ns < SILENCE_NS // 2:
                seconds = silent_ns / SECOND_NS
                text = (
                    f"{client.name} closed {event.connection}, on which it had heard something {seconds:.0f} s before"
                )
                found.append(_violation(world, "O14", client, text, None, event))
    return found


# -- waiting ----------------------------------------------------------------------------------------------------


def nobody_waits(world: World) -> list[Violation]:
    """O6: every program comes to its end; whoever still waits, waits for ever."""
    return [
        _violation(world, "O6", client, f"{client.name} waits for ever", None)
        for client, _ in _traders(world)
        if client.name in world.actors and not client.is_done
    ]


# -- parts ------------------------------------------------------------------------------------------------------


def _traders(world: World) -> Iterator[tuple[Trader, Account]]:
    """Every program that keeps books, and its account at the exchange."""
    for client in world.clients.values():
        if isinstance(client, Trader):
            address = client.wallet.address
            yield client, world.core.exchange.accounts.get(address) or Account(address)


def _name_of(world: World, address: str) -> str:
    return next((client.name for client in world.clients.values() if client.address == address), address)


def _connections(world: World, client: Client) -> list[TraceEvent]:
    """The `connection.opened` of each of its connections."""
    return [
        event
        for event in world.log.since(0)
        if event.stage == stages.CONNECTION_OPENED and world.links[event.connection or ""].client == client.name
    ]


def _next_connection(world: World, client: Client, end: TraceEvent) -> TraceEvent | None:
    return next((event for event in _connections(world, client) if event.seq > end.seq), None)


def _ends(world: World, client: Client) -> list[TraceEvent]:
    """When the client heard of the end of each of its connections."""
    return [
        event
        for event in world.log.since(0)
        if event.stage == stages.CLIENT_RECEIVED
        and isinstance(event.detail, ConnectionEnded)
        and world.links[event.connection or ""].client == client.name
    ]


def _was_closed_by_client(event: TraceEvent) -> bool:
    return isinstance(event.detail, ConnectionEnded) and event.detail.reason == "closed by the client"


def _violation(
    world: World, oracle: str, client: Client, text: str, oid: int | None, *evidence: TraceEvent
) -> Violation:
    """A violation with what the client stage says of it: the last thing ignored, else the last news applied."""
    said = [event for event in world.log.since(0) if event.account == client.address]
    ignored = [event for event in said if event.stage == stages.CLIENT_IGNORED and event.oid in (None, oid)]
    applied = [event for event in said if event.stage == stages.CLIENT_APPLIED and oid is not None and event.oid == oid]
    last = (ignored or applied)[-1:]
    for event in last:
        if isinstance(event.detail, DeliveryEnded):
            text += f"; it ignored: {event.detail.reason}"
        elif isinstance(event.detail, Note):
            text += f"; it applied: {event.detail.what}"
    seqs = sorted({event.seq for event in (*evidence, *last, *applied)}) or [world.log.last_seq]
    return Violation(oracle, seqs[-1], f"{text}.", tuple(seqs))
