"""TWAP orders: a size that is traded in slices, each an IOC of its own.

Source: Hyperliquid docs, TWAP orders: 5 minutes to 7 days, at least $100, slices at least 30 s apart, each at most 3 %
from the market and 20 % off its size when randomised. What a slice could not trade, later ones make up for, with
at most three times the normal size. Texts: recorded answers, where there are any.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from msgspec.structs import replace

from hlmock.exchange import replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.markets import DEX_OFFSET, SPOT_OFFSET, is_price_valid, is_size_valid, valid_price
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Twap, TwapRow
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.orders import enter, refuse, system_order
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.exchange.texts import Refusal
from hlmock.exchange.validation import MAX_AMOUNT, entry_refusal
from hlmock.wire.actions.trading import Twap as TwapSpec
from hlmock.wire.actions.trading import TwapCancelAction, TwapOrderAction
from hlmock.wire.numbers import parse_decimal, shortest

MINUTES = range(5, 7 * 24 * 60 + 1)
MIN_NTL = Decimal(100)
SLICE_NTL = Decimal(10)
"""A TWAP has no more slices than it has this many dollars (our choice), so those of a small one are further apart."""
SLICES_PER_MINUTE = 2
SLIPPAGE = Decimal("0.03")
CATCH_UP = 3
RANDOM_PER_MILLE = 200


def place_twap(block: Block, account: Account, action: TwapOrderAction) -> Reply:
    """Carry out a `twapOrder`; an error sits in `data.status`. Source: Hyperliquid docs, Exchange endpoint."""
    state, spec = block.state, action.twap
    text = _fault(state, account, spec)
    if text is not None:
        return _status("twapOrder", {"error": text}, text)
    market = state.markets.by_asset[spec.a]
    sz = parse_decimal(spec.s)
    twap = Twap(
        state.next_twap_id,
        account.address,
        market.asset,
        market.coin,
        "B" if spec.b else "A",
        sz,
        spec.m,
        spec.r,
        spec.t,
        block.time_ms,
        min(spec.m * SLICES_PER_MINUTE, int(sz * state.mark_px(market.coin) / SLICE_NTL)),
    )
    if action.details is not None:
        if action.details.t is not None:
            twap.trigger_px, twap.trigger_above = parse_decimal(action.details.t.p), action.details.t.a
        twap.stop_px = None if action.details.s is None else parse_decimal(action.details.s)
    for px in (twap.trigger_px, twap.stop_px):
        if px is not None and not is_price_valid(shortest(px), market.px_decimals):
            return _status("twapOrder", {"error": texts.INVALID_PRICE.text}, texts.INVALID_PRICE.text)
    if _is_stopped(state, twap):
        return _status("twapOrder", {"error": texts.TWAP_STOP}, texts.TWAP_STOP)
    state.next_twap_id += 1
    state.twaps[twap.id] = twap
    if _is_triggered(state, twap):
        _start(block, twap)
    else:
        _note(block, twap, "waitingForTrigger")
    return _status("twapOrder", {"running": {"twapId": twap.id}}, "running")


def cancel_twap(block: Block, account: Account, action: TwapCancelAction) -> Reply:
    """End a TWAP. A miss is also a wrong asset or somebody else's."""
    twap = block.state.twaps.get(action.t)
    if twap is None or twap.account != account.address or twap.asset != action.a:
        return _status("twapCancel", {"error": texts.MISSING_TWAP}, texts.MISSING_TWAP)
    _end(block, twap, "terminated")
    return _status("twapCancel", "success", "success")


def watch(block: Block, coin: str) -> None:
    """The mark price of a coin has changed: start what waited for it, end what was to stop there."""
    for twap in list(block.state.twaps.values()):
        if twap.coin != coin:
            continue
        if _is_stopped(block.state, twap):
            _end(block, twap, "stopped")
        elif twap.started_ms is None and _is_triggered(block.state, twap):
            _start(block, twap)


def send_slice(block: Block, twap_id: int, number: int) -> None:
    """Send one slice (from 1) of a TWAP that still runs, and note when the next is due."""
    state = block.state
    twap = state.twaps.get(twap_id)
    if twap is None:
        return
    account, market = block.account(twap.account), state.markets.by_asset[twap.asset]
    refusal = _send(block, account, market, twap, _slice_size(twap, market, number))
    if refusal is not None and refusal is not texts.IOC_CANCEL:
        _end(block, twap, "error", refusal.text)
    elif twap.executed_sz >= twap.sz or number == twap.slices:
        _end(block, twap, "finished")
    else:
        _schedule(block, twap, number + 1)


