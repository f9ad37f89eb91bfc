"""What a whole timeline comes to: counts, latencies and problems, as plain values for text and JSON."""

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
import numpy as np

from hlbench.text import numbered
from hlbench.timeline.connections import OF_CONNECTIONS
from hlbench.timeline.folding import ABSENT, WIDTH, Deliveries, Group, Orders, Requests
from hlbench.timeline.orders import STAGE_COLUMNS
from hlbench.timeline.streaming import KEPT_ORDERS
from hlmock.trace import stages
from hlmock.trace.events import (
    ActionResult,
    Checkpoint,
    Gap,
    OutboxOverflowed,
    RequestRefused,
    SignerUnknown,
    TraceEvent,
)
from hlmock.trace.stages import STAGES
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.promises import PromiseMonitor, Violation
from hlmock.verdicts.rows import DeliveryRow

if TYPE_CHECKING:
    from hlbench.timeline.timeline import Timeline

Integers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

SCHEMA: Final = "hlbench.report/1"

_FINDINGS: Final = frozenset({"gap", "D1", "D2", "D3", "D4", "D5", "D6", "D7"})
"""Kinds of problems that are no client's doing."""


class Latency(msgspec.Struct, frozen=True):
    """Quantiles in µs."""

    count: int
    p50: int
    p90: int
    p99: int
    max: int


class Tally(msgspec.Struct, frozen=True):
    """Deliveries of one account or connection."""

    name: str
    """Address or connection id."""
    orders: int
    expected: int
    delivered: int
    late: int
    pending: int
    missing: int
    rate: float | None
    """Share of the expected deliveries that were written, from 0 to 1."""
    latency_us: Latency | None
    """From the commit to the write."""


class SlowPath(msgspec.Struct, frozen=True):
    """An order whose placing request took long, until everybody had its update and the reply was sent."""

    oid: int
    cloid: str | None
    account: str | None
    request: int | None
    took_us: int
    """From `request.received` to the last of its stages."""
    stage: str
    """The stage that was waited for longest."""
    stage_us: int
    """How long, since the stage before."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a person should look at."""

    kind: str
    """A verdict's code, `refused`, `rejected`, `overflow`, `gap`, or the broken promise: `D1` to `D7`."""
    sentence: str
    """May hold text of a client."""
    seq: int
    """Where to look."""
    account: str | None = None
    oid: int | None = None
    cloid: str | None = None
    connection: str | None = None


class Summary(msgspec.Struct, frozen=True):
    """Field names are those of `hlbench report --json`."""

    first_seq: int
    last_seq: int
    events: int
    duration_ms: int
    """Between the first event and the last, monotonic clock."""
    stages: dict[str, int]
    """Events by stage, in path order; only those that occur."""
    requests: int
    orders: int
    statuses: dict[str, int]
    """Orders by status at the end."""
    updates: int
    """Order updates."""
    connections: int
    expected: int
    delivered: int
    late: int
    pending: int
    missing: int
    verdicts: dict[str, int]
    """Delivery rows by verdict, the unexpected ones included."""
    latency_us: dict[str, Latency]
    """`decoded` ... `replied`: from `request.received` to each stage, over the orders' placing requests;
    `delivery`: from a commit to a write."""
    accounts: list[Tally]
    by_connection: list[Tally]
    slowest: list[SlowPath]
    """At most ten, the slowest first."""
    problems: list[Problem]
    """Oldest first."""

    @property
    def has_findings(self) -> bool:
        """Whether an update is missing, a part of the stream is, or a promise was broken."""
        return self.missing > 0 or any(problem.kind in _FINDINGS for problem in self.problems)

    def to_plain(self) -> dict[str, Any]:
        """JSON-ready, with the schema's name and version first."""
        return {"schema": SCHEMA, **msgspec.to_builtins(self)}


SLOWEST: Final = 10


def summarise(timeline: "Timeline") -> Summary:
    """All of it, in one pass."""
    return _Pass(timeline).summary()


