"""Small settings of an account. Texts: answers asserted by SDK tests."""

from decimal import Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.actions.transfers import move_between_classes
from hlmock.exchange.block import Block
from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import MICRO_USD
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    EvmUserModifyAction,
    NoopAction,
    ReserveRequestWeightAction,
    SetDisplayNameAction,
    SpotUserAction,
)

REQUEST_PRICE = Decimal("0.0005")
"""USDC per reserved request. Source: Hyperliquid docs, Rate limits and user limits."""
DISPLAY_NAME_LENGTH = 20
"""Our choice."""


def noop(block: Block, account: Account, action: NoopAction) -> Reply:
    """Uses up the nonce and nothing else."""
    return replies.DEFAULT


def set_display_name(block: Block, account: Account, action: SetDisplayNameAction) -> Reply:
    """The name that the leaderboard shows; an empty one takes it away."""
    if len(action.displayName) > DISPLAY_NAME_LENGTH:
        return replies.error(texts.NAME_LENGTH)
    account.display_name = action.displayName or None
    return replies.DEFAULT


def spot_user(block: Block, account: Account, action: SpotUserAction) -> Reply:
    """An older transfer between spot and perps, or whether small spot balances may be swept away."""
    if action.classTransfer is not None:
        amount = action.classTransfer.usdc * MICRO_USD
        return move_between_classes(block, account, amount, to_perp=action.classTransfer.toPerp)
    if action.toggleSpotDusting is not None:
        account.opted_out_of_spot_dusting = action.toggleSpotDusting.optOut
    return replies.DEFAULT


def evm_user_modify(block: Block, account: Account, action: EvmUserModifyAction) -> Reply:
    """Which blocks of the EVM the account wants; nothing here depends on it."""
    account.uses_big_blocks = action.usingBigBlocks
    return replies.DEFAULT


def reserve_request_weight(block: Block, account: Account, action: ReserveRequestWeightAction) -> Reply:
    """Buy requests beyond the limit that volume gives."""
    target = account if action.destination is None else block.state.accounts.get(action.destination)
    price = action.weight * REQUEST_PRICE
    if target is None or price > withdrawable(block.state, account):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    account.usdc -= price
    target.requests_reserved += action.weight
    block.user_changed(account)
    return replies.DEFAULT
