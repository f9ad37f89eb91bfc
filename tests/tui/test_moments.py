"""The board at a moment in the past, against a board that has only seen the events up to then."""

import asyncio

import pytest

from hlbench.tui.model import LiveModel
from hlbench.tui.moments import Moment, as_of, state_of
from hlbench.tui.session import Session
from hlmock.trace.folds import StreamState
from hlmock.verdicts.codes import VerdictCode
from support.golden import assert_golden
from support.streams import ALICE, Stream
from support.tui import StreamSource, press, running, scene, screen_text, trade

END = scene().log.last_seq


def model_of(stream: Stream, seq: int) -> LiveModel:
    model = LiveModel()
    model.apply(stream.log.since(0)[:seq])
    model.look()
    return model


def moment(stream: Stream, seq: int) -> Moment:
    return Moment(model_of(stream, stream.log.last_seq), StreamSource(stream), seq)


@pytest.mark.parametrize("seq", range(1, END + 1, 7))
def test_registry_and_connections_are_those_of_the_events_up_to_then(seq: int) -> None:
    stream = scene()
    then, past = model_of(stream, seq), moment(stream, seq)
    assert past.state.to_checkpoint() == then.state.to_checkpoint()
    assert past.registry.nodes(past.state, ()) == past.registry.nodes(then.state, ())


@pytest.mark.parametrize("seq", range(1, END + 1, 7))
def test_orders_are_listed_as_they_stood_then(seq: int) -> None:
    stream = scene()
    then, past = model_of(stream, seq), moment(stream, seq)
    shown = [(row.oid, row.status, row.sz, row.px) for row in past.orders.rows]
    assert shown == [(row.oid, row.status, row.sz, row.px) for row in then.orders.rows]


@pytest.mark.parametrize("seq", range(1, END + 1, 7))
def test_what_was_delivered_then_is_what_a_board_without_the_later_events_says(seq: int) -> None:
    stream = scene()
    then, past = model_of(stream, seq), moment(stream, seq)
    for row in past.orders.rows:
        assert row.delivered == then.orders.get(row.oid).delivered  # type: ignore[union-attr]


def test_a_verdict_is_on_its_way_before_the_event_that_decides_it() -> None:
    stream = scene()
    model = model_of(stream, stream.log.last_seq)
    problem = model.first_problem()
    assert problem is not None
    (row,) = [each for each in model.deliveries(problem.oid) if each.expected]
    assert row.verdict.code is VerdictCode.BEFORE_SUBSCRIPTION
    before = as_of(row, row.decided_at - 1)
    assert before is not None
    assert (before.verdict.code, before.verdict.final) == (VerdictCode.PENDING, False)
    assert as_of(row, row.decided_at) == row
    assert as_of(row, row.updated - 1) is None


def test_a_problem_is_none_before_it_was_decided() -> None:
    stream = scene()
    end = model_of(stream, stream.log.last_seq)
    problem = end.first_problem()
    assert problem is not None
    assert moment(stream, problem.decided - 1).first_problem() is None
    found = moment(stream, problem.decided)
    assert [row.oid for row in found.problems.values()] == [problem.oid]
    assert found.totals["missing"] == 1
    assert found.missing_of == {"c5": 1}


def test_the_fold_starts_from_the_newest_checkpoint_before_the_moment() -> None:
    stream = Stream(checkpoint_every=50)
    stream.subscribe("c1", ALICE)
    for number in range(60):
        trade(stream, ALICE, "BTC", "B", "1", "1", number + 1)
    whole = StreamState()
    whole.apply_all(stream.log.since(0)[:400])
    reads: list[int] = []

    class Counting(StreamSource):
        def read(self, since: int, limit: int | None = None) -> list:  # type: ignore[type-arg]
            reads.append(since)
            return super().read(since, limit)

    assert state_of(Counting(stream), 400).to_checkpoint() == whole.to_checkpoint()
    assert len(reads) == 1


def test_travelling_pauses_and_going_on_shows_the_newest() -> None:
    stream = scene()
    session = Session(StreamSource(stream), clock_ns=lambda: 0)
    session.drain(10**9)
    session.travel(100)
    assert (session.board.seq, session.is_paused, session.status.state) == (100, True, "past")
    session.resume()
    assert (session.board.seq, session.is_paused) == (END, False)


@pytest.mark.parametrize(("asked", "stood"), [(-5, 1), (0, 1), (10**9, END)])
def test_the_cursor_stays_within_what_can_be_read(asked: int, stood: int) -> None:
    session = Session(StreamSource(scene()), clock_ns=lambda: 0)
    session.drain(10**9)
    session.travel(asked)
    assert session.board.seq == stood


def test_the_past_is_shown_in_every_pane() -> None:
    async def run() -> str:
        async with running(StreamSource(scene())) as (app, pilot):
            await press(app, pilot, *["left"] * 45)
            return screen_text(app)

    text = asyncio.run(run())
    assert "◀ PAST" in text
    assert f"seq {END - 45}" in text
    assert_golden("tui/past-120x36.txt", text)


def test_a_click_on_the_bar_travels_there() -> None:
    async def run() -> tuple[int, int]:
        async with running(StreamSource(scene())) as (app, pilot):
            await press(app, pilot, "left")
            await pilot.click("Scrubber", offset=(60, 0))
            await press(app, pilot)
            first = app.session.board.seq
            await press(app, pilot, "shift+right")
            return first, app.session.board.seq

    clicked, order_event = asyncio.run(run())
    assert 1 < clicked < END - 1
    assert order_event == 112
