"""Moving funds between accounts and between perp and spot balance.

Source: Hyperliquid docs, Exchange endpoint; texts: recorded answers; ledger entries: Info endpoint. Where
an account's perp dexes draw on one collateral (`Account.dexes_are_apart`), a transfer between them only leaves its
entry in the ledger.
"""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model import USDC, ZERO, Account, Token
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State, balance, held
from hlmock.wire.actions import (
    AgentSendAssetAction,
    SendAssetAction,
    SpotSendAction,
    UsdClassTransferAction,
    UsdSendAction,
    WithdrawAction,
)
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

WITHDRAWAL_FEE = Decimal(1)
"""USDC."""
ACTIVATION_FEE = Decimal(1)
"""Taken from the sender of the first transfer to a fresh address, in the quote token."""
USD_DECIMALS = 6
LARGEST = Decimal(10) ** 15


class Amount(NamedTuple):
    value: Decimal
    error: str | None = None


def read_amount(text: str, decimals: int) -> Amount:
    """An amount of a transfer. Unlike prices, scientific notation is accepted (recorded answers)."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Amount(ZERO, texts.INVALID_DECIMAL)
    if not value.is_finite() or value < 0 or value >= LARGEST:
        return Amount(ZERO, texts.INVALID_DECIMAL)
    if value != round(value, decimals):
        return Amount(ZERO, texts.TOO_MANY_DECIMALS)
    return Amount(value)


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
    fee = activation_fee(block.state, to)
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
        target = block.state.accounts.get(sub)
        if target is None or target.master != account.address:
            return replies.error(texts.not_your_sub_account(sub, account.address))
        account = target
    if account.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    return move_between_classes(block, account, amount, to_perp=action.toPerp)


def move_between_classes(block: Block, account: Account, amount: Decimal, *, to_perp: bool) -> Reply:
    free = spot_free(block.state, account, USDC) if to_perp else withdrawable(block.state, account)
    if not amount or amount > free:
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    account.usdc += amount if to_perp else -amount
    account.spot[USDC] = balance(account, USDC) + (-amount if to_perp else amount)
    block.ledger_changed(account, {"type": "accountClassTransfer", "usdc": wire(amount), "toPerp": to_perp})
    return replies.DEFAULT


def spot_send(block: Block, account: Account, action: SpotSendAction) -> Reply:
    """A token from spot balance to spot balance."""
    if account.is_unified:
        return replies.error(texts.NOT_WHEN_UNIFIED)
    token = block.state.markets.token(action.token)
    if token is None:
        return replies.error(texts.unknown_token(action.token))
    amount, error = read_amount(action.amount, token.wei_decimals)
    to = action.destination_address
    error = error or _send_fault(block.state, account, "spot", to, "spot", token, amount)
    if error is not None:
        return replies.error(error)
    fee = _move_token(block, account, "spot", to, "spot", token, amount)
    delta = {
        "type": "spotTransfer",
        "token": token.name,
        "amount": wire(amount),
        "usdcValue": wire(usdc_value(block.state, token, amount)),
        "user": account.address,
        "destination": to,
        "fee": wire(fee),
        "nativeTokenFee": "0.0",
        "nonce": None,
        "feeToken": "USDC",
    }
    block.ledger_changed(account, delta)
    block.ledger_changed(block.account(to), delta)
    return replies.DEFAULT


def send_asset(block: Block, account: Account, action: SendAssetAction | AgentSendAssetAction) -> Reply:
    """A token between perp dexes, spot, accounts and sub-accounts."""
    state = block.state
    source = account
    if action.from_sub_account is not None:
        sub = state.accounts.get(action.from_sub_account)
        if sub is None or sub.master != account.address:
            return replies.error(texts.not_your_sub_account(action.from_sub_account, account.address))
        source = sub
    to = action.destination_address
    if isinstance(action, AgentSendAssetAction):
        target = state.accounts.get(to)
        if to != account.address and (target is None or target.master != account.address):
            return replies.error(texts.AGENT_SENDS_HOME_ONLY)
    token = state.markets.token(action.token)
    if token is None:
        return replies.error(texts.unknown_token(action.token))
    decimals = token.wei_decimals if action.sourceDex == "spot" == action.destinationDex else USD_DECIMALS
    amount, error = read_amount(action.amount, decimals)
    error = error or _send_fault(state, source, action.sourceDex, to, action.destinationDex, token, amount)
    if error is not None:
        return replies.error(error)
    fee = _move_token(block, source, action.sourceDex, to, action.destinationDex, token, amount)
    delta = {
        "type": "send",
        "user": source.address,
        "destination": to,
        "sourceDex": action.sourceDex,
        "destinationDex": action.destinationDex,
        "token": token.name,
        "amount": wire(amount),
        "usdcValue": wire(usdc_value(state, token, amount)),
        "fee": wire(fee),
        "nativeTokenFee": "0.0",
        "nonce": action.nonce,
        "feeToken": "USDC",
    }
    block.ledger_changed(source, delta)
    if to != source.address:
        block.ledger_changed(block.account(to), delta)
    return replies.DEFAULT


def spot_free(state: State, account: Account, token: int) -> Decimal:
    """Spot balance that no open order holds."""
    return balance(account, token) - held(state, account, token)


def usdc_value(state: State, token: Token, amount: Decimal) -> Decimal:
    """At the mark price of the token's USDC pair, or 0 without one."""
    if token.index == USDC:
        return amount
    for market in state.markets.spot:
        if market.base_token == token.index and market.quote_token == USDC:
            return round(amount * state.mark_px(market.coin), USD_DECIMALS)
    return ZERO


