"""`portfolio`: value, profit and volume of an account over time. Key order is that of recorded answers."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from hlmock.exchange.model import ZERO, Account, Fill
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.positions import USD_DECIMALS, account_value

_DAY_MS: Final = 86_400_000
_PERIODS: Final = {"day": _DAY_MS, "week": 7 * _DAY_MS, "month": 30 * _DAY_MS, "allTime": None}


def portfolio(state: State, account: Account, now_ms: int, number: NumberForm) -> list[tuple[str, dict[str, Any]]]:
    """Value, profit and volume over four periods, for everything and for perps alone.

    Each history has the first and the last point of its period; the value at the first is what it would have been
    without the profit since (our choice: values in between are not kept).
    """
    perp_value = account_value(state, account)
    spot_value = _spot_value(state, account)
    perp_assets = {market.asset for dex in state.markets.dexes for market in dex.perps}
    perp_fills = [fill for fill in account.fills if fill.asset in perp_assets]
    unrealized = perp_value - account.usdc - _isolated(account)
    shapes: list[tuple[str, dict[str, Any]]] = []
    for prefix, value, fills in (
        ("", perp_value + spot_value, account.fills),
        ("perp", perp_value, perp_fills),
    ):
        for period, length_ms in _PERIODS.items():
            start_ms = _first_ms(account, now_ms) if length_ms is None else now_ms - length_ms
            recent = [fill for fill in fills if fill.time_ms >= start_ms]
            payments = (payment.usdc for payment in account.fundings if payment.time_ms >= start_ms)
            pnl = _realized(recent) + sum(payments, ZERO) + unrealized
            name = period[0].upper() + period[1:] if prefix else period
            shapes.append(
                (
                    prefix + name,
                    {
                        "accountValueHistory": list(_points(start_ms, value - pnl, now_ms, value, number)),
                        "pnlHistory": list(_points(start_ms, ZERO, now_ms, pnl, number)),
                        "vlm": number(rounded(_volume(recent), USD_DECIMALS)),
                    },
                )
            )
    return shapes


def _points(start_ms: int, start: Decimal, now_ms: int, now: Decimal, number: NumberForm) -> Iterator[tuple[int, str]]:
    yield start_ms, number(rounded(start, USD_DECIMALS))
    if now_ms > start_ms:
        yield now_ms, number(rounded(now, USD_DECIMALS))


def _first_ms(account: Account, now_ms: int) -> int:
    times = [each[0].time_ms for each in (account.fills, account.fundings, account.ledger) if each]
    return min(times, default=now_ms)


def _realized(fills: Iterable[Fill]) -> Decimal:
    """Closed profit less the fees that were paid in USDC."""
    return sum((fill.closed_pnl - (fill.fee if fill.fee_token == "USDC" else ZERO) for fill in fills), ZERO)


def _volume(fills: Iterable[Fill]) -> Decimal:
    return sum((fill.px * fill.sz for fill in fills), ZERO)


def _isolated(account: Account) -> Decimal:
    return sum(
        (each.isolated_margin for each in account.positions.values() if each.isolated_margin is not None),
        ZERO,
    )


def _spot_value(state: State, account: Account) -> Decimal:
    """Balances at mark prices; a token without a pair in USDC counts nothing."""
    value = account.spot.get(0, ZERO)
    for market in state.markets.spot:
        if market.quote_token == 0 and market.base_token in account.spot:
            value += account.spot[market.base_token] * state.mark_px(market.coin)
    return value
