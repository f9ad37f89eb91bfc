"""Referral codes, and claiming what was earned by them and as a builder (`fees.share_fee`).

Source: Hyperliquid docs, Referrals, Builder codes; texts: answers asserted by clients' tests. Rewards are claimed into
the spot balance, and those of a builder are kept apart until then (our choice).
"""

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Referral
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import ClaimRewardsAction, RegisterReferrerAction, SetReferrerAction
from hlmock.wire.numbers import wire

CODE_VOLUME = 10_000
"""USD to trade before a code can be made."""
CODE_LENGTH = 20


def register_referrer(block: Block, account: Account, action: RegisterReferrerAction) -> Reply:
    """Make a code. An account has one, and keeps it."""
    codes = block.state.referral_codes
    if block.state.settings.volume_gates and account.volume < CODE_VOLUME:
        return replies.error(texts.not_enough_volume("generate referral code", CODE_VOLUME, account.volume))
    if not 1 <= len(action.code) <= CODE_LENGTH:
        return replies.error(texts.NAME_LENGTH)
    if account.address in codes.values():
        return replies.DEFAULT if codes.get(action.code) == account.address else replies.error(texts.HAS_REFERRAL_CODE)
    if action.code in codes:
        return replies.error(texts.REFERRAL_TAKEN)
    codes[action.code] = account.address
    return replies.DEFAULT


def set_referrer(block: Block, account: Account, action: SetReferrerAction) -> Reply:
    """Be referred, once."""
    referrer = block.state.referral_codes.get(action.code)
    if referrer is None or referrer == account.address:
        return replies.error(texts.NO_SUCH_REFERRAL)
    if account.referral is not None:
        return replies.error(texts.REFERRER_SET)
    account.referral = Referral(action.code, referrer, block.time_ms, account.volume)
    return replies.DEFAULT


def claim_rewards(block: Block, account: Account, action: ClaimRewardsAction) -> Reply:
    """Everything that was earned, to the spot balance; an entry in the ledger for each token."""
    is_any = False
    for token, rewards in account.rewards.items():
        amount = rewards.unclaimed + rewards.builder
        if amount:
            is_any = True
            rewards.claimed += amount
            rewards.unclaimed = rewards.builder = ZERO
            account.spot[token] = account.balance(token) + amount
            name = block.state.markets.token_by_index[token].name
            block.ledger_changed(account, {"type": "rewardsClaim", "amount": wire(amount), "token": name})
    return replies.DEFAULT if is_any else replies.error(texts.NO_REWARDS)
