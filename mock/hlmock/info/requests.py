"""What `POST /info` accepts: one table of request types and fields, and the reader of a request.

Rule 1: any failure below the JSON syntax is the same 422 sentence, without a detail. Rule 2: unknown keys are
ignored, an explicit `null` in an optional field is the same as absent. Rule 3: addresses are normalised here.
Source: Hyperliquid docs, Info endpoint; recorded refusals.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, cast

import msgspec

from hlmock.exchange.candles import INTERVALS
from hlmock.wire.addresses import Address, BadAddress, parse_address
from hlmock.wire.http import TEXT, WRONG_CONTENT_TYPE, is_json

NOT_JSON: Final = b"Failed to parse the request body as JSON"
WRONG_SHAPE: Final = b"Failed to deserialize the JSON body into the target type"
"""Two of the three refusals, byte for byte; the third is `WRONG_CONTENT_TYPE`. Source: recorded answers."""

Kind = Literal[
    "address",
    "addresses",
    "text",
    "u64",
    "flag",
    "interval",
    "order id",
    "token id",
]


class InfoAnswer(msgspec.Struct, frozen=True):
    """A complete HTTP answer. On a WebSocket `post`, `body` is the `data` of the payload."""

    status: int
    content_type: str
    body: bytes
    type: str | None = None
    """The request's `type`, where it was known."""
    user: Address | None = None
    """The account asked about."""
    weight: int = 0
    """Against the limit per minute; see `weights`. A refusal weighs nothing (our choice)."""


class InfoRequest(msgspec.Struct, frozen=True):
    """A well-formed request: its fields have the kinds of `TYPES`, optional ones may be missing."""

    type: str
    fields: Mapping[str, Any]

    @property
    def user(self) -> Address:
        """The account asked about.

        Raises:
            KeyError: this type has no user.
        """
        return cast(Address, self.fields["user"])

    @property
    def dex(self) -> str:
        """Perp dex; the empty string is the main one."""
        return cast(str, self.fields.get("dex", ""))

    def time_range(self, now_ms: int) -> tuple[int, int]:
        """`startTime` and `endTime`, both inclusive; everything until now where they are absent."""
        return self.fields.get("startTime", 0), self.fields.get("endTime", now_ms)


class BadInfoRequest(ValueError):
    """An unknown type or an ill-typed field; answered with the 422 sentence, or the parse error on a WebSocket."""


class Field(msgspec.Struct, frozen=True):
    kind: Kind
    required: bool = True


_ADDRESS = Field("address")
_TEXT = Field("text")
_NUMBER = Field("u64")
_DEX = Field("text", required=False)
_FLAG = Field("flag", required=False)
_OPTIONAL_NUMBER = Field("u64", required=False)

_USER = {"user": _ADDRESS}
_USER_DEX = {"user": _ADDRESS, "dex": _DEX}
_SOME_RANGE = {"startTime": _OPTIONAL_NUMBER, "endTime": _OPTIONAL_NUMBER}
_RANGE = {"startTime": _NUMBER, "endTime": _OPTIONAL_NUMBER}

TYPES: Final[Mapping[str, Mapping[str, Field]]] = {
    # markets
    "allMids": {"dex": _DEX},
    "allPerpMetas": {},
    "candleSnapshot": {"coin": _TEXT, "interval": Field("interval"), **_RANGE},
    "exchangeStatus": {},
    "fundingHistory": {"coin": _TEXT, **_RANGE},
    "l2Book": {"coin": _TEXT, "nSigFigs": _OPTIONAL_NUMBER, "mantissa": _OPTIONAL_NUMBER},
    "liquidatable": {},
    "marginTable": {"id": _NUMBER, "dex": _DEX},
    "maxMarketOrderNtls": {},
    "meta": {"dex": _DEX},
    "metaAndAssetCtxs": {"dex": _DEX},
    "perpAnnotation": {"coin": _TEXT},
    "perpCategories": {},
    "perpConciseAnnotations": {},
    "perpDeployAuctionStatus": {},
    "perpDexLimits": {"dex": _TEXT},
    "perpDexStatus": {"dex": _TEXT},
    "perpDexs": {},
    "perpsAtOpenInterestCap": {"dex": _DEX},
    "predictedFundings": {},
    "recentTrades": {"coin": _TEXT},
    "spotMeta": {},
    "spotMetaAndAssetCtxs": {},
    "spotPairDeployAuctionStatus": {},
    "tokenDetails": {"tokenId": Field("token id")},
    "outcomeMeta": {},
    "outcomeTemplates": {},
    "settledOutcome": {"outcome": _NUMBER},
    "alignedQuoteTokenInfo": {"token": _NUMBER},
    # users
    "activeAssetData": {"user": _ADDRESS, "coin": _TEXT},
    "approvedBuilders": _USER,
    "batchClearinghouseStates": {"users": Field("addresses"), "dex": _DEX},
    "borrowLendUserState": _USER,
    "clearinghouseState": _USER_DEX,
    "extraAgents": _USER,
    "frontendOpenOrders": _USER_DEX,
    "historicalOrders": _USER,
    "isVip": _USER,
    "leadingVaults": _USER,
    "legalCheck": _USER,
    "maxBuilderFee": {"user": _ADDRESS, "builder": _ADDRESS},
    "openOrders": _USER_DEX,
    "orderStatus": {"user": _ADDRESS, "oid": Field("order id")},
    "portfolio": _USER,
    "preTransferCheck": {"user": _ADDRESS, "source": _ADDRESS},
    "referral": _USER,
    "spotClearinghouseState": _USER,
    "spotDeployState": _USER,
    "subAccounts": _USER,
    "subAccounts2": _USER,
    "twapHistory": _USER,
    "userAbstraction": _USER,
    "userBorrowLendInterest": {"user": _ADDRESS, **_RANGE},
    "userDexAbstraction": _USER,
    "userFees": _USER,
    "userFills": {"user": _ADDRESS, "aggregateByTime": _FLAG},
    "userFillsByTime": {"user": _ADDRESS, "aggregateByTime": _FLAG, "reversed": _FLAG, **_RANGE},
    "userFunding": {"user": _ADDRESS, **_SOME_RANGE},
    "userNonFundingLedgerUpdates": {"user": _ADDRESS, **_SOME_RANGE},
    "userRateLimit": _USER,
    "userRole": _USER,
    "userToMultiSigSigners": _USER,
    "userTwapSliceFills": _USER,
    "userTwapSliceFillsByTime": {"user": _ADDRESS, **_RANGE},
    "userVaultEquities": _USER,
    "vaultDetails": {"vaultAddress": _ADDRESS, "user": Field("address", required=False)},
    "webData2": _USER,
    # other
    "allBorrowLendReserveStates": {},
    "borrowLendReserveState": {"token": _NUMBER},
    "delegations": _USER,
    "delegatorHistory": _USER,
    "delegatorRewards": _USER,
    "delegatorSummary": _USER,
    "gossipPriorityAuctionStatus": {},
    "gossipRootIps": {},
    "usdcRouting": {},
    "validatorL1Votes": {},
    "validatorSummaries": {},
    "vaultSummaries": {},
}
"""Every request type and its fields. The fields of `candleSnapshot` stand in a nested `req` object."""

