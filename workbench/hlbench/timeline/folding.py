"""What a summary counts, in one pass over the events: memory grows with the orders, by a few numbers each.

Nothing here builds a frame, so that a recording of any length can be summed up.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hlbench.timeline.orders import LAST, STAGE_COLUMNS
from hlmock.trace import stages
from hlmock.trace.events import Checkpoint, OrderStored, TraceEvent
from hlmock.verdicts.rows import DeliveryRow

if TYPE_CHECKING:
    Integers = np.ndarray[Any, np.dtype[np.int64]]

ABSENT: Final = -1

_ENQUEUED: Final = frozenset(
    {stages.DELIVERY_ENQUEUED, stages.SNAPSHOT_ENQUEUED, stages.ACK_ENQUEUED, stages.FRAME_ENQUEUED}
)
_ENDED: Final = frozenset({stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED, stages.DELIVERY_SUPERSEDED})
_PLACES: Final = {stage: place for place, stage in enumerate(STAGE_COLUMNS.values(), 1)}
"""Column of each stage in a request's row; column 0 is its `request.received`."""
WIDTH: Final = len(_PLACES) + 1


class Requests:
    """When each request reached each stage: a row of times per request."""

    def __init__(self) -> None:
        self.times = array("q")
        """ns, `WIDTH` per request; `ABSENT` where it did not come there."""
        self._row_of: dict[int, int] = {}
        self._in_flight: dict[int, int] = {}
        """Row of the request behind an enqueued frame, by its seq."""

    def apply(self, event: TraceEvent) -> None:
        stage = event.stage
        if stage == stages.DELIVERY_WRITTEN:
            row = self._in_flight.pop(event.cause or 0, None)
        elif event.request is not None:
            if stage == stages.REQUEST_RECEIVED and event.request not in self._row_of:
                self._row_of[event.request] = row = len(self.times) // WIDTH
                self.times.extend(_NO_TIMES)
                self.times[row * WIDTH] = event.mono_ns
                return
            row = self._row_of.get(event.request)
            if row is not None and stage in _ENQUEUED:
                self._in_flight[event.seq] = row
        else:
            if stage in _ENDED:
                self._in_flight.pop(event.cause or 0, None)
            return
        place = _PLACES.get(stage)
        if row is None or place is None:
            return
        at = row * WIDTH + place
        if self.times[at] == ABSENT or stage in LAST:
            self.times[at] = event.mono_ns

    def row_of(self, request: int | None) -> int:
        """`ABSENT` where the request is not known."""
        return self._row_of.get(request, ABSENT) if request is not None else ABSENT

    def table(self) -> "Integers":
        """A row per request, a column per stage; the same memory, not a copy."""
        return np.asarray(memoryview(self.times)).reshape(-1, WIDTH)


_NO_TIMES: Final = (ABSENT,) * WIDTH


class Orders:
    """Every order: where its placing request stands, and its status."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self.places: dict[int, int] = {}
        """By oid."""
        self.request_rows = array("q")
        self.seqs = array("q")
        """Of its first `order.stored`; `ABSENT` of an order that is older than the events."""
        self._statuses = array("q")
        self._codes: dict[str, int] = {}

    def apply(self, event: TraceEvent) -> None:
        detail = event.detail
        if isinstance(detail, Checkpoint):
            for order in detail.orders:
                if order.oid not in self.places:
                    self._add(order.oid, ABSENT, ABSENT, order.status)
        elif isinstance(detail, OrderStored) and event.oid is not None:
            status = "open" if detail.status == "partiallyFilled" else detail.status
            place = self.places.get(event.oid)
            if place is None:
                self._add(event.oid, self._requests.row_of(event.request), event.seq, status)
            else:
                self._statuses[place] = self._code(status)

    def _add(self, oid: int, row: int, seq: int, status: str) -> None:
        self.places[oid] = len(self.seqs)
        self.request_rows.append(row)
        self.seqs.append(seq)
        self._statuses.append(self._code(status))

    def _code(self, status: str) -> int:
        return self._codes.setdefault(status, len(self._codes))

    def statuses(self, chosen: "Integers") -> dict[str, int]:
        """Orders by status, the most frequent first."""
        counts = np.bincount(np.array(self._statuses, dtype="int64")[chosen], minlength=len(self._codes))
        found = {status: int(counts[code]) for status, code in self._codes.items() if counts[code]}
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


class Deliveries:
    """Rows of the audit, counted by account and connection."""

    def __init__(self, is_kept: Callable[[DeliveryRow], bool] | None) -> None:
        self._is_kept = is_kept
        self.verdicts: Counter[str] = Counter()
        self.all = Group()
        self.accounts: dict[str, Group] = {}
        self.connections: dict[str, Group] = {}
        self.oids: set[int] = set()
        """Of a part: orders that its rows are about."""
        self.problems: list[DeliveryRow] = []

    def take(self, rows: Iterable[DeliveryRow]) -> None:
        for row in rows:
            if self._is_kept is not None:
                if not self._is_kept(row):
                    continue
                self.oids.add(row.oid)
            self.verdicts[row.verdict.code.value] += 1
            if not row.expected:
                continue
            self.all.take(row)
            if row.account is not None:
                _of(self.accounts, row.account).take(row)
            if row.connection is not None:
                _of(self.connections, row.connection).take(row)
            if row.verdict.code.group in ("missing", "late"):
                self.problems.append(row)


class Group:
    """Expected deliveries that have something in common."""

    __slots__ = ("first", "groups", "latencies", "oids")

    def __init__(self) -> None:
        self.groups: dict[str, int] = {}
        self.oids = array("q")
        self.latencies = array("q")
        self.first: int | None = None
        """seq of its first update."""

    def take(self, row: DeliveryRow) -> None:
        group = row.verdict.code.group
        self.groups[group] = self.groups.get(group, 0) + 1
        self.oids.append(row.oid)
        self.first = row.updated if self.first is None else min(self.first, row.updated)
        latency = row.verdict.facts.latency_us
        if latency is not None and row.is_written:
            self.latencies.append(latency)

    @property
    def orders(self) -> int:
        return len(np.unique(np.array(self.oids, dtype="int64")))


def _of(groups: dict[str, Group], name: str) -> Group:
    group = groups.get(name)
    if group is None:
        group = groups[name] = Group()
    return group
