"""Which keys, branches and rows no answer here ever shows, and why not. Every one must really be unseen."""

from collections.abc import Mapping
from typing import Final

_BECAUSE: Final[Mapping[str, tuple[str, ...]]] = {
    "only builders and deployers make these": (
        "Annotation.displayName",
        "Annotation.keywords",
        "ConciseAnnotation.displayName",
        "ConciseAnnotation.keywords",
        "LedgerUpdate.delta<deployGasAuction>",
        "Meta.universe[].lastGrowthModeChangeTime",
        "PerpDex.assetToFundingClamp[]",
        "PerpDex.assetToFundingInterestRate[]",
        "PerpDex.feeRecipient<null>",
        "PerpDex.oracleUpdater<value>",
        "PerpDex.subDeployers[]",
        "TokenDetails.deployGas<value>",
        "TokenDetails.deployTime<value>",
        "TokenDetails.deployer<value>",
        "TokenDetails.genesis<value>",
        "TokenDetails.nonCirculatingUserBalances[]",
        "perpAnnotation<value>",
        "perpCategories[]",
        "perpConciseAnnotations[]",
        "spotDeployState.states[]",
    ),
    "nobody wins a deploy auction": ("Auction.currentGas<null>", "Auction.endGas<value>"),
    "there are no outcome markets": (
        "Outcome.deployer",
        "Outcome.sideSpecs[]",
        "outcomeMeta.outcomes[]",
        "outcomeMeta.questions[]",
        "outcomeTemplates[]",
        "settledOutcome<value>",
    ),
    "nothing is borrowed, and lending bears no interest": (
        "borrowLendUserState.healthFactor<value>",
        "userBorrowLendInterest[]",
    ),
    "orders that wait for their trigger have no tif": ("FrontendOpenOrder.children[].tif<value>",),
    "funding is paid by the hour": ("userFunding[].delta.nSamples<value>",),
    "no token is aligned": ("alignedQuoteTokenInfo.dailyAmountOwed[]",),
    "rewards are in USDC, without a history": (
        "Referral.referrerState<ready>.data.referralStates[].tokenToState[]",
        "Referral.rewardHistory[]",
        "Fill.feeTrialEscrow",
    ),
    "vaults have no children": ("Relationship<child>", "Relationship<parent>"),
    "there is no chain of validators": (
        "Validator.unjailableAfter<value>",
        "gossipPriorityAuctionStatus[0][]",
        "gossipPriorityAuctionStatus[1][]",
        "gossipRootIps[]",
        "validatorL1Votes[]",
    ),
    "every agent has an end": ("extraAgents[].validUntil<null>",),
}

NEVER_SEEN: Final[Mapping[str, str]] = {choice: why for why, choices in _BECAUSE.items() for choice in choices}
"""Each covers what stands below it."""
