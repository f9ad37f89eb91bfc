"""Events per second and latencies are measured in the stream's own time."""

from hlbench.tui.rates import SECOND, Rates, sparkline
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.streams import ALICE, Stream


def _at(rates: Rates, second: float, count: int) -> None:
    for _ in range(count):
        rates.apply(TraceEvent(1, int(second * SECOND), 0, stages.REPLY_SENT))


def test_the_rate_is_that_of_the_last_whole_seconds() -> None:
    rates = Rates()
    _at(rates, 10.5, 300)
    _at(rates, 11.5, 100)
    _at(rates, 12.0, 7)
    assert rates.rate() == 200.0
    assert rates.per_second()[-3:] == [300, 100, 7]


def test_a_stream_that_falls_silent_comes_to_rest() -> None:
    rates = Rates()
    _at(rates, 10.5, 300)
    assert rates.rate() == 300.0
    assert rates.rate(14 * SECOND) == 0.0
    assert rates.per_second(14 * SECOND)[-5:] == [300, 0, 0, 0, 0]


def test_latency_is_from_publication_to_write() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    stream.enqueue(publication, "c1")
    stream.clock.advance(ms=5)
    stream.write(publication, "c1")
    rates = Rates()
    for event in stream.events:
        rates.apply(event)
    assert rates.latency_ns() == 5_003_000


def test_acks_have_no_latency() -> None:
    rates = Rates()
    rates.apply(TraceEvent(1, 0, 0, stages.DELIVERY_WRITTEN, detail=ev.Written(1, 1)))
    assert rates.latency_ns() is None


def test_a_sparkline_scales_to_its_highest_value_and_hides_no_small_one() -> None:
    assert sparkline([0, 1, 50, 100], 4) == " ▁▄█"
    assert sparkline([9], 3) == "  █"
    assert sparkline([0, 0], 2) == "  "
    assert sparkline([1, 2, 3], 0) == ""
