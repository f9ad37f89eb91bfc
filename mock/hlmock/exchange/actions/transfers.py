"""Moving funds between accounts and between perp and spot balance.

Source: Hyperliquid docs, Exchange endpoint; texts: recorded answers; ledger entries: Info endpoint. Where
an account's perp dexes draw on one collateral (`Account.dexes_are_apart`), a transfer between them only leaves its
entry in the ledger.
"""

from decimal import Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.actions import token_moves
from hlmock.exchange.actions.subaccounts import sub_account
from hlmock.exchange.actions.token_moves import ACTIVATION_FEE, Move, read_amount, receiving_account
from hlmock.exchange.block import Block
from hlmock.exchange.margin import spot_free, withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import USD_DECIMALS, USDC, ZERO
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    AgentSendAssetAction,
    SendAssetAction,
    SendToEvmWithDataAction,
    SpotSendAction,
    UsdClassTransferAction,
    UsdSendAction,
    WithdrawAction,
)
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

WITHDRAWAL_FEE = Decimal(1)
"""USDC."""


def usd_send(block: Block, account: Account, action: UsdSendAction) -> Reply:
    """USDC from perp balance to perp balance."""
    if account.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    amount, error = read_amount(action.amount, USD_DECIMALS)
    if error is not None:
        return replies.error(error)
    to = action.destination_address
    if to == account.address:
        return replies.error(texts.INVALID_SEND)
    fee = ZERO if to in block.state.accounts else ACTIVATION_FEE
    if not amount or amount + fee > withdrawable(block.state, account):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    receiver = receiving_account(block, to)
    account.usdc -= amount + fee
    receiver.usdc += amount
    delta = {
        "type": "internalTransfer",
        "usdc": wire(amount),
        "user": account.address,
        "destination": to,
        "fee": wire(fee),
    }
    block.ledger_changed(account, delta)
    block.ledger_changed(receiver, delta)
    return replies.DEFAULT


def withdraw(block: Block, account: Account, action: WithdrawAction) -> Reply:
    """USDC out of the exchange; the fee is part of the amount."""
    amount, error = read_amount(action.amount, USD_DECIMALS)
    if error is not None:
        return replies.error(error)
    if amount <= WITHDRAWAL_FEE:
        return replies.error(texts.WITHDRAWAL_ZERO)
    if amount > withdrawable(block.state, account):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    account.usdc -= amount
    block.ledger_changed(
        account,
        {
            "type": "withdraw",
            "usdc": wire(amount - WITHDRAWAL_FEE),
            "nonce": action.time,
            "fee": wire(WITHDRAWAL_FEE),
        },
    )
    return replies.DEFAULT


def usd_class_transfer(block: Block, account: Account, action: UsdClassTransferAction) -> Reply:
    """USDC between spot and perp balance, of the signer or of one of its sub-accounts."""
    amount, error = read_amount(action.amount_only, USD_DECIMALS)
    if error is not None:
        return replies.error(error)
    sub = action.sub_account
    if sub is not None:
        target = sub_account(block, account, sub)
        if target is None:
            return replies.error(texts.not_your_sub_account(sub, account.address))
        account = target
    if account.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    return move_between_classes(block, account, amount, to_perp=action.toPerp)


def move_between_classes(block: Block, account: Account, amount: Decimal, *, to_perp: bool) -> Reply:
    """From spot to perps, or back; of an account that keeps them apart."""
    free = spot_free(block.state, account, USDC) if to_perp else withdrawable(block.state, account)
    if not amount or amount > free:
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    account.usdc += amount if to_perp else -amount
    account.spot[USDC] = account.balance(USDC) + (-amount if to_perp else amount)
    block.ledger_changed(account, {"type": "accountClassTransfer", "usdc": wire(amount), "toPerp": to_perp})
    return replies.DEFAULT


def spot_send(block: Block, account: Account, action: SpotSendAction) -> Reply:
    """A token from spot balance to spot balance."""
    state = block.state
    if account.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    token = state.markets.token(action.token)
    if token is None:
        return replies.error(texts.unknown_token(action.token))
    amount, error = read_amount(action.amount, token.wei_decimals)
    move = Move(account, "spot", action.destination_address, "spot", token, amount)
    error = error or token_moves.fault(state, move)
    gas = error or token_moves.gas_of(state, move)
    if isinstance(gas, str):
        return replies.error(gas)
    for each in token_moves.carry_out(block, move, gas):
        block.ledger_changed(each, token_moves.spot_transfer(state, move, gas, action.time))
    return replies.DEFAULT


def send_asset(block: Block, account: Account, action: SendAssetAction | AgentSendAssetAction) -> Reply:
    """A token between perp dexes, spot, accounts and sub-accounts."""
    source = account
    if action.from_sub_account is not None:
        sub = sub_account(block, account, action.from_sub_account)
        if sub is None:
            return replies.error(texts.not_your_sub_account(action.from_sub_account, account.address))
        source = sub
    to = action.destination_address
    is_home = to == account.address or sub_account(block, account, to) is not None
    if isinstance(action, AgentSendAssetAction) and not is_home:
        return replies.error(texts.AGENT_SENDS_HOME_ONLY)
    return _send(block, source, action.sourceDex, to, action.destinationDex, action.token, action.amount, action.nonce)


def send_to_evm(block: Block, account: Account, action: SendToEvmWithDataAction) -> Reply:
    """A token to a contract on the EVM, which is not imitated: what is sent leaves the exchange.

    The ledger tells of it as of a transfer to the token's system address, which it is.
    """
    token = block.state.markets.token(action.token)
    if token is None:
        return replies.error(texts.unknown_token(action.token))
    to = token_moves.system_address(token)
    return _send(block, account, action.sourceDex, to, "spot", action.token, action.amount, action.nonce)


def _send(
    block: Block, source: Account, source_dex: str, to: Address, to_dex: str, name: str, text: str, nonce: int
) -> Reply:
    state = block.state
    token = state.markets.token(name)
    if token is None:
        return replies.error(texts.unknown_token(name))
    amount, error = read_amount(text, token.wei_decimals if source_dex == "spot" == to_dex else USD_DECIMALS)
    move = Move(source, source_dex, to, to_dex, token, amount)
    error = error or token_moves.fault(state, move)
    gas = error or token_moves.gas_of(state, move)
    if isinstance(gas, str):
        return replies.error(gas)
    for each in token_moves.carry_out(block, move, gas):
        block.ledger_changed(each, token_moves.send(state, move, gas, nonce))
    return replies.DEFAULT
