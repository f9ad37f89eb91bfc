"""Subscription keys: the normalised identity of what a client subscribed to.

Rule 1: a key is a frozen value with a parser, never a hand-joined string; its `text` is for traces and dictionaries.
Rule 2: addresses are canonical before they get here. Rule 3: what a type takes is data (`TYPES`), in the order of the
exchange's own echo. Source: Hyperliquid docs, Websocket subscriptions; recorded acknowledgements.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from hlmock.wire.addresses import Address, BadAddress, parse_address

INTERVALS: Final = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M")
"""Source: Hyperliquid docs, Websocket subscriptions (candle)."""

FieldKind = Literal["user", "coin", "interval", "sig_figs", "mantissa", "flag", "dex"]


class Field(msgspec.Struct, frozen=True):
    """One field of a subscription type."""

    name: str
    kind: FieldKind
    required: bool = True
    filled: bool = False
    """Whether the echo fills in the default (`null`, `false`) when the client left the field out."""
    echo_as: str | None = None


_USER = Field("user", "user")
_COIN = Field("coin", "coin")
_DEX = Field("dex", "dex", required=False)
_USER_AND_DEX = (_USER, _DEX)

TYPES: Final[Mapping[str, tuple[Field, ...]]] = {
    "allMids": (_DEX,),
    "l2Book": (
        _COIN,
        Field("nSigFigs", "sig_figs", required=False, filled=True),
        Field("mantissa", "mantissa", required=False, filled=True),
        Field("fast", "flag", required=False, filled=True),
    ),
    "bbo": (_COIN,),
    "trades": (_COIN,),
    "candle": (Field("interval", "interval"), _COIN),
    "activeAssetCtx": (_COIN,),
    "activeSpotAssetCtx": (_COIN,),
    "assetCtxs": (_DEX,),
    "spotAssetCtxs": (),
    "allDexsAssetCtxs": (),
    "fastAssetCtxs": (),
    "outcomeMetaUpdates": (),
    "explorerBlock": (),
    "explorerTxs": (),
    "notification": (_USER,),
    "orderUpdates": (_USER,),
    "userEvents": (_USER,),
    "userFills": (_USER, Field("aggregateByTime", "flag", required=False, filled=True)),
    "userFundings": (_USER,),
    "userNonFundingLedgerUpdates": (_USER,),
    "userHistoricalOrders": (_USER,),
    "userTwapSliceFills": (_USER,),
    "userTwapHistory": (_USER,),
    "activeAssetData": (_USER, _COIN),
    "clearinghouseState": _USER_AND_DEX,
    "openOrders": _USER_AND_DEX,
    "twapStates": _USER_AND_DEX,
    "spotState": (
        _USER,
        Field("ignorePortfolioMargin", "flag", required=False),
        Field("isPortfolioMargin", "flag", required=False, echo_as="ignorePortfolioMargin"),
    ),
    "allDexsClearinghouseState": (_USER,),
    "webData2": (_USER,),
    "webData3": (_USER,),
}
"""Every subscription type and its fields, in the order of the echo (`interval` before `coin`)."""

ALIASES: Final = {"user": "userEvents"}
"""Type names that clients send for another type; the echo keeps what was sent (our choice)."""

CHANNELS: Final = {"userEvents": "user", "activeSpotAssetCtx": "activeSpotAssetCtx"}
"""Channel of a type where it is not the type's own name. `activeAssetCtx` of a spot coin has its own too."""


class BadSubscription(ValueError):
    """Not a subscription of a known type with well-formed fields; answered with the parse error."""


class SubscriptionKey(msgspec.Struct, frozen=True, cache_hash=True):
    """What a connection is subscribed to. Make one with `key_of` or `parse_subscription`."""

    type: str
    user: Address | None = None
    coin: str | None = None
    interval: str | None = None
    n_sig_figs: int | None = None
    mantissa: int | None = None
    fast: bool = False
    aggregate_by_time: bool = False
    dex: str = ""
    text: str = ""
    """Canonical text, such as `orderUpdates:0x...`, `l2Book:BTC?nSigFigs=5`, `candle:BTC:1m`."""
    subject: str = ""
    """The user, else the coin, else nothing: what a change is about."""
    channel: str = ""
    """Of its data frames."""


def is_spot_coin(coin: str) -> bool:
    """Spot coins are `@<index>` or a readable pair. Source: Hyperliquid docs, Asset ids."""
    return coin.startswith("@") or "/" in coin


