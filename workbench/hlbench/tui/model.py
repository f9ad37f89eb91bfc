"""The application's fold: everything that the panes show, from the events up to the cursor.

Rule 1: it reads events and nothing else, and knows no widget. Rule 2: its memory is bounded, whatever the stream's
length. Rule 3: work per event is constant; verdicts are asked for again only where an event or time may have changed
them.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from hlbench.tui import problems
from hlbench.tui.orders import KEPT, OrderRow, OrderTable
from hlbench.tui.pages import EventPages
from hlbench.tui.rates import Rates
from hlbench.tui.registry_tree import RegistryTree
from hlbench.tui.trees import Trees
from hlbench.tui.updates import Updates
from hlmock.trace import stages
from hlmock.trace.events import (
    Checkpoint,
    DeliveryEnded,
    Enqueued,
    OrderStored,
    PublicationCreated,
    TraceEvent,
    Written,
)
from hlmock.trace.folds import StreamState
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.codes import Group
from hlmock.verdicts.rows import DeliveryRow

GRACE_NS: Final = 5_000_000_000
"""How long a verdict may change. The default of `DeliveryAudit`."""

PENDING_AT_ONCE: Final = 200
"""Orders on their way that one look judges again. Our choice."""

_STRUCTURE: Final = frozenset(
    {
        stages.CONNECTION_OPENED,
        stages.CONNECTION_CLOSED,
        stages.SUBSCRIPTION_ADDED,
        stages.SUBSCRIPTION_REMOVED,
        stages.ACCOUNT_CREATED,
        stages.ACCOUNT_CHANGED,
        stages.STATE_CHECKPOINT,
    }
)
"""Stages that change the registry's tree."""


