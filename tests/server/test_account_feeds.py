"""What subscribers are told of transfers, vaults and staking: everybody concerned, with what the query says too."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from hlmock.paths.settings import CoreSettings
from hlmock.signing import wallet
from support.clients import subscribe
from support.floor import DONE, Floor, open_floor, user_signed

ANN, BEN = wallet("ann"), wallet("ben")
FEED = "userNonFundingLedgerUpdates"
DAY_S = 86_400
MICRO = 1_000_000


class Watched:
    """A floor, and for each address a connection that follows its ledger."""

    def __init__(self, floor: Floor, stack: ExitStack) -> None:
        self.floor, self._stack = floor, stack
        self._watchers: dict[str, ClientConnection] = {}

    def follow(self, *addresses: str) -> None:
        for address in addresses:
            ws = self._watchers[address] = self._stack.enter_context(connect(self.floor.hl.ws_url))
            subscribe(ws, FEED, user=address)
            first = json.loads(ws.recv(timeout=5))["data"]
            assert first["isSnapshot"] is True

    def told(self, address: str) -> dict[str, Any]:
        """The one row of the next message."""
        message = json.loads(self._watchers[address].recv(timeout=5))
        data = message["data"]
        assert (message["channel"], list(data)) == (FEED, ["user", "nonFundingLedgerUpdates"])
        (row,) = data["nonFundingLedgerUpdates"]
        assert data["user"] == address
        assert row == self.floor.ask(FEED, user=address)[-1]
        return dict(row["delta"])


@pytest.fixture
def watched() -> Iterator[Watched]:
    with ExitStack() as stack:
        yield Watched(stack.enter_context(open_floor(core=CoreSettings(idle_close_ms=None))), stack)


def test_both_sides_of_a_transfer_are_told_the_same(watched: Watched) -> None:
    watched.follow(ANN.address, BEN.address)
    assert watched.floor.post(ANN, user_signed("usdSend", destination=BEN.address, amount="5", time=0)) == DONE
    sent = {"type": "internalTransfer", "usdc": "5.0", "user": ANN.address, "destination": BEN.address, "fee": "0.0"}
    assert [watched.told(ANN.address), watched.told(BEN.address)] == [sent, sent]


def test_a_move_between_classes_and_a_withdrawal_are_told_to_their_user(watched: Watched) -> None:
    watched.follow(ANN.address)
    watched.floor.post(ANN, user_signed("usdClassTransfer", amount="5", toPerp=False, nonce=0))
    assert watched.told(ANN.address) == {"type": "accountClassTransfer", "usdc": "5.0", "toPerp": False}
    watched.floor.post(ANN, user_signed("withdraw3", destination=ANN.address, amount="5", time=0))
    nonce = watched.floor.nonce
    assert watched.told(ANN.address) == {"type": "withdraw", "usdc": "4.0", "nonce": nonce, "fee": "1.0"}


def test_master_and_sub_account_are_told_of_what_moves_between_them(watched: Watched) -> None:
    sub = watched.floor.post(ANN, {"type": "createSubAccount", "name": "s"})["response"]["data"]
    watched.follow(ANN.address, sub)
    transfer = {"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": True, "usd": 5 * MICRO}
    assert watched.floor.post(ANN, transfer) == DONE
    moved = {"type": "subAccountTransfer", "usdc": "5.0", "user": ANN.address, "destination": sub}
    assert [watched.told(ANN.address), watched.told(sub)] == [moved, moved]


def test_depositor_and_leader_are_told_of_a_withdrawal_from_a_vault_once_its_lockup_is_over(watched: Watched) -> None:
    floor = watched.floor
    watched.follow(ANN.address, BEN.address)
    create = {"type": "createVault", "name": "vault", "description": "a vault here", "initialUsd": 100 * MICRO}
    vault = floor.post(ANN, {**create, "nonce": 0})["response"]["data"]
    assert watched.told(ANN.address) == {"type": "vaultCreate", "vault": vault, "usdc": "100.0", "fee": "0.0"}

    transfer = {"type": "vaultTransfer", "vaultAddress": vault, "isDeposit": True, "usd": 100 * MICRO}
    assert floor.post(BEN, transfer) == DONE
    assert watched.told(BEN.address) == {"type": "vaultDeposit", "vault": vault, "usdc": "100.0"}
    floor.hl.fund(vault, 20)
    (equity,) = floor.ask("userVaultEquities", user=BEN.address)
    assert (equity["vaultAddress"], equity["equity"]) == (vault, "110.0")

    back = {**transfer, "isDeposit": False, "usd": 110 * MICRO}
    locked = "Cannot withdraw during lockup period after depositing."
    assert floor.post(BEN, back) == {"status": "err", "response": locked}
    floor.advance(DAY_S)
    floor.nonce += DAY_S * 1_000
    assert floor.post(BEN, back) == DONE
    assert watched.told(BEN.address) == {
        "type": "vaultWithdraw",
        "vault": vault,
        "user": BEN.address,
        "requestedUsd": "110.0",
        "commission": "1.0",
        "closingCost": "0.0",
        "basis": "100.0",
        "netWithdrawnUsd": "109.0",
    }
    assert watched.told(ANN.address) == {"type": "vaultLeaderCommission", "user": ANN.address, "usdc": "1.0"}
    assert floor.ask("userVaultEquities", user=BEN.address) == []


def test_a_staker_is_told_when_its_withdrawal_leaves_the_queue(watched: Watched) -> None:
    floor = watched.floor
    floor.ask("userRole", user=ANN.address)
    floor.hl.fund(ANN.address, 10, token="HYPE")
    watched.follow(ANN.address)
    floor.post(ANN, user_signed("cDeposit", wei=5 * 10**8, nonce=0))
    moved = {"type": "cStakingTransfer", "token": "HYPE", "amount": "5.0"}
    assert watched.told(ANN.address) == {**moved, "isDeposit": True}
    floor.post(ANN, user_signed("cWithdraw", wei=5 * 10**8, nonce=0))
    assert floor.ask("delegatorSummary", user=ANN.address)["nPendingWithdrawals"] == 1
    floor.advance(7 * DAY_S)
    assert watched.told(ANN.address) == {**moved, "isDeposit": False}
    assert floor.ask("delegatorSummary", user=ANN.address)["nPendingWithdrawals"] == 0
