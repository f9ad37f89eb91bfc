"""One source as a screen works with it: how far it is shown, what is selected, whether the view stands still.

Rule 1: pausing stops this reader, never the server; going on reads from where it stopped, and a gap is shown as one.
Rule 2: until the reader selects something, the first missing update is selected. Rule 3: going back in time pauses,
and every pane shows `board`, the state at the cursor. Knows no widget.
"""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hlbench.sources.base import EventSource
from hlbench.tui.board import Board
from hlbench.tui.model import LiveModel
from hlbench.tui.moments import Moment
from hlbench.tui.orders import OrderRow
from hlbench.tui.pages import EventPages
from hlbench.tui.selection import Selection
from hlbench.tui.status import State, Status
from hlbench.tui.widgets.scrubber import Place

CHUNK: Final = 500
"""Events read at once. Our choice."""

LOOK_NS: Final = 250_000_000
"""Verdicts are asked for again this often. Our choice."""

FAR_BEHIND: Final = 5_000
"""Events behind from which on the view says that it is catching up. Our choice."""


class Session:
    """Reads one source into one model.

    Args:
        source: read, never closed here.
        names: of accounts by address, where the stream does not tell them.
        clock_ns: monotonic; tells how long the stream has been silent.
    """

    def __init__(
        self,
        source: EventSource,
        *,
        names: Mapping[str, str] = MappingProxyType({}),
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self.selection = Selection(is_automatic=True)
        self.open(source, names)

    def open(self, source: EventSource, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """Read another source, or the same from its start, as after a step back in the lab. The selection stays.

        Args:
            source: what is read from now on.
            names: of accounts by address, where the stream does not tell them.
        """
        self.source = source
        self.model = LiveModel()
        self.model.names |= names
        self.pages = EventPages(source)
        self.is_paused = False
        self._moment: Moment | None = None
        self._arrived_ns = self._clock_ns()
        self._looked_ns: int | None = None
        self._is_finished = False

    # -- the cursor -----------------------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        """What the panes show: the newest state, or the one at the cursor."""
        return self._moment or self.model

    def travel(self, seq: int) -> None:
        """Stand after the event `seq`, as far back as the source can read; pauses."""
        self.is_paused = True
        seq = max(min(seq, self.model.seq), min(self.source.first_seq, self.model.seq))
        if seq != self.board.seq:
            self._moment = Moment(self.model, self.source, seq) if seq < self.model.seq else None

    def resume(self) -> None:
        """Go on, from the newest."""
        self.is_paused = False
        self._moment = None

    @property
    def place(self) -> Place:
        """The cursor among the events that can be read."""
        board = self.board
        at, newest = self.pages.get(board.seq), self.pages.get(self.model.seq)
        if at is None or newest is None:
            return Place(self.source.first_seq, board.seq, self.model.seq)
        before_ns = newest.mono_ns - at.mono_ns
        return Place(self.source.first_seq, board.seq, self.model.seq, at.time_ms, before_ns)

    @property
    def newest_ms(self) -> int | None:
        """Exchange clock of the newest event that was read."""
        newest = self.pages.get(self.model.seq)
        return newest.time_ms if newest is not None else None

    def order_event_beside(self, step: int) -> int | None:
        """seq of the selected order's next (`step` 1) or previous (-1) event, from the cursor on."""
        row = self.model.orders.get(self.selection.oid) if self.selection.oid is not None else None
        seqs = sorted({seq for tree in row.trees for seq in tree}) if row is not None else []
        at = self.board.seq
        if step > 0:
            return next((seq for seq in seqs if seq > at), None)
        return next((seq for seq in reversed(seqs) if seq < at), None)

    # -- reading --------------------------------------------------------------------------------------------

    @property
    def behind(self) -> int:
        """Events that the source has and the model has not."""
        return max(self.source.last_seq - self.model.seq, 0)

    def drain(self, budget_ns: int) -> bool:
        """Read and fold until all is read or the budget is spent. Returns whether there is more."""
        if self.is_paused:
            return False
        deadline = self._clock_ns() + budget_ns
        while events := self.source.read(self.model.seq, CHUNK):
            self.model.apply(events)
            self._arrived_ns = now = self._clock_ns()
            if now >= deadline:
                break
        self.model.judge()
        return self.behind > 0

    def look(self, *, at_once: bool = False) -> bool:
        """Ask for the verdicts again if it is time. Returns whether it was."""
        now = self._clock_ns()
        if self.is_paused or (not at_once and self._looked_ns is not None and now - self._looked_ns < LOOK_NS):
            return False
        self._looked_ns = now
        is_over = not self.source.is_live and not self.behind
        self.model.look(self.now_ns, is_over=is_over and not self._is_finished)
        self._is_finished = is_over
        self._select_automatically()
        return True

    @property
    def now_ns(self) -> int | None:
        """The stream's now, where a server runs and all is read: its last event and the silence since."""
        source = self.source
        if self.is_paused or not source.is_live or source.error is not None or self.behind:
            return None
        if not self.model.seq or source.url is None:
            return None
        return self.model.rates.last_ns + self._clock_ns() - self._arrived_ns

    @property
    def status(self) -> Status:
        source = self.source
        return Status(source.description, source.url, self._state(), source.error, self.behind, self.now_ns)

    def _state(self) -> State:
        source = self.source
        if self.board.is_past:
            return "past"
        if self.is_paused:
            return "paused"
        if source.path is None and source.error is not None:
            return "lost"
        if source.url is None and source.path is None:
            return "lab"
        if self.behind > (FAR_BEHIND if source.is_live else 0):
            return "catching up"
        if source.is_live:
            return "live"
        return "recording" if source.path is not None else "ended"

    # -- selecting ------------------------------------------------------------------------------------------

    @property
    def order(self) -> OrderRow | None:
        """The selected order."""
        return self.board.orders.get(self.selection.oid) if self.selection.oid is not None else None

    @property
    def focus(self) -> Selection:
        """Where the registry should point: the connection that an order's update did not reach, else its account."""
        row = self.order
        if row is None:
            return self.selection
        missed = self.board.missed_by(row.oid)
        return Selection("connection", connection=missed[0]) if missed else Selection("account", account=row.account)

    def select(self, selection: Selection) -> None:
        """The reader's own choice."""
        self.selection = selection

    def release(self) -> None:
        """Back to the automatic selection."""
        self.selection = Selection(is_automatic=True)
        self._select_automatically()

    def _select_automatically(self) -> None:
        if not self.selection.is_automatic:
            return
        current = self.order
        if current is not None and current.is_missing:
            return
        problem = self.model.first_problem()
        if problem is not None and (problem.is_missing or current is None or not current.is_problem):
            current = problem
        elif current is None:
            current = next(iter(self.model.orders.rows), None)
        if current is not None:
            self.selection = Selection("order", oid=current.oid, is_automatic=True)

    def problem_beside(self, step: int) -> OrderRow | None:
        """The next or previous problem, from the selected order on."""
        current = self.order
        if current is None:
            return self.board.first_problem()
        return self.board.problem_beside(current.number, step)

    def select_problem(self, step: int) -> bool:
        """Select the next or previous problem. Returns whether there is one."""
        row = self.problem_beside(step)
        if row is not None:
            self.select(Selection("order", oid=row.oid))
        return row is not None
