"""What the signers of a multi-sig action sign: inner signers the payload, the outer signer the whole wrapper.

Source: python-sdk `sign_multi_sig_l1_action_payload`, `sign_multi_sig_user_signed_action_payload`,
`sign_multi_sig_action`.
"""

from hlmock.signing.hashing import Network, action_hash, l1_digest
from hlmock.signing.typed_data import (
    CHAIN_OF_NETWORK,
    SEND_MULTI_SIG,
    TYPED_STRUCTS,
    inside_multi_sig,
    member_values,
)
from hlmock.wire.actions import MultiSigAction, UserSignedAction, pack
from hlmock.wire.addresses import Address


def inner_digest(
    action: MultiSigAction, nonce: int, vault: Address | None, expires_after: int | None, network: Network
) -> bytes:
    """What each authorized user signs. A user-signed payload has its network and nonce in itself."""
    payload = action.payload
    inner = payload.action
    if isinstance(inner, UserSignedAction):
        values = member_values(inner) | {
            "payloadMultiSigUser": payload.multiSigUser,
            "outerSigner": payload.outerSigner,
        }
        return inside_multi_sig(TYPED_STRUCTS[inner.type]).digest(values, inner.chain_id)
    packed = pack([payload.multiSigUser, payload.outerSigner, inner])
    return l1_digest(action_hash(packed, nonce, vault, expires_after), network)


def outer_digest(
    action: MultiSigAction, nonce: int, vault: Address | None, expires_after: int | None, network: Network
) -> bytes:
    """What the wallet that sends the wrapper signs: a hash of it without its `type`."""
    wrapper = {name: getattr(action, name) for name in action.__struct_fields__}
    values = {
        "hyperliquidChain": CHAIN_OF_NETWORK[network],
        "multiSigActionHash": action_hash(pack(wrapper), nonce, vault, expires_after),
        "nonce": nonce,
    }
    return SEND_MULTI_SIG.digest(values, action.chain_id)
