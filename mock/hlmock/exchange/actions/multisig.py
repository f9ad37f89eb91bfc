"""Multi-sig accounts: others sign for them, and one of these sends what they have signed.

Source: Hyperliquid docs, Multi-sig; texts: recorded answers, in a sequence that is our choice.
"""

from collections.abc import Sequence

import msgspec

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.identity import Acting, Refused
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import MultiSig
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions import ConvertToMultiSigUserAction, MultiSigPayload
from hlmock.wire.addresses import Address, BadAddress, parse_address

MOST_SIGNERS = 10


class _Signers(msgspec.Struct):
    authorizedUsers: list[str]
    threshold: int


_SIGNERS = msgspec.json.Decoder(_Signers | None)


def convert(block: Block, account: Account, action: ConvertToMultiSigUserAction) -> Reply:
    """Let others sign for the account, other ones, or none again (`null`)."""
    try:
        signers = _SIGNERS.decode(action.signers)
        users = sorted({parse_address(user) for user in signers.authorizedUsers}) if signers else []
    except (msgspec.DecodeError, BadAddress):
        return replies.error(texts.UNREADABLE_SIGNERS)
    if signers is None:
        account.multi_sig = None
        return replies.DEFAULT
    if account.address in users:
        return replies.error(texts.COSIGNER_IS_SELF)
    if len(users) > MOST_SIGNERS:
        return replies.error(texts.TOO_MANY_COSIGNERS)
    if not 1 <= signers.threshold <= len(users):
        return replies.error(texts.INVALID_THRESHOLD)
    unknown = [user for user in users if user not in block.state.accounts]
    if unknown and (block.state.settings.strict or any(map(block.state.identity.was_agent, unknown))):
        return replies.error(texts.COSIGNER_UNKNOWN)
    for user in unknown:
        block.open_funded(user, "approval")
    account.multi_sig = MultiSig(tuple(users), signers.threshold)
    return replies.DEFAULT


def resolve_multi_sig(
    state: State, payload: MultiSigPayload, outer: Address, inner: Sequence[Address], vault: Address | None, now_ms: int
) -> Acting | Refused:
    """Whether those who signed may act for the multi-sig account.

    Args:
        outer: who signed the wrapper: an authorized user, or the agent of one.
        inner: who signed the payload, by signature; the same signer twice counts once.
        vault: the envelope's `vaultAddress`.
    """
    if outer != payload.outerSigner:
        return Refused(texts.INVALID_OUTER_SIGNER, False)
    agent = state.identity.agent(outer, now_ms)
    leader = state.accounts.get(outer) if agent is None else agent[0]
    if leader is None:
        return Refused(texts.OUTER_SIGNER_UNKNOWN, False)
    account = state.accounts.get(payload.multiSigUser)
    if account is None or account.multi_sig is None:
        return Refused(texts.NO_MULTI_SIG_USER, False)
    authorized = account.multi_sig.authorized
    if leader.address not in authorized:
        return Refused(texts.INVALID_OUTER_SIGNER, False)
    if not set(inner) <= set(authorized):
        return Refused(texts.INVALID_INNER_SIGNER, False)
    if len(set(inner)) < account.multi_sig.threshold:
        return Refused(texts.THRESHOLD_NOT_MET, False)
    if vault is not None:
        target = state.accounts.get(vault)
        if target is None or target.master != account.address:
            return Refused(texts.vault_not_registered(vault), False)
    return Acting(outer, account.address if vault is None else vault, "multiSig")
