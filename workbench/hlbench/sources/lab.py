"""The source over a run that is stepped through in the lab: its events so far."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hlbench.sources.base import Listeners
from hlmock.trace.events import TraceEvent

if TYPE_CHECKING:
    from hlbench.lab.stepping import Session


class LabSource:
    """Reads a lab session's events. Whoever steps the session calls `wake`.

    A step back takes events away: readers start again then.
    """

    url: str | None = None
    path: str | None = None
    error: str | None = None

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._listeners = Listeners()

    @property
    def description(self) -> str:
        target, step = self._session.target, self._session.step_number
        defect = f" with {target.defect}" if target.defect is not None else ""
        return f"lab {target.scenario} {target.variant}{defect}, step {step}"

    @property
    def is_live(self) -> bool:
        return not self._session.is_over

    @property
    def first_seq(self) -> int:
        return 1

    @property
    def last_seq(self) -> int:
        return len(self._session.result.events)

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        end = None if limit is None else since + limit
        return self._session.result.events[since:end]

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self._listeners.add(callback)

    def wake(self) -> None:
        """The session has moved."""
        self._listeners.wake()

    def catch_up(self, timeout_s: float) -> None:
        """The run is read directly: it is always caught up."""

    def close(self) -> None:
        """The session stays: it may be opened again."""
