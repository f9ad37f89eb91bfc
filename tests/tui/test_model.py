"""The application's fold, alone: orders, verdicts, problems, names, bounds."""

import gc
import tracemalloc

import pytest

from hlbench.tui.marks import LEGEND
from hlbench.tui.model import LiveModel
from hlbench.tui.orders import symbol_of
from hlbench.tui.pages import EventPages
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.verdicts.codes import VerdictCode
from support.streams import ALICE, BOB, Stream, cloid_of
from support.tui import StreamSource, missing_order, name_accounts, scene, trade


def _model(stream: Stream, *, since: int = 0, **settings: int) -> LiveModel:
    model = LiveModel(**settings)
    model.apply(stream.log.since(since))
    model.look()
    return model


def test_an_order_counts_its_deliveries() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", ALICE)
    trade(stream, ALICE, "BTC", "B", "66344", "0.02", 1)
    (row,) = _model(stream).orders.rows
    assert (row.delivered, row.expected, row.symbol) == (2, 2, "✓")
    assert (row.coin, row.side, row.px, row.orig_sz, row.cloid) == ("BTC", "B", "66344", "0.02", cloid_of(1))


def test_an_order_that_nobody_listens_to_misses_nothing() -> None:
    stream = Stream()
    trade(stream, ALICE, "BTC", "B", "66344", "0.02", 1)
    (row,) = _model(stream).orders.rows
    assert (row.delivered, row.expected, row.symbol) == (0, 0, "·")


def test_the_first_missing_update_is_the_first_problem() -> None:
    stream = Stream()
    trade(stream, ALICE, "BTC", "B", "1", "1", 1)
    first = missing_order(stream, 5)
    stream.clock.advance(ms=20_000)
    missing_order(stream, 6)
    model = _model(stream)
    problem = model.first_problem()
    assert problem is not None
    assert (problem.oid, problem.symbol, problem.worst) == (first, "✗", VerdictCode.BEFORE_SUBSCRIPTION)
    assert model.totals["missing"] == 2
    assert model.missed_by(first) == ("c5",)
    assert model.missing_of["c5"] == 1


def test_a_late_delivery_is_a_problem_but_a_missing_one_comes_first() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (slow,) = stream.place(ALICE)
    stream.resolve(slow)
    stream.enqueue(slow, "c1")
    stream.clock.advance(ms=900)
    stream.write(slow, "c1")
    model = _model(stream)
    late = model.first_problem()
    assert late is not None
    assert (late.symbol, model.totals["late"]) == ("◐", 1)
    missing = missing_order(stream)
    model.apply(stream.log.since(model.seq))
    model.look()
    first = model.first_problem()
    assert first is not None
    assert first.oid == missing


def test_a_pending_delivery_becomes_delivered_without_another_order() -> None:
    stream = scene()
    model = _model(stream)
    row = model.orders.rows[-1]
    assert (row.symbol, model.totals["pending"]) == ("…", 1)
    enqueued = next(e for e in reversed(stream.events) if e.connection == "c4" and e.stage == stages.DELIVERY_ENQUEUED)
    stream.write_frame("c4", enqueued.seq, publication=enqueued.detail.publication)  # type: ignore[union-attr]
    model.apply(stream.log.since(model.seq))
    model.judge()
    assert (row.symbol, row.delivered, model.totals["pending"]) == ("✓", 2, 0)


def test_a_subscription_that_comes_later_changes_the_verdict_of_the_order_before() -> None:
    stream = Stream()
    stream.connect("c1")
    trade(stream, BOB, "ETH", "A", "1950", "3", 1)
    model = _model(stream)
    assert model.orders.rows[0].symbol == "·"
    stream.subscribe("c1", BOB)
    model.apply(stream.log.since(model.seq))
    model.look()
    assert model.orders.rows[0].symbol == "✗"


@pytest.mark.parametrize("code", VerdictCode)
def test_every_verdict_has_a_symbol_that_the_help_explains(code: VerdictCode) -> None:
    assert symbol_of(code) in dict(LEGEND)


def test_a_path_that_a_gate_holds_is_shown_as_held() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.log.emit(stages.GATE_HELD, cause=publication.seq, detail=ev.GateEvent("g1", "publisher", 1))
    model = _model(stream)
    assert model.orders.rows[0].symbol == "‖"
    stream.log.emit(stages.GATE_RELEASED, detail=ev.GateEvent("g1", "publisher", 0))
    stream.deliver(publication)
    model.apply(stream.log.since(model.seq))
    model.judge()
    assert model.orders.rows[0].symbol == "✓"


def test_the_next_problem_goes_around_the_end() -> None:
    stream = Stream()
    oids = [missing_order(stream, number) for number in (5, 6, 7)]
    model = _model(stream)
    row = model.first_problem()
    assert row is not None
    seen = [row.oid]
    for _ in range(3):
        row = model.problem_beside(row.number, 1)
        assert row is not None
        seen.append(row.oid)
    assert seen == [*oids, oids[0]]
    back = model.problem_beside(model.orders.rows[0].number, -1)
    assert back is not None
    assert back.oid == oids[-1]


def test_a_reader_that_starts_late_has_the_open_orders_and_names_of_the_checkpoint() -> None:
    stream = Stream()
    name_accounts(stream)
    stream.subscribe("c1", ALICE)
    trade(stream, ALICE, "BTC", "B", "1", "1", 1)
    at = stream.log.checkpoint()
    model = _model(stream, since=at - 1)
    (row,) = model.orders.rows
    assert (row.coin, row.status, row.trees) == ("BTC", "open", [])
    assert model.names[ALICE] == "alice"
    assert model.registry.owner_of("c1") == ALICE


def test_an_orders_tree_leads_from_an_event_back_to_it() -> None:
    stream = scene()
    model, pages = _model(stream), EventPages(StreamSource(stream))
    row = model.orders.rows[7]
    for seq in row.trees[0]:
        event = pages.get(seq)
        assert event is not None
        assert model.order_of(event, pages) is row


def test_an_event_of_no_order_leads_to_none() -> None:
    stream = scene()
    model, pages = _model(stream), EventPages(StreamSource(stream))
    opened = next(event for event in stream.events if event.stage == stages.CONNECTION_OPENED)
    assert model.order_of(opened, pages) is None


def test_orders_are_forgotten_in_their_order_but_stay_counted() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    missing_order(stream)
    for number in range(1, 301):
        trade(stream, ALICE, "BTC", "B", "1", "1", number)
    model = LiveModel(orders_kept=100)
    while events := stream.log.since(model.seq, 200):
        model.apply(events)
        model.look()
    assert len(model.orders.rows) <= 100
    assert model.orders.seen == 301
    assert model.orders.rows[-1].cloid == cloid_of(300)
    assert [model.orders.index_of(row) for row in model.orders.rows[:3]] == [0, 1, 2]
    assert model.totals["delivered"] == 300
    assert model.totals["missing"] == 1
    assert model.problems == {}
    assert model.orders.uses_of(cloid_of(1)) == 0


def test_memory_does_not_grow_with_the_stream() -> None:
    stream = Stream(capacity=2_000, checkpoint_every=500)
    stream.subscribe("c1", ALICE)
    model = LiveModel(orders_kept=200)

    def feed(orders: int) -> int:
        for number in range(orders):
            stream.orders.clear()
            stream.order(ALICE, cloid=cloid_of(number))
            stream.clock.advance(ms=40)
            if number % 50 == 0:
                model.apply(stream.log.since(model.seq))
                model.look()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        settled = feed(3_000)
        later = feed(1_000)
    finally:
        tracemalloc.stop()
    assert later - settled < 100_000
