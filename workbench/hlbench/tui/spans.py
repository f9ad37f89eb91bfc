"""Lines as values: pieces of inert text, each with a role that a theme gives a colour.

A role repeats what the text or its symbol already says; nothing is told by colour alone.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size

Role = Literal["", "dim", "strong", "title", "good", "bad", "warn", "held", "accent", "bar"]

ROLES: Final[tuple[Role, ...]] = ("dim", "strong", "title", "good", "bad", "warn", "held", "accent", "bar")

Span = tuple[str, Role]
"""Text that is inert already, and its role (`""` is plain)."""

Line = Sequence[Span]


def plain(line: Line) -> str:
    """The line's text alone."""
    return "".join(text for text, _ in line)


def width_of(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)


def cut(line: Line, width: int) -> list[Span]:
    """The line in at most `width` cells; … stands for what is cut."""
    if width_of(line) <= width:
        return list(line)
    kept: list[Span] = []
    left = width - 1
    for text, role in line:
        length = cell_len(text)
        if length > left:
            kept.append((set_cell_size(text, max(left, 0)).rstrip(" "), role))
            break
        kept.append((text, role))
        left -= length
    return [*kept, ("…", "dim")] if width > 0 else []


def spread(left: Line, right: Line, width: int) -> list[Span]:
    """Both lines at the two edges of `width` cells; the left one is cut where they meet."""
    kept_right = cut(right, width)
    room = width - width_of(kept_right)
    kept_left = cut(left, max(room - 1, 0))
    return [*kept_left, (" " * (room - width_of(kept_left)), ""), *kept_right]


def joined(parts: Iterable[Line], gap: str = "   ") -> list[Span]:
    """The lines after one another, with a gap between."""
    line: list[Span] = []
    for part in parts:
        if line and part:
            line.append((gap, ""))
        line += part
    return line
