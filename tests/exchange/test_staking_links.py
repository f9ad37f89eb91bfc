"""Staking links: two accounts agree, and the discount of one is the other's."""

from decimal import Decimal

from hlmock.exchange import fees
from hlmock.exchange.model.holdings import Delegation
from hlmock.shapes.fees import user_fees
from hlmock.wire.numbers import wire
from support.desk import Desk, address, error

TRADER, STAKER = address("trader"), address("staker")


def link(desk: Desk, who: str, user: str, *, is_finalize: bool) -> str | None:
    return error(desk.do(who, "linkStakingUser", user=user, isFinalize=is_finalize, nonce=desk.nonce + 1))


def linked() -> Desk:
    desk = Desk()
    desk.account("trader")
    desk.account("staker").staking.delegations[address("validator")] = Delegation(Decimal(200_000), 0)
    assert link(desk, "trader", STAKER, is_finalize=False) is None
    assert link(desk, "staker", TRADER, is_finalize=True) is None
    return desk


def shown(desk: Desk, name: str) -> object:
    return user_fees(desk.exchange, desk.account(name), desk.now_ms, wire)["stakingLink"]


def test_the_stakers_discount_is_the_traders() -> None:
    desk = linked()
    assert fees.staking_tier(desk.exchange, desk.account("trader"))[1] == Decimal("0.3")
    assert shown(desk, "trader") == {"type": "tradingUser", "stakingUser": STAKER}
    assert shown(desk, "staker") == {"type": "stakingUser", "tradingUser": TRADER}


def test_a_link_needs_both() -> None:
    desk = Desk()
    desk.account("staker")
    assert link(desk, "staker", TRADER, is_finalize=True) == "Staking link error: no such user"
    desk.account("trader")
    assert link(desk, "staker", TRADER, is_finalize=True) == "Staking link error: not requested"
    link(desk, "trader", STAKER, is_finalize=False)
    assert shown(desk, "trader") == {"type": "requested", "stakingUser": STAKER}
    assert fees.staking_tier(desk.exchange, desk.account("trader"))[1] == 0


def test_who_is_linked_is_not_linked_again() -> None:
    desk = linked()
    desk.account("other")
    assert link(desk, "trader", address("other"), is_finalize=False) == "Staking link error: user is already linked"
    assert link(desk, "staker", address("other"), is_finalize=True) == "Staking link error: user is already linked"


def test_the_staker_can_end_it() -> None:
    desk = linked()
    stranger = desk.do("trader", "stakingLinkDisableTradingUser", tradingUser=TRADER, nonce=desk.nonce + 1)
    assert error(stranger) == "Staking link error: not linked"
    assert error(desk.do("staker", "stakingLinkDisableTradingUser", tradingUser=TRADER, nonce=desk.nonce + 1)) is None
    assert (shown(desk, "trader"), shown(desk, "staker")) == (None, None)
