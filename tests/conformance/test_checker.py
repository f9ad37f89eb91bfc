"""The checker of shapes finds what is planted, and says where."""

from typing import Any

import pytest

from support.conformance import (
    ADDRESS,
    COUNT,
    DECIMAL,
    FLAG,
    MS,
    SIDE,
    Fields,
    ListOf,
    MapOf,
    Maybe,
    Place,
    Report,
    Shape,
    Tagged,
    faults_of,
    fields,
    one_of,
    or_null,
    row,
)

ORDER = fields(coin=SIDE, px=DECIMAL, n=COUNT, note=Maybe(FLAG))
UNION = Tagged("type", {"a": fields(type=SIDE), "b": Fields({"type": ADDRESS, "px": DECIMAL})})


@pytest.mark.parametrize("text", ["0.0", "1.0", "29792.0", "-0.5", "0.00001", "1082156.5716000001", "1000000.0"])
def test_a_decimal_has_at_least_one_decimal_and_is_the_shortest(text: str) -> None:
    assert faults_of(DECIMAL, text) == []


@pytest.mark.parametrize(
    "text", ["1", "1.", ".5", "1.50", "0.00", "-0.0", "01.0", "1e5", "1.0e5", "NaN", "", 1.5, None]
)
def test_what_is_no_such_decimal_is_found(text: Any) -> None:
    assert faults_of(DECIMAL, text) == [f"$: not a decimal string: {text!r}"]


@pytest.mark.parametrize(
    ("shape", "value", "fault"),
    [
        (ORDER, {"px": "1.0", "coin": "B", "n": 1}, "$: keys in another sequence: ['px', 'coin', 'n']"),
        (ORDER, {"coin": "B", "px": "1.0"}, "$.n: missing"),
        (ORDER, {"coin": "B", "px": "1.0", "n": 1, "zzz": 1}, "$.zzz: unknown key"),
        (ORDER, {"coin": "B", "px": "1.0", "n": True}, "$.n: not a count: True"),
        (ORDER, {"coin": "B", "px": "1.0", "n": 1, "note": None}, "$.note: none of [True, False]: None"),
        (ListOf(ORDER), [{"coin": "B", "px": "1.0", "n": 1}, {"coin": "B", "px": 1, "n": 1}], "$[1].px: not a dec"),
        (ListOf(row(MS, DECIMAL)), [[1, "1.0"]], "$[0][0]: not a time in ms: 1"),
        (row(MS, DECIMAL), [1], "$: not a list of 2: [1]"),
        (MapOf(SIDE, DECIMAL), {"B": "1.0", "C": "1.0"}, "$.C: none of ['B', 'A']"),
        (MapOf(SIDE, DECIMAL), {"B": 1}, "$.B: not a decimal string: 1"),
        (or_null(ORDER), {"coin": "B", "px": "1.0", "n": -1}, "$.n: not a count: -1"),
        (UNION, {"type": "c"}, "$: 'type' is none of ['a', 'b']: {'type': 'c'}"),
        (UNION, [], "$: 'type' is none of ['a', 'b']: []"),
        (ADDRESS, "0x" + "A" * 40, "$: not an address in lower case"),
        (FLAG, 1, "$: none of [True, False]: 1"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_planted_fault_is_found_where_it_is(shape: Shape, value: Any, fault: str) -> None:
    (found,) = faults_of(shape, value)
    assert found.startswith(fault)


def test_every_choice_that_a_value_took_is_counted() -> None:
    shape = fields(rows=ListOf(one_of(order=ORDER, none=exactly_none())))
    report = Report()
    shape.check({"rows": [None, {"coin": "A", "px": "1.0", "n": 1}]}, Place(), report)
    assert report.faults == []
    assert set(shape.choices(Place())) - report.seen == {"$.rows[]<order>.note"}
    shape.check({"rows": [{"coin": "A", "px": "1.0", "n": 1, "note": True}]}, Place(), report)
    assert report.seen == set(shape.choices(Place()))


def exactly_none() -> Shape:
    return or_null(ORDER).branches["null"]
