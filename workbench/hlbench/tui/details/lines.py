"""A line of the details, and what most of them are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from hlbench.text import wrapped
from hlbench.tui.spans import Role, Span


@dataclass(frozen=True, slots=True)
class DetailLine:
    """`seq`: the event that the line is about; choosing the line goes there."""

    spans: tuple[Span, ...] = ()
    seq: int | None = None


BLANK = DetailLine()


def paragraph(lead: Span, text: str, width: int, role: Role = "") -> Iterable[DetailLine]:
    """A text with a lead (a symbol, a label) before its first line, its other lines indented by as much."""
    indent = cell_len(lead[0])
    for number, line in enumerate(wrapped(text, max(width - indent, 1))):
        yield DetailLine((lead if number == 0 else (" " * indent, ""), (line, role)))


def rule(text: str, width: int, role: Role = "dim") -> DetailLine:
    """A heading with a line to the right edge."""
    head = f"── {text} " if text else ""
    return DetailLine(((head + "─" * max(width - cell_len(head), 0), role),))


def fact(name: str, value: str, width: int, role: Role = "") -> Iterable[DetailLine]:
    """`name      value`, the value wrapped in its column."""
    return paragraph((f"{name:<12} ", "dim"), value, width, role) if value else ()
