"""Which step carries out which entry of the agenda."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hlmock.exchange import funding, liquidation, market_maker
from hlmock.exchange.actions import agents, cancels, staking, twaps
from hlmock.exchange.block import Block

DueStep = Callable[..., None]
"""Takes the block and the entry's key. It must do nothing where the entry no longer stands."""

STEPS: Mapping[str, DueStep] = MappingProxyType(
    {
        "agentExpiry": agents.expire_agent,
        "funding": funding.settle,
        "marketMaker": market_maker.step,
        "liquidation": liquidation.go_on,
        "premium": funding.sample_premiums,
        "scheduledCancel": cancels.cancel_scheduled,
        "stakingReward": staking.reward,
        "stakingWithdrawal": staking.finish_withdrawal,
        "twapSlice": twaps.send_slice,
    }
)


def carry_out(block: Block, kind: str, key: tuple[str | int, ...]) -> None:
    """Do what an entry says."""
    STEPS[kind](block, *key)
