"""`hlbench lab`: reproduce, explore, shrink, replay and step through the interleavings that lose updates."""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec
from cyclopts import App, Parameter

from hlbench.commands.output import console, print_json, say
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert

if TYPE_CHECKING:
    from hlbench.lab.batches import Target
    from hlbench.lab.explaining import Explanation
    from hlbench.lab.reports import Budget, SearchReport
    from hlbench.lab.schedules import Schedule

_Result = TypeVar("_Result")

Variant = Literal["failing", "passing"]
Json = Annotated[bool, Parameter(name="--json", negative="")]

lab = App(
    name="lab",
    help="Reproduce, explore, shrink, replay and step through the interleavings that lose updates.",
    help_format="plaintext",
    result_action="return_value",
)


@lab.command(name="list")
def list_(*, side: Literal["server", "client"] | None = None, as_json: Json = False) -> ExitCode:
    """Name every scenario.

    Args:
        side: only those whose bug is on this side.
        as_json: print one JSON document (schema hlbench.lab.list/1, see workbench/README.md).
    """
    from hlbench.lab.catalogue import scenarios

    found = [each for each in scenarios().values() if side in (None, each.side)]
    if as_json:
        print_json({"schema": "hlbench.lab.list/1", "scenarios": [_scenario(each.name) for each in found]})
    else:
        width = max(len(each.name) for each in found)
        breaks = max(len(each.breaks) for each in found)
        _print(f"{each.name:{width}}  {each.side}  {each.breaks:{breaks}}  {each.title}" for each in found)
    return ExitCode.FINE


@lab.command
def show(name: str, /, *, as_json: Json = False) -> ExitCode:
    """Tell a scenario's story: what happens, what it breaks, who reported it.

    Args:
        name: as `lab list` shows it.
        as_json: print one JSON document (schema hlbench.lab.show/1, see workbench/README.md).
    """
    target = _target(name, "failing", None)
    if as_json:
        print_json({"schema": "hlbench.lab.show/1", **_scenario(target.scenario, in_full=True)})
    else:
        from hlbench.commands.lab_text import scenario_lines

        _print(scenario_lines(target.scenario))
    return ExitCode.FINE


@lab.command
def run(
    name: str,
    /,
    *,
    variant: Variant = "failing",
    defect: str | None = None,
    seed: int | None = None,
    as_json: Json = False,
) -> ExitCode:
    """Run a scenario once, and say what it breaks and why. Exit code 1 when it breaks something.

    Args:
        name: as `lab list` shows it.
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.
        seed: of a random walk; without it each program goes on until it has to wait (FIFO).
        as_json: print one JSON document (schema hlbench.lab.run/1, see workbench/README.md).
    """
    from hlbench.lab.batches import run_once
    from hlbench.lab.choosers import Fifo, RandomWalk

    target = _target(name, variant, defect)
    schedule = run_once(target, Fifo() if seed is None else RandomWalk(seed)).schedule
    return _tell_run(target, schedule, as_json=as_json)


@lab.command
def replay(
    name: str,
    schedule: str,
    /,
    *,
    variant: Variant = "failing",
    defect: str | None = None,
    as_json: Json = False,
) -> ExitCode:
    """Run a schedule again, and say what it breaks and why. Exit code 1 when it breaks something.

    Args:
        name: as `lab list` shows it.
        schedule: as `explore` and `shrink` print it, in text or JSON.
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.
        as_json: print one JSON document (schema hlbench.lab.run/1, see workbench/README.md).
    """
    return _tell_run(_target(name, variant, defect), _schedule(schedule), as_json=as_json)


