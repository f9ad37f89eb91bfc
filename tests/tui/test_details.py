"""The details of a selection: verdict before path, times, facts; never wider than asked, never acting."""

import pytest

from hlbench.tui.details.facts import account_lines, connection_lines, event_lines
from hlbench.tui.details.ladder import REGISTRY, Step
from hlbench.tui.details.ladder_drawing import ladder_lines, lay_out
from hlbench.tui.details.lines import DetailLine
from hlbench.tui.details.order import order_lines
from hlbench.tui.details.path import bar, path_lines
from hlbench.tui.model import LiveModel
from hlbench.tui.pages import EventPages
from hlbench.tui.spans import plain
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, Stream
from support.tui import StreamSource, missing_order, scene


def _model(stream: Stream) -> tuple[LiveModel, EventPages]:
    model = LiveModel()
    model.apply(stream.events)
    model.look()
    return model, EventPages(StreamSource(stream))


def _text(lines: list[DetailLine]) -> list[str]:
    return [plain(line.spans).rstrip() for line in lines]


def test_the_verdict_stands_before_the_path() -> None:
    model, pages = _model(scene())
    problem = model.first_problem()
    assert problem is not None
    lines = _text(order_lines(model, pages, problem, 60))
    assert lines[1].startswith("✗ c5: published before the subscription took effect")
    verdict = next(i for i, line in enumerate(lines) if "before_subscription" in line)
    path = next(i for i, line in enumerate(lines) if "request.received" in line)
    assert verdict < path


def test_the_path_has_every_stage_with_its_time_since_the_request() -> None:
    model, pages = _model(scene())
    lines = _text(order_lines(model, pages, model.orders.rows[0], 80))
    steps = [line.split() for line in lines if line.lstrip().startswith("+")]
    assert [step[0] for step in steps] == sorted(step[0] for step in steps)
    assert steps[0][0] == "+0.000"
    shown = [word for step in steps for word in step if "." in word and word.split(".")[0].isalpha()]
    assert shown == [
        stages.REQUEST_RECEIVED,
        stages.REQUEST_DECODED,
        stages.SIGNER_RECOVERED,
        stages.ACTION_ACCEPTED,
        stages.ORDER_STORED,
        stages.PUBLICATION_CREATED,
        stages.REGISTRY_RESOLVED,
        stages.DELIVERY_ENQUEUED,
        stages.DELIVERY_ENQUEUED,
        stages.DELIVERY_WRITTEN,
        stages.DELIVERY_WRITTEN,
        stages.REPLY_SENT,
    ]


def test_what_came_too_late_is_drawn_after_the_path_and_evidence_is_pointed_at() -> None:
    model, pages = _model(scene())
    problem = model.first_problem()
    assert problem is not None
    lines = order_lines(model, pages, problem, 80)
    evidence = next(row for row in model.deliveries(problem.oid)).verdict.evidence
    assert tuple(line.seq for line in lines if plain(line.spans).startswith("▸")) == evidence
    assert "╌▶ subscription.added  c5" in next(text for text in _text(lines) if "╌" in text)


def test_what_a_verdict_hangs_on_may_be_older_than_the_request() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.clock.advance(ms=92_000)
    stream.order(ALICE)
    path = [event for event in stream.events if event.request is not None]
    ends = [event for event in stream.events if event.stage == stages.SUBSCRIPTION_ADDED]
    lines = _text(path_lines(path, 100, {}, 80, beyond=ends))
    assert lines[1].split()[:2] == ["-92000", "◀" + "╌" * 17]
    steps = [Step(event, REGISTRY, None, "so") for event in (*ends, *path)]
    drawn = _text(ladder_lines(steps, lay_out(steps, 100, "alice"), 100))
    assert [line.split("│")[0].strip() for line in drawn[1:3]] == ["-1 m 32 s", "+0 µs"]


