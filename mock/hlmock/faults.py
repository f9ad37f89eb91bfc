"""Faults of frames: what is to happen to the next ones that are written to a connection.

Rule 1: a fault is told in the stream each time it strikes (`fault.injected`), so that a verdict can name it. Rule 2: a
connection stays first in, first out: a frame that is delayed delays those behind it. Rule 3: a dropped frame leaves the
outbox by a recorded end (`delivery.dropped`), never in silence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal["drop", "delay", "duplicate", "blackhole"]
"""`blackhole`: nothing gets through, either way, and the connection stays open; until it is cleared."""

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(slots=True)
class Fault:
    """What happens to some frames of one connection."""

    kind: FaultKind
    count: int = 1
    """Frames that it still strikes; a black hole takes every one."""
    ms: int = 0
    """Of a delay: how long the frame waits."""
    channel: str | None = None
    """Only frames of this channel count: `orderUpdates`, `subscriptionResponse`, ..."""

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"{self.kind!r} is no fault: there are {', '.join(FAULT_KINDS)}")
        if self.count < 1:
            raise ValueError(f"count={self.count}: a fault strikes at least one frame")
        if (self.ms > 0) is not (self.kind == "delay"):
            raise ValueError(f"ms={self.ms}: a delay takes a time above 0, and nothing else takes one")

    def __str__(self) -> str:
        """For views: `drop 2 of orderUpdates`."""
        what = [self.kind] + ([] if self.kind == "blackhole" else [str(self.count)])
        what += [f"by {self.ms} ms"] * (self.kind == "delay")
        return " ".join([*what, *([f"of {self.channel}"] if self.channel else [])])


class FrameFaults:
    """The faults of one connection, in the order in which they were injected.

    Args:
        on_delay: called when a frame is delayed, with the ms after which the writer may go on.
    """

    def __init__(self, on_delay: Callable[[int], None]) -> None:
        self.on_delay = on_delay
        self.all: list[Fault] = []
        self._waited_seq: int | None = None
        """seq of the frame that was delayed last: no fault strikes it again."""

    @property
    def is_blackhole(self) -> bool:
        return any(fault.kind == "blackhole" for fault in self.all)

    def strike(self, frame_seq: int, channel: str | None) -> Fault | None:
        """The fault that the next frame meets, which is used up by it; `None`: it is written.

        Args:
            frame_seq: of the event that enqueued it.
        """
        if frame_seq == self._waited_seq:
            return None
        for fault in self.all:
            if fault.channel in (None, channel):
                if fault.kind == "delay":
                    self._waited_seq = frame_seq
                if fault.kind != "blackhole":
                    fault.count -= 1
                if not fault.count:
                    self.all.remove(fault)
                return fault
        return None
