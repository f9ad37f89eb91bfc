"""What the event stream costs: emitting, recording, reading back, judging.

Process CPU time throughout. Where a budget exists it is named; the machines are noisy, so a run fails only if its best
figure (or the better 95 % bound of interleaved pairs) is beyond it. The other figures are reported.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median, stdev
from time import perf_counter, process_time_ns

import pytest

from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from hlmock.trace.events import Enqueued, TraceEvent
from hlmock.trace.folds import StreamState
from hlmock.trace.log import EventLog
from hlmock.trace.recording import Recorder, RecordingWriter
from hlmock.trace.recording_reader import read_recording
from hlmock.trace.redaction import redact
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.promises import PromiseMonitor
from support.streams import ALICE, StepClock, Stream
from support.worlds import World, order_action

pytestmark = pytest.mark.bench

PAIRS = 15
MILLION = 1_000_000


def cpu_us(work: Callable[[], object], count: int) -> float:
    """CPU time of one of `count` things that `work` does, in µs."""
    started = process_time_ns()
    work()
    return (process_time_ns() - started) / count / 1_000


def order_events(count: int) -> list[TraceEvent]:
    """Order traffic with one subscriber, at least `count` events."""
    stream = Stream(capacity=2 * count + 20_000)
    stream.subscribe("c1", ALICE)
    while stream.log.last_seq < count:
        stream.order(ALICE, cloid=f"0x{stream.log.last_seq:032x}")
        stream.clock.advance(ms=4)
    return stream.events


def test_emit_one_event() -> None:
    log = EventLog(StepClock())
    detail = Enqueued(1, 254, 7)

    def emit() -> None:
        for _ in range(100_000):
            log.emit(
                stages.DELIVERY_ENQUEUED,
                cause=5,
                connection="c1",
                account=ALICE,
                channel="orderUpdates",
                key="orderUpdates",
                commit=7,
                detail=detail,
            )

    figures = [cpu_us(emit, 100_000) for _ in range(PAIRS)]
    print(f"\nemit: {median(figures):.2f} µs per event (target 1.5, clock included)")
    assert min(figures) < 1.5


def test_blank_a_signed_body() -> None:
    alice = wallet("alice")
    body = alice.request(order_action(cloid="0x" + "3f" * 16), 1_700_000_000_000)
    answer = b'{"channel":"orderUpdates","data":[{"order":{"coin":"BTC","oid":1,"cloid":"0x%b"}}]}' % (b"3f" * 16)
    for name, payload in (("a signed body", body), ("an update", answer)):
        figures = [cpu_us(partial(blank, payload, 20_000), 20_000) for _ in range(PAIRS)]
        print(f"\nblank {name}: {median(figures):.2f} µs")


def blank(payload: bytes, count: int) -> None:
    for _ in range(count):
        redact(payload)


def test_record_and_read_a_million_events(tmp_path: Path) -> None:
    events = order_events(100_000)[:100_000]
    path = tmp_path / "million.hlrec"
    writer = RecordingWriter(path)

    def write() -> None:
        for start in range(0, len(events), 1_000):
            writer.write(events[start : start + 1_000])

    writing = [cpu_us(write, len(events)) for _ in range(MILLION // len(events))]
    writer.close()
    reading = []
    for _ in range(5):
        started = perf_counter()
        recording = read_recording(path)
        assert recording.table.num_rows == MILLION
        reading.append(perf_counter() - started)
    size = path.stat().st_size / MILLION
    print(f"\nrecord: {median(writing):.2f} µs per event, {size:.0f} bytes; read 10^6 to Arrow: {min(reading):.3f} s")
    assert min(writing) < 2.0
    assert min(reading) < 1.0
    started = perf_counter()
    decoded = sum(1 for _ in recording.events())
    print(f"\ndecode 10^6 to events: {perf_counter() - started:.2f} s")
    assert decoded == MILLION


def orders_us(path: Path | None) -> float:
    """CPU of one signed order through the core, with one subscriber, in µs; recorded where a path is given."""
    alice = wallet("alice")
    world = World()
    connection, _ = world.connect()
    world.subscribe(connection, user=alice.address)
    bodies = [world.body(alice, order_action(str(40_000 + number % 500))) for number in range(400)]
    recorder = Recorder(path, world.core.log) if path is not None else None

    def trade() -> None:
        for number, body in enumerate(bodies):
            world.post(body)
            if recorder is not None and number % 100 == 99:
                recorder.flush()

    figure = cpu_us(trade, len(bodies))
    if recorder is not None:
        recorder.close()
    return figure


def test_throughput_while_recording(tmp_path: Path) -> None:
    orders_us(tmp_path / "warm.hlrec")
    ratios = []
    for number in range(PAIRS):
        plain, recorded = orders_us(None), orders_us(tmp_path / f"{number}.hlrec")
        ratios.append(plain / recorded)
    upper = mean(ratios) + 1.96 * stdev(ratios) / len(ratios) ** 0.5
    print(
        f"\nthroughput while recording: {mean(ratios):.2f} of that without, upper 95 % bound {upper:.2f} (budget 0.8)"
    )
    assert upper >= 0.8


def test_views_of_the_stream() -> None:
    events = order_events(50_000)
    views: dict[str, Callable[[], Callable[[TraceEvent], None]]] = {
        "fold": lambda: StreamState().apply,
        "audit": lambda: DeliveryAudit(keep_orders=1_000).apply,
        "promises": lambda: PromiseMonitor().apply,
    }
    for name, make in views.items():
        figures = [cpu_us(partial(follow, make(), events), len(events)) for _ in range(5)]
        print(f"\n{name}: {median(figures):.2f} µs per event")


def follow(apply: Callable[[TraceEvent], None], events: list[TraceEvent]) -> None:
    for event in events:
        apply(event)
