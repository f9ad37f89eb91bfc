"""A market maker, so that market-data feeds are alive: it moves quotes and trades against them, from a seed.

Rule 1: a step is a function of the seed, the step's number and the coin; equal seeds make equal markets, whenever
they start. Rule 2: the agenda drives it, so it is in dumps, goes on after a restore, and passes through an advance step
by step. Rule 3: prices stay around where they began: nothing drifts away in a long run. All of it is our choice.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_UP, Decimal
from hashlib import blake2b
from typing import Final

from hlmock.exchange.block import Block
from hlmock.exchange.markets import SIGNIFICANT_FIGURES
from hlmock.exchange.model.markets import Market, MarketMaker, Quote
from hlmock.exchange.model.terms import Side
from hlmock.exchange.movements import Movement, OutsideTrade, move
from hlmock.exchange.state import State

COINS: Final = ("BTC", "ETH", "SOL", "HYPE", "ARB", "PURR/USDC", "@107")
"""Those that it makes a market in by default, of those that there are."""

INTERVAL_MS: Final = 1_000
STEP: Final = Decimal("0.0005")
"""Most that a price moves in a step, as a part of it."""
PULL: Final = Decimal("0.01")
"""Part of the way back to where the price began, each step."""
WIDEST_TICKS: Final = 3
TRADES_IN_256: Final = 144
"""In how many of 256 steps there is a trade."""
LARGEST_TRADE: Final = Decimal("0.1")
"""As a part of the quoted size at the start."""


def start(state: State, seed: str, now_ms: int, *, coins: Sequence[str] = (), interval_ms: int = INTERVAL_MS) -> None:
    """Start one, in place of any that runs. Its first step is one interval from now.

    Args:
        coins: `COINS` without any.

    Raises:
        KeyError: an unknown coin.
        ValueError: a coin without a quote, or an interval below 1 ms.
    """
    if interval_ms < 1:
        raise ValueError(f"interval_ms={interval_ms}: a step takes at least 1 ms")
    maker = MarketMaker(seed, state.agenda.added, interval_ms)
    for coin in coins or [coin for coin in COINS if coin in state.markets.by_coin]:
        quote = state.book(coin).quote
        if quote.bid_px is None or quote.ask_px is None:
            raise ValueError(f"{coin} has no quote: set one first")
        maker.starts[coin] = quote
    state.market_maker = maker
    state.agenda.add(now_ms + interval_ms, "marketMaker", maker.number)


def step(block: Block, number: int) -> None:
    """Move every coin once."""
    state = block.state
    maker = state.market_maker
    if maker is None or maker.number != number:
        return
    maker.steps += 1
    state.agenda.add(block.time_ms + maker.interval_ms, "marketMaker", number)
    for coin, began in maker.starts.items():
        drawn = blake2b(f"{maker.seed} {maker.steps} {coin}".encode(), digest_size=8).digest()
        move(block, movement(state.markets.by_coin[coin], state.book(coin).quote, began, drawn))


def movement(market: Market, now: Quote, began: Quote, drawn: bytes) -> Movement:
    """What happens to a coin in one step.

    Args:
        now: its quote.
        began: the quote that it began with.
        drawn: 8 bytes of chance.
    """
    home = began.mid_px
    assert home is not None, "it began with two sides"
    middle = now.mid_px or home
    shock = Decimal(int.from_bytes(drawn[:2]) - 32_768) / 32_768 * STEP
    middle += middle * shock + (home - middle) * PULL
    tick = _tick(market, middle)
    bid_px = max((middle / tick).to_integral_value(ROUND_FLOOR), Decimal(1)) * tick
    ask_px = bid_px + tick * (1 + drawn[2] % WIDEST_TICKS)
    ask_tick = _tick(market, ask_px)
    ask_px = (ask_px / ask_tick).to_integral_value(ROUND_CEILING) * ask_tick
    quote = Quote(
        bid_px.normalize() + 0,
        _size(market, began.bid_sz * (64 + drawn[3]) / 192),
        ask_px.normalize() + 0,
        _size(market, began.ask_sz * (64 + drawn[4]) / 192),
    )
    trade = None
    if drawn[5] < TRADES_IN_256:
        side: Side = "B" if drawn[6] % 2 else "A"
        px, most = (quote.ask_px, began.ask_sz) if side == "B" else (quote.bid_px, began.bid_sz)
        assert px is not None, "the quote has two sides"
        trade = OutsideTrade(side, px, _size(market, most * LARGEST_TRADE * (1 + drawn[7]) / 256))
    return Movement(market.coin, quote, trade=trade)


def _tick(market: Market, px: Decimal) -> Decimal:
    """Source: Hyperliquid docs, Tick and lot size (5 significant figures, whole numbers always)."""
    decimals = min(max(SIGNIFICANT_FIGURES - 1 - px.adjusted(), 0), market.px_decimals)
    return Decimal(1).scaleb(-decimals)


def _size(market: Market, sz: Decimal) -> Decimal:
    """In whole lots, at least one."""
    return sz.quantize(market.lot, ROUND_UP)
