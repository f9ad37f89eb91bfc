"""One run of the lab as the workbench steps it: the session, its event source, and what was found out about it."""

from hlbench.lab.batches import Target
from hlbench.lab.catalogue import Variant, scenario_named
from hlbench.lab.explaining import Explanation
from hlbench.lab.reports import SearchReport
from hlbench.lab.schedules import FIFO, Schedule
from hlbench.lab.shrinking import Shrunk
from hlbench.lab.stepping import Session
from hlbench.sources.lab import LabSource


class LabRun:
    """Knows no widget. `close` lets go of the run's world."""

    def __init__(self, target: Target, schedule: Schedule = FIFO) -> None:
        self.target = target
        self.scenario = scenario_named(target.scenario)
        self.session = Session(target.scenario, target.variant, schedule, defect=target.defect, size=target.size)
        self.source = LabSource(self.session)
        self.steps: int | None = None
        """Steps of the whole run, where it has been to its end."""
        self.explanation: Explanation | None = None
        """Of the schedule that failed last."""
        self.outcomes: dict[str, bool] = {}
        """By actor that can go now: whether the run passes with it, and FIFO after it."""
        self.report: SearchReport | None = None
        self.shrunk: Shrunk | None = None
        self.task = ""
        """What is computed in the background."""

    def moved(self) -> None:
        """A step was taken or taken back."""
        self.outcomes = {}
        if self.session.is_over:
            self.steps = self.session.step_number
        self.source.wake()

    def look_ahead(self) -> None:
        """Find out what would happen with each actor that can go now."""
        self.outcomes = {actor: not broken for actor, broken in self.session.outcomes().items()}

    @property
    def names(self) -> dict[str, str]:
        """Names of the accounts by address: the clients'."""
        return {each.address: each.name for each in self.session.state.clients}

    @property
    def command(self) -> str:
        """The command line that steps through the same run."""
        from hlbench.commands.lab_text import replay_command

        return replay_command(self.target, self.session.planned, "step")

    @property
    def title(self) -> str:
        """One line: scenario, variant, defect, how far."""
        defect = self.target.defect or (self.scenario.defect if self.target.variant == "failing" else None)
        step = f"step {self.session.step_number}" + (f" of {self.steps}" if self.steps is not None else "")
        over = ", over" if self.session.is_over else ""
        planted = f" · defect {defect}" if defect is not None else ""
        return f"{self.scenario.name} {self.scenario.title} · {self.target.variant}{planted} · {step}{over}"

    def other_variant(self) -> "LabRun":
        """The same scenario with its bug, or without it."""
        variant: Variant = "passing" if self.target.variant == "failing" else "failing"
        return LabRun(Target(self.target.scenario, variant, None, self.target.size))

    def close(self) -> None:
        self.session.close()
