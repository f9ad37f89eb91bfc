"""The lab's clock: it moves one microsecond per step, and further only when a timer fires."""

START_MS = 1_700_000_000_000
"""Every world begins at this time, ms since the epoch."""

STEP_NS = 1_000


class VirtualClock:
    """The `hlmock.paths.core.Clock` of a world."""

    __slots__ = ("ns",)

    def __init__(self) -> None:
        self.ns = 0

    def mono_ns(self) -> int:
        return self.ns

    def time_ms(self) -> int:
        return START_MS + self.ns // 1_000_000

    def wall_ms(self) -> int:
        return START_MS + self.ns // 1_000_000
