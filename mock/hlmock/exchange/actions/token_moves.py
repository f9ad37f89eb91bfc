"""Moving a token from one balance to another: what it may cost, what may be wrong with it, the move itself.

Source: recorded answers; Hyperliquid docs, Activation gas fee, HyperCore <> HyperEVM transfers.
"""

import re
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from hlmock.exchange import texts
from hlmock.exchange.block import Block
from hlmock.exchange.margin import spot_free, withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Token
from hlmock.exchange.model.terms import MICRO_USD, USDC, ZERO
from hlmock.exchange.state import State
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

ACTIVATION_FEE = Decimal(1)
"""Of the first transfer to a fresh address, taken from the sender in a quote token."""
EVM_GAS_HYPE = Decimal("0.00002")
"""Of a transfer to the EVM. Source: recorded ledger."""
EVM_GAS_USDC = Decimal("0.001")
"""Of one by somebody without HYPE (our choice: the amount is not known)."""
LARGEST = Decimal(10) ** 15
HYPE_SYSTEM_ADDRESS = Address("0x" + "2" * 40)
_BASIS_UNIT = Decimal("0.00000001")
_is_number = re.compile(r"-?(?:[0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?").fullmatch
"""`Decimal` reads more: spaces, underscores, digits of other scripts, infinities, exponents without end."""


class Amount(NamedTuple):
    """A number that was read, or what is wrong with it."""

    value: Decimal
    error: str | None = None


def read_amount(text: str, decimals: int) -> Amount:
    """An amount of a transfer. Unlike prices, scientific notation is accepted (recorded answers)."""
    if not _is_number(text) or abs(value := Decimal(text)) >= LARGEST:
        return Amount(ZERO, texts.INVALID_DECIMAL)
    if value < 0 or value != round(value, decimals):
        return Amount(ZERO, texts.TOO_MANY_DECIMALS)
    return Amount(value)


class Move(NamedTuple):
    """A token on its way. A dex is the name of a perp dex (`""` is the main one) or `spot`."""

    source: Account
    source_dex: str
    to: Address
    to_dex: str
    token: Token
    amount: Decimal

    @property
    def is_to_evm(self) -> bool:
        return self.to == system_address(self.token)


class Gas(NamedTuple):
    """What a move costs beside its amount."""

    fee: Decimal = ZERO
    token: Token | None = None
    native: Decimal = ZERO
    """HYPE"""


def system_address(token: Token) -> Address:
    """The address that stands for a token's other side, on the EVM."""
    return HYPE_SYSTEM_ADDRESS if token.name == "HYPE" else Address(f"0x20{token.index:038x}")


def fault(state: State, move: Move) -> str | None:
    """What is wrong with the move itself; its gas apart."""
    source, token = move.source, move.token
    if source.is_unified and not move.source_dex == move.to_dex == "spot":
        return texts.SPOT_WHEN_UNIFIED
    for dex in (move.source_dex, move.to_dex):
        if dex != "spot" and state.markets.dex(dex) is None:
            return texts.INVALID_DEX
        if dex != "spot" and token.index != USDC:
            return texts.INVALID_SEND
    if not move.amount:
        return texts.SEND_ZERO
    if move.to == source.address and move.source_dex == move.to_dex:
        return texts.INVALID_SEND
    return texts.TRANSFER_TOO_LARGE if move.amount > _free(state, source, move.source_dex, token) else None


def gas_of(state: State, move: Move) -> Gas | str:
    """What the move costs, or what is said of a sender who cannot pay it.

    A fresh address is activated for one quote token: out of the perp balance that is sent from, in the quote token
    that is sent, else in USDC or the next quote token that there is enough of.
    """
    if move.is_to_evm:
        return _evm_gas(state, move)
    if move.to in state.accounts:
        return Gas()
    usdc = state.markets.token_by_index[USDC]
    if move.source_dex != "spot":
        is_enough = _left(state, move, usdc) >= ACTIVATION_FEE
        return Gas(ACTIVATION_FEE, usdc) if is_enough else texts.NO_GAS
    quotes = sorted({market.quote_token for market in state.markets.spot})
    if move.token.index in quotes:
        is_enough = _left(state, move, move.token) >= ACTIVATION_FEE
        return Gas(ACTIVATION_FEE, move.token) if is_enough else texts.no_gas_in(move.token.name)
    for index in quotes:
        token = state.markets.token_by_index[index]
        if _left(state, move, token) >= ACTIVATION_FEE:
            return Gas(ACTIVATION_FEE, token)
    return texts.NO_GAS


