"""What can be refused before anybody knows who signed, and before a nonce is consumed.

Source of the texts and their sequence: recorded answers.
"""

from typing import Final

from hlmock.exchange import texts
from hlmock.exchange.settings import NetworkChoice
from hlmock.wire.actions import ACTION_TYPES, VAULT_CAPABLE, Envelope, MultiSigAction, UserSignedAction

USER_SIGNED_TYPES: Final = frozenset(each for each in ACTION_TYPES.values() if issubclass(each, UserSignedAction))
"""Every request asks for its type: `isinstance` takes four times as long to say no."""


def static_refusal(envelope: Envelope, network: NetworkChoice) -> str | None:
    """The first of: vault not allowed, `expiresAfter` not allowed, nonce fields differ, wrong chain."""
    action = envelope.action
    if type(action) is MultiSigAction:
        action = action.payload.action  # what it may carry is what its payload may carry (our choice)
    if envelope.vault_address is not None and action.type not in VAULT_CAPABLE:
        return texts.NOT_FOR_VAULTS
    if type(action) not in USER_SIGNED_TYPES:
        # A nonce within it (`createVault`) may be another: clients document their clock for it (our choice).
        return None
    assert isinstance(action, UserSignedAction)
    if envelope.expires_after is not None:
        return texts.NO_EXPIRES_AFTER
    if action.signed_nonce != envelope.nonce:
        return texts.NONCE_MISMATCH
    if network != "any" and action.hyperliquidChain.lower() != network:
        return texts.WRONG_CHAIN
    return None
