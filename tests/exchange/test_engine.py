from decimal import Decimal

import msgspec
import pytest

from hlmock.exchange.engine import AmbiguousCloid
from hlmock.exchange.model.changes import BookChanged
from hlmock.wire.actions import (
    Action,
    CreateVaultAction,
    Envelope,
    NoopAction,
    SetReferrerAction,
    Signature,
    UsdSendAction,
)
from hlmock.wire.addresses import Address
from support.desk import ETH, T0, Desk, address, cloid, error, fills, order_changes, statuses

ALICE, BOB = address("alice"), address("bob")
D = Decimal


def envelope(action: Action, *, nonce: int = T0, vault: Address | None = None, expires: int | None = None) -> Envelope:
    return Envelope(action, nonce, Signature(1, 1, 27), vault, expires, b"", b"")


SEND = UsdSendAction("0x66eee", "Testnet", BOB, "1", T0)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (envelope(NoopAction()), None),
        (envelope(SEND), None),
        (envelope(SetReferrerAction("X"), vault=BOB), "Vault may not perform this action."),
        (envelope(SEND, expires=T0), "Action does not support expires_after"),
        (envelope(SEND, nonce=T0 + 1), "Nonce mismatch."),
        (envelope(CreateVaultAction("vault", "a description", 100, T0), nonce=T0 + 1), None),
    ],
)
def test_what_is_refused_before_recovery(given: Envelope, text: str | None) -> None:
    assert Desk().exchange.check_static(given) == text


def test_the_chain_of_a_user_signed_action_must_be_the_servers() -> None:
    text = "Mainnet and testnet require different signature."
    assert Desk(network="mainnet").exchange.check_static(envelope(SEND)) == text
    assert Desk(network="testnet").exchange.check_static(envelope(SEND)) is None


def test_static_refusals_have_a_sequence() -> None:
    exchange = Desk(network="mainnet").exchange
    everything = envelope(SEND, nonce=1, vault=BOB, expires=T0)
    assert exchange.check_static(everything) == "Vault may not perform this action."
    without_vault = msgspec.structs.replace(everything, vault_address=None)
    assert exchange.check_static(without_vault) == "Action does not support expires_after"
    without_expiry = msgspec.structs.replace(without_vault, expires_after=None)
    assert exchange.check_static(without_expiry) == "Nonce mismatch."


def apply_noop(desk: Desk, nonce: int, expires: int | None = None) -> str | None:
    desk.account("alice")
    return error(
        desk.exchange.apply(
            NoopAction(), account=ALICE, signer=ALICE, nonce=nonce, expires_after=expires, now_ms=T0, wall_ms=T0
        )
    )


def test_an_expired_action_is_refused_and_its_nonce_consumed() -> None:
    desk = Desk()
    assert apply_noop(desk, T0, expires=T0 - 1) == "Action already expired"
    assert apply_noop(desk, T0) == f"Invalid nonce: duplicate nonce {T0}"


def test_an_action_that_expires_now_is_still_good() -> None:
    assert apply_noop(Desk(), T0, expires=T0) is None


def test_the_nonce_is_named_before_the_expiry() -> None:
    desk = Desk()
    apply_noop(desk, T0)
    assert apply_noop(desk, T0, expires=T0 - 1) == f"Invalid nonce: duplicate nonce {T0}"


def test_a_refusal_before_the_action_changes_nothing() -> None:
    desk = Desk()
    apply_noop(desk, T0)
    before = desk.exchange.commit
    apply_noop(desk, T0)
    assert desk.exchange.commit == before


def test_networks_follow_the_setting_and_the_profile() -> None:
    assert Desk().exchange.networks == ("testnet", "mainnet")
    assert Desk(network="mainnet").exchange.networks == ("mainnet",)
    assert Desk(profile="recomma-mock").exchange.networks == ("testnet",)


# By hand.


def test_a_forced_fill_goes_through_the_same_life_cycle() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    outcome = desk.fill(oid)
    assert order_changes(outcome) == [(oid, "filled")]
    (fill,) = fills(outcome)
    assert (fill.px, fill.sz, fill.crossed, fill.dir) == (D(66_000), D(1), False, "Open Long")
    assert desk.account("alice").positions[0].szi == 1
    assert desk.exchange.book("BTC").trades[-1].side == "A"


def test_a_forced_fill_is_clamped_to_the_rest() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    (fill,) = fills(desk.fill(desk.newest("alice").oid, "5"))
    assert fill.sz == 1


def test_two_forced_fills_complete_an_order() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    assert statuses(desk.fill(oid, "0.4")) == ["partiallyFilled"]
    assert statuses(desk.fill(oid, "0.6", "65000")) == ["filled"]


def test_a_forced_fill_of_a_terminal_order_is_refused() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    desk.fill(oid)
    assert error(desk.fill(oid)) == f"Order was never placed, already canceled, or filled. oid={oid}"


def test_resting_orders_that_a_new_quote_reaches_fill_at_their_own_price_best_first() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    desk.order("bob", "buy", "1", "66200")
    desk.order("carol", "buy", "1", "65000")
    outcome = desk.quote("BTC", "65800", "66000")
    assert [(fill.account, fill.px) for fill in fills(outcome)] == [(BOB, D(66_200)), (ALICE, D(66_000))]
    assert desk.newest("carol").is_open


