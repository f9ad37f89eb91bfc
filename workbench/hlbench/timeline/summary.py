"""What a whole timeline comes to: counts, latencies and problems, as plain values for text and JSON."""

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pandas as pd

from hlbench.timeline.orders import STAGE_COLUMNS
from hlmock.trace import stages
from hlmock.trace.events import ActionResult, Gap, OutboxOverflowed, RequestRefused, SignerUnknown, TraceEvent

if TYPE_CHECKING:
    from hlbench.timeline.timeline import Timeline

SCHEMA: Final = "hlbench.report/1"

_FINDINGS: Final = frozenset({"gap", "D1", "D2", "D3", "D4", "D5", "D6", "D7"})
"""Kinds of problems that are no client's doing."""


class Latency(msgspec.Struct, frozen=True):
    """Quantiles in µs."""

    count: int
    p50: int
    p90: int
    p99: int
    max: int


class Tally(msgspec.Struct, frozen=True):
    """Deliveries of one account or connection."""

    name: str
    """Address or connection id."""
    orders: int
    expected: int
    delivered: int
    late: int
    pending: int
    missing: int
    latency_us: Latency | None
    """From the commit to the write."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a person should look at."""

    kind: str
    """A verdict's code, `refused`, `rejected`, `overflow`, `gap`, or the broken promise: `D1` to `D7`."""
    sentence: str
    """May hold text of a client."""
    seq: int
    """Where to look."""
    account: str | None = None
    oid: int | None = None
    cloid: str | None = None
    connection: str | None = None


class Summary(msgspec.Struct, frozen=True):
    """Field names are those of `hlbench report --json`."""

    first_seq: int
    last_seq: int
    events: int
    duration_ms: int
    """Between the first event and the last, monotonic clock."""
    stages: dict[str, int]
    """Events by stage, in path order; only those that occur."""
    requests: int
    orders: int
    statuses: dict[str, int]
    """Orders by status at the end."""
    updates: int
    """Order updates."""
    connections: int
    expected: int
    delivered: int
    late: int
    pending: int
    missing: int
    verdicts: dict[str, int]
    """Delivery rows by verdict, the unexpected ones included."""
    latency_us: dict[str, Latency]
    """`decoded` ... `replied`: from `request.received` to each stage, over the orders' placing requests;
    `delivery`: from a commit to a write."""
    accounts: list[Tally]
    by_connection: list[Tally]
    problems: list[Problem]
    """Oldest first."""

    @property
    def has_findings(self) -> bool:
        """Whether an update is missing, a part of the stream is, or a promise was broken."""
        return self.missing > 0 or any(problem.kind in _FINDINGS for problem in self.problems)

    def to_plain(self) -> dict[str, Any]:
        """JSON-ready, with the schema's name and version first."""
        return {"schema": SCHEMA, **msgspec.to_builtins(self)}


def summarise(timeline: "Timeline") -> Summary:
    """All of it."""
    events, orders, deliveries = timeline.events, timeline.orders, timeline.deliveries
    expected = deliveries[deliveries["expected"]]
    groups = expected["group"].value_counts()
    counts = {str(stage): int(count) for stage, count in events["stage"].value_counts(sort=False).items() if count}
    latency = {
        name.removesuffix("_us"): found for name in STAGE_COLUMNS if (found := quantiles(orders[name])) is not None
    }
    written = expected[expected["written_seq"].notna()]
    if (found := quantiles(written["latency_us"])) is not None:
        latency["delivery"] = found
    return Summary(
        first_seq=int(events.index[0]) if len(events) else 0,
        last_seq=int(events.index[-1]) if len(events) else 0,
        events=len(events),
        duration_ms=int(events["mono_ns"].iloc[-1] - events["mono_ns"].iloc[0]) // 1_000_000 if len(events) else 0,
        stages=counts,
        requests=counts.get(stages.REQUEST_RECEIVED, 0),
        orders=len(orders),
        statuses={str(status): int(count) for status, count in orders["status"].value_counts().items()},
        updates=counts.get(stages.ORDER_STORED, 0),
        connections=len(timeline.connections),
        expected=len(expected),
        delivered=int(groups.get("delivered", 0)),
        late=int(groups.get("late", 0)),
        pending=int(groups.get("pending", 0)),
        missing=int(groups.get("missing", 0)),
        verdicts={
            str(code): int(count) for code, count in deliveries["verdict"].value_counts(sort=False).items() if count
        },
        latency_us=latency,
        accounts=_tallies(expected, "account"),
        by_connection=_tallies(expected, "connection"),
        problems=sorted(
            [
                *_missing(expected),
                *map(_problem, timeline.of_stages(_PROBLEM_STAGES)),
                *(Problem(each.promise, each.sentence, each.seq) for each in timeline.violations()),
            ],
            key=lambda each: each.seq,
        ),
    )


