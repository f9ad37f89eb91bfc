"""`portfolio`: value, profit and volume of an account over time. Key order is that of recorded answers."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar

from hlmock.exchange.actions.vaults import stake_value
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import DAY_MS, USD_DECIMALS, ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded
from hlmock.shapes.money_flows import Moment, moments, token_px
from hlmock.shapes.positions import account_value, perp_collateral

_PERIODS: Final = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS, "allTime": None}
_POINTS: Final = 100
"""Most points of a history between its first and its last (our choice)."""


Row = TypeVar("Row", bound=tuple[Any, ...])


class _View(NamedTuple):
    """An account as a whole, or its perps alone."""

    value: Decimal
    """Now."""
    unrealized: Decimal
    gains: Sequence[tuple[int, Decimal, Decimal]]
    """When, profit, transfers; oldest first."""
    volumes: Sequence[tuple[int, Decimal]]
    """When, USD; oldest first."""


def portfolio(state: State, account: Account, now_ms: int, number: NumberForm) -> list[tuple[str, dict[str, Any]]]:
    """Value, profit and volume over four periods, for everything and for perps alone.

    The histories have a point for each moment at which something was realised or transferred, and one for now. What is
    not realised yet shows in the last point only (our choice: the real exchange keeps the values of every moment).
    """
    events = moments(state, account)
    shapes: list[tuple[str, dict[str, Any]]] = []
    perps = _perps(state, account, events)
    for prefix, view in (("", _whole(state, account, events, perps)), ("perp", perps)):
        first_ms = min((time_ms for time_ms, _, _ in view.gains), default=now_ms)
        for period, length_ms in _PERIODS.items():
            start_ms = first_ms if length_ms is None else now_ms - length_ms
            name = period[0].upper() + period[1:] if prefix else period
            shapes.append((prefix + name, _period(view, start_ms, now_ms, number)))
    return shapes


def _whole(state: State, account: Account, events: Sequence[Moment], perps: _View) -> _View:
    """Perps, spot balances, stakes in vaults and with validators."""
    tokens = sum((amount * token_px(state, token) for token, amount in account.spot.items()), ZERO)
    vaults = {address: stake_value(state, account, address) for address in account.vault_stakes}
    staking = account.staking
    staked = staking.undelegated + staking.delegated + sum(staking.pending, ZERO)
    hype = state.markets.token_by_name.get("HYPE")
    lent = sum(
        ((loan.supplied - loan.borrowed) * token_px(state, token) for token, loan in account.loans.items()), ZERO
    )
    value = perps.value + lent + tokens + sum(vaults.values(), ZERO)
    if hype is not None:
        value += staked * token_px(state, hype.index)
    gained = sum((worth - account.vault_stakes[address].basis for address, worth in vaults.items()), ZERO)
    return _View(
        value,
        perps.unrealized + gained,
        [(each.time_ms, each.pnl, each.flow) for each in events],
        [(fill.time_ms, fill.px * fill.sz) for fill in account.fills],
    )


def _perps(state: State, account: Account, events: Sequence[Moment]) -> _View:
    value = account_value(state, account)
    isolated = (each.isolated_margin for each in account.positions.values() if each.isolated_margin is not None)
    fills = (fill for fill in account.fills if not state.markets.by_asset[fill.asset].is_spot)
    return _View(
        value,
        value - perp_collateral(account) - sum(isolated, ZERO),
        [(each.time_ms, each.perp_pnl, _perp_flow(account, each)) for each in events],
        [(fill.time_ms, fill.px * fill.sz) for fill in fills],
    )


def _perp_flow(account: Account, event: Moment) -> Decimal:
    """What a unified account gains or gets leaves its perp balance at once, for spot."""
    is_joined = account.is_unified and event.time_ms > account.abstraction_since
    return -event.perp_pnl if is_joined else event.perp_flow


def _period(view: _View, start_ms: int, now_ms: int, number: NumberForm) -> dict[str, Any]:
    gains = _since(view.gains, start_ms)
    value = view.value - view.unrealized - sum((pnl + flow for _, pnl, flow in gains), ZERO)
    earned = ZERO
    points = {start_ms: (value, earned)}
    width = max(1, -(-(now_ms - start_ms) // _POINTS))
    for time_ms, pnl, flow in gains:
        value, earned = value + pnl + flow, earned + pnl
        last = next(reversed(points))
        if last != start_ms and (last - start_ms) // width == (time_ms - start_ms) // width:
            del points[last]
        if time_ms > start_ms:
            points[time_ms] = (value, earned)
    points[now_ms] = (view.value, earned + view.unrealized)
    return {
        "accountValueHistory": [(time_ms, _usd(value, number)) for time_ms, (value, _) in points.items()],
        "pnlHistory": [(time_ms, _usd(earned, number)) for time_ms, (_, earned) in points.items()],
        "vlm": _usd(sum((ntl for _, ntl in _since(view.volumes, start_ms)), ZERO), number),
    }


def _since(rows: Sequence[Row], start_ms: int) -> Sequence[Row]:
    """The end of a list by time."""
    return rows[bisect_left(rows, start_ms, key=itemgetter(0)) :]


def _usd(amount: Decimal, number: NumberForm) -> str:
    return number(rounded(amount, USD_DECIMALS))
