"""Settings of accounts, and what is refused in words."""

from typing import Any

from hlmock.wire.actions import ACTION_TYPES
from support.desk import Desk, address

ALICE = address("alice")


def test_a_noop_uses_up_its_nonce_and_nothing_else() -> None:
    desk = Desk()
    desk.account("alice")
    outcome = desk.do("alice", "noop")
    assert (outcome.answer, outcome.commit) == ({"status": "ok", "response": {"type": "default"}}, None)
    assert desk.exchange.nonces.use(ALICE, desk.nonce, desk.now_ms) is not None


def test_twap_errors_sit_in_the_status() -> None:
    twap = {"a": 0, "b": True, "s": "1", "r": False, "m": 1, "t": True}
    outcome = Desk().do("alice", "twapOrder", twap=twap)
    assert outcome.answer["response"] == {
        "type": "twapOrder",
        "data": {"status": {"error": "Invalid TWAP duration: 1 min(s)"}},
    }
    outcome = Desk().do("alice", "twapCancel", a=0, t=5)
    assert outcome.answer["response"]["data"]["status"] == {
        "error": "TWAP was never placed, already canceled, or filled."
    }


def test_reserved_requests_cost_half_a_milli_dollar_each() -> None:
    desk = Desk()
    desk.do("alice", "reserveRequestWeight", weight=1_000)
    assert desk.account("alice").usdc == 1_000_000 - desk.account("alice").usdc.__class__("0.5")


def test_every_action_that_a_wallet_can_sign_has_an_answer() -> None:
    """Each is decoded from the smallest body that fits its struct."""
    desk = Desk()
    for name in ACTION_TYPES:
        if name == "multiSig":
            continue
        outcome = desk.do("alice", name, **_SMALLEST.get(name, {}))
        assert outcome.answer["status"] in ("ok", "err"), name


_ORDER = {"a": 0, "b": True, "p": "66000", "s": "1", "t": {"limit": {"tif": "Gtc"}}}
_NONCE = {"nonce": 1}
_SMALLEST: dict[str, dict[str, Any]] = {
    "order": {"orders": [_ORDER]},
    "cancel": {"cancels": []},
    "cancelByCloid": {"cancels": []},
    "modify": {"oid": 1, "order": _ORDER},
    "batchModify": {"modifies": []},
    "updateLeverage": {"asset": 0, "isCross": True, "leverage": 5},
    "updateIsolatedMargin": {"asset": 0, "isBuy": True, "ntli": 1},
    "topUpIsolatedOnlyMargin": {"asset": 0, "leverage": "5"},
    "twapOrder": {"twap": {"a": 0, "b": True, "s": "1", "r": False, "m": 30, "t": True}},
    "twapCancel": {"a": 0, "t": 1},
    "reserveRequestWeight": {"weight": 1},
    "gossipPriorityBid": {"slotId": 0, "ip": "1.2.3.4", "maxGas": 1},
    "userOutcome": {"splitOutcome": {"outcome": 1, "amount": "1"}},
    "borrowLend": {"operation": "supply", "token": 0, "amount": None},
    "usdSend": {"destination": address("bob"), "amount": "1", "time": 1},
    "spotSend": {"destination": address("bob"), "token": "USDC", "amount": "1", "time": 1},
    "withdraw3": {"destination": address("bob"), "amount": "5", "time": 1},
    "usdClassTransfer": {"amount": "1", "toPerp": True, **_NONCE},
    "sendAsset": {
        "destination": address("bob"),
        "sourceDex": "",
        "destinationDex": "spot",
        "token": "USDC",
        "amount": "1",
        "fromSubAccount": "",
        **_NONCE,
    },
    "agentSendAsset": {
        "destination": address("bob"),
        "sourceDex": "",
        "destinationDex": "spot",
        "token": "USDC",
        "amount": "1",
        "fromSubAccount": "",
        **_NONCE,
    },
    "sendToEvmWithData": {
        "token": "USDC",
        "amount": "1",
        "sourceDex": "",
        "destinationRecipient": "x",
        "addressEncoding": "hex",
        "destinationChainId": 1,
        "gasLimit": 1,
        "data": "0x",
        **_NONCE,
    },
    "subAccountTransfer": {"subAccountUser": address("bob"), "isDeposit": True, "usd": 1},
    "subAccountSpotTransfer": {
        "subAccountUser": address("bob"),
        "isDeposit": True,
        "token": "USDC",
        "amount": "1",
    },
    "vaultTransfer": {"vaultAddress": address("bob"), "isDeposit": True, "usd": 1},
    "cDeposit": {"wei": 1, **_NONCE},
    "cWithdraw": {"wei": 1, **_NONCE},
    "tokenDelegate": {"validator": address("bob"), "wei": 1, "isUndelegate": False, **_NONCE},
    "approveAgent": {"agentAddress": address("agent"), **_NONCE},
    "approveBuilderFee": {"maxFeeRate": "0.001%", "builder": address("bob"), **_NONCE},
    "createSubAccount": {"name": "s"},
    "subAccountModify": {"subAccountUser": address("bob"), "name": "s"},
    "setReferrer": {"code": "X"},
    "registerReferrer": {"code": "X"},
    "setDisplayName": {"displayName": "x"},
    "createVault": {"name": "vault", "description": "x" * 10, "initialUsd": 100_000_000, **_NONCE},
    "vaultModify": {"vaultAddress": address("bob")},
    "vaultDistribute": {"vaultAddress": address("bob"), "usd": 0},
    "spotUser": {"toggleSpotDusting": {"optOut": True}},
    "evmUserModify": {"usingBigBlocks": True},
    "agentSetAbstraction": {"abstraction": "u"},
    "userDexAbstraction": {"user": ALICE, "enabled": True, **_NONCE},
    "userSetAbstraction": {"user": ALICE, "abstraction": "disabled", **_NONCE},
    "userPortfolioMargin": {"user": ALICE, "enabled": True, **_NONCE},
    "linkStakingUser": {"user": ALICE, "isFinalize": False, **_NONCE},
    "stakingLinkDisableTradingUser": {"tradingUser": ALICE, **_NONCE},
    "convertToMultiSigUser": {"signers": "null", **_NONCE},
}
