"""The other pictures over the demo, over nothing, and over much."""

from collections.abc import Callable
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.demo.story import HASTY_CLOID
from hlbench.plots import Figure, heatmap, latencies, outboxes, waterfall
from hlbench.plots.depths import depths_of
from hlbench.plots.figure import Area, Arrows, Bars, Cells, Labels, Line, Marks
from hlmock.trace import stages
from support.demo import played
from support.hostile import FORBIDDEN, HOSTILE
from support.streams import ALICE, BOB, Stream, cloid_of


@pytest.fixture(scope="module")
def demo() -> Timeline:
    return Timeline(played())


@pytest.fixture(scope="module")
def busy() -> Timeline:
    """60 connections, of which c60 subscribes late, and 3,000 orders."""
    stream = Stream(capacity=10**6)
    for number in range(59):
        stream.subscribe(f"c{number + 1}", ALICE)
    stream.connect("c60")
    for number in range(300):
        stream.order(ALICE if number < 290 else BOB, cloid=cloid_of(number))
        stream.clock.advance(ms=1)
    stream.subscribe("c60", BOB)
    return Timeline(stream.events)


def of_kind(figure: Figure, kind: type[Any]) -> list[Any]:
    return [layer for layer in figure.layers if isinstance(layer, kind)]


DRAWN: dict[str, Callable[[Timeline], Figure]] = {
    "latencies": latencies,
    "heatmap": heatmap,
    "heatmap of accounts": lambda timeline: heatmap(timeline, rows="account"),
    "outboxes": outboxes,
    "outboxes by seq": lambda timeline: outboxes(timeline, by="seq"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_drawn_in_both_forms_of_something_of_much_and_of_nothing(
    demo: Timeline, busy: Timeline, name: str
) -> None:
    for timeline in (demo, busy, Timeline([])):
        figure = DRAWN[name](timeline)
        assert figure.to_svg().startswith("<svg")
        assert len(figure.to_html(plotlyjs=False)) < 400_000
        figure.to_plotly()


def test_a_waterfall_has_a_row_for_every_event_of_the_orders_paths(demo: Timeline) -> None:
    figure = waterfall(demo, cloid=HASTY_CLOID)
    paths = next(iter(demo.why(cloid=HASTY_CLOID).paths.values()))
    assert sum(len(bars.y) for bars in of_kind(figure, Bars)) == sum(map(len, paths))
    strong = [tick.text for tick in figure.y.ticks or () if tick.strong]
    assert [each.partition(": ")[2] for each in strong] == ["open", "canceled"]


def test_a_waterfall_shows_when_each_event_came_and_what_it_waited_for(demo: Timeline) -> None:
    order = demo.orders.iloc[0]
    figure = waterfall(demo, oid=int(demo.orders.index[0]))
    at = {
        event: x
        for marks in of_kind(figure, Marks)
        if "event" in marks.fields
        for event, x in zip(marks.fields["event"], marks.x, strict=True)
    }
    assert min(at.values()) == 0
    assert int(at[f"order.stored #{_stored(demo, int(demo.orders.index[0]))}"]) == order["stored_us"]


def _stored(timeline: Timeline, oid: int) -> int:
    events = timeline.events
    return int(events.index[(events["stage"] == stages.ORDER_STORED) & (events["oid"] == oid)][0])


def test_a_waterfall_ends_in_what_is_missing(demo: Timeline) -> None:
    figure = waterfall(demo, cloid=HASTY_CLOID)
    (dashed,) = [arrows for arrows in of_kind(figure, Arrows) if arrows.dashed]
    assert len(dashed.x0) == 1
    assert ["before subscription"] in [labels.text for labels in of_kind(figure, Labels)]


def test_without_such_an_order_there_is_no_waterfall(demo: Timeline) -> None:
    with pytest.raises(ValueError, match="never seen"):
        waterfall(demo, oid=1)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_cloid_from_outside_is_text_in_a_waterfall(name: str) -> None:
    hostile = HOSTILE[name].encode("utf-8", "replace").decode()  # no wire carries a lone surrogate
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, cloid=hostile.lower(), coin=hostile)
    figure = waterfall(Timeline(stream.events), oid=100)
    assert not set(figure.to_svg()) & FORBIDDEN
    assert "<script>alert" not in figure.to_html(plotlyjs=False)


def test_every_stage_has_its_distribution_and_quantiles(demo: Timeline) -> None:
    figure = latencies(demo)
    rows = [tick.text for tick in figure.y.ticks or ()]
    assert len(of_kind(figure, Area)) == len(rows)
    assert rows[-1] == "commit to write"
    middle = next(marks for marks in of_kind(figure, Marks) if marks.name == "p50")
    accepted = demo.orders["accepted_us"].astype("int64")
    assert middle.x[rows.index(stages.ACTION_ACCEPTED)] == accepted.quantile(0.5, interpolation="higher")


def test_a_heat_map_counts_every_expected_delivery_once(demo: Timeline, busy: Timeline) -> None:
    cells = of_kind(heatmap(demo), Cells)
    assert sum(sum(layer.fields["expected"]) for layer in cells) == int(demo.deliveries["expected"].sum())
    assert [layer.text for layer in cells if layer.name == "missing"] == [["1"]]
    figure = heatmap(busy)
    assert "10 more rows are not shown" in figure.subtitle
    assert "c60" in [tick.text for tick in figure.y.ticks or ()]


def test_the_depth_of_an_outbox_is_what_the_server_said(demo: Timeline) -> None:
    said = demo.details(stages.DELIVERY_ENQUEUED)["depth"]
    assert depths_of(demo).loc[said.index, "depth"].tolist() == said.tolist()
    most = depths_of(demo).groupby("connection")["depth"].max().astype("int64")
    assert most.to_dict() == demo.connections["max_depth"].to_dict()


def test_of_many_connections_the_deepest_outboxes_are_shown(busy: Timeline) -> None:
    figure = outboxes(busy)
    assert len(of_kind(figure, Line)) == 8
    assert "52 more connections are not shown" in figure.subtitle
    assert all(len(line.x) <= 1_000 for line in of_kind(figure, Line))
