"""Agents (API wallets) and builder approvals.

Source: Hyperliquid docs, Nonces and API wallets, Builder codes; texts: recorded answers.
"""

import re
from decimal import Decimal

from hlmock.exchange import replies, texts
from hlmock.exchange.actions.subaccounts import sub_account_count
from hlmock.exchange.block import Block
from hlmock.exchange.margin import account_value
from hlmock.exchange.model.accounts import Account, Agent
from hlmock.exchange.model.terms import DAY_MS
from hlmock.exchange.replies import Reply
from hlmock.wire.actions import ApproveAgentAction, ApproveBuilderFeeAction
from hlmock.wire.addresses import ZERO_ADDRESS, Address

NAMED_AGENTS = 3
NAMED_AGENTS_PER_SUB_ACCOUNT = 2
NAME_LENGTH = 16
LONGEST_MS = 180 * DAY_MS
DEFAULT_MS = 90 * DAY_MS
"""Life of an agent whose name carries no time. Source: recorded answers."""
BUILDERS = 10
BUILDER_VALUE = 100
"""USDC that a builder must hold."""

_VALID_UNTIL = re.compile(r"(.*?) ?valid_until (\d{1,19})", re.DOTALL).fullmatch


def approve_agent(block: Block, account: Account, action: ApproveAgentAction) -> Reply:
    """Let another key sign for this account; the zero address takes the right back from the agent of that name."""
    state = block.state
    name, valid_until = split_agent_name(action.agentName or "")
    now_ms = block.time_ms
    if now_ms < account.removal_pending_until:
        return replies.error(texts.AGENT_REMOVAL_PENDING)
    held = next((agent for agent in account.agents.values() if agent.name == name), None)
    if action.agentAddress == ZERO_ADDRESS:
        if held is not None:
            _remove(block, account, held, known_until=now_ms)
        return replies.DEFAULT
    if len(name or "") > NAME_LENGTH:
        return replies.error(texts.AGENT_NAME_TOO_LONG)
    if valid_until is not None and not now_ms < valid_until <= now_ms + LONGEST_MS:
        return replies.error(texts.AGENT_EXPIRED)
    if action.agentAddress == account.address or state.identity.was_agent(action.agentAddress):
        return replies.error(texts.AGENT_USED)  # of itself: our choice, or nobody could sign for it any more
    if name is not None and held is None:
        limit = NAMED_AGENTS + NAMED_AGENTS_PER_SUB_ACCOUNT * sub_account_count(block, account)
        if sum(agent.name is not None for agent in account.agents.values()) >= limit:
            return replies.error(texts.too_many_agents(limit))
    if held is not None:
        _remove(block, account, held, known_until=now_ms + state.settings.agent_removal_ms)
    _rebind(block, action)
    if valid_until is None:
        valid_until = now_ms + DEFAULT_MS
    state.identity.add_agent(account, Agent(action.agentAddress, name, valid_until))
    state.agenda.add(valid_until, "agentExpiry", account.address, action.agentAddress)
    block.user_changed(account)
    return replies.DEFAULT


def expire_agent(block: Block, address: Address, agent_address: Address) -> None:
    """Take the right back from an agent whose time is over, unless it was replaced before.

    Its nonces go with it (Hyperliquid docs: Nonces and API wallets). The real exchange does this late, at times
    more than a quarter of an hour (recorded answers); here an expired agent is refused at once (our choice).
    """
    account = block.state.accounts.get(address)
    agent = None if account is None else account.agents.get(agent_address)
    if account is None or agent is None:
        return
    block.state.identity.remove_agent(account, agent, block.time_ms)
    block.state.nonces.forget(agent_address)
    block.user_changed(account)


def split_agent_name(text: str) -> tuple[str | None, int | None]:
    """`bot valid_until 1700000000000` is the name `bot` and a time in ms; no name is the unnamed agent."""
    found = _VALID_UNTIL(text)
    if found is None:
        return text or None, None
    return found[1] or None, int(found[2])


def _remove(block: Block, account: Account, agent: Agent, *, known_until: int) -> None:
    """A replaced agent's calls are refused in its master's name for some seconds, a removed one is unknown at once.

    Source: recorded answers.
    """
    account.removal_pending_until = block.time_ms + block.state.settings.agent_removal_ms
    block.state.identity.remove_agent(account, agent, known_until)
    block.state.nonces.forget(agent.address)
    block.user_changed(account)


def _rebind(block: Block, action: ApproveAgentAction) -> None:
    """Drop the account that a signature or a question opened for this key before it was approved, if it was not used.

    Else the key would sign for that account once its time as an agent is over.
    """
    state = block.state
    early = state.accounts.get(action.agentAddress)
    if early is None or early.history or early.ledger or early.address in state.led:
        return
    if not early.named or state.identity.why_named(early.address) in ("info", "subscription"):
        del state.accounts[early.address]


def approve_builder_fee(block: Block, account: Account, action: ApproveBuilderFeeAction) -> Reply:
    """Allow a builder up to `maxFeeRate`, a percentage such as `0.001%`, on top of the fee."""
    rate = _percentage(action.maxFeeRate)
    if rate is None:
        return replies.error(texts.INVALID_DECIMAL)
    builder = block.state.accounts.get(action.builder)
    if builder is None and not block.state.settings.strict:
        builder = block.open_funded(action.builder, "approval")
    if builder is None or account_value(block.state, builder) < BUILDER_VALUE:
        return replies.error(texts.BUILDER_TOO_POOR)
    approvals = account.builder_approvals
    if rate == 0:
        approvals.pop(action.builder, None)
        return replies.DEFAULT
    if action.builder not in approvals and len(approvals) >= BUILDERS:
        return replies.error(texts.TOO_MANY_BUILDERS)
    approvals[action.builder] = int(rate * 1000)
    return replies.DEFAULT


def _percentage(text: str) -> Decimal | None:
    digits = text.removesuffix("%")
    if digits == text or not re.fullmatch(r"\d{1,3}(\.\d{1,8})?", digits):
        return None
    return Decimal(digits)
