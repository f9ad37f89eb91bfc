"""Reserves of borrowing and lending, and what an account has in them. Key orders are those of SDK types."""

from decimal import Decimal
from typing import Any

from hlmock.exchange.actions.lending import LOAN_TO_VALUE, credit, debt, totals
from hlmock.exchange.actions.token_moves import token_px
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Token
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded


def reserves(state: State) -> list[Token]:
    """The tokens that can be supplied, by index."""
    found = [state.markets.token_by_name.get(name) for name in LOAN_TO_VALUE]
    return sorted((token for token in found if token is not None), key=lambda token: token.index)


def reserve_state(state: State, token: Token, number: NumberForm) -> dict[str, Any]:
    """Rates are zero (our choice)."""
    supplied, borrowed = totals(state, token.index)
    return {
        "borrowYearlyRate": number(ZERO),
        "supplyYearlyRate": number(ZERO),
        "balance": number(supplied - borrowed),
        "utilization": number(rounded(borrowed / supplied) if supplied else ZERO),
        "oraclePx": number(token_px(state, token)),
        "ltv": number(LOAN_TO_VALUE[token.name]),
        "totalSupplied": number(supplied),
        "totalBorrowed": number(borrowed),
    }


def user_state(state: State, account: Account, number: NumberForm) -> dict[str, Any]:
    """Without interest, basis and value are the same."""
    owed, may_owe = debt(state, account), credit(state, account)
    return {
        "tokenToState": [
            [token, {"borrow": _both(loan.borrowed, number), "supply": _both(loan.supplied, number)}]
            for token, loan in account.loans.items()
        ],
        "health": "healthy" if owed <= may_owe else "atRisk",
        "healthFactor": number(rounded(may_owe / owed)) if owed else None,
    }


def _both(amount: Decimal, number: NumberForm) -> dict[str, str]:
    return {"basis": number(amount), "value": number(amount)}
