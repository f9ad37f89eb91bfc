"""Borrowing and lending: what is supplied can be lent, up to what the borrower has supplied."""

from decimal import Decimal

import pytest

from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.shapes.lending import reserve_state, reserves, user_state
from hlmock.wire.numbers import wire
from support.desk import Desk, address, error

D = Decimal
USDC, HYPE, PURR = 0, 150, 1


def do(desk: Desk, who: str, operation: str, amount: str | None, token: int = USDC) -> str | None:
    return error(desk.do(who, "borrowLend", operation=operation, token=token, amount=amount))


def borrower() -> Desk:
    """Bob has supplied 1000 USDC; Alice 100 HYPE, under portfolio margin."""
    desk = Desk()
    desk.account("alice")
    desk.fund("alice", "100", "HYPE")
    mode = desk.do(
        "alice", "userSetAbstraction", user=address("alice"), abstraction="portfolioMargin", nonce=desk.nonce + 1
    )
    assert error(mode) is None
    assert do(desk, "bob", "supply", "1000") is None
    assert do(desk, "alice", "supply", "100", HYPE) is None
    return desk


def test_what_is_supplied_leaves_spot_and_comes_back_whole() -> None:
    desk = Desk()
    outcome = desk.do("alice", "borrowLend", operation="supply", token=USDC, amount="30")
    (update,) = [change for change in outcome.changes if isinstance(change, LedgerUpdate)]
    assert update.delta == {
        "type": "borrowLend",
        "token": "USDC",
        "operation": "supply",
        "amount": "30.0",
        "interestAmount": "0.0",
    }
    assert desk.account("alice").spot[USDC] == 999_970
    assert do(desk, "alice", "withdraw", None) is None
    assert (desk.account("alice").spot[USDC], desk.account("alice").loans) == (D(1_000_000), {})


def test_half_the_worth_of_hype_can_be_borrowed() -> None:
    desk = borrower()
    worth = desk.exchange.mark_px("@107") * 100
    limit = min(worth / 2, D(1_000))
    before = desk.account("alice").spot[USDC]
    assert str(do(desk, "alice", "borrow", "1000.01")).startswith("Borrow/lend error: cannot borrow 1000.01 USDC")
    assert do(desk, "alice", "borrow", None) is None
    assert desk.account("alice").spot[USDC] == before + limit
    assert str(do(desk, "bob", "withdraw", None)).startswith("Borrow/lend error: cannot withdraw")
    assert user_state(desk.exchange, desk.account("alice"), wire)["health"] == "healthy"
    assert do(desk, "alice", "repay", None) is None
    assert do(desk, "bob", "withdraw", None) is None


def test_collateral_of_a_debt_stays() -> None:
    desk = borrower()
    do(desk, "alice", "borrow", "1000")
    owed = D(1_000) / (desk.exchange.mark_px("@107") / 2)
    assert str(do(desk, "alice", "withdraw", str(round(100 - owed + 1, 2)), HYPE)).startswith("Borrow/lend error")
    assert do(desk, "alice", "withdraw", str(round(100 - owed - 1, 2)), HYPE) is None


@pytest.mark.parametrize(
    ("operation", "token", "why"),
    [
        ("supply", PURR, "token 1 is not a reserve"),
        ("borrow", HYPE, "HYPE cannot be borrowed"),
        ("borrow", USDC, "borrowing needs portfolio margin"),
        ("withdraw", USDC, "cannot withdraw 5.0 USDC, at most 0.0"),
    ],
)
def test_refusals(operation: str, token: int, why: str) -> None:
    assert do(Desk(), "alice", operation, "5", token) == f"Borrow/lend error: {why}"


def test_a_reserve_tells_what_is_lent() -> None:
    desk = borrower()
    do(desk, "alice", "borrow", "250")
    usdc = next(token for token in reserves(desk.exchange) if token.index == USDC)
    state = reserve_state(desk.exchange, usdc, wire)
    assert (state["totalSupplied"], state["totalBorrowed"]) == ("1000.0", "250.0")
    assert (state["balance"], state["utilization"]) == ("750.0", "0.25")


def test_all_there_is_is_cut_to_the_wei_of_its_token() -> None:
    desk = borrower()
    assert do(desk, "alice", "borrow", "100") is None
    desk.prices("@107", mark="33.337")
    assert do(desk, "alice", "withdraw", None, HYPE) is None
    left = desk.account("alice").loans[HYPE].supplied
    assert left == left.quantize(D("0.00000001"))
