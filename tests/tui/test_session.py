"""How a source is followed: pausing, catching up, gaps, and what is selected without being asked."""

from dataclasses import replace

from hlbench.tui.selection import Selection
from hlbench.tui.session import FAR_BEHIND, Session
from support.streams import ALICE, Stream
from support.tui import StreamSource, missing_order, scene, trade


class _Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


def _session(stream: Stream) -> tuple[Session, StreamSource, _Clock]:
    source, clock = StreamSource(stream), _Clock()
    session = Session(source, clock_ns=clock)
    session.drain(10**9)
    session.look()
    return session, source, clock


def _state(session: Session) -> str:
    return session.status.state


def test_the_first_missing_update_is_selected_by_itself() -> None:
    stream = Stream()
    trade(stream, ALICE, "BTC", "B", "1", "1", 1)
    session, _, _ = _session(stream)
    assert session.selection == Selection("order", oid=100, is_automatic=True)
    oid = missing_order(stream)
    missing_order(stream, 100)
    session.drain(10**9)
    session.look(at_once=True)
    assert session.selection == Selection("order", oid=oid, is_automatic=True)


def test_what_the_reader_selects_stays_selected_until_it_is_released() -> None:
    stream = scene()
    session, _, _ = _session(stream)
    automatic = session.selection
    mine = Selection("order", oid=100)
    session.select(mine)
    missing_order(stream)
    session.drain(10**9)
    session.look(at_once=True)
    assert session.selection == mine
    session.release()
    assert session.selection == automatic


def test_pausing_stops_the_view_and_going_on_reads_all_of_it() -> None:
    stream = scene()
    session, source, _ = _session(stream)
    at = session.model.seq
    session.is_paused = True
    trade(stream, ALICE, "BTC", "B", "1", "1", 77)
    assert not session.drain(10**9)
    assert not session.look(at_once=True)
    assert session.model.seq == at
    assert (session.status.state, session.status.behind) == ("paused", source.last_seq - at)
    session.is_paused = False
    session.drain(10**9)
    assert session.model.seq == source.last_seq


def test_a_pause_longer_than_the_servers_memory_shows_a_gap() -> None:
    stream = Stream(capacity=200, checkpoint_every=50)
    stream.subscribe("c1", ALICE)
    session, source, _ = _session(stream)
    session.is_paused = True
    for _ in range(200):
        stream.order(ALICE)
    session.is_paused = False
    session.drain(10**9)
    assert session.model.seq == source.last_seq
    assert session.model.state.missing


def test_a_budget_ends_a_drain_and_says_that_there_is_more() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    while stream.log.last_seq < 2 * FAR_BEHIND:
        stream.order(ALICE)
    source, clock = StreamSource(stream), _Clock()
    session = Session(source, clock_ns=clock)
    assert session.drain(0)
    assert 0 < session.model.seq < source.last_seq
    assert _state(session) == "catching up"
    while session.drain(0):
        pass
    assert _state(session) == "live"


def test_silence_lets_time_pass_for_verdicts() -> None:
    stream = Stream()
    missing_order(stream)
    session, _, clock = _session(stream)
    (row,) = session.model.deliveries(100)
    assert not row.verdict.final
    clock.ns += 60 * 10**9
    session.look()
    (row,) = session.model.deliveries(100)
    assert row.verdict.final


def test_verdicts_are_asked_for_a_few_times_a_second_only() -> None:
    session, _, clock = _session(scene())
    assert not session.look()
    clock.ns += 10**9
    assert session.look()


def test_a_recording_is_final_at_its_end() -> None:
    source = StreamSource(scene(), is_live=False, path="run.hlrec")
    session = Session(source, clock_ns=_Clock())
    assert _state(session) == "catching up"
    session.drain(10**9)
    session.look()
    assert _state(session) == "recording"
    assert session.now_ns is None
    assert all(row.verdict.final for row in session.model.audit.rows())


def test_a_lost_server_is_said_to_be_lost_and_its_time_stands_still() -> None:
    session, source, _ = _session(scene())
    source.error = "http://127.0.0.1:8080 does not answer any more"
    assert session.status.state == "lost"
    assert session.status.error == source.error
    assert session.now_ns is None


def test_the_registry_points_at_the_connection_that_was_not_reached() -> None:
    session, _, _ = _session(scene())
    assert session.focus == Selection("connection", connection="c5")
    session.select(Selection("order", oid=100))
    assert session.focus == Selection("account", account=ALICE)
    session.select(replace(session.selection, kind="connection", oid=None, connection="c1"))
    assert session.focus == session.selection
