"""`hlbench lab`: reproduce, explore, shrink, replay and step through the interleavings that lose updates."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from hlbench.commands.output import console, print_json
from hlbench.exit_codes import ExitCode, UsageError

if TYPE_CHECKING:
    from hlbench.lab.batches import Target
    from hlbench.lab.schedules import Schedule

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
    from hlbench.commands.lab_answers import plain_scenario, tell
    from hlbench.lab.catalogue import scenarios

    found = [each for each in scenarios().values() if side in (None, each.side)]
    if as_json:
        print_json({"schema": "hlbench.lab.list/1", "scenarios": [plain_scenario(each.name) for each in found]})
    else:
        width = max(len(each.name) for each in found)
        breaks = max(len(each.breaks) for each in found)
        tell(f"{each.name:{width}}  {each.side}  {each.breaks:{breaks}}  {each.title}" for each in found)
    return ExitCode.FINE


@lab.command
def show(name: str, /, *, as_json: Json = False) -> ExitCode:
    """Tell a scenario's story: what happens, what it breaks, who reported it.

    Args:
        name: as `lab list` shows it.
        as_json: print one JSON document (schema hlbench.lab.show/1, see workbench/README.md).
    """
    from hlbench.commands.lab_answers import plain_scenario, tell

    target = target_of(name, "failing", None)
    if as_json:
        print_json({"schema": "hlbench.lab.show/1", **plain_scenario(target.scenario, in_full=True)})
    else:
        from hlbench.commands.lab_text import scenario_lines

        tell(scenario_lines(target.scenario))
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
    from hlbench.commands.lab_answers import tell_run
    from hlbench.lab.batches import run_once
    from hlbench.lab.choosers import Fifo, RandomWalk

    target = target_of(name, variant, defect)
    schedule = run_once(target, Fifo() if seed is None else RandomWalk(seed)).schedule
    return tell_run(target, schedule, as_json=as_json)


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
    from hlbench.commands.lab_answers import tell_run

    return tell_run(target_of(name, variant, defect), schedule_of(schedule), as_json=as_json)


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
    from hlbench.commands.lab_answers import progress, tell_search
    from hlbench.lab.executors import open_executor
    from hlbench.lab.reports import Budget, ReportError, load_report
    from hlbench.lab.search import Search

    if (name is None) is (resume is None):
        raise UsageError("name either a scenario or, with --resume, a saved search")
    if workers < 1 or deviations < 0 or depth < 1 or failures < 0:
        raise UsageError("--workers and --depth begin at 1, --deviations and --failures at 0")
    if (schedules is not None and schedules < 1) or (seconds is not None and seconds <= 0):
        raise UsageError("--schedules begins at 1, and --seconds is above 0")
    try:
        report = load_report(resume) if resume is not None else None
    except ReportError as error:
        raise OSError(str(error)) from error  # could not be read
    target = report.target if report is not None else target_of(name or "", variant, defect)
    search = Search(target, deviations=deviations, depth=depth, seed=seed, report=report)
    most = schedules if schedules is not None or seconds is not None else 10_000
    done = report.executed if report is not None else 0
    budget = Budget(None if most is None else done + most, seconds, failures or None)
    try:
        with open_executor(workers, dask=dask) as (executor, batches):
            search.run(budget, executor=executor, workers=batches, progress=progress(budget))
    except ModuleNotFoundError as error:
        raise UsageError(str(error)) from error
    finally:
        if save is not None:
            search.report.save(save)
    return tell_search(search.report, as_json=as_json)


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
    from hlbench.commands.lab_answers import fitting, progress, tell, tell_search
    from hlbench.lab.search import Search
    from hlbench.lab.shrinking import NothingToShrink
    from hlbench.lab.shrinking import shrink as shrink_

    target = target_of(name, variant, defect)
    failing = None if schedule is None else schedule_of(schedule)
    if failing is None:
        report = Search(target, seed=seed).run(progress=progress(None))
        if not report.failures:
            return tell_search(report, as_json=as_json)
        failing = report.failures[0].schedule
    try:
        found = fitting(lambda: shrink_(target, failing))
    except NothingToShrink as error:
        raise UsageError(str(error)) from error
    if as_json:
        plain = msgspec.to_builtins(found)
        print_json({"schema": "hlbench.lab.shrink/1", **plain, "schedule": str(found.schedule)})
    else:
        from hlbench.commands.lab_text import shrunk_lines

        tell(shrunk_lines(found))
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
    target = target_of(name, variant, defect)
    given = FIFO if schedule is None else schedule_of(schedule)
    if seed is not None:
        given = run_once(target, RandomWalk(seed)).schedule
    session = Session(target.scenario, target.variant, given, defect=target.defect)
    broken = interact(session, sys.stdin, console(), as_json=as_json)
    return ExitCode.FINDING if broken else ExitCode.FINE


@lab.command
def diagnose(recording: Path, /, *, as_json: Json = False) -> ExitCode:
    """Rank the defects of the library that a recording is consistent with. Exit code 1 when there is one.

    Args:
        recording: a file that `hlbench serve --record` wrote, or a foreign log.
        as_json: print one JSON document (schema hlbench.lab.diagnose/1, see workbench/README.md).
    """
    from hlbench.commands.lab_answers import tell
    from hlbench.commands.lab_text import diagnosis_lines
    from hlbench.lab.diagnosing import diagnose_recording

    found = diagnose_recording(recording)
    if as_json:
        print_json({"schema": "hlbench.lab.diagnose/1", **msgspec.to_builtins(found)})
    else:
        tell(diagnosis_lines(found))
    return ExitCode.FINDING if found.ranked else ExitCode.FINE


# -- what they share --------------------------------------------------------------------------------------------


def target_of(name: str, variant: Variant, defect: str | None) -> "Target":
    from hlbench.lab.batches import Target
    from hlbench.lab.catalogue import UnknownName, defect_named, scenario_named

    try:
        scenario_named(name)
        if defect is not None:
            defect_named(defect)
    except UnknownName as error:
        raise UsageError(str(error.args[0])) from error
    return Target(name, variant, defect)


def schedule_of(text: str) -> "Schedule":
    from hlbench.lab.schedules import ScheduleError, parse_schedule

    try:
        return parse_schedule(text)
    except ScheduleError as error:
        raise UsageError(str(error)) from error
