"""Draws the steps of a ladder: lanes as vertical lines, arrows between them, in as many cells as there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, get_character_cell_size

from hlbench.text import clock, duration, fit, numbered
from hlbench.tui.details.ladder import EXCHANGE, HTTP, REGISTRY, Step, client, connection_of, outbox
from hlbench.tui.details.lines import DetailLine
from hlbench.tui.spans import Role, Span
from hlmock.trace import stages

TIME = 9
"""Cells of the time since the request."""

NARROWEST = 11
"""Cells between two lanes; with fewer, a connection's outbox and client share a lane, then delivered ones go."""

WIDEST = 30
TAIL = 16
"""Cells right of the last lane, for its notes."""

FIXED = (HTTP, EXCHANGE, REGISTRY)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes in their order, and in which cell each stands."""

    cells: dict[str, int]
    spacing: int
    merged: bool
    """Whether a connection has one lane instead of two."""
    left_out: tuple[str, ...] = ()
    """Connections for which there is no room."""

    def of(self, lane: str) -> int | None:
        """The cell of a lane; absent where it is left out."""
        connection = connection_of(lane)
        if connection is not None and self.merged:
            lane = client(connection)
        return self.cells.get(lane)


def lay_out(steps: Iterable[Step], width: int, requester: str) -> Lanes:
    """Lanes for the steps. What misses something keeps its lane before what does not."""
    fixed: dict[str, None] = {}
    connections: dict[str, bool] = {}
    for step in steps:
        for lane in (step.source, step.target):
            if lane is None:
                continue
            name = connection_of(lane)
            if name is None:
                fixed[lane] = None
            else:
                connections[name] = connections.get(name, False) or step.is_lost or step.role == "bad"
    base = [lane for lane in FIXED if lane in fixed]
    room = width - TIME - TAIL - len(requester) // 2
    names = sorted(connections, key=numbered)
    if len(base) + 2 * len(names) <= 1 + max(room, 0) // NARROWEST:
        lanes = [*base, *(lane for name in names for lane in (outbox(name), client(name)))]
        return _placed(lanes, room, width, merged=False)
    most = max(1 + max(room, 0) // NARROWEST - len(base), 1)
    kept = sorted(sorted(names, key=lambda name: not connections[name])[:most], key=numbered)
    placed = _placed([*base, *map(client, kept)], room, width, merged=True)
    return replace(placed, left_out=tuple(name for name in names if name not in kept))


def _placed(lanes: Sequence[str], room: int, width: int, *, merged: bool) -> Lanes:
    spacing = min(max(room // max(len(lanes) - 1, 1), 6), WIDEST)
    first = TIME + 6
    return Lanes({lane: first + number * spacing for number, lane in enumerate(lanes)}, spacing, merged)


def head_line(lanes: Lanes, width: int, requester: str) -> list[Span]:
    """The lanes' names."""
    canvas = Canvas(width)
    for lane, cell in lanes.cells.items():
        name = requester if lane == HTTP else lane
        if lanes.merged:
            name = connection_of(lane) or name
        text = fit(name, min(cell_len(name), max(lanes.spacing - 1, 4)))
        canvas.write(max(cell - cell_len(text) // 2, 0), text, "strong")
    return canvas.spans()


def ladder_lines(steps: Sequence[Step], lanes: Lanes, width: int) -> list[DetailLine]:
    """A line per step, after one with the time of the request; what an update's fate hangs on may be older."""
    if not steps:
        return []
    requests = (step.event for step in steps if step.event.stage == stages.REQUEST_RECEIVED)
    start = next(requests, steps[0].event)
    lines = [_empty(lanes, width, clock(start.time_ms), start.seq)]
    for step in steps:
        line = _drawn(step, lanes, width, step.event.mono_ns - start.mono_ns)
        if line is not None:
            lines.append(line)
    return lines


def _empty(lanes: Lanes, width: int, text: str, seq: int) -> DetailLine:
    canvas = _rails(lanes, width)
    canvas.write(0, text, "title")
    return DetailLine(tuple(canvas.spans()), seq)


def _rails(lanes: Lanes, width: int) -> "Canvas":
    canvas = Canvas(width)
    for cell in lanes.cells.values():
        canvas.write(cell, "│", "dim")
    return canvas


def _drawn(step: Step, lanes: Lanes, width: int, after_ns: int) -> DetailLine | None:
    source = lanes.of(step.source)
    target = lanes.of(step.target) if step.target is not None else None
    if source is None or (target is None and step.target is not None):
        return None
    canvas = _rails(lanes, width)
    canvas.write(0, fit(f"{'+' if after_ns >= 0 else ''}{duration(after_ns)}", TIME, right=True), "dim")
    if target is None or target == source:
        canvas.write(source + 2, fit(step.text, min(cell_len(step.text), max(width - source - 2, 1))), step.role)
    else:
        _arrow(canvas, source, target, step)
    return DetailLine(tuple(canvas.spans()), step.event.seq)


def _arrow(canvas: "Canvas", source: int, target: int, step: Step) -> None:
    first, last = min(source, target) + 1, max(source, target) - 1
    dash = "╌" if step.is_lost else "─"
    canvas.write(first, dash * (last - first + 1), step.role)
    head = "╳" if step.is_lost else "▶" if target > source else "◀"
    canvas.write(last if target > source else first, head, step.role)
    if step.is_lost:
        canvas.write(max(source, target) + 2, "lost", step.role)
    room = last - first - 3
    if room > 0:
        text = fit(step.text, min(cell_len(step.text), room))
        canvas.write(first + 1 + (room - cell_len(text)) // 2, f" {text} ", step.role)


class Canvas:
    """One line of cells, each with a role."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._cells: list[tuple[str, Role]] = [(" ", "")] * width

    def write(self, at: int, text: str, role: Role) -> None:
        """Put a text there; what is beyond the edge is cut."""
        for character in text:
            size = get_character_cell_size(character)
            if at + size > self._width:
                return
            if size:
                self._cells[at] = (character, role)
                for more in range(1, size):
                    self._cells[at + more] = ("", role)
            at += size

    def spans(self) -> list[Span]:
        """The line as spans, trailing blanks left out."""
        spans: list[Span] = []
        text, role = "", self._cells[0][1] if self._cells else ""
        for character, its in self._cells:
            if its != role:
                spans.append((text, role))
                text, role = "", its
            text += character
        spans.append((text, role))
        return spans
