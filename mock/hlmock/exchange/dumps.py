"""The whole state of an exchange as one canonical JSON document, and back.

Rule 1: one walk for everything: no field is named here, so what is added to the state is in a dump at once; only a new
kind of object needs a name in `KINDS`. Rule 2: equal histories give equal bytes: fields in the order of their
definition, collections in their own, no number of this process. Rule 3: what two places hold is one object again after
loading; it stands in full where it is met first. Rule 4: what does not change while an exchange runs (settings,
profile, markets) is not in it, only referred to. Rule 5: a dump is data: loading one makes objects of the kinds named
here and runs nothing else.

In the document, `{"$d": "1.5"}` is a decimal, `{"$": "model.Order", ...}` an object with its fields,
`{"$tuple": [...]}` a tuple, `{"$map": [[key, value], ...]}` a mapping whose keys are no plain text, `{"$ref": 3}` what
was marked `"$id": 3`. The form is our choice: the real exchange has none that users see.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

import msgspec

from hlmock.exchange.agenda import Agenda, Entry
from hlmock.exchange.book import Book
from hlmock.exchange.candles import Candle, Candles
from hlmock.exchange.day_window import DayWindow, Hour
from hlmock.exchange.identity import Identity
from hlmock.exchange.model.accounts import Account, Agent, DayVolume, LedgerUpdate, Rates
from hlmock.exchange.model.fills import Fill, FillLiquidation, TradePrint
from hlmock.exchange.model.funding import FundingRate, Premium
from hlmock.exchange.model.holdings import (
    Delegation,
    Loan,
    MultiSig,
    Referral,
    Rewards,
    Staking,
    StakingLink,
    StakingReward,
    StakingUpdate,
    Vault,
    VaultStake,
)
from hlmock.exchange.model.markets import Market, MarketMaker, Quote
from hlmock.exchange.model.orders import HistoryRow, Order, OrderRow, Twap, TwapRow
from hlmock.exchange.model.positions import FundingPayment, Leverage, Position
from hlmock.exchange.nonces import Nonces
from hlmock.exchange.state import FIXED, State

FORMAT: Final = "hlmock.state"
FORMAT_VERSION: Final = 1
"""A reader meets a newer one with a clear error; a field that an older one lacks gets its default."""

KINDS: Final[Mapping[str, type]] = MappingProxyType(
    {
        f"{group}.{kind.__name__}": kind
        for group, kinds in (
            ("agenda", (Agenda, Entry)),
            ("book", (Book,)),
            ("candles", (Candle, Candles)),
            ("day_window", (DayWindow, Hour)),
            ("holdings", (Delegation, Loan, MultiSig, Referral, Rewards, Staking, StakingLink)),
            ("holdings", (StakingReward, StakingUpdate, Vault, VaultStake)),
            ("identity", (Identity,)),
            ("market_maker", (MarketMaker,)),
            ("model", (Account, Agent, DayVolume, Fill, FillLiquidation, FundingPayment, FundingRate, HistoryRow)),
            ("model", (LedgerUpdate, Leverage, Order, OrderRow, Position, Quote, Rates, TradePrint, Twap, TwapRow)),
            ("nonces", (Nonces,)),
            ("premiums", (Premium,)),
        )
        for kind in kinds
    }
)
"""The objects that a state is made of, by their names in a dump. A name belongs to the format: it stays when its class
moves, so that older dumps can be read."""
_NAMES: Final = {kind: name for name, kind in KINDS.items()}
_ATOMS: Final = frozenset({type(None), bool, int, str})


class DumpError(ValueError):
    """It is no dump, it is damaged, a newer version wrote it, or it is of another universe of markets."""


def dump(state: State, clock_ms: int) -> bytes:
    """Everything that the exchange holds.

    Args:
        clock_ms: exchange time, which belongs to the state.

    Raises:
        TypeError: the state holds something that no dump can hold; names the place.
    """
    attributes = {name: value for name, value in vars(state).items() if name not in FIXED}
    body = msgspec.json.encode(_Writer(attributes).plain(attributes, "state"))
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "universe": state.profile.universe,
        "profile": state.profile.name,
        "clock_ms": clock_ms,
        "sha256": sha256(body).hexdigest(),
    }
    return msgspec.json.encode({**head, "state": msgspec.Raw(body)}) + b"\n"


def load(state: State, data: bytes) -> int:
    """Put an exchange into the state of a dump, whole or not at all; ids go on from the higher of the two.

    Returns:
        the dump's exchange time, ms.

    Raises:
        DumpError: the dump cannot be used; says why.
    """
    head = _head(data)
    if head.universe != state.profile.universe:
        raise DumpError(
            f"the dump is of the markets of {head.universe!r}, this exchange has those of {state.profile.universe!r}: "
            f"use --profile {head.profile}"
        )
    try:
        found = _Reader(state).value(msgspec.json.decode(head.state))
    except DumpError:
        raise
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise DumpError(f"the dump is damaged: {error}") from error
    fresh = state.fresh()
    if not isinstance(found, dict) or any(
        value is not None and type(found.get(name, value)) is not type(value) for name, value in fresh.items()
    ):
        raise DumpError("the dump is damaged: it does not hold the state of an exchange")
    if not found.keys() <= fresh.keys():
        raise DumpError(f"the dump holds {', '.join(sorted(found.keys() - fresh.keys()))}, which no exchange has")
    state.become(fresh | found)
    return head.clock_ms


class _Head(msgspec.Struct):
    format: str
    format_version: int
    universe: str = ""
    profile: str = ""
    clock_ms: int = 0
    state: msgspec.Raw = msgspec.Raw(b"{}")
    sha256: str | None = None
    """Of `state`; remove it from a dump that was edited by hand."""


def _head(data: bytes) -> _Head:
    try:
        head = msgspec.json.decode(data, type=_Head)
    except msgspec.MsgspecError as error:
        what = "it is cut off" if data.startswith(b'{"format"') else "it is no dump of an exchange"
        raise DumpError(f"{what}: {error}") from error
    if head.format != FORMAT:
        raise DumpError(f"it is no dump of an exchange: its format is {head.format!r}")
    if head.format_version > FORMAT_VERSION:
        raise DumpError(
            f"a newer hlmock wrote it (format version {head.format_version}, this one reads up to {FORMAT_VERSION}): "
            "upgrade hlbench"
        )
    if head.sha256 is not None and sha256(bytes(head.state)).hexdigest() != head.sha256:
        raise DumpError("the dump is damaged: its checksum differs (remove `sha256` to load one that you have edited)")
    return head


class _Writer:
    """Values to JSON-ready ones."""

    def __init__(self, root: object) -> None:
        self._shared = _shared(root)
        self._ids: dict[int, int] = {}
        """Marks that are given so far, by `id`."""

    def plain(self, value: Any, where: str) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is Decimal:
            return {"$d": str(value)}
        if kind is tuple:
            return {"$tuple": [self.plain(each, where) for each in value]}
        if kind is Market:
            return {"$market": value.coin}
        mark: dict[str, Any] = {}
        if id(value) in self._shared:
            known = self._ids.get(id(value))
            if known is not None:
                return {"$ref": known}
            mark["$id"] = self._ids[id(value)] = len(self._ids) + 1
        if kind is list:
            items = [self.plain(each, f"{where}[]") for each in value]
            return {"$list": items, **mark} if mark else items
        if kind is dict:
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {**mark, **{key: self.plain(each, f"{where}.{key}") for key, each in value.items()}}
            return {**mark, "$map": [[self.plain(k, where), self.plain(v, f"{where}[]")] for k, v in value.items()]}
        if kind is deque:
            return {**mark, "$deque": [self.plain(each, where) for each in value], "maxlen": value.maxlen}
        if kind in (set, frozenset):
            return {
                **mark,
                f"${kind.__name__}": sorted((self.plain(each, where) for each in value), key=msgspec.json.encode),
            }
        if kind not in _NAMES:
            raise TypeError(f"{where}: a {kind.__module__}.{kind.__qualname__} cannot be kept in a dump")
        held = {each: self.plain(getattr(value, each), f"{where}.{each}") for each in _names(value)}
        return {"$": _NAMES[kind], **mark, **held}


def _shared(root: object) -> set[int]:
    """`id` of everything that can change and is held in more than one place."""
    seen: set[int] = set()
    shared: set[int] = set()
    waiting: list[Any] = [root]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind in _ATOMS or kind is Decimal or kind is Market:
            continue
        if kind is not tuple and not _is_frozen(kind):
            if id(value) in seen:
                shared.add(id(value))
                continue
            seen.add(id(value))
        waiting += _children(value)
    return shared


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, tuple | list | deque | set | frozenset):
        yield from value
    else:
        for name in _names(value):
            yield getattr(value, name)


def _is_frozen(kind: type) -> bool:
    """Values that never change are written wherever they are held."""
    return issubclass(kind, tuple) or (issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen)


def _names(value: Any) -> tuple[str, ...]:
    """The attributes of an object, in the order of their definition."""
    names = _names_of(type(value))
    return tuple(getattr(value, "__dict__", ())) if names is None else names


def _names_of(kind: type) -> tuple[str, ...] | None:
    """`None` where only an instance knows them."""
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if issubclass(kind, tuple):
        named: tuple[str, ...] = getattr(kind, "_fields", ())
        return named
    slots: tuple[str, ...] | None = getattr(kind, "__slots__", None)
    return slots


class _Reader:
    """JSON-ready values to what they stood for."""

    def __init__(self, state: State) -> None:
        self._markets = state.markets
        self._marked: dict[int, Any] = {}
        self._tagged: dict[str, Callable[[dict[str, Any]], Any]] = {
            "$d": lambda plain: Decimal(plain["$d"]),
            "$ref": lambda plain: self._marked[plain["$ref"]],
            "$tuple": lambda plain: tuple([self.value(each) for each in plain["$tuple"]]),
            "$market": lambda plain: self._markets.by_coin[plain["$market"]],
            "$list": self._list,
            "$map": self._map,
            "$deque": self._deque,
            "$set": lambda plain: {self.value(each) for each in plain["$set"]},
            "$frozenset": lambda plain: frozenset([self.value(each) for each in plain["$frozenset"]]),
            "$": self._object,
        }

    def value(self, plain: Any) -> Any:
        kind = type(plain)
        if kind in _ATOMS:
            return plain
        if kind is list:
            return [self.value(each) for each in plain]
        if kind is not dict:
            raise TypeError(f"{plain!r} is nothing that a dump holds")
        for tag in plain:
            if tag in self._tagged:
                return self._tagged[tag](plain)
            if tag != "$id":
                break
        found: dict[str, Any] = {}
        self._mark(plain, found)
        for key, each in plain.items():
            if key != "$id":
                found[key] = self.value(each)
        return found

    def _mark(self, plain: dict[str, Any], value: Any) -> None:
        """Before what is in it is read: it may refer to itself."""
        if "$id" in plain:
            self._marked[plain["$id"]] = value

    def _list(self, plain: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        self._mark(plain, found)
        found += [self.value(each) for each in plain["$list"]]
        return found

    def _map(self, plain: dict[str, Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        self._mark(plain, found)
        for key, value in plain["$map"]:
            found[self.value(key)] = self.value(value)
        return found

    def _deque(self, plain: dict[str, Any]) -> deque[Any]:
        found: deque[Any] = deque(maxlen=plain["maxlen"])
        self._mark(plain, found)
        found.extend(self.value(each) for each in plain["$deque"])
        return found

    def _object(self, plain: dict[str, Any]) -> Any:
        kind = KINDS.get(plain["$"])
        if kind is None:
            raise TypeError(f"{plain['$']!r} is nothing that a dump holds")
        held = {name: each for name, each in plain.items() if not name.startswith("$")}
        names = _names_of(kind)
        if names is not None and not held.keys() <= set(names):
            raise TypeError(f"{plain['$']} has no {', '.join(sorted(held.keys() - set(names)))}")
        if _is_frozen(kind):
            return kind(**{name: self.value(each) for name, each in held.items()})
        is_struct = issubclass(kind, msgspec.Struct)
        found: Any = kind(**dict.fromkeys(names or ())) if is_struct else object.__new__(kind)
        self._mark(plain, found)
        for name, each in held.items():
            setattr(found, name, self.value(each))
        _complete(found, held)
        return found


def _complete(value: Any, held: dict[str, Any]) -> None:
    """Give an object of an older dump the defaults of the fields that it lacks."""
    for name in _names_of(type(value)) or ():
        if name not in held:
            setattr(value, name, _default(type(value), name))


def _default(kind: type, name: str) -> Any:
    for each in msgspec.structs.fields(kind) if issubclass(kind, msgspec.Struct) else ():
        if each.name == name and each.default_factory is not msgspec.NODEFAULT:
            return each.default_factory()
        if each.name == name and each.default is not msgspec.NODEFAULT:
            return each.default
    raise TypeError(f"{kind.__name__} lacks {name}")
