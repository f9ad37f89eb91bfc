"""TWAPs: what they are asked to trade, what they have traded, and how they ended.

Source of the forms: Hyperliquid docs, Info endpoint and WebSocket subscriptions; SDK types.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.orders import Twap, TwapRow
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm
from hlmock.shapes.fills import FillShape, fill_shape


class TwapTrigger(msgspec.Struct, frozen=True, gc=False):
    px: str
    above: bool


class TwapState(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A TWAP as it stands."""

    coin: str
    user: str
    side: str
    sz: str
    executed_sz: str
    executed_ntl: str
    minutes: int
    reduce_only: bool
    randomize: bool
    timestamp: int
    """Placement, ms."""
    trigger: TwapTrigger | None
    stop_px: str | None


class TwapStatus(msgspec.Struct, frozen=True, gc=False):
    status: str
    description: str | UnsetType = UNSET


class TwapHistoryRow(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A change of a TWAP's status. `time` is in seconds, unlike any other."""

    time: int
    state: TwapState
    status: TwapStatus
    twap_id: int


class SliceFill(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    fill: FillShape
    twap_id: int


def twap_state(twap: Twap, number: NumberForm) -> TwapState:
    return TwapState(
        twap.coin,
        twap.account,
        twap.side,
        number(twap.sz),
        number(twap.executed_sz),
        number(twap.executed_ntl),
        twap.minutes,
        twap.reduce_only,
        twap.randomize,
        twap.timestamp,
        None if twap.trigger_px is None else TwapTrigger(number(twap.trigger_px), twap.trigger_above),
        None if twap.stop_px is None else number(twap.stop_px),
    )


def twap_states(state: State, account: Account, dex: str, number: NumberForm) -> list[tuple[int, TwapState]]:
    """The running and waiting TWAPs of an account in one dex, oldest first; the main dex's include spot."""
    by_asset = state.markets.by_asset
    return [
        (twap.id, twap_state(twap, number))
        for twap in state.twaps.values()
        if twap.account == account.address and by_asset[twap.asset].dex == dex
    ]


def twap_history_row(row: TwapRow, number: NumberForm) -> TwapHistoryRow:
    status = TwapStatus(row.status, UNSET if row.description is None else row.description)
    return TwapHistoryRow(row.time_ms // 1_000, twap_state(row.twap, number), status, row.twap.id)


def slice_fills(fills: Iterable[Fill], number: NumberForm) -> list[SliceFill]:
    """Those of the fills that are of a TWAP."""
    return [SliceFill(fill_shape(fill, number), fill.twap_id) for fill in fills if fill.twap_id is not None]
