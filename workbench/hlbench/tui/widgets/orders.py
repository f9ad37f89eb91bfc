"""The order table: one line per order, with what its deliveries add up to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hlbench.describe import Names, account_label
from hlbench.inert import inert
from hlbench.text import clock, fit, short
from hlbench.tui.board import Board
from hlbench.tui.marks import mark, side_of
from hlbench.tui.orders import OrderRow
from hlbench.tui.spans import Line, Role, Span
from hlbench.tui.widgets.lines import LineList


@dataclass(frozen=True, slots=True)
class Column:
    """One column. It is left out where the table is narrower than `from_width`."""

    title: str
    width: int
    show: Callable[[OrderRow, Names, int], Span]
    grow: int = 0
    """Cells that it takes more where there is room."""
    is_right: bool = False
    from_width: int = 0


def _text(read: Callable[[OrderRow], str], role: Role = "") -> Callable[[OrderRow, Names, int], Span]:
    return lambda row, names, width: (inert(read(row)), role)


def _side(row: OrderRow, names: Names, width: int) -> Span:
    return side_of(row.side)


def _status(row: OrderRow, names: Names, width: int) -> Span:
    return inert(row.status), "" if row.status == "open" else "dim"


def _deliveries(row: OrderRow, names: Names, width: int) -> Span:
    symbol, role = mark(row.symbol)
    return f"{row.delivered}/{row.expected} {symbol}", role


COLUMNS: Final = (
    Column("time UTC", 12, _text(lambda row: clock(row.time_ms), "dim")),
    Column("oid", 12, _text(lambda row: str(row.oid), "dim"), is_right=True, from_width=84),
    Column("account", 7, lambda row, names, width: (account_label(row.account, names, width), ""), grow=6),
    Column("coin", 5, _text(lambda row: row.coin, "strong"), grow=3),
    Column("side", 4, _side),
    Column("px", 8, _text(lambda row: row.px), grow=4, is_right=True),
    Column("sz", 6, _text(lambda row: row.orig_sz), grow=4, is_right=True),
    Column("tif", 3, _text(lambda row: row.tif or "", "dim"), from_width=90),
    Column("cloid", 11, lambda row, names, width: (short(row.cloid or "", width), "dim"), grow=23, from_width=104),
    Column("status", 8, _status, grow=8),
    Column("dlv", 6, _deliveries, grow=1, is_right=True),
)


@lru_cache(maxsize=32)
def layout(width: int) -> tuple[tuple[Column, int], ...]:
    """The columns that fit and how wide each is, for so many cells; one blank between two."""
    shown = [column for column in COLUMNS if column.from_width <= width]
    left = width - sum(column.width + 1 for column in shown) + 1
    widths: list[tuple[Column, int]] = []
    for column in shown:
        more = max(min(column.grow, left), 0)
        left -= more
        widths.append((column, column.width + more))
    return tuple(widths)


def order_line(row: OrderRow, names: Names, width: int, *, is_selected: bool) -> Line:
    """A row of the table."""
    line: list[Span] = [("▶" if is_selected else " ", "accent")]
    for column, cells in layout(width - 1):
        text, role = column.show(row, names, cells)
        line += [(fit(text, cells, right=column.is_right), role), (" ", "")]
    return line[:-1]


def head_line(width: int) -> Line:
    """The titles."""
    titles = " ".join(fit(column.title, cells, right=column.is_right) for column, cells in layout(width - 1))
    return ((f" {titles}", "dim"),)


class OrdersPane(LineList):
    """Orders, the newest last."""

    BORDER_TITLE = "Orders"
    POINTS_AT_CURSOR = False
    HAS_HEAD = True
    PINS_CURSOR = True

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._board = board
        self._dropped = 0
        self.follows = True

    def show(self, board: Board) -> None:
        """Take the table's latest rows in."""
        self._board = board
        table = board.orders
        dropped = table.dropped - self._dropped
        self._dropped = table.dropped
        self.set_count(len(table.rows), dropped=dropped)

    def line(self, index: int, width: int) -> Line:
        return order_line(self._board.orders.rows[index], self._board.names, width, is_selected=index == self.cursor)

    def head_of(self, width: int) -> Line:
        return head_line(width)

    def row_at(self, index: int) -> OrderRow | None:
        rows = self._board.orders.rows
        return rows[index] if 0 <= index < len(rows) else None
