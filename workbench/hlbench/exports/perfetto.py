"""A trace for Perfetto: JSON of the Trace Event Format, which ui.perfetto.dev and its trace processor read.

Three processes: the server (its requests), the accounts (a thread each, an update is a slice), the connections (a
thread each, a delivery is a slice where it was written; the time in the outbox is a slice above). A flow leads from
each update to each of its writes. A delivery that is missing is a slice of category `missing` at its update.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import count, zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hlbench.exports.files import replacing
from hlbench.exports.frames import start_of
from hlbench.exports.updates import Delivered, Updated, updates
from hlbench.inert import inert
from hlbench.text import numbered
from hlmock.trace import stages

if TYPE_CHECKING:
    from hlbench.exports import About
    from hlbench.timeline import Timeline

SERVER, ACCOUNTS, CONNECTIONS = 1, 2, 3
"""Process ids."""

MARK_NS: Final = 1_000
"""How long a moment is drawn, unless the next one on its track comes sooner. Flows need a slice to hold on to."""

_Plain = dict[str, Any]


class _Mark(NamedTuple):
    """A moment on a track."""

    ns: int
    name: str
    category: str
    args: _Plain
    flows: tuple[tuple[str, int], ...] = ()
    """`s` where a flow begins and `f` where it ends, with its id."""


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """`{"traceEvents": [...]}`; times are µs after the first event."""
    made = 0
    start_ns, epoch_ns = start_of(timeline)
    other = {"source": inert(about.title), "started_ms": epoch_ns // 1_000_000}
    with replacing(target) as file:
        file.write(f'{{"displayTimeUnit":"ms","otherData":{json.dumps(other)},"traceEvents":[')
        for plain in _events(timeline, start_ns):
            file.write((",\n" if made else "\n") + json.dumps(plain, separators=(",", ":")))
            made += 1
        file.write("\n]}\n")
    return f"{made:,} trace events"


def _events(timeline: "Timeline", start_ns: int) -> Iterator[_Plain]:
    found = list(updates(timeline))
    accounts: dict[str, list[_Mark]] = {}
    connections: dict[str, list[_Mark]] = {name: [] for name in sorted(timeline.connections.index, key=numbered)}
    nowhere: list[_Mark] = []
    for update in found:
        flows = tuple(("s", each.number) for each in update.deliveries if each.written_ns is not None)
        mark = _Mark(update.ns, f"{update.status} #{update.oid}", "update", _about(update), flows)
        accounts.setdefault(update.account or "unknown", []).append(mark)
        for each in update.deliveries:
            if (made := _delivery(update, each)) is not None:
                (nowhere if each.connection is None else connections.setdefault(each.connection, [])).append(made)
    for process, name in ((SERVER, "server"), (ACCOUNTS, "accounts"), (CONNECTIONS, "connections")):
        yield _named("process_name", process, process, name)
    threads = count(
        start=CONNECTIONS + 1
    )  # unique in the trace: the trace processor names threads by their number alone
    yield from _tracks(SERVER, {"nobody": nowhere}, threads, start_ns)
    yield from _tracks(ACCOUNTS, accounts, threads, start_ns)
    yield from _tracks(CONNECTIONS, connections, threads, start_ns)
    yield from _requests(timeline, start_ns)
    yield from _outboxes(found, start_ns)


def _about(update: Updated) -> _Plain:
    return {"seq": update.seq, "oid": update.oid, "cloid": _shown(update.cloid), "coin": _shown(update.coin)}


def _delivery(update: Updated, row: Delivered) -> _Mark | None:
    name = f"{update.status} #{update.oid}"
    args = _about(update) | {"verdict": row.verdict, "why": _shown(row.sentence), "key": _shown(row.key)}
    if row.written_ns is not None:
        return _Mark(row.written_ns, name, "delivery", args, (("f", row.number),))
    if row.expected and row.group == "missing":
        return _Mark(update.ns, f"missing: {name}, {row.verdict}", "missing", args)
    return None


def _tracks(process: int, tracks: dict[str, list[_Mark]], threads: Iterator[int], start_ns: int) -> Iterator[_Plain]:
    for (name, marks), thread in zip(tracks.items(), threads, strict=False):
        yield _named("thread_name", process, thread, name)
        yield from _laid(process, thread, sorted(marks, key=lambda mark: mark.ns), start_ns)


def _laid(process: int, thread: int, marks: list[_Mark], start_ns: int) -> Iterator[_Plain]:
    """One after the other: slices of a thread must not overlap."""
    place = {"pid": process, "tid": thread}
    starts: list[int] = []
    for mark in marks:
        starts.append(max(mark.ns - start_ns, starts[-1] + 2 if starts else 0))
    for mark, start, following in zip_longest(marks, starts, starts[1:]):
        length = MARK_NS if following is None else min(MARK_NS, following - start)
        name = inert(mark.name)
        yield {
            "ph": "X",
            "name": name,
            "cat": mark.category,
            "ts": _us(start),
            "dur": _us(length),
            "args": mark.args,
        } | (place)
        for phase, number in mark.flows:
            flow = {"ph": phase, "name": "update", "cat": "flow", "id": number, "ts": _us(start + 1), **place}
            yield flow | ({"bp": "e"} if phase == "f" else {})


def _requests(timeline: "Timeline", start_ns: int) -> Iterator[_Plain]:
    """From the first byte to the reply; a request that was not answered has no end."""
    decoded = timeline.details(stages.REQUEST_DECODED)
    events = timeline.events
    ends = events[events["stage"] == stages.REPLY_SENT]
    end_of = dict(zip(ends["request"].tolist(), ends["mono_ns"].tolist(), strict=True))
    of_decoded = events["request"].reindex(decoded.index).tolist()
    action_of = dict(zip(of_decoded, decoded["action"].tolist(), strict=True)) if len(decoded) else {}
    received = events[events["stage"] == stages.REQUEST_RECEIVED]
    for seq, request, ns in zip(
        received.index.tolist(), received["request"].tolist(), received["mono_ns"].tolist(), strict=True
    ):
        name = f"{inert(action_of.get(request, 'request'))} {request}"
        yield from _span(SERVER, "request", name, f"r{request}", ns - start_ns, end_of.get(request), start_ns, seq)


def _outboxes(found: list[Updated], start_ns: int) -> Iterator[_Plain]:
    for update in found:
        for row in update.deliveries:
            if row.enqueued_ns is not None and row.connection is not None:
                begin, name = row.enqueued_ns - start_ns, inert(f"outbox {row.connection}")
                yield from _span(
                    CONNECTIONS, "outbox", name, f"d{row.number}", begin, row.written_ns, start_ns, update.seq
                )


def _span(
    process: int, category: str, name: str, key: str, begin: int, end_ns: int | None, start_ns: int, seq: int
) -> Iterable[_Plain]:
    """An asynchronous slice: these may overlap."""
    common = {"cat": category, "name": name, "id": key, "pid": process, "tid": process}
    yield {"ph": "b", "ts": _us(begin), "args": {"seq": seq}, **common}
    if end_ns is not None:
        yield {"ph": "e", "ts": _us(end_ns - start_ns), **common}


def _named(what: str, process: int, thread: int, name: str) -> _Plain:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": inert(name)}}


def _us(ns: int) -> float:
    return ns / 1_000


def _shown(text: str | None) -> str:
    return "" if text is None else inert(text)