@lab.command
def explore(
    name: str | None = None,
    /,
    *,
    variant: Variant = "failing",
    defect: str | None = None,
    schedules: int | None = None,
    seconds: float | None = None,
    deviations: int = 2,
    depth: int = 2,
    failures: int = 1,
    seed: int = 0,
    workers: int = 1,
    dask: str | None = None,
    save: Path | None = None,
    resume: Path | None = None,
    as_json: Json = False,
) -> ExitCode:
    """Search the schedules of a scenario for one that breaks something. Exit code 1 when one was found.

    A portfolio with equal shares: every schedule of few deviations from FIFO, PCT, random walks. Ctrl-C stops it with
    what it has.

    Args:
        name: as `lab list` shows it; not with --resume.
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.
        schedules: stop after so many (10,000 where no other limit is given).
        seconds: stop after so long.
        deviations: how many the complete part goes up to.
        depth: of the bugs that PCT is aimed at.
        failures: stop after so many failing schedules; 0 does not stop.
        seed: of PCT and the random walks.
        workers: processes on this machine.
        dask: address of a Dask scheduler whose workers are used instead.
        save: file to write the search to, at the end and when it is interrupted.
        resume: such a file, to go on from.
        as_json: print one JSON document (schema hlbench.lab.explore/1, see workbench/README.md).
    """
    from hlbench.lab.executors import open_executor
    from hlbench.lab.reports import Budget, ReportError, load_report
    from hlbench.lab.search import Search

    if (name is None) is (resume is None):
        raise UsageError("name a scenario, or a saved search with --resume")
    if workers < 1 or deviations < 0 or depth < 1 or failures < 0:
        raise UsageError("--workers and --depth begin at 1, --deviations and --failures at 0")
    try:
        report = load_report(resume) if resume is not None else None
    except ReportError as error:
        raise OSError(str(error)) from error  # could not be read
    target = report.target if report is not None else _target(name or "", variant, defect)
    search = Search(target, deviations=deviations, depth=depth, seed=seed, report=report)
    most = schedules if schedules is not None or seconds is not None else 10_000
    done = report.executed if report is not None else 0
    budget = Budget(None if most is None else done + most, seconds, failures or None)
    try:
        with open_executor(workers, dask=dask) as (executor, batches):
            search.run(budget, executor=executor, workers=batches, progress=_progress(budget))
    except ModuleNotFoundError as error:
        raise UsageError(str(error)) from error
    finally:
        if save is not None:
            search.report.save(save)
    return _tell_search(search.report, as_json=as_json)


@lab.command
def shrink(
    name: str,
    schedule: str | None = None,
    /,
    *,
    variant: Variant = "failing",
    defect: str | None = None,
    seed: int = 0,
    as_json: Json = False,
) -> ExitCode:
    """Find the shortest schedule and the smallest scenario that still break the same promise.

    Exit code 1 when there is one, 0 when nothing fails.

    Args:
        name: as `lab list` shows it.
        schedule: one that fails; without it one is searched for.
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.
        seed: of the search.
        as_json: print one JSON document (schema hlbench.lab.shrink/1, see workbench/README.md).
    """
    from hlbench.lab.search import Search
    from hlbench.lab.shrinking import NothingToShrink
    from hlbench.lab.shrinking import shrink as shrink_

    target = _target(name, variant, defect)
    failing = None if schedule is None else _schedule(schedule)
    if failing is None:
        report = Search(target, seed=seed).run(progress=_progress(None))
        if not report.failures:
            return _tell_search(report, as_json=as_json)
        failing = report.failures[0].schedule
    try:
        found = _fitting(lambda: shrink_(target, failing))
    except NothingToShrink as error:
        raise UsageError(str(error)) from error
    if as_json:
        plain = msgspec.to_builtins(found)
        print_json({"schema": "hlbench.lab.shrink/1", **plain, "schedule": str(found.schedule)})
    else:
        from hlbench.commands.lab_text import shrunk_lines

        _print(shrunk_lines(found))
    return ExitCode.FINDING


@lab.command
def step(
    name: str,
    schedule: str | None = None,
    /,
    *,
    variant: Variant = "failing",
    defect: str | None = None,
    seed: int | None = None,
    as_json: Json = False,
) -> ExitCode:
    """Step through a run: n next, p back, r to the failure, a ACTOR, f ACTOR flip, t CONDITION, e FILE, q quit.

    Commands are read from stdin, one per line, from a terminal or a pipe. Exit code 1 when the run that was left is
    broken.

    Args:
        name: as `lab list` shows it.
        schedule: whom to let go where nothing else is said; FIFO without it.
        variant: with the scenario's bug, or without.
        defect: another defect of the library in its place.
        seed: of a random walk to step through, in place of a schedule.
        as_json: print each state as one line of JSON (schema hlbench.lab.state/1, see workbench/README.md).
    """
    from hlbench.commands.stepping import interact
    from hlbench.lab.batches import run_once
    from hlbench.lab.choosers import RandomWalk
    from hlbench.lab.schedules import FIFO
    from hlbench.lab.stepping import Session

    if schedule is not None and seed is not None:
        raise UsageError("a schedule and --seed exclude each other")
    target = _target(name, variant, defect)
    given = FIFO if schedule is None else _schedule(schedule)
    if seed is not None:
        given = run_once(target, RandomWalk(seed)).schedule
    session = Session(target.scenario, target.variant, given, defect=target.defect)
    broken = interact(session, sys.stdin, console(), as_json=as_json)
    return ExitCode.FINDING if broken else ExitCode.FINE