class _Pass:
    """One look at every event. The rows are those of the timeline's audit, if it has been made already."""

    def __init__(self, timeline: "Timeline") -> None:
        self._timeline = timeline
        part = timeline.part
        self._seqs = part.seqs if part is not None else None
        self._stages: Counter[str] = Counter()
        self._problems: list[Problem] = []
        self._oids: set[int] = set()
        self._connections: set[str] = set()
        self._ends: list[TraceEvent] = []
        """First and last event."""
        self.requests = Requests()
        self.orders = Orders(self.requests)
        self.deliveries = Deliveries(part.proves if part is not None else None)

    def _look(self) -> list[Violation]:
        timeline, apply_request, apply_order = self._timeline, self.requests.apply, self.orders.apply
        monitor = PromiseMonitor(max_frames=None)
        audit = timeline.known_audit
        judged = audit or timeline.new_audit(keep_orders=KEPT_ORDERS, decided=self.deliveries.take)
        for event in timeline.all_events():
            monitor.apply(event)
            if audit is None:
                judged.apply(event)
            stage = event.stage
            apply_request(event)
            if stage in _OF_ORDERS:
                apply_order(event)
            if self._seqs is None or event.seq in self._seqs:
                self._count(event)
        monitor.finish()
        self.deliveries.take(judged.rows() if audit is not None else judged.open_rows())
        return [each for each in monitor.violations if self._seqs is None or each.seq in self._seqs]

    def _count(self, event: TraceEvent) -> None:
        self._stages[event.stage] += 1
        if event.stage in _PROBLEM_STAGES:
            self._problems.append(_problem(event))
        if event.connection is not None and event.stage in OF_CONNECTIONS:
            self._connections.add(event.connection)
        elif isinstance(event.detail, Checkpoint):
            self._connections.update(each.connection for each in event.detail.connections)
        if self._seqs is not None and event.oid is not None:
            self._oids.add(event.oid)
        self._ends[1:] = [event]

    def summary(self) -> Summary:
        violations = self._look()
        deliveries, orders, ends = self.deliveries, self.orders, self._ends
        oids = None if self._seqs is None else self._oids | deliveries.oids
        chosen = np.array([place for oid, place in orders.places.items() if oids is None or oid in oids], dtype="int64")
        reached = self._reached(chosen)
        latency = {
            name.removesuffix("_us"): found
            for place, name in enumerate(STAGE_COLUMNS, 1)
            if (found := quantiles(_since_received(reached, place))) is not None
        }
        if (found := quantiles(np.array(deliveries.all.latencies, dtype="int64"))) is not None:
            latency["delivery"] = found
        counts = {stage: self._stages[stage] for stage in (*STAGES, *self._stages) if self._stages[stage]}
        groups = deliveries.all.groups
        part = self._timeline.part
        return Summary(
            first_seq=ends[0].seq if ends else 0,
            last_seq=ends[-1].seq if ends else 0,
            events=sum(counts.values()),
            duration_ms=(ends[-1].mono_ns - ends[0].mono_ns) // 1_000_000 if ends else 0,
            stages=counts,
            requests=counts.get(stages.REQUEST_RECEIVED, 0),
            orders=len(chosen),
            statuses=orders.statuses(chosen),
            updates=counts.get(stages.ORDER_STORED, 0),
            connections=len(self._connections) if part is None else len(self._timeline.connections),
            expected=sum(groups.values()),
            delivered=groups.get("delivered", 0),
            late=groups.get("late", 0),
            pending=groups.get("pending", 0),
            missing=groups.get("missing", 0),
            verdicts={code.value: count for code in VerdictCode if (count := deliveries.verdicts[code.value])},
            latency_us=latency,
            accounts=[_tally(name, group) for name, group in sorted(deliveries.accounts.items(), key=_first)],
            by_connection=[
                _tally(name, deliveries.connections[name]) for name in sorted(deliveries.connections, key=numbered)
            ],
            slowest=self._slowest(chosen, reached),
            problems=sorted(
                [
                    *map(_missing, deliveries.problems),
                    *self._problems,
                    *(Problem(each.promise, each.sentence, each.seq) for each in violations),
                ],
                key=lambda each: (each.seq, each.oid or 0, numbered(each.connection or ""), each.kind),
            ),
        )

    def _reached(self, chosen: Integers) -> Integers:
        """Times of the placing request of each order, `ABSENT` where it is not known."""
        rows = np.array(self.orders.request_rows, dtype="int64")[chosen]
        reached = np.full((len(rows), WIDTH), ABSENT, dtype="int64")
        reached[rows >= 0] = self.requests.table()[rows[rows >= 0]]
        return reached

    def _slowest(self, chosen: Integers, reached: Integers) -> list[SlowPath]:
        ends = reached.max(axis=1, initial=ABSENT)
        took = np.where((reached[:, 0] >= 0) & (ends >= 0), ends - reached[:, 0], ABSENT)
        first = np.lexsort((np.arange(len(took)), -took))[:SLOWEST]
        seqs = np.array(self.orders.seqs, dtype="int64")[chosen]
        found = {event.seq: event for event in self._timeline.events_at(seqs[first].tolist())}
        slowest = []
        for place in first:
            event = found.get(int(seqs[place]))
            if event is None or event.oid is None or took[place] < 0:
                continue
            times = sorted((int(at), stage) for at, stage in zip(reached[place], _COLUMNS, strict=True) if at >= 0)
            gap, stage = max((later - at, stage) for (at, _), (later, stage) in pairwise(times))
            us = int(took[place]) // 1_000
            slowest.append(SlowPath(event.oid, event.cloid, event.account, event.request, us, stage, gap // 1_000))
        return slowest


_COLUMNS: Final = (stages.REQUEST_RECEIVED, *STAGE_COLUMNS.values())
_OF_ORDERS: Final = frozenset({stages.ORDER_STORED, stages.STATE_CHECKPOINT})


def _since_received(reached: Integers, place: int) -> Integers:
    known = (reached[:, 0] >= 0) & (reached[:, place] >= 0)
    return np.asarray((reached[known, place] - reached[known, 0]) // 1_000)


def quantiles(values: Integers) -> Latency | None:
    """Of durations in µs; `None` where there are none."""
    if not len(values):
        return None
    p50, p90, p99 = (int(each) for each in np.quantile(values, (0.5, 0.9, 0.99), method="higher"))
    return Latency(len(values), p50, p90, p99, int(values.max()))


def _first(named: tuple[str, Group]) -> tuple[int, str]:
    name, group = named
    return group.first or 0, name


def _tally(name: str, group: Group) -> Tally:
    delivered, late, pending, missing = (group.groups.get(each, 0) for each in _GROUPS)
    expected = sum(group.groups.values())
    rate = round((delivered + late) / expected, 6) if expected else None
    latency = quantiles(np.array(group.latencies, dtype="int64"))
    return Tally(name, group.orders, expected, delivered, late, pending, missing, rate, latency)


_GROUPS: Final = ("delivered", "late", "pending", "missing")


def _missing(row: DeliveryRow) -> Problem:
    verdict = row.verdict
    return Problem(verdict.code.value, verdict.sentence, row.updated, row.account, row.oid, row.cloid, row.connection)


_PROBLEM_STAGES: Final = frozenset(
    {
        stages.REQUEST_REFUSED,
        stages.SIGNER_UNKNOWN,
        stages.ACTION_REJECTED,
        stages.OUTBOX_OVERFLOWED,
        stages.EVENTS_GAP,
    }
)


def _problem(event: TraceEvent) -> Problem:
    match event.detail:
        case RequestRefused(status=status, answer=answer):
            return Problem("refused", f"request {event.request} was refused with {status}: {answer}", event.seq)
        case SignerUnknown(answer=answer, must_have_signed=form):
            hint = f" {form}" if form else ""
            return Problem("refused", f"request {event.request}: {answer}.{hint}", event.seq, event.account)
        case ActionResult(action=action, statuses=statuses, reason=reason):
            why = reason or "; ".join(statuses)
            return Problem("rejected", f"{action} of request {event.request}: {why}", event.seq, event.account)
        case OutboxOverflowed(frames=frames, bytes=size):
            sentence = f"{event.connection}: cut with {frames} frames ({size} bytes) waiting in its outbox"
            return Problem("overflow", sentence, event.seq, connection=event.connection)
        case Gap(from_=first, to=last):
            return Problem("gap", f"events {first} to {last} are gone: what happened in them is unknown", event.seq)
        case _:
            return Problem(event.stage, event.stage, event.seq, event.account)
