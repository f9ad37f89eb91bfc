"""The orders that the screen lists: one row each, a bounded number of them, by oid and by position."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, overload

from hlbench.tui import marks
from hlbench.tui.trees import Tree
from hlmock.trace.events import OrderState, OrderStored, TraceEvent
from hlmock.verdicts.codes import Group, VerdictCode

KEPT: Final = 20_000
"""Orders listed. Our choice: rows and their trees take about 20 MB."""

TREES: Final = 64
"""Requests remembered per order: its first one and the latest. Our choice."""

CHANGES: Final = 64
"""Updates remembered per order: its first one and the latest. Our choice."""


@dataclass(slots=True, eq=False)
class OrderRow:
    """One order as the stream has it so far, and what its deliveries add up to."""

    number: int
    """Position among all orders ever seen, from 0."""
    oid: int
    account: str
    cloid: str | None
    coin: str
    side: str
    """`B` or `A`."""
    px: str
    sz: str
    """Remaining."""
    orig_sz: str
    status: str
    time_ms: int
    """Exchange clock of the first update."""
    seq: int
    """Of the first `order.stored` seen; of the checkpoint where it was placed before."""
    tif: str | None = None
    trees: list[Tree] = field(default_factory=list)
    tally: Counter[Group] = field(default_factory=Counter)
    """Its expected deliveries, by how they stand."""
    worst: VerdictCode | None = None
    decided: int = 0
    """seq of the last event that its verdicts rest on."""
    changes: list["Change"] = field(default_factory=list)
    """Its first update and the latest ones, oldest first."""

    @property
    def changed(self) -> int:
        """seq of the last update."""
        return self.changes[-1].seq if self.changes else self.seq

    @property
    def expected(self) -> int:
        return self.tally.total()

    @property
    def delivered(self) -> int:
        return self.tally["delivered"] + self.tally["late"]

    @property
    def is_missing(self) -> bool:
        return self.worst is not None and self.worst.group == "missing"

    @property
    def is_problem(self) -> bool:
        return self.worst is not None and self.worst.group in ("missing", "late")

    @property
    def symbol(self) -> str:
        """What the deliveries add up to."""
        return marks.NOT_EXPECTED if self.worst is None else symbol_of(self.worst)


class Change(NamedTuple):
    """What one update left of an order."""

    seq: int
    status: str
    px: str
    sz: str
    orig_sz: str


def symbol_of(code: VerdictCode) -> str:
    match code.group:
        case "delivered":
            return marks.DELIVERED
        case "late":
            return marks.LATE
        case "pending":
            return marks.HELD if code is VerdictCode.HELD_AT_GATE else marks.PENDING
        case "unexpected":
            return marks.NOT_EXPECTED
        case "missing" | "request":
            return marks.FAULT if code is VerdictCode.INJECTED_FAULT else marks.MISSING


class OrderTable:
    """Rows in the order of their first update. The oldest are dropped, a block at a time."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._rows: list[OrderRow] = []
        self.rows: Sequence[OrderRow] = self._rows
        """What is listed."""
        self.dropped = 0
        """Rows that are not listed any more: `rows[0]` has this number."""
        self._by_oid: dict[int, OrderRow] = {}
        self._uses: Counter[str] = Counter()
        """Orders listed, by cloid."""

    def uses_of(self, cloid: str) -> int:
        """How many of the orders listed have this cloid: a modify keeps it, and it may be used again."""
        return self._uses[cloid]

    @property
    def seen(self) -> int:
        """Orders ever listed."""
        return self.dropped + len(self.rows)

    def get(self, oid: int) -> OrderRow | None:
        return self._by_oid.get(oid)

    def index_of(self, row: OrderRow) -> int:
        """Position in `rows`; negative where it is not listed any more."""
        return row.number - self.dropped

    def store(self, event: TraceEvent, detail: OrderStored, tree: Tree | None) -> OrderRow | None:
        """Take an `order.stored` in."""
        if event.oid is None:
            return None
        row = self._by_oid.get(event.oid)
        if row is None:
            row = self._add(
                OrderRow(
                    self.seen,
                    event.oid,
                    event.account or "",
                    event.cloid,
                    event.coin or "",
                    detail.side,
                    detail.px,
                    detail.sz,
                    detail.orig_sz,
                    detail.status,
                    event.time_ms,
                    event.seq,
                    detail.tif,
                )
            )
        row.px, row.sz, row.orig_sz, row.status = detail.px, detail.sz, detail.orig_sz, detail.status
        row.changes.append(Change(event.seq, detail.status, detail.px, detail.sz, detail.orig_sz))
        if len(row.changes) > CHANGES:
            del row.changes[1]
        if tree is not None and (not row.trees or row.trees[-1] is not tree):
            row.trees.append(tree)
            if len(row.trees) > TREES:
                del row.trees[1]
        return row

    def restore(self, order: OrderState, seq: int) -> None:
        """List an order that a checkpoint has open and that was placed before the first event."""
        if order.oid not in self._by_oid:
            self._add(
                OrderRow(
                    self.seen,
                    order.oid,
                    order.account,
                    order.cloid,
                    order.coin,
                    order.side,
                    order.px,
                    order.sz,
                    order.orig_sz,
                    order.status,
                    order.time_ms,
                    seq,
                )
            )

    def _add(self, row: OrderRow) -> OrderRow:
        self._rows.append(row)
        self._by_oid[row.oid] = row
        if row.cloid is not None:
            self._uses[row.cloid] += 1
        if len(self._rows) > self._kept:
            gone = max(self._kept // 20, 1)
            for old in self._rows[:gone]:
                del self._by_oid[old.oid]
                if old.cloid is not None:
                    self._uses[old.cloid] -= 1
                    if not self._uses[old.cloid]:
                        del self._uses[old.cloid]
            del self._rows[:gone]
            self.dropped += gone
        return row


Tally = Callable[[int], tuple[Counter[Group], VerdictCode | None]]
"""By oid: the expected deliveries by how they stand, and the worst verdict."""


class PastOrders(OrderTable):
    """The rows as they stood after `seq`, made when they are looked at; those of which nothing changed are shared."""

    def __init__(self, newest: OrderTable, seq: int, tally: Tally) -> None:
        count = bisect_right(newest.rows, seq, key=lambda row: row.seq)
        self.dropped = newest.dropped
        self.rows: Sequence[OrderRow] = _PastRows(newest.rows, count, seq, tally)
        self._newest = newest

    def uses_of(self, cloid: str) -> int:
        return self._newest.uses_of(cloid)

    def get(self, oid: int) -> OrderRow | None:
        row = self._newest.get(oid)
        index = -1 if row is None else self.index_of(row)
        return self.rows[index] if 0 <= index < len(self.rows) else None


class _PastRows(Sequence[OrderRow]):
    def __init__(self, newest: Sequence[OrderRow], count: int, seq: int, tally: Tally) -> None:
        self._newest = newest
        self._count = count
        self._seq = seq
        self._tally = tally
        self._made: dict[int, OrderRow] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> OrderRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[OrderRow]: ...
    def __getitem__(self, index: int | slice) -> OrderRow | list[OrderRow]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        row = self._newest[index % self._count]
        if row.decided <= self._seq and row.changed <= self._seq:
            return row
        made = self._made.get(row.oid)
        if made is None:
            made = self._made[row.oid] = _as_of(row, self._seq, self._tally(row.oid))
        return made


def _as_of(row: OrderRow, seq: int, deliveries: tuple[Counter[Group], VerdictCode | None]) -> OrderRow:
    tally, worst = deliveries
    known = [change for change in row.changes if change.seq <= seq]
    trees = [tree for tree in row.trees if tree[0] <= seq]
    before = replace(row, trees=trees, tally=tally, worst=worst, changes=known)
    if known:
        _, before.status, before.px, before.sz, before.orig_sz = known[-1]
    return before
