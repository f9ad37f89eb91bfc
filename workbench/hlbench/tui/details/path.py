"""The path of an order as a waterfall: each stage, how long after the request it came, and what it said."""

from collections.abc import Collection, Sequence
from typing import Final

from hlbench.describe import Names, describe
from hlbench.inert import inert
from hlbench.text import clock, duration, fit
from hlbench.tui import marks
from hlbench.tui.details.lines import DetailLine, rule
from hlbench.tui.spans import Role, Span
from hlmock.trace import stages
from hlmock.trace.events import OrderStored, RegistryResolved, TraceEvent

STAGE_WIDTH: Final = 19
"""`publication.created`"""

_ROLES: Final[dict[str, Role]] = {
    stages.REQUEST_REFUSED: "bad",
    stages.SIGNER_UNKNOWN: "bad",
    stages.ACTION_REJECTED: "bad",
    stages.ORDER_STORED: "strong",
    stages.DELIVERY_WRITTEN: "good",
    stages.DELIVERY_ACKED: "dim",
    stages.DELIVERY_FLUSHED: "dim",
    stages.DELIVERY_FAILED: "bad",
    stages.DELIVERY_DROPPED: "bad",
    stages.DELIVERY_SUPERSEDED: "warn",
    stages.GATE_HELD: "held",
    stages.GATE_RELEASED: "held",
    stages.FAULT_INJECTED: "warn",
}


_CONFIRMATIONS: Final = frozenset({stages.DELIVERY_FLUSHED, stages.DELIVERY_ACKED})
"""What the kernels say afterwards; it would stretch the scale that the stages before are read on."""


def stage_role(event: TraceEvent) -> Role:
    """The role that a stage's name is shown in."""
    if isinstance(event.detail, RegistryResolved) and not event.detail.found and event.account is not None:
        return "bad" if event.channel == "orderUpdates" else "dim"
    return _ROLES.get(event.stage, "")


def path_lines(
    events: Sequence[TraceEvent],
    oid: int,
    names: Names,
    width: int,
    *,
    evidence: Collection[int] = (),
    beyond: Sequence[TraceEvent] = (),
) -> list[DetailLine]:
    """One request's way: a heading, then a line per stage.

    Args:
        events: of one tree, oldest first.
        oid: the order whose way it is.
        names: names of accounts.
        width: cells of a line.
        evidence: seqs that prove a verdict; their lines are pointed at.
        beyond: events outside of the tree that a verdict hangs on: a subscription before it or too late, a
            connection's end.
    """
    if not events:
        return []
    start, end = events[0].mono_ns, events[-1].mono_ns
    title = ", ".join(dict.fromkeys(e.detail.status for e in events if isinstance(e.detail, OrderStored)))
    request = f"request {events[0].request}" if events[0].request is not None else ""
    heading = " · ".join(part for part in (title, clock(events[0].time_ms), request, duration(end - start)) if part)
    lines = [rule(inert(heading), width, "title")]
    scale_ns = max((e.mono_ns for e in events if e.stage not in _CONFIRMATIONS), default=end) - start
    bar_width = max(5, min(24, (width - STAGE_WIDTH - 24) // 2))
    outside = {event.seq for event in beyond}
    before = start
    for event in sorted((*events, *beyond), key=lambda event: event.seq):
        at = event.mono_ns
        shown: Span
        if event.seq in outside and at < start:
            shown = ("◀" + "╌" * (bar_width - 1), "dim")
        elif event.seq in outside:
            shown = ("╌" * (bar_width - 1) + "▶", "bad")
        else:
            shown = (bar(before - start, at - start, scale_ns, bar_width), "accent")
            before = at
        lines.append(_step(event, oid, at - start, shown, names, is_evidence=event.seq in evidence))
    return lines


def _step(event: TraceEvent, oid: int, at_ns: int, bar: Span, names: Names, *, is_evidence: bool) -> DetailLine:
    words: list[Span] = [(describe(event, names).replace(f"#{oid} ", ""), "dim")]
    if event.connection is not None:
        words.insert(0, (f"{inert(event.connection)} ", "accent"))
    if event.stage == stages.DELIVERY_WRITTEN:
        words.insert(0, marks.mark(marks.DELIVERED))
        words.insert(1, (" ", ""))
    return DetailLine(
        (
            ("▸" if is_evidence else " ", "accent"),
            (f"{_ms(at_ns):>7} ", "dim"),
            bar,
            (" ", ""),
            (fit(inert(event.stage), STAGE_WIDTH), "bad" if bar[1] == "bad" else stage_role(event)),
            (" ", ""),
            *words,
        ),
        event.seq,
    )


def _ms(ns: int) -> str:
    return f"{ns / 1e6:+.3f}" if abs(ns) < 1_000_000_000 else f"{ns / 1e6:+.0f}"


def bar(begin_ns: int, at_ns: int, total_ns: int, width: int) -> str:
    """The time that a stage took, on the whole path's scale: from the stage before it to itself."""
    if total_ns <= 0:
        return "▏".ljust(width)
    first = min(begin_ns * width // total_ns, width - 1)
    eighths = max(at_ns * width * 8 // total_ns - first * 8, 1)
    full, rest = divmod(min(eighths, (width - first) * 8), 8)
    cells = "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return (" " * first + cells).ljust(width)[:width]
