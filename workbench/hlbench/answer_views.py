"""An answer as a terminal and as a notebook show it: the verdicts in colour, the path of each update with its times.

Colour repeats what a symbol says. Text from outside is inert in both, and no markup.
"""

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hlbench.answers import Answer
from hlbench.describe import describe
from hlbench.inert import inert
from hlbench.notebook import CELL, DIM, FONT, escaped
from hlbench.text import duration
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.explanation import OrderExplanation
from hlmock.verdicts.rows import DeliveryRow

_LOOKS: Final[dict[str, tuple[str, str, str]]] = {
    "delivered": ("✓", "green", "#3f8a34"),
    "late": ("◐", "yellow", "#b5740e"),
    "pending": ("…", "bright_black", "#687089"),
    "missing": ("✗", "red", "#c0264b"),
    "request": ("✗", "red", "#c0264b"),
    "unexpected": ("·", "bright_black", "#687089"),
}
"""Symbol, terminal colour and page colour of a verdict's group."""

MAX_STEPS: Final = 60
"""Events of a path that are shown."""


def _rows(order: OrderExplanation) -> list[DeliveryRow]:
    """What needs attention first; connections that have nothing to do with it are left out."""
    rows = sorted(order.rows, key=lambda row: (not row.expected, row.verdict.code.severity))
    return [row for row in rows if row.expected or row.connection is not None or len(rows) == 1]


def _look(row: DeliveryRow) -> tuple[str, str, str]:
    return _LOOKS[row.verdict.code.group if row.expected else "unexpected"]


def _head(order: OrderExplanation, answer: Answer) -> str:
    who = answer.names.get(order.account or "") or order.account
    cloid = f" {order.cloid}" if order.cloid else ""
    return f"order #{order.oid}{cloid}: {order.coin or '?'} of {who}, {order.status}"


def _steps(path: list[TraceEvent], answer: Answer) -> Iterator[tuple[str, str, str, str]]:
    """Time since the path's first event, seq, stage and words of each event."""
    for event in path[:MAX_STEPS]:
        where = f"{event.stage} {event.connection}" if event.connection else event.stage
        yield duration(event.mono_ns - path[0].mono_ns), str(event.seq), where, describe(event, answer.names)
    if len(path) > MAX_STEPS:
        yield "", "", f"and {len(path) - MAX_STEPS:,} more events", ""


def _verdict_of(row: DeliveryRow) -> tuple[str, str]:
    """What it is about, and its code with the evidence."""
    key = (row.key or "").partition(":")[0]
    what = f"{row.status} on {key}" if key else row.status
    final = "" if row.verdict.final else ", may still change"
    seqs = " ".join(f"#{seq}" for seq in row.verdict.evidence)
    return what, f"{row.verdict.code.value}{final} · {seqs}"


# -- terminal ------------------------------------------------------------------------------------------------------


def rich_answer(answer: Answer) -> RenderableType:
    """For `rich.print` and a rich console."""
    explanation = answer.explanation
    parts: list[RenderableType] = []
    for order in explanation.orders:
        delivered = f"  {order.delivered}/{order.expected} delivered"
        parts.append(Text.assemble((inert(_head(order, answer)), "bold"), (delivered, "dim")))
        for row in _rows(order):
            symbol, colour, _ = _look(row)
            what, code = _verdict_of(row)
            parts.append(
                Text.assemble((f"{symbol} ", colour), (f"{inert(what)}: ", "bold"), inert(row.verdict.sentence))
            )
            parts.append(Text(f"  {inert(code)}", "dim"))
        for path in answer.paths.get(order.oid, []):
            table = Table.grid(padding=(0, 2))
            table.add_column(justify="right", style="dim")
            table.add_column(justify="right", style="dim")
            for step in _steps(path, answer):
                table.add_row(*(Text(inert(each)) for each in step))
            parts += [Text(), table]
    if not explanation.orders:
        parts = [Text(inert(line)) for line in explanation.lines()]
    else:
        parts += [Text(inert(verdict.sentence), "red") for verdict in explanation.requests]
    return Group(*parts)


# -- notebook ------------------------------------------------------------------------------------------------------


def html_answer(answer: Answer) -> str:
    """For a notebook or a report: self-contained, without a script or a style sheet."""
    explanation = answer.explanation
    if not explanation.orders:
        return _div(_div(escaped(line)) for line in explanation.lines())
    parts: list[str] = []
    for order in explanation.orders:
        delivered = f"{order.delivered}/{order.expected} delivered"
        parts.append(f'<div><b>{escaped(_head(order, answer))}</b> <span style="{DIM}">{delivered}</span></div>')
        parts += [_verdict_html(row) for row in _rows(order)]
        parts += [_path_html(path, answer) for path in answer.paths.get(order.oid, [])]
    parts += [f"<div>✗ {escaped(verdict.sentence)}</div>" for verdict in explanation.requests]
    return f'<div style="{FONT}">{"".join(parts)}</div>'


def _div(content: "str | Iterator[str]") -> str:
    return f"<div>{content if isinstance(content, str) else ''.join(content)}</div>"


def _verdict_html(row: DeliveryRow) -> str:
    symbol, _, colour = _look(row)
    what, code = _verdict_of(row)
    return (
        f'<div style="margin: 2px 0; padding-left: 10px; border-left: 3px solid {colour}">'
        f'<span style="color: {colour}">{symbol}</span> <b>{escaped(what)}</b>: {escaped(row.verdict.sentence)}'
        f'<div style="{DIM}">{escaped(code)}</div></div>'
    )


def _path_html(path: list[TraceEvent], answer: Answer) -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{escaped(each)}</td>' for each in step) + "</tr>"
        for step in _steps(path, answer)
    )
    title = f"{path[0].stage}, seq {path[0].seq} to {path[-1].seq}" if path else ""
    return f'<details style="{DIM}"><summary>{escaped(title)}</summary><table>{rows}</table></details>'
