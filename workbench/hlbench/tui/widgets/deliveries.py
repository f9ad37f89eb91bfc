"""The delivery matrix: a line per order update, a column per connection, a symbol per verdict."""

from collections.abc import Sequence

from hlbench.describe import account_label
from hlbench.inert import inert
from hlbench.text import clock, fit, numbered
from hlbench.tui.board import Board
from hlbench.tui.details.order import problems_among
from hlbench.tui.marks import NOT_EXPECTED, mark
from hlbench.tui.orders import symbol_of
from hlbench.tui.spans import Line, Span
from hlbench.tui.updates import OrderUpdate
from hlbench.tui.widgets.lines import LineList
from hlmock.verdicts.rows import DeliveryRow

CELL = 5
"""Cells of a connection's column."""

WORDS = 24
"""Cells that the worst verdict's name has at the right edge, where there is room."""


class DeliveriesPane(LineList):
    """Updates, the newest last; with `only_problems` those that are missing or late somewhere."""

    HAS_HEAD = True
    PINS_CURSOR = True
    POINTS_AT_CURSOR = False

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._board = board
        self._dropped = 0
        self.only_problems = False
        self._problems: list[OrderUpdate] = []
        self._known: dict[int, tuple[int, list[OrderUpdate]]] = {}
        """By oid: what its verdicts rested on, and which of its updates had a problem then."""
        self._columns: tuple[str, ...] = ()
        self.follows = True

    def show(self, board: Board) -> None:
        """Take the board's latest updates and verdicts in."""
        self._board = board
        if self.only_problems:
            self._problems = self._find_problems()
            self.set_count(len(self._problems))
            return
        dropped = board.updates.dropped - self._dropped
        self._dropped = board.updates.dropped
        self.set_count(board.updates.count_at(board.seq), dropped=dropped)

    def toggle_problems(self) -> None:
        """Only what is missing or late, or everything again."""
        update = self.update_at(self.cursor) if self.cursor is not None else None
        self.only_problems = not self.only_problems
        self.show(self._board)
        self.put_cursor(self.index_of(update) if update is not None else None, reveal=True)

    def update_at(self, index: int) -> OrderUpdate | None:
        """The update in a line."""
        if not 0 <= index < self.count:
            return None
        return self._problems[index] if self.only_problems else self._board.updates[index]

    def index_of(self, update: OrderUpdate) -> int | None:
        """The line of an update, where it is listed."""
        if self.only_problems:
            return self._problems.index(update) if update in self._problems else None
        index = self._board.updates.count_at(update.seq) - 1
        return index if index >= 0 and self._board.updates[index] == update else None

    def deliveries_of(self, update: OrderUpdate) -> list[DeliveryRow]:
        """The update's verdicts."""
        return [row for row in self._board.deliveries(update.oid) if row.updated == update.seq]

    def _find_problems(self) -> list[OrderUpdate]:
        found: list[OrderUpdate] = []
        before, self._known = self._known, {}
        for oid, order in self._board.problems.items():
            known = before.get(oid)
            if known is None or known[0] != order.decided or self._board.is_past:
                bad = {row.updated for row in problems_among(self._board.deliveries(oid))}
                known = (order.decided, [OrderUpdate(seq, oid) for seq in sorted(bad)])
            self._known[oid] = known
            found += known[1]
        return sorted(found)

    # -- drawing --------------------------------------------------------------------------------------------

    def paint(self) -> None:
        self._columns = self._choose_columns()
        super().paint()

    def _choose_columns(self) -> tuple[str, ...]:
        """Connections that the updates in view are about, as many as there is room for, those with a problem first."""
        seen: dict[str, bool] = {}
        for y in range(min(self.rows, self.count - self.top)):
            update = self.update_at(self._index_at(y))
            for row in self.deliveries_of(update) if update is not None else ():
                if row.connection is not None:
                    is_bad = row.expected and row.verdict.code.group in ("missing", "late")
                    seen[row.connection] = seen.get(row.connection, False) or is_bad
        room = max(self.line_width - self._left_width() - (WORDS if self.line_width >= 100 else 0), CELL) // CELL
        kept = sorted(seen, key=lambda name: not seen[name])[:room]
        return tuple(sorted(kept, key=numbered))

    def _left_width(self) -> int:
        return 59 if self.line_width >= 100 else 36

    def head_of(self, width: int) -> Line:
        names = "".join(fit(inert(name), CELL - 1, right=True) + " " for name in self._columns)
        left = "time UTC     order         account     coin    status" if width >= 100 else "order    account  status"
        return ((fit(f" {left}", self._left_width()), "dim"), (names, "dim"))

    def line(self, index: int, width: int) -> Line:
        update = self.update_at(index)
        if update is None:
            return ()
        rows = self.deliveries_of(update)
        line = [("▶" if index == self.cursor else " ", "accent"), *self._subject(update, rows)]
        by_connection = {row.connection: row for row in sorted(rows, key=_attention, reverse=True)}
        for name in self._columns:
            row = by_connection.get(name)
            symbol, role = mark(symbol_of(row.verdict.code) if row is not None and row.expected else NOT_EXPECTED)
            line += [(symbol.rjust(CELL - 1) + " ", role)]
        worst = min(problems_among(rows), key=_attention, default=None)
        if worst is not None:
            line.append((f" {inert(worst.connection or 'nobody')} {worst.verdict.code.value}", "bad"))
        return line

    def _subject(self, update: OrderUpdate, rows: Sequence[DeliveryRow]) -> list[Span]:
        order = self._board.orders.get(update.oid)
        status = (
            rows[0].status
            if rows
            else next((c.status for c in order.changes if c.seq == update.seq), "")
            if order
            else ""
        )
        who = account_label(order.account if order else None, self._board.names)
        if self.line_width < 100:
            return [
                (f"#{update.oid % 10_000_000:<8}", "dim"),
                (fit(who, 9), ""),
                (" ", ""),
                (fit(inert(status), 16), "strong"),
            ]
        time = clock(rows[0].time_ms if rows else order.time_ms if order else 0)
        return [
            (f"{time} ", "dim"),
            (fit(f"#{update.oid}", 13), "dim"),
            (" ", ""),
            (fit(who, 12), ""),
            (fit(inert(order.coin if order else ""), 8), "strong"),
            (fit(inert(status), 11), ""),
        ]


def _attention(row: DeliveryRow) -> tuple[bool, int]:
    return not row.expected, row.verdict.code.severity
