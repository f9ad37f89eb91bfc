"""Profiles as users choose them: whose behaviour, and as of when. A profile is data: switches, each with its source.

A profile begins with the rules of one of `hlmock.exchange.profiles` and changes switches of the rules, of the core, of
the feeds and of the exchange's settings, which together are one flat list of names (`switches`). A dated one is what
was known of the exchange in that month; a name without a date is the newest of its dates.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from dataclasses import replace as replace_dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from hlmock.delivery.settings import FeedSettings
from hlmock.exchange.profiles import PROFILES, UnknownProfile
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.settings import CoreSettings

PartName = Literal["rules", "exchange", "core", "feeds"]


class Known(msgspec.Struct, frozen=True):
    """A switch in a profile."""

    value: object
    source: str
    """Where it is known from."""
    date: str
    """As of when: a month, or a range of them."""


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """One profile."""

    name: str
    summary: str
    rules: str = "hyperliquid"
    """The rules that it begins with."""
    source: str = ""
    """Of the rules, where they are not the default's."""
    date: str = ""
    switches: Mapping[str, Known] = msgspec.field(default_factory=dict)


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """Something in which venues or versions differ."""

    name: str
    part: PartName
    type: Any
    default: object
    meaning: str
    """Its unit, and what is known of it."""

    @property
    def choices(self) -> str:
        """What it can be set to."""
        if not _is_simple(self.type):
            return "a JSON list" if get_origin(self.type) is tuple else "a JSON object"
        found: list[str] = []
        for each in _alternatives(self.type):
            if get_origin(each) is Literal:
                found += map(str, get_args(each))
            elif each is bool:
                found += ["true", "false"]
            elif each is NoneType:
                found.append("none")
            else:
                found.append({int: "a whole number", str: "a text"}.get(each, "a number"))
        return ", ".join(found)


class UnknownSwitch(ValueError):
    """Names the nearest ones."""


class BadSwitch(ValueError):
    """A value that the switch does not take; names its choices."""


_DOCS: Final = "Hyperliquid docs, Rate limits and user limits"
_FRAMES: Final = "recorded frames"
_ANSWERS: Final = "recorded answers"

_LIMITS_OF_TODAY: Final = {
    "limits_per": Known("address", _DOCS, "2026-09"),
    "max_connections": Known(10, _DOCS, "2026-09"),
    "max_new_connections": Known(30, _DOCS, "2026-09"),
    "max_messages": Known(2_000, _DOCS, "2026-09"),
    "max_weight": Known(1_200, _DOCS, "2026-09"),
    "request_limits": Known(True, _DOCS, "2026-09"),
    "open_order_limits": Known(True, _DOCS, "2026-09"),
    "volume_gates": Known(True, "Hyperliquid docs, Exchange endpoint", "2026-09"),
}

VENUES: Final[Mapping[str, Venue]] = MappingProxyType(
    {
        venue.name: venue
        for venue in (
            Venue(
                name="hyperliquid",
                summary="the real exchange of today, without its limits and as kind to tests as its history allows",
            ),
            Venue(
                name="mainnet@2026-09",
                summary="mainnet as measured in August to October 2026, limits included",
                switches={
                    "l2_book_ms": Known(5_000, f"{_FRAMES} (5.0 to 5.4 s)", "2026-08 to 2026-10"),
                    "l2_book_fast_ms": Known(540, _FRAMES, "2026-08 to 2026-10"),
                    "all_mids_ms": Known(5_000, _FRAMES, "2026-08 to 2026-10"),
                    "candle_ms": Known(600, f"{_FRAMES} (0.9 to 1.8 a second)", "2026-08 to 2026-10"),
                    "invalid_subscription": Known("close", "recorded: dropped without a close frame", "2026-09"),
                    "accept_web_data2": Known(False, "recorded: answered with the parse error", "2026-08"),
                    "closes_silently": Known(True, "one probe; public logs of clients have 1000 Inactive", "2026-09"),
                    "max_age_ms": Known(10_300_000, "measured by clients: 10,002 to 10,592 s", "since 2025-12"),
                    "dexes_have_fee_scales": Known(False, _ANSWERS, "2026-09"),
                    **_LIMITS_OF_TODAY,
                },
            ),
            Venue(
                name="mainnet@2025-06",
                summary="mainnet before the changes of 2025-12 and 2026: books every 0.5 s, no `fast`, no rotation",
                switches={
                    "l2_book_ms": Known(500, "Hyperliquid docs, WebSocket subscriptions", "before 2026"),
                    "l2_book_fast": Known(False, f"{_FRAMES}: acknowledgements without `fast`", "before 2026"),
                    "accept_web_data2": Known(True, "python-sdk and other clients", "before 2026"),
                    "invalid_subscription": Known("error", "reports of clients: Invalid subscription", "2024 to 2025"),
                    "closes_silently": Known(False, "public logs of clients: 1000 Inactive", "2024 to 2025"),
                    "max_age_ms": Known(None, "measured by clients: only since then", "before 2025-12"),
                    "meta_names_collateral": Known(False, _ANSWERS, "2023 to 2025-08"),
                    "dexes_have_funding_terms": Known(False, _ANSWERS, "2025-12"),
                    "request_surplus": Known(False, _ANSWERS, "2025-08"),
                    **_LIMITS_OF_TODAY,
                    "max_connections": Known(100, "Hyperliquid docs of then, and clients", "before 2026"),
                },
            ),
            Venue(
                name="mainnet@2023",
                summary="an early server: it greets in plain text, which clients still skip",
                switches={
                    "greeting": Known(True, "python-sdk WebsocketManager.on_message", "no date known"),
                    "l2_book_ms": Known(500, "Hyperliquid docs, WebSocket subscriptions", "before 2026"),
                    "l2_book_fast": Known(False, f"{_FRAMES}: acknowledgements without `fast`", "before 2026"),
                    "meta_has_margin_tables": Known(False, _ANSWERS, "2023"),
                    "meta_names_collateral": Known(False, _ANSWERS, "2023 to 2025-08"),
                    "open_orders_have_orig_sz": Known(False, _ANSWERS, "2023"),
                    "fills_by_time_newest_first": Known(True, _ANSWERS, "2023"),
                    "request_surplus": Known(False, _ANSWERS, "2023 to 2025-08"),
                    "rows_by_time": Known(10_000, f"{_ANSWERS}: 1,038 rows; what the limit was is not known", "2023"),
                },
            ),
            Venue(
                name="recomma-mock",
                summary="the Go mock recomma/hyperliquid-mock v0.1 and v0.2, so that its users' tests can move over",
                rules="recomma-mock",
                source="source code of recomma/hyperliquid-mock",
                date="v0.1 and v0.2",
            ),
        )
    }
)
"""By name, the default first."""


