"""Schedules: the deviations of a run from FIFO, written so that they can be pasted.

FIFO: the running actor continues until it blocks or ends, then the actor enabled longest. A deviation is anchored at
what FIFO would do, (actor, stage, nth time that this actor enters this stage), and names who goes instead, and what it
does there:

    c1.cleanup@connection.closed before alice.post2@action.accepted
    c2.in@frame.received before c1.writer@delivery.written#2; publisher before bob@client.sent

Anchors are domain events: new stages between them and changes elsewhere leave a schedule valid. Without the stage
after the first actor, whatever it does there will do.
"""

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec


class ScheduleError(ValueError):
    """A text that is no schedule; says which part, and what one looks like."""


class ScheduleDiverged(ScheduleError):
    """A replay met another event than its schedule names.

    Attributes:
        expected: the event that the schedule names, in words.
        met: what the replay met instead.
    """

    def __init__(self, expected: str, met: str) -> None:
        super().__init__(f"the schedule expects {expected}; the replay met {met}")
        self.expected = expected
        self.met = met

    def __reduce__(self) -> tuple[type["ScheduleDiverged"], tuple[str, str]]:
        return ScheduleDiverged, (self.expected, self.met)  # it crosses processes


class ScheduleStuck(ScheduleError):
    """A run does not end: it goes in circles."""


class Deviation(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Where FIFO would let `before` enter `at` for the `nth` time, `run` goes instead."""

    run: str
    before: str
    at: str
    nth: Annotated[int, msgspec.Meta(ge=1)] = 1
    doing: str | None = None
    """The stage that `run` enters there; `None` where any will do."""

    def __str__(self) -> str:
        doing = f"@{self.doing}" if self.doing is not None else ""
        nth = f"#{self.nth}" if self.nth != 1 else ""
        return f"{self.run}{doing} before {self.before}@{self.at}{nth}"


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

_NAME = r"[^\s@#;]+"
_DEVIATION = re.compile(
    rf"(?P<run>{_NAME})(?:@(?P<doing>{_NAME}))? before (?P<before>{_NAME})@(?P<at>{_NAME})(?:#(?P<nth>[1-9]\d*))?"
)


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
        deviations.append(Deviation(match["run"], match["before"], match["at"], int(match["nth"] or 1), match["doing"]))
    return Schedule(tuple(deviations))


def to_json(schedule: Schedule) -> str:
    """The JSON form: `{"deviations": [{"run": ..., "before": ..., "at": ..., "nth": 1}]}`."""
    return msgspec.json.encode(schedule).decode()
