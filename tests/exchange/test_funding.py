"""Premiums, the hour's rate, and what positions pay."""

from decimal import Decimal

import pytest

from hlmock.exchange.funding import CAP, predicted_rate, rate_of
from hlmock.exchange.model.positions import FundingPayment
from hlmock.exchange.model.terms import HOUR_MS
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.premiums import mean_premium
from support.desk import BTC, T0, Desk

D = Decimal
HOUR = HOUR_MS // 1_000
INTO_THE_HOUR = T0 % HOUR_MS // 1_000
TO_THE_HOUR = HOUR - INTO_THE_HOUR
"""Seconds, at the desk's first moment."""


def rate(desk: Desk, coin: str, premium: str) -> Decimal:
    return rate_of(desk.exchange.markets.by_coin[coin], D(premium))


def payments(outcomes: list[Outcome]) -> list[FundingPayment]:
    return [change for outcome in outcomes for change in outcome.changes if isinstance(change, FundingPayment)]


def premium(desk: Desk, coin: str = "BTC") -> Decimal:
    return mean_premium(desk.exchange, desk.exchange.markets.by_coin[coin])


def level(desk: Desk, percent: str) -> None:
    """A book of one price, so far from an oracle price of 60,000."""
    desk.prices("BTC", oracle="60000")
    middle = 60_000 * (1 + D(percent) / 100)
    desk.quote("BTC", str(middle - D("0.5")), str(middle + D("0.5")))


@pytest.mark.parametrize(
    ("premium_", "expected"),
    [
        ("0", "0.0000125"),
        ("0.0006", "0.0000125"),
        ("0.0016", "0.0001375"),
        ("-0.0004", "0.0000125"),
        ("-0.0014", "-0.0001125"),
        ("0.9", "0.04"),
        ("-0.9", "-0.04"),
    ],
)
def test_the_rate_is_an_eighth_of_premium_and_clamped_interest_and_capped(premium_: str, expected: str) -> None:
    assert rate(Desk(), "BTC", premium_) == D(expected)


def test_a_builders_dex_has_a_multiplier() -> None:
    desk = Desk()
    assert rate(desk, "xyz:GOLD", "0") == D("0.00000625")
    assert rate(desk, "xyz:GOLD", "0.9") == CAP


def test_the_premium_is_the_mean_of_the_hours_samples() -> None:
    desk = Desk()
    desk.prices("BTC", oracle="66344")  # in the spread: from the next sample on the premium is 0
    start = premium(desk)
    assert start == D("-0.0005724357")
    desk.advance(5)
    samples_before, samples = INTO_THE_HOUR // 5 + 1, INTO_THE_HOUR // 5 + 2
    assert premium(desk) == round(start * samples_before / samples, 10)
    desk.advance(TO_THE_HOUR - 10)
    assert premium(desk) == round(start * samples_before / 720, 10)


def test_a_new_hour_forgets_the_last_ones_premium() -> None:
    desk = Desk()
    level(desk, "1")
    desk.advance(TO_THE_HOUR)
    assert premium(desk) == D("0.0099916667")


def test_what_lasts_shorter_than_a_sample_is_not_seen() -> None:
    desk = Desk()
    start = premium(desk)
    desk.now_ms += 1_000
    level(desk, "10")
    desk.now_ms += 1_000
    desk.exchange.set_quote("BTC", D(66_343), None, D(66_345), None, desk.now_ms)
    desk.prices("BTC", oracle="66383")
    desk.advance(5)
    assert premium(desk) == start


def test_longs_pay_and_shorts_receive_at_the_oracle_price() -> None:
    desk = Desk()
    desk.order("alice", "buy", "2", "70000", "Ioc")
    desk.order("bob", "sell", "1", "60000", "Ioc")
    level(desk, "1")
    desk.advance(TO_THE_HOUR)
    desk.advance(HOUR - 1)
    alice, bob = desk.account("alice"), desk.account("bob")
    before = alice.usdc, bob.usdc
    paid, received = payments(desk.advance(1))
    assert paid.funding_rate == received.funding_rate == rate(desk, "BTC", "0.0099916667")
    assert paid.usdc == round(-2 * 60_000 * paid.funding_rate, 6)
    assert received.usdc == -paid.usdc / 2
    assert (alice.usdc, bob.usdc) == (before[0] + paid.usdc, before[1] + received.usdc)
    assert paid.time_ms % HOUR_MS == 0
    assert alice.fundings[-1] == paid


def test_an_isolated_position_pays_from_its_own_margin() -> None:
    desk = Desk()
    desk.do("alice", "updateLeverage", asset=BTC, isCross=False, leverage=10)
    desk.order("alice", "buy", "1", "70000", "Ioc")
    position, usdc = desk.account("alice").positions[BTC], desk.account("alice").usdc
    before = position.isolated_margin
    (paid,) = payments(desk.advance(TO_THE_HOUR))
    assert before is not None
    assert position.isolated_margin == before + paid.usdc
    assert desk.account("alice").usdc == usdc


def test_what_was_paid_is_summed_up_since_the_opening_since_the_last_fill_and_for_ever() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "70000", "Ioc")
    account = desk.account("alice")
    first = -payments(desk.advance(TO_THE_HOUR))[0].usdc
    desk.order("alice", "buy", "1", "70000", "Ioc")
    second = -payments(desk.advance(HOUR))[0].usdc
    position = account.positions[BTC]
    assert (position.funding_since_open, position.funding_since_change) == (first + second, second)
    desk.order("alice", "sell", "2", "60000", "Ioc")
    desk.order("alice", "buy", "1", "70000", "Ioc")
    position = account.positions[BTC]
    assert (position.funding_since_open, account.funding_paid[BTC]) == (D(0), first + second)


def test_every_hour_is_paid_once_whatever_the_steps_of_time() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "70000", "Ioc")
    times = [each.time_ms for each in payments(desk.advance(TO_THE_HOUR + 3 * HOUR))]
    assert [time_ms // HOUR_MS - T0 // HOUR_MS for time_ms in times] == [1, 2, 3, 4]


def test_the_predicted_rate_of_an_untouched_coin_follows_from_the_tables() -> None:
    desk = Desk()
    market = desk.exchange.markets.by_coin["BTC"]
    assert predicted_rate(desk.exchange, market) == rate(desk, "BTC", "-0.0005724357")
    desk.advance(TO_THE_HOUR)
    assert predicted_rate(desk.exchange, market) == rate(desk, "BTC", "-0.0005724357")


def test_a_delisted_coin_has_no_funding() -> None:
    assert rate(Desk(), "MATIC", "0.1") == D(0)


def test_the_hour_passes_in_silence_when_funding_is_off() -> None:
    desk = Desk(hourly_funding=False)
    desk.order("alice", "buy", "1", "70000", "Ioc")
    assert desk.advance(5 * HOUR) == []


def test_the_go_mock_knows_no_funding() -> None:
    desk = Desk(profile="recomma-mock")
    desk.order("alice", "buy", "1", "50000")
    desk.fill(desk.newest("alice").oid)
    assert desk.account("alice").positions
    assert payments(desk.advance(5 * HOUR)) == []
