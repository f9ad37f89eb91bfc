"""The symbols, and which role repeats each: one vocabulary for every pane."""

from typing import Final

from hlbench.tui.spans import Role, Span

DELIVERED: Final = "✓"
PENDING: Final = "…"
MISSING: Final = "✗"
LATE: Final = "◐"
HELD: Final = "‖"
FAULT: Final = "⚡"
RECONNECTED: Final = "↻"
NOT_EXPECTED: Final = "·"

_ROLES: Final[dict[str, Role]] = {
    DELIVERED: "good",
    PENDING: "dim",
    MISSING: "bad",
    LATE: "warn",
    HELD: "held",
    FAULT: "warn",
    RECONNECTED: "accent",
    NOT_EXPECTED: "dim",
}

LEGEND: Final[tuple[tuple[str, str], ...]] = (
    (DELIVERED, "delivered"),
    (PENDING, "on its way"),
    (MISSING, "missing"),
    (LATE, "late"),
    (HELD, "held at a gate"),
    (FAULT, "fault"),
    (RECONNECTED, "reconnected"),
    (NOT_EXPECTED, "not expected"),
)
"""For the help screen."""


def mark(symbol: str) -> Span:
    """The symbol in its role."""
    return symbol, _ROLES[symbol]


_SIDES: Final[dict[str, tuple[str, Role]]] = {"B": ("buy", "accent"), "A": ("sell", "held")}


def side_of(side: str) -> Span:
    """`B` or `A` in words. Green and red are kept for what arrived and what did not."""
    return _SIDES.get(side, ("?", "dim"))
