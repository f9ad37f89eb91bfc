"""Stepping: one run of a scenario, forwards, backwards and sideways, with its whole state at each step.

Going back is a replay of the prefix: runs are deterministic, so nothing has to be undone.
"""

from collections.abc import Callable
from contextlib import suppress

from hlbench.lab.actors import Actor
from hlbench.lab.batches import Target
from hlbench.lab.catalogue import Size, Variant
from hlbench.lab.choosers import Fifo, Replay
from hlbench.lab.conditions import Condition, parse_condition
from hlbench.lab.running import Runner, RunResult
from hlbench.lab.schedules import FIFO, Schedule, ScheduleDiverged
from hlbench.lab.states import State, state_of
from hlmock.trace.events import PublicationCreated, TraceEvent
from hlmock.trace.folds import StreamState
from hlmock.verdicts.promises import PromiseMonitor, Violation


class NotReady(ValueError):
    """The actor cannot step now; says who can."""


class Session:
    """One run under a stepper's hands.

    Args:
        scenario: of the catalogue.
        schedule: whom to let go where nothing else is said, until `flip` leaves it.
        defect: another one than the scenario's own.
    """

    def __init__(
        self,
        scenario: str,
        variant: Variant = "failing",
        schedule: Schedule = FIFO,
        *,
        defect: str | None = None,
        size: Size | None = None,
    ) -> None:
        self.target = Target(scenario, variant, defect, size)
        self._given = schedule
        self._restart()

    def _restart(self) -> None:
        self._picks: list[str] = []
        """Who went, step by step: what going back replays."""
        self._left_at: int | None = None
        """The step before which the schedule was left."""
        self._chooser: Fifo | Replay = Replay(self._given) if len(self._given) else Fifo()
        self._runner = Runner(self.target.world(), self._chooser)
        self._stream = StreamState()
        self._catch_up()

    # -- where it stands ------------------------------------------------------------------------------------

    @property
    def result(self) -> RunResult:
        """What has happened so far."""
        return self._runner.result

    @property
    def step_number(self) -> int:
        """Steps taken."""
        return len(self._picks)

    @property
    def is_over(self) -> bool:
        """Nobody can step any more."""
        return self._runner.default is None

    @property
    def schedule(self) -> Schedule:
        """The deviations so far; replayed, it comes by here."""
        return self.result.schedule

    @property
    def planned(self) -> Schedule:
        """The deviations so far, and those that the given schedule still holds."""
        pending = self._chooser.pending if isinstance(self._chooser, Replay) else ()
        return Schedule((*self.schedule.deviations, *pending))

    @property
    def ready(self) -> list[str]:
        """Who can step now; first whom `step` lets go."""
        chosen = self._chosen()
        return [] if chosen is None else [chosen.name, *[a.name for a in self._runner.world.ready if a is not chosen]]

    @property
    def state(self) -> State:
        """Actors, registry, outboxes, links, clients' views, and what the last step changed."""
        chosen = self._chosen()
        return state_of(self.result, self._stream, chosen.name if chosen else None)

    @property
    def violations(self) -> list[Violation]:
        """What the run breaks so far; while it goes on, only what nothing later can mend."""
        if self.is_over:
            return self.target.judge(self.result).violations
        return self._monitor().violations

    def _monitor(self) -> PromiseMonitor:
        monitor = PromiseMonitor(max_frames=self._runner.world.core.settings.outbox.max_frames)
        for event in self.result.events:
            monitor.apply(event)
        return monitor

    # -- forwards -------------------------------------------------------------------------------------------

    def step(self, actor: str | None = None) -> list[TraceEvent]:
        """Take one step and return its events; none when the run is over.

        Args:
            actor: who goes; by default whom the schedule, or FIFO, lets go.

        Raises:
            NotReady: this actor cannot step now.
            ScheduleDiverged: the schedule does not fit.
        """
        if self.is_over and actor is None:
            return []
        self._take(None if actor is None else self._named(actor))
        self._catch_up()
        return self._last_events()

    def run(self, *, to_failure: bool = False) -> list[Violation]:
        """Go on to the end; returns what the run breaks.

        Args:
            to_failure: stop right after the step that breaks a promise.
        """
        monitor = self._monitor()
        broken = len(monitor.violations)

        def is_broken(event: TraceEvent) -> bool:
            monitor.apply(event)
            return to_failure and len(monitor.violations) > broken

        self._until(is_broken)
        return self.violations

    def to(self, condition: Condition | str) -> TraceEvent | None:
        """Go on until a step emits an event that meets a condition; `None` when the run ends before.

        Args:
            condition: `registry.resolved found=0 while subscribed`; see `hlbench.lab.conditions`.

        Raises:
            ConditionError: it cannot be read.
        """
        wanted = parse_condition(condition) if isinstance(condition, str) else condition
        names = {each.address: each.wallet.name or each.name for each in self._runner.world.clients.values()}
        return self._until(lambda event: wanted.is_met(event, self._stream, names))

    def to_next_stage(self, *, oid: int | None = None, cloid: str | None = None) -> TraceEvent | None:
        """Go on until a step emits an event of one order's path; `None` when the run ends before.

        Raises:
            ValueError: neither an oid nor a cloid is given.
        """
        if oid is None and cloid is None:
            raise ValueError("name the order by oid or by cloid")
        path = _OrderPath(oid, cloid)
        for event in self.result.events:
            path.is_on(event)
        return self._until(path.is_on)

    def flip(self, actor: str) -> list[TraceEvent]:
        """Let another ready actor go here, and nothing but FIFO from then on.

        Raises:
            NotReady: this actor cannot step now.
        """
        chosen = self._named(actor)
        self._leave_schedule()
        self._take(chosen)
        self._catch_up()
        return self._last_events()

    # -- backwards and sideways -----------------------------------------------------------------------------

    def back(self, steps: int = 1) -> None:
        """Take steps back, at most to the start. A schedule that was left in them is followed again."""
        self._rewind(max(len(self._picks) - steps, 0))

    def outcomes(self) -> dict[str, list[Violation]]:
        """What the run would break with each ready actor going here, and FIFO after it. Changes nothing."""
        found: dict[str, list[Violation]] = {}
        for actor in self.ready:
            other = Session(self.target.scenario, self.target.variant, defect=self.target.defect, size=self.target.size)
            for pick in self._picks:
                other.step(pick)
            other.flip(actor)
            found[actor] = other.run()
            other.close()
        return found

    def close(self) -> None:
        """Let go of the run's world. The session is of no use after that."""
        self._runner.world.close()

    def _last_events(self) -> list[TraceEvent]:
        last = self.result.steps[-1]
        return self._runner.world.log.after(last.first_seq - 1)

    # -- within ---------------------------------------------------------------------------------------------

    def _chosen(self) -> Actor | None:
        """Whom the schedule lets go; FIFO's choice where the schedule does not fit."""
        default = self._runner.default
        if default is None or not isinstance(self._chooser, Replay):
            return default
        with suppress(ScheduleDiverged):
            return self._chooser.peek(default, self._runner.world.ready)
        return default

    def _named(self, name: str) -> Actor:
        for actor in self._runner.world.ready:
            if actor.name == name:
                return actor
        raise NotReady(f"{name} cannot step now; ready: {', '.join(self.ready) or 'nobody'}")

    def _take(self, actor: Actor | None = None) -> None:
        """One step of an actor, by default of whom the schedule lets go."""
        default = self._runner.default
        assert default is not None
        ready = self._runner.world.ready
        if actor is None or actor is self._chosen():
            actor = self._chooser.choose(default, ready)
        self._picks.append(actor.name)
        self._runner.take(default, actor)

    def _leave_schedule(self) -> None:
        self._chooser = Fifo()
        self._left_at = len(self._picks)

    def _rewind(self, steps: int) -> None:
        picks, left_at = self._picks[:steps], self._left_at
        self._runner.world.close()
        self._restart()
        for number, pick in enumerate(picks):
            if number == left_at:
                self._leave_schedule()
            self._take(self._named(pick))
        self._catch_up()

    def _catch_up(self, holds: Callable[[TraceEvent], bool] | None = None) -> TraceEvent | None:
        """Fold the new events in; the first one for which something holds, asked right after it."""
        found = None
        for event in self.result.events[self._stream.seq :]:
            self._stream.apply(event)
            if found is None and holds is not None and holds(event):
                found = event
        return found

    def _until(self, holds: Callable[[TraceEvent], bool]) -> TraceEvent | None:
        while not self.is_over:
            self._take()
            found = self._catch_up(holds)
            if found is not None:
                return found
        return None


class _OrderPath:
    """Which events are on the path of one order, fed in order."""

    def __init__(self, oid: int | None, cloid: str | None) -> None:
        self._oid = oid
        self._cloid = cloid.lower() if cloid is not None else None
        self._requests: set[int] = set()
        self._publications: set[int] = set()

    def is_on(self, event: TraceEvent) -> bool:
        detail = event.detail
        if isinstance(detail, PublicationCreated):
            is_on = any(self._is_it(update.oid, update.cloid) for update in detail.updates)
            if is_on:
                self._publications.add(detail.publication)
            return is_on
        if self._is_it(event.oid, event.cloid):
            if event.request is not None:
                self._requests.add(event.request)
            return True
        publication = getattr(detail, "publication", None)
        if publication is not None:
            return publication in self._publications
        return event.request is not None and event.request in self._requests

    def _is_it(self, oid: int | None, cloid: str | None) -> bool:
        return (self._oid is not None and oid == self._oid) or (self._cloid is not None and cloid == self._cloid)
