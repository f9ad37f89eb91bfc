"""Diagnosing: which defect of the library lost the updates of an event log, also of one recorded from a live run.

A detector per defect (`hlbench.lab.detectors`) says what in the log speaks for it. Only the order path's own stages are
read: no events of the lab, its clients, faults or gates. What is missing from a foreign log is said, not guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hlmock.trace.events import TraceEvent


@dataclass(frozen=True, slots=True)
class Suspect:
    """A defect that is consistent with a log."""

    defect: str
    """Name in the catalogue."""
    score: float
    """From 0 to 1: how much of what went wrong it explains, and how surely."""
    sentence: str
    evidence: tuple[int, ...]
    """seqs, ascending."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What may have gone wrong, the likeliest first; nothing in `ranked` means that nothing did."""

    ranked: tuple[Suspect, ...]
    cannot_tell: tuple[str, ...]
    """What the log does not say and what can therefore not be told, a sentence each."""


def diagnose(events: Iterable[TraceEvent]) -> Diagnosis:
    """Rank the defects that are consistent with a log."""
    raise NotImplementedError


def diagnose_recording(path: Path) -> Diagnosis:
    """As `diagnose`, of a recording."""
    raise NotImplementedError
