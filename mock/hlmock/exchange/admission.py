"""What can be refused before anybody knows who signed, and before a nonce is consumed.

Source of the texts and their sequence: recorded answers.
"""

from hlmock.exchange import texts
from hlmock.exchange.settings import NetworkChoice
from hlmock.wire.actions import VAULT_CAPABLE, Envelope, MultiSigAction, UserSignedAction


def static_refusal(envelope: Envelope, network: NetworkChoice) -> str | None:
    """The first of: vault not allowed, `expiresAfter` not allowed, nonce fields differ, wrong chain."""
    action = envelope.action
    if type(action) is MultiSigAction:
        action = action.payload.action  # what it may carry is what its payload may carry (our choice)
    if envelope.vault_address is not None and action.type not in VAULT_CAPABLE:
        return texts.NOT_FOR_VAULTS
    if not isinstance(action, UserSignedAction):
        # A nonce within it (`createVault`) may be another: clients document their clock for it (our choice).
        return None
    if envelope.expires_after is not None:
        return texts.NO_EXPIRES_AFTER
    if action.signed_nonce != envelope.nonce:
        return texts.NONCE_MISMATCH
    if network != "any" and action.hyperliquidChain.lower() != network:
        return texts.WRONG_CHAIN
    return None
