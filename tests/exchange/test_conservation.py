"""Over random actions no money and no size appears or vanishes, and equal runs end alike."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hlmock.exchange import funding, lifecycle, liquidation
from hlmock.exchange.book import Book
from hlmock.exchange.dumps import dump
from hlmock.exchange.matching import Sweep
from hlmock.exchange.positions import Effect
from support.accounting import Accounting
from support.traders import Traders


def play(seed: int, steps: int) -> tuple[Traders, Accounting]:
    """Check the books after every step."""
    traders = Traders(seed)
    accounting = Accounting(traders.exchange)
    for outcome in traders.open():
        accounting.take(outcome)
        accounting.check()
    for _ in range(steps):
        for outcome in traders.step():
            accounting.take(outcome)
        accounting.check()
    return traders, accounting


@pytest.mark.parametrize("seed", range(3))
def test_money_and_size_are_conserved(seed: int) -> None:
    play(seed, 400)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_money_and_size_are_conserved_over_100_000_actions(seed: int) -> None:
    _, accounting = play(seed, 10_000)
    assert len(accounting.filled) > 2_000, "the traders have died down"


def test_equal_runs_end_in_equal_states() -> None:
    first, second, other = (play(seed, 300)[0] for seed in (7, 7, 8))
    ends = [dump(traders.exchange, traders.desk.now_ms) for traders in (first, second, other)]
    assert ends[0] == ends[1] != ends[2]


def test_the_traders_do_everything_that_is_to_be_conserved() -> None:
    traders, _ = play(1, 2_000)
    assert len(traders.kinds) == len(traders._moves), f"only {sorted(traders.kinds)} did anything"
    accounts = traders.exchange.accounts
    fills = [fill for account in accounts.values() for fill in account.fills]
    assert {fill.liquidation and fill.liquidation.method for fill in fills} == {None, "market", "backstop"}
    assert {fill.dir for fill in fills} >= {"Long > Short", "Close Short", "Buy", "Sell"}
    assert any(account.fundings for account in accounts.values())
    assert any(fill.fee_token == "HYPE" for fill in fills)
    statuses = {row.status for account in accounts.values() for row in account.history}
    assert statuses >= {"triggered", "reduceOnlyCanceled", "liquidatedCanceled", "selfTradeCanceled"}


MICRO = Decimal("0.000001")


def pays_too_much(fill_perp: Callable[..., Effect]) -> Callable[..., Effect]:
    def broken(account: Any, *rest: Any) -> Effect:
        effect = fill_perp(account, *rest)
        if effect.closed_pnl:
            account.usdc += MICRO
        return effect

    return broken


def forgets_short_sales(fill_perp: Callable[..., Effect]) -> Callable[..., Effect]:
    def broken(account: Any, market: Any, leverage: Any, side: str, px: Any, sz: Any) -> Effect:
        if side == "A" and market.asset not in account.positions:
            return Effect(Decimal(0), "Open Short", Decimal(0))
        return fill_perp(account, market, leverage, side, px, sz)

    return broken


def overfills(find: Callable[..., Any]) -> Callable[..., Any]:
    def broken(self: Any) -> Any:
        front = find(self)
        return front and front._replace(sz=front.sz * 2)

    return broken


def never_crosses(_: object) -> Callable[..., bool]:
    return lambda self, side, px: False


def leaves_ended_orders(remove: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Book, order: Any) -> None:
        if order.status != "canceled":
            remove(self, order)

    return broken


def takes_more_than_it_says(pay: Callable[..., None]) -> Callable[..., None]:
    def broken(block: Any, account: Any, *rest: Any) -> None:
        pay(block, account, *rest)
        account.usdc -= MICRO

    return broken


def keeps_the_margin(take_over: Callable[..., None]) -> Callable[..., None]:
    def broken(block: Any, account: Any, pool: Any) -> None:
        take_over(block, account, pool)
        account.usdc += MICRO

    return broken


def looks_away(_: object) -> Callable[..., None]:
    return lambda block, coin: None


@pytest.mark.parametrize(
    ("part", "name", "fault", "finding"),
    [
        (lifecycle, "fill_perp", pays_too_much, "token 0: -0.0000"),
        (lifecycle, "fill_perp", forgets_short_sales, "has no position|fills add up"),
        (Sweep, "_find", overfills, "has filled"),
        (Book, "crosses", never_crosses, "is crossed"),
        (Book, "remove", leaves_ended_orders, "canceled"),
        (funding, "_pay", takes_more_than_it_says, "token 0: 0.0000"),
        (liquidation, "_take_over", keeps_the_margin, "token 0: -0.0000"),
        (liquidation, "check_coin", looks_away, "for Pool"),
    ],
)
def test_each_property_is_broken_by_a_defective_part(
    monkeypatch: pytest.MonkeyPatch, part: Any, name: str, fault: Callable[[Any], Any], finding: str
) -> None:
    monkeypatch.setattr(part, name, fault(getattr(part, name)))
    with pytest.raises(AssertionError, match=finding):
        play(1, 10_000)