def test_a_delivery_that_came_is_one_line() -> None:
    model, pages = _model(scene())
    lines = _text(order_lines(model, pages, model.orders.rows[0], 80))
    assert [line for line in lines if line.startswith("✓")] == [
        "✓ open → c1 orderUpdates 55 µs",
        "✓ open → c2 orderUpdates 56 µs",
    ]


def test_a_connection_that_did_not_need_the_update_is_not_marked_as_missing_it() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    stream.subscribe("c2", ALICE)
    model, pages = _model(stream)
    lines = _text(order_lines(model, pages, model.orders.rows[0], 80))
    assert "· open → c2 orderUpdates before_subscription" in lines
    assert not [line for line in lines if line.startswith("✗")]


def test_an_order_from_before_the_first_event_has_no_path_and_says_so() -> None:
    stream = Stream()
    stream.order(ALICE)
    at = stream.log.checkpoint()
    model = LiveModel()
    model.apply(stream.log.since(at - 1))
    lines = _text(order_lines(model, EventPages(StreamSource(stream)), model.orders.rows[0], 60))
    assert "Placed before the first event that is kept: no path." in lines


def test_a_connection_says_what_it_misses_and_how_it_ended() -> None:
    stream = Stream()
    missing_order(stream, 5)
    stream.disconnect("c5", code=1000, who="client")
    model, _ = _model(stream)
    lines = _text(connection_lines(model, "c5", 70))
    assert "✗ #100 open: published before the subscription took effect" in lines
    assert any(line.startswith("ended") and "1000 by client" in line for line in lines)


def test_an_account_lists_who_listens_to_it() -> None:
    model, _ = _model(scene())
    lines = _text(account_lines(model, ALICE, 60))
    assert lines[0] == "alice"
    assert sum("orderUpdates" in line for line in lines) == 2


def test_an_event_shows_its_payload_as_json_and_leads_to_its_cause() -> None:
    model, _ = _model(scene())
    event = TraceEvent(9, 0, 0, stages.REQUEST_RECEIVED, cause=8, payload=b'{"type":"order","a":[1]}')
    lines = event_lines(event, model, 60)
    assert '  "type": "order",' in _text(lines)
    assert 8 in [line.seq for line in lines]


def test_a_payload_that_is_no_json_is_shown_as_it_came() -> None:
    model, _ = _model(scene())
    event = TraceEvent(9, 0, 0, stages.FRAME_RECEIVED, payload=b"\xff{not json\x1b[2J")
    text = "\n".join(_text(event_lines(event, model, 60)))
    assert "{not json␛[2J" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_no_details_let_outside_text_act(name: str) -> None:
    text = HOSTILE[name]
    stream = Stream()
    stream.subscribe(text, ALICE, text)
    (publication,) = stream.place(ALICE, cloid=text, coin=text, px=text, sz=text, status=text, types=(text,))
    stream.resolve(publication, [text])
    stream.enqueue(publication, text)
    stream.end(publication, text, stages.DELIVERY_FAILED, text)
    stream.log.emit(stages.CLIENT_IGNORED, connection=text, detail=ev.DeliveryEnded(1, text))
    stream.closing(text, who=text)
    model, pages = _model(stream)
    lines = order_lines(model, pages, model.orders.rows[0], 48)
    lines += connection_lines(model, text, 48)
    lines += account_lines(model, ALICE, 48)
    for event in stream.events:
        lines += event_lines(event, model, 48)
    for line in _text(lines):
        assert_inert(line)


@pytest.mark.parametrize(
    ("begin", "at", "total", "shown"),
    [
        (0, 0, 100, "▏         "),
        (0, 50, 100, "█████     "),
        (50, 100, 100, "     █████"),
        (100, 100, 100, "         █"),
        (0, 0, 0, "▏         "),
        (90, 400, 100, "         █"),
    ],
)
def test_a_bar_covers_the_time_of_its_stage(begin: int, at: int, total: int, shown: str) -> None:
    assert bar(begin, at, total, 10) == shown
