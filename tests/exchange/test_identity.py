from collections.abc import Iterator

import pytest

from hlmock.exchange.engine import WALLET
from hlmock.exchange.identity import Acting, Chosen, Refused
from hlmock.exchange.model.changes import AccountOpened
from hlmock.exchange.settings import Network
from hlmock.wire.actions import NoopAction, UsdSendAction
from hlmock.wire.addresses import Address
from support.desk import T0, Desk, address, error

ALICE, BOB, AGENT = address("alice"), address("bob"), address("agent")
SEND = UsdSendAction("0x66eee", "Testnet", BOB, "1", T0)


def admit(desk: Desk, who: Address, action: object = None, vault: Address | None = None) -> Acting | Refused:
    chosen = Chosen("testnet", who, desk.exchange.identity.is_named(who), ())
    found, _ = desk.exchange.admit(chosen, action or NoopAction(), vault, desk.now_ms)  # type: ignore[arg-type]
    return found


def approve(desk: Desk, agent: Address = AGENT, name: str | None = None) -> str | None:
    return error(desk.do("alice", "approveAgent", agentAddress=agent, agentName=name, nonce=desk.nonce + 1))


def test_a_known_account_acts_for_itself() -> None:
    desk = Desk()
    desk.account("alice")
    assert admit(desk, ALICE) == Acting(ALICE, ALICE, "account")


def test_a_live_agent_acts_for_its_account() -> None:
    desk = Desk()
    assert approve(desk) is None
    assert admit(desk, AGENT) == Acting(AGENT, ALICE, "agent")


def test_an_agent_wins_over_an_account_of_the_same_address() -> None:
    desk = Desk()
    desk.exchange.open_account(AGENT, "info", now_ms=T0)
    assert approve(desk) is None
    assert admit(desk, AGENT) == Acting(AGENT, ALICE, "agent")


def test_an_agent_signs_no_user_signed_action() -> None:
    desk = Desk()
    approve(desk)
    assert admit(desk, AGENT, SEND) == Refused(f"Must deposit before performing actions. User: {AGENT}", False)


def test_an_unknown_signer_gets_a_funded_account() -> None:
    desk = Desk()
    assert admit(desk, BOB) == Acting(BOB, BOB, "account")
    assert desk.exchange.accounts[BOB].usdc == 1_000_000
    assert not desk.exchange.accounts[BOB].named


def test_a_strict_exchange_refuses_an_unknown_signer_by_scheme() -> None:
    desk = Desk(strict=True)
    assert admit(desk, BOB) == Refused(f"User or API Wallet {BOB} does not exist.", True)
    assert admit(desk, BOB, SEND) == Refused(f"Must deposit before performing actions. User: {BOB}", True)
    assert not desk.exchange.accounts


def test_a_vault_acts_through_its_owners_key_and_its_owners_agent() -> None:
    desk = Desk()
    sub = Address(desk.do("alice", "createSubAccount", name="s").answer["response"]["data"])
    approve(desk)
    assert admit(desk, ALICE, vault=sub) == Acting(ALICE, sub, "subAccount")
    assert admit(desk, AGENT, vault=sub) == Acting(AGENT, sub, "subAccount")


def test_somebody_elses_vault_is_not_registered() -> None:
    desk = Desk()
    sub = Address(desk.do("alice", "createSubAccount", name="s").answer["response"]["data"])
    desk.account("bob")
    assert admit(desk, BOB, vault=sub) == Refused(f"Vault not registered: {sub}", False)
    assert admit(desk, BOB, vault=ALICE) == Refused(f"Vault not registered: {ALICE}", False)


def test_no_account_is_opened_for_an_unknown_signer_of_a_vault() -> None:
    desk = Desk()
    assert isinstance(admit(desk, BOB, vault=ALICE), Refused)
    assert not desk.exchange.accounts


# Candidates.


def candidates(*given: tuple[Network, Address]) -> Iterator[tuple[Network, Address]]:
    yield from given


