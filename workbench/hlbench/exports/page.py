"""The HTML report: one file that needs no network. What a stream comes to, every problem with its evidence, pictures.

Rule 1: whatever came from outside is inert text, never markup. Rule 2: the page may load nothing; its own policy says
so to the browser. Rule 3: the problems come first; a reader without scripts still sees them and the tables.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from hlbench.exports.files import replacing
from hlbench.notebook import escaped, preformatted
from hlbench.text import duration
from hlbench.timeline.summary import Latency, Problem, Summary, Tally
from hlmock.verdicts.codes import GROUPS, MEANINGS, VerdictCode

if TYPE_CHECKING:
    import pandas as pd

    from hlbench.exports import About
    from hlbench.timeline import Timeline
    from hlmock.trace.events import TraceEvent

SHOWN: Final = 500
"""Problems on the page; of the rest, their number."""

PICTURES: Final = ("swimlanes", "heatmap")
"""Functions of `hlbench.plots`."""

POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'"
)
"""Nothing is loaded from anywhere. Source: Content Security Policy, W3C."""

_SEQS: Final = re.compile(r"\bseq (\d+)")


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """The page."""
    with replacing(target) as file:
        file.writelines(page(timeline, about))
    return "one page, no network needed"


def page(timeline: "Timeline", about: "About", *, before: str = "") -> Iterator[str]:
    """The page, in pieces.

    Args:
        timeline: what it is about.
        about: what the events are from.
        before: HTML that stands above the problems, such as what a test said.
    """
    summary = timeline.summary()
    names = {each.account: each.name for each in timeline.accounts() if each.name is not None}
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(about.title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
    )
    yield _header(summary, about)
    yield before
    yield _problems(timeline, summary)
    yield from _pictures(timeline)
    yield _verdicts(timeline.deliveries)
    yield _latencies(summary)
    yield _tallies("Accounts", summary.accounts, names)
    yield _tallies("Connections", summary.by_connection, names)
    yield "</main>\n</body>\n</html>\n"


def outcome(said: Iterable[tuple[str, str]]) -> str:
    """How a test failed, for `before`: when, and in pytest's words."""
    parts = (f"<h2>Failed in {escaped(when)}</h2>\n{preformatted(text.splitlines())}" for when, text in said)
    return f'<section class="outcome">{"".join(parts)}</section>\n'


@cache
def _style() -> str:
    return files("hlbench.exports").joinpath("page.css").read_text(encoding="utf-8")


def _header(summary: Summary, about: "About") -> str:
    written = summary.delivered + summary.late
    is_whole = written == summary.expected
    span = duration(summary.duration_ms * 1_000_000)
    orders = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.items())
    tiles = [
        ("expected deliveries written", f"{written:,} of {summary.expected:,}", "good" if is_whole else ""),
        ("missing", f"{summary.missing:,}", "bad" if summary.missing else "good" if is_whole else ""),
        ("late", f"{summary.late:,}", "warn" if summary.late else ""),
        ("on their way", f"{summary.pending:,}", ""),
        ("orders", f"{summary.orders:,}", ""),
        ("order updates", f"{summary.updates:,}", ""),
        ("connections", f"{summary.connections:,}", ""),
        ("requests", f"{summary.requests:,}", ""),
    ]
    cells = "".join(f'<div class="tile {role}"><b>{value}</b><span>{name}</span></div>' for name, value, role in tiles)
    extent = f"{summary.events:,} events, seq {summary.first_seq:,} to {summary.last_seq:,}, over {span}"
    if orders:
        extent += f"; orders: {orders}"
    notes = "".join(f"<li>{escaped(each)}</li>" for each in about.notes)
    left_open = f'<ul class="left-open">{notes}</ul>\n' if notes else ""
    return (
        f"<header>\n<h1>{escaped(about.title)}</h1>\n<p>{escaped(extent)}</p>\n"
        f'<div class="tiles">{cells}</div>\n{left_open}</header>\n'
    )


# -- problems -------------------------------------------------------------------------------------------------------


def _problems(timeline: "Timeline", summary: Summary) -> str:
    problems, pending = summary.problems, summary.pending
    heading = f'<section id="problems">\n<h2>Problems <span class="count">{len(problems):,}</span></h2>\n'
    if not problems:
        waiting = f"<p>None so far: {pending:,} expected deliveries are on their way.</p>"
        fine = '<p class="good">None: every expected update was delivered in time.</p>'
        return f"{heading}{waiting if pending else fine}\n</section>\n"
    shown = problems[:SHOWN]
    seqs = _proof(timeline, shown)
    evidence = {event.seq: event for event in timeline.events_at({seq for each in seqs for seq in each})}
    items = "".join(
        _problem(each, [evidence[seq] for seq in proof if seq in evidence])
        for each, proof in zip(shown, seqs, strict=True)
    )
    more = f"<p>and {len(problems) - SHOWN:,} more</p>" if len(problems) > SHOWN else ""
    return f"{heading}<ol>\n{items}</ol>\n{more}</section>\n"


