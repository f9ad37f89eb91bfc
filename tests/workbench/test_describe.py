"""What an event says in one line: something for every detail, and never anything that acts."""

from typing import Any, get_args

import msgspec
import pytest

from hlbench.describe import describe, key_label
from hlmock.trace import events as ev
from hlmock.trace.events import AnyDetail, TraceEvent
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE

KINDS = get_args(AnyDetail)


def _filled(kind: type, text: str) -> Any:
    """A detail with every field set, texts to `text`."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        kinds = {field.type, *get_args(field.type)}
        if str in kinds:
            values[field.name] = text
        elif int in kinds:
            values[field.name] = 7
        elif bool in kinds:
            values[field.name] = True
        elif field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
            values[field.name] = {} if "dict" in str(field.type) else ()
        elif tuple in {getattr(each, "__origin__", None) for each in kinds} and field.name in ("found", "statuses"):
            values[field.name] = (text,)
    return kind(**values)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_every_kind_of_detail_says_something(kind: type) -> None:
    event = TraceEvent(1, 0, 0, "some.stage", account=ALICE, channel="orderUpdates", key="k", detail=_filled(kind, "x"))
    assert describe(event, {}).strip()


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_no_detail_lets_outside_text_act(kind: type) -> None:
    for text in HOSTILE.values():
        event = TraceEvent(1, 0, 0, "s", account=ALICE, coin=text, channel=text, key=text, detail=_filled(kind, text))
        shown = describe(event, {ALICE: text})
        assert_inert(shown)
        assert len(shown) <= 400


def test_an_event_without_a_detail_says_nothing() -> None:
    assert describe(TraceEvent(1, 0, 0, "some.stage"), {}) == ""


def test_a_key_names_its_account() -> None:
    assert key_label(f"orderUpdates:{ALICE}", ALICE, {ALICE: "alice"}) == "orderUpdates alice"
    assert key_label("l2Book:BTC", None, {}) == "l2Book:BTC"


def test_near_misses_are_told_with_the_resolution() -> None:
    detail = ev.RegistryResolved(1, (), 4, (ev.NearMiss("c3", "orderUpdates:0xabc", "agent"),))
    event = TraceEvent(1, 0, 0, "registry.resolved", detail=detail)
    assert describe(event, {}) == "0 found of 4 · near: c3 by agent"
