"""Which account a recovered signer stands for.

Lookup is live agent first, then account (Hyperliquid docs: Nonces and API wallets); a vault or sub-account acts through
its leader's or master's key. What a client *is* can only be guessed from a signature: under network `any` both
signature domains are recovered, and the candidate that somebody has already named wins.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from hlmock.exchange import texts
from hlmock.exchange.model.accounts import Account, Agent
from hlmock.exchange.settings import Network
from hlmock.wire.actions import MultiSigPayload
from hlmock.wire.addresses import Address

Role = Literal["account", "agent", "vault", "subAccount", "multiSig"]


class Acting(msgspec.Struct, frozen=True, gc=False):
    """Whom a signature speaks for."""

    signer: Address
    account: Address
    """The account whose orders and balances change."""
    role: Role
    """How the signer stands to it: `account` is itself; `agent`; `vault` and `subAccount` go through their owner;
    `multiSig` sends what others have signed."""


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """One of the candidates that a signature recovers to."""

    network: Network
    address: Address
    named: bool
    others: tuple[Address, ...]
    """The candidates that were looked at and not chosen."""


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Why a signer may not act."""

    text: str
    is_unknown: bool
    """The signer stands for nobody: an account may be opened for it, unless `strict`."""


class Identity(msgspec.Struct):
    """Agents, names and the accounts they lead to."""

    _accounts: dict[Address, Account]
    _names: dict[Address, str] = msgspec.field(default_factory=dict)
    _agents: dict[Address, tuple[Account, Agent]] = msgspec.field(default_factory=dict)
    _past_agents: dict[Address, tuple[Address, int]] = msgspec.field(default_factory=dict)

    def name(self, address: Address, why: str) -> None:
        """Somebody has spoken of this address: a query, a subscription, a wallet, funding, a transfer, an approval."""
        self._names.setdefault(address, why)
        account = self._accounts.get(address)
        if account is not None:
            account.named = True

    def is_named(self, address: Address) -> bool:
        """Also true of an account that only a signature opened: it is an earlier signer."""
        return address in self._accounts or address in self._agents or address in self._names

    def why_named(self, address: Address) -> str | None:
        """The first reason; `None` where nobody has."""
        return self._names.get(address)

    def named_as(self, why: str) -> list[Address]:
        """The addresses that were named for this reason."""
        return [address for address, given in self._names.items() if given == why]

    def choose(self, candidates: Iterable[tuple[Network, Address]]) -> Chosen:
        """The first candidate that is named, else the first of all.

        Args:
            candidates: recovered on demand, testnet's first where both are tried; at least one.
        """
        networks: tuple[Network, ...] = ()
        others: tuple[Address, ...] = ()
        for network, address in candidates:
            if self.is_named(address):
                return Chosen(network, address, True, others)
            networks += (network,)
            others += (address,)
        return Chosen(networks[0], others[0], False, others[1:])

    def agent(self, address: Address, now_ms: int) -> tuple[Account, Agent] | None:
        """The account of a live agent, and the agent."""
        found = self._agents.get(address)
        if found is None or found[1].valid_until <= now_ms:
            return None
        return found

    def was_agent(self, address: Address) -> bool:
        """An agent now or before, of anyone."""
        return address in self._agents or address in self._past_agents

    def add_agent(self, account: Account, agent: Agent) -> None:
        """From now on it acts for this account."""
        account.agents[agent.address] = agent
        self._agents[agent.address] = (account, agent)
        self._names.setdefault(agent.address, "approval")

    def remove_agent(self, account: Account, agent: Agent, pending_until: int) -> None:
        """Its signatures are refused in the name of the account until then (ms), later as those of nobody."""
        del account.agents[agent.address]
        del self._agents[agent.address]
        self._past_agents[agent.address] = (account.address, pending_until)

    def resolve(self, signer: Address, user_signed: bool, vault: Address | None, now_ms: int) -> Acting | Refused:
        """Whom `signer` acts for. Texts: recorded answers. The agent of a multi-sig account goes on signing alone
        (our choice).

        Args:
            user_signed: an agent never signs these.
            vault: the envelope's `vaultAddress`.
        """
        account = self._accounts.get(signer)
        found = self._agents.get(signer) and self.agent(signer, now_ms)
        if user_signed:
            if found is None and account is not None:
                if account.multi_sig is not None:
                    return Refused(texts.MULTI_SIG_REQUIRED, False)
                return Acting(signer, signer, "account")
            is_unknown = account is None and not self.was_agent(signer)
            return Refused(texts.must_deposit(signer), is_unknown)
        role: Role = "account"
        if found:
            owner, role = found[0], "agent"
        elif account is None:
            return self._refuse_unknown(signer, vault, now_ms)
        elif account.multi_sig is not None:
            return Refused(texts.MULTI_SIG_REQUIRED, False)
        else:
            owner = account
        if vault is None:
            return Acting(signer, owner.address, role)
        target = self._accounts.get(vault)
        if target is None or target.master != owner.address:
            return Refused(texts.vault_not_registered(vault), False)
        return Acting(signer, vault, "vault" if target.is_vault else "subAccount")

    def resolve_multi_sig(
        self, payload: MultiSigPayload, outer: Address, inner: Sequence[Address], vault: Address | None, now_ms: int
    ) -> Acting | Refused:
        """Whether those who signed may act for the multi-sig account.

        Source: Hyperliquid docs, Multi-sig; texts: recorded answers, in a sequence that is our choice.

        Args:
            outer: who signed the wrapper: an authorized user, or the agent of one.
            inner: who signed the payload, by signature; the same signer twice counts once.
            vault: the envelope's `vaultAddress`.
        """
        if outer != payload.outerSigner:
            return Refused(texts.INVALID_OUTER_SIGNER, False)
        agent = self.agent(outer, now_ms)
        leader = self._accounts.get(outer) if agent is None else agent[0]
        if leader is None:
            return Refused(texts.OUTER_SIGNER_UNKNOWN, False)
        account = self._accounts.get(payload.multiSigUser)
        if account is None or account.multi_sig is None:
            return Refused(texts.NO_MULTI_SIG_USER, False)
        authorized = account.multi_sig.authorized
        if leader.address not in authorized:
            return Refused(texts.INVALID_OUTER_SIGNER, False)
        if not set(inner) <= set(authorized):
            return Refused(texts.INVALID_INNER_SIGNER, False)
        if len(set(inner)) < account.multi_sig.threshold:
            return Refused(texts.THRESHOLD_NOT_MET, False)
        if vault is not None:
            target = self._accounts.get(vault)
            if target is None or target.master != account.address:
                return Refused(texts.vault_not_registered(vault), False)
        return Acting(outer, account.address if vault is None else vault, "multiSig")

    def _refuse_unknown(self, signer: Address, vault: Address | None, now_ms: int) -> Refused:
        past = self._past_agents.get(signer)
        if past is not None and now_ms < past[1]:
            return Refused(texts.must_deposit(past[0]), False)
        # Nobody who has no account yet can own a vault, and a key that was an agent never becomes an account.
        return Refused(texts.no_such_signer(signer), vault is None and not self.was_agent(signer))
