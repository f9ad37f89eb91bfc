"""Which runs differ only in the order of steps that do not touch each other.

A step touches: its actor; the connections, accounts and coins that its events name; the client whose inbox it
fills. Two steps that touch nothing in common may be exchanged, whatever commit, oid and seq numbers they then get:
a run is known by the sequence of steps at each thing it touches. A server step without events may touch anything.
"""

from collections.abc import Sequence, Set
from zlib import crc32

from hlbench.lab.running import Decision, RunResult, Step
from hlmock.trace import stages
from hlmock.trace.events import Note, TraceEvent

ANYTHING = "*"

Footprint = frozenset[str]


def footprints(result: RunResult) -> list[Footprint]:
    """What each step of a run touches."""
    events = result.events
    clients = result.world.mailboxes.keys()
    return [_footprint(step, events, clients) for step in result.steps]


def _footprint(step: Step, events: Sequence[TraceEvent], clients: Set[str]) -> Footprint:
    touched = {step.actor}
    if step.first_seq > step.last_seq and step.actor not in clients:
        touched.add(ANYTHING)
    for event in events[step.first_seq - 1 : step.last_seq]:
        if event.connection is not None:
            touched.add(event.connection)
        if event.account is not None:
            touched.add(event.account)
        if event.stage == stages.ORDER_STORED and event.coin is not None:
            touched.add(event.coin)
        elif event.stage == stages.CLIENT_RECEIVED and isinstance(event.detail, Note):
            touched.add(event.detail.what)
        elif event.stage == stages.CLIENT_RECEIVED or event.stage == stages.FAULT_INJECTED:
            touched.add(ANYTHING)  # The end of a link, or a fault: what a client sends from now on is lost.
    return frozenset(touched)


def are_independent(first: Footprint, second: Footprint) -> bool:
    """Whether two neighbouring steps may be exchanged."""
    return ANYTHING not in first and ANYTHING not in second and first.isdisjoint(second)


def fingerprint(result: RunResult) -> int:
    """Equal for runs that differ only in the order of independent steps; stable over processes and hash seeds."""
    chains: dict[str, int] = {}
    for step, touched in zip(result.steps, footprints(result), strict=True):
        name = f"{step.actor}@{step.stage}".encode()
        for thing in chains.keys() | touched if ANYTHING in touched else touched:
            chains[thing] = crc32(name, chains.get(thing, 0))
    return sum((crc32(thing.encode()) << 32 | chain) * 0x9E3779B97F4A7C15 for thing, chain in chains.items()) % 2**64


def is_redundant(result: RunResult, touched: Sequence[Footprint], decision: Decision, other: str) -> bool:
    """Whether letting `other` go at this decision only exchanges independent steps of this run.

    `other` goes later in the run anyway: if everything that it then does in one go is independent of all that was done
    in between, doing it here gives the same run.

    Args:
        touched: `footprints(result)`.
    """
    steps = result.steps
    later = next((index for index in range(decision.step, len(steps)) if steps[index].actor == other), None)
    if later is None:
        return False
    end = later
    while end < len(steps) and steps[end].actor == other:
        end += 1
    between = touched[decision.step : later]
    return all(are_independent(mine, theirs) for mine in touched[later:end] for theirs in between)