def test_the_first_named_candidate_wins() -> None:
    desk = Desk()
    desk.account("bob")
    chosen = desk.exchange.identity.choose(candidates(("testnet", ALICE), ("mainnet", BOB)))
    assert chosen == Chosen("mainnet", BOB, True, (ALICE,))


def test_without_a_named_candidate_the_first_wins() -> None:
    chosen = Desk().exchange.identity.choose(candidates(("testnet", ALICE), ("mainnet", BOB)))
    assert chosen == Chosen("testnet", ALICE, False, (BOB,))


def test_the_second_candidate_is_not_recovered_when_the_first_is_named() -> None:
    desk = Desk()
    desk.account("alice")

    def recover() -> Iterator[tuple[Network, Address]]:
        yield "testnet", ALICE
        raise AssertionError("recovered in vain")

    assert desk.exchange.identity.choose(recover()).address == ALICE


@pytest.mark.parametrize("why", ["info", "subscription", WALLET])
def test_an_address_is_named_once_somebody_speaks_of_it(why: str) -> None:
    desk = Desk(strict=True)
    assert not desk.exchange.identity.is_named(BOB)
    desk.exchange.mention(BOB, why, T0)
    assert desk.exchange.identity.is_named(BOB)


def test_an_agent_is_named() -> None:
    desk = Desk()
    approve(desk)
    assert desk.exchange.identity.is_named(AGENT)


def test_the_receiver_of_a_transfer_is_named() -> None:
    desk = Desk()
    desk.do("alice", "usdSend", destination=BOB, amount="5", time=desk.nonce + 1)
    assert desk.exchange.accounts[BOB].named


def test_an_earlier_signer_counts_as_named() -> None:
    desk = Desk()
    admit(desk, BOB)
    assert desk.exchange.identity.is_named(BOB)


def test_the_other_candidates_of_an_opened_account_are_told() -> None:
    desk = Desk()
    chosen = desk.exchange.identity.choose(candidates(("testnet", ALICE), ("mainnet", BOB)))
    _, opened = desk.exchange.admit(chosen, NoopAction(), None, T0)
    assert opened is not None
    account_opened = next(change for change in opened.changes if isinstance(change, AccountOpened))
    assert (account_opened.named, account_opened.other_candidates) == (False, (BOB,))


# First sight.


def test_a_mention_opens_a_funded_named_account_once() -> None:
    desk = Desk()
    assert desk.exchange.mention(BOB, "info", T0) is not None
    assert desk.exchange.mention(BOB, "subscription", T0) is None
    assert desk.exchange.accounts[BOB].named


def test_a_mention_names_an_account_that_a_signature_opened() -> None:
    desk = Desk()
    admit(desk, BOB)
    desk.exchange.mention(BOB, "info", T0)
    assert desk.exchange.accounts[BOB].named


def test_a_mention_opens_nothing_for_an_agent() -> None:
    desk = Desk()
    approve(desk)
    desk.exchange.mention(AGENT, "info", T0)
    assert AGENT not in desk.exchange.accounts


def test_a_reset_forgets_names_but_those_of_wallets() -> None:
    desk = Desk()
    desk.exchange.mention(ALICE, "info", T0)
    desk.exchange.identity.name(BOB, WALLET)
    desk.exchange.reset(T0)
    assert not desk.exchange.identity.is_named(ALICE)
    assert desk.exchange.identity.is_named(BOB)


# Approvals.


def test_approving_an_account_that_only_a_signature_opened_rebinds_it() -> None:
    desk = Desk()
    admit(desk, AGENT)
    approve(desk)
    assert AGENT not in desk.exchange.accounts
    assert admit(desk, AGENT) == Acting(AGENT, ALICE, "agent")


def test_an_account_with_orders_is_not_dropped_by_an_approval() -> None:
    desk = Desk()
    admit(desk, AGENT)
    desk.order("agent", "buy", "1", "66000")
    approve(desk)
    assert desk.exchange.accounts[AGENT].open_orders