@lab.command
def diagnose(recording: Path, /, *, as_json: Json = False) -> ExitCode:
    """Rank the defects of the library that a recording is consistent with. Exit code 1 when there is one.

    Args:
        recording: a file that `hlbench serve --record` wrote.
        as_json: print one JSON document (schema hlbench.lab.diagnose/1, see workbench/README.md).
    """
    from hlbench.commands.lab_text import diagnosis_lines
    from hlbench.lab.diagnosing import diagnose_recording

    found = diagnose_recording(recording)
    if as_json:
        print_json({"schema": "hlbench.lab.diagnose/1", **msgspec.to_builtins(found)})
    else:
        _print(diagnosis_lines(found))
    return ExitCode.FINDING if found.ranked else ExitCode.FINE


# -- what they share --------------------------------------------------------------------------------------------


def _target(name: str, variant: Variant, defect: str | None) -> "Target":
    from hlbench.lab.batches import Target
    from hlbench.lab.catalogue import UnknownName, defect_named, scenario_named

    try:
        scenario_named(name)
        if defect is not None:
            defect_named(defect)
    except UnknownName as error:
        raise UsageError(str(error.args[0])) from error
    return Target(name, variant, defect)


def _schedule(text: str) -> "Schedule":
    from hlbench.lab.schedules import ScheduleError, parse_schedule

    try:
        return parse_schedule(text)
    except ScheduleError as error:
        raise UsageError(str(error)) from error


def _fitting(act: Callable[[], _Result]) -> _Result:
    """Do something with a schedule; that it does not fit the scenario is a mistake of whoever typed it."""
    from hlbench.lab.schedules import ScheduleDiverged

    try:
        return act()
    except ScheduleDiverged as error:
        raise UsageError(str(error)) from error


def _print(lines: Iterable[str]) -> None:
    out = console()
    for line in lines:
        out.print(inert(line), soft_wrap=True)


def _tell_run(target: "Target", schedule: "Schedule", *, as_json: bool) -> ExitCode:
    """One run, by its schedule: what it breaks, and why."""
    from hlbench.commands.lab_text import run_lines
    from hlbench.lab.batches import replay as replay_
    from hlbench.lab.explaining import explain

    result = _fitting(lambda: replay_(target, schedule))
    explanation = explain(target, schedule) if result.violations else None
    if as_json:
        print_json(
            {
                "schema": "hlbench.lab.run/1",
                "scenario": target.scenario,
                "variant": target.variant,
                "defect": target.defect,
                "schedule": str(schedule),
                "steps": len(result.steps),
                "events": len(result.events),
                "violations": msgspec.to_builtins(result.violations),
                "explanation": None if explanation is None else _explanation(explanation),
            }
        )
    else:
        _print(run_lines(target, result, explanation))
    return ExitCode.FINDING if result.violations else ExitCode.FINE


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(explanation)
    passing = explanation.passing
    return {**plain, "schedule": str(explanation.schedule), "passing": None if passing is None else str(passing)}


def _tell_search(report: "SearchReport", *, as_json: bool) -> ExitCode:
    from hlbench.commands.lab_text import replay_command, search_lines

    if as_json:
        failures = [
            {
                **msgspec.to_builtins(each),
                "schedule": str(each.schedule),
                "replay": replay_command(report.target, each.schedule),
            }
            for each in report.failures
        ]
        told = {name: getattr(report, name) for name in _TOLD}
        target = {name: getattr(report.target, name) for name in ("scenario", "variant", "defect")}
        print_json({"schema": "hlbench.lab.explore/1", **target, **msgspec.to_builtins(told), "failures": failures})
    else:
        _print(search_lines(report))
    if report.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FINDING if report.failures else ExitCode.FINE


_TOLD: Final = (
    "executed",
    "pruned",
    "distinct",
    "compared",
    "deviations",
    "complete_at",
    "by_strategy",
    "steps",
    "seconds",
    "schedules_per_s",
    "steps_per_s",
    "depth",
    "pct_bound",
    "interrupted",
)


def _progress(budget: "Budget | None") -> Callable[["SearchReport"], None]:
    """Narrate a search on stderr, once a second, on a terminal only."""
    from hlbench.commands.lab_text import progress_line

    started = shown = time.monotonic()

    def tell(report: "SearchReport") -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= 1 and sys.stderr.isatty():
            shown = now
            say(progress_line(report, budget, now - started))

    return tell


def _scenario(name: str, *, in_full: bool = False) -> dict[str, Any]:
    from hlbench.lab.catalogue import defects, scenario_named

    scenario = scenario_named(name)
    plain: dict[str, Any] = {
        "name": scenario.name,
        "title": scenario.title,
        "side": scenario.side,
        "breaks": scenario.breaks,
        "depth": scenario.depth,
        "defect": scenario.defect,
    }
    if in_full:
        defect = defects().get(scenario.defect or "")
        plain |= {
            "story": scenario.story,
            "cited": list(scenario.cited),
            "size": msgspec.to_builtins(scenario.size),
            "defect_story": None if defect is None else defect.story,
        }
    return plain
