"""Diagnosing: which defect of the library lost the updates of an event log, also of one recorded from a live run.

A detector per defect (`hlbench.lab.evidence`) says what in the log speaks for it. Only the stages of the order path
and of the connection path are read: no events of the lab, its clients, faults or gates. What cannot be told from a
foreign log is said, not guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hlbench.lab.evidence import publishing, registries, requests, subscribing
from hlbench.lab.evidence.facts import LogFacts
from hlbench.lab.evidence.findings import Detector
from hlmock.trace.events import TraceEvent

DETECTORS: Final[dict[str, Detector]] = {
    **subscribing.DETECTORS,
    **registries.DETECTORS,
    **publishing.DETECTORS,
    **requests.DETECTORS,
}
"""By name of the defect."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A defect that is consistent with a log."""

    defect: str
    """Name in the catalogue."""
    score: float
    """Above 0, up to 1: how surely the evidence points to it, times the share that it explains of what went wrong."""
    sentence: str
    evidence: tuple[int, ...]
    """seqs, ascending."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What may have gone wrong."""

    ranked: tuple[Suspect, ...]
    """The likeliest first; nothing where the log shows nothing wrong."""
    cannot_tell: tuple[str, ...]
    """What the log is silent about and what can therefore not be told, a sentence each."""

    @property
    def first(self) -> str:
        """Name of the likeliest defect, or `none`."""
        return self.ranked[0].defect if self.ranked else "none"


def diagnose(events: Iterable[TraceEvent]) -> Diagnosis:
    """Rank the defects that are consistent with a log.

    Args:
        events: in order, from a checkpoint or from the start on. The log is taken as complete: what has not happened at
            its end never does.
    """
    facts = LogFacts(events)
    suspects = [
        Suspect(name, found.score, found.sentence, found.evidence)
        for name, detect in DETECTORS.items()
        if (found := detect(facts)) is not None
    ]
    suspects.sort(key=lambda each: -each.score)
    return Diagnosis(tuple(suspects), tuple(_unknown(facts)))


def diagnose_recording(path: str | Path) -> Diagnosis:
    """As `diagnose`, of a recording or a foreign log.

    Raises:
        RecordingError: it cannot be read.
        SourceError: it is a foreign log, and damaged.
    """
    from hlbench.imports import open_import, sniff

    form = sniff(Path(path))
    if form is not None:
        return diagnose(open_import(Path(path), form).read(0))
    from hlmock.trace.recording_reader import read_recording  # Arrow

    return diagnose(read_recording(path).events())


def _unknown(facts: LogFacts) -> Iterable[str]:
    if not facts.publications:
        return
    if not facts.has_deliveries:
        yield (
            "No `delivery.*` event is in the log: whether what was found was enqueued, in which order and when it was"
            " written cannot be told, nor what a full queue, a slow reader or a failed write did."
        )
    if not facts.has_resolved:
        yield (
            "No `registry.resolved` event is in the log: whether a subscriber was not found or was found and left out"
            " cannot be told"
            + (
                "; who was served stands for who was found."
                if facts.has_deliveries
                else ", nor where a publisher stopped."
            )
        )
    if not facts.has_subscriptions:
        yield (
            "No `subscription.*` event is in the log: who was entitled to an update cannot be told, so neither a"
            " registry that loses subscriptions nor an order before its acknowledgement can be seen."
        )
    if facts.gaps:
        at = ", ".join(f"#{seq}" for seq in facts.gaps[:3])
        yield f"The log is interrupted at {at}: what came before is not compared with what came after."
