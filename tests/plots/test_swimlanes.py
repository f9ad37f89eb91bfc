"""Swimlanes: who was there, what was sent, and what is missing, from the demo and from 100,000 orders."""

from typing import Any

import pytest

from hlbench import Timeline
from hlbench.plots import Figure, swimlanes
from hlbench.plots.figure import Arrows, Bars, Labels, Marks
from support.demo import played
from support.streams import ALICE, BOB, Stream, cloid_of


@pytest.fixture(scope="module")
def demo() -> Timeline:
    return Timeline(played())


def layer(figure: Figure, kind: type[Any], name: str) -> Any:
    return next(
        each for each in (*figure.layers, *figure.detail, *figure.above) if isinstance(each, kind) and each.name == name
    )


def test_accounts_stand_above_their_connections(demo: Timeline) -> None:
    ticks = swimlanes(demo).y.ticks or ()
    assert [(tick.text, tick.strong) for tick in ticks] == [
        ("alice", True),
        ("c1", False),
        ("c2", False),
        ("c4", False),
        ("carol", True),
        ("c3", False),
        ("bob", True),
        ("c5", False),
    ]
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)


def test_every_subscription_is_a_bar_and_every_update_a_mark(demo: Timeline) -> None:
    figure = swimlanes(demo)
    bars = [each for each in figure.layers if isinstance(each, Bars) and each.name]
    assert sum(len(each.x0) for each in bars) == len(demo.subscriptions)
    assert len(layer(figure, Marks, "order update").x) == demo.deliveries["updated_seq"].nunique()


def test_a_delivery_is_an_arrow_from_its_update_to_its_write(demo: Timeline) -> None:
    figure = swimlanes(demo, by="seq")
    arrows = layer(figure, Arrows, "delivered")
    delivered = demo.deliveries[demo.deliveries["expected"] & (demo.deliveries["group"] == "delivered")]
    assert arrows.x0 == delivered["updated_seq"].tolist()
    assert arrows.x1 == delivered["written_seq"].tolist()


def test_what_is_missing_is_dashed_and_ends_in_its_verdict(demo: Timeline) -> None:
    figure = swimlanes(demo)
    (dashed,) = [each for each in figure.above if isinstance(each, Arrows) and each.dashed]
    assert len(dashed.x0) == 1
    assert dashed.y0 != dashed.y1
    assert [each.text for each in figure.above if isinstance(each, Labels)] == [["before subscription"]]
    assert figure.title == "1 of 20 deliveries are missing"
    assert layer(figure, Marks, "missing").fields["verdict"] == ["before_subscription"]


def test_without_events_there_is_an_empty_picture() -> None:
    figure = swimlanes(Timeline([]))
    assert figure.title == "No deliveries were expected"
    assert figure.to_svg().startswith("<svg")
    assert figure.to_html()


def test_where_no_time_passes_events_stand_side_by_side() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    frozen = [event for event in stream.events if event.mono_ns == stream.events[0].mono_ns]
    assert swimlanes(Timeline(frozen)).x.label == "seq of the event"
    assert swimlanes(Timeline(stream.events)).x.label == "time since the first event, µs"


def test_many_orders_are_counted_where_they_are_and_kept_for_a_closer_look() -> None:
    stream = Stream(capacity=10**6)
    stream.subscribe("c1", ALICE)
    for number in range(2_500):
        stream.order((ALICE, BOB)[number % 2], cloid=cloid_of(number))
        stream.clock.advance(ms=1)
    timeline = Timeline(stream.events)
    figure = swimlanes(timeline)
    assert "zoom in" in figure.subtitle
    dots = [each for each in figure.overview if isinstance(each, Marks)]
    counted = {each.name: sum(map(int, map(str, each.fields[f"{each.name}, here"]))) for each in dots}
    assert counted == {"delivered": 1_250, "order update": 2_500}
    assert {each.name for each in figure.detail} == {"delivered", "order update"}
    assert len(figure.to_svg()) < 500_000
    page = figure.to_html(plotlyjs=False)
    assert len(page) < 2_000_000


def test_of_many_connections_those_with_something_missing_are_shown_first() -> None:
    stream = Stream()
    for number in range(60):
        stream.subscribe(f"c{number + 1}", ALICE)
    stream.order(ALICE)
    stream.connect("c99")
    stream.order(BOB)
    stream.subscribe("c99", BOB)
    figure = swimlanes(Timeline(stream.events))
    assert "21 more connections are not shown" in figure.subtitle
    assert "c99" in [tick.text for tick in figure.y.ticks or ()]
