"""Every update of the orders listed, in the order in which they happened: the rows of the delivery matrix."""

from bisect import bisect_right
from typing import NamedTuple


class OrderUpdate(NamedTuple):
    """One change of one order. `seq` is that of its `order.stored`."""

    seq: int
    oid: int


class Updates:
    """The newest updates; the oldest are dropped, a block at a time."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._all: list[OrderUpdate] = []
        self.dropped = 0
        """Updates that are not listed any more."""

    def __getitem__(self, index: int) -> OrderUpdate:
        return self._all[index]

    def add(self, seq: int, oid: int) -> None:
        """The next update."""
        self._all.append(OrderUpdate(seq, oid))
        if len(self._all) > self._kept:
            gone = max(self._kept // 20, 1)
            del self._all[:gone]
            self.dropped += gone

    def count_at(self, seq: int) -> int:
        """How many of those listed had happened after the event `seq`."""
        if not self._all or self._all[-1].seq <= seq:
            return len(self._all)
        return bisect_right(self._all, seq, key=lambda update: update.seq)
