"""What the workbench's values look like in a notebook: HTML in which no outside text is markup."""

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from hlbench.inert import inert
from hlbench.text import duration

if TYPE_CHECKING:
    from hlbench.timeline import Timeline
    from hlbench.timeline.summary import Summary, Tally

FONT: Final = "font: 13px/1.5 system-ui, sans-serif; text-align: left; max-width: 60em"
CELL: Final = "text-align: left; vertical-align: top; padding: 1px 10px 1px 0; white-space: normal"
DIM: Final = "color: #687089; font-size: 12px"
BAD: Final = "#c0264b"

PROBLEMS: Final = 20
"""Problems that an overview names; the others are counted. Our choice."""

ACCOUNTS: Final = 50
"""Accounts that it has a row for. Our choice."""


def escaped(text: object) -> str:
    """Text from outside as HTML: inert characters, and no markup."""
    return html.escape(inert(text))


def preformatted(lines: Iterable[str]) -> str:
    """Lines of text as they are, wrapped where the page ends."""
    return f'<pre style="white-space: pre-wrap">{"<br>".join(map(escaped, lines))}</pre>'


def overview_lines(timeline: "Timeline") -> list[str]:
    """A timeline at a glance, for a terminal: how much there is, and the first problems."""
    summary = timeline.summary()
    problems = (f"✗ {inert(problem.sentence)}" for problem in summary.problems[:PROBLEMS])
    return [*_counts(summary), *problems, *_more(summary)]


def overview(timeline: "Timeline") -> str:
    """The same for a notebook, with the deliveries of each account to unfold."""
    summary = timeline.summary()
    first, *others = _counts(summary)
    head, _, rest = first.partition(":")
    parts = [f'<div><b>{escaped(head)}</b> <span style="{DIM}">{escaped(rest)}</span></div>']
    parts += [f"<div>{escaped(line)}</div>" for line in others]
    parts += [
        f'<div style="margin: 2px 0; padding-left: 10px; border-left: 3px solid {BAD}">'
        f'<span style="color: {BAD}">✗</span> {escaped(problem.sentence)}'
        f'<div style="{DIM}">{escaped(problem.kind)} · #{problem.seq}</div></div>'
        for problem in summary.problems[:PROBLEMS]
    ]
    parts += [f'<div style="{DIM}">{escaped(line)}</div>' for line in _more(summary)]
    if summary.accounts:
        names = {each.account: each.name or each.account for each in timeline.accounts()}
        parts.append(_accounts(summary.accounts[:ACCOUNTS], names))
    return f'<div style="{FONT}">{"".join(parts)}</div>'


def _counts(summary: "Summary") -> list[str]:
    return [
        f"Timeline: {summary.events:,} events, seq {summary.first_seq:,} to {summary.last_seq:,},"
        f" over {duration(summary.duration_ms * 1_000_000)}",
        f"{summary.orders:,} orders, {summary.updates:,} updates, {summary.connections:,} connections",
        f"{summary.delivered + summary.late:,} of {summary.expected:,} expected deliveries written,"
        f" {summary.missing:,} missing, {summary.late:,} late, {summary.pending:,} on their way",
    ]


def _more(summary: "Summary") -> list[str]:
    hidden = len(summary.problems) - PROBLEMS
    return [f"and {hidden:,} more problems: summary().problems"] if hidden > 0 else []


def _accounts(tallies: "list[Tally]", names: dict[str, str]) -> str:
    titles = ("account", "orders", "expected", "delivered", "late", "missing", "p50", "p99")
    rows = [
        (
            names.get(each.name, each.name),
            *(f"{number:,}" for number in (each.orders, each.expected, each.delivered, each.late, each.missing)),
            *("–" if found is None else duration(found * 1_000) for found in _quantiles(each)),
        )
        for each in tallies
    ]
    table = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{escaped(cell)}</td>' for cell in row) + "</tr>"
        for row in [titles, *rows]
    )
    return f'<details style="{DIM}"><summary>deliveries by account</summary><table>{table}</table></details>'


def _quantiles(tally: "Tally") -> tuple[int | None, int | None]:
    found = tally.latency_us
    return (None, None) if found is None else (found.p50, found.p99)
