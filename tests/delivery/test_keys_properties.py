"""Any subscription: its normal form is that of itself, and says everything that was sent."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hlmock.delivery.keys import INTERVALS, TYPES, parse_subscription

_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "user": st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).map("0x".__add__),
    "coin": st.text(),
    "dex": st.text(),
    "interval": st.sampled_from(INTERVALS),
    "sig_figs": st.integers(),
    "mantissa": st.integers(),
    "flag": st.booleans(),
}


@st.composite
def subscriptions(draw: st.DrawFn) -> dict[str, Any]:
    """Of any type, optional fields absent, null or set, in any sequence, with a key that nobody knows."""
    type_ = draw(st.sampled_from(sorted(TYPES)))
    pairs: list[tuple[str, Any]] = [("type", type_), ("unknown", 1)]
    for each in TYPES[type_]:
        value = _VALUES[each.kind]
        if each.required or draw(st.booleans()):
            pairs.append((each.name, draw(value if each.required else st.none() | value)))
    return dict(draw(st.permutations(pairs)))


@given(subscriptions())
def test_the_echo_is_the_same_subscription_and_its_own_echo(sent: dict[str, Any]) -> None:
    parsed = parse_subscription(sent)
    again = parse_subscription(msgspec.json.decode(parsed.echo))
    assert again == parsed


@given(subscriptions())
def test_the_echo_says_everything_that_was_sent_but_the_unknown(sent: dict[str, Any]) -> None:
    """A null flag is said as its default."""
    echo = msgspec.json.decode(parse_subscription(sent).echo)
    flags = {each.name for each in TYPES[sent["type"]] if each.kind == "flag"}
    known = {name: value for name, value in sent.items() if name != "unknown" and not (name in flags and value is None)}
    if "user" in known:
        known["user"] = known["user"].lower()
    assert next(iter(echo)) == "type"
    assert known.items() <= echo.items()
