"""`Timeline`: what happened, as frames that agree with each other.

A timeline is taken at one moment and never changes; for what has happened since, take another. Frames are made when
they are first asked for. Nothing here needs the server or the TUI.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from hlbench.answers import Answer, answer
from hlbench.timeline.capture import HasLog, capture
from hlbench.timeline.connections import connections_frame, registry_frame, subscriptions_frame
from hlbench.timeline.deliveries import deliveries_frame
from hlbench.timeline.orders import orders_frame
from hlmock.trace import stages
from hlmock.trace.events import AccountState, TraceEvent, detail_to_plain
from hlmock.trace.folds import StreamState, state_at
from hlmock.verdicts.audit import DeliveryAudit

if TYPE_CHECKING:
    from hlbench.sources import EventSource
    from hlbench.timeline.summary import Summary
    from hlmock.verdicts.promises import Violation


class Timeline:
    """The events of one run, and what follows from them.

    Args:
        source: a running `MockExchange`, the path of a recording, an `EventSource`, or events.
        grace_ms: how long after (or before) a publication a subscription still counts as near it.
        late_ms: from commit to write, above which a delivery is late.

    Raises:
        SourceError: a recording that cannot be read.
    """

    def __init__(
        self,
        source: "HasLog | EventSource | str | os.PathLike[str] | Iterable[TraceEvent]",
        *,
        grace_ms: int = 5_000,
        late_ms: int = 250,
    ) -> None:
        self._capture = capture(source)
        self._grace_ms = grace_ms
        self._late_ms = late_ms

    def __repr__(self) -> str:
        seq = self.events.index
        return f"Timeline({len(seq)} events, seq {seq[0]} to {seq[-1]})" if len(seq) else "Timeline(no events)"

    # -- frames ---------------------------------------------------------------------------------------------

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per event; index `seq`. Columns: `hlbench.timeline.columns.EVENT_COLUMNS`."""
        return self._capture.frame()

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order; index `oid`. Columns: `hlbench.timeline.orders.ORDER_COLUMNS`."""
        return orders_frame(self._capture, self.events, self.deliveries)

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """One row per order update and connection, with the verdict; those that never happened are rows too.

        Columns: `hlbench.timeline.deliveries.DELIVERY_COLUMNS`.
        """
        return deliveries_frame(self._audit.rows(), self.events)

    @cached_property
    def connections(self) -> pd.DataFrame:
        """One row per connection; index `connection`. Columns: `hlbench.timeline.connections.CONNECTION_COLUMNS`."""
        return connections_frame(self._capture)

    @cached_property
    def subscriptions(self) -> pd.DataFrame:
        """One row per subscription interval; index `subscription`.

        Columns: `hlbench.timeline.connections.SUBSCRIPTION_COLUMNS`.
        """
        return subscriptions_frame(self._capture)

    def registry_at(self, seq: int) -> pd.DataFrame:
        """Subscriptions that were active after event `seq`; index `subscription`.

        Columns: `hlbench.timeline.connections.REGISTRY_COLUMNS`.
        """
        return registry_frame(self.state_at(seq))

    def details(self, stage: str) -> pd.DataFrame:
        """What the events of one stage carry beside the common columns: a column per field of the detail.

        The index is `seq`, so it joins with `events`. Values are JSON-ready (sizes and prices are decimal strings).
        """
        plain = {
            event.seq: detail_to_plain(event.detail) if event.detail is not None else {}
            for event in self.of_stages({stage})
        }
        frame = pd.DataFrame(list(plain.values()), index=pd.Index(list(plain), dtype="int64", name="seq"), dtype=object)
        return frame.drop(columns="kind", errors="ignore").convert_dtypes(dtype_backend="pyarrow")

    # -- single answers -------------------------------------------------------------------------------------

    def event(self, seq: int) -> TraceEvent:
        """One event, whole: with its payload and detail.

        Raises:
            KeyError: it is not in the timeline.
        """
        found = self._capture.between(seq, seq)
        if not found:
            raise KeyError(f"no event {seq} in {self!r}")
        return found[0]

    def of_stages(self, wanted: Collection[str]) -> Iterator[TraceEvent]:
        """The events of some stages, whole, oldest first."""
        return self._capture.of_stages(wanted)

    def accounts(self) -> list[AccountState]:
        """The accounts at the timeline's end, with their roles, names and agents."""
        return list(self.state_at(int(self.events.index[-1])).accounts.values()) if len(self.events) else []

    def state_at(self, seq: int) -> StreamState:
        """Connections, subscriptions, open orders and accounts after event `seq`."""
        is_checkpoint = (self.events["stage"] == stages.STATE_CHECKPOINT).to_numpy()
        before = [each for each in self.events.index[is_checkpoint] if each <= seq]
        return state_at(self._capture.between(before[-1] if before else 0, seq), seq)

    def why(
        self,
        *,
        cloid: str | None = None,
        oid: int | None = None,
        account: str | None = None,
        all: bool = False,  # noqa: A002
    ) -> Answer:
        """Why each update of an order was delivered or not, and the path that each took.

        Args:
            cloid: client order id; of an ambiguous one the candidates are named.
            oid: order id. Give exactly one of the two.
            account: whose order.
            all: every order that used the cloid, not only the newest.

        Raises:
            ValueError: neither a cloid nor an oid.
        """
        return answer(
            self._capture.events(),
            cloid=cloid,
            oid=oid,
            account=account,
            all_uses=all,
            grace_ms=self._grace_ms,
            late_ms=self._late_ms,
        )

    def violations(self) -> "list[Violation]":
        """Where the events break one of the promises D1 to D7 of the exchange: a bug of the server, by seq."""
        from hlmock.verdicts.promises import check_promises

        return check_promises(self._capture.events(), max_frames=None)

    def summary(self) -> "Summary":
        """Counts, latencies and problems: what `hlbench report` shows."""
        from hlbench.timeline.summary import summarise

        return summarise(self)

    @cached_property
    def _audit(self) -> DeliveryAudit:
        audit = DeliveryAudit(grace_ms=self._grace_ms, late_ms=self._late_ms)
        audit.apply_all(self._capture.events())
        return audit

    def _repr_html_(self) -> str:
        from hlbench.notebook import overview

        return overview(self)
