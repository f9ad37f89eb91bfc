"""Two runs side by side: events are aligned by what caused them; what differs is listed, the first divergence first.

Runs number their events, orders and publications as they come, so numbers tell nothing. An event is known by its place
among causes: the first `delivery.enqueued` on c2 of the publication of the order of the third request, and so on. What
only one run has is one row, however much hangs on it.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
import pandas as pd

from hlbench.describe import Names, describe
from hlbench.timeline.columns import INTEGER, TEXT, Column, typed
from hlmock.trace import stages
from hlmock.trace.events import PublicationCreated, TraceEvent, detail_to_plain
from hlmock.verdicts.requests import cloids_in

if TYPE_CHECKING:
    from hlbench.timeline.timeline import Timeline

DIFFERENCE_COLUMNS: Final = (
    Column("kind", "category", "`only_a`, `only_b`, `changed`, or `moved`: it came in another sequence"),
    Column("stage", TEXT, "of the event"),
    Column("a_seq", INTEGER, "its seq in the first run; absent where it has none"),
    Column("b_seq", INTEGER, "its seq in the second run"),
    Column("connection", TEXT, "of the event"),
    Column("account", TEXT, "of the event"),
    Column("cloid", TEXT, "of the event"),
    Column("field", TEXT, "of `changed`: what differs"),
    Column("a", TEXT, "of `changed`: its value in the first run; else the event in words"),
    Column("b", TEXT, "the same in the second run"),
    Column("events", "int64", "events that hang on it and differ with it, itself included"),
)

KINDS: Final = pd.CategoricalDtype(["only_a", "only_b", "changed", "moved"])

_RUNS_OWN: Final = frozenset(
    {
        "kind",
        "publication",
        "subscription",
        "oid",
        "tid",
        "nonce",
        "digest",
        "v",
        "peer",
        "post_id",
        "added",
        "queued_us",
    }
    | {"replaces", "by", "bytes", "updates"}
)
"""Fields of details that differ from run to run without meaning anything."""
_LEFT_OUT: Final = frozenset({stages.STATE_CHECKPOINT})
"""They stand where the count of events says, and repeat what the others say."""

Identity: TypeAlias = int
"""The same number in both runs for events that are the same."""


def diff(a: "Timeline", b: "Timeline") -> pd.DataFrame:
    """What differs between two runs, the first divergence first. Columns: `DIFFERENCE_COLUMNS`.

    Times are not compared. Of events that came in another sequence the fewest are listed whose moving explains it.
    """
    known: dict[tuple[Any, ...], Identity] = {}
    first, second = _Run(a, known), _Run(b, known)
    shared = first.events.keys() & second.events.keys()
    rows = [
        *_missing("only_a", first, shared),
        *_missing("only_b", second, shared),
        *(row for identity in first.events if identity in shared for row in _changed(identity, first, second)),
        *_moved(first, second, shared),
    ]
    places = _places(first, second, shared)
    rows.sort(key=lambda row: places(row["a_seq"], row["b_seq"]))
    frame = typed(
        {column.name: [row.get(column.name) for row in rows] for column in DIFFERENCE_COLUMNS}, DIFFERENCE_COLUMNS
    )
    frame["kind"] = frame["kind"].astype(KINDS)
    return frame


class _Run:
    """Events by identity, in the order in which they came.

    Args:
        timeline: of the run.
        known: identities so far, by cause, label and how many of the same came before; of both runs.
    """

    def __init__(self, timeline: "Timeline", known: dict[tuple[Any, ...], Identity]) -> None:
        self.names: Names = timeline.names
        self.events: dict[Identity, TraceEvent] = {}
        self.parents: dict[Identity, Identity | None] = {}
        of_seq: dict[int, Identity] = {}
        times: Counter[tuple[Any, ...]] = Counter()
        for event in timeline.of_stages(frozenset(map(str, timeline.events["stage"].unique())) - _LEFT_OUT):
            parent = of_seq.get(event.cause) if event.cause is not None else None
            label = (parent, *_label(event))
            times[label] += 1
            identity = known.setdefault((*label, times[label]), len(known))
            of_seq[event.seq] = identity
            self.events[identity] = event
            self.parents[identity] = parent


def _label(event: TraceEvent) -> tuple[Any, ...]:
    """What an event is, but for numbers of the run."""
    if event.stage in (stages.REQUEST_RECEIVED, stages.FRAME_RECEIVED) and event.payload is not None:
        return event.stage, event.connection, _asked(event.payload)
    cloids = tuple(each.cloid for each in event.detail.updates) if isinstance(event.detail, PublicationCreated) else ()
    return event.stage, event.connection, event.account, event.coin, event.key, event.cloid, cloids


def _asked(payload: bytes) -> tuple[Any, ...]:
    """What a request or a frame asks for: its words without times, signatures and ids."""
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (payload,)
    action = body.get("action") if isinstance(body, dict) else None
    if isinstance(action, dict):
        return str(action.get("type")), *cloids_in(payload)
    return (msgspec.json.encode(body, order="sorted"),)


def _row(kind: str, a: TraceEvent | None, b: TraceEvent | None, /, **more: Any) -> dict[str, Any]:
    event = a or b
    assert event is not None
    return {
        "kind": kind,
        "stage": event.stage,
        "a_seq": a.seq if a is not None else None,
        "b_seq": b.seq if b is not None else None,
        "connection": event.connection,
        "account": event.account,
        "cloid": event.cloid,
        "events": 1,
        **more,
    }


def _missing(kind: str, run: _Run, shared: Set[Identity]) -> list[dict[str, Any]]:
    """Events that the other run has not: those whose cause it has, with all that hangs on them."""
    tops: dict[Identity, int] = {}
    top_of: dict[Identity, Identity] = {}
    for identity in run.events:
        if identity in shared:
            continue
        parent = run.parents[identity]
        top = top_of[identity] = top_of.get(parent, identity) if parent is not None else identity
        tops[top] = tops.get(top, 0) + 1
    is_a = kind == "only_a"
    rows = []
    for identity, count in tops.items():
        event = run.events[identity]
        words: dict[str, Any] = {"a" if is_a else "b": describe(event, run.names)}
        rows.append(_row(kind, event if is_a else None, None if is_a else event, events=count, **words))
    return rows


def _changed(identity: Identity, first: _Run, second: _Run) -> Iterable[dict[str, Any]]:
    a, b = first.events[identity], second.events[identity]
    mine, its = _facts(a), _facts(b)
    for name in {**mine, **its}:
        if mine.get(name) != its.get(name):
            yield _row("changed", a, b, field=name, a=_text(mine.get(name)), b=_text(its.get(name)))


def _facts(event: TraceEvent) -> Mapping[str, Any]:
    plain = detail_to_plain(event.detail) if event.detail is not None else {}
    return {name: value for name, value in plain.items() if name not in _RUNS_OWN}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _moved(first: _Run, second: _Run, shared: Set[Identity]) -> list[dict[str, Any]]:
    """Events outside the longest sequence that both runs have in common; what moved with its cause is no row."""
    common = [identity for identity in first.events if identity in shared]
    standing = _longest_rising([second.events[identity].seq for identity in common])
    moved = {identity for place, identity in enumerate(common) if place not in standing}
    hanging: defaultdict[Identity, int] = defaultdict(int)
    top_of: dict[Identity, Identity] = {}
    for identity in common:
        if identity in moved:
            parent = first.parents[identity]
            top = top_of[identity] = top_of.get(parent, identity) if parent is not None else identity
            hanging[top] += 1
    return [
        _row(
            "moved",
            first.events[identity],
            second.events[identity],
            events=count,
            a=describe(first.events[identity], first.names),
            b=describe(second.events[identity], second.names),
        )
        for identity, count in hanging.items()
    ]


def _longest_rising(values: list[int]) -> set[int]:
    """Places of a longest rising subsequence."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        at = bisect_right(tails, value)
        before.append(places[at - 1] if at else -1)
        tails[at : at + 1] = [value]
        places[at : at + 1] = [place]
    found: set[int] = set()
    at = places[-1] if places else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


def _places(first: _Run, second: _Run, shared: Set[Identity]) -> Any:
    """Where a row stands in the first run: itself, or after the last event before it that both have."""
    pairs = sorted((second.events[each].seq, first.events[each].seq) for each in first.events if each in shared)
    b_seqs = [b for b, _ in pairs]

    def place(a_seq: int | None, b_seq: int | None) -> tuple[float, int]:
        if a_seq is not None:
            return float(a_seq), b_seq or 0
        at = bisect_right(b_seqs, b_seq or 0)
        return (pairs[at - 1][1] + 0.5 if at else 0.0), b_seq or 0

    return place
