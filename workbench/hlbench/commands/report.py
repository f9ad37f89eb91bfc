"""`hlbench report`: what a whole stream comes to, in numbers."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from hlbench.commands.output import console, print_json, print_lines, say
from hlbench.commands.reading import Attach, From, Token, opened
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.exports import export
from hlbench.filters import FilterError
from hlbench.inert import inert
from hlbench.text import duration
from hlbench.timeline import Timeline
from hlbench.timeline.summary import SCHEMA, Latency, Problem, SlowPath, Summary, Tally
from hlbench.tui.details.lines import BLANK, DetailLine, paragraph, rule
from hlbench.tui.spans import Role

PROBLEMS_SHOWN: Final = 50
"""In text; `--json` has all."""


def report(
    recording: Path | None = None,
    /,
    *,
    attach: Attach = None,
    token: Token = None,
    from_: From = None,
    where: str | None = None,
    html: Path | None = None,
    perfetto: Path | None = None,
    parquet: Path | None = None,
    csv: Path | None = None,
    jsonl: Path | None = None,
    otlp: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> ExitCode:
    """Sum up a recording or what a server holds: counts, latencies, deliveries, problems, broken promises.

    Exit code 1 when an update is missing, a part of the stream is, or the server broke a promise (D1 to D7).

    Args:
        recording: a file that `hlbench serve --record` wrote, or a foreign log.
        attach: a running server instead of a recording; http://127.0.0.1:8080 when neither is given.
        token: the server's token, where it needs one.
        from_: what kind of foreign log the file is: jsonl, har, slog. Found out without it.
        where: only the part that a filter selects, in the TUI's language: "account:bob since:-5s", "conn:c3".
        html: also write one page that needs no network: summary, problems with their evidence, pictures.
        perfetto: also write a trace for ui.perfetto.dev and its trace processor.
        parquet: also write a Parquet file per frame into this folder.
        csv: also write a CSV file per frame into this folder.
        jsonl: also write every event as a line of JSON.
        otlp: also write OpenTelemetry spans, to a file as JSON or to a collector's URL (extra: hlbench[otlp]).
        as_json: print one JSON document (schema hlbench.report/1, see workbench/README.md).
    """
    targets = {"html": html, "perfetto": perfetto, "parquet": parquet, "csv": csv, "jsonl": jsonl, "otlp": otlp}
    with opened(recording, attach, token, from_) as source:
        timeline = _part(Timeline(source), where)
        summary = timeline.summary()
        if source.error is not None:
            say(f"hlbench: {inert(source.error)}")
        if as_json:
            print_json({"schema": SCHEMA, "source": source.description, **summary.to_plain()})
        else:
            names = {each.account: each.name for each in timeline.accounts() if each.name is not None}
            out = console()
            print_lines(out, report_lines(summary, inert(source.description), names, out.width))
        notes = getattr(source, "notes", () if source.error is None else (source.error,))
        for name, target in targets.items():
            if target is not None:
                written = export(timeline, name, target, title=source.description, notes=notes)
                say(f"hlbench: {name} written to {inert(target)}: {written}")
    return ExitCode.FINDING if summary.has_findings else ExitCode.FINE


def _part(timeline: Timeline, where: str | None) -> Timeline:
    if where is None:
        return timeline
    try:
        return timeline.where(where)
    except FilterError as error:
        raise UsageError(f"--where: {error}") from error


def report_lines(summary: Summary, title: str, names: dict[str, str], width: int) -> Iterator[DetailLine]:
    """The report as text, in lines of at most `width` cells."""
    yield DetailLine(((title, "strong"),))
    span = duration(summary.duration_ms * 1_000_000)
    yield _plain(f"{summary.events:,} events, seq {summary.first_seq:,} to {summary.last_seq:,}, over {span}")
    statuses = ", ".join(f"{count:,} {inert(status)}" for status, count in summary.statuses.items())
    orders = f"{summary.orders:,} orders ({statuses})" if statuses else "no orders"
    yield _plain(f"{summary.requests:,} requests, {orders}, {summary.updates:,} updates")
    yield BLANK
    yield rule("deliveries", width, "title")
    late = f", {summary.late:,} of them late" if summary.late else ""
    yield _plain(f"{summary.delivered + summary.late:,} of {summary.expected:,} expected deliveries were written{late}")
    if summary.missing:
        yield _plain(f"✗ {summary.missing:,} missing", "bad")
    if summary.pending:
        yield _plain(f"… {summary.pending:,} on their way", "dim")
    for code, count in summary.verdicts.items():
        yield _plain(f"  {count:>9,}  {code}", "dim")
    yield BLANK
    yield rule("latency: µs after the request was received; delivery: from the commit to the write", width, "title")
    yield from _table(["", "count", "p50", "p90", "p99", "max"], map(_latency, summary.latency_us.items()))
    for heading, tallies in (("accounts", summary.accounts), ("connections", summary.by_connection)):
        yield BLANK
        yield rule(heading, width, "title")
        columns = ["", "orders", "expected", "written", "late", "on their way", "missing", "p50 µs", "p99 µs"]
        yield from _table(columns, [_tally(each, names) for each in tallies])
    if summary.slowest:
        yield BLANK
        yield rule("slowest: µs until everybody had the update and the reply was sent", width, "title")
        yield from _table(["", "µs", "most of it, µs", "until"], map(_slow, summary.slowest))
    yield BLANK
    yield rule(f"problems: {len(summary.problems)}", width, "title")
    for problem in summary.problems[:PROBLEMS_SHOWN]:
        yield from _problem(problem, width)
    if len(summary.problems) > PROBLEMS_SHOWN:
        yield _plain(f"and {len(summary.problems) - PROBLEMS_SHOWN} more: --json has all", "dim")


def _plain(text: str, role: Role = "") -> DetailLine:
    return DetailLine(((text, role),))


def _latency(named: tuple[str, Latency]) -> list[str]:
    name, latency = named
    return [name, *(f"{value:,}" for value in (latency.count, latency.p50, latency.p90, latency.p99, latency.max))]


def _tally(tally: Tally, names: dict[str, str]) -> list[str]:
    name = names.get(tally.name)
    label = f"{inert(name)} {tally.name}" if name is not None else tally.name
    latency = tally.latency_us
    counts = (tally.orders, tally.expected, tally.delivered + tally.late, tally.late, tally.pending, tally.missing)
    quantiles = [f"{latency.p50:,}", f"{latency.p99:,}"] if latency is not None else ["", ""]
    return [inert(label), *(f"{count:,}" for count in counts), *quantiles]


def _slow(path: SlowPath) -> list[str]:
    name = f"#{path.oid} {path.cloid or ''}".strip()
    return [inert(name), f"{path.took_us:,}", f"{path.stage_us:,}", path.stage]


def _table(heading: list[str], rows: Iterable[list[str]]) -> Iterator[DetailLine]:
    """Columns as wide as they need to be: the first to the left, numbers to the right."""
    cells = [heading, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heading))]
    for number, row in enumerate(cells):
        first = row[0].ljust(widths[0])
        rest = "".join("  " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield _plain(f"  {first}{rest}", "dim" if number == 0 else "")


def _problem(problem: Problem, width: int) -> Iterator[DetailLine]:
    notes = [problem.kind, f"seq {problem.seq}"]
    if problem.oid is not None:
        notes.append(f"order #{problem.oid}")
    if problem.cloid is not None:
        notes.append(inert(problem.cloid))
    yield from paragraph(("✗ ", "bad"), inert(problem.sentence), width)
    yield from paragraph(("  ", ""), " · ".join(notes), width, "dim")
