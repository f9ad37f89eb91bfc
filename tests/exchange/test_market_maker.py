"""The market maker: alive, equal for equal seeds, and never a market that could not be."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlmock.exchange import market_maker
from hlmock.exchange.dumps import dump, load
from hlmock.exchange.markets import is_price_valid, is_size_valid
from hlmock.exchange.model.fills import TradePrint
from hlmock.exchange.outcome import Outcome
from hlmock.wire.numbers import shortest
from support.desk import Desk, fills


def running(seed: str = "7", **how: Any) -> Desk:
    desk = Desk()
    market_maker.start(desk.exchange, seed, desk.now_ms, **how)
    return desk


def trades(outcomes: list[Outcome]) -> list[TradePrint]:
    return [change for each in outcomes for change in each.changes if isinstance(change, TradePrint)]


def test_it_moves_quotes_prints_trades_and_makes_candles() -> None:
    desk = running()
    before = {coin: desk.exchange.book(coin).quote for coin in ("BTC", "ETH", "SOL", "PURR/USDC")}
    printed = trades(desk.advance(120))
    for coin, quote in before.items():
        book = desk.exchange.book(coin)
        assert book.quote != quote
        assert book.day.traded(desk.now_ms)[0] > 0
        assert len(book.candles.of("1m")) >= 2
    assert {trade.side for trade in printed} == {"A", "B"}
    assert len(printed) > 100


def test_equal_seeds_make_equal_markets_and_others_do_not() -> None:
    def market(seed: str) -> bytes:
        return msgspec.json.encode([outcome.changes for outcome in running(seed).advance(30)])

    assert market("7") == market("7")
    assert market("7") != market("8")


def test_every_price_and_size_is_one_that_orders_could_have_and_the_quote_never_crosses() -> None:
    desk = running(coins=list(desk_coins()))
    for _ in range(60):
        for trade in trades(desk.advance(1)):
            market = desk.exchange.markets.by_coin[trade.coin]
            assert is_price_valid(shortest(trade.px), market.px_decimals), trade
            assert is_size_valid(shortest(trade.sz), market.sz_decimals), trade
        for coin in desk_coins():
            quote = desk.exchange.book(coin).quote
            assert quote.bid_px is not None
            assert quote.ask_px is not None
            assert 0 < quote.bid_px < quote.ask_px
            assert quote.bid_sz > 0 < quote.ask_sz


def desk_coins() -> list[str]:
    """Cheap and dear ones, perps and spot."""
    return ["BTC", "ETH", "DOGE", "kPEPE", "BLAST", "PURR/USDC", "@107", "@142"]


def test_prices_stay_around_where_they_began() -> None:
    desk = running(coins=["BTC"])
    began = desk.exchange.mark_px("BTC")
    desk.advance(3_600)
    assert abs(desk.exchange.mark_px("BTC") / began - 1) < Decimal("0.02")


def test_an_order_at_the_touch_is_filled_by_its_trades() -> None:
    desk = running(coins=["BTC"])
    quote = desk.exchange.book("BTC").quote
    desk.order("alice", "buy", "0.5", str(quote.bid_px))
    filled = [fill for outcome in desk.advance(60) for fill in fills(outcome)]
    assert sum(fill.sz for fill in filled) == Decimal("0.5")
    assert {fill.px for fill in filled} == {quote.bid_px}
    assert not any(fill.crossed for fill in filled)


def test_a_dump_holds_it_and_a_loaded_one_goes_on_alike() -> None:
    desk, other = running(), Desk()
    desk.advance(10)
    other.now_ms = load(other.exchange, dump(desk.exchange, desk.now_ms))
    assert msgspec.json.encode(other.advance(30)) == msgspec.json.encode(desk.advance(30))
    assert dump(other.exchange, other.now_ms) == dump(desk.exchange, desk.now_ms)


def test_another_one_takes_its_place() -> None:
    desk = running("7", coins=["BTC"])
    desk.advance(5)
    market_maker.start(desk.exchange, "8", desk.now_ms, coins=["ETH"])
    assert {trade.coin for trade in trades(desk.advance(60))} == {"ETH"}
    desk.exchange.market_maker = None
    assert trades(desk.advance(60)) == []


def test_a_coin_without_a_quote_or_no_time_between_steps_is_refused() -> None:
    desk = Desk()
    desk.quote("BTC", None, "70000")
    with pytest.raises(ValueError, match="BTC has no quote"):
        market_maker.start(desk.exchange, "7", desk.now_ms, coins=["BTC"])
    with pytest.raises(ValueError, match="at least 1 ms"):
        market_maker.start(desk.exchange, "7", desk.now_ms, interval_ms=0)
    with pytest.raises(KeyError):
        market_maker.start(desk.exchange, "7", desk.now_ms, coins=["NOPE"])
