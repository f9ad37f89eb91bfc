"""Vaults: accounts that a leader trades with what others put in.

Source: Hyperliquid docs, Vaults; texts: answers asserted by clients' tests. A deposit buys shares at what they are
worth; a withdrawal sells them, less the leader's part of the profit and what closing positions costs. Where a rule is
documented and its refusal is not, the words are our choice (see `texts`).
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.actions.subaccounts import derive_address
from hlmock.exchange.block import Block
from hlmock.exchange.lifecycle import close_all
from hlmock.exchange.margin import withdrawable
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Vault, VaultStake
from hlmock.exchange.model.positions import Position
from hlmock.exchange.model.terms import DAY_MS, MICRO_USD, ZERO
from hlmock.exchange.orders import place
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions import (
    CreateVaultAction,
    LimitType,
    Order,
    OrderType,
    VaultDistributeAction,
    VaultModifyAction,
    VaultTransferAction,
)
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import shortest, wire

LEAST_VAULT = Decimal(100)
LEAST_DEPOSIT = Decimal(5)
LEAST_DISTRIBUTION = Decimal(10)
LEADER_COMMISSION = Decimal("0.1")
"""Of a depositor's profit, taken when it withdraws."""
LEADER_PART = Decimal("0.05")
"""Of the vault, that its leader must hold."""
LOCKUP_MS = DAY_MS
"""After a deposit, in which the depositor cannot withdraw."""
NAME_LENGTHS, DESCRIPTION_LENGTHS = range(3, 51), range(10, 251)
CLOSING_SLIPPAGE = Decimal("0.1")


def create_vault(block: Block, account: Account, action: CreateVaultAction) -> Reply:
    """The reply carries the new address; the leader's deposit is its first."""
    amount = action.initialUsd * MICRO_USD
    if len(action.name) not in NAME_LENGTHS or len(action.description) not in DESCRIPTION_LENGTHS:
        return replies.error(texts.NAME_LENGTH)
    if amount < LEAST_VAULT or amount > withdrawable(block.state, account):
        return replies.error(texts.VAULT_TOO_POOR)
    count = sum(other.is_vault for other in block.state.accounts.values())
    address = derive_address("vault", account.address, count)
    vault = block.open_account(address, "vault", master=account.address)
    vault.name = action.name
    vault.vault = terms = Vault(action.description, block.time_ms)
    _pay_in(block, account, vault, terms, amount)
    block.ledger_changed(account, {"type": "vaultCreate", "vault": address, "usdc": wire(amount), "fee": "0.0"})
    return replies.data("createVault", address)


def transfer_to_vault(block: Block, account: Account, action: VaultTransferAction) -> Reply:
    """Deposit into a vault, or withdraw from it."""
    vault = block.state.accounts.get(action.vaultAddress)
    if vault is None or vault.vault is None:
        return replies.error(texts.vault_not_registered(action.vaultAddress))
    transfer = _deposit if action.isDeposit else _withdraw
    return transfer(block, account, vault, vault.vault, action.usd * MICRO_USD)


def _deposit(block: Block, account: Account, vault: Account, terms: Vault, amount: Decimal) -> Reply:
    state = block.state
    if amount < LEAST_DEPOSIT:
        return replies.error(texts.VAULT_DEPOSIT_TOO_SMALL)
    if amount > withdrawable(state, account):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    is_leader = account.address == vault.master
    if terms.is_closed or not (is_leader or terms.allow_deposits):
        return replies.error(texts.NO_VAULT_DEPOSITS)
    if not is_leader and _leader_equity(state, vault) < LEADER_PART * (net_worth(state, vault) + amount):
        return replies.error(texts.LEADER_TOO_SMALL)
    _pay_in(block, account, vault, terms, amount)
    block.ledger_changed(account, {"type": "vaultDeposit", "vault": vault.address, "usdc": wire(amount)})
    return replies.DEFAULT


