"""Defects of the request's edge: whose order it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.defects.registries import FOUNDING_CASE
from hlbench.lab.parts import Parts, recovered_once
from hlmock.delivery.keys import key_of
from hlmock.delivery.registry import Registry, Subscription
from hlmock.exchange.engine import Exchange
from hlmock.exchange.identity import Acting, Chosen, Refused
from hlmock.exchange.outcome import Outcome
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.publisher import publish
from hlmock.signing.hashing import Network
from hlmock.signing.recovery import Candidate, Unrecoverable, recover_candidates
from hlmock.wire.actions import Action, Envelope
from hlmock.wire.addresses import Address

NOBODY = Address("")
"""What a failed recovery leaves in the wallet's variable."""


def recover_or_nobody(envelope: Envelope, networks: Sequence[Network]) -> Iterator[Candidate]:
    """A failed recovery is no refusal: the wallet stays empty."""
    try:
        return recovered_once(envelope, networks)
    except Unrecoverable:
        return iter([Candidate(NOBODY, b"", networks[0])])


class EmptyIsEveryone(Registry):
    """A key without a user matches every subscription of its type."""

    def resolve(self, key_text: str, commit: int) -> list[Subscription]:
        type_, _, user = key_text.partition(":")
        if user:
            return super().resolve(key_text, commit)
        return [each for each in self.active() if each.key.type == type_]


class EmptyIsUnsubscribed(Registry):
    """A connection's user is empty until it subscribes: a key without a user matches exactly those."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: Mapping[str, Connection] = {}

    def resolve(self, key_text: str, commit: int) -> list[Subscription]:
        type_, _, user = key_text.partition(":")
        if user:
            return super().resolve(key_text, commit)
        key = key_of(type_, user=NOBODY)
        return [Subscription(0, name, key, 0) for name in self.connections if not self.count_of(name)]


def publish_to_unsubscribed(core: Core) -> Steps:
    """Lets the registry see every connection, subscribed or not."""
    assert isinstance(core.registry, EmptyIsUnsubscribed)
    core.registry.connections = core.connections
    yield from publish(core)


_of_reencoded: dict[tuple[bytes, tuple[Network, ...]], list[Candidate]] = {}


def recover_reencoded(envelope: Envelope, networks: Sequence[Network]) -> Iterator[Candidate]:
    """Hash the parsed action as this server writes it: an order's cloid before its type."""
    key = (envelope.body, tuple(networks))
    if key not in _of_reencoded:
        packed = msgspec.msgpack.encode(_cloid_first(msgspec.msgpack.decode(envelope.packed)))
        _of_reencoded[key] = list(recover_candidates(msgspec.structs.replace(envelope, packed=packed), networks))
    return iter(_of_reencoded[key])


def _cloid_first(action: dict[str, object]) -> dict[str, object]:
    orders = action.get("orders")
    if not isinstance(orders, list):
        return action
    rewritten = [
        {name: order[name] for name in sorted(order, key=lambda name: name == "t")} if "c" in order else order
        for order in orders
    ]
    return {**action, "orders": rewritten}


class IgnoresVaultAddress(Exchange):
    """`vaultAddress` is verified with the signature and then forgotten."""

    def admit(
        self,
        chosen: Chosen,
        action: Action,
        vault: Address | None,
        now_ms: int,
        cosigners: Sequence[Address] = (),
    ) -> tuple[Acting | Refused, Outcome | None]:
        return super().admit(chosen, action, None, now_ms, cosigners)


def _apply_broadcast(parts: Parts) -> Parts:
    return replace(parts, recover=recover_or_nobody, registry=EmptyIsEveryone)


def _apply_match_empty(parts: Parts) -> Parts:
    return replace(parts, recover=recover_or_nobody, registry=EmptyIsUnsubscribed, publish=publish_to_unsubscribed)


add_defect(
    Defect(
        "unknown-signer-broadcast",
        "An order whose signer cannot be recovered is announced to everybody",
        "server",
        "A failed recovery leaves the wallet empty and the order is taken all the same. The fan-out treats the empty"
        " wallet as `everyone`: each subscriber gets somebody else's order.",
        "D4",
        (FOUNDING_CASE,),
        _apply_broadcast,
    )
)

add_defect(
    Defect(
        "unknown-signer-match-empty",
        "An order whose signer cannot be recovered is announced to those who watch nobody",
        "server",
        "A failed recovery leaves the wallet empty and the order is taken all the same. The fan-out compares the empty"
        " wallet with each connection's user, which is empty until it subscribes: exactly the wrong ones match.",
        "D4",
        (FOUNDING_CASE,),
        _apply_match_empty,
    )
)

add_defect(
    Defect(
        "reencoded-action-hash",
        "The action is hashed as the server would have written it",
        "server",
        "The server hashes its own encoding of the parsed action instead of the client's. With a cloid the two differ,"
        " recovery succeeds with an address that nobody has, and the order is filed under it: accepted, and never seen"
        " again.",
        "O1",
        (FOUNDING_CASE, "hyperliquid-dex/hyperliquid-python-sdk#194"),
        lambda parts: replace(parts, recover=recover_reencoded),
    )
)

add_defect(
    Defect(
        "vault-address-ignored",
        "Orders for a sub-account are filed under its master",
        "server",
        "The request's `vaultAddress` takes part in the signature and in nothing else. The order becomes the master's,"
        " so the sub-account's subscribers hear nothing.",
        "O1",
        ("hummingbot/hummingbot#7312", "hummingbot/hummingbot#6815", "ccxt/ccxt#25433", "freqtrade/freqtrade PR#12457"),
        lambda parts: replace(parts, exchange=IgnoresVaultAddress),
    )
)