def _proof(timeline: "Timeline", problems: Sequence[Problem]) -> list[list[int]]:
    """seqs of what each problem stands on: its verdict's evidence, and the events that its sentence names."""
    deliveries = timeline.deliveries
    wanted = deliveries[deliveries["updated_seq"].isin([each.seq for each in problems]) & deliveries["expected"]]
    columns = (wanted[name].tolist() for name in ("updated_seq", "sentence", "evidence"))
    of_row = {(seq, sentence): evidence for seq, sentence, evidence in zip(*columns, strict=True)}
    return [
        sorted({each.seq, *map(int, _SEQS.findall(each.sentence)), *of_row.get((each.seq, each.sentence), ())})
        for each in problems
    ]


def _problem(problem: Problem, events: "Sequence[TraceEvent]") -> str:
    notes = [f'<code class="kind">{escaped(problem.kind)}</code>', f"seq {problem.seq:,}"]
    if problem.oid is not None:
        notes.append(f"order #{problem.oid}")
    notes += [escaped(each) for each in (problem.cloid, problem.connection, problem.account) if each is not None]
    rows = "".join(_event(event, events[0]) for event in events)
    details = (
        f"<details><summary>evidence: {len(events)} events</summary>"
        "<table><thead><tr><th>seq</th><th>after</th><th>stage</th><th>connection</th><th>order</th><th>key or account"
        f"</th></tr></thead><tbody>{rows}</tbody></table></details>"
        if events
        else ""
    )
    return (
        f'<li class="problem"><p class="sentence">{escaped(problem.sentence)}</p>'
        f'<p class="notes">{" · ".join(notes)}</p>{details}</li>\n'
    )


def _event(event: "TraceEvent", first: "TraceEvent") -> str:
    order = "" if event.oid is None else f"#{event.oid}"
    cells = (
        f"{event.seq:,}",
        duration(event.mono_ns - first.mono_ns),
        event.stage,
        event.connection or "",
        order,
        event.key or event.account or "",
    )
    return f"<tr>{''.join(f'<td>{escaped(each)}</td>' for each in cells)}</tr>"


# -- pictures and tables ----------------------------------------------------------------------------------------------


def _pictures(timeline: "Timeline") -> Iterator[str]:
    if timeline.deliveries.empty and timeline.connections.empty:
        return
    from hlbench import plots

    yield f"{plots.plotly_script()}\n"
    for name in PICTURES:
        figure = getattr(plots, name)(timeline)
        yield f'<section class="picture" id="{name}">\n{figure.to_html(full=False, plotlyjs=False)}\n</section>\n'


def _verdicts(deliveries: "pd.DataFrame") -> str:
    if deliveries.empty:
        return ""
    counts = deliveries.groupby(["verdict", "expected"], observed=True).size().unstack(fill_value=0)
    rows = []
    most = int(counts.to_numpy().max())
    for code in counts.index:
        expected, other = (int(counts.loc[code].get(which, 0)) for which in (True, False))
        bar = f'<i class="{_role(code)}" style="width:{100 * expected / most:.1f}%"></i>' if expected else ""
        rows.append(
            f'<tr><td><code>{escaped(code)}</code></td><td class="number">{expected:,}</td><td class="bar">{bar}</td>'
            f'<td class="number">{other or ""}</td><td>{escaped(MEANINGS[VerdictCode(code)])}</td></tr>'
        )
    return (
        "<section>\n<h2>Verdicts</h2>\n<table><thead><tr><th></th><th>expected</th><th></th><th>not expected</th>"
        f"<th></th></tr></thead><tbody>{''.join(rows)}</tbody></table>\n</section>\n"
    )


def _role(code: str) -> str:
    group = GROUPS.get(VerdictCode(code), "missing")
    return {"delivered": "good", "late": "warn", "missing": "bad"}.get(group, "dim")


def _latencies(summary: Summary) -> str:
    rows = [
        (name, *(f"{value:,}" for value in (each.count, each.p50, each.p90, each.p99, each.max)))
        for name, each in summary.latency_us.items()
    ]
    note = "µs after the request was received; delivery: from the commit to the write"
    return _table("Latency", ("", "count", "p50", "p90", "p99", "max"), rows, note)


def _tallies(heading: str, tallies: Iterable[Tally], names: dict[str, str]) -> str:
    columns = ("", "orders", "expected", "written", "late", "on their way", "missing", "p50 µs", "p99 µs")
    return _table(heading, columns, [_tally(each, names) for each in tallies])


def _tally(tally: Tally, names: dict[str, str]) -> tuple[str, ...]:
    name = f"{names[tally.name]} {tally.name}" if tally.name in names else tally.name
    counts = (tally.orders, tally.expected, tally.delivered + tally.late, tally.late, tally.pending, tally.missing)
    return (name, *(f"{count:,}" for count in counts), *_quantiles(tally.latency_us))


def _quantiles(latency: Latency | None) -> tuple[str, str]:
    return ("", "") if latency is None else (f"{latency.p50:,}", f"{latency.p99:,}")


def _table(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escaped(each)}</th>" for each in columns)
    body = "".join(
        f"<tr><td>{escaped(row[0])}</td>{''.join(f'<td class=number>{escaped(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    caption = f'<p class="notes">{escaped(note)}</p>\n' if note else ""
    return (
        f'<section>\n<h2>{escaped(heading)}</h2>\n{caption}<div class="wide"><table class="numbers">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n</section>\n"
    )
