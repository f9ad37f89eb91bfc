"""Staking links: an account that stakes lends its fee discount to one that trades.

The trading account asks, the staking account agrees. Source: Hyperliquid docs, Fees (staking linking); the beginning of
every refusal: answers asserted by SDK tests, the rest is our choice.
"""

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import StakingLink
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import LinkStakingUserAction, StakingLinkDisableTradingUserAction


def link_staking_user(block: Block, account: Account, action: LinkStakingUserAction) -> Reply:
    """Ask the staking account `user`, or as that account agree with the trading account `user` that has asked."""
    other = block.state.accounts.get(action.user)
    if other is None or other is account:
        return replies.error(texts.staking_link_error("no such user"))
    if not action.isFinalize:
        if account.staking_link is not None and account.staking_link.kind != "requested":
            return replies.error(texts.staking_link_error("user is already linked"))
        account.staking_link = StakingLink("requested", other.address)
    else:
        if account.staking_link is not None:
            return replies.error(texts.staking_link_error("user is already linked"))
        if other.staking_link != StakingLink("requested", account.address):
            return replies.error(texts.staking_link_error("not requested"))
        other.staking_link = StakingLink("tradingUser", account.address)
        account.staking_link = StakingLink("stakingUser", other.address)
    return replies.DEFAULT


def disable_trading_user(block: Block, account: Account, action: StakingLinkDisableTradingUserAction) -> Reply:
    """Take the discount back from the linked trading account."""
    if account.staking_link != StakingLink("stakingUser", action.tradingUser):
        return replies.error(texts.staking_link_error("not linked"))
    account.staking_link = None
    trading = block.state.accounts.get(action.tradingUser)
    if trading is not None:
        trading.staking_link = None
    return replies.DEFAULT
