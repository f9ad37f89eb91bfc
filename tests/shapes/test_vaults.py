"""Vaults: shares, followers, equities."""

from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange.actions.vaults import LOCKUP_MS
from hlmock.shapes.vaults import leading_vaults, total_vault_equity, vault_details, vault_equities, vault_summaries
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire
from support.trading import ALICE, BOB, NOW_MS, Trading

USD = 1_000_000


@pytest.fixture
def trading() -> Trading:
    return Trading()


@pytest.fixture
def vault(trading: Trading) -> Address:
    """Alice leads it with 300 USDC, Bob follows with 100."""
    trading.act(
        ALICE,
        {
            "type": "createVault",
            "name": "vault",
            "description": "made for this test",
            "initialUsd": 300 * USD,
            "nonce": NOW_MS,
        },
    )
    address = trading.exchange.led[ALICE][0]
    deposit = {"type": "vaultTransfer", "vaultAddress": address, "isDeposit": True, "usd": 100 * USD}
    assert trading.act(BOB, deposit).accepted
    return address


def test_an_equity_is_the_depositors_part_of_what_the_vault_is_worth(trading: Trading, vault: Address) -> None:
    trading.exchange.accounts[vault].usdc *= 2
    bob = trading.exchange.accounts[BOB]
    assert vault_equities(trading.exchange, bob, wire) == [
        {"vaultAddress": vault, "equity": "200.0", "lockedUntilTimestamp": NOW_MS + LOCKUP_MS}
    ]
    assert total_vault_equity(trading.exchange, bob) == 200


def test_a_leader_leads(trading: Trading, vault: Address) -> None:
    accounts = trading.exchange.accounts
    assert leading_vaults(trading.exchange, accounts[ALICE]) == [{"address": vault, "name": "vault"}]
    assert leading_vaults(trading.exchange, accounts[BOB]) == []


def details_for(trading: Trading, vault: Address, asking: Address) -> dict[str, Any]:
    account = trading.exchange.accounts[vault]
    assert account.vault is not None
    return vault_details(trading.exchange, account, account.vault, asking, trading.now_ms, wire)


def test_the_leader_is_not_named_among_the_followers(trading: Trading, vault: Address) -> None:
    details = details_for(trading, vault, BOB)
    assert [follower["user"] for follower in details["followers"]] == ["Leader", BOB]
    assert (details["leaderFraction"], details["followerState"]["vaultEquity"]) == (0.75, "100.0")


def test_a_follower_sees_its_profit_its_days_and_its_lockup(trading: Trading, vault: Address) -> None:
    trading.exchange.accounts[vault].usdc += 40
    trading.now_ms += 2 * LOCKUP_MS
    assert details_for(trading, vault, BOB)["followerState"] == {
        "user": BOB,
        "vaultEquity": "110.0",
        "pnl": "10.0",
        "allTimePnl": "10.0",
        "daysFollowing": 2,
        "vaultEntryTime": NOW_MS,
        "lockupUntil": NOW_MS + LOCKUP_MS,
    }


def test_a_vault_is_listed_for_two_hours(trading: Trading, vault: Address) -> None:
    hour_ms = 3_600_000
    assert vault_summaries(trading.exchange, NOW_MS + 2 * hour_ms, wire) == []
    assert vault_summaries(trading.exchange, NOW_MS + 2 * hour_ms - 1, wire) == [
        {
            "name": "vault",
            "vaultAddress": vault,
            "leader": ALICE,
            "tvl": "400.0",
            "isClosed": False,
            "relationship": {"type": "normal"},
            "createTimeMillis": NOW_MS,
        }
    ]


def test_the_yearly_return_is_that_of_the_vaults_days(trading: Trading, vault: Address) -> None:
    trading.exchange.set_quote("BTC", Decimal(65_999), Decimal(1), Decimal(66_000), Decimal(1), NOW_MS)
    trading.order(vault, "BTC", "B", "66000", "0.01", tif="Ioc")
    trading.now_ms += 10 * 86_400_000
    trading.exchange.set_quote("BTC", Decimal(67_999), Decimal(1), Decimal(68_001), Decimal(1), trading.now_ms)
    fee = Decimal("0.297")
    assert details_for(trading, vault, BOB)["apr"] == pytest.approx(float((20 - fee) / 400 * 365 / 10))
    trading.now_ms = NOW_MS + 3_600_000
    assert details_for(trading, vault, BOB)["apr"] == 0.0
