"""The board at a moment in the past: what was so then, as far as events up to then had decided it.

Rule 1: registry, connections and gates are a fold from the checkpoint before the moment. Rule 2: orders and verdicts
are those of the newest board, without what was decided later: a delivery that is written later is on its way.
Rule 3: making one costs at most the events between two checkpoints, whatever the stream's length.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from hlbench.sources.base import EventSource
from hlbench.tui import problems
from hlbench.tui.model import LiveModel
from hlbench.tui.orders import OrderRow, OrderTable, PastOrders
from hlbench.tui.pages import EventPages
from hlbench.tui.rates import Rates
from hlbench.tui.registry_tree import RegistryTree
from hlbench.tui.updates import Updates
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.trace.folds import StreamState, state_at
from hlmock.verdicts.codes import Facts, Group, VerdictCode
from hlmock.verdicts.rows import DeliveryRow
from hlmock.verdicts.verdict import Verdict

CHUNK: Final = 2_500
"""Events read at once while the checkpoint is looked for. Our choice."""


def state_of(source: EventSource, seq: int) -> StreamState:
    """The fold up to `seq`, from the newest checkpoint at or before it that the source still has."""
    events: list[TraceEvent] = []
    start = seq
    while True:
        before = max(start - CHUNK, source.first_seq - 1, 0)
        chunk = [event for event in source.read(before, start - before) if event.seq <= start]
        events[:0] = chunk
        start = before
        if start < source.first_seq or any(event.stage == stages.STATE_CHECKPOINT for event in chunk):
            return state_at(events, seq)


def as_of(row: DeliveryRow, seq: int) -> DeliveryRow | None:
    """A delivery as it stood after `seq`: absent before its update, on its way before it was decided."""
    if row.updated > seq:
        return None
    if row.decided_at <= seq:
        return row
    facts = row.verdict.facts
    known = Facts(
        connection=facts.connection,
        key=facts.key,
        updated=facts.updated,
        published=_by(facts.published, seq),
        subscribed=_by(facts.subscribed, seq),
        enqueued=_by(facts.enqueued, seq),
    )
    return DeliveryRow(
        row.oid,
        row.cloid,
        row.account,
        row.coin,
        row.status,
        row.commit,
        row.updated,
        row.time_ms,
        row.publication,
        row.key,
        row.channel,
        row.connection,
        row.subscription,
        row.expected,
        Verdict(VerdictCode.PENDING, known, final=False),
    )


def _by(seq: int | None, at: int) -> int | None:
    return seq if seq is not None and seq <= at else None


class Moment:
    """A `Board` in the past. It holds only while the newest board stands still.

    Args:
        model: the newest board, paused.
        seq: where to stand.
    """

    is_past = True

    def __init__(self, model: LiveModel, source: EventSource, seq: int) -> None:
        self.seq = seq
        self._model = model
        self.state = state_of(source, seq)
        self.orders: OrderTable = PastOrders(model.orders, seq, self._tally)
        self.updates: Updates = model.updates
        self.registry: RegistryTree = model.registry
        self.rates: Rates = model.rates
        self.names: Mapping[str, str] = model.names
        self.structure: object = ("past", seq)

    def _tally(self, oid: int) -> tuple[Counter[Group], VerdictCode | None]:
        rows = self.deliveries(oid)
        expected = [row.verdict.code for row in rows if row.expected]
        worst = min(expected or [row.verdict.code for row in rows], key=lambda code: code.severity, default=None)
        return Counter(code.group for code in expected), worst

    @cached_property
    def problems(self) -> Mapping[int, OrderRow]:
        found = {oid: self.orders.get(oid) for oid in self._model.problems}
        return {oid: row for oid, row in found.items() if row is not None and row.is_problem}

    @cached_property
    def missing_of(self) -> Counter[str]:
        return Counter(connection for oid in self.problems for connection in self.missed_by(oid))

    @cached_property
    def totals(self) -> Counter[Group]:
        return Counter(
            row.verdict.code.group
            for oid in self.problems
            for row in self.deliveries(oid)
            if row.expected and row.verdict.code.group in ("missing", "late")
        )

    def deliveries(self, oid: int) -> list[DeliveryRow]:
        rows = (as_of(row, self.seq) for row in self._model.deliveries(oid))
        return [row for row in rows if row is not None]

    def missed_by(self, oid: int) -> tuple[str, ...]:
        return tuple(
            row.connection
            for row in self.deliveries(oid)
            if row.expected and row.connection is not None and row.verdict.code.group == "missing"
        )

    def order_of(self, event: TraceEvent, pages: EventPages) -> OrderRow | None:
        row = self._model.order_of(event, pages)
        return self.orders.get(row.oid) if row is not None else None

    def first_problem(self) -> OrderRow | None:
        return problems.first(self.problems.values())

    def problem_beside(self, number: int, step: int) -> OrderRow | None:
        return problems.beside(self.problems.values(), number, step)
