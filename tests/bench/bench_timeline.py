"""What frames cost: a million events to a DataFrame, from memory and from a recording; the ring's orders and verdicts.

Process CPU time; the best of several runs is held against the budget, since the machines are noisy. `hlbench --help` is
wall time, the figure that a person feels.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import pytest

from hlbench import Timeline
from hlmock.trace.events import TraceEvent
from hlmock.trace.recording import RecordingWriter
from support.streams import ALICE, BOB, Stream, cloid_of

pytestmark = pytest.mark.bench

MILLION = 1_000_000
RING = 200_000
RUNS = 15


def order_traffic(count: int) -> list[TraceEvent]:
    """Two accounts, three connections each: what a fan-out of three writes for every order."""
    stream = Stream(capacity=2 * count + 20_000, max_bytes=8 * 1024**3)
    for number in range(6):
        stream.subscribe(f"c{number + 1}", (ALICE, BOB)[number % 2])
    order = 0
    while stream.log.last_seq < count:
        stream.order((ALICE, BOB)[order % 2], cloid=cloid_of(order))
        stream.clock.advance(ms=1)
        order += 1
    return stream.log.since(0, count)


@pytest.fixture(scope="module")
def million() -> list[TraceEvent]:
    return order_traffic(MILLION)


def best_cpu_s(work: Callable[[], object], runs: int = RUNS) -> float:
    figures = []
    for _ in range(runs):
        started = process_time()
        work()
        figures.append(process_time() - started)
    print(f" median {median(figures):.3f} s, best {min(figures):.3f} s", end="")
    return min(figures)


def test_a_million_events_from_memory(million: list[TraceEvent]) -> None:
    print(f"\n{len(million):,} events in memory to a DataFrame (budget 0.5 s):", end="")
    assert best_cpu_s(lambda: Timeline(million).events) <= 0.5


def test_a_million_events_from_a_recording(million: list[TraceEvent], tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "million.hlrec")
    for start in range(0, len(million), 1_000):
        writer.write(million[start : start + 1_000])
    writer.close()
    print(f"\n{len(million):,} recorded events to a DataFrame (budget 1.5 s):", end="")
    assert best_cpu_s(lambda: Timeline(tmp_path / "million.hlrec").events) <= 1.5


def test_orders_and_deliveries_of_a_full_ring() -> None:
    events = order_traffic(RING)
    print(f"\n{len(events):,} events to orders and deliveries, verdicts included (no budget):", end="")
    best_cpu_s(lambda: Timeline(events).orders, runs=3)


def test_help_is_quick() -> None:
    figures = []
    for _ in range(RUNS):
        started = perf_counter()
        command = [sys.executable, "-c", "from hlbench.cli import main; main()", "--help"]
        subprocess.run(command, check=True, capture_output=True)
        figures.append(perf_counter() - started)
    print(f"\nhlbench --help (budget 250 ms): median {median(figures) * 1e3:.0f} ms, best {min(figures) * 1e3:.0f} ms")
    assert min(figures) <= 0.25
