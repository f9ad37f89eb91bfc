from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlmock.exchange.profiles import PROFILES, UnknownProfile, profile_named
from hlmock.exchange.settings import ExchangeSettings
from support.desk import Desk, cloid, element, error, order_changes, orders, statuses


def old(**settings: Any) -> Desk:
    return Desk(profile="recomma-mock", **settings)


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UnknownProfile, match="'nope'; known: hyperliquid, recomma-mock"):
        profile_named("nope")


def test_settings_refuse_an_unknown_profile() -> None:
    with pytest.raises(UnknownProfile):
        ExchangeSettings(profile="nope")


def test_settings_refuse_a_negative_amount() -> None:
    with pytest.raises(ValueError, match="agent_removal_ms must not be negative"):
        ExchangeSettings(agent_removal_ms=-1)


def test_every_switch_of_the_old_mock_differs_from_the_default() -> None:
    default, mock = PROFILES["hyperliquid"], PROFILES["recomma-mock"]
    same = {name for name in default.__struct_fields__ if getattr(default, name) == getattr(mock, name)}
    past = {
        *("meta_names_collateral", "meta_has_margin_tables", "dexes_have_fee_scales", "dexes_have_funding_terms"),
        *("open_orders_have_orig_sz", "fills_by_time_newest_first", "request_surplus", "rows_by_time"),
    }
    assert same == past | {"l2_book_fast", "null_cloid", "partly_filled_gtc_rests", "tick_is_runtime_error"}


def test_old_mock_oids_start_at_1000001() -> None:
    assert element(old().order("alice", "buy", "1", "50000", cloid=cloid(1))) == {
        "resting": {"oid": 1_000_001, "cloid": cloid(1)}
    }


def test_old_mock_makes_up_a_cloid() -> None:
    resting = element(old().order("alice", "buy", "1", "50000"))["resting"]
    assert resting["cloid"].startswith("mock-")


def test_old_mock_matches_nothing() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "90000")
    assert statuses(desk.order("bob", "sell", "1", "80000")) == ["open"]


def test_old_mock_checks_nothing() -> None:
    assert statuses(old().order("alice", "buy", "0.0000001", "0.123456")) == ["open"]


def test_old_mock_refuses_a_btc_ioc_up_to_87000() -> None:
    text = "Order could not immediately match against any resting orders. asset=0"
    assert error(old().order("alice", "buy", "1", "87000", "Ioc")) == text


def test_old_mock_rests_any_other_ioc() -> None:
    assert statuses(old().order("alice", "buy", "1", "87001", "Ioc")) == ["open"]
    assert statuses(old().order("alice", "buy", "1", "1", "Ioc", asset=1)) == ["open"]


def test_old_mock_modifies_in_place() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "50000")
    outcome = desk.modify("alice", 1_000_001, "buy", "2", "51000")
    assert order_changes(outcome) == [(1_000_001, "open")]
    order = desk.placed(1_000_001)
    assert (f"{order.limit_px}", f"{order.sz}") == ("51000.0", "2.0")
    assert element(outcome)["resting"]["oid"] == 1_000_001


def test_old_mock_takes_a_known_cloid_for_a_modify() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "50000", cloid=cloid(1))
    outcome = desk.order("alice", "buy", "3", "50001", cloid=cloid(1))
    assert order_changes(outcome) == [(1_000_001, "open")]


def test_old_mock_publishes_a_partial_fill_as_open_with_what_remains() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "50000")
    outcome = desk.fill(1_000_001, "0.25")
    assert order_changes(outcome) == [(1_000_001, "open")]
    assert desk.placed(1_000_001).sz == Decimal("0.75")


def test_the_real_exchange_publishes_nothing_for_a_partial_fill() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    outcome = desk.fill(desk.newest("alice").oid, "0.25")
    assert order_changes(outcome) == []
    assert statuses(outcome) == ["partiallyFilled"]


def test_old_mock_shows_the_fill_price_as_limit_price_of_a_filled_order() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "50000")
    (change,) = orders(desk.fill(1_000_001, px="49000"))
    assert (change.status, change.order.limit_px) == ("filled", Decimal(49_000))


def test_the_real_exchange_keeps_the_limit_price_of_a_filled_order() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    (change,) = orders(desk.fill(desk.newest("alice").oid, px="65000"))
    assert (change.status, change.order.limit_px) == ("filled", Decimal(66_000))


def test_a_fill_of_size_0_sends_the_state_again() -> None:
    desk = old()
    desk.order("alice", "buy", "1", "50000")
    assert order_changes(desk.fill(1_000_001, "0")) == [(1_000_001, "open")]


def test_old_mock_names_the_order_in_a_missed_cancel() -> None:
    assert error(old().cancel("alice", 7)) == "Order was never placed, already canceled, or filled. oid=7"


def test_a_resting_status_can_be_chosen_for_a_partly_filled_gtc() -> None:
    desk = Desk()
    desk.exchange.profile = msgspec.structs.replace(desk.exchange.profile, partly_filled_gtc_rests=True)
    desk.quote("BTC", "66000", "66001", "1")
    assert "resting" in element(desk.order("alice", "buy", "3", "66001"))


def test_a_duplicate_cloid_can_be_allowed() -> None:
    desk = Desk()
    desk.exchange.profile = msgspec.structs.replace(desk.exchange.profile, duplicate_cloid_refused=False)
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    assert "resting" in element(desk.order("alice", "buy", "1", "66000", cloid=cloid(1)))


def test_the_documented_tick_error_can_be_chosen() -> None:
    desk = Desk()
    desk.exchange.profile = msgspec.structs.replace(desk.exchange.profile, tick_is_runtime_error=True)
    outcome = desk.order("alice", "buy", "1", "66000.5")
    assert error(outcome) == "Price must be divisible by tick size. asset=0"
    assert statuses(outcome) == ["tickRejected"]
