"""The forms of an L1 action that clients pack instead of the canonical one, each with a sentence that says so."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from hlmock.signing.hashing import checksummed
from hlmock.wire.actions import BaseAction, DeployerAction, pack
from hlmock.wire.addresses import Address

Form = tuple[str, bytes]
"""Sentence and packed action."""

_OPTIONAL: dict[str, tuple[tuple[str, bool | None], ...]] = {
    "order": (("builder", None),),
    "cancel": (("f", False), ("f", None)),
    "cancelByCloid": (("f", False), ("f", None)),
    "modify": (("a", False), ("a", None)),
    "batchModify": (("a", False), ("a", None)),
    "scheduleCancel": (("time", None),),
    "twapOrder": (("details", None),),
    "reserveRequestWeight": (("destination", None),),
}
"""Keys that belong left out, with what clients sign in their place. Every one of them is its action's last key."""

_HEX = re.compile(r"0x(?:[0-9a-f]{40}|[0-9a-f]{32})").fullmatch
_PACKED_HEX = re.compile(rb"\xd9([\x20-\xff])(?=0x[0-9a-f]{32})")

_SHOWN_DIFFERENCES = 3


def as_sent(action: BaseAction | DeployerAction, raw: bytes) -> Iterator[Form]:
    """The action exactly as it came. The sentence lists how that differs from the canonical form."""
    sent = msgspec.json.decode(raw)
    try:
        packed = pack(sent)
    except OverflowError:  # an unknown key with a number that MessagePack cannot hold: nobody has signed that
        return
    if packed == pack(action):
        return
    differences = list(_differences("", sent, _plain(action)))
    shown = "; ".join(differences[:_SHOWN_DIFFERENCES])
    more = len(differences) - _SHOWN_DIFFERENCES
    yield (
        "The client signed the action as it sent it, but what counts is the exchange's own form: "
        f"{shown}{f'; and {more} more' if more > 0 else ''}.",
        packed,
    )


def other_forms(action: BaseAction | DeployerAction) -> Iterator[Form]:
    """Forms that the client signed although it sent the right one."""
    canonical = _plain(action)
    with_nulls = _orders_with_null_cloid(canonical)
    if with_nulls != canonical:
        yield 'The client signed "c": null; an order without a cloid has no key c.', pack(with_nulls)
    for key, value in _OPTIONAL.get(canonical["type"], ()):
        if key not in canonical:
            shown = f'"{key}": {msgspec.json.encode(value).decode()}'
            yield f"The client signed {shown}; that key must be left out.", pack(canonical | {key: value})
            if with_nulls != canonical:
                yield (
                    f'The client signed "c": null and {shown}; both keys must be left out.',
                    pack(with_nulls | {key: value}),
                )
    yield "The client signed with its keys sorted by name.", pack(_sorted(canonical))
    for sentence, change in _VALUE_CHANGES:
        yield sentence, pack(_changed(canonical, change))


def with_str16(packed: bytes) -> bytes:
    """Cloids and addresses with a MessagePack str 16 header, as a popular Go library writes them."""
    return _PACKED_HEX.sub(lambda header: b"\xda\x00" + header[1], packed)


def _plain(action: BaseAction | DeployerAction) -> Any:
    return msgspec.msgpack.decode(pack(action))


def _differences(path: str, sent: Any, canonical: Any) -> Iterator[str]:
    """How a sent value differs from its canonical form, path by path, in words."""
    if isinstance(sent, dict) and isinstance(canonical, dict):
        here = path or "the action"
        for key in sent:
            if key not in canonical:
                yield f"{_join(path, key)} ({_json(sent[key])}) must be left out"
        for key in canonical:
            if key not in sent:
                yield f"{_join(path, key)} must be {_json(canonical[key])} and is missing"
        sent_order = [key for key in sent if key in canonical]
        order = [key for key in canonical if key in sent]
        if sent_order != order:
            yield f"the keys of {here} must come as {' '.join(order)}, not {' '.join(sent_order)}"
        for key in order:
            yield from _differences(_join(path, key), sent[key], canonical[key])
    elif isinstance(sent, list) and isinstance(canonical, list):
        for index, (one, other) in enumerate(zip(sent, canonical, strict=True)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif sent != canonical:
        yield f"{path} must be {_json(canonical)}, not {_json(sent)}"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _json(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:80] + "…"


def _orders_with_null_cloid(value: Any) -> Any:
    """A copy in which every order without a cloid has `c: null`, which is where a cloid would be: last."""
    if isinstance(value, list):
        return [_orders_with_null_cloid(each) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _orders_with_null_cloid(each) for key, each in value.items()}
    return copy | {"c": None} if {"a", "b", "p", "s", "t"} <= copy.keys() and "c" not in copy else copy


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted(each) for each in value]
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy with every leaf changed."""
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        return {key: _changed(each, change) for key, each in value.items()}
    return change(value)


def _mixed_case(leaf: Any) -> Any:
    return checksummed(Address(leaf)) if isinstance(leaf, str) and len(leaf) == 42 and _HEX(leaf) else leaf


def _upper_case(leaf: Any) -> Any:
    return "0x" + leaf[2:].upper() if isinstance(leaf, str) and _HEX(leaf) else leaf


def _bare(leaf: Any) -> Any:
    return leaf[2:] if isinstance(leaf, str) and _HEX(leaf) else leaf


def _float_if_large(leaf: Any) -> Any:
    return float(leaf) if isinstance(leaf, int) and abs(leaf) >= 2**32 else leaf


def _float(leaf: Any) -> Any:
    return float(leaf) if isinstance(leaf, int) and not isinstance(leaf, bool) else leaf


_VALUE_CHANGES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("The client signed addresses in checksummed case; lower case is what counts.", _mixed_case),
    ("The client signed addresses or cloids in upper case; lower case is what counts.", _upper_case),
    ("The client signed addresses or cloids without 0x.", _bare),
    ("The client packed integers of 2^32 and more as floats.", _float_if_large),
    ("The client packed integers as floats.", _float),
)