def test_a_quote_changes_mid_and_mark() -> None:
    desk = Desk()
    outcome = desk.quote("BTC", "90000", "90010")
    assert outcome.changes == (BookChanged("BTC"),)
    assert (desk.exchange.book("BTC").mid_px, desk.exchange.mark_px("BTC")) == (D(90_005), D(90_005))


def test_a_quote_may_lack_a_side() -> None:
    desk = Desk()
    desk.quote("BTC", "90000", None)
    assert error(desk.order("alice", "buy", "1", "95000", "Ioc")) is not None
    assert error(desk.order("alice", "sell", "1", "90000", "Ioc")) is None


def test_a_quote_without_sizes_keeps_them() -> None:
    desk = Desk()
    desk.quote("BTC", "90000", "90010", "7")
    desk.exchange.set_quote("BTC", D(91_000), None, D(91_010), None, T0)
    assert desk.exchange.book("BTC").quote.bid_sz == 7


@pytest.mark.parametrize(
    ("coin", "bid", "ask", "words"),
    [
        ("NOPE", "1", "2", "unknown coin 'NOPE'"),
        ("BTC", "2", "2", "must be below"),
        ("BTC", "0", "2", "must be positive"),
        ("BTC", "-1", "2", "must be positive"),
    ],
)
def test_a_senseless_quote_is_refused(coin: str, bid: str, ask: str, words: str) -> None:
    assert words in (error(Desk().quote(coin, bid, ask)) or "")


def test_funding_adds_to_an_account_and_opens_a_new_one_with_just_that() -> None:
    desk = Desk()
    desk.account("alice")
    desk.fund("alice", "5")
    desk.fund("bob", "7")
    desk.fund("bob", "3", "HYPE")
    assert desk.account("alice").usdc == 1_000_005
    assert (desk.account("bob").usdc, desk.account("bob").spot) == (D(7), {150: D(3)})


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_a_senseless_amount_is_not_funded(amount: str) -> None:
    assert error(Desk().fund("alice", amount)) == "amount must be positive"


def test_a_reset_forgets_everything_but_ids() -> None:
    desk = Desk()
    desk.order("alice", "buy", "0.5", "70000", "Ioc", cloid=cloid(1))
    before = (desk.exchange.commit, desk.exchange.next_oid, desk.exchange.next_tid)
    desk.quote("BTC", "1", "2")
    outcome = desk.exchange.reset(T0)
    assert not desk.exchange.accounts
    assert not desk.exchange.orders
    assert desk.exchange.mark_px("BTC") == 66_344
    assert BookChanged("BTC") in outcome.changes
    assert (desk.exchange.commit, desk.exchange.next_oid, desk.exchange.next_tid) == (before[0] + 2, *before[1:])


def test_a_reset_forgets_nonces() -> None:
    desk = Desk()
    apply_noop(desk, T0)
    desk.exchange.reset(T0)
    assert apply_noop(desk, T0) is None


# Looking up.


def test_an_order_is_found_by_oid_and_by_cloid() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    order = desk.newest("alice")
    assert desk.exchange.find_order(None, order.oid) is order
    assert desk.exchange.find_order(None, cloid(1)) is order
    assert desk.exchange.find_order(ALICE, cloid(1)) is order
    assert desk.exchange.find_order(BOB, order.oid) is None
    assert desk.exchange.find_order(None, cloid(2)) is None


def test_among_reuses_of_a_cloid_the_newest_wins() -> None:
    desk = Desk()
    for _ in range(2):
        desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
        desk.cancel("alice", desk.newest("alice").oid)
    assert desk.exchange.find_order(None, cloid(1)) is desk.newest("alice")


def test_a_cloid_of_several_accounts_needs_one_named() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    desk.order("bob", "buy", "1", "66000", cloid=cloid(1))
    with pytest.raises(AmbiguousCloid) as caught:
        desk.exchange.find_order(None, cloid(1))
    assert [order.account for order in caught.value.candidates] == [ALICE, BOB]
    assert ALICE in str(caught.value)
    assert desk.exchange.find_order(BOB, cloid(1)) is desk.newest("bob")


def test_an_account_that_is_not_there_has_no_order() -> None:
    assert Desk().exchange.find_order(ALICE, cloid(1)) is None


def test_open_orders_come_by_oid() -> None:
    desk = Desk()
    for who, asset in (("alice", 0), ("bob", ETH), ("alice", 0)):
        desk.order(who, "buy", "1", "1900" if asset else "66000", asset=asset)
    assert [order.account for order in desk.exchange.open_orders()] == [ALICE, BOB, ALICE]


def test_an_agent_and_a_sub_account_are_related_to_their_account() -> None:
    desk = Desk()
    agent = address("agent")
    desk.do("alice", "approveAgent", agentAddress=agent, nonce=desk.nonce + 1)
    sub = desk.do("alice", "createSubAccount", name="s").answer["response"]["data"]
    assert (agent, "agent") in desk.exchange.related(ALICE)
    assert (sub, "subAccount") in desk.exchange.related(ALICE)
    assert (ALICE, "master") in desk.exchange.related(sub)
    assert desk.exchange.related(BOB) == ()
    assert desk.exchange.led_accounts() == [sub]


def test_the_signers_of_a_multi_sig_account_are_related_to_it() -> None:
    desk = Desk()
    signers = f'{{"authorizedUsers": ["{BOB}"], "threshold": 1}}'
    desk.do("alice", "convertToMultiSigUser", signers=signers, nonce=desk.nonce + 1)
    assert desk.exchange.related(ALICE) == [(BOB, "signer")]
