"""What the header says: the source and its pace, the counts, and the first thing that is wrong."""

from dataclasses import dataclass
from typing import Literal

from hlbench.describe import account_label
from hlbench.inert import inert
from hlbench.text import counted, duration
from hlbench.tui import marks
from hlbench.tui.board import Board
from hlbench.tui.marks import mark, side_of
from hlbench.tui.rates import sparkline
from hlbench.tui.spans import Line, Role, Span, joined, spread, width_of

State = Literal["live", "paused", "past", "catching up", "recording", "ended", "lost", "lab"]


@dataclass(frozen=True, slots=True)
class Status:
    """What the application knows beside the board."""

    description: str
    """Of the source."""
    url: str | None
    """Where clients point, where there is a server."""
    state: State
    error: str | None
    behind: int
    """Events that the source has and the view does not show yet."""
    now_ns: int | None
    """The stream's now, on the clock of `mono_ns`."""


_STATES: dict[State, tuple[str, Role]] = {
    "live": ("● LIVE", "good"),
    "paused": ("‖ PAUSED", "held"),
    "past": ("◀ PAST", "held"),
    "catching up": ("↓ CATCHING UP", "warn"),
    "recording": ("■ RECORDING", "accent"),
    "ended": ("■ ENDED", "accent"),
    "lost": ("✗ LOST", "bad"),
    "lab": ("◆ LAB", "accent"),
}


def source_line(board: Board, status: Status, width: int, tabs: Line = ()) -> Line:
    """Name, screens, source, state, pace, cursor."""
    left: list[Span] = [(" hlbench ", "title"), *tabs, (f"  {inert(status.description)}", "dim")]
    text, role = _STATES[status.state]
    right: list[Span] = [(text, role)]
    if status.behind and status.state != "live":
        right.append((f" {status.behind:,} behind", role))
    if status.state in ("live", "catching up"):
        right.append((f"  {board.rates.rate(status.now_ns):,.0f} ev/s", ""))
    if width >= 100:
        bars = sparkline(board.rates.per_second(status.now_ns)[:-1], 10 if width < 160 else 40)
        right += [(" ", ""), (bars, "accent")]
    right.append((f"  seq {board.seq:,} ", ""))
    return spread(left, right, width)


def _latency(board: Board, p99: str, now_ns: int | None, width: int) -> Line:
    """From publication to write: what most stay within, and the slowest of each second."""
    told: list[Span] = [("latency " if width >= 120 else "", "dim"), (f"p99 {p99} ", "")]
    if width >= 120:
        told.append((sparkline(board.rates.slowest_us(now_ns), 10 if width < 160 else 30) + " ", "accent"))
    return told


def counts_line(board: Board, width: int, now_ns: int | None = None) -> Line:
    """What is wrong before what there is."""
    totals = board.totals
    is_wide = width >= 100
    counts = [
        _count(totals["missing"], "missing", marks.MISSING),
        _count(totals["late"], "late", marks.LATE),
    ]
    if not board.is_past:
        counts.append(_count(totals["pending"], "pending", marks.PENDING))
    if board.state.gates:
        counts.append(_count(len(board.state.gates), "held", marks.HELD))
    gap = "   " if is_wide else "  "
    latency = board.rates.latency_ns()
    p99 = duration(latency) if latency is not None else "–"
    there: list[Line] = [
        ((counted(board.orders.seen, "order"), ""),),
        ((counted(len(board.state.connections), "connection" if is_wide else "conn"), ""),),
        _latency(board, p99, now_ns, width),
    ]
    right = joined(there, gap)
    if is_wide and not board.is_past:
        more = [*counts, _count(totals["delivered"], "delivered", marks.DELIVERED)]
        if 1 + width_of(joined(more, gap)) + len(gap) + width_of(right) <= width:
            counts = more
    return spread([(" ", ""), *joined(counts, gap)], right, width)


def _count(number: int, word: str, symbol: str) -> list[Span]:
    text, role = mark(symbol)
    shown: Role = role if number else "dim"
    return [(f"{text} {number:,} {word}", shown)]


def problem_line(board: Board, status: Status, width: int) -> Line:
    """The one sentence: the source's trouble, else the first missing update, else that all is well."""
    if status.error is not None:
        return ((" ✗ ", "bad"), (inert(status.error), "bad"))
    problem = board.first_problem()
    if problem is not None:
        rows = [each for each in board.deliveries(problem.oid) if each.expected]
        worst = min(rows, key=lambda each: each.verdict.code.severity, default=None)
        if worst is not None:
            symbol, role = mark(problem.symbol)
            who = account_label(problem.account, board.names)
            side, _ = side_of(problem.side)
            sentence = inert(worst.verdict.sentence)
            return (
                (f" {symbol} ", role),
                (f"#{problem.oid} {inert(problem.coin)} {side} of {who}, {inert(worst.status)} → ", "strong"),
                (sentence, role),
            )
    missing = board.state.missing
    if missing:
        lost = sum(last - first + 1 for first, last in missing)
        return (
            (f" ⚡ {lost:,} events were gone before they could be read: verdicts about them are not known", "warn"),
        )
    if board.is_past:
        return ((" ◀ nothing was missing or late up to here", "dim"),)
    if board.orders.seen:
        return ((" ✓ ", "good"), ("every update reached every connection that was subscribed to it", "dim"))
    where = f": point a client at {inert(status.url)}" if status.url is not None else ""
    return ((f" … waiting for the first order{where}", "dim"),)
