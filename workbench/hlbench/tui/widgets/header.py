"""The lines above the panes."""

from collections.abc import Sequence

from hlbench.tui.board import Board
from hlbench.tui.spans import Line, Span
from hlbench.tui.status import Status, counts_line, problem_line, source_line
from hlbench.tui.widgets.roles import Panel


class StatusHeader(Panel):
    """Source and pace; counts; the first thing that is wrong (where there is a third line)."""

    def __init__(self, board: Board, status: Status, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._board = board
        self._status = status
        self._tabs: Sequence[str] = ()
        self._tab = ""

    def show(self, board: Board, status: Status, tabs: Sequence[str] = (), tab: str = "") -> None:
        """Show the board's counts; `tabs` names the screens in the order of their keys, `tab` the one shown."""
        self._board, self._status, self._tabs, self._tab = board, status, tabs, tab
        self.paint()

    def lines(self, width: int) -> list[Line]:
        board, status = self._board, self._status
        lines = [source_line(board, status, width, self._tab_spans(width)), counts_line(board, width, status.now_ns)]
        if self.size.height > 2:
            lines.append(problem_line(board, status, width))
        elif status.error is not None:
            lines[1] = problem_line(board, status, width)
        return lines

    def _tab_spans(self, width: int) -> list[Span]:
        """The screens with their keys; on a narrow one only where the reader is."""
        if len(self._tabs) < 2:
            return []
        shown = [(number, name) for number, name in enumerate(self._tabs, 1) if width >= 100 or name == self._tab]
        tabs: list[Span] = [(f" {number} {name}", "strong" if name == self._tab else "dim") for number, name in shown]
        return tabs
