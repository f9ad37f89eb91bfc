"""Sub-accounts: accounts that act through the key of their master.

Source: Hyperliquid docs, Exchange endpoint; texts: answers asserted by SDK tests.
"""

from hashlib import sha256

from hlmock.exchange import replies, texts
from hlmock.exchange.actions import token_moves
from hlmock.exchange.actions.token_moves import Gas, Move, read_amount
from hlmock.exchange.block import Block
from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import MICRO_USD
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    CreateSubAccountAction,
    SubAccountModifyAction,
    SubAccountSpotTransferAction,
    SubAccountTransferAction,
)
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

SUB_ACCOUNT_VOLUME = 100_000
SUB_ACCOUNTS, MOST_SUB_ACCOUNTS = 10, 50
MORE_PER_VOLUME = 100_000_000
"""USD traded for each sub-account more than the first ones."""
NAME_LENGTHS = range(1, 17)
"""Of sub-accounts (our choice)."""


def create_sub_account(block: Block, account: Account, action: CreateSubAccountAction) -> Reply:
    """The reply carries the new address. It starts empty."""
    if block.state.settings.volume_gates and account.volume < SUB_ACCOUNT_VOLUME:
        return replies.error(texts.not_enough_volume("create sub-accounts", SUB_ACCOUNT_VOLUME, account.volume))
    if len(action.name) not in NAME_LENGTHS:
        return replies.error(texts.NAME_LENGTH)
    count = sub_account_count(block, account)
    if count >= min(SUB_ACCOUNTS + int(account.volume // MORE_PER_VOLUME), MOST_SUB_ACCOUNTS):
        return replies.error(texts.TOO_MANY_SUB_ACCOUNTS)
    address = derive_address("sub-account", account.address, count)
    block.open_account(address, "sub-account", master=account.address).name = action.name
    return replies.data("createSubAccount", address)


def derive_address(kind: str, owner: Address, number: int) -> Address:
    """An address that nobody has a key of; the same for equal arguments (our choice)."""
    return Address("0x" + sha256(f"{kind}:{owner}:{number}".encode()).hexdigest()[:40])


def modify_sub_account(block: Block, account: Account, action: SubAccountModifyAction) -> Reply:
    """Give it another name."""
    sub = sub_account(block, account, action.subAccountUser)
    if sub is None:
        return replies.error(texts.not_your_sub_account(action.subAccountUser, account.address))
    if len(action.name) not in NAME_LENGTHS:
        return replies.error(texts.NAME_LENGTH)
    sub.name = action.name
    return replies.DEFAULT


def transfer_to_sub_account(block: Block, account: Account, action: SubAccountTransferAction) -> Reply:
    """USDC between the perp balances of master and sub-account."""
    sub = sub_account(block, account, action.subAccountUser)
    source, target = (account.address, action.subAccountUser)
    if not action.isDeposit:
        source, target = target, source
    if sub is None:
        return replies.error(texts.invalid_sub_transfer(source, target))
    giver, taker = (account, sub) if action.isDeposit else (sub, account)
    if giver.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    amount = action.usd * MICRO_USD
    if not amount or amount > withdrawable(block.state, giver):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    giver.usdc -= amount
    taker.usdc += amount
    delta = {"type": "subAccountTransfer", "usdc": wire(amount), "user": source, "destination": target}
    block.ledger_changed(giver, delta)
    block.ledger_changed(taker, delta)
    return replies.DEFAULT


def transfer_spot_to_sub_account(block: Block, account: Account, action: SubAccountSpotTransferAction) -> Reply:
    """A token between the spot balances of master and sub-account."""
    sub = sub_account(block, account, action.subAccountUser)
    if sub is None:
        return replies.error(texts.not_your_sub_account(action.subAccountUser, account.address))
    token = block.state.markets.token(action.token)
    if token is None:
        return replies.error(texts.unknown_token(action.token))
    amount, error = read_amount(action.amount, token.wei_decimals)
    giver, taker = (account, sub) if action.isDeposit else (sub, account)
    if giver.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    move = Move(giver, "spot", taker.address, "spot", token, amount)
    error = error or token_moves.fault(block.state, move)
    if error is not None:
        return replies.error(error)
    for each in token_moves.carry_out(block, move, Gas()):
        block.ledger_changed(each, token_moves.spot_transfer(block.state, move, Gas(), None))
    return replies.DEFAULT


def sub_account(block: Block, master: Account, address: Address) -> Account | None:
    """The account of this address, if it is a sub-account of this master."""
    found = block.state.accounts.get(address)
    return found if found is not None and found.master == master.address and not found.is_vault else None


def sub_account_count(block: Block, master: Account) -> int:
    """How many it has."""
    return sum(each.master == master.address and not each.is_vault for each in block.state.accounts.values())