def _pay_in(block: Block, account: Account, vault: Account, terms: Vault, amount: Decimal) -> None:
    worth = net_worth(block.state, vault)
    shares = amount * terms.shares / worth if terms.shares and worth > 0 else amount
    stake = account.vault_stakes.get(vault.address)
    if stake is None:
        stake = account.vault_stakes[vault.address] = VaultStake(entered_ms=block.time_ms)
    stake.shares += shares
    stake.basis += amount
    stake.locked_until = block.time_ms + LOCKUP_MS
    terms.shares += shares
    account.usdc -= amount
    vault.usdc += amount
    block.user_changed(vault)


def _withdraw(block: Block, account: Account, vault: Account, terms: Vault, amount: Decimal) -> Reply:
    state = block.state
    stake = account.vault_stakes.get(vault.address)
    worth = net_worth(state, vault)
    if stake is None:
        return replies.error(texts.VAULT_EMPTY)
    if not amount or amount > equity(state, vault, stake):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    if block.time_ms < stake.locked_until:
        return replies.error(texts.VAULT_LOCKED)
    is_leader = account.address == vault.master
    owned = equity_of(worth, terms, stake)
    if is_leader and stake.shares < terms.shares and owned - amount < LEADER_PART * (worth - amount):
        return replies.error(texts.LEADER_MUST_STAY)
    if terms.always_close_on_withdraw or amount > withdrawable(state, vault):
        _close_part(block, vault, amount / worth)
    closing_cost = max(ZERO, worth - net_worth(state, vault)).quantize(MICRO_USD, ROUND_UP)
    paid = min(amount - closing_cost, withdrawable(state, vault)).quantize(MICRO_USD, ROUND_DOWN)
    is_all = amount == owned
    part = Decimal(1) if is_all else amount / owned
    basis = (stake.basis * part).quantize(MICRO_USD, ROUND_DOWN)
    commission = ZERO if is_leader else max(ZERO, (paid - basis) * LEADER_COMMISSION).quantize(MICRO_USD, ROUND_DOWN)
    sold = stake.shares * part
    terms.shares -= sold
    stake.shares -= sold
    stake.basis -= basis
    stake.realized += paid - commission - basis
    if is_all:
        del account.vault_stakes[vault.address]
    vault.usdc -= paid
    account.usdc += paid - commission
    block.user_changed(vault)
    block.ledger_changed(
        account,
        {
            "type": "vaultWithdraw",
            "vault": vault.address,
            "user": account.address,
            "requestedUsd": wire(amount),
            "commission": wire(commission),
            "closingCost": wire(closing_cost),
            "basis": wire(basis),
            "netWithdrawnUsd": wire(paid - commission),
        },
    )
    if commission and vault.master is not None:
        leader = block.account(vault.master)
        leader.usdc += commission
        delta = {"type": "vaultLeaderCommission", "user": leader.address, "usdc": wire(commission)}
        block.ledger_changed(leader, delta)
    return replies.DEFAULT


def _close_part(block: Block, vault: Account, part: Decimal) -> None:
    """Free margin for a withdrawal: no more open orders, and this part of every position closed at the market."""
    close_all(block, vault, "vaultWithdrawalCanceled")
    for position in list(vault.positions.values()):
        place(block, vault, _closing_order(block.state, position, part))


def _closing_order(state: State, position: Position, part: Decimal) -> Order:
    market = state.markets.by_asset[position.asset]
    is_buy = position.szi < 0
    sz = min((abs(position.szi) * part).quantize(market.lot, ROUND_UP), abs(position.szi))
    px = state.mark_px(position.coin) * (1 + (CLOSING_SLIPPAGE if is_buy else -CLOSING_SLIPPAGE))
    limit = px.quantize(market.px_unit, ROUND_UP)
    market_order = OrderType(limit=LimitType("FrontendMarket"))
    return Order(a=position.asset, b=is_buy, p=shortest(limit), s=shortest(sz), r=True, t=market_order)


def modify_vault(block: Block, account: Account, action: VaultModifyAction) -> Reply:
    """Switch deposits by others, and whether a withdrawal always closes its part of the positions."""
    vault = block.state.accounts.get(action.vaultAddress)
    if vault is None or vault.vault is None:
        return replies.error(texts.vault_not_registered(action.vaultAddress))
    if vault.master != account.address:
        return replies.error(texts.LEADER_ONLY)
    if action.allowDeposits is not None:
        vault.vault.allow_deposits = action.allowDeposits
    if action.alwaysCloseOnWithdraw is not None:
        vault.vault.always_close_on_withdraw = action.alwaysCloseOnWithdraw
    return replies.DEFAULT


