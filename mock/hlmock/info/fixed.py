"""Answers that never change here, since the mock has no such feature: the empty form of each.

Source: Hyperliquid docs, Info endpoint; SDK types. Outcomes belong to the real exchange only, and so does interest.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_ZERO: Final = "0.0"

FIXED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        # markets
        "perpAnnotation": None,
        "perpCategories": [],
        "perpConciseAnnotations": [],
        "outcomeMeta": {"outcomes": [], "questions": []},
        "outcomeTemplates": [],
        "settledOutcome": None,
        "alignedQuoteTokenInfo": {
            "isAligned": False,
            "firstAlignedTime": 0,
            "evmMintedSupply": _ZERO,
            "dailyAmountOwed": [],
            "predictedRate": _ZERO,
        },
        # users
        "legalCheck": {"acceptedTerms": True, "userAllowed": True, "restrictions": "n"},
        "userBorrowLendInterest": [],
        # staking, validators, vaults
        "gossipPriorityAuctionStatus": [[], []],
        "gossipRootIps": [],
        "usdcRouting": {"depositRoute": "bridge", "withdrawalRoute": "bridge"},
        "validatorL1Votes": [],
    }
)
