"""Schedules: the deviations of a run from FIFO, written so that they can be pasted.

FIFO: the running actor continues until it blocks or ends, then the actor enabled longest. A deviation is anchored at
what FIFO would do, (actor, stage, nth time that this actor enters this stage), and names who goes instead:

    c1.cleanup before alice.post2@action.accepted
    c2.in before c1.writer@delivery.written#2; publisher before bob@client.sent

Anchors are domain events: new stages between them and changes elsewhere leave a schedule valid.
"""

import re
from collections.abc import Iterable

import msgspec


class ScheduleError(ValueError):
    """A text that is no schedule; says which part, and what one looks like."""


class Deviation(msgspec.Struct, frozen=True, order=True):
    """Where FIFO would let `before` enter `at` for the `nth` time, `run` goes instead."""

    run: str
    before: str
    at: str
    nth: int = 1

    def __str__(self) -> str:
        nth = f"#{self.nth}" if self.nth != 1 else ""
        return f"{self.run} before {self.before}@{self.at}{nth}"


class Schedule(msgspec.Struct, frozen=True):
    """A sequence of deviations; the empty one is FIFO."""

    deviations: tuple[Deviation, ...] = ()

    def __str__(self) -> str:
        return "; ".join(map(str, self.deviations)) or "FIFO"

    def __len__(self) -> int:
        return len(self.deviations)

    def without(self, indices: Iterable[int]) -> "Schedule":
        gone = set(indices)
        return Schedule(tuple(each for index, each in enumerate(self.deviations) if index not in gone))


FIFO = Schedule()

_DEVIATION = re.compile(r"(?P<run>\S+) before (?P<before>[^\s@]+)@(?P<at>[^\s#]+)(?:#(?P<nth>[1-9]\d*))?")


def parse_schedule(text: str) -> Schedule:
    """Read the text form, or the JSON form that `to_json` gives.

    Raises:
        ScheduleError: neither.
    """
    text = text.strip()
    if text.startswith(("{", "[")):
        try:
            return msgspec.json.decode(text, type=Schedule)
        except msgspec.DecodeError as error:
            raise ScheduleError(f"not a schedule in JSON: {error}") from error
    if text in ("", "FIFO"):
        return FIFO
    deviations = []
    for part in text.split(";"):
        match = _DEVIATION.fullmatch(part.strip())
        if match is None:
            raise ScheduleError(f"cannot read {part.strip()!r}; write `ACTOR before ACTOR@STAGE#N`, joined by `;`")
        deviations.append(Deviation(match["run"], match["before"], match["at"], int(match["nth"] or 1)))
    return Schedule(tuple(deviations))


def to_json(schedule: Schedule) -> str:
    """The JSON form: `{"deviations": [{"run": ..., "before": ..., "at": ..., "nth": 1}]}`."""
    return msgspec.json.encode(schedule).decode()
