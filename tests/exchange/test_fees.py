"""What fills cost: tiers, rebates, discounts, multipliers, the builder's fee."""

from decimal import Decimal

import pytest

from hlmock.exchange import fees
from hlmock.exchange.dumps import dump
from hlmock.exchange.model.accounts import Account, DayVolume
from hlmock.exchange.model.holdings import Delegation
from hlmock.exchange.model.terms import DAY_MS
from support.desk import BTC, HYPE_USDC, T0, Desk, address, fills

D = Decimal
TODAY = T0 // DAY_MS
TSLA, GOLD = 110_001, 110_003


def rate(desk: Desk, name: str = "alice", asset: int = BTC, *, is_taker: bool = True) -> Decimal:
    market = desk.exchange.markets.by_asset[asset]
    return fees.fee_rate(desk.exchange, desk.account(name), market, is_taker=is_taker, now_ms=desk.now_ms)


def traded(account: Account, usd: float, *, days_ago: int = 1, kind: str = "cross") -> None:
    account.days[TODAY - days_ago] = volume = DayVolume()
    setattr(volume, kind, D(usd))


@pytest.mark.parametrize(
    ("usd", "taker", "maker"),
    [
        (5e6, "0.00045", "0.00015"),
        (5e6 + 1, "0.0004", "0.00012"),
        (26e6, "0.00035", "0.00008"),
        (101e6, "0.0003", "0.00004"),
        (501e6, "0.00028", "0"),
        (2.1e9, "0.00026", "0"),
        (7.1e9, "0.00024", "0"),
    ],
)
def test_the_tier_follows_the_volume_of_14_days(usd: float, taker: str, maker: str) -> None:
    desk = Desk()
    traded(desk.account("alice"), usd)
    assert (rate(desk), rate(desk, is_taker=False)) == (D(taker), D(maker))


@pytest.mark.parametrize(("days_ago", "tier"), [(0, "0.00045"), (1, "0.0004"), (14, "0.0004"), (15, "0.00045")])
def test_the_tier_is_assessed_from_the_14_days_before_today(days_ago: int, tier: str) -> None:
    desk = Desk()
    traded(desk.account("alice"), 6e6, days_ago=days_ago)
    assert rate(desk) == D(tier)


def test_spot_volume_counts_twice() -> None:
    desk = Desk()
    traded(desk.account("alice"), 3e6, kind="spot_add")
    assert rate(desk) == D("0.0004")
    assert rate(desk, asset=HYPE_USDC) == D("0.0006")


def test_the_days_trades_count_from_the_next_day_on() -> None:
    desk = Desk(initial_usdc=D(10) ** 8)
    desk.quote("BTC", "66343", "66345")
    desk.order("alice", "buy", "80", "67000", "Ioc")
    assert rate(desk) == D("0.00045")
    desk.now_ms += DAY_MS
    assert rate(desk) == D("0.0004")


def test_sub_accounts_share_the_masters_tier_and_a_vault_does_not() -> None:
    desk = Desk()
    desk.do("alice", "createSubAccount", name="one")
    desk.do("alice", "createVault", name="vault", description="ten letters", initialUsd=100_000_000, nonce=1)
    sub, vault = (desk.exchange.accounts[each] for each in desk.exchange.led_accounts())
    traded(sub, 6e6)
    market = desk.exchange.markets.by_asset[BTC]
    rates = [
        fees.fee_rate(desk.exchange, account, market, is_taker=True, now_ms=desk.now_ms)
        for account in (desk.account("alice"), sub, vault)
    ]
    assert rates == [D("0.0004"), D("0.0004"), D("0.00045")]
    traded(vault, 30e6)
    desk.now_ms += DAY_MS
    assert rate(desk) == D("0.0004")


