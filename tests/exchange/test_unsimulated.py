"""What deployers, validators and holders of outcomes do is refused as the real exchange refuses an ordinary account."""

from typing import Any

import pytest

from hlmock.exchange.actions.unsimulated import DEPLOYER_REFUSALS
from hlmock.wire.actions import DEPLOYER_TYPES, DeployerAction
from support.desk import Desk, address, error

ALICE = address("alice")


def refusal(body: dict[str, Any]) -> str | None:
    desk = Desk()
    desk.account("alice")
    action = DeployerAction(body["type"], body)
    outcome = desk.exchange.apply(
        action, account=ALICE, signer=ALICE, nonce=desk.nonce, now_ms=desk.now_ms, wall_ms=desk.now_ms
    )
    return error(outcome)


PAIRS = [["TEST0", "1"]]
PENDING = "Error deploying spot: Pending EVM contract missing"
JAILED = "Signer invalid or inactive for current epoch"
NOT_OUTCOME = "Error deploying outcome: not an outcome deployer"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"type": "perpDeploy", "registerAsset": {}}, "Deployer has not staked enough"),
        ({"type": "perpDeploy", "registerAsset2": {}}, "Deployer has not staked enough"),
        ({"type": "perpDeploy", "haltTrading": {"coin": "test:BTC", "isHalted": True}}, "Unknown coin test:BTC"),
        ({"type": "perpDeploy", "setMarginTableIds": PAIRS}, "Unknown coin TEST0"),
        ({"type": "perpDeploy", "setOpenInterestCaps": []}, "Unknown coin []"),
        ({"type": "perpDeploy", "setOracle": {"dex": "test"}}, "Error deploying perp: unknown dex test"),
        ({"type": "perpDeploy", "setOracle": {"dex": "xyz"}}, "Error deploying perp: not the deployer xyz"),
        ({"type": "perpDeploy", "disableDex": "test"}, "Error deploying perp: unknown dex test"),
        (
            {"type": "perpDeploy", "haltTrading": {"coin": "xyz:TSLA", "isHalted": True}},
            "Error deploying perp: not the deployer xyz",
        ),
        ({"type": "spotDeploy", "registerToken2": {}}, "Insufficient gas at current auction price."),
        ({"type": "spotDeploy", "genesis": {"token": 1}}, "Error deploying spot: not the deployer of token 1"),
        ({"type": "spotDeploy", "freezeUser": {"token": 99_999}}, "Error deploying spot: unknown token 99999"),
        (
            {"type": "spotDeploy", "registerSpot": {"tokens": [1, 0]}},
            "Error deploying spot: not the deployer of token 1",
        ),
        ({"type": "spotDeploy", "outcome": {}}, NOT_OUTCOME),
        ({"type": "finalizeEvmContract", "token": 1, "input": "firstStorageSlot"}, PENDING),
        ({"type": "activateOutcomeDeployer", "isDeactivate": False}, "Insufficient stake"),
        ({"type": "activateOutcomeDeployer", "isDeactivate": True}, NOT_OUTCOME),
        ({"type": "authorizeAqav2Role", "token": 1, "role": "technical"}, "Insufficient stake"),
        ({"type": "hip3LiquidatorTransfer", "isDeposit": True}, "Insufficient funds available to deposit."),
        ({"type": "hip3LiquidatorTransfer", "isDeposit": False}, "Insufficient balance for withdrawal."),
        ({"type": "CSignerAction", "jailSelf": None}, JAILED),
        ({"type": "CSignerAction", "unjailSelf": None}, JAILED),
        ({"type": "CValidatorAction", "changeProfile": {}}, "Unknown validator"),
        ({"type": "CValidatorAction", "register": {}}, "Validator has delegations disabled"),
        ({"type": "CValidatorAction", "unregister": None}, "Action disabled on this chain"),
        ({"type": "validatorL1Stream", "riskFreeRate": "0.05"}, "Unknown validator"),
        ({"type": "perpDeploy", "somethingNew": {}}, "Unknown action variant."),
    ],
    ids=str,
)
def test_a_deployers_action_is_refused_as_for_an_ordinary_account(body: dict[str, Any], text: str) -> None:
    assert refusal(body) == text


ODD_VALUES: list[Any] = [None, [], {}, "x", 7, [[]], {"tokens": []}, {"coin": 5}, {"dex": []}]


def test_every_deployers_action_is_in_the_table_and_every_variant_is_refused_whatever_it_holds() -> None:
    assert set(DEPLOYER_REFUSALS) == DEPLOYER_TYPES
    for type_, variants in DEPLOYER_REFUSALS.items():
        for variant in variants:
            for value in ODD_VALUES:
                assert refusal({"type": type_, variant: value}), (type_, variant)


def test_there_are_no_outcomes() -> None:
    desk = Desk()
    split = desk.do("alice", "userOutcome", splitOutcome={"outcome": 0, "amount": "1"})
    assert error(split) == "Invalid outcome"
    merge = desk.do("alice", "userOutcome", mergeQuestion={"question": 0, "amount": None})
    assert error(merge) == "Invalid question"
