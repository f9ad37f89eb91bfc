"""Staking HYPE: a balance beside the spot balance, delegations to validators, the withdrawal queue, daily rewards.

Source: Hyperliquid docs, Staking (one day of lock-up after a delegation, seven days in the queue, at most five
withdrawals in it, the reward rate); answers of SDK types. The refusals' words are our choice.
"""

from decimal import ROUND_DOWN, Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.agenda import next_full
from hlmock.exchange.block import Block
from hlmock.exchange.margin import spot_free
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Delegation, StakingReward, StakingUpdate
from hlmock.exchange.model.markets import Token
from hlmock.exchange.model.terms import DAY_MS, ZERO
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import CDepositAction, CWithdrawAction, TokenDelegateAction
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

WEI = Decimal("0.00000001")
"""HYPE"""
LOCK_MS = DAY_MS
QUEUE_MS = 7 * DAY_MS
LONGEST_QUEUE = 5
YEARLY_REWARD = Decimal("0.0237")
"""At 400 million HYPE staked; here at any stake (our choice). It is delegated again at once."""
COMMISSION = Decimal("0.04")
"""Of a reward, kept by the validator."""
VALIDATORS: dict[Address, str] = {Address("0x" + digit * 40): f"Validator {digit}" for digit in "123"}
"""Those that are listed. A stake may go to any address unless `strict` (our choice)."""


def deposit(block: Block, account: Account, action: CDepositAction) -> Reply:
    """HYPE from the spot balance to the staking balance."""
    token, amount = _hype(block), action.wei * WEI
    if not amount or amount > spot_free(block.state, account, token.index):
        return replies.error(texts.STAKE_TOO_LARGE)
    account.spot[token.index] -= amount
    account.staking.undelegated += amount
    _note(block, account, {"cDeposit": {"amount": wire(amount)}})
    _ledger(block, account, token, amount, is_deposit=True)
    return replies.DEFAULT


def withdraw(block: Block, account: Account, action: CWithdrawAction) -> Reply:
    """HYPE from the staking balance to the spot balance, after a week in the queue."""
    amount, staking = action.wei * WEI, account.staking
    if not amount or amount > staking.undelegated:
        return replies.error(texts.STAKE_TOO_LARGE)
    if len(staking.pending) >= LONGEST_QUEUE:
        return replies.error(texts.TOO_MANY_WITHDRAWALS)
    staking.undelegated -= amount
    staking.pending.append(amount)
    block.state.agenda.add(block.time_ms + QUEUE_MS, "stakingWithdrawal", account.address)
    _note(block, account, {"withdrawal": {"amount": wire(amount), "phase": "initiated"}})
    return replies.DEFAULT


def finish_withdrawal(block: Block, address: Address) -> None:
    """The oldest withdrawal of an account leaves the queue: all take equally long, so they leave as they came."""
    account = block.state.accounts.get(address)
    if account is None or not account.staking.pending:
        return
    amount, token = account.staking.pending.pop(0), _hype(block)
    account.spot[token.index] = account.spot.get(token.index, ZERO) + amount
    _note(block, account, {"withdrawal": {"amount": wire(amount), "phase": "finalized"}})
    _ledger(block, account, token, amount, is_deposit=False)


def delegate(block: Block, account: Account, action: TokenDelegateAction) -> Reply:
    """HYPE from the staking balance to a validator, or back."""
    amount, staking = action.wei * WEI, account.staking
    held = staking.delegations.get(action.validator)
    if block.state.settings.strict and held is None and action.validator not in VALIDATORS:
        return replies.error(texts.UNKNOWN_VALIDATOR)
    if action.isUndelegate:
        if held is None or not amount or amount > held.amount:
            return replies.error(texts.STAKE_TOO_LARGE)
        if block.time_ms < held.locked_until:
            return replies.error(texts.STAKE_LOCKED)
        held.amount -= amount
        staking.undelegated += amount
        if not held.amount:
            del staking.delegations[action.validator]
    else:
        if not amount or amount > staking.undelegated:
            return replies.error(texts.STAKE_TOO_LARGE)
        staking.undelegated -= amount
        before = ZERO if held is None else held.amount
        staking.delegations[action.validator] = Delegation(before + amount, block.time_ms + LOCK_MS)
        _await_reward(block, account)
    delta = {"validator": action.validator, "amount": wire(amount), "isUndelegate": action.isUndelegate}
    _note(block, account, {"delegate": delta})
    return replies.DEFAULT


def reward(block: Block, address: Address) -> None:
    """Once a day, at midnight UTC: what the delegations have earned goes to the same validators."""
    account = block.state.accounts.get(address)
    if account is None or not account.staking.is_rewarded:
        return
    staking, total = account.staking, ZERO
    staking.is_rewarded = False
    for delegation in staking.delegations.values():
        earned = delegation.amount * YEARLY_REWARD / 365 * (1 - COMMISSION)
        earned = earned.quantize(WEI, ROUND_DOWN)
        delegation.amount += earned
        total += earned
    if total:
        staking.rewards.append(StakingReward(block.time_ms, total))
        block.user_changed(account)
    if staking.delegations:
        _await_reward(block, account)


def _await_reward(block: Block, account: Account) -> None:
    if not account.staking.is_rewarded:
        account.staking.is_rewarded = True
        block.state.agenda.add(next_full(block.time_ms, DAY_MS), "stakingReward", account.address)


def _hype(block: Block) -> Token:
    return block.state.markets.token_by_name["HYPE"]


def _note(block: Block, account: Account, delta: dict[str, object]) -> None:
    account.staking.history.append(StakingUpdate(block.time_ms, block.hash, delta))
    block.user_changed(account)


def _ledger(block: Block, account: Account, token: Token, amount: Decimal, *, is_deposit: bool) -> None:
    delta = {"type": "cStakingTransfer", "token": token.name, "amount": wire(amount), "isDeposit": is_deposit}
    block.ledger_changed(account, delta)
