"""A broken promise, and what every group of checks has in common."""

from typing import Final, Literal

import msgspec

Promise = Literal["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"]

REMEMBERED: Final = 100_000
"""Nonces and causes kept for the checks that look back."""


class Violation(msgspec.Struct, frozen=True):
    """A promise that the events break."""

    promise: str
    """A `Promise`; or what a scenario of the lab claims beside them, `O1` to `O14`."""
    seq: int
    """Of the event that shows it."""
    sentence: str
    evidence: tuple[int, ...]
    """seqs of the events that contradict each other, ascending."""


class Checks:
    """A group of checks. `seq` is that of the event under examination."""

    def __init__(self, violations: list[Violation]) -> None:
        self.seq = 0
        self._violations = violations

    def broken(self, promise: Promise, sentence: str, *evidence: int | None) -> None:
        seqs = tuple(sorted({seq for seq in (*evidence, self.seq) if seq is not None}))
        self._violations.append(Violation(promise, self.seq, sentence, seqs))
