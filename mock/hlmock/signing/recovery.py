"""From a signature to the address that made it, in about 50 microseconds.

`recover_candidates` is lazy: each candidate costs one recovery, made when it is asked for.
"""

from collections.abc import Iterator, Sequence

import msgspec

try:
    from coincurve import PublicKey
except ImportError as error:
    raise ImportError(
        "hlmock recovers signers with coincurve and its compiled libsecp256k1, which did not load"
        f" ({error}). Install a wheel of it for this Python: pip install --only-binary :all: 'coincurve>=21'"
    ) from error

from hlmock.signing.hashing import Network, action_hash, keccak, l1_digest
from hlmock.signing.multi_sig import outer_digest
from hlmock.signing.typed_data import NETWORK_OF_CHAIN, user_signed_digest
from hlmock.wire.actions import Envelope, MultiSigAction, Signature, UserSignedAction
from hlmock.wire.addresses import Address

RECOVERY_ID = {27: b"\x00", 28: b"\x01", 0: b"\x00", 1: b"\x01"}
"""By `v`. SDKs send 27 and 28; that 0 and 1 do as well is our choice."""


class Unrecoverable(ValueError):
    """No key can have made this signature; answered with `Unable to recover signer.`"""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """Who signed, if the signature is meant for `network`."""

    signer: Address
    digest: bytes
    network: Network


def recover(digest: bytes, signature: Signature) -> Address:
    """The address whose key signed `digest`; for a digest that was never signed, a random one.

    Raises:
        Unrecoverable: r or s is zero or too large, v is none of 0, 1, 27, 28, or r is no point of the curve.
    """
    recovery_id = RECOVERY_ID.get(signature.v)
    if recovery_id is None:
        raise Unrecoverable(f"v is {signature.v}")
    compact = signature.r.to_bytes(32) + signature.s.to_bytes(32) + recovery_id
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError as error:
        raise Unrecoverable("r or s is zero, too large, or no point of the curve") from error
    return address_of(key)


def address_of(key: PublicKey) -> Address:
    return Address("0x" + keccak(key.format(compressed=False)[1:])[12:].hex())


def recover_candidates(envelope: Envelope, networks: Sequence[Network]) -> Iterator[Candidate]:
    """The possible signers of a request, one per network, in the order of `networks`.

    A user-signed action names its network itself: it has one candidate, whether or not `networks` has it.

    Raises:
        Unrecoverable: on the first step.
    """
    action = envelope.action
    if isinstance(action, UserSignedAction):
        digest = user_signed_digest(action)
        yield Candidate(recover(digest, envelope.signature), digest, NETWORK_OF_CHAIN[action.hyperliquidChain])
        return
    connection_id = action_hash(envelope.packed, envelope.nonce, envelope.vault_address, envelope.expires_after)
    for network in networks:
        if isinstance(action, MultiSigAction):
            digest = outer_digest(action, envelope.nonce, envelope.vault_address, envelope.expires_after, network)
        else:
            digest = l1_digest(connection_id, network)
        yield Candidate(recover(digest, envelope.signature), digest, network)
