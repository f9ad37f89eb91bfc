"""Answers about an account beside its trading: what it has staked, who signs for it.

Source of every form: Hyperliquid docs, Info endpoint; SDK types.
"""

from hlmock.info.query import Query, Unanswerable
from hlmock.shapes.lending import reserve_state, reserves, user_state
from hlmock.shapes.referrals import referral
from hlmock.shapes.staking import (
    delegations,
    delegator_history,
    delegator_rewards,
    delegator_summary,
    validator_summaries,
)


def answer_delegations(query: Query) -> object:
    return delegations(query.account, query.number)


def answer_delegator_summary(query: Query) -> object:
    return delegator_summary(query.account, query.number)


def answer_delegator_history(query: Query) -> object:
    return delegator_history(query.account)


def answer_delegator_rewards(query: Query) -> object:
    return delegator_rewards(query.account, query.number)


def answer_validator_summaries(query: Query) -> object:
    return validator_summaries(query.exchange, query.number)


def answer_multi_sig_signers(query: Query) -> object:
    """`null` for an account that signs for itself."""
    signers = query.account.multi_sig
    if signers is None:
        return None
    return {"authorizedUsers": list(signers.authorized), "threshold": signers.threshold}


def answer_referral(query: Query) -> object:
    return referral(query.exchange, query.account, query.number)


def answer_dex_abstraction(query: Query) -> object:
    """`null` where it was never set."""
    return query.account.dex_abstraction


def answer_reserve_states(query: Query) -> object:
    return [[token.index, reserve_state(query.exchange, token, query.number)] for token in reserves(query.exchange)]


def answer_reserve_state(query: Query) -> object:
    """Of a token that is no reserve: 500 and `null` (our choice)."""
    asked = query.request.fields["token"]
    token = next((each for each in reserves(query.exchange) if each.index == asked), None)
    if token is None:
        raise Unanswerable(f"token {asked} is no reserve")
    return reserve_state(query.exchange, token, query.number)


def answer_lending_state(query: Query) -> object:
    return user_state(query.exchange, query.account, query.number)
