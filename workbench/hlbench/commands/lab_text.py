"""What `hlbench lab` says to people. Everything returned here is made inert where it is printed."""

import math
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hlbench.lab.batches import Target
from hlbench.lab.catalogue import defects, scenario_named
from hlbench.lab.reports import Budget, SearchReport
from hlbench.lab.running import RunResult
from hlbench.lab.schedules import Schedule
from hlbench.text import counted

if TYPE_CHECKING:
    from hlbench.lab.diagnosing import Diagnosis, Suspect
    from hlbench.lab.explaining import Explanation
    from hlbench.lab.shrinking import Shrunk


def replay_command(target: Target, schedule: Schedule, verb: str = "replay") -> str:
    """The command line that replays a schedule, or does another thing with it (`step`, `shrink`)."""
    words = ["hlbench", "lab", verb, target.scenario, str(schedule)]
    if target.variant != "failing":
        words += ["--variant", target.variant]
    if target.defect is not None:
        words += ["--defect", target.defect]
    return shlex.join(words)


def scenario_lines(name: str) -> Iterator[str]:
    scenario = scenario_named(name)
    depth = "depends on load" if scenario.depth is None else f"{scenario.depth} ordering constraints"
    yield f"{scenario.name}  {scenario.title}"
    yield f"  {scenario.story}"
    yield f"  side      {scenario.side}"
    yield f"  breaks    {scenario.breaks}"
    yield f"  depth     {depth}"
    defect = defects().get(scenario.defect or "")
    if defect is not None:
        yield f"  defect    {defect.name}: {defect.title}"
        yield f"            {defect.story}"
    for cited in scenario.cited:
        yield f"  cited     {cited}"
    yield f"  try       hlbench lab explore {scenario.name}"


def run_lines(
    target: Target, result: RunResult, explanation: "Explanation | None", suspects: Sequence["Suspect"]
) -> Iterator[str]:
    steps = f"{len(result.steps)} steps, {len(result.events)} events"
    if explanation is None:
        yield f"{target.scenario}  {scenario_named(target.scenario).title}: nothing is broken ({steps})"
        yield f"  schedule  {result.schedule}"
        return
    yield from explanation.render().splitlines()
    for each in result.violations[1:]:
        yield explanation.named(f"  also      {each.promise} at seq {each.seq}: {each.sentence}")
    for suspect in suspects:
        yield explanation.named(f"  log says  {suspect.defect} {suspect.score:.2f}: {suspect.sentence}")
    yield f"  ({steps})"


def progress_line(report: SearchReport, budget: Budget | None, spent_s: float) -> str:
    """How far a search is, how fast, and how long it may still take."""
    line = f"{counted(report.executed, 'schedule')}, {report.pruned:,} pruned, {report.schedules_per_s:,.0f}/s"
    if report.waiting:
        line += f"; {report.waiting:,} of level {report.level + 1} are left"
    left = report.seconds_left(budget or Budget(), spent_s)
    if left is not None:
        line += f"; at most about {left:,.0f} s to go"
    return line


def search_lines(report: SearchReport) -> Iterator[str]:
    target = report.target
    many = f"{len(report.failures)} failing" if report.failures else "nothing fails"
    stopped = ", interrupted" if report.interrupted else ""
    yield f"{target.scenario} {target.variant}: {many} in {counted(report.executed, 'schedule')}{stopped}"
    if report.complete_at is None:
        yield "  complete  not even the schedule without deviations was run"
    else:
        yield (
            f"  complete  up to {counted(report.complete_at, 'deviation')} from FIFO"
            f" ({counted(report.pruned, 'schedule')} pruned: from some step on they go on as one that was executed)"
        )
    shares = ", ".join(f"{count:,} {name}" for name, count in report.by_strategy.items())
    yield f"  executed  {shares}"
    yield f"  distinct  {report.distinct:,} of the {report.compared:,} that were compared"
    yield f"  rate      {report.schedules_per_s:,.0f} schedules/s, {report.steps_per_s:,.0f} steps/s"
    if report.by_strategy.get("pct"):
        bound = math.floor(report.pct_bound * 1_000) / 10
        yield f"  pct       meets a bug of depth {report.depth} with a probability of at least {bound}%"
    for each in report.failures:
        yield f"{each.promise} by {each.strategy}: {each.violation}"
        yield f"  failed    in {each.reproduced} of {each.replays} replays"
        yield f"  schedule  {each.schedule}"
        yield f"  replay    {replay_command(target, each.schedule)}"


def shrunk_lines(found: "Shrunk") -> Iterator[str]:
    size = found.size
    counts = (size.wallets, "wallet"), (size.connections, "connection"), (size.orders, "order"), (size.faults, "fault")
    shown = ", ".join(counted(count, noun) for count, noun in counts)
    claim = "no shorter one fails" if found.is_minimal else "a shorter one was not ruled out"
    yield f"{found.target.scenario}  {found.promise}: {found.violation}"
    yield f"  schedule  {found.schedule}"
    yield f"            {counted(len(found.schedule), 'deviation')}; {claim} ({counted(found.runs, 'run')})"
    yield f"  size      {shown}"
    yield f"  replay    {replay_command(found.target, found.schedule)}"


def diagnosis_lines(found: "Diagnosis") -> Iterator[str]:
    if not found.ranked:
        yield "nothing in the log speaks for a defect of the library"
    for number, each in enumerate(found.ranked, 1):
        seqs = " ".join(f"seq {seq}" for seq in each.evidence)
        yield f"{number}. {each.defect}  {each.score:.2f}"
        yield f"   {each.sentence}"
        yield f"   evidence: {seqs}"
    for sentence in found.cannot_tell:
        yield f"? {sentence}"
