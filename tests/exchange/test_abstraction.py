"""Account modes: who may change them, what they forbid, and one balance for everything."""

from decimal import Decimal

import pytest

from hlmock.exchange.margin import initial_margin
from hlmock.exchange.model.accounts import LedgerUpdate
from hlmock.exchange.outcome import Outcome
from hlmock.shapes.positions import clearinghouse_state, spot_state
from hlmock.wire.numbers import wire
from support.desk import BTC, HYPE_USDC, Desk, address, element, error

ALICE, BOB = address("alice"), address("bob")
D = Decimal


def set_mode(desk: Desk, mode: str, user: str = ALICE) -> str | None:
    return error(desk.do("alice", "userSetAbstraction", user=user, abstraction=mode, nonce=desk.nonce + 1))


def agent_sets(desk: Desk, letter: str) -> str | None:
    return error(desk.do("alice", "agentSetAbstraction", abstraction=letter))


def unified(**settings: Decimal) -> Desk:
    desk = Desk(**settings)
    assert set_mode(desk, "unifiedAccount") is None
    return desk


def test_portfolio_margin_needs_money() -> None:
    desk = Desk(initial_usdc=D(9_999))
    text = "Portfolio margin requires account value of $10000 or total volume of $5000000."
    assert set_mode(desk, "portfolioMargin") == text
    enable = desk.do("alice", "userPortfolioMargin", user=ALICE, enabled=True, nonce=desk.nonce + 1)
    assert error(enable) == text
    desk.account("alice").volume = D(5_000_000)
    assert set_mode(desk, "portfolioMargin") is None


def test_only_an_account_and_its_master_set_its_mode() -> None:
    desk = Desk()
    desk.account("bob")
    assert set_mode(desk, "disabled", BOB) == f"Sub-account {BOB} is not registered to {ALICE}"
    sub = desk.do("alice", "createSubAccount", name="s").answer["response"]["data"]
    assert set_mode(desk, "disabled", sub) is None
    assert desk.exchange.accounts[sub].abstraction == "disabled"
    assert desk.account("alice").abstraction == "default"


def test_an_agent_unifies_an_account_but_does_not_part_it() -> None:
    desk = Desk()
    assert agent_sets(desk, "u") is None
    assert agent_sets(desk, "u") is None
    assert agent_sets(desk, "i") == "Abstraction transition not allowed"
    assert agent_sets(desk, "p") == "Abstraction transition not allowed"
    assert error(desk.do("alice", "agentEnableDexAbstraction")) == "Abstraction transition not allowed"
    assert desk.account("alice").abstraction == "unifiedAccount"


def test_dex_abstraction_is_kept_as_it_was_set_last() -> None:
    desk = Desk()
    assert desk.account("alice").dex_abstraction is None
    desk.do("alice", "agentEnableDexAbstraction")
    assert desk.account("alice").dex_abstraction is True
    desk.do("alice", "userDexAbstraction", user=ALICE, enabled=False, nonce=desk.nonce + 1)
    assert desk.account("alice").dex_abstraction is False
    refused = unified().do("alice", "userDexAbstraction", user=ALICE, enabled=True, nonce=1)
    assert error(refused) == "Action disabled when unified account is active"


def test_a_unified_account_has_one_balance_in_spot() -> None:
    alice = unified().account("alice")
    assert (alice.usdc, alice.spot[0], alice.perp_usdc) == (D(2_000_000), D(2_000_000), D(0))


def test_spot_money_is_collateral_of_a_unified_account() -> None:
    desk = unified(initial_usdc=D(0), initial_spot_usdc=D(5_000))
    assert "filled" in element(desk.order("alice", "buy", "0.5", "90000", "Ioc"))
    apart = Desk(initial_usdc=D(0), initial_spot_usdc=D(5_000))
    assert "Insufficient margin" in str(error(apart.order("alice", "buy", "0.5", "90000", "Ioc")))


def test_a_perp_profit_of_a_unified_account_is_spent_in_spot() -> None:
    desk = unified()
    desk.order("alice", "buy", "1", "90000", "Ioc")
    position = desk.account("alice").positions[BTC]
    before = desk.account("alice").spot[0]
    desk.quote("BTC", str(position.entry_px + 1_000), str(position.entry_px + 1_001))
    desk.order("alice", "sell", "1", "50000", "Ioc")
    assert desk.account("alice").spot[0] - before == pytest.approx(D(1_000), abs=D(60))
    assert "filled" in element(desk.order("alice", "buy", "1", "200", "Ioc", asset=HYPE_USDC))


def refused_when_unified(desk: Desk, outcome: Outcome) -> bool:
    return error(outcome) == "Action disabled when unified account is active"


