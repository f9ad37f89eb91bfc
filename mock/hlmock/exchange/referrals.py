"""Referral codes and rewards: part of a referred account's fees, and a builder's fees.

Source: Hyperliquid docs, Referrals, Builder codes; texts: answers asserted by clients' tests. Rewards are claimed into
the spot balance, and those of a builder are kept apart until then (our choice).
"""

from decimal import Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.fees import Charge, cut
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Referral, Rewards
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import USDC, ZERO
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions import ClaimRewardsAction, RegisterReferrerAction, SetReferrerAction
from hlmock.wire.numbers import wire

CODE_VOLUME = 10_000
"""USD to trade before a code can be made."""
REFERRER_PART = Decimal("0.1")
"""Of the fees of a referred account, without a builder's."""
REWARDED_VOLUME = 1_000_000_000
"""USD of a referred account; what it trades beyond earns its referrer nothing."""
CODE_LENGTH = 20
_UNIT = Decimal("0.000001")


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


def share_fee(state: State, account: Account, order: Order, charge: Charge) -> None:
    """Give the builder its fee, and the referrer its part of the rest. Sub-accounts are referred with their master."""
    if charge.builder_fee and order.builder is not None:
        builder = state.accounts.get(order.builder[0])
        if builder is not None:
            _rewards(builder, charge.token).builder += charge.builder_fee
    owner = state.accounts.get(account.master, account) if account.master and not account.is_vault else account
    referral = owner.referral
    if referral is None or charge.token != USDC:
        return
    fee = charge.fee - (charge.builder_fee or ZERO)
    if fee <= 0 or owner.volume - referral.volume_before > REWARDED_VOLUME:
        return
    reward = cut(fee * REFERRER_PART, _UNIT)
    referral.fees += fee
    referral.rewarded += reward
    referrer = state.accounts.get(referral.referrer)
    if referrer is not None:
        _rewards(referrer, USDC).unclaimed += reward


def _rewards(account: Account, token: int) -> Rewards:
    return account.rewards.setdefault(token, Rewards())


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
