"""Small settings of an account, and actions without an effect here. Texts: answers asserted by SDK tests."""

from decimal import Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.leverage import MICRO
from hlmock.exchange.margin import account_value, withdrawable
from hlmock.exchange.model import Account
from hlmock.exchange.replies import Reply
from hlmock.exchange.transfers import move_between_classes
from hlmock.wire.actions import (
    AgentEnableDexAbstractionAction,
    AgentSetAbstractionAction,
    ClaimRewardsAction,
    EvmUserModifyAction,
    NoopAction,
    RegisterReferrerAction,
    ReserveRequestWeightAction,
    SetDisplayNameAction,
    SetReferrerAction,
    SpotUserAction,
    UserDexAbstractionAction,
    UserPortfolioMarginAction,
    UserSetAbstractionAction,
)

REQUEST_PRICE = Decimal("0.0005")
"""USDC per reserved request. Source: Hyperliquid docs, Rate limits and user limits."""
REFERRAL_VOLUME = 10_000
PORTFOLIO_VALUE = 10_000
PORTFOLIO_VOLUME = 5_000_000
_LETTERS = {"i": "disabled", "u": "unifiedAccount", "p": "portfolioMargin"}


def noop(block: Block, account: Account, action: NoopAction) -> Reply:
    """Uses up the nonce and nothing else."""
    return replies.DEFAULT


def set_display_name(block: Block, account: Account, action: SetDisplayNameAction) -> Reply:
    if len(action.displayName) > 20:
        return replies.error(texts.NAME_LENGTH)
    account.display_name = action.displayName or None
    return replies.DEFAULT


def register_referrer(block: Block, account: Account, action: RegisterReferrerAction) -> Reply:
    if block.state.settings.volume_gates and account.volume < REFERRAL_VOLUME:
        return replies.error(texts.not_enough_volume("generate referral code", REFERRAL_VOLUME, account.volume))
    owner = block.state.referral_codes.setdefault(action.code, account.address)
    return replies.DEFAULT if owner == account.address else replies.error(texts.REFERRAL_TAKEN)


def set_referrer(block: Block, account: Account, action: SetReferrerAction) -> Reply:
    referrer = block.state.referral_codes.get(action.code)
    if referrer is None or referrer == account.address:
        return replies.error(texts.NO_SUCH_REFERRAL)
    account.referrer = action.code
    return replies.DEFAULT


def claim_rewards(block: Block, account: Account, action: ClaimRewardsAction) -> Reply:
    """Nobody earns any here."""
    return replies.error(texts.NO_REWARDS)


def spot_user(block: Block, account: Account, action: SpotUserAction) -> Reply:
    if action.classTransfer is not None:
        amount = action.classTransfer.usdc * MICRO
        return move_between_classes(block, account, amount, to_perp=action.classTransfer.toPerp)
    if action.toggleSpotDusting is not None:
        account.opted_out_of_spot_dusting = action.toggleSpotDusting.optOut
    return replies.DEFAULT


def evm_user_modify(block: Block, account: Account, action: EvmUserModifyAction) -> Reply:
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


def set_abstraction(
    block: Block,
    account: Account,
    action: UserSetAbstractionAction
    | UserPortfolioMarginAction
    | UserDexAbstractionAction
    | AgentSetAbstractionAction
    | AgentEnableDexAbstractionAction,
) -> Reply:
    """Remember the account's margin abstraction. It has no effect on margin here."""
    mode: str
    match action:
        case UserSetAbstractionAction():
            mode = action.abstraction
        case AgentSetAbstractionAction():
            mode = _LETTERS[action.abstraction]
        case UserPortfolioMarginAction():
            mode = "portfolioMargin" if action.enabled else "disabled"
        case _:
            return replies.DEFAULT  # dex abstraction is what every account has here: one collateral
    is_rich = account_value(block.state, account) >= PORTFOLIO_VALUE or account.volume >= PORTFOLIO_VOLUME
    if mode == "portfolioMargin" and not is_rich:
        return replies.error(texts.PORTFOLIO_MARGIN)
    account.abstraction = mode
    return replies.DEFAULT
