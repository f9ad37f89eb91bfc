"""Fills: one side of one execution, as `userFills` shows it on both transports."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from hlmock.exchange.model.fills import Fill, FillLiquidation
from hlmock.shapes import NumberForm


class FillLiquidationShape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    liquidated_user: str
    mark_px: str
    method: str


class FillShape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Key order of recorded fills; the optional keys stand where they were recorded, `twapId` is always there."""

    coin: str
    px: str
    sz: str
    side: str
    time: int
    start_position: str
    dir: str
    closed_pnl: str
    hash: str
    oid: int
    crossed: bool
    fee: str
    tid: int
    cloid: str | UnsetType
    liquidation: "FillLiquidationShape | UnsetType"
    fee_token: str
    builder_fee: str | UnsetType
    twap_id: int | None


def fill_shape(fill: Fill, number: NumberForm) -> FillShape:
    return FillShape(
        fill.coin,
        number(fill.px),
        number(fill.sz),
        fill.side,
        fill.time_ms,
        number(fill.start_position),
        fill.dir,
        number(fill.closed_pnl),
        fill.hash,
        fill.oid,
        fill.crossed,
        number(fill.fee),
        fill.tid,
        UNSET if fill.cloid is None else fill.cloid,
        UNSET if fill.liquidation is None else _liquidation_shape(fill.liquidation, number),
        fill.fee_token,
        UNSET if fill.builder_fee is None else number(fill.builder_fee),
        fill.twap_id,
    )


def _liquidation_shape(liquidation: FillLiquidation, number: NumberForm) -> FillLiquidationShape:
    return FillLiquidationShape(liquidation.liquidated_user, number(liquidation.mark_px), liquidation.method)


def fill_shapes(fills: Iterable[Fill], number: NumberForm) -> list[FillShape]:
    return [fill_shape(fill, number) for fill in fills]


def aggregated(fills: Iterable[Fill]) -> list[Fill]:
    """Partial fills of one crossing order in one block merged into one; fills of resting orders stay as they are.

    Sizes, fees and realised profits are summed, the price is size-weighted, the rest is the first fill's.
    Source: python-sdk `Info.user_fills_by_time` says what is merged; the averaged price is our choice.
    """
    merged: list[Fill] = []
    place: dict[tuple[int, int], int] = {}
    for fill in fills:
        group = (fill.oid, fill.time_ms)
        if fill.crossed and group in place:
            index = place[group]
            merged[index] = _merge(merged[index], fill)
            continue
        if fill.crossed:
            place[group] = len(merged)
        merged.append(fill)
    return merged


def _merge(first: Fill, second: Fill) -> Fill:
    sz = first.sz + second.sz
    px = (first.px * first.sz + second.px * second.sz) / sz
    return msgspec.structs.replace(
        first,
        px=px.quantize(_EIGHT_DECIMALS),
        sz=sz,
        closed_pnl=first.closed_pnl + second.closed_pnl,
        fee=first.fee + second.fee,
        builder_fee=_sum(first.builder_fee, second.builder_fee),
    )


def _sum(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    if first is None or second is None:
        return first or second
    return first + second


_EIGHT_DECIMALS = Decimal("0.00000001")