def activation_fee(state: State, to: Address) -> Decimal:
    return ZERO if to in state.accounts else ACTIVATION_FEE


def receiving_account(block: Block, to: Address) -> Account:
    """The account that a transfer goes to. A fresh one starts with nothing but what is sent (our choice)."""
    account = block.state.accounts.get(to)
    if account is None:
        return block.open_account(to, "transfer")
    block.state.identity.name(to, "transfer")
    return account


def _send_fault(
    state: State, source: Account, source_dex: str, to: Address, to_dex: str, token: Token, amount: Decimal
) -> str | None:
    if source.is_unified and not source_dex == to_dex == "spot":
        return texts.SPOT_WHEN_UNIFIED
    for dex in (source_dex, to_dex):
        if dex != "spot" and state.markets.dex(dex) is None:
            return texts.INVALID_DEX
        if dex != "spot" and token.index != USDC:
            return texts.INVALID_SEND
    if not amount:
        return texts.SEND_ZERO
    if to == source.address and source_dex == to_dex:
        return texts.INVALID_SEND
    is_spot = source_dex == "spot"
    free = spot_free(state, source, token.index) if is_spot else withdrawable(state, source, source_dex)
    if amount > free:
        return texts.TRANSFER_TOO_LARGE
    fee = activation_fee(state, to)
    if is_spot and fee:
        left = spot_free(state, source, USDC) - (amount if token.index == USDC else ZERO)
    else:
        left = free - amount
    return texts.NO_GAS if fee and left < fee else None


def _move_token(
    block: Block, source: Account, source_dex: str, to: Address, to_dex: str, token: Token, amount: Decimal
) -> Decimal:
    """Returns the activation fee."""
    fee = activation_fee(block.state, to)
    receiver = receiving_account(block, to)
    if source_dex == "spot":
        _change_spot(source, token, -amount)
        if fee:
            source.spot[USDC] = balance(source, USDC) - fee
    else:
        source.add_collateral(source_dex, -amount - fee)
    if to_dex == "spot":
        _change_spot(receiver, token, amount)
    else:
        receiver.add_collateral(to_dex, amount)
    return fee


def _change_spot(account: Account, token: Token, amount: Decimal) -> None:
    before = balance(account, token.index)
    cost = account.spot_entry_ntl.get(token.index)
    if cost is not None and amount < 0 and before:
        account.spot_entry_ntl[token.index] = cost * (before + amount) / before
    account.spot[token.index] = before + amount
