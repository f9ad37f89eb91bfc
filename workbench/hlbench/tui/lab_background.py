"""What takes longer than a key press in the lab: searching, shrinking, explaining; each in a thread of its own."""

from collections.abc import Callable
from typing import Final

from textual.dom import DOMNode
from textual.worker import Worker, get_current_worker

from hlbench.lab.explaining import NothingToExplain, explain
from hlbench.lab.reports import Budget, SearchReport
from hlbench.lab.schedules import Schedule, ScheduleError
from hlbench.lab.search import Search
from hlbench.lab.shrinking import NothingToShrink, shrink
from hlbench.tui.lab_run import LabRun

SLICE_S: Final = 0.25
"""Seconds of searching between two looks at the screen. Our choice."""


class Background:
    """Puts what it finds into the run, and tells the screen.

    Args:
        node: whose threads these are; they end with it.
        changed: called on the application's thread when something was found out about a run.
        say: tells the reader a sentence.
    """

    def __init__(self, node: DOMNode, changed: Callable[[LabRun], None], say: Callable[[str], None]) -> None:
        self._node = node
        self._changed = changed
        self._say = say
        self._search: Worker[None] | None = None

    # -- searching ------------------------------------------------------------------------------------------

    def explore(self, run: LabRun) -> None:
        """Search until a schedule fails, everything is searched, or `stop`."""
        run.task = "exploring; x stops"
        search = Search(run.target)
        self._search = self._start("explore", lambda: self._explore(run, search))

    def stop(self, run: LabRun) -> bool:
        """End the search. Returns whether there was one."""
        was_running = self._search is not None and self._search.is_running
        if self._search is not None:
            self._search.cancel()
            self._search = None
        run.task = ""
        return was_running

    def _explore(self, run: LabRun, search: Search) -> None:
        """In a thread, a slice at a time."""
        worker = get_current_worker()
        executed = -1
        while not worker.is_cancelled and not search.report.failures and search.report.executed != executed:
            executed = search.report.executed
            self._tell(self._searched, run, search.run(Budget(None, SLICE_S, 1)), False)
        self._tell(self._searched, run, search.report, True)

    def _searched(self, run: LabRun, report: SearchReport, is_over: bool) -> None:
        run.report = report
        if is_over:
            run.task = ""
        self._changed(run)

    # -- one question, one answer ---------------------------------------------------------------------------

    def shrink(self, run: LabRun) -> None:
        """Find the smallest schedule that fails as the found one does, or as this run."""
        failures = run.report.failures if run.report is not None else []
        schedule = failures[-1].schedule if failures else run.session.planned
        run.task = "shrinking"
        self._start("shrink", lambda: self._shrink(run, schedule))

    def _shrink(self, run: LabRun, schedule: Schedule) -> None:
        try:
            found = shrink(run.target, schedule)
        except (NothingToShrink, ScheduleError) as error:
            self._tell(self._say, f"{error} Explore first (x).")
            self._tell(self._answered, run)
        else:
            self._tell(self._answered, run, "shrunk", found)

    def explain(self, run: LabRun) -> None:
        """Find the decision that mattered, and the nearest schedule that passes."""
        run.task = "looking for the decision that mattered"
        schedule = run.session.planned
        self._start("explain", lambda: self._explain(run, schedule))

    def _explain(self, run: LabRun, schedule: Schedule) -> None:
        try:
            found = explain(run.target, schedule)
        except (NothingToExplain, ScheduleError):
            self._tell(self._answered, run)  # what is left of the schedule passes: there is nothing to say
        else:
            self._tell(self._answered, run, "explanation", found)

    def _answered(self, run: LabRun, name: str = "", value: object = None) -> None:
        run.task = ""
        if name:
            setattr(run, name, value)
        self._changed(run)

    # -- threads --------------------------------------------------------------------------------------------

    def _start(self, name: str, work: Callable[[], None]) -> Worker[None]:
        return self._node.run_worker(work, name=name, group=f"lab-{name}", thread=True, exclusive=True)

    def _tell(self, receive: Callable[..., None], *arguments: object) -> None:
        """On the application's thread."""
        self._node.app.call_from_thread(receive, *arguments)
