"""The outbox: one connection's FIFO of frames not yet written.

Rule 1: bounded in frames and bytes. Rule 2: when it is full, market-data frames that a newer frame of the same key
makes stale go first; user frames never do. Rule 3: nothing leaves in silence: every removal is returned to the caller.
"""

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One text frame waiting to be written."""

    data: bytes
    enqueued_seq: int
    """seq of its `*.enqueued` event."""
    enqueued_ns: int
    key: str | None = None
    publication: int | None = None
    commit: int | None = None
    channel: str | None = None
    supersedable: bool = False


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Our choice: 10,000 frames or 8 MiB, whichever comes first; `None` lifts a limit."""

    max_frames: int | None = 10_000
    max_bytes: int | None = 8 * 1024 * 1024


class Outbox:
    """FIFO of frames. `bytes` is the sum of their lengths."""

    __slots__ = ("_max_bytes", "_max_frames", "bytes", "frames")

    def __init__(self, limits: OutboxLimits) -> None:
        self.frames: deque[Frame] = deque()
        """Oldest first; to be read only."""
        self.bytes = 0
        self._max_frames = sys.maxsize if limits.max_frames is None else limits.max_frames
        self._max_bytes = sys.maxsize if limits.max_bytes is None else limits.max_bytes

    def __len__(self) -> int:
        return len(self.frames)

    def push(self, frame: Frame) -> Sequence[Frame]:
        """Append a frame; returns the stale market-data frames that made room for it."""
        self.frames.append(frame)
        self.bytes += len(frame.data)
        return self._supersede() if self.is_over() else ()

    def is_over(self) -> bool:
        """Whether a limit is exceeded: the connection must be closed."""
        return len(self.frames) > self._max_frames or self.bytes > self._max_bytes

    def pop(self) -> Frame:
        """The oldest frame.

        Raises:
            IndexError: the outbox is empty.
        """
        frame = self.frames.popleft()
        self.bytes -= len(frame.data)
        return frame

    def peek(self) -> Frame | None:
        """The oldest frame, which stays; `None` where there is none."""
        return self.frames[0] if self.frames else None

    def clear(self) -> list[Frame]:
        """Take every frame out, oldest first."""
        frames = list(self.frames)
        self.frames.clear()
        self.bytes = 0
        return frames

    def _supersede(self) -> list[Frame]:
        """Remove each supersedable frame that has a newer one of its key behind it."""
        seen: set[str | None] = set()
        kept: list[Frame] = []
        stale: list[Frame] = []
        for frame in reversed(self.frames):
            if frame.supersedable and frame.key in seen:
                stale.append(frame)
                continue
            if frame.supersedable:
                seen.add(frame.key)
            kept.append(frame)
        if stale:
            self.frames = deque(reversed(kept))
            self.bytes -= sum(len(frame.data) for frame in stale)
        return stale[::-1]
