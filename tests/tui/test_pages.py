"""Any event by its seq, in bounded memory."""

from hlbench.tui.pages import KEPT, PAGE, EventPages
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.streams import ALICE, Stream
from support.tui import StreamSource


class _Counting(StreamSource):
    reads = 0

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        self.reads += 1
        return super().read(since, limit)


def _stream(events: int) -> Stream:
    stream = Stream(capacity=2_000, checkpoint_every=500)
    stream.subscribe("c1", ALICE)
    while stream.log.last_seq < events:
        stream.order(ALICE)
    return stream


def test_every_event_is_found_by_its_seq() -> None:
    stream = _stream(600)
    pages = EventPages(StreamSource(stream))
    assert [pages.get(seq) for seq in range(1, stream.log.last_seq + 1)] == stream.events
    assert pages.get(stream.log.last_seq + 1) is None


def test_a_page_is_read_once() -> None:
    source = _Counting(_stream(600))
    pages = EventPages(source)
    for seq in range(1, PAGE + 1):
        pages.get(seq)
    assert source.reads == 1


def test_the_last_page_grows_with_the_stream() -> None:
    stream = _stream(300)
    pages = EventPages(StreamSource(stream))
    last = stream.log.last_seq
    assert pages.get(last + 1) is None
    stream.order(ALICE)
    event = pages.get(last + 1)
    assert event is not None
    assert event.seq == last + 1


def test_what_the_source_has_dropped_is_nothing() -> None:
    stream = _stream(5_000)
    pages = EventPages(StreamSource(stream))
    assert pages.first_seq > 1
    assert pages.get(1) is None
    found = pages.get(pages.first_seq)
    assert found is not None
    assert found.stage == stages.STATE_CHECKPOINT


def test_few_pages_are_kept() -> None:
    stream = Stream()
    while stream.log.last_seq < PAGE * (KEPT + 10):
        stream.connect(f"c{stream.log.last_seq}")
    pages = EventPages(StreamSource(stream))
    for seq in range(1, stream.log.last_seq, PAGE):
        pages.get(seq)
    assert len(pages._pages) == KEPT
