"""Which events belong to which order: the trees of causes, kept as seqs only.

A tree is rooted in a request (or, without one, in the change itself); a maker's change is in its taker's tree.
"""

from array import array
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from hlmock.trace import stages
from hlmock.trace.events import PublicationCreated, TraceEvent

if TYPE_CHECKING:
    Tree: TypeAlias = array[int]
else:
    Tree = array  # takes no item type at run time before Python 3.12
"""seqs of one tree, oldest first."""

_ROOTS: Final = frozenset({stages.REQUEST_RECEIVED, stages.ORDER_STORED})


class Trees:
    """The trees that grow now, by each of their events.

    Args:
        recent: how many events can still be found as a cause.
    """

    def __init__(self, recent: int) -> None:
        self._recent = recent
        self._tree_of: dict[int, Tree] = {}

    def apply(self, event: TraceEvent) -> Tree | None:
        """The tree of the event, or nothing where it is in none."""
        seq = event.seq
        tree = self._tree_of.get(event.cause) if event.cause is not None else None
        if tree is None:
            if event.stage not in _ROOTS:
                return None
            tree = array("Q")
        tree.append(seq)
        self._tree_of[seq] = tree
        if len(self._tree_of) > self._recent:
            for old in list(islice(self._tree_of, max(self._recent // 8, 1))):
                del self._tree_of[old]
        return tree

    def tree_of(self, seq: int) -> Tree | None:
        """The tree of a recent event."""
        return self._tree_of.get(seq)


def of_order(events: Iterable[TraceEvent], oid: int, account: str) -> list[TraceEvent]:
    """The events of a tree that concern one order: not the other orders of its batch, nor other accounts' messages."""
    kept: list[TraceEvent] = []
    others: set[int] = set()
    for event in events:
        if _concerns(event, oid, account, others):
            kept.append(event)
        else:
            others.add(event.seq)
    return kept


def _concerns(event: TraceEvent, oid: int, account: str, others: set[int]) -> bool:
    if event.oid is not None:
        return event.oid == oid
    if isinstance(event.detail, PublicationCreated):
        updates = event.detail.updates
        if updates:
            return any(update.oid == oid for update in updates)
        return event.account == account
    return event.cause not in others