def quantiles(values: "pd.Series[Any]") -> Latency | None:
    """Of durations in µs; `None` where there are none."""
    known = values.dropna().astype("int64")
    if known.empty:
        return None
    p50, p90, p99 = (int(known.quantile(q, interpolation="higher")) for q in (0.5, 0.9, 0.99))
    return Latency(len(known), p50, p90, p99, int(known.max()))


def _tallies(expected: pd.DataFrame, by: str) -> list[Tally]:
    tallies = []
    for name, rows in expected.groupby(by, sort=False):
        groups = rows["group"].value_counts()
        tallies.append(
            Tally(
                str(name),
                int(rows["oid"].nunique()),
                len(rows),
                int(groups.get("delivered", 0)),
                int(groups.get("late", 0)),
                int(groups.get("pending", 0)),
                int(groups.get("missing", 0)),
                quantiles(rows.loc[rows["written_seq"].notna(), "latency_us"]),
            )
        )
    return tallies


def _missing(expected: pd.DataFrame) -> list[Problem]:
    chosen = expected[expected["group"].isin(["missing", "late"])]
    columns = (chosen[name].tolist() for name in _PROBLEM_COLUMNS)
    return [
        Problem(code, sentence, seq, _text(account), oid, _text(cloid), _text(connection))
        for code, sentence, seq, account, oid, cloid, connection in zip(*columns, strict=True)
    ]


_PROBLEM_COLUMNS: Final = ("verdict", "sentence", "updated_seq", "account", "oid", "cloid", "connection")


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


_PROBLEM_STAGES: Final = frozenset(
    {
        stages.REQUEST_REFUSED,
        stages.SIGNER_UNKNOWN,
        stages.ACTION_REJECTED,
        stages.OUTBOX_OVERFLOWED,
        stages.EVENTS_GAP,
    }
)


def _problem(event: TraceEvent) -> Problem:
    match event.detail:
        case RequestRefused(status=status, answer=answer):
            return Problem("refused", f"request {event.request} was refused with {status}: {answer}", event.seq)
        case SignerUnknown(answer=answer, must_have_signed=form):
            hint = f" {form}" if form else ""
            return Problem("refused", f"request {event.request}: {answer}.{hint}", event.seq, event.account)
        case ActionResult(action=action, statuses=statuses, reason=reason):
            why = reason or "; ".join(statuses)
            return Problem("rejected", f"{action} of request {event.request}: {why}", event.seq, event.account)
        case OutboxOverflowed(frames=frames, bytes=size):
            sentence = f"{event.connection}: cut with {frames} frames ({size} bytes) waiting in its outbox"
            return Problem("overflow", sentence, event.seq, connection=event.connection)
        case Gap(from_=first, to=last):
            return Problem("gap", f"events {first} to {last} are gone: what happened in them is unknown", event.seq)
        case _:
            return Problem(event.stage, event.stage, event.seq, event.account)
