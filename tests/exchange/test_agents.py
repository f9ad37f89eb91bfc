from hlmock.exchange.actions.agents import LONGEST_MS, split_agent_name
from hlmock.exchange.identity import Acting, Refused
from hlmock.exchange.model.changes import UserStateChanged
from hlmock.wire.addresses import ZERO_ADDRESS, Address
from support.desk import T0, Desk, address, error

ALICE = address("alice")


def approve(desk: Desk, agent: str, name: str | None = None, who: str = "alice") -> str | None:
    target = agent if agent.startswith("0x") else address(agent)
    return error(desk.do(who, "approveAgent", agentAddress=target, agentName=name, nonce=desk.nonce + 1))


def resolve(desk: Desk, agent: str) -> Acting | Refused:
    return desk.exchange.identity.resolve(address(agent), user_signed=False, vault=None, now_ms=desk.now_ms)


def later(desk: Desk, ms: int = 5_000) -> None:
    desk.now_ms += ms


def test_the_name_may_carry_an_expiry() -> None:
    assert split_agent_name("bot valid_until 1700000000000") == ("bot", 1_700_000_000_000)
    assert split_agent_name("bot") == ("bot", None)
    assert split_agent_name("") == (None, None)
    assert split_agent_name(" valid_until 5") == (None, 5)


def test_a_new_unnamed_agent_replaces_the_old_one() -> None:
    desk = Desk()
    approve(desk, "one")
    assert approve(desk, "two") is None
    assert isinstance(resolve(desk, "two"), Acting)
    assert [agent.address for agent in desk.account("alice").agents.values()] == [address("two")]


def test_an_agent_of_the_same_name_is_replaced_and_others_stay() -> None:
    desk = Desk()
    for agent, name in (("one", "a"), ("two", "b"), ("three", "a")):
        assert approve(desk, agent, name) is None
    assert [agent.name for agent in desk.account("alice").agents.values()] == ["b", "a"]


def test_a_replaced_agent_is_pending_for_5_seconds_and_then_unknown() -> None:
    desk = Desk()
    approve(desk, "one")
    approve(desk, "two")
    one = address("one")
    assert resolve(desk, "one") == Refused(f"Must deposit before performing actions. User: {ALICE}", False)
    later(desk)
    assert resolve(desk, "one") == Refused(f"User or API Wallet {one} does not exist.", False)


def test_another_approval_within_5_seconds_of_a_removal_is_refused() -> None:
    desk = Desk()
    approve(desk, "one")
    approve(desk, "two")
    assert approve(desk, "three") == "User has pending agent removal"
    later(desk)
    assert approve(desk, "three") is None


def test_the_zero_address_removes_the_agent_of_that_name() -> None:
    desk = Desk()
    approve(desk, "one", "a")
    assert approve(desk, ZERO_ADDRESS, "a") is None
    assert not desk.account("alice").agents
    assert resolve(desk, "one") == Refused(f"User or API Wallet {address('one')} does not exist.", False)
    assert approve(desk, "two") == "User has pending agent removal"


def test_a_removed_agent_never_becomes_an_account() -> None:
    desk = Desk()
    approve(desk, "one")
    approve(desk, ZERO_ADDRESS)
    later(desk)
    found = resolve(desk, "one")
    assert isinstance(found, Refused)
    assert not found.is_unknown


def test_three_named_agents_are_the_limit() -> None:
    desk = Desk()
    for n in range(3):
        assert approve(desk, f"agent{n}", f"name{n}") is None
    text = "Too many extra agents for cumulative volume traded. Current limit is 3"
    assert approve(desk, "agent3", "name3") == text
    assert approve(desk, "unnamed") is None


def test_a_sub_account_adds_two_named_agents() -> None:
    desk = Desk()
    desk.do("alice", "createSubAccount", name="s")
    for n in range(5):
        assert approve(desk, f"agent{n}", f"name{n}") is None
    assert approve(desk, "agent5", "name5") == (
        "Too many extra agents for cumulative volume traded. Current limit is 5"
    )


def test_an_agent_is_good_for_one_account_once() -> None:
    desk = Desk()
    approve(desk, "one")
    assert approve(desk, "one", who="bob") == "Extra agent already used."
    assert approve(desk, "one") == "Extra agent already used."


