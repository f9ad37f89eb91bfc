"""Referral codes, and rewards of referrers and builders."""

from decimal import Decimal

from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.shapes.referrals import referral
from hlmock.wire.numbers import wire
from support.desk import Desk, address, error, fills

ALICE, BOB, CAROL = address("alice"), address("bob"), address("carol")
D = Decimal


def referred() -> Desk:
    """Alice was referred by Bob."""
    desk = Desk()
    assert error(desk.do("bob", "registerReferrer", code="BOB")) is None
    assert error(desk.do("alice", "setReferrer", code="BOB")) is None
    return desk


def test_a_code_must_be_registered_by_somebody_else() -> None:
    desk = Desk()
    assert error(desk.do("alice", "setReferrer", code="BOB")) == "Referral code not registered"
    desk.do("bob", "registerReferrer", code="BOB")
    assert error(desk.do("bob", "setReferrer", code="BOB")) == "Referral code not registered"
    assert error(desk.do("carol", "registerReferrer", code="BOB")) == "Referral code already registered."


def test_a_referrer_is_set_once() -> None:
    assert error(referred().do("alice", "setReferrer", code="BOB")) == "Referrer already set"


def test_an_account_has_one_code() -> None:
    desk = referred()
    assert error(desk.do("bob", "registerReferrer", code="BOB")) is None
    assert error(desk.do("bob", "registerReferrer", code="MORE")) == "Referral code already generated."


def test_a_code_needs_volume_where_volume_gates_are_on() -> None:
    text = "Cannot generate referral code until enough volume traded. Required: $10000. Traded: $0."
    assert error(Desk(volume_gates=True).do("bob", "registerReferrer", code="BOB")) == text


def test_a_referrer_earns_a_tenth_of_the_fees() -> None:
    desk = referred()
    (fill,) = fills(desk.order("alice", "buy", "1", "90000", "Ioc"))
    earned = (fill.fee / 10).quantize(D("0.000001"), "ROUND_DOWN")
    shown = referral(desk.exchange, desk.account("bob"), wire)
    assert shown["unclaimedRewards"] == wire(earned)
    (row,) = shown["referrerState"]["data"]["referralStates"]
    assert row == {
        "cumVlm": wire(desk.account("alice").volume),
        "cumRewardedFeesSinceReferred": wire(fill.fee),
        "cumFeesRewardedToReferrer": wire(earned),
        "timeJoined": desk.now_ms,
        "user": ALICE,
        "tokenToState": [],
    }


def test_a_builder_earns_its_fee_and_its_referrer_nothing_of_that() -> None:
    desk = referred()
    desk.account("carol")
    desk.do("alice", "approveBuilderFee", maxFeeRate="0.01%", builder=CAROL, nonce=desk.nonce + 1)
    (fill,) = fills(desk.order("alice", "buy", "1", "90000", "Ioc", builder={"b": CAROL, "f": 10}))
    assert fill.builder_fee is not None
    assert desk.account("carol").rewards[0].builder == fill.builder_fee
    assert desk.account("alice").referral.fees == fill.fee - fill.builder_fee  # type: ignore[union-attr]


def test_rewards_are_claimed_once_into_the_spot_balance() -> None:
    desk = referred()
    assert error(desk.do("bob", "claimRewards")) == "No rewards to claim"
    desk.order("alice", "buy", "1", "90000", "Ioc")
    earned = desk.account("bob").rewards[0].unclaimed
    outcome = desk.do("bob", "claimRewards")
    assert desk.account("bob").spot[0] == 1_000_000 + earned
    assert [change.delta for change in outcome.changes if isinstance(change, LedgerUpdate)] == [
        {"type": "rewardsClaim", "amount": wire(earned), "token": "USDC"}
    ]
    assert error(desk.do("bob", "claimRewards")) == "No rewards to claim"
    assert referral(desk.exchange, desk.account("bob"), wire)["claimedRewards"] == wire(earned)