_NESTED: Final = {"candleSnapshot": "req"}


def decode(body: bytes, content_type: str | None) -> InfoRequest | InfoAnswer:
    """Read the body of a request; an `InfoAnswer` is the refusal to send. Never raises.

    The content type is judged first, then the syntax, then the shape. Source: recorded answers.
    """
    if not is_json(content_type):
        return InfoAnswer(415, TEXT, WRONG_CONTENT_TYPE)
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return InfoAnswer(400, TEXT, NOT_JSON)
    try:
        return read_request(raw)
    except BadInfoRequest:
        known = raw.get("type") if isinstance(raw, dict) else None
        return InfoAnswer(422, TEXT, WRONG_SHAPE, known if isinstance(known, str) else None)


def read_request(raw: object) -> InfoRequest:
    """Read a decoded request, as a WebSocket `post` carries it.

    Raises:
        BadInfoRequest: unknown type, missing or ill-typed field.
    """
    if not isinstance(raw, dict):
        raise BadInfoRequest("a request is an object")
    type_ = raw.get("type")
    table = TYPES.get(type_) if isinstance(type_, str) else None
    if table is None or not isinstance(type_, str):
        raise BadInfoRequest(f"unknown type {type_!r}")
    nested = _NESTED.get(type_)
    values = raw if nested is None else raw.get(nested)
    if not isinstance(values, dict):
        raise BadInfoRequest(f"{type_}: {nested} is not an object")
    fields: dict[str, Any] = {}
    for name, field in table.items():
        value = values.get(name)
        if value is not None:
            fields[name] = _READERS[field.kind](value)
        elif field.required:
            raise BadInfoRequest(f"{type_}: missing {name}")
    return InfoRequest(type_, fields)


def requested_user(request: InfoRequest) -> Address | None:
    """The account that this request names, and thereby opens where it is new; `None` for a market request.

    `preTransferCheck` asks whether its `user` exists, so it names whom the transfer would come from.
    """
    return request.fields.get("source" if request.type == "preTransferCheck" else "user")


def _address(value: object) -> Address:
    try:
        return parse_address(_text(value), need_prefix=True)
    except BadAddress as error:
        raise BadInfoRequest(f"not an address: {value!r}") from error


def _addresses(value: object) -> list[Address]:
    if not isinstance(value, list):
        raise BadInfoRequest(f"not a list: {value!r}")
    return [_address(each) for each in value]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadInfoRequest(f"not a string: {value!r}")
    return value


def _u64(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
        raise BadInfoRequest(f"not an unsigned integer: {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInfoRequest(f"not a boolean: {value!r}")
    return value


def _interval(value: object) -> str:
    if value not in INTERVALS:
        raise BadInfoRequest(f"not an interval: {value!r}")
    return _text(value)


_HEX_128 = re.compile("0x[0-9a-fA-F]{32}")


def _hex_128(value: object) -> str:
    if not _HEX_128.fullmatch(_text(value)):
        raise BadInfoRequest(f"not 0x and 32 hex digits: {value!r}")
    return _text(value).lower()


def _order_id(value: object) -> int | str:
    return _hex_128(value) if isinstance(value, str) else _u64(value)


_READERS: Final[Mapping[Kind, Callable[[object], Any]]] = {
    "address": _address,
    "addresses": _addresses,
    "text": _text,
    "u64": _u64,
    "flag": _flag,
    "interval": _interval,
    "order id": _order_id,
    "token id": _hex_128,
}
