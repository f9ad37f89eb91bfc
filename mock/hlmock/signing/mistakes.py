"""Which wrong form a client must have signed: the usual mistakes, tried one after the other.

A wrong hash does not fail; it recovers a random address. So each form is only a guess until its signer turns out
to be somebody the caller knows. `hints` is lazy: one recovery per step, in order of likelihood; the caller stops at
the first signer it knows.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import msgspec

from hlmock.signing.action_forms import as_sent, other_forms, with_str16
from hlmock.signing.hashing import Network, action_hash, checksummed, keccak, l1_digest
from hlmock.signing.recovery import Unrecoverable, recover
from hlmock.signing.typed_data import CHAIN_OF_NETWORK, NETWORK_OF_CHAIN, TYPED_STRUCTS, member_values
from hlmock.wire.actions import Envelope, MultiSigAction, UserSignedAction, pack
from hlmock.wire.addresses import Address, BadAddress, parse_address
from hlmock.wire.numbers import BadNumber, parse_decimal, shortest, wire

NETWORKS: tuple[Network, ...] = get_args(Network)

_COMMON_CHAIN_IDS = (0x66EEE, 0xA4B1, 0x1, 1337, 998, 999)
"""python-sdk's, Arbitrum, Ethereum, that of L1 actions, HyperEVM testnet and mainnet."""


class Hint(msgspec.Struct, frozen=True, gc=False):
    """If the client signed like this, `signer` made the signature."""

    form: str
    """One sentence for the developer of the client."""
    signer: Address
    digest: bytes
    network: Network


class _Form(msgspec.Struct, frozen=True):
    sentence: str
    digest: bytes
    network: Network


def hints(envelope: Envelope, networks: Sequence[Network], vaults: Iterable[Address] = ()) -> Iterator[Hint]:
    """The wrong forms of a request with the signer that each would mean. The right form is not among them.

    Args:
        envelope: whose signer, taken as it should be, is unknown.
        networks: that the server takes; the right form on any other network is a wrong form.
        vaults: vaults and sub-accounts that a client may have signed for without saying so.
    """
    action = envelope.action
    if isinstance(action, MultiSigAction):
        return
    forms = (
        _user_signed_forms(action, envelope, networks)
        if isinstance(action, UserSignedAction)
        else _l1_forms(envelope, networks, vaults)
    )
    tried: set[bytes] = set()
    for form in forms:
        if form.digest in tried:
            continue
        tried.add(form.digest)
        if not form.sentence:
            continue
        try:
            yield Hint(form.sentence, recover(form.digest, envelope.signature), form.digest, form.network)
        except Unrecoverable:
            return


def _l1_forms(envelope: Envelope, networks: Sequence[Network], vaults: Iterable[Address]) -> Iterator[_Form]:
    """On each network the right form first; where the server takes that network, it has no sentence."""
    for sentence, connection_id in _l1_hashes(envelope, vaults):
        for network in sorted(NETWORKS, key=lambda each: each not in networks):
            if network in networks:
                yield _Form(sentence, l1_digest(connection_id, network), network)
            else:
                foreign = f"The client signed for {network}; this server takes {' and '.join(networks)} only."
                yield _Form(f"{foreign} {sentence}".rstrip(), l1_digest(connection_id, network), network)


def _l1_hashes(envelope: Envelope, vaults: Iterable[Address]) -> Iterator[tuple[str, bytes]]:
    packed, nonce, vault, expires = (
        envelope.packed,
        envelope.nonce,
        envelope.vault_address,
        envelope.expires_after,
    )
    yield "", action_hash(packed, nonce, vault, expires)
    if vault is not None:
        yield (
            "The client signed without the vaultAddress that it sent.",
            action_hash(packed, nonce, None, expires),
        )
    if expires is not None:
        yield (
            "The client signed without the expiresAfter that it sent.",
            action_hash(packed, nonce, vault, None),
        )
        if vault is not None:
            yield (
                "The client signed without the vaultAddress and the expiresAfter that it sent.",
                action_hash(packed, nonce, None, None),
            )
    for sentence, form in as_sent(envelope.action, envelope.raw_action):
        yield sentence, action_hash(form, nonce, vault, expires)
    for sentence, form in other_forms(envelope.action):
        yield sentence, action_hash(form, nonce, vault, expires)
    yield (
        "The client packed strings over 31 bytes as MessagePack str 16; the shortest form (str 8) is what counts.",
        action_hash(with_str16(packed), nonce, vault, expires),
    )
    for other in vaults:
        if other != vault:
            yield (
                f"The client signed with the vaultAddress {other}, which it did not send.",
                action_hash(packed, nonce, other, expires),
            )
    if vault is None and expires is None:
        yield (
            "The client left out the zero byte after the nonce that stands for no vault.",
            keccak(packed + nonce.to_bytes(8)),
        )


def _user_signed_forms(action: UserSignedAction, envelope: Envelope, networks: Sequence[Network]) -> Iterator[_Form]:
    network = NETWORK_OF_CHAIN[action.hyperliquidChain]
    struct, values, chain_id = TYPED_STRUCTS[action.type], member_values(action), action.chain_id
    yield _Form("", struct.digest(values, chain_id), network)
    for other in NETWORKS:
        chain = CHAIN_OF_NETWORK[other]
        yield _Form(
            f"The client signed hyperliquidChain {chain} and sent {action.hyperliquidChain}.",
            struct.digest(values | {"hyperliquidChain": chain}, chain_id),
            other,
        )
    for other_id in _COMMON_CHAIN_IDS:
        yield _Form(
            f"The client signed in a domain of chain id {other_id:#x} and sent signatureChainId"
            f" {action.signatureChainId}.",
            struct.digest(values, other_id),
            network,
        )
    for name, kind in struct.members[1:]:
        if kind == "string":
            for text in _other_texts(values[name]):
                yield _Form(
                    f"The client signed {name} as {_quoted(text)} and sent {_quoted(values[name])}.",
                    struct.digest(values | {name: text}, chain_id),
                    network,
                )
    for packed in (pack(action), *(form for _, form in as_sent(action, envelope.raw_action))):
        connection_id = action_hash(packed, envelope.nonce, None, envelope.expires_after)
        for other in NETWORKS:
            yield _Form(
                f"The client signed {action.type} as an L1 action (for {other}); it is one that the wallet signs"
                f" as typed data of its own, {struct.name}.",
                l1_digest(connection_id, other),
                other,
            )


def _other_texts(text: str | None) -> Iterator[str]:
    """What a client may have signed in place of a text member: another case, another number form, nothing."""
    if not text:
        return
    try:
        address = parse_address(text)
        yield address
        yield checksummed(address)
    except BadAddress:
        pass
    try:
        number = parse_decimal(text)
        yield shortest(number)
        yield wire(number)
    except BadNumber:
        pass
    yield ""


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else msgspec.json.encode(text).decode()
