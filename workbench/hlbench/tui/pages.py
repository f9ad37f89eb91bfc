"""Any event of a source by its seq, with a bounded memory: pages read on demand, the latest used are kept."""

from collections import OrderedDict
from typing import Final

from hlbench.sources.base import EventSource
from hlmock.trace.events import TraceEvent

PAGE: Final = 256
KEPT: Final = 64


class EventPages:
    """Random access to a source's events."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._pages: OrderedDict[int, dict[int, TraceEvent]] = OrderedDict()
        self._complete: set[int] = set()

    @property
    def first_seq(self) -> int:
        """seq of the oldest event that can still be read."""
        return self._source.first_seq

    def get(self, seq: int) -> TraceEvent | None:
        """The event, or nothing where the source does not have it (any more)."""
        number = (seq - 1) // PAGE
        page = self._pages.get(number)
        if page is None or (seq not in page and number not in self._complete):
            page = self._read(number)
        else:
            self._pages.move_to_end(number)
        return page.get(seq)

    def span(self, first: int, last: int) -> list[TraceEvent]:
        """The events from `first` to `last`, both included, without what is not there. Not kept."""
        events = self._source.read(first - 1, last - first + 1)
        return [event for event in events if first <= event.seq <= last]

    def _read(self, number: int) -> dict[int, TraceEvent]:
        start = number * PAGE + 1
        page = {event.seq: event for event in self.span(start, start + PAGE - 1)}
        self._pages[number] = page
        if start + PAGE - 1 <= self._source.last_seq:
            self._complete.add(number)
        while len(self._pages) > KEPT:
            dropped, _ = self._pages.popitem(last=False)
            self._complete.discard(dropped)
        return page
