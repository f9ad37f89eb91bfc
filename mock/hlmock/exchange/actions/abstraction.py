"""How an account keeps its balances: perps and spot apart, or one balance for everything.

Source: Hyperliquid docs, Account abstraction modes; texts: answers asserted by SDK tests and matched by clients. A new
account is `default`; `disabled` is the same, but set. `unifiedAccount` and `portfolioMargin` have one USDC balance, in
spot, which is the collateral of perps too; they cannot transfer between the two.
"""

from hlmock.exchange import replies, texts
from hlmock.exchange.actions.subaccounts import sub_account
from hlmock.exchange.block import Block
from hlmock.exchange.margin import account_value
from hlmock.exchange.model.accounts import UNIFIED, Account, parts_dexes
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    AgentEnableDexAbstractionAction,
    AgentSetAbstractionAction,
    UserDexAbstractionAction,
    UserPortfolioMarginAction,
    UserSetAbstractionAction,
)
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

PORTFOLIO_VALUE = 10_000
PORTFOLIO_VOLUME = 5_000_000
_LETTERS = {"i": "disabled", "u": "unifiedAccount", "p": "portfolioMargin"}


def user_set_abstraction(block: Block, account: Account, action: UserSetAbstractionAction) -> Reply:
    """Of the signer or of one of its sub-accounts."""
    target = _own(block, account, action.user)
    return _set_mode(block, target, action.abstraction) if isinstance(target, Account) else target


def user_portfolio_margin(block: Block, account: Account, action: UserPortfolioMarginAction) -> Reply:
    """Turn portfolio margin on, or off again; of the signer or of one of its sub-accounts."""
    target = _own(block, account, action.user)
    mode = "portfolioMargin" if action.enabled else "disabled"
    return _set_mode(block, target, mode) if isinstance(target, Account) else target


def agent_set_abstraction(block: Block, account: Account, action: AgentSetAbstractionAction) -> Reply:
    """An agent may unify an account, but not part it again."""
    mode = _LETTERS[action.abstraction]
    if account.is_unified and mode != account.abstraction:
        return replies.error(texts.NO_ABSTRACTION_CHANGE)
    return _set_mode(block, account, mode)


def user_dex_abstraction(block: Block, account: Account, action: UserDexAbstractionAction) -> Reply:
    """Let orders on builders' dexes draw on the main balance."""
    target = _own(block, account, action.user)
    if not isinstance(target, Account):
        return target
    if target.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    return _switch(block, target, target.abstraction, action.enabled)


def agent_enable_dex_abstraction(block: Block, account: Account, action: AgentEnableDexAbstractionAction) -> Reply:
    """As `user_dex_abstraction`; an agent may only turn it on."""
    if account.is_unified:
        return replies.error(texts.NO_ABSTRACTION_CHANGE)
    return _switch(block, account, account.abstraction, True)


def _own(block: Block, account: Account, user: Address) -> Account | Reply:
    target = account if user == account.address else sub_account(block, account, user)
    return replies.error(texts.not_your_sub_account(user, account.address)) if target is None else target


def _set_mode(block: Block, account: Account, mode: str) -> Reply:
    is_rich = account_value(block.state, account) >= PORTFOLIO_VALUE or account.volume >= PORTFOLIO_VOLUME
    if mode == "portfolioMargin" and not is_rich:
        return replies.error(texts.PORTFOLIO_MARGIN)
    return _switch(block, account, mode, account.dex_abstraction)


def _switch(block: Block, account: Account, mode: str, dex_abstraction: bool | None) -> Reply:
    """Join or part the balances. What positions draw on is never taken from under them (our choice)."""
    leaves_unified = account.is_unified and mode not in UNIFIED
    leaves_dexes = parts_dexes(mode, dex_abstraction) and not account.dexes_are_apart
    if (leaves_unified and account.positions) or (
        leaves_dexes and any(each.dex for each in account.positions.values())
    ):
        return replies.error(texts.NO_ABSTRACTION_CHANGE)
    perp_usdc, dex_usdc = account.perp_usdc, dict(account.dex_usdc)
    account.switch_abstraction(mode, dex_abstraction, block.time_ms)
    # What was moved is told as the transfers that it is (our choice).
    if perp_usdc and account.is_unified:
        block.ledger_changed(account, {"type": "accountClassTransfer", "usdc": wire(perp_usdc), "toPerp": False})
    if not account.dexes_are_apart:
        for dex, amount in dex_usdc.items():
            delta = {"type": "activateDexAbstraction", "dex": dex, "token": "USDC", "amount": wire(amount)}
            block.ledger_changed(account, delta)
    block.user_changed(account)
    return replies.DEFAULT
