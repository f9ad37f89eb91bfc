"""Vaults: shares, followers, equities."""

import pytest

from hlmock.shapes.vaults import leading_vaults, total_vault_equity, vault_details, vault_equities
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
        {"vaultAddress": vault, "equity": "200.0", "lockedUntilTimestamp": 0}
    ]
    assert total_vault_equity(trading.exchange, bob) == 200


def test_a_leader_leads(trading: Trading, vault: Address) -> None:
    accounts = trading.exchange.accounts
    assert leading_vaults(trading.exchange, accounts[ALICE]) == [{"address": vault, "name": "vault"}]
    assert leading_vaults(trading.exchange, accounts[BOB]) == []


def test_the_leader_is_not_named_among_the_followers(trading: Trading, vault: Address) -> None:
    details = vault_details(trading.exchange, trading.exchange.accounts[vault], BOB, NOW_MS, wire)
    assert [follower["user"] for follower in details["followers"]] == ["Leader", BOB]
    assert (details["leaderFraction"], details["followerState"]["vaultEquity"]) == (0.75, "100.0")