class LiveModel:
    """Registry, orders, verdicts, rates after the events applied so far. The newest `Board`.

    Args:
        orders_kept: orders that are listed; what is remembered beside them is bounded in proportion.
    """

    is_past = False

    def __init__(self, *, orders_kept: int = KEPT) -> None:
        self.state = StreamState()
        self.audit = DeliveryAudit(keep_orders=orders_kept)
        self.orders = OrderTable(orders_kept)
        self.updates = Updates(3 * orders_kept)
        self.registry = RegistryTree()
        self.rates = Rates()
        self.names: dict[str, str] = {}
        """Names of accounts by address."""
        self.structure = 0
        """Grows when the registry's tree changes."""
        self.problems: dict[int, OrderRow] = {}
        """Orders with a missing or late update, by oid."""
        self.missing_of: Counter[str] = Counter()
        """Missing updates by connection."""
        self.totals: Counter[Group] = Counter()
        """Expected deliveries by how they stand, of every order ever seen."""
        self._kept = orders_kept
        self._trees = Trees(recent=3 * orders_kept)
        self._dirty: dict[int, None] = {}
        self._pending: dict[int, None] = {}
        self._stirred: set[str] = set()
        """Accounts whose subscriptions changed since the last look."""
        self._recent: deque[tuple[int, int, str]] = deque()
        """(mono_ns, oid, account) of the updates whose verdicts may still change."""
        self._oids_of: dict[int, tuple[int, ...]] = {}
        """By publication."""
        self._missing_in: dict[int, tuple[str, ...]] = {}
        """By oid, the connections that miss an update of it."""

    @property
    def seq(self) -> int:
        """The cursor: seq of the last event applied."""
        return self.state.seq

    # -- the stream -----------------------------------------------------------------------------------------

    def apply(self, events: Iterable[TraceEvent]) -> None:
        """Fold events in, in order."""
        state, audit, rates, trees = self.state, self.audit, self.rates, self._trees
        for event in events:
            state.apply(event)
            audit.apply(event)
            rates.apply(event)
            tree = trees.apply(event)
            detail = event.detail
            if isinstance(detail, Enqueued | Written | DeliveryEnded):
                if detail.publication is not None:
                    self._touch(detail.publication)
            elif isinstance(detail, OrderStored):
                row = self.orders.store(event, detail, tree)
                if row is not None:
                    self.updates.add(event.seq, row.oid)
                    self._dirty[row.oid] = None
                    self._recent.append((event.mono_ns, row.oid, row.account))
            elif isinstance(detail, PublicationCreated):
                if detail.updates:
                    self._remember(detail)
            elif event.stage in _STRUCTURE:
                self._restructure(event)
            elif event.stage in (stages.GATE_HELD, stages.GATE_RELEASED, stages.STATE_RESTORED):
                self._dirty.update((oid, None) for _, oid, _ in self._recent)

    def _remember(self, detail: PublicationCreated) -> None:
        oids = tuple({update.oid: None for update in detail.updates})
        self._oids_of[detail.publication] = oids
        self._dirty.update(dict.fromkeys(oids))
        if len(self._oids_of) > self._kept:
            del self._oids_of[next(iter(self._oids_of))]

    def _touch(self, publication: int) -> None:
        oids = self._oids_of.get(publication)
        if oids is not None:
            self._dirty.update(dict.fromkeys(oids))

    def _restructure(self, event: TraceEvent) -> None:
        self.structure += 1
        state = self.state
        if event.account is not None:
            self._stirred.add(event.account)
            account = state.accounts.get(event.account)
            if account is not None and account.name is not None:
                self.names[event.account] = account.name
            if event.stage == stages.SUBSCRIPTION_ADDED and event.connection is not None:
                self.registry.learn(event.connection, event.account)
        if isinstance(event.detail, Checkpoint):
            for known in event.detail.accounts:
                if known.name is not None:
                    self.names[known.account] = known.name
            for subscription in event.detail.subscriptions:
                self.registry.learn(subscription.connection, subscription.account)
            for order in event.detail.orders:
                self.orders.restore(order, event.seq)

    # -- verdicts -------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Judge the orders that events have touched. Cheap: call it for every frame."""
        for oid in self._dirty:
            self._judge(oid)
        self._dirty.clear()

    def look(self, now_ns: int | None = None, *, is_over: bool = False) -> None:
        """Judge all that events or time may have changed. Call it a few times a second.

        Args:
            now_ns: the stream's now on the clock of `mono_ns`, where time passes without events.
            is_over: no event will come any more, so every verdict is final.
        """
        if is_over:
            self.audit.finish()
        elif now_ns is not None:
            self.audit.tick(now_ns)
        now = max(self.rates.last_ns, now_ns or 0)
        recent = self._recent
        while recent and (is_over or now - recent[0][0] > 2 * GRACE_NS):
            self._dirty[recent.popleft()[1]] = None
        if self._stirred:
            self._dirty.update((oid, None) for _, oid, account in recent if account in self._stirred)
            self._stirred.clear()
        for oid in list(self._pending)[: None if is_over else PENDING_AT_ONCE]:
            del self._pending[oid]
            self._dirty[oid] = None
        self.judge()
        for oid, row in list(self.problems.items()):
            if self.orders.get(oid) is not row:
                self._forget(oid)

    def _judge(self, oid: int) -> None:
        row = self.orders.get(oid)
        if row is None:
            self._forget(oid)
            return
        rows = list(self.audit.rows(oid))
        if not rows:
            return
        expected = [each for each in rows if each.expected]
        tally = Counter(each.verdict.code.group for each in expected)
        self.totals.subtract(row.tally)
        self.totals.update(tally)
        row.tally = tally
        row.decided = max(each.decided_at for each in rows)
        row.worst = min((each.verdict.code for each in expected or rows), key=lambda code: code.severity)
        if tally["pending"]:
            self._pending[oid] = None
        self._forget(oid)
        if row.is_problem:
            self.problems[oid] = row
            missing = tuple(
                each.connection
                for each in expected
                if each.verdict.code.group == "missing" and each.connection is not None
            )
            if missing:
                self._missing_in[oid] = missing
                self.missing_of.update(missing)

    def _forget(self, oid: int) -> None:
        self.problems.pop(oid, None)
        missing = self._missing_in.pop(oid, None)
        if missing is not None:
            self.missing_of.subtract(missing)

    def deliveries(self, oid: int) -> list[DeliveryRow]:
        """Every verdict of an order, by commit."""
        return list(self.audit.rows(oid))

    def missed_by(self, oid: int) -> tuple[str, ...]:
        """The connections that miss an update of an order."""
        return self._missing_in.get(oid, ())

    def order_of(self, event: TraceEvent, pages: EventPages) -> OrderRow | None:
        """The order that an event belongs to; of a batch, its first one."""
        if event.oid is not None:
            return self.orders.get(event.oid)
        for seq in self._trees.tree_of(event.seq) or ():
            other = pages.get(seq)
            if other is not None and other.oid is not None:
                return self.orders.get(other.oid)
        return None

    def first_problem(self) -> OrderRow | None:
        """The oldest order with a missing update, else the oldest with a late one."""
        return problems.first(self.problems.values())

    def problem_beside(self, number: int, step: int) -> OrderRow | None:
        """The next (`step` 1) or previous (-1) problem from an order's number, around the end."""
        return problems.beside(self.problems.values(), number, step)