def _fault(state: State, account: Account, spec: TwapSpec) -> str | None:
    market = state.markets.by_asset.get(spec.a)
    if market is None:
        return (texts.INVALID_SPOT if SPOT_OFFSET <= spec.a < DEX_OFFSET else texts.INVALID_ASSET).text
    sz = parse_decimal(spec.s)
    if market.is_delisted:
        return texts.DELISTED.text
    if not sz:
        return texts.ZERO_SIZE.text
    if sz >= MAX_AMOUNT or not is_size_valid(spec.s, market.sz_decimals):
        return texts.INVALID_SIZE.text
    if spec.m not in MINUTES:
        return texts.twap_duration(spec.m)
    if sz * state.mark_px(market.coin) < MIN_NTL:
        return texts.TWAP_TOO_SMALL
    if spec.r:
        if market.is_spot:
            return texts.SPOT_REDUCE_ONLY.text
        position = account.positions.get(market.asset)
        if position is None or (position.szi > 0) is spec.b:
            return texts.TWAP_REDUCE_ONLY
    return None


def _is_triggered(state: State, twap: Twap) -> bool:
    if twap.trigger_px is None:
        return True
    mark_px = state.mark_px(twap.coin)
    return mark_px >= twap.trigger_px if twap.trigger_above else mark_px <= twap.trigger_px


def _is_stopped(state: State, twap: Twap) -> bool:
    """A buy stops at or above its stop price, a sell at or below it (our choice: the docs say only "stop price")."""
    if twap.stop_px is None:
        return False
    mark_px = state.mark_px(twap.coin)
    return mark_px >= twap.stop_px if twap.side == "B" else mark_px <= twap.stop_px


def _start(block: Block, twap: Twap) -> None:
    twap.started_ms = block.time_ms
    _note(block, twap, "activated")
    _schedule(block, twap, 1)


def _schedule(block: Block, twap: Twap, number: int) -> None:
    started_ms = twap.started_ms
    assert started_ms is not None, "only a started TWAP has slices"
    block.state.agenda.add(started_ms + twap.minutes * 60_000 * number // twap.slices, "twapSlice", twap.id, number)


def _slice_size(twap: Twap, market: Market, number: int) -> Decimal:
    """What is missing to the part of the size that is due by now, whole lots."""
    due = twap.sz * number / twap.slices - twap.executed_sz
    if twap.randomize and number < twap.slices:
        due *= 1 + Decimal(_spread(twap.id, number)) / 1000
    most = min(CATCH_UP * twap.sz / twap.slices, twap.sz - twap.executed_sz)
    return max(ZERO, min(due, most)).quantize(market.lot, ROUND_DOWN)


def _spread(twap_id: int, number: int) -> int:
    """Within +-`RANDOM_PER_MILLE`: spread evenly, but the same for the same TWAP and slice."""
    mixed = (twap_id * 0x9E3779B1 + number * 0x85EBCA77) % 2**32
    mixed = (mixed ^ mixed >> 15) * 0x2C1B3C6D % 2**32
    return (mixed ^ mixed >> 13) % (2 * RANDOM_PER_MILLE + 1) - RANDOM_PER_MILLE


def _send(block: Block, account: Account, market: Market, twap: Twap, sz: Decimal) -> Refusal | None:
    state = block.state
    if not sz or not state.profile.matching:
        return None
    book = state.book(market.coin)
    is_buy = twap.side == "B"
    far, rounding = (1 + SLIPPAGE, ROUND_DOWN) if is_buy else (1 - SLIPPAGE, ROUND_UP)
    px = valid_price(book.mark_px * far, market.px_decimals, rounding)
    order = system_order(
        block,
        account,
        market,
        twap.side,
        px,
        sz,
        "Ioc",
        "Twap Slice",
        reduce_only=twap.reduce_only,
        twap_id=twap.id,
    )
    refusal = entry_refusal(state, account, order, market, book)
    if refusal is not None:
        refuse(block, account, order, refusal)
        return refusal
    return enter(block, account, order, market, book).refusal


def _end(block: Block, twap: Twap, status: str, description: str | None = None) -> None:
    del block.state.twaps[twap.id]
    _note(block, twap, status, description)


def _note(block: Block, twap: Twap, status: str, description: str | None = None) -> None:
    account = block.account(twap.account)
    row = TwapRow(block.time_ms, replace(twap), status, description)
    account.twap_history.append(row)
    if len(account.twap_history) > 2 * block.state.settings.kept_history:
        del account.twap_history[: -block.state.settings.kept_history]
    block.changes.append(row)
    block.user_changed(account)


def _status(kind: str, status: object, word: str) -> Reply:
    return Reply(replies.data(kind, {"status": status}).body, (word,))
