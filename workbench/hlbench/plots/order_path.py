"""The waterfall of one order: every event of each of its paths as a row, from its cause to itself."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from hlbench.answers import Answer
from hlbench.plots.figure import Arrows, Axis, Bars, Fields, Figure, Labels, Layer, Marks, Tick
from hlbench.text import duration
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.explanation import OrderExplanation

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

MAX_ROWS: Final = 80
ROW_PX: Final = 20

_ROLES: Final = (
    ("request and reply", "s2", ("request.", "reply.")),
    ("signer and action", "s3", ("signer.", "action.", "account.")),
    ("order", "order", ("order.",)),
    ("publishing", "s1", ("publication.", "registry.")),
    ("delivery", "good", ("delivery.", "ack.", "snapshot.", "frame.")),
)
"""What a stage belongs to, by how it begins."""
_OTHER: Final = ("other", "s6")


def waterfall(
    timeline: "Timeline", *, cloid: str | None = None, oid: int | None = None, account: str | None = None
) -> Figure:
    """What happened to one order, µs after each request (or tick) that changed it; what is missing is dashed.

    Args:
        timeline: where the order is.
        cloid: client order id.
        oid: order id. Give exactly one of the two.
        account: whose order, where several accounts use the cloid.

    Raises:
        ValueError: neither a cloid nor an oid, no such order, or an ambiguous cloid.
    """
    answer = timeline.why(cloid=cloid, oid=oid, account=account)
    if not answer.explanation.orders:
        raise ValueError(str(answer))
    order = answer.explanation.orders[0]
    return _Drawing(order, answer).figure()


class _Drawing:
    def __init__(self, order: OrderExplanation, answer: Answer) -> None:
        self.order, self.paths = order, answer.paths.get(order.oid, [])
        self.ticks: list[Tick] = []
        self.bars: dict[tuple[str, str], list[tuple[float, float, float, TraceEvent]]] = {}
        self.missing: list[tuple[float, float, float, str, str]] = []
        self.row = 0.0
        self.end = 1.0
        for path in self.paths:
            self._path(path)

    def _path(self, path: list[TraceEvent]) -> None:
        start_ns = path[0].mono_ns
        offsets = {event.seq: (event.mono_ns - start_ns) / 1_000 for event in path}
        changes = ", ".join(dict.fromkeys(row.status for row in self.order.rows if row.updated in offsets))
        what = f"request {path[0].request}" if path[0].stage == stages.REQUEST_RECEIVED else path[0].stage
        self.ticks.append(Tick(self.row, f"{what}: {changes}" if changes else what, True))
        self.row += 1.2
        for event in path[: max(MAX_ROWS - len(self.ticks), 0)]:
            to = offsets[event.seq]
            since = offsets.get(event.cause or 0, to)
            self.bars.setdefault(_family(event.stage), []).append((since, to, self.row, event))
            self.ticks.append(Tick(self.row, f"{event.stage} {event.connection}" if event.connection else event.stage))
            self.row += 1
            self.end = max(self.end, to)
        for row in self.order.rows:
            if row.updated in offsets and row.expected and row.verdict.code.group == "missing":
                at = offsets[row.updated]
                place = next((y for *_, y, event in self._all() if event.seq == row.updated), self.row)
                self.missing.append((at, place, self.row, row.verdict.code.value, row.verdict.sentence))
                self.ticks.append(Tick(self.row, f"not on {row.connection}" if row.connection else "nobody got it"))
                self.row += 1
        self.row += 0.6

    def _all(self) -> Iterable[tuple[float, float, float, TraceEvent]]:
        return (bar for bars in self.bars.values() for bar in bars)

    def figure(self) -> Figure:
        order = self.order
        width = self.end * 1.16
        layers: list[Layer] = []
        for name, role in [*((name, role) for name, role, _ in _ROLES), _OTHER]:
            layers += _family_layers(name, role, self.bars.get((name, role), []), width)
        if self.missing:
            layers += self._missing_layers()
        name = f"order #{order.oid}" + (f" {order.cloid}" if order.cloid else "")
        return Figure(
            f"{order.coin} {name}: {order.status}",
            f"{order.account} · {order.delivered} of {order.expected} deliveries written",
            Axis("time since the request was received, µs", -0.02 * width, width),
            Axis("", -0.8, max(self.row, 1.0), tuple(self.ticks), downwards=True),
            tuple(layers),
            height=int(150 + ROW_PX * (self.row + 0.8)),
        )

    def _missing_layers(self) -> list[Layer]:
        at, start, end, codes, sentences = map(list, zip(*self.missing, strict=True))
        fields = {"verdict": codes, "why": sentences}
        return [
            Arrows("", "bad", at, start, at, end, dashed=True),
            Marks("missing", "bad", "cross", at, end, 9, fields=fields),
            Labels("bad", at, end, [str(code).replace("_", " ") for code in codes]),
        ]


def _family(stage: str) -> tuple[str, str]:
    return next(((name, role) for name, role, starts in _ROLES if stage.startswith(starts)), _OTHER)


def _family_layers(
    name: str, role: str, bars: list[tuple[float, float, float, TraceEvent]], width: float
) -> Iterable[Layer]:
    """The step from its cause as a bar, the event at its end as a mark, and how long it took in words."""
    if not bars:
        return
    fields: Fields = {
        "event": [f"{event.stage} #{event.seq}" for *_, event in bars],
        "since its cause": [duration(round((to - since) * 1_000)) for since, to, _, _ in bars],
        "since the request": [duration(round(to * 1_000)) for _, to, _, _ in bars],
        "connection": [event.connection for *_, event in bars],
        "key": [event.key for *_, event in bars],
    }
    y = [row for *_, row, _ in bars]
    yield Bars(
        name, role, [since for since, *_ in bars], [max(to, since + width / 600) for since, to, *_ in bars], y, 0.62,
        0.55, fields=fields,
    )  # fmt: skip
    yield Marks("", role, "tick", [to for _, to, _, _ in bars], y, 11, fields=fields)
    yield Labels("dim", [to for _, to, _, _ in bars], y, [duration(round(to * 1_000)) for _, to, _, _ in bars])