def test_an_expiry_in_the_past_or_over_180_days_ahead_is_refused() -> None:
    desk = Desk()
    for until in (T0, T0 + LONGEST_MS + 1):
        assert approve(desk, "one", f"a valid_until {until}") == "Agent valid_until already expired."
    assert approve(desk, "one", f"a valid_until {T0 + LONGEST_MS}") is None


def test_an_agent_expires() -> None:
    desk = Desk()
    approve(desk, "one", f"a valid_until {T0 + 1000}")
    assert isinstance(resolve(desk, "one"), Acting)
    later(desk, 1000)
    assert isinstance(resolve(desk, "one"), Refused)


def test_a_name_has_at_most_16_characters() -> None:
    assert approve(Desk(), "one", "x" * 17) is not None
    assert approve(Desk(), "one", "x" * 16) is None


def test_agent_and_account_have_separate_nonces() -> None:
    desk = Desk()
    approve(desk, "one")
    nonces = desk.exchange.nonces
    assert nonces.use(ALICE, T0 + 50, T0) is None
    assert nonces.use(address("one"), T0 + 50, T0) is None


def test_a_builder_without_money_cannot_be_approved_when_strict() -> None:
    desk = Desk(strict=True)
    builder = Address("0x" + "be" * 20)
    text = error(desk.do("alice", "approveBuilderFee", maxFeeRate="0.001%", builder=builder, nonce=desk.nonce + 1))
    assert text == "Builder has insufficient balance to be approved."


def test_an_approval_is_kept_in_tenths_of_a_basis_point() -> None:
    desk = Desk()
    builder = Address("0x" + "be" * 20)
    desk.do("alice", "approveBuilderFee", maxFeeRate="0.001%", builder=builder, nonce=desk.nonce + 1)
    assert desk.account("alice").builder_approvals == {builder: 1}


def test_an_expired_agent_is_gone_with_its_nonces_and_may_not_come_back() -> None:
    desk = Desk()
    approve(desk, "one", f"a valid_until {T0 + 1000}")
    assert desk.exchange.nonces.use(address("one"), T0 + 500, T0) is None
    (outcome,) = desk.advance(1)
    assert outcome.changes == (UserStateChanged(ALICE),)
    assert not desk.account("alice").agents
    assert resolve(desk, "one") == Refused(f"User or API Wallet {address('one')} does not exist.", False)
    assert desk.exchange.nonces.use(address("one"), T0 + 500, T0) is None
    assert approve(desk, "one", "a") == "Extra agent already used."


def test_the_expiry_of_a_replaced_agent_does_nothing() -> None:
    desk = Desk()
    approve(desk, "one", f"a valid_until {T0 + 1000}")
    approve(desk, "two", "a")
    assert desk.advance(1) == []
    assert isinstance(resolve(desk, "two"), Acting)


def test_an_agent_without_a_time_in_its_name_lives_for_90_days() -> None:
    desk = Desk()
    approve(desk, "one", "a")
    approve(desk, "two")
    later(desk, 90 * 86_400_000 - 1)
    assert isinstance(resolve(desk, "one"), Acting)
    desk.advance(0.001)
    assert not desk.account("alice").agents


def test_nobody_is_his_own_agent() -> None:
    assert approve(Desk(), "alice") == "Extra agent already used."


def test_a_key_that_was_only_asked_about_has_no_account_to_fall_back_to() -> None:
    desk = Desk()
    desk.account("one")
    approve(desk, "one", f"a valid_until {T0 + 1000}")
    desk.advance(1)
    assert resolve(desk, "one") == Refused(f"User or API Wallet {address('one')} does not exist.", False)


def test_a_key_that_has_traded_or_was_funded_keeps_its_account() -> None:
    desk = Desk()
    desk.order("one", "buy", "1", "60000")
    desk.fund("two", "5")
    for agent in ("one", "two"):
        approve(desk, agent, f"{agent} valid_until {T0 + 1000}")
    desk.advance(1)
    for agent in ("one", "two"):
        assert resolve(desk, agent) == Acting(address(agent), address(agent), "account")
