"""What a screen shows, at one moment: the newest, or one in the past."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from hlbench.tui.orders import OrderRow, OrderTable
from hlbench.tui.pages import EventPages
from hlbench.tui.rates import Rates
from hlbench.tui.registry_tree import RegistryTree
from hlbench.tui.updates import Updates
from hlmock.trace.events import TraceEvent
from hlmock.trace.folds import StreamState
from hlmock.verdicts.codes import Group
from hlmock.verdicts.rows import DeliveryRow


class Board(Protocol):
    """Registry, orders and verdicts at `seq`. Panes read nothing else."""

    @property
    def seq(self) -> int:
        """The cursor: seq of the last event that is taken in."""
        ...

    @property
    def is_past(self) -> bool:
        """Whether newer events are known and left out."""
        ...

    @property
    def state(self) -> StreamState: ...
    @property
    def orders(self) -> OrderTable: ...
    @property
    def updates(self) -> Updates:
        """Every update; in the past also those that came later, so count them with `count_at(seq)`."""
        ...

    @property
    def registry(self) -> RegistryTree:
        """Who owns which connection; what was learnt later is in it."""
        ...

    @property
    def rates(self) -> Rates:
        """Of the newest events, also in the past."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """Names of accounts by address."""
        ...

    @property
    def structure(self) -> object:
        """Another value where the registry's tree may have changed."""
        ...

    @property
    def problems(self) -> Mapping[int, OrderRow]:
        """Orders with a missing or late update, by oid."""
        ...

    @property
    def missing_of(self) -> Counter[str]:
        """Missing updates by connection."""
        ...

    @property
    def totals(self) -> Counter[Group]:
        """Expected deliveries by how they stand; in the past only what is wrong."""
        ...

    def deliveries(self, oid: int) -> list[DeliveryRow]:
        """Every verdict of an order, by commit."""
        ...

    def missed_by(self, oid: int) -> tuple[str, ...]:
        """The connections that miss an update of an order."""
        ...

    def order_of(self, event: TraceEvent, pages: EventPages) -> OrderRow | None:
        """The order that an event belongs to; of a batch, its first one."""
        ...

    def first_problem(self) -> OrderRow | None:
        """The oldest order with a missing update, else the oldest with a late one."""
        ...

    def problem_beside(self, number: int, step: int) -> OrderRow | None:
        """The next (`step` 1) or previous (-1) problem from an order's number, around the end."""
        ...
