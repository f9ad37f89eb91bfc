"""What the audit answers with: one row per delivery that happened or should have."""

from typing import Final

import msgspec

from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.verdict import Verdict


class DeliveryRow(msgspec.Struct, frozen=True, gc=False):
    """(order update, key) on one subscription interval, or on none."""

    oid: int
    cloid: str | None
    account: str | None
    coin: str | None
    status: str
    """Of the order, with this update."""
    commit: int
    updated: int
    """seq of the `order.stored`."""
    time_ms: int
    """Exchange clock of the update."""
    publication: int | None
    """Absent where the change is not published."""
    key: str | None
    channel: str | None
    connection: str | None
    """Absent where no connection was near."""
    subscription: int | None
    expected: bool
    """Whether it counts: the subscription covered the commit; or nobody's did, and this one was near; or the
    connection was open already and subscribed too late."""
    verdict: Verdict

    @property
    def is_written(self) -> bool:
        """Whether the update's frame was written to the connection."""
        return self.verdict.code in _WRITTEN

    @property
    def decided_at(self) -> int:
        """seq of the last event that the verdict rests on."""
        return max(self.verdict.evidence, default=self.updated)


_WRITTEN: Final = frozenset({VerdictCode.DELIVERED, VerdictCode.DELIVERED_LATE, VerdictCode.HALF_OPEN})
