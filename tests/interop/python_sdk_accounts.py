"""Steps of the official SDK's day that are not about orders: agents, money, accounts of several, deployers."""

from typing import Any

import eth_account
from hyperliquid.utils.signing import (
    get_timestamp_ms,
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_multi_sig_l1_action_payload,
)

from interop.python_sdk_day import GTC, Day, trader

NOBODY = "0x" + "cd" * 20


def trades_with_an_agent(day: Day) -> None:
    answer, key = day.exchange.approve_agent("desk")
    assert answer["status"] == "ok", answer
    agent = eth_account.Account.from_key(key)
    assert agent.address.lower() in {each["address"].lower() for each in day.info.extra_agents(day.user)}
    assert day.info.user_role(agent.address)["role"] == "agent"
    desk = trader(agent, day.url, account_address=day.user)
    oid = int(day.one(desk.order("ETH", True, 0.2, 1107.0, GTC))["resting"]["oid"])
    assert oid in day.open_oids()
    assert not day.open_oids(agent.address)
    day.expect(oid, "open")
    assert day.one(desk.cancel("ETH", oid)) == "success"
    day.expect(oid, "open", "canceled")


def moves_money(day: Day) -> None:
    """Between perps and spot, to somebody else in three ways, and out over the bridge."""
    exchange, usdc = day.exchange, f"USDC:{day.info.spot_meta()['tokens'][0]['tokenId']}"
    before, updates = withdrawable(day), len(day.frames["userNonFundingLedgerUpdates"])
    ok(exchange.usd_class_transfer(100.0, False))
    assert withdrawable(day) == before - 100
    ok(exchange.usd_transfer(5, NOBODY))
    assert withdrawable(day) == before - 106, "the account of the recipient costs 1 USDC"
    ok(exchange.withdraw_from_bridge(10, NOBODY))
    assert withdrawable(day) == before - 116
    ok(exchange.spot_transfer(5, NOBODY, usdc))
    ok(exchange.send_asset(NOBODY, "spot", "", usdc, 5))
    channel = "userNonFundingLedgerUpdates"
    day.wait_for(lambda: len(day.frames[channel]) >= updates + 5, "the ledger updates")


def withdrawable(day: Day) -> float:
    return float(day.info.user_state(day.user)["withdrawable"])


def ok(answer: Any) -> Any:
    assert answer["status"] == "ok", answer
    return answer["response"]


def refused(answer: Any) -> str:
    assert answer["status"] == "err", answer
    text: str = answer["response"]
    return text


def changes_leverage_and_margin(day: Day) -> None:
    ok(day.exchange.update_leverage(5, "BTC"))
    state = day.info.post("/info", {"type": "activeAssetData", "user": day.user, "coin": "BTC"})
    assert state["leverage"] == {"type": "cross", "value": 5}, state
    ok(day.exchange.update_leverage(4, "SOL", is_cross=False))
    day.one(day.exchange.market_open("SOL", True, 2))
    before = margin(day)
    ok(day.exchange.update_isolated_margin(10, "SOL"))
    assert round(margin(day) - before, 2) == 10
    day.one(day.exchange.market_close("SOL"))


def margin(day: Day) -> float:
    positions = day.info.user_state(day.user)["assetPositions"]
    (leverage,) = [each["position"]["leverage"] for each in positions if each["position"]["coin"] == "SOL"]
    assert (leverage["type"], leverage["value"]) == ("isolated", 4)
    return float(leverage["rawUsd"])


def trades_for_a_sub_account(day: Day) -> None:
    sub: str = ok(day.exchange.create_sub_account("desk"))["data"]
    assert [each["subAccountUser"] for each in day.info.query_sub_accounts(day.user)] == [sub]
    ok(day.exchange.sub_account_transfer(sub, True, 1_000_000_000))
    usdc = f"USDC:{day.info.spot_meta()['tokens'][0]['tokenId']}"
    ok(day.exchange.sub_account_spot_transfer(sub, True, usdc, 1))
    assert float(day.info.user_state(sub)["withdrawable"]) == 1_000
    desk = trader(day.wallet, day.url, vault_address=sub)
    oid = int(day.one(desk.order("ETH", True, 0.2, 1109.0, GTC))["resting"]["oid"])
    assert day.open_oids(sub) == {oid}
    assert oid not in day.open_oids()
    assert day.one(desk.cancel("ETH", oid)) == "success"


