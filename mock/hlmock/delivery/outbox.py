"""The outbox: one connection's FIFO of frames not yet written.

Rule 1: bounded in frames and bytes. Rule 2: when it is full, market-data frames that a newer frame of the same key
makes stale go first; user frames never do. Rule 3: nothing leaves in silence: every removal is returned to the caller.
"""

from collections import deque
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

    __slots__ = ("bytes", "frames", "limits")

    def __init__(self, limits: OutboxLimits) -> None:
        self.frames: deque[Frame] = deque()
        """Oldest first; to be read only."""
        self.limits = limits
        self.bytes = 0

    def __len__(self) -> int:
        return len(self.frames)

    def push(self, frame: Frame) -> list[Frame]:
        """Append a frame; returns the stale market-data frames that made room for it."""
        frames, size = self.limits.max_frames, self.limits.max_bytes
        length = len(frame.data)
        superseded: list[Frame] = []
        if (frames is not None and len(self.frames) >= frames) or (size is not None and self.bytes + length > size):
            superseded = self._supersede(frame)
        self.frames.append(frame)
        self.bytes += length
        return superseded

    @property
    def is_over(self) -> bool:
        """Whether a limit is exceeded: the connection must be closed."""
        frames, size = self.limits.max_frames, self.limits.max_bytes
        return (frames is not None and len(self.frames) > frames) or (size is not None and self.bytes > size)

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

    def _supersede(self, newest: Frame) -> list[Frame]:
        """Remove each supersedable frame that has a newer one of its key behind it (the new frame included)."""
        seen = {newest.key} if newest.supersedable else set()
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
