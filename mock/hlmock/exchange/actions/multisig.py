"""Letting others sign for an account. Whether those who signed may act for it: `identity.resolve_multi_sig`.

Source: Hyperliquid docs, Multi-sig; texts: recorded answers, in a sequence that is our choice.
"""

import msgspec

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import MultiSig
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import ConvertToMultiSigUserAction
from hlmock.wire.addresses import BadAddress, parse_address

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