def test_a_unified_account_sends_assets_through_spot_only() -> None:
    desk = unified()
    nonce = desk.nonce + 1
    assert refused_when_unified(desk, desk.do("alice", "usdSend", destination=BOB, amount="1", time=nonce))
    assert refused_when_unified(desk, desk.do("alice", "usdClassTransfer", amount="1", toPerp=True, nonce=nonce))
    assert refused_when_unified(
        desk, desk.do("alice", "spotSend", destination=BOB, token="USDC", amount="1", time=nonce)
    )
    send = {"destination": BOB, "token": "USDC", "amount": "1", "fromSubAccount": ""}
    perp = desk.do("alice", "sendAsset", sourceDex="", destinationDex="spot", **send, nonce=nonce)
    assert error(perp) == "Unified account only supports sending assets through spot"
    spot = desk.do("alice", "sendAsset", sourceDex="spot", destinationDex="spot", **send, nonce=nonce)
    assert error(spot) is None


def test_a_unified_account_with_a_position_is_not_parted() -> None:
    desk = unified()
    desk.order("alice", "buy", "1", "90000", "Ioc")
    assert set_mode(desk, "disabled") == "Abstraction transition not allowed"
    desk.order("alice", "sell", "1", "50000", "Ioc")
    assert set_mode(desk, "disabled") is None
    assert desk.account("alice").usdc == 0


XYZ_TSLA = 110_001


def send_between_dexes(desk: Desk, source: str, destination: str, amount: str) -> str | None:
    fields = {"destination": ALICE, "token": "USDC", "amount": amount, "fromSubAccount": ""}
    outcome = desk.do(
        "alice", "sendAsset", sourceDex=source, destinationDex=destination, **fields, nonce=desk.nonce + 1
    )
    return error(outcome)


def apart() -> Desk:
    desk = Desk()
    assert set_mode(desk, "disabled") is None
    return desk


def value_in(desk: Desk, dex: str) -> tuple[str, str]:
    state = clearinghouse_state(desk.exchange, desk.account("alice"), dex, desk.now_ms, wire)
    return state["marginSummary"]["accountValue"], state["withdrawable"]


def buy_tsla(desk: Desk, sz: str) -> str | None:
    return error(desk.order("alice", "buy", sz, "500", "Ioc", asset=XYZ_TSLA))


def test_dexes_draw_on_one_collateral_until_the_account_parts_them() -> None:
    assert buy_tsla(Desk(), "10") is None
    assert "Insufficient margin" in str(buy_tsla(apart(), "10"))


def test_an_asset_sent_between_dexes_is_collateral_there_and_not_here() -> None:
    desk = apart()
    assert send_between_dexes(desk, "", "xyz", "5000") is None
    assert (value_in(desk, ""), value_in(desk, "xyz")) == (("995000.0", "995000.0"), ("5000.0", "5000.0"))
    assert buy_tsla(desk, "10") is None
    assert send_between_dexes(desk, "xyz", "", "5000") == "Insufficient balance for token transfer"
    assert send_between_dexes(desk, "", "xyz", "995000.01") == "Insufficient balance for token transfer"
    assert send_between_dexes(desk, "xyz", "spot", "100") is None
    assert desk.account("alice").spot[0] == 1_000_100


def test_a_loss_in_one_dex_does_not_touch_another() -> None:
    desk = apart()
    send_between_dexes(desk, "", "xyz", "5000")
    buy_tsla(desk, "10")
    assert error(desk.order("alice", "sell", "10", "300", "Ioc", asset=XYZ_TSLA)) is None
    assert not desk.account("alice").positions
    assert 4_900 < desk.account("alice").dex_usdc["xyz"] < 5_000
    assert desk.account("alice").usdc == 995_000


def test_joining_the_dexes_brings_their_collateral_together_and_the_ledger_tells() -> None:
    desk = apart()
    send_between_dexes(desk, "", "xyz", "5000")
    outcome = desk.do("alice", "agentEnableDexAbstraction")
    assert [change.delta for change in outcome.changes if isinstance(change, LedgerUpdate)] == [
        {"type": "activateDexAbstraction", "dex": "xyz", "token": "USDC", "amount": "5000.0"}
    ]
    assert (desk.account("alice").usdc, desk.account("alice").dex_usdc) == (D(1_000_000), {})


def test_dexes_are_not_parted_under_a_position() -> None:
    desk = Desk()
    buy_tsla(desk, "10")
    assert set_mode(desk, "disabled") == "Abstraction transition not allowed"


def test_the_margin_of_a_unified_account_is_held_in_spot() -> None:
    desk = unified()
    desk.order("alice", "buy", "1", "90000", "Ioc")
    used = initial_margin(desk.exchange, desk.account("alice"), desk.account("alice").positions[BTC])
    (usdc,) = spot_state(desk.exchange, desk.account("alice"), wire)["balances"]
    assert usdc["hold"] == wire(used)
    assert value_in(desk, "")[1] == "0.0"