def key_of(
    type: str,  # noqa: A002 - the wire's own word
    *,
    user: Address | None = None,
    coin: str | None = None,
    interval: str | None = None,
    n_sig_figs: int | None = None,
    mantissa: int | None = None,
    fast: bool = False,
    aggregate_by_time: bool = False,
    dex: str = "",
) -> SubscriptionKey:
    """Build a key and its text from canonical parts."""
    subject = ":".join(part for part in (type, user, coin, interval) if part is not None)
    options = "&".join(
        option
        for option in (
            f"nSigFigs={n_sig_figs}" if n_sig_figs is not None else "",
            f"mantissa={mantissa}" if mantissa is not None else "",
            "fast" if fast else "",
            "aggregateByTime" if aggregate_by_time else "",
            f"dex={dex}" if dex else "",
        )
        if option
    )
    text = f"{subject}?{options}" if options else subject
    return SubscriptionKey(
        type,
        user,
        coin,
        interval,
        n_sig_figs,
        mantissa,
        fast,
        aggregate_by_time,
        dex,
        text,
        user or coin or "",
        _channel_of(type, coin),
    )


def _channel_of(type: str, coin: str | None) -> str:  # noqa: A002 - the wire's own word
    if type == "activeAssetCtx" and coin is not None and is_spot_coin(coin):
        return "activeSpotAssetCtx"
    return CHANNELS.get(type, type)


class ParsedSubscription(msgspec.Struct, frozen=True):
    key: SubscriptionKey
    echo: bytes
    """The normalised subscription as the acknowledgement repeats it, `type` first: JSON."""


def parse_subscription(raw: object) -> ParsedSubscription:
    """Read the `subscription` object of a subscribe or unsubscribe frame.

    Unknown keys are tolerated and left out of the echo; an explicit null is the same as absent.

    Raises:
        BadSubscription: unknown type, a missing field, a wrong type, a malformed address or interval.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise BadSubscription("a subscription is an object with a string `type`")
    sent_type: str = raw["type"]
    canonical_type = ALIASES.get(sent_type, sent_type)
    fields = TYPES.get(canonical_type)
    if fields is None:
        raise BadSubscription(f"unknown subscription type {sent_type!r}")
    values: dict[FieldKind, Any] = {}
    flags: dict[str, bool] = {}
    echo: dict[str, Any] = {"type": sent_type}
    for each in fields:
        value = raw.get(each.name)
        if value is None:
            if each.required:
                raise BadSubscription(f"missing field {each.name!r}")
            if each.filled:
                echo[each.name] = False if each.kind == "flag" else None
            elif each.name in raw:
                echo[each.name] = None
            continue
        value = _read(each, value)
        if each.kind == "flag":
            flags[each.name] = value
        else:
            values[each.kind] = value
        if each.echo_as is not None:
            echo.setdefault(each.echo_as, value)
        echo[each.name] = value
    key = key_of(
        canonical_type,
        user=values.get("user"),
        coin=values.get("coin"),
        interval=values.get("interval"),
        n_sig_figs=values.get("sig_figs"),
        mantissa=values.get("mantissa"),
        fast=flags.get("fast", False),
        aggregate_by_time=flags.get("aggregateByTime", False),
        dex=values.get("dex", ""),
    )
    return ParsedSubscription(key, msgspec.json.encode(echo))


def without_fast(parsed: ParsedSubscription) -> ParsedSubscription:
    """As an exchange reads it that does not know `fast`: an unknown key."""
    if parsed.key.type != "l2Book":
        return parsed
    key = parsed.key
    plain = key_of(key.type, coin=key.coin, n_sig_figs=key.n_sig_figs, mantissa=key.mantissa)
    echo = {name: value for name, value in msgspec.json.decode(parsed.echo).items() if name != "fast"}
    return ParsedSubscription(plain, msgspec.json.encode(echo))


def _read(each: Field, value: object) -> Any:
    match each.kind:
        case "user" if isinstance(value, str):
            try:
                return parse_address(value, need_prefix=True)
            except BadAddress as error:
                raise BadSubscription(f"malformed address {value!r}") from error
        case "coin" | "dex" if isinstance(value, str):
            return value
        case "interval" if isinstance(value, str) and value in INTERVALS:
            return value
        case "flag" if isinstance(value, bool):
            return value
        case "sig_figs" | "mantissa" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case _:
            raise BadSubscription(f"field {each.name!r} cannot be {value!r}")