def distribute_vault(block: Block, account: Account, action: VaultDistributeAction) -> Reply:
    """Pay funds out to all depositors by their shares; an amount of 0 pays everything and closes the vault."""
    state = block.state
    vault = state.accounts.get(action.vaultAddress)
    if vault is None or vault.vault is None:
        return replies.error(texts.vault_not_registered(action.vaultAddress))
    if vault.master != account.address:
        return replies.error(texts.LEADER_ONLY)
    terms, amount = vault.vault, action.usd * MICRO_USD
    if amount and amount < LEAST_DISTRIBUTION:
        return replies.error(texts.DISTRIBUTE_MORE)
    if amount > withdrawable(state, vault):
        return replies.error(texts.WITHDRAWAL_TOO_LARGE)
    is_closing = not amount
    if is_closing:
        if vault.positions:
            return replies.error(texts.VAULT_HAS_POSITIONS)
        close_all(block, vault, "vaultWithdrawalCanceled")
        amount = vault.usdc
        terms.is_closed = True
    for depositor, stake, paid in _split(state, vault, terms, amount):
        vault.usdc -= paid
        depositor.usdc += paid
        stake.basis -= paid
        if is_closing:
            terms.shares -= stake.shares
            del depositor.vault_stakes[vault.address]
        delta = {"type": "vaultDistribution", "vault": vault.address, "usdc": wire(paid)}
        block.ledger_changed(depositor, delta)
    block.user_changed(vault)
    return replies.DEFAULT


def _split(state: State, vault: Account, terms: Vault, amount: Decimal) -> list[tuple[Account, VaultStake, Decimal]]:
    """What each depositor gets, to the micro-dollar; the first, the leader, gets what rounding leaves."""
    parts = [
        (depositor, stake, (amount * stake.shares / terms.shares).quantize(MICRO_USD, ROUND_DOWN))
        for depositor, stake in depositors(state, vault)
    ]
    if parts:
        leader, stake, paid = parts[0]
        parts[0] = leader, stake, paid + amount - sum((each for _, _, each in parts), ZERO)
    return parts


def depositors(state: State, vault: Account) -> list[tuple[Account, VaultStake]]:
    """Everybody who holds shares, the leader first, then in the order in which the accounts were opened."""
    found = [
        (account, account.vault_stakes[vault.address])
        for account in state.accounts.values()
        if vault.address in account.vault_stakes
    ]
    return sorted(found, key=lambda each: each[0].address != vault.master)


def net_worth(state: State, vault: Account) -> Decimal:
    """All that the vault has, USD: collateral, margin of isolated positions, unrealised PnL."""
    worth = vault.usdc + sum(vault.dex_usdc.values(), ZERO)
    for position in vault.positions.values():
        pnl = (state.mark_px(position.coin) - position.entry_px) * position.szi
        worth += pnl + (position.isolated_margin or ZERO)
    return worth


def equity(state: State, vault: Account, stake: VaultStake) -> Decimal:
    """What a stake in a vault is worth, USD, cut to 6 decimals."""
    return ZERO if vault.vault is None else equity_of(net_worth(state, vault), vault.vault, stake)


def equity_of(worth: Decimal, terms: Vault, stake: VaultStake) -> Decimal:
    """What a stake is worth in a vault that is worth so much, USD, cut to 6 decimals. Who holds every share has all."""
    if not terms.shares:
        return ZERO
    if stake.shares == terms.shares:
        return worth.quantize(MICRO_USD, ROUND_DOWN)
    return (worth * stake.shares / terms.shares).quantize(MICRO_USD, ROUND_DOWN)


def _leader_equity(state: State, vault: Account) -> Decimal:
    leader = None if vault.master is None else state.accounts.get(vault.master)
    stake = None if leader is None else leader.vault_stakes.get(vault.address)
    return ZERO if stake is None else equity(state, vault, stake)


def stake_value(state: State, account: Account, vault: Address) -> Decimal:
    """What the account's stake in a vault is worth, USD."""
    return equity(state, state.accounts[vault], account.vault_stakes[vault])
