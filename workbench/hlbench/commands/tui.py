"""`hlbench tui`: live inspection of an embedded exchange, a running server, or a recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hlbench.commands.output import say
from hlbench.commands.reading import Attach, Token
from hlbench.controls import Controls
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.sources import open_source

if TYPE_CHECKING:
    from hlbench.tui.lab_run import LabRun


def tui(
    recording: Path | None = None,
    /,
    *,
    attach: Attach = None,
    token: Token = None,
    lab: str | None = None,
    schedule: str | None = None,
    variant: Literal["failing", "passing"] = "failing",
    defect: str | None = None,
) -> ExitCode:
    """Watch the registry, every order's path and its verdict.

    Without a recording and without --attach it embeds an exchange and lets the demo's three wallets trade on it.

    Args:
        recording: a file that `hlbench serve --record` wrote.
        attach: a running server.
        token: the server's token, where it needs one.
        lab: a scenario to step through, as `hlbench lab list` names it.
        schedule: of the lab's run, as `hlbench lab explore` prints it.
        variant: of the lab's scenario: with its bug, or without.
        defect: another defect of the library in its place.
    """
    run = _lab_run(lab, schedule, variant, defect)
    if recording is None and attach is None:
        return _embedded(run)
    from hlbench.tui.app import WorkbenchApp

    try:
        source = open_source(recording, attach=attach, token=token)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        controls = Controls(source.url, token=token) if source.url is not None else None
        WorkbenchApp(source, lab=run, controls=controls).run()
    finally:
        source.close()
    return ExitCode.FINE


def _lab_run(
    name: str | None, schedule: str | None, variant: Literal["failing", "passing"], defect: str | None
) -> "LabRun | None":
    if name is None:
        if schedule is not None or defect is not None:
            raise UsageError("--schedule and --defect belong to a scenario: name one with --lab")
        return None
    from hlbench.commands.lab import schedule_of, target_of
    from hlbench.lab.schedules import FIFO
    from hlbench.tui.lab_run import LabRun

    return LabRun(target_of(name, variant, defect), FIFO if schedule is None else schedule_of(schedule))


def _embedded(run: "LabRun | None") -> ExitCode:
    from hlbench.demo.traffic import Traffic
    from hlbench.sources.embedded import EmbeddedSource
    from hlbench.tui.app import WorkbenchApp
    from hlmock import MockExchange

    with MockExchange() as exchange:
        traffic = Traffic(exchange)
        traffic.start()
        source = EmbeddedSource(exchange, on_close=traffic.stop)
        try:
            WorkbenchApp(source, lab=run, controls=Controls(exchange.url)).run()
        finally:
            source.close()
    if traffic.error is not None:
        say(f"hlbench: the demo's traffic ended early: {traffic.error}")
    return ExitCode.FINE
