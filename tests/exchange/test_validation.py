"""Exact sentences, and which of several faults is named."""

from typing import Any

import pytest

from support.desk import BTC, ETH, HYPE_USDC, PURR_USDC, Desk, address, cloid, element, elements, error, spec, statuses

STATIC = {
    "Order has zero size.": spec("buy", "0", "66000"),
    "Order has invalid size.": spec("buy", "0.000001", "66000"),
    "Order has invalid price.": spec("buy", "1", "66000.5"),
    "Order price cannot be more than 95% away from the reference price": spec("buy", "1", "3300"),
    "Order price cannot be more than 80% away from the reference price": spec("buy", "1", "5", asset=HYPE_USDC),
    "Reduce-only is invalid for spot trading.": spec("buy", "1", "41", asset=HYPE_USDC, reduce_only=True),
    "Placing trigger orders is not enabled on spot trading yet": spec(
        "buy", "1", "41", asset=HYPE_USDC, trigger=("sl", "45")
    ),
    "Asset is delisted.": spec("buy", "1", "1", asset=3),
}


@pytest.mark.parametrize(("text", "order"), STATIC.items(), ids=STATIC)
def test_a_static_fault_answers_one_element_for_the_whole_batch(text: str, order: dict[str, Any]) -> None:
    desk = Desk()
    good = spec("buy", "1", "66000")
    assert elements(desk.batch("alice", good, order, good)) == [{"error": text}]


@pytest.mark.parametrize("order", STATIC.values(), ids=STATIC)
def test_a_static_fault_leaves_no_record(order: dict[str, Any]) -> None:
    desk = Desk()
    outcome = desk.batch("alice", order)
    assert outcome.commit is None
    assert not desk.exchange.orders
    assert not desk.account("alice").history


@pytest.mark.parametrize(
    ("text", "order"),
    [("Invalid spot", spec("buy", "1", "1", asset=10_999)), ("Invalid asset", spec("buy", "1", "1", asset=9_999))],
)
def test_an_unknown_asset_refuses_the_action(text: str, order: dict[str, Any]) -> None:
    assert Desk().batch("alice", order).answer == {"status": "err", "response": text}


def test_an_empty_batch_is_refused() -> None:
    assert element(Desk().batch("alice")) == {"error": "Orders are empty."}


def test_more_than_200_orders_refuse_the_action() -> None:
    outcome = Desk().batch("alice", *[spec("buy", "1", "66000")] * 201)
    assert outcome.answer == {"status": "err", "response": "Signed action over weight limit of 200."}


def test_a_static_fault_consumes_the_nonce() -> None:
    desk = Desk()
    desk.batch("alice")
    assert desk.exchange.nonces.use(address("alice"), desk.nonce, desk.now_ms) is not None


def test_the_price_band_of_spot_excludes_its_lower_bound_and_includes_its_upper() -> None:
    desk = Desk()
    desk.quote("@107", "39", "41")
    too_far = "Order price cannot be more than 80% away from the reference price"
    assert error(desk.order("alice", "buy", "10", "8", asset=HYPE_USDC)) == too_far
    assert error(desk.order("alice", "buy", "10", "8.0001", asset=HYPE_USDC)) is None
    assert error(desk.order("alice", "sell", "10", "200.01", asset=HYPE_USDC)) == too_far
    assert error(desk.order("alice", "sell", "10", "200", asset=HYPE_USDC)) == "Insufficient spot balance asset=10107"


