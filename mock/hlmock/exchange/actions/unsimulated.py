"""Actions that this exchange refuses as the real one refuses an ordinary account: those of deployers and validators.

Source of the texts: answers asserted by SDK tests. Where these assert only how a text begins (`Error deploying spot:`,
`Invalid `), or where an action's refusal is not known, the rest is our choice.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions import DeployerAction, GossipPriorityBidAction, UserOutcomeAction

NOT_STAKED = "Deployer has not staked enough"
NOT_OUTCOME_DEPLOYER = "Error deploying outcome: not an outcome deployer"
LITTLE_STAKE = "Insufficient stake"
LITTLE_GAS = "Insufficient gas at current auction price."
LITTLE_TO_DEPOSIT = "Insufficient funds available to deposit."

Refusal = str | Callable[[State, Any], str]
"""A text, or what makes one from the exchange and the variant's value."""


def _of_dex(state: State, value: Any) -> str:
    """`{"dex": name, ...}`, or the name itself."""
    name = value.get("dex") if isinstance(value, dict) else value
    is_known = isinstance(name, str) and name and state.markets.dex(name) is not None
    return f"Error deploying perp: {'not the deployer' if is_known else 'unknown dex'} {name}"


def _of_coin(state: State, value: Any) -> str:
    """`{"coin": name, ...}`, or a list of pairs that each begin with a coin."""
    while isinstance(value, list) and value:
        value = value[0]
    coin = value.get("coin") if isinstance(value, dict) else value
    market = state.markets.by_coin.get(coin) if isinstance(coin, str) else None
    return f"Unknown coin {coin}" if market is None or not market.dex else _of_dex(state, market.dex)


def _of_token(state: State, value: Any) -> str:
    """`{"token": index, ...}`."""
    index = value.get("token") if isinstance(value, dict) else None
    is_known = isinstance(index, int) and index in state.markets.token_by_index
    return f"Error deploying spot: {'not the deployer of' if is_known else 'unknown'} token {index}"


def _of_pair(state: State, value: Any) -> str:
    """`{"tokens": [base, quote]}`."""
    tokens = value.get("tokens") if isinstance(value, dict) else None
    return _of_token(state, {"token": tokens[0] if isinstance(tokens, list) and tokens else None})


DEPLOYER_REFUSALS: Mapping[str, Mapping[str, Refusal]] = MappingProxyType(
    {
        "perpDeploy": {
            "registerAsset": NOT_STAKED,
            "registerAsset2": NOT_STAKED,
            "setOracle": _of_dex,
            "haltTrading": _of_coin,
            "setFundingMultipliers": _of_coin,
            "setFundingInterestRates": _of_coin,
            "setMarginTableIds": _of_coin,
            "setOpenInterestCaps": _of_coin,
            "setMarginModes": _of_coin,
            "setGrowthModes": _of_coin,
            "setPerpAnnotation": _of_coin,
            "insertMarginTable": _of_dex,
            "setFeeRecipient": _of_dex,
            "setSubDeployers": _of_dex,
            "setFeeScale": _of_dex,
            "disableDex": _of_dex,
        },
        "spotDeploy": {
            "registerToken2": LITTLE_GAS,
            "userGenesis": _of_token,
            "genesis": _of_token,
            "registerSpot": _of_pair,
            "registerHyperliquidity": "Error deploying spot: not the deployer of the pair",
            "setDeployerTradingFeeShare": _of_token,
            "enableQuoteToken": _of_token,
            "disableQuoteToken": _of_token,
            "enableFreezePrivilege": _of_token,
            "freezeUser": _of_token,
            "revokeFreezePrivilege": _of_token,
            "requestEvmContract": _of_token,
            "outcome": NOT_OUTCOME_DEPLOYER,
        },
        "finalizeEvmContract": {"token": "Error deploying spot: Pending EVM contract missing"},
        "activateOutcomeDeployer": {
            "isDeactivate": lambda _, is_deactivate: NOT_OUTCOME_DEPLOYER if is_deactivate else LITTLE_STAKE
        },
        "authorizeAqav2Role": {"token": LITTLE_STAKE},
        "hip3LiquidatorTransfer": {
            "isDeposit": lambda _, is_deposit: LITTLE_TO_DEPOSIT if is_deposit else texts.WITHDRAWAL_TOO_LARGE
        },
        "CSignerAction": {
            "jailSelf": "Signer invalid or inactive for current epoch",
            "unjailSelf": "Signer invalid or inactive for current epoch",
        },
        "CValidatorAction": {
            "changeProfile": texts.UNKNOWN_VALIDATOR,
            "register": "Validator has delegations disabled",
            "unregister": "Action disabled on this chain",
        },
        "validatorL1Stream": {"riskFreeRate": texts.UNKNOWN_VALIDATOR},
    }
)
"""By action type, then by a key of its body: the variant's, where the type has several."""


def refuse_deployer(block: Block, account: Account, action: DeployerAction) -> Reply:
    """What an ordinary account is told."""
    for key, refusal in DEPLOYER_REFUSALS[action.type].items():
        if key in action.body:
            text = refusal if isinstance(refusal, str) else refusal(block.state, action.body[key])
            return replies.error(text)
    return replies.error(texts.UNKNOWN_VARIANT)


def refuse_gossip_bid(block: Block, account: Account, action: GossipPriorityBidAction) -> Reply:
    """There is no auction, so no bid is high enough."""
    return replies.error(LITTLE_GAS)


def refuse_outcome(block: Block, account: Account, action: UserOutcomeAction) -> Reply:
    """There are no outcome markets."""
    is_question = action.mergeQuestion is not None or action.negateOutcome is not None
    return replies.error("Invalid question" if is_question else "Invalid outcome")