def _evm_gas(state: State, move: Move) -> Gas | str:
    hype, usdc = state.markets.token_by_name.get("HYPE"), state.markets.token_by_index[USDC]
    spot = move._replace(source_dex="spot") if move.source_dex != "spot" else move
    if hype is not None and _left(state, spot, hype) >= EVM_GAS_HYPE:
        return Gas(native=EVM_GAS_HYPE)
    if _left(state, move, usdc) >= EVM_GAS_USDC:
        return Gas(EVM_GAS_USDC, usdc)
    return texts.NO_EVM_GAS


def _left(state: State, move: Move, token: Token) -> Decimal:
    """Of a token in the balance that is sent from, once the amount is gone."""
    free = _free(state, move.source, move.source_dex, token)
    return free - (move.amount if token is move.token else ZERO)


def _free(state: State, account: Account, dex: str, token: Token) -> Decimal:
    return spot_free(state, account, token.index) if dex == "spot" else withdrawable(state, account, dex)


def carry_out(block: Block, move: Move, gas: Gas) -> list[Account]:
    """Take and give. What goes to the EVM is gone.

    Returns:
        the accounts whose ledgers tell of it: the sender and, where there is another, the receiver.
    """
    state, source, token = block.state, move.source, move.token
    receiver = None if move.is_to_evm else receiving_account(block, move.to)
    if move.source_dex == "spot":
        _take_spot(source, token, move.amount)
    else:
        source.add_collateral(move.source_dex, -move.amount)
    if gas.fee and gas.token is not None:
        if move.source_dex == "spot":
            _take_spot(source, gas.token, gas.fee)
        else:
            source.add_collateral(move.source_dex, -gas.fee)
    if gas.native:
        _take_spot(source, state.markets.token_by_name["HYPE"], gas.native)
    if receiver is None:
        return [source]
    if move.to_dex == "spot":
        receiver.spot[token.index] = receiver.balance(token.index) + move.amount
        if token.index != USDC:
            worth = (move.amount * token_px(state, token)).quantize(_BASIS_UNIT, ROUND_DOWN)
            receiver.spot_entry_ntl[token.index] = receiver.spot_entry_ntl.get(token.index, ZERO) + worth
    else:
        receiver.add_collateral(move.to_dex, move.amount)
    return [source] if receiver is source else [source, receiver]


def _take_spot(account: Account, token: Token, amount: Decimal) -> None:
    """With its part of what the balance has cost."""
    before = account.balance(token.index)
    cost = account.spot_entry_ntl.get(token.index)
    if cost is not None and before:
        left = (cost * (before - amount) / before).quantize(_BASIS_UNIT, ROUND_DOWN)
        account.spot_entry_ntl[token.index] = left
    account.spot[token.index] = before - amount


def receiving_account(block: Block, to: Address) -> Account:
    """The account that a transfer goes to. A fresh one starts with nothing but what is sent (our choice)."""
    account = block.state.accounts.get(to)
    if account is None:
        return block.open_account(to, "transfer")
    block.state.identity.name(to, "transfer")
    return account


def token_px(state: State, token: Token) -> Decimal:
    """Mark price of the token's USDC pair, or 0 without one."""
    if token.index == USDC:
        return Decimal(1)
    pairs = (each for each in state.markets.spot if each.base_token == token.index and each.quote_token == USDC)
    market = next(pairs, None)
    return ZERO if market is None else state.mark_px(market.coin)


def spot_transfer(state: State, move: Move, gas: Gas, nonce: int | None) -> dict[str, object]:
    """The move as the ledger tells it between spot balances. `feeToken` is empty where nothing was paid (recorded)."""
    return {
        "type": "spotTransfer",
        "token": move.token.name,
        "amount": wire(move.amount),
        "usdcValue": _usdc_value(state, move),
        "user": move.source.address,
        "destination": move.to,
        **_paid(gas, nonce),
    }


def send(state: State, move: Move, gas: Gas, nonce: int) -> dict[str, object]:
    """The move as the ledger tells it between dexes."""
    return {
        "type": "send",
        "user": move.source.address,
        "destination": move.to,
        "sourceDex": move.source_dex,
        "destinationDex": move.to_dex,
        "token": move.token.name,
        "amount": wire(move.amount),
        "usdcValue": _usdc_value(state, move),
        **_paid(gas, nonce),
    }


def _usdc_value(state: State, move: Move) -> str:
    return wire((move.amount * token_px(state, move.token)).quantize(MICRO_USD, ROUND_DOWN))


def _paid(gas: Gas, nonce: int | None) -> dict[str, object]:
    return {
        "fee": wire(gas.fee),
        "nativeTokenFee": wire(gas.native),
        "nonce": nonce,
        "feeToken": "" if gas.token is None else gas.token.name,
    }