RUNTIME = [
    ("Order must have minimum value of $10. asset=0", "minTradeNtlRejected", spec("buy", "0.0001", "66000")),
    (
        "Reduce only order would increase position. asset=0",
        "reduceOnlyRejected",
        spec("buy", "1", "66000", reduce_only=True),
    ),
    (
        "Post only order would have immediately matched, bbo was 66343@66345. asset=0",
        "badAloPxRejected",
        spec("buy", "1", "66345", "Alo"),
    ),
    (
        "Order could not immediately match against any resting orders. asset=0",
        "iocCancelRejected",
        spec("buy", "1", "66344", "Ioc"),
    ),
    ("Insufficient margin to place order. asset=0", "perpMarginRejected", spec("buy", "400", "66000")),
    ("Invalid TP/SL price. asset=0", "badTriggerPxRejected", spec("buy", "1", "70000", trigger=("sl", "60000"))),
    (
        "Order must have minimum value of 10 USDC. asset=10107",
        "minTradeNtlRejected",
        spec("buy", "0.1", "41", asset=HYPE_USDC),
    ),
    (
        "Insufficient spot balance asset=10107",
        "insufficientSpotBalanceRejected",
        spec("sell", "10", "45", asset=HYPE_USDC),
    ),
    (
        "Order could not immediately match against any resting orders. asset=10107",
        "iocCancelRejected",
        spec("sell", "10", "45", "Ioc", asset=HYPE_USDC),
    ),
]


@pytest.mark.parametrize(("text", "status", "order"), RUNTIME, ids=[row[1] for row in RUNTIME])
def test_a_runtime_refusal_has_its_own_element_status_and_row(text: str, status: str, order: dict[str, Any]) -> None:
    desk = Desk()
    outcome = desk.batch("alice", spec("buy", "1", "66000"), order, spec("buy", "1", "66000"))
    assert [next(iter(one)) for one in elements(outcome)] == ["resting", "error", "resting"]
    assert elements(outcome)[1] == {"error": text}
    assert statuses(outcome) == ["open", status, "open"]
    assert [row.status for row in desk.account("alice").history] == ["open", status, "open"]


def test_minimum_notional_is_named_before_reduce_only() -> None:
    outcome = Desk().order("alice", "buy", "0.0001", "66000", reduce_only=True)
    assert error(outcome) == "Order must have minimum value of $10. asset=0"


def test_reduce_only_is_named_before_no_match() -> None:
    outcome = Desk().order("alice", "buy", "1", "60000", "Ioc", reduce_only=True)
    assert error(outcome) == "Reduce only order would increase position. asset=0"


def test_no_match_is_named_before_margin() -> None:
    outcome = Desk().order("alice", "buy", "400", "66000", "Ioc")
    assert error(outcome) == "Order could not immediately match against any resting orders. asset=0"


def test_a_spot_ioc_names_no_match_then_zero_balance_then_minimum_notional() -> None:
    desk = Desk()
    small = {"asset": HYPE_USDC}
    assert (error(desk.order("alice", "sell", "0.01", "45", "Ioc", **small)) or "").startswith("Order could not")
    assert error(desk.order("alice", "sell", "0.01", "40", "Ioc", **small)) == "Insufficient spot balance asset=10107"
    desk.fund("alice", "5", "HYPE")
    text = "Order must have minimum value of 10 USDC. asset=10107"
    assert error(desk.order("alice", "sell", "0.01", "40", "Ioc", **small)) == text


def test_an_order_that_closes_the_whole_position_may_be_below_the_minimum() -> None:
    desk = Desk()
    desk.order("alice", "buy", "0.006", "1920", "Ioc", asset=ETH)  # 11.5 USD
    desk.quote("ETH", "1500", "1501")
    half = desk.order("alice", "sell", "0.003", "1500", "Ioc", asset=ETH, reduce_only=True)
    assert error(half) == "Order must have minimum value of $10. asset=1"
    whole = desk.order("alice", "sell", "0.006", "1500", "Ioc", asset=ETH, reduce_only=True)
    assert "filled" in element(whole)


def test_a_cloid_of_an_open_order_is_refused_and_leads_to_the_open_one() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    first = desk.newest("alice").oid
    assert error(desk.order("alice", "buy", "1", "66001", cloid=cloid(1))) == "Duplicate cloid. asset=0"
    assert desk.account("alice").latest_by_cloid[cloid(1)] == first


def test_a_cloid_may_be_used_again_once_its_order_is_terminal() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    desk.cancel("alice", desk.newest("alice").oid)
    assert "resting" in element(desk.order("alice", "buy", "1", "66000", cloid=cloid(1)))


def test_a_cloid_belongs_to_its_account() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    assert "resting" in element(desk.order("bob", "buy", "1", "66000", cloid=cloid(1)))


