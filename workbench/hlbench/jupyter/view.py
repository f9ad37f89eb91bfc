"""What the live widget shows, as plain values: the same lines as in the TUI, made of inert text and roles."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from hlbench.tui.session import Session
from hlbench.tui.spans import Span
from hlbench.tui.status import counts_line, problem_line, source_line
from hlbench.tui.widgets.orders import COLUMNS
from hlbench.tui.widgets.registry import node_line

WIDTH: Final = 112
"""Characters of the lines above the table, as in a terminal. Our choice."""

REGISTRY_WIDTH: Final = 46
REGISTRY_ROWS: Final = 40
"""Lines of the registry; what is beyond is counted. Our choice."""

View: TypeAlias = dict[str, Any]
"""JSON-ready: `source`, `counts`, `problem` (a line each), `titles`, `orders` (rows of cells), `earlier`, `registry`
(lines), `further`. A line is a list of spans, a cell is a span, a span is `[text, role]`."""

EMPTY: Final[View] = {
    "source": [],
    "counts": [],
    "problem": [],
    "titles": [],
    "orders": [],
    "earlier": 0,
    "registry": [],
    "further": 0,
}


def view_of(session: Session, rows: int) -> View:
    """Everything that is shown now.

    Args:
        session: read and judged.
        rows: orders at most; the newest come first.
    """
    board, status = session.board, session.status
    orders = board.orders
    newest = orders.rows[max(len(orders.rows) - rows, 0) :]
    nodes = board.registry.nodes(board.state, ())
    return {
        "source": _plain(source_line(board, status, WIDTH)),
        "counts": _plain(counts_line(board, WIDTH, status.now_ns)),
        "problem": _plain(problem_line(board, status, WIDTH)),
        "titles": [[column.title, column.is_right] for column in COLUMNS],
        "orders": [
            _plain(column.show(row, board.names, column.width + column.grow) for column in COLUMNS)
            for row in reversed(newest)
        ],
        "earlier": orders.seen - len(newest),
        "registry": [_plain(node_line(node, board, REGISTRY_WIDTH)) for node in nodes[:REGISTRY_ROWS]],
        "further": max(len(nodes) - REGISTRY_ROWS, 0),
    }


def _plain(spans: Iterable[Span]) -> list[list[str]]:
    return [[text, role] for text, role in spans]