def sets_its_preferences(day: Day) -> None:
    exchange = day.exchange
    ok(exchange.schedule_cancel(get_timestamp_ms() + 60_000))
    ok(exchange.schedule_cancel(None))
    ok(exchange.use_big_blocks(True))
    ok(exchange.noop(get_timestamp_ms()))
    ok(exchange.user_set_abstraction(day.user, "disabled"))
    ok(exchange.agent_set_abstraction("i"))
    ok(exchange.user_dex_abstraction(day.user, False))
    ok(exchange.agent_enable_dex_abstraction())
    exchange.set_expires_after(get_timestamp_ms() - 1)
    expired = exchange.cancel("ETH", 1)
    exchange.set_expires_after(None)
    assert expired["status"] == "err", expired


def pays_a_builder(day: Day) -> None:
    builder = "0x" + "ce" * 20
    day.control("fund", {"address": builder, "usdc": "1000"})
    ok(day.exchange.approve_builder_fee(builder, "0.01%"))
    assert day.info.post("/info", {"type": "maxBuilderFee", "user": day.user, "builder": builder}) == 10
    fee = {"b": builder, "f": 10}
    day.one(day.exchange.market_open("BTC", True, 0.01, builder=fee))
    assert float(day.info.user_fills(day.user)[0]["builderFee"]) > 0
    day.one(day.exchange.market_close("BTC"))


def is_refused_what_it_may_not(day: Day) -> None:
    """What needs a stake, a vault, a referrer, or a validator's or deployer's role."""
    exchange = day.exchange
    assert refused(exchange.set_referrer("NOBODY")) == "Referral code not registered"
    assert refused(exchange.vault_usd_transfer(NOBODY, True, 10_000_000)) == f"Vault not registered: {NOBODY}"
    assert refused(exchange.token_delegate(NOBODY, 1, False)) == "Insufficient staking balance."
    assert refused(exchange.approve_builder_fee(NOBODY, "0.01%")) == "Builder has insufficient balance to be approved."
    assert refused(exchange.gossip_priority_bid(0, "1.2.3.4", 1)) == "Insufficient gas at current auction price."
    assert refused(exchange.c_signer_unjail_self()) == "Signer invalid or inactive for current epoch"
    assert refused(exchange.c_signer_jail_self()) == "Signer invalid or inactive for current epoch"
    assert refused(exchange.perp_deploy_register_asset("test", None, "TEST0", 2, "10.0", 10, False, None)) == (
        "Deployer has not staked enough"
    )


def several_sign_for_one(day: Day) -> None:
    """A multi-sig account: two of two sign an order, the first of them sends it."""
    signers = [eth_account.Account.from_key("0x" + digits * 32) for digits in ("33", "44")]
    shared = eth_account.Account.from_key("0x" + "55" * 32)
    for each in (*signers, shared):
        day.info.user_state(each.address)
    owner = trader(shared, day.url)
    ok(owner.convert_to_multi_sig_user([each.address for each in signers], 2))
    assert refused(owner.update_leverage(3, "ETH"))
    request: Any = {
        "coin": "ETH",
        "is_buy": True,
        "sz": 0.2,
        "limit_px": 1108.0,
        "order_type": GTC,
        "reduce_only": False,
    }
    action = order_wires_to_order_action([order_request_to_order_wire(request, day.info.name_to_asset("ETH"))])
    nonce, leader = get_timestamp_ms(), signers[0]
    signatures = [
        sign_multi_sig_l1_action_payload(each, action, False, None, nonce, None, shared.address, leader.address)
        for each in signers
    ]
    sender = trader(leader, day.url)
    assert refused(sender.multi_sig(shared.address, action, signatures[:1], nonce)) == "Multi-sig threshold not met"
    signatures = [
        sign_multi_sig_l1_action_payload(each, action, False, None, nonce + 1, None, shared.address, leader.address)
        for each in signers
    ]
    answer = sender.multi_sig(shared.address, action, signatures, nonce + 1)
    assert day.open_oids(shared.address) == {int(day.one(answer)["resting"]["oid"])}
