"""The whole answer to "why?": the verdicts of an order, and the path that each of its updates took.

One answer, made from events alone, for every face: the same from a running server and from a recording of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hlbench.inert import inert
from hlmock.trace import stages
from hlmock.trace.events import AccountChanged, AccountCreated, Checkpoint, PublicationCreated, TraceEvent, to_plain
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.explanation import Explanation, OrderExplanation
from hlmock.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA: Final = "hlbench.why/1"
"""Name and version of the JSON form. A new field is no new version; a changed or missing one is."""

GONE: Final = ("refused", "unknown_order")
"""Codes of requests that never became an order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation with the events that lead to it."""

    explanation: Explanation
    paths: dict[int, list[list[TraceEvent]]]
    """By oid: for each request (or tick) that changed the order, the events that concern the order, oldest first."""
    names: dict[str, str]
    """Names of accounts by address, where they have one."""
    evidence: dict[int, TraceEvent]
    """Events that the verdicts of the orders stand on, by seq."""

    def proof(self, order: OrderExplanation, path: list[TraceEvent]) -> list[TraceEvent]:
        """What shows why updates on a path of the order did not arrive: events of the path itself, and such as a
        subscription that came too late. Empty where all arrived."""
        inside = {event.seq for event in path}
        seqs = {
            seq
            for row in order.rows
            if row.expected and row.updated in inside and row.verdict.code.group in ("missing", "late")
            for seq in row.verdict.evidence
        }
        return [self.evidence[seq] for seq in sorted(seqs) if seq in self.evidence]

    @property
    def missing(self) -> int:
        """Expected deliveries that are missing, over all orders explained."""
        rows = (row for order in self.explanation.orders for row in order.rows)
        return sum(row.expected and row.verdict.code.group == "missing" for row in rows)

    @property
    def has_finding(self) -> bool:
        """Whether an update is missing, or there is no such order."""
        verdict = self.explanation.verdict
        return self.missing > 0 or (verdict is not None and verdict.code.value in GONE)

    @property
    def verdict(self) -> Verdict | None:
        """The one that needs attention most; absent where the question was ambiguous."""
        return self.explanation.verdict

    def __str__(self) -> str:
        return "\n".join(map(inert, self.explanation.lines()))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In IPython's terminal."""
        printer.text(str(self))

    def __rich__(self) -> "RenderableType":
        from hlbench.answer_views import rich_answer

        return rich_answer(self)

    def _repr_html_(self) -> str:
        from hlbench.answer_views import html_answer

        return html_answer(self)

    def to_plain(self) -> dict[str, Any]:
        """JSON-ready, as `workbench/README.md` documents it."""
        plain = {"schema": SCHEMA, "missing": self.missing, **self.explanation.to_plain()}
        for order in plain["orders"]:
            order["paths"] = [[_step(event, path[0]) for event in path] for path in self.paths.get(order["oid"], [])]
        return plain


def answer(
    events: Iterable[TraceEvent],
    *,
    cloid: str | None = None,
    oid: int | None = None,
    account: str | None = None,
    all_uses: bool = False,
    grace_ms: int = 5_000,
    late_ms: int = 250,
) -> Answer:
    """Explain one order.

    Args:
        events: of one run, in order.
        cloid: of the order, in any case of letters. Give this or `oid`.
        oid: of the order.
        account: whose order; needed where several accounts use the cloid.
        all_uses: explain every use of the cloid, not only the newest.
        grace_ms: how long after (or before) a publication a subscription still counts as near it.
        late_ms: from commit to write, above which a delivery is late.

    Raises:
        ValueError: neither a cloid nor an oid.
    """
    audit = DeliveryAudit(grace_ms=grace_ms, late_ms=late_ms)
    paths = Paths()
    for event in events:
        audit.apply(event)
        paths.apply(event)
    explanation = audit.why(cloid, oid, account, all_uses=all_uses)
    proofs = {seq for order in explanation.orders for row in order.rows for seq in row.verdict.evidence}
    return Answer(
        explanation,
        {order.oid: paths.of(order.oid) for order in explanation.orders},
        paths.names,
        {seq: proof for seq in sorted(proofs) if (proof := paths.event(seq)) is not None},
    )


class Paths:
    """Which events led to each change of each order, and what followed from it.

    Events form trees by their causes; a path is what one tree says about one order. Feed every event to `apply`.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._root_of: dict[int, int] = {}
        self._trees: dict[int, list[TraceEvent]] = {}
        self._roots_of_order: dict[int, dict[int, None]] = {}

    def apply(self, event: TraceEvent) -> None:
        match event.detail:
            case AccountCreated(name=str(name)) | AccountChanged(name=str(name)) if event.account is not None:
                self.names[event.account] = name
            case Checkpoint(accounts=accounts):
                self.names |= {each.account: each.name for each in accounts if each.name is not None}
        if event.cause is None or event.stage == stages.REQUEST_RECEIVED:
            root = event.seq
        else:
            root = self._root_of.get(event.cause, event.cause)
        self._root_of[event.seq] = root
        self._trees.setdefault(root, []).append(event)
        if event.stage == stages.ORDER_STORED and event.oid is not None:
            self._roots_of_order.setdefault(event.oid, {})[root] = None

    def event(self, seq: int) -> TraceEvent | None:
        """One event, if it was seen."""
        tree = self._trees.get(self._root_of.get(seq, 0), [])
        return next((event for event in tree if event.seq == seq), None)

    def of(self, oid: int) -> list[list[TraceEvent]]:
        """The order's paths, oldest first."""
        return [about(self._trees[root], oid) for root in self._roots_of_order.get(oid, ())]


def about(tree: list[TraceEvent], oid: int) -> list[TraceEvent]:
    """Without what the tree says about other orders, of a batch or of the other side, and without other feeds."""
    kept: list[TraceEvent] = []
    left_out: set[int | None] = set()
    for event in tree:
        if isinstance(event.detail, PublicationCreated):
            is_other = all(update.oid != oid for update in event.detail.updates)
        else:
            is_other = event.oid not in (None, oid) or event.cause in left_out
        if is_other:
            left_out.add(event.seq)
        else:
            kept.append(event)
    return kept


def _step(event: TraceEvent, first: TraceEvent) -> dict[str, Any]:
    """One event of a path, with its offset from the path's first event in µs."""
    plain = to_plain(event)
    plain["offset_us"] = (event.mono_ns - first.mono_ns) // 1_000
    plain.pop("mono_ns")
    return plain


def order_id(text: str) -> dict[str, Any]:
    """What a user typed for an order, as arguments of `answer`: digits are an oid, all else is a cloid."""
    return {"oid": int(text)} if text.isascii() and text.isdigit() else {"cloid": text}
