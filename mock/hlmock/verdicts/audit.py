"""The delivery audit: a verdict for every order update and every connection that should have got it.

Rule 1: an incremental, pure function of the stream; work per event does not grow with what is unrelated. Rule 2: a
verdict is judged when asked for, and fixed once it is final. Rule 3: nothing here knows who emitted the events: a
sound server, a defect of the lab, a foreign log.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.cases import cases_of
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.explanation import Explanation, explain
from hlmock.verdicts.judging import judge, judge_unpublished
from hlmock.verdicts.records import Case, Interval, OrderRecord, PublicationRecord, UpdateRecord
from hlmock.verdicts.rows import DeliveryRow
from hlmock.verdicts.tracking import Tracker
from hlmock.verdicts.verdict import Verdict


class AuditSummary(msgspec.Struct, frozen=True):
    """Counts over everything the audit has seen, forgotten orders included."""

    orders: int
    updates: int
    codes: dict[VerdictCode, int]
    """Rows by code, what needs attention first."""
    missing: int
    """Expected rows that are not delivered and not on their way."""
    late: int
    pending: int


class OrderDelivery(msgspec.Struct, frozen=True):
    """An order's delivery column: `delivered/expected` over its updates and their connections."""

    delivered: int
    expected: int
    worst: VerdictCode | None
    """Of the expected rows, else of all; `None` for an order that the audit does not know."""


