"""Answers that never change here, since the mock has no such feature: the empty form of each.

Source: Hyperliquid docs, Info endpoint; SDK types. Borrowing and outcomes belong to the real exchange only.
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
        # borrowing and lending
        "allBorrowLendReserveStates": [],
        "borrowLendReserveState": {
            "borrowYearlyRate": _ZERO,
            "supplyYearlyRate": _ZERO,
            "balance": _ZERO,
            "utilization": _ZERO,
            "oraclePx": _ZERO,
            "ltv": _ZERO,
            "totalSupplied": _ZERO,
            "totalBorrowed": _ZERO,
        },
        "borrowLendUserState": {"tokenToState": [], "health": "healthy", "healthFactor": None},
        "userBorrowLendInterest": [],
        # staking, validators, vaults
        "gossipPriorityAuctionStatus": [[], []],
        "gossipRootIps": [],
        "usdcRouting": {"depositRoute": "bridge", "withdrawalRoute": "bridge"},
        "validatorL1Votes": [],
    }
)