@pytest.mark.parametrize(("share", "add"), [(0.004, "0"), (0.006, "-0.00001"), (0.02, "-0.00002"), (0.04, "-0.00003")])
def test_a_large_share_of_the_volume_earns_makers_a_rebate(share: float, add: str) -> None:
    desk = Desk()
    everybody = 14 * desk.exchange.markets.day_ntl_vlm
    account = desk.account("alice")
    traded(account, 0)
    account.days[TODAY - 1].add = D(share) * everybody
    assert rate(desk, is_taker=False) == D(add)


def test_a_rebate_is_paid_out() -> None:
    desk = Desk()
    account = desk.account("alice")
    traded(account, 0)
    account.days[TODAY - 1].add = desk.exchange.markets.day_ntl_vlm
    oid = desk.order("alice", "buy", "1", "60000").answer["response"]["data"]["statuses"][0]["resting"]["oid"]
    (fill,) = fills(desk.fill(oid))
    assert fill.fee == D("-1.8")
    assert account.usdc == D("1000001.8")


@pytest.mark.parametrize(("hype", "discount"), [(10, "0"), (11, "0.05"), (10_001, "0.2"), (500_001, "0.4")])
def test_staked_hype_cuts_the_rates(hype: int, discount: str) -> None:
    desk = Desk()
    desk.account("alice").staking.delegations[address("validator")] = Delegation(D(hype), 0)
    assert rate(desk) == D("0.00045") * (1 - D(discount))


def test_a_referral_cuts_4_percent_until_25_million() -> None:
    desk = Desk()
    desk.do("bob", "registerReferrer", code="BOB")
    desk.do("alice", "setReferrer", code="BOB")
    assert rate(desk) == D("0.00045") * D("0.96")
    desk.account("alice").volume = D(25_000_000)
    assert rate(desk) == D("0.00045")


def test_a_builders_dex_doubles_the_fee_and_growth_mode_takes_a_tenth() -> None:
    desk = Desk()
    assert rate(desk, asset=GOLD) == D("0.0009")
    assert rate(desk, asset=TSLA) == D("0.00009")


def test_a_pair_of_stablecoins_costs_a_fifth() -> None:
    desk = Desk()
    markets = desk.exchange.markets
    stable = next(each for each in markets.spot if markets.token_by_index[each.base_token].name == "USDT0")
    assert rate(desk, asset=stable.asset) == D("0.00014")


def test_a_spot_fee_is_paid_in_the_token_received_cut_to_its_wei() -> None:
    desk = Desk()
    desk.quote("@107", "30", "31.7")
    (bought,) = fills(desk.order("alice", "buy", "1.23", "32", "Ioc", asset=HYPE_USDC))
    (sold,) = fills(desk.order("alice", "sell", "1", "30", "Ioc", asset=HYPE_USDC))
    assert (bought.fee, bought.fee_token) == (D("0.000861"), "HYPE")
    assert (sold.fee, sold.fee_token) == (D("0.021"), "USDC")


def test_the_builders_fee_is_part_of_the_fee_but_not_when_spot_is_bought() -> None:
    desk = Desk()
    builder = {"b": address("bob"), "f": 25}
    desk.account("bob")
    desk.account("alice").builder_approvals[address("bob")] = 100
    desk.quote("@107", "30", "31.7")
    desk.quote("BTC", "59999", "60000")
    (perp,) = fills(desk.order("alice", "buy", "0.01", "61000", "Ioc", builder=builder))
    assert (perp.builder_fee, perp.fee) == (D("0.15"), D("0.27") + D("0.15"))
    (bought,) = fills(desk.order("alice", "buy", "2", "32", "Ioc", asset=HYPE_USDC, builder=builder))
    (sold,) = fills(desk.order("alice", "sell", "1", "30", "Ioc", asset=HYPE_USDC, builder=builder))
    assert bought.builder_fee is None
    assert (sold.builder_fee, sold.fee) == (D("0.0075"), D("0.0285"))


def test_asking_for_rates_changes_nothing() -> None:
    desk = Desk()
    desk.account("alice")
    before = dump(desk.exchange, desk.now_ms)
    rate(desk)
    assert dump(desk.exchange, desk.now_ms) == before