class DeliveryAudit:
    """Follows the events of one run. Feed every event in order to `apply`; ask at any time.

    Args:
        grace_ms: how long after (or before) a publication a subscription still counts as near it, and how long a
            verdict may change.
        late_ms: from commit to write, above which a delivery is late.
        keep_orders: forget the oldest orders beyond so many; `None` keeps all.
        decided: takes the rows of each update as soon as they are final. The audit lets go of them: `rows` and `why`
            do not have them any more, and memory does not grow with the stream.
    """

    def __init__(
        self,
        *,
        grace_ms: int = 5_000,
        late_ms: int = 250,
        keep_orders: int | None = None,
        decided: Callable[[tuple[DeliveryRow, ...]], None] | None = None,
    ) -> None:
        self.tracker = Tracker(grace_ms=grace_ms, late_ms=late_ms, keep_orders=keep_orders)
        self._decided = decided
        self._situation = self.tracker.situation
        self._undecided: deque[UpdateRecord] = self.tracker.undecided
        self._lingering: dict[int, UpdateRecord] = {}
        """Past grace and still on their way, by seq of the update."""
        self._deadline_ns = 0
        self._counts: Counter[VerdictCode] = Counter()
        self._groups: Counter[str] = Counter()

    # -- the stream -----------------------------------------------------------------------------------------

    def apply(self, event: TraceEvent) -> None:
        """Take one event.

        Raises:
            ValueError: its seq is not above the last one's: another run needs another audit.
        """
        tracker = self.tracker
        tracker.apply(event)
        if self._lingering:
            self._revisit(event.stage)
        if self._undecided and event.mono_ns >= self._deadline_ns:
            self._decide()

    def apply_all(self, events: Iterable[TraceEvent]) -> None:
        for event in events:
            self.apply(event)

    def tick(self, now_ns: int) -> None:
        """Let time pass without an event, so that grace ends on an idle server too.

        Args:
            now_ns: the clock of `mono_ns`.
        """
        self._situation.now_ns = max(self._situation.now_ns, now_ns)
        self._decide()

    def finish(self) -> None:
        """Say that the stream has ended: every verdict is final."""
        self._situation.is_over = True
        self._decide()
        for update in list(self._lingering.values()):
            self._fix(update)

    # -- queries --------------------------------------------------------------------------------------------

    def rows(self, oid: int | None = None) -> Iterator[DeliveryRow]:
        """Rows of one order or of all, by order, update and key."""
        for order in self.orders() if oid is None else [self.tracker.orders.get(oid)]:
            if order is not None:
                for update in order.updates:
                    yield from self._rows_of(update)

    def open_rows(self) -> Iterator[DeliveryRow]:
        """Rows of updates that are not decided yet, as they are now."""
        for update in sorted((*self._lingering.values(), *self._undecided), key=lambda each: each.seq):
            yield from self._rows_of(update)

    def orders(self) -> list[OrderRecord]:
        """Every order kept, oldest first."""
        return list(self.tracker.orders.values())

    def why(
        self,
        cloid: str | None = None,
        oid: int | None = None,
        account: str | None = None,
        *,
        all_uses: bool = False,
    ) -> Explanation:
        """Why the order's updates did or did not arrive, or why it never came to be.

        A cloid belongs to an account and may be used again: the newest use is explained, refused requests included.

        Args:
            cloid: of the order, in any case of letters.
            oid: of the order; wins over `cloid`.
            account: whose order; needed where several accounts use the cloid (the explanation lists them).
            all_uses: explain every use of the cloid, not only the newest.

        Raises:
            ValueError: neither a cloid nor an oid is given.
        """
        return explain(self, cloid=cloid, oid=oid, account=account, all_uses=all_uses)

    def order_delivery(self, oid: int) -> OrderDelivery:
        """What the order's delivery column shows."""
        rows = list(self.rows(oid))
        expected = [row for row in rows if row.expected]
        return OrderDelivery(
            sum(row.verdict.code.group in ("delivered", "late") for row in expected),
            len(expected),
            min((row.verdict.code for row in expected or rows), key=lambda code: code.severity, default=None),
        )

    def undelivered(self) -> list[DeliveryRow]:
        """Expected rows that are missing, oldest first: what a failing test's report shows."""
        return [row for row in self.rows() if row.expected and row.verdict.code.group == "missing"]

    def summary(self) -> AuditSummary:
        """Counts so far; those that may still change are counted as they are now."""
        counts, groups = self._counts.copy(), self._groups.copy()
        for update in (*self._lingering.values(), *self._undecided):
            for row in self._rows_of(update):
                counts[row.verdict.code] += 1
                groups[row.verdict.code.group] += row.expected
        return AuditSummary(
            self.tracker.seen_orders,
            self.tracker.seen_updates,
            {code: counts[code] for code in VerdictCode if counts[code]},
            groups["missing"],
            groups["late"],
            groups["pending"],
        )

    # -- deciding -------------------------------------------------------------------------------------------

    def _intervals_of(self, publication: PublicationRecord) -> list[Interval]:
        if publication.intervals is not None:
            return publication.intervals
        return self.tracker.intervals.get(publication.key, [])

    def _rows_of(self, update: UpdateRecord) -> tuple[DeliveryRow, ...]:
        if update.rows is not None:
            return update.rows
        situation = self._situation
        if not update.publications:
            return (_row(update, None, judge_unpublished(update, situation)),)
        return tuple(
            _row(update, case, judge(update, case, intervals, situation))
            for publication in update.publications
            for intervals in (self._intervals_of(publication),)
            for case in cases_of(publication, intervals, situation.grace_ns)
        )

    def _decide(self) -> None:
        """Fix what grace has passed for; let go of what nothing can need any more."""
        situation, undecided = self._situation, self._undecided
        while undecided and (situation.is_over or situation.is_past_grace(undecided[0].ns)):
            update = undecided.popleft()
            for publication in update.publications:
                publication.intervals = list(self._intervals_of(publication))
            self._fix(update)
        oldest_ns = undecided[0].ns if undecided else situation.now_ns
        self._deadline_ns = oldest_ns + situation.grace_ns
        self.tracker.forget_intervals(oldest_ns - situation.grace_ns)

    def _fix(self, update: UpdateRecord) -> None:
        rows = self._rows_of(update)
        if not all(row.verdict.final for row in rows):
            self._lingering[update.seq] = update
            return
        self._lingering.pop(update.seq, None)
        if self._decided is not None:
            self._decided(rows)
        update.rows = rows if self._decided is None else ()
        for row in rows:
            self._counts[row.verdict.code] += 1
            self._groups[row.verdict.code.group] += row.expected
        self.tracker.forget_publications(update)

    def _revisit(self, stage: str) -> None:
        """Something happened while updates linger: see whether it decides them."""
        if stage in (stages.CONNECTION_CLOSED, stages.EVENTS_GAP):
            for update in list(self._lingering.values()):
                self._fix(update)
        elif self.tracker.touched is not None:
            for each in self.tracker.touched.updates:
                lingering = self._lingering.get(each.cause)
                if lingering is not None:
                    self._fix(lingering)


def _row(update: UpdateRecord, case: Case | None, verdict: Verdict) -> DeliveryRow:
    order = update.order
    publication = case.publication if case is not None else None
    interval = case.interval if case is not None else None
    return DeliveryRow(
        order.oid,
        order.cloid,
        order.account,
        order.coin,
        update.status,
        update.commit,
        update.seq,
        update.time_ms,
        publication.id if publication is not None else None,
        publication.key if publication is not None else None,
        publication.channel if publication is not None else None,
        case.connection if case is not None else None,
        interval.subscription if interval is not None else None,
        case.is_expected if case is not None else verdict.code.group in ("missing", "pending"),
        verdict,
    )
