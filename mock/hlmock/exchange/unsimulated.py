"""Actions that this exchange refuses: what only deployers, validators or rich accounts can do, and what it lacks.

Where the real exchange's refusal of an ordinary account is known (answers asserted by SDK tests), it is given;
elsewhere a sentence of our own says what is missing.
"""

from collections.abc import Mapping
from typing import Any

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model import Account
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import (
    BaseAction,
    DeployerAction,
    GossipPriorityBidAction,
)

NOT_DEPLOYER = "Error deploying outcome: not an outcome deployer"

DEPLOYER_REFUSALS: Mapping[tuple[str, str | None], str] = {
    ("perpDeploy", "registerAsset"): "Deployer has not staked enough",
    ("perpDeploy", "registerAsset2"): "Deployer has not staked enough",
    ("spotDeploy", "outcome"): NOT_DEPLOYER,
    ("finalizeEvmContract", None): "Error deploying spot: Pending EVM contract missing",
    ("authorizeAqav2Role", None): "Insufficient stake",
    ("CSignerAction", None): "Signer invalid or inactive for current epoch",
    ("validatorL1Stream", None): "Unknown validator",
}
"""By action type and, where it has several, by the variant's key."""


def refuse_deployer(block: Block, account: Account, action: DeployerAction) -> Reply:
    """The known refusal, or `default` where none is known (the action has no effect here)."""
    body = action.body
    match action.type:
        case "activateOutcomeDeployer":
            return replies.error(NOT_DEPLOYER if body.get("isDeactivate") else "Insufficient stake")
        case "hip3LiquidatorTransfer":
            deposit = "Insufficient funds available to deposit."
            return replies.error(deposit if body.get("isDeposit") else texts.WITHDRAWAL_TOO_LARGE)
        case "perpDeploy" if "haltTrading" in body:
            return replies.error(f"Unknown coin {_coin(body['haltTrading'])}")
    variant = next((key for key in body if key != "type"), None)
    text = DEPLOYER_REFUSALS.get((action.type, variant)) or DEPLOYER_REFUSALS.get((action.type, None))
    return replies.DEFAULT if text is None else replies.error(text)


def _coin(variant: Any) -> str:
    return str(variant.get("coin")) if isinstance(variant, dict) else ""


def refuse_gossip_bid(block: Block, account: Account, action: GossipPriorityBidAction) -> Reply:
    return replies.error("Insufficient gas at current auction price.")


def refuse(block: Block, account: Account, action: BaseAction) -> Reply:
    return replies.error(texts.not_simulated(f"Actions of type {action.type} are"))
