from decimal import Decimal

import pytest

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.positions import Leverage, Position
from hlmock.exchange.positions import Effect, fill_perp
from support.desk import ETH, Desk, fills

CROSS, ISOLATED = Leverage(True, 10), Leverage(False, 10)


def run(*trades: tuple[str, str, str], leverage: Leverage = CROSS) -> tuple[Account, Position | None, list[Effect]]:
    """(side, size, price) one after the other."""
    account = Account(Desk().account("alice").address, perp_usdc=Decimal(1000))
    market = Desk().exchange.markets.perps[ETH]
    effects = [
        fill_perp(account, market, leverage, "B" if side == "buy" else "A", Decimal(px), Decimal(sz))
        for side, sz, px in trades
    ]
    return account, account.positions.get(ETH), effects


@pytest.mark.parametrize(
    ("trades", "dirs"),
    [
        ([("buy", "1", "100")], ["Open Long"]),
        ([("sell", "1", "100")], ["Open Short"]),
        ([("buy", "1", "100"), ("buy", "1", "100")], ["Open Long", "Open Long"]),
        ([("buy", "1", "100"), ("sell", "0.5", "100")], ["Open Long", "Close Long"]),
        ([("sell", "1", "100"), ("buy", "1", "100")], ["Open Short", "Close Short"]),
        ([("buy", "1", "100"), ("sell", "3", "100")], ["Open Long", "Long > Short"]),
        ([("sell", "1", "100"), ("buy", "3", "100")], ["Open Short", "Short > Long"]),
    ],
)
def test_a_fill_says_what_it_did_to_the_position(trades: list[tuple[str, str, str]], dirs: list[str]) -> None:
    assert [effect.dir for effect in run(*trades)[2]] == dirs


def test_the_entry_price_is_size_weighted_on_an_increase() -> None:
    _, position, _ = run(("buy", "1", "100"), ("buy", "3", "104"))
    assert position is not None
    assert position.entry_px == 103


def test_the_entry_price_is_unchanged_on_a_decrease() -> None:
    _, position, _ = run(("buy", "2", "100"), ("sell", "1", "150"))
    assert position is not None
    assert position.entry_px == 100


def test_the_entry_price_after_a_flip_is_the_fills() -> None:
    _, position, _ = run(("buy", "1", "100"), ("sell", "3", "90"))
    assert position is not None
    assert (position.szi, position.entry_px) == (Decimal(-2), Decimal(90))


def test_closed_pnl_is_of_the_closed_size_only() -> None:
    account, _, effects = run(("buy", "1", "100"), ("sell", "3", "90"))
    assert [effect.closed_pnl for effect in effects] == [0, -10]
    assert account.usdc == 990


def test_a_short_earns_when_the_price_falls() -> None:
    account, position, effects = run(("sell", "2", "100"), ("buy", "2", "90"))
    assert effects[1].closed_pnl == 20
    assert account.usdc == 1020
    assert position is None


def test_the_start_position_is_signed() -> None:
    assert [effect.start_position for effect in run(("sell", "1", "100"), ("buy", "1", "100"))[2]] == [0, -1]


def test_an_isolated_position_sets_its_margin_aside_and_gives_it_back() -> None:
    account, position, _ = run(("buy", "2", "100"), leverage=ISOLATED)
    assert position is not None
    assert (position.isolated_margin, account.usdc) == (Decimal(20), Decimal(980))
    account, position, _ = run(("buy", "2", "100"), ("sell", "1", "110"), leverage=ISOLATED)
    assert position is not None
    assert (position.isolated_margin, account.usdc) == (Decimal(10), Decimal(1000))
    account, position, _ = run(("buy", "2", "100"), ("sell", "2", "110"), leverage=ISOLATED)
    assert (position, account.usdc) == (None, Decimal(1020))


def test_fees_and_pnl_are_all_that_changes_the_balance() -> None:
    desk = Desk()
    trades = [("buy", "2", "1900"), ("sell", "5", "1950"), ("buy", "3", "1890")]
    paid = earned = Decimal(0)
    for side, sz, px in trades:
        mid = Decimal(px)
        desk.quote("ETH", str(mid - 1), str(mid + 1))
        limit = str(int(px) + (10 if side == "buy" else -10))
        (fill,) = fills(desk.order("alice", side, sz, limit, "Ioc", asset=ETH))
        paid, earned = paid + fill.fee, earned + fill.closed_pnl
    assert not desk.account("alice").positions
    assert desk.account("alice").usdc == 1_000_000 + earned - paid
    assert earned == 2 * (1949 - 1901) + 3 * (1949 - 1891)


def test_what_the_rounding_of_one_close_leaves_the_next_one_pays() -> None:
    account, position, effects = run(
        ("buy", "1", "100"),
        ("buy", "2", "100.000001"),
        ("sell", "1", "100"),
        ("sell", "1", "100"),
        ("sell", "1", "100"),
    )
    assert position is None
    assert sum(effect.closed_pnl for effect in effects) == Decimal("-0.000002")
    assert account.usdc == 1000 - Decimal("0.000002")


def test_open_interest_is_the_larger_of_longs_and_shorts() -> None:
    desk = Desk()
    book = desk.exchange.book("BTC")
    before = book.open_interest
    desk.order("alice", "buy", "2", "70000", "Ioc")
    desk.order("bob", "sell", "3", "60000", "Ioc")
    assert [book.long_sz, book.short_sz, book.open_interest - before] == [2, 3, 3]
    desk.order("bob", "buy", "3.5", "70000", "Ioc")
    assert [book.long_sz, book.short_sz, book.open_interest - before] == [2.5, 0, 2.5]
