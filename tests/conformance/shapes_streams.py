"""The shape of the `data` of every stream message, written from the documentation and from recorded frames, as data.

By subscription type: the frame that comes with the acknowledgement, and those that come later.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from conformance.shapes_accounts import ACTIVE_ASSET, CLEARINGHOUSE, LEDGER_ROW, SPOT_STATE
from conformance.shapes_info import SHAPES as INFO_SHAPES
from conformance.shapes_markets import CANDLE, LEVEL, OUTCOME, PERP_CTX, QUESTION, SPOT_CTX, TRADE
from conformance.shapes_orders import (
    FILL,
    FRONTEND_ORDER,
    HISTORY_ROW,
    OPEN_ORDER,
    ORDER_STATUS,
    SLICE_FILL,
    TWAP_ROW,
    TWAP_STATE,
)
from conformance.shapes_vaults import VAULT_NAME
from support.conformance import (
    ADDRESS,
    COUNT,
    DECIMAL,
    FLAG,
    MS,
    NAME,
    STRING,
    Fields,
    ListOf,
    MapOf,
    Maybe,
    Place,
    Report,
    Shape,
    exactly,
    fields,
    one_of,
    or_null,
    row,
)


class Stream(NamedTuple):
    """What a subscriber of a type gets after the acknowledgement."""

    first: Shape | Maybe | None
    """At once: always, sometimes (`Maybe`) or never (`None`)."""
    later: Shape


@dataclass(frozen=True)
class Packed:
    """A string: base64 of raw DEFLATE of JSON of a shape."""

    shape: Shape

    def check(self, value: Any, place: Place, report: Report) -> None:
        try:
            unpacked = json.loads(zlib.decompress(base64.b64decode(value, validate=True), -zlib.MAX_WBITS))
        except (TypeError, ValueError, zlib.error) as error:
            report.fault(place, f"not packed JSON: {error}")
        else:
            self.shape.check(unpacked, place, report)

    def choices(self, place: Place) -> Iterator[str]:
        return self.shape.choices(place)


def _whole(shape: Shape) -> Stream:
    """Says everything each time."""
    return Stream(shape, shape)


def _events(rows: str, shape: Shape) -> Stream:
    """Recent rows first, marked by the first key; later only new rows, without the mark."""
    plain: Mapping[str, Shape] = {"user": ADDRESS, rows: ListOf(shape)}
    return Stream(Fields({"isSnapshot": exactly(True), **plain}), Fields(plain))


_LEVELS = row(ListOf(LEVEL), ListOf(LEVEL))
_BOOK = fields(coin=NAME, time=MS, levels=_LEVELS, spread=Maybe(DECIMAL), fast=Maybe(exactly(True)))
_TRADES = ListOf(TRADE)
_CTX = one_of(perp=fields(coin=NAME, ctx=PERP_CTX), spot=fields(coin=NAME, ctx=SPOT_CTX))
_FAST_CTX = fields(markPx=DECIMAL, midPx=or_null(DECIMAL))
_CHANGED_CTX = fields(markPx=Maybe(DECIMAL), midPx=Maybe(or_null(DECIMAL)))
_FUNDING = fields(time=MS, coin=NAME, usdc=DECIMAL, szi=DECIMAL, fundingRate=DECIMAL, nSamples=or_null(COUNT))
_LIQUIDATION = fields(
    lid=COUNT,
    liquidator=ADDRESS,
    liquidated_user=ADDRESS,
    liquidated_ntl_pos=DECIMAL,
    liquidated_account_value=DECIMAL,
)
_OUTCOME_UPDATE = one_of(
    created=fields(outcomeCreated=OUTCOME),
    settled=fields(outcomeSettled=fields(outcome=COUNT)),
    question=fields(questionUpdated=QUESTION),
    question_settled=fields(questionSettled=fields(question=COUNT)),
)
_USER_STATE = fields(
    agentAddress=or_null(ADDRESS),
    agentValidUntil=or_null(MS),
    cumLedger=DECIMAL,
    serverTime=MS,
    isVault=FLAG,
    user=ADDRESS,
    optOutOfSpotDusting=Maybe(exactly(True)),
    dexAbstractionEnabled=Maybe(FLAG),
    abstraction=Maybe(exactly("unifiedAccount", "portfolioMargin", "disabled")),
)
_DEX_STATE = fields(
    totalVaultEquity=DECIMAL,
    perpsAtOpenInterestCap=Maybe(ListOf(NAME)),
    leadingVaults=Maybe(ListOf(VAULT_NAME)),
)

STREAMS: Final[Mapping[str, Stream]] = {
    # markets
    "allMids": _whole(
        one_of(main=fields(mids=MapOf(NAME, DECIMAL)), builder=fields(dex=NAME, mids=MapOf(NAME, DECIMAL)))
    ),
    "l2Book": _whole(_BOOK),
    "bbo": _whole(fields(coin=NAME, time=MS, bbo=row(or_null(LEVEL), or_null(LEVEL)))),
    "trades": Stream(Maybe(_TRADES), _TRADES),
    "candle": _whole(CANDLE),
    "activeAssetCtx": _whole(_CTX),
    "activeSpotAssetCtx": _whole(fields(coin=NAME, ctx=SPOT_CTX)),
    "assetCtxs": _whole(fields(dex=STRING, ctxs=ListOf(PERP_CTX))),
    "spotAssetCtxs": _whole(ListOf(SPOT_CTX)),
    "allDexsAssetCtxs": _whole(fields(ctxs=ListOf(row(STRING, ListOf(PERP_CTX))))),
    "fastAssetCtxs": Stream(Packed(MapOf(NAME, _FAST_CTX)), Packed(MapOf(NAME, _CHANGED_CTX))),
    "outcomeMetaUpdates": Stream(None, fields(updates=ListOf(_OUTCOME_UPDATE))),
    # events of a user
    "notification": Stream(None, fields(notification=NAME)),
    "orderUpdates": Stream(None, ListOf(fields(order=OPEN_ORDER, status=ORDER_STATUS, statusTimestamp=MS))),
    "userEvents": Stream(
        None,
        one_of(
            fills=fields(fills=ListOf(FILL)),
            funding=fields(funding=_FUNDING),
            liquidation=fields(liquidation=_LIQUIDATION),
            nonUserCancel=fields(nonUserCancel=ListOf(fields(coin=NAME, oid=COUNT))),
            twapHistory=fields(twapHistory=ListOf(TWAP_ROW)),
            twapSliceFills=fields(twapSliceFills=ListOf(SLICE_FILL)),
        ),
    ),
    "userFills": _events("fills", FILL),
    "userFundings": _events("fundings", _FUNDING),
    "userNonFundingLedgerUpdates": _events("nonFundingLedgerUpdates", LEDGER_ROW),
    "userHistoricalOrders": _events("orderHistory", HISTORY_ROW),
    "userTwapSliceFills": _events("twapSliceFills", SLICE_FILL),
    "userTwapHistory": _events("history", TWAP_ROW),
    # whole states of a user
    "activeAssetData": _whole(ACTIVE_ASSET),
    "clearinghouseState": _whole(fields(dex=STRING, user=ADDRESS, clearinghouseState=CLEARINGHOUSE)),
    "openOrders": _whole(fields(dex=STRING, user=ADDRESS, orders=ListOf(FRONTEND_ORDER))),
    "twapStates": _whole(fields(dex=STRING, user=ADDRESS, states=ListOf(row(COUNT, TWAP_STATE)))),
    "spotState": _whole(fields(user=ADDRESS, spotState=SPOT_STATE)),
    "allDexsClearinghouseState": _whole(fields(user=ADDRESS, clearinghouseStates=ListOf(row(STRING, CLEARINGHOUSE)))),
    "webData2": _whole(INFO_SHAPES["webData2"]),
    "webData3": _whole(fields(userState=_USER_STATE, perpDexStates=ListOf(_DEX_STATE))),
}
"""By subscription type. Those of the explorer have frames without an envelope."""
