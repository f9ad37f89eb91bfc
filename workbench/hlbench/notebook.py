"""What the workbench's values look like in a notebook: HTML in which no outside text is markup."""

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hlbench.inert import inert

if TYPE_CHECKING:
    from hlbench.timeline import Timeline


def escaped(text: object) -> str:
    """Text from outside as HTML: inert characters, and no markup."""
    return html.escape(inert(text))


def preformatted(lines: Iterable[str]) -> str:
    """Lines of text as they are, wrapped where the page ends."""
    return f'<pre style="white-space: pre-wrap">{"<br>".join(map(escaped, lines))}</pre>'


def overview(timeline: "Timeline") -> str:
    """A timeline at a glance: how much there is, and every problem."""
    summary = timeline.summary()
    lines = [
        f"Timeline: {summary.events:,} events, seq {summary.first_seq:,} to {summary.last_seq:,}",
        f"{summary.orders:,} orders, {summary.updates:,} updates, {summary.connections:,} connections",
        f"{summary.delivered + summary.late:,} of {summary.expected:,} expected deliveries written,"
        f" {summary.missing:,} missing, {summary.late:,} late, {summary.pending:,} on their way",
    ]
    return preformatted([*lines, *(f"✗ {problem.sentence}" for problem in summary.problems)])