def test_a_builder_needs_an_approval() -> None:
    desk = Desk()
    builder = {"b": "0x" + "be" * 20, "f": 10}
    assert error(desk.order("alice", "buy", "1", "66000", builder=builder)) == "Builder fee has not been approved."
    desk.do("alice", "approveBuilderFee", maxFeeRate="0.01%", builder=builder["b"], nonce=1)
    assert error(desk.order("alice", "buy", "1", "66000", builder=builder)) is None


def test_a_priority_rate_is_accepted_for_ioc_and_for_alo() -> None:
    desk = Desk()
    assert error(desk.batch("alice", spec("buy", "1", "66345", "Ioc"), grouping={"p": 10})) is None
    assert error(desk.batch("alice", spec("buy", "1", "66000", "Alo"), grouping={"p": 10})) is None


@pytest.mark.parametrize(
    "specs",
    [
        (spec("buy", "1", "66000"),),
        (spec("buy", "1", "66345", "Ioc"), spec("buy", "1", "66000", "Alo")),
        (spec("sell", "1", "67000", "Alo", reduce_only=True),),
    ],
)
def test_a_priority_rate_is_refused_for_other_batches(specs: tuple[dict[str, Any], ...]) -> None:
    outcome = Desk().batch("alice", *specs, grouping={"p": 10})
    assert error(outcome) == "Priority is only valid for all IOC or all non-reduce-only ALO orders."


def test_a_priority_rate_needs_stake_where_volume_gates_are_on() -> None:
    outcome = Desk(volume_gates=True).batch("alice", spec("buy", "1", "66000", "Alo"), grouping={"p": 10})
    assert error(outcome) == "Insufficient delegatable balance for priority order"


def test_at_1000_open_orders_reduce_only_orders_are_refused_where_the_limits_are_on() -> None:
    desk = Desk(open_order_limits=True)
    desk.order("alice", "buy", "1", "66345", "Ioc")
    for start in range(0, 1000, 200):
        desk.batch("alice", *[spec("buy", "0.001", str(60_000 + start + n)) for n in range(200)])
    outcome = desk.order("alice", "sell", "1", "70000", reduce_only=True)
    assert statuses(outcome) == ["tooManyOpenOrdersRejected"]


def test_an_absurd_price_or_size_is_invalid() -> None:
    long = "9" * 20
    assert error(Desk().order("alice", "buy", "1", long)) == "Order has invalid price."
    assert error(Desk().order("alice", "buy", long, "66000")) == "Order has invalid size."


def test_the_quote_token_names_the_minimum_of_its_market() -> None:
    desk = Desk()
    market = next(market for market in desk.exchange.markets.spot if market.quote_name != "USDC")
    outcome = desk.order("alice", "buy", "0.1", "41", asset=market.asset)
    assert error(outcome) == f"Order must have minimum value of 10 {market.quote_name}. asset={market.asset}"


def test_purr_is_traded_by_its_name() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1000", "0.14", asset=PURR_USDC)
    assert desk.newest("alice").coin == "PURR/USDC"
    assert desk.newest("alice").asset != BTC


def test_an_order_is_worth_at_most_what_the_leverage_of_its_coin_allows() -> None:
    desk = Desk(margin_checks=False)
    too_large = "Order value is larger than the maximum. asset=0"
    desk.quote("BTC", "59999", "60001", "10000")
    assert error(desk.order("alice", "buy", "501", "60001", "Ioc")) == too_large  # above 30 million
    assert error(desk.order("alice", "buy", "499", "60001", "Ioc")) is None
    assert error(desk.order("alice", "buy", "5001", "59000")) == too_large
    assert error(desk.order("alice", "buy", "4999", "59000")) is None


@pytest.mark.parametrize(
    ("tif", "text"),
    [
        ("FrontendMarket", "No liquidity available for market order. asset=0"),
        ("Ioc", "Order could not immediately match against any resting orders. asset=0"),
    ],
)
def test_a_market_order_on_an_empty_side_is_refused_in_its_own_words(tif: str, text: str) -> None:
    desk = Desk()
    desk.quote("BTC", "66343", None)
    assert error(desk.order("alice", "buy", "1", "67000", tif)) == text
