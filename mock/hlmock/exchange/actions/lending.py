"""Borrowing and lending: tokens that earn, and what can be borrowed against them.

Source: Hyperliquid docs, Portfolio margin; SDK types. Nothing is lent but what others have supplied, and at no interest
(our choice); how a refusal begins is matched by clients, the rest of its words is our choice.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from hlmock.exchange import replies, texts
from hlmock.exchange.actions.token_moves import read_amount, token_px
from hlmock.exchange.block import Block
from hlmock.exchange.fees import cut
from hlmock.exchange.margin import spot_free
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.holdings import Loan
from hlmock.exchange.model.markets import Token
from hlmock.exchange.model.terms import USDC, ZERO
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions import BorrowLendAction
from hlmock.wire.numbers import wire

LOAN_TO_VALUE: Mapping[str, Decimal] = MappingProxyType(
    {"USDC": ZERO, "HYPE": Decimal("0.5"), "UBTC": Decimal("0.5")},
)
"""The tokens that can be supplied, and how much of their worth can be borrowed. Only USDC is lent."""


def borrow_lend(block: Block, account: Account, action: BorrowLendAction) -> Reply:
    """Supply, withdraw, borrow or repay an amount, or all there is (`null`)."""
    state = block.state
    token = state.markets.token_by_index.get(action.token)
    if token is None or token.name not in LOAN_TO_VALUE:
        return _refused(f"token {action.token} is not a reserve")
    is_borrowing = action.operation in ("borrow", "repay")
    if is_borrowing and token.index != USDC:
        return _refused(f"{token.name} cannot be borrowed")
    if action.operation == "borrow" and account.abstraction != "portfolioMargin":
        return _refused("borrowing needs portfolio margin")
    limit = cut(_limit(state, account, token, action.operation), token.wei)
    amount = limit
    if action.amount is not None:
        amount, error = read_amount(action.amount, token.wei_decimals)
        if error is not None:
            return replies.error(error)
    if not amount or amount > limit:
        return _refused(f"cannot {action.operation} {wire(amount)} {token.name}, at most {wire(limit)}")
    loan = account.loans.setdefault(token.index, Loan())
    gives = action.operation in ("supply", "repay")
    if is_borrowing:
        loan.borrowed += -amount if gives else amount
    else:
        loan.supplied += amount if gives else -amount
    account.spot[token.index] = account.balance(token.index) + (-amount if gives else amount)
    if not loan.supplied and not loan.borrowed:
        del account.loans[token.index]
    delta = {"token": token.name, "operation": action.operation, "amount": wire(amount), "interestAmount": "0.0"}
    block.ledger_changed(account, {"type": "borrowLend", **delta})
    return replies.DEFAULT


def _refused(why: str) -> Reply:
    return replies.error(texts.borrow_lend_error(why))


def _limit(state: State, account: Account, token: Token, operation: str) -> Decimal:
    loan = account.loans.get(token.index, Loan())
    supplied, borrowed = totals(state, token.index)
    match operation:
        case "supply":
            return spot_free(state, account, token.index)
        case "repay":
            return min(loan.borrowed, spot_free(state, account, token.index))
        case "borrow":
            return max(ZERO, min(credit(state, account) - debt(state, account), supplied - borrowed))
        case _:
            part = LOAN_TO_VALUE[token.name] * token_px(state, token)
            spare = credit(state, account) - debt(state, account)
            free = loan.supplied if not part or not debt(state, account) else max(ZERO, spare / part)
            return min(loan.supplied, free, supplied - borrowed)


def credit(state: State, account: Account) -> Decimal:
    """What the account may borrow against what it has supplied, USD."""
    tokens = state.markets.token_by_index
    return sum(
        (
            loan.supplied * token_px(state, tokens[index]) * LOAN_TO_VALUE[tokens[index].name]
            for index, loan in account.loans.items()
        ),
        ZERO,
    )


def debt(state: State, account: Account) -> Decimal:
    """What the account has borrowed, USD."""
    tokens = state.markets.token_by_index
    return sum((loan.borrowed * token_px(state, tokens[index]) for index, loan in account.loans.items()), ZERO)


def totals(state: State, token: int) -> tuple[Decimal, Decimal]:
    """Supplied and borrowed of a token by all accounts."""
    loans = [account.loans[token] for account in state.accounts.values() if token in account.loans]
    return sum((loan.supplied for loan in loans), ZERO), sum((loan.borrowed for loan in loans), ZERO)