def venue_named(name: str) -> Venue:
    """A profile; without a date, the newest of its dates.

    Raises:
        UnknownProfile: there is none; names those that there are.
    """
    dated = [each for each in VENUES if each.partition("@")[0] == name]
    found = VENUES.get(name) or (VENUES[max(dated)] if dated else None)
    if found is None:
        raise UnknownProfile(f"unknown profile {name!r}; known: {', '.join(VENUES)}")
    return found


@cache
def switches() -> Mapping[str, Switch]:
    """Everything that can be set, by name."""
    found: dict[str, Switch] = {}
    parts: tuple[tuple[PartName, object, tuple[str, ...]], ...] = (
        ("rules", PROFILES["hyperliquid"], ("name",)),
        ("exchange", ExchangeSettings(), ("profile", "switches", "first_oid")),
        ("core", CoreSettings(), ("outbox",)),
        ("feeds", FeedSettings(), ()),
    )
    for part, defaults, without in parts:
        types, meanings = get_type_hints(type(defaults)), _documented(type(defaults))
        for name in (each for each in _field_names(type(defaults)) if each not in without):
            assert name not in found, f"two switches are called {name}"
            meaning = meanings.get(name, "")
            found[name] = Switch(
                name=name, part=part, type=types[name], default=getattr(defaults, name), meaning=meaning
            )
    return MappingProxyType(found)


def parse_switch(text: str) -> tuple[str, object]:
    """`name=value`, as the command line has it.

    Raises:
        UnknownSwitch, BadSwitch: as for `checked`; also for a text without `=`.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise BadSwitch(f"{text!r} is not name=value")
    return name, checked(name, value)


def checked(name: str, value: object) -> object:
    """The value as the switch holds it; a text is read as one.

    Raises:
        UnknownSwitch: no switch of this name.
        BadSwitch: not a value of it.
    """
    switch = switches().get(name)
    if switch is None:
        close = get_close_matches(name, switches(), n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(close)}?" if close else "`hlbench profiles --switches` lists them"
        raise UnknownSwitch(f"there is no switch {name!r}: {hint}")
    given = value
    try:
        if isinstance(value, str):
            lowered = value.strip().lower()
            if lowered in ("none", "off") and NoneType in _alternatives(switch.type):
                return None
            if switch.type is bool:
                value = {"on": "true", "off": "false"}.get(lowered, lowered)
            elif not _is_simple(switch.type):
                value = msgspec.json.decode(value)
        converted: object = msgspec.convert(value, switch.type, strict=False)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise BadSwitch(f"{name} cannot be {given!r}: it is one of {switch.choices}") from None
    least = 1 if switch.part == "feeds" else 0
    if isinstance(converted, int | Decimal) and not isinstance(converted, bool) and converted < least:
        raise BadSwitch(f"{name} cannot be {given!r}: it is {switch.choices}, not so small")
    return converted


def chosen(
    profile: str,
    changed: Mapping[str, object],
    exchange: ExchangeSettings,
    core: CoreSettings,
    feeds: FeedSettings,
) -> tuple[ExchangeSettings, CoreSettings, FeedSettings]:
    """The settings of a profile. What was given there wins over the profile, and `changed` over both.

    Raises:
        UnknownProfile, UnknownSwitch, BadSwitch: see `venue_named` and `checked`.
    """
    venue = venue_named(profile)
    parts: dict[str, dict[str, Any]] = {"rules": {}, "exchange": {}, "core": {}, "feeds": {}}
    given = {"exchange": exchange, "core": core, "feeds": feeds}
    for name, known in venue.switches.items():
        switch = switches()[name]
        if switch.part == "rules" or getattr(given[switch.part], name) == switch.default:
            parts[switch.part][name] = known.value
    for name, value in changed.items():
        converted = checked(name, value)
        parts[switches()[name].part][name] = converted
    return (
        msgspec.structs.replace(exchange, profile=venue.rules, switches=parts["rules"], **parts["exchange"]),
        replace_dataclass(core, **parts["core"]),
        replace_dataclass(feeds, **parts["feeds"]),
    )


def _alternatives(type_: Any) -> tuple[Any, ...]:
    """Of `int | None`, both."""
    return get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,)


def _is_simple(type_: Any) -> bool:
    """Whether a text is one of its values."""
    return all(get_origin(each) in (Literal, None) for each in _alternatives(type_))


def _field_names(kind: type) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    assert is_dataclass(kind), "settings are structs or dataclasses"
    return tuple([each.name for each in fields(kind)])


def _documented(kind: type) -> dict[str, str]:
    """The docstrings beneath the fields of a class, in one line each."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            text = ast.literal_eval(after.value) if isinstance(after.value, ast.Constant) else ""
            found[field.target.id] = " ".join(str(text).split())
    return found
