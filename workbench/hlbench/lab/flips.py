"""Pairs of events whose order flips the verdict, found by comparing many runs of one scenario.

A pair of steps that touch the same thing flips the verdict when the nearest passing run has it the other way round, and
no failing run has. Of pairs that say the same, the closest one is kept: an earlier step of the same actor, or a later
one, adds nothing.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hlbench.lab.equivalence import ANYTHING, Footprint, Footprints
from hlbench.lab.running import RunResult

Event = tuple[str, str, int]
"""Actor, stage, and the how manieth time that this actor enters it."""


class Flip(msgspec.Struct, frozen=True):
    """In every failing run `first` comes before `second`; in no failing run, and in a passing one, after it."""

    first: str
    """`alice.post1@action.accepted`."""
    second: str


class Witness(msgspec.Struct, frozen=True):
    """One run: when what happened, and whether it failed in the way that is to be explained."""

    positions: Mapping[Event, int]
    fails: bool


def witness(result: RunResult, promise: str) -> Witness:
    """What a judged, recorded run says."""
    positions = {event: index for index, event in enumerate(_events(result))}
    return Witness(positions, bool(result.violations) and result.violations[0].promise == promise)


def flips(failing: RunResult, passing: RunResult, witnesses: Sequence[Witness]) -> list[Flip]:
    """The pairs, in the order of the failing run.

    Args:
        failing, passing: recorded; the nearest of their kinds.
        witnesses: these two and others.
    """
    events = _events(failing)
    touched = _footprints(failing)
    reversed_in = witness(passing, "").positions
    failed = [each.positions for each in witnesses if each.fails]
    found = [
        (first, second)
        for second in range(len(events))
        for first in range(second)
        if _is_reversed(events[first], events[second], reversed_in)
        and _meet(touched[first], touched[second])
        and not any(_is_reversed(events[first], events[second], positions) for positions in failed)
    ]
    tight = [pair for pair in found if not any(_is_closer(other, pair, events) for other in found if other != pair)]
    return [Flip(_text(events[first]), _text(events[second])) for first, second in tight]


def _is_reversed(first: Event, second: Event, positions: Mapping[Event, int]) -> bool:
    at, then = positions.get(first), positions.get(second)
    return at is not None and then is not None and at > then


def _is_closer(other: tuple[int, int], pair: tuple[int, int], events: Sequence[Event]) -> bool:
    """Whether `other` implies `pair`: its first step comes after that of the same actor, or its second before."""
    return (
        events[other[0]][0] == events[pair[0]][0]
        and events[other[1]][0] == events[pair[1]][0]
        and other[0] >= pair[0]
        and other[1] <= pair[1]
    )


def _events(result: RunResult) -> list[Event]:
    entered: dict[tuple[str, str], int] = {}
    events = []
    for step in result.steps:
        name = (step.actor, step.stage)
        entered[name] = entered.get(name, 0) + 1
        events.append((*name, entered[name]))
    return events


def _footprints(result: RunResult) -> list[Footprint]:
    events, of = result.events, Footprints(result.world, trusts_parts=True).of
    return [of(step.actor, step.stage, events[step.first_seq - 1 : step.last_seq]) for step in result.steps]


def _meet(first: Footprint, second: Footprint) -> bool:
    return ANYTHING in first or ANYTHING in second or not set(first).isdisjoint(second)


def _text(event: Event) -> str:
    actor, stage, nth = event
    return f"{actor}@{stage}" + (f"#{nth}" if nth > 1 else "")
