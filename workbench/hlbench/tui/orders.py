"""The orders that the screen lists: one row each, a bounded number of them, by oid and by position."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from hlbench.tui import marks
from hlbench.tui.trees import Tree
from hlmock.trace.events import OrderState, OrderStored, TraceEvent
from hlmock.verdicts.codes import Group, VerdictCode

KEPT: Final = 20_000
"""Orders listed. Our choice: rows and their trees take about 20 MB."""

TREES: Final = 64
"""Requests remembered per order: its first one and the latest. Our choice."""


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
        self.rows: list[OrderRow] = []
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
        self.rows.append(row)
        self._by_oid[row.oid] = row
        if row.cloid is not None:
            self._uses[row.cloid] += 1
        if len(self.rows) > self._kept:
            gone = max(self._kept // 20, 1)
            for old in self.rows[:gone]:
                del self._by_oid[old.oid]
                if old.cloid is not None:
                    self._uses[old.cloid] -= 1
                    if not self._uses[old.cloid]:
                        del self._uses[old.cloid]
            del self.rows[:gone]
            self.dropped += gone
        return row
