"""What a detector gives.

Its score is how surely the evidence points to the defect (1: nothing else explains it) times the share that the defect
explains of what went wrong in that way.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hlbench.lab.evidence.facts import LogFacts


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks for a defect."""

    score: float
    sentence: str
    evidence: tuple[int, ...]
    """seqs, ascending."""


Detector = Callable[[LogFacts], Finding | None]


def finding(score: float, sentence: str, *evidence: int | None) -> Finding:
    """A finding; evidence that is not there is left out."""
    return Finding(round(score, 3), sentence, tuple(sorted({seq for seq in evidence if seq})))
