"""`Timeline`: what happened, as frames that agree with each other.

A timeline is taken at one moment and never changes; for what has happened since, take another. Frames are made when
they are first asked for. Nothing here needs the server or the TUI.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hlbench.answers import Answer, about
from hlbench.timeline.capture import CHUNK, HasEvents, HasLog, capture
from hlbench.timeline.collecting import without_collector
from hlbench.timeline.columns import EVENT_COLUMNS, frame_of
from hlbench.timeline.connections import connections_frame, registry_frame, subscriptions_frame
from hlbench.timeline.deliveries import deliveries_frame
from hlbench.timeline.orders import orders_frame
from hlbench.timeline.publications import publications_frame
from hlbench.timeline.slices import Between, Mask, Matching, Moment, Selection, Seqs, known, overlaps, proven_by
from hlbench.timeline.trees import roots_of
from hlmock.trace import stages
from hlmock.trace.events import AccountState, PublicationCreated, TraceEvent, detail_to_plain
from hlmock.trace.folds import StreamState, state_at
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.requests import cloids_in
from hlmock.verdicts.rows import DeliveryRow

if TYPE_CHECKING:
    from hlbench.sources import EventSource
    from hlbench.timeline.summary import Summary
    from hlmock.verdicts.promises import Violation

_RAW = ["seq", "time_ms", *(column.name for column in EVENT_COLUMNS if column.name != "time")]
"""Columns of a capture's tables that the events frame is made of."""


class Timeline:
    """The events of one run, and what follows from them.

    Args:
        source: a running `MockExchange`, the path of a recording, an `EventSource`, a lab's `RunResult`, or events.
        grace_ms: how long after (or before) a publication a subscription still counts as near it.
        late_ms: from commit to write, above which a delivery is late.

    Raises:
        SourceError: a recording that cannot be read.
    """

    def __init__(
        self,
        source: "HasLog | HasEvents | EventSource | str | os.PathLike[str] | Iterable[TraceEvent]",
        *,
        grace_ms: int = 5_000,
        late_ms: int = 250,
    ) -> None:
        self._capture = capture(source)
        self._grace_ms = grace_ms
        self._late_ms = late_ms
        self._whole = self
        self._selections: tuple[Selection, ...] = ()

    def __repr__(self) -> str:
        seq = self.events.index
        part = " of a part" if self._selections else ""
        return f"Timeline({len(seq)} events{part}, seq {seq[0]} to {seq[-1]})" if len(seq) else "Timeline(no events)"

    # -- frames ---------------------------------------------------------------------------------------------

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per event; index `seq`. Columns: `hlbench.timeline.columns.EVENT_COLUMNS`."""
        import pyarrow as pa

        with without_collector():
            if not self._selections:
                tables = list(self._capture.tables())
            else:
                tables = [
                    chunk.filter(pa.array(self._mask(frame_of(chunk))))
                    for chunk in (table.select(_RAW) for table in self._capture.tables(CHUNK))
                ]
            return frame_of(tables[0] if len(tables) == 1 else pa.concat_tables(tables))

    def _mask(self, events: pd.DataFrame) -> Mask:
        """Which rows the part has."""
        kept: Mask = np.logical_and.reduce([selection(events) for selection in self._selections])
        return kept

    def chunks(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """`events` a part at a time, for a recording that does not fit into memory.

        Args:
            size: rows of each, about.
        """
        for table in self._capture.tables(size):
            frame = frame_of(table.select(_RAW))
            for selection in self._selections:
                frame = frame[selection(frame)]
            yield frame

    def delivery_chunks(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """`deliveries` a part at a time, as their verdicts become final, for a recording that does not fit into memory.

        Args:
            size: rows of each, about.
        """
        from hlbench.timeline.streaming import delivery_chunks

        return delivery_chunks(self, size)

    def sql(self, query: str) -> pd.DataFrame:
        """The answer of DuckDB to a query; needs the extra `hlbench[sql]`.

        Tables are `events` (read from a recording as it is needed, however long it is), `orders`, `deliveries`,
        `connections`, `subscriptions` and `publications`, with the columns of the frames and their index.

            timeline.sql("select stage, count(*) n from events group by all order by n desc")

        Raises:
            ImportError: DuckDB is not installed.
        """
        from hlbench.timeline.streaming import query as ask

        return ask(self, query)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order; index `oid`. Columns: `hlbench.timeline.orders.ORDER_COLUMNS`."""
        if self._selections:
            orders = self._whole.orders
            return orders[orders.index.isin(list(known([self.events["oid"], self.deliveries["oid"]])))]
        with without_collector():
            return orders_frame(self._capture, self.events, self.deliveries)

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """One row per order update and connection, with the verdict; those that never happened are rows too.

        Columns: `hlbench.timeline.deliveries.DELIVERY_COLUMNS`.
        """
        if self._selections:
            deliveries = self._whole.deliveries
            kept = deliveries[proven_by(deliveries, self.events.index.to_numpy())]
            for selection in self._selections:
                if isinstance(selection, Seqs) and selection.oids is not None:
                    kept = kept[kept["oid"].isin(list(selection.oids))]
            return kept.reset_index(drop=True)
        with without_collector():
            return deliveries_frame(self._audit.rows(), self.events)

    @cached_property
    def connections(self) -> pd.DataFrame:
        """One row per connection; index `connection`. Columns: `hlbench.timeline.connections.CONNECTION_COLUMNS`."""
        if self._selections:
            connections = self._whole.connections
            if (extent := self._extent) is not None:
                return connections[overlaps(connections, "opened_seq", "closed_seq", *extent)]
            return connections[connections.index.isin(list(self._named("connection")))]
        return connections_frame(self._capture)

    @cached_property
    def subscriptions(self) -> pd.DataFrame:
        """One row per subscription interval; index `subscription`.

        Columns: `hlbench.timeline.connections.SUBSCRIPTION_COLUMNS`.
        """
        if self._selections:
            subscriptions = self._whole.subscriptions
            if (extent := self._extent) is not None:
                return subscriptions[overlaps(subscriptions, "added_seq", "removed_seq", *extent)]
            is_named = subscriptions.index.isin(list(known([self.deliveries["subscription"]])))
            moved = subscriptions[["added_seq", "removed_seq"]].isin(list(self.events.index)).any(axis=1)
            return subscriptions[is_named | moved.to_numpy()]
        return subscriptions_frame(self._capture)

    @cached_property
    def publications(self) -> pd.DataFrame:
        """One row per message for one key; index `publication`.

        Columns: `hlbench.timeline.publications.PUBLICATION_COLUMNS`.
        """
        if self._selections:
            publications = self._whole.publications
            is_named = publications.index.isin(list(known([self.deliveries["publication"]])))
            return publications[is_named | publications["seq"].isin(list(self.events.index)).to_numpy()]
        return publications_frame(self._capture)

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

    # -- parts ----------------------------------------------------------------------------------------------

    def between(self, first: Moment = None, last: Moment = None) -> "Timeline":
        """The part from one moment to another, both included.

        What its rows say is what the whole timeline says of them: `orders` and `deliveries` are those that the part's
        events are about, `connections` and `subscriptions` those that were there.

        Args:
            first: a seq; a distance from the newest event (`"-5s"`), a time of day (`"12:00:03"`) or a moment, of the
                exchange's clock; or a datetime. Without it the part starts with the timeline.
            last: the same; without it the part ends with the timeline.

        Raises:
            FilterError: a text that is no time.
        """
        return self._part(Between(first, last, self._newest_ms))

    def where(self, text: str) -> "Timeline":
        """The part that a filter of the event log selects, in the language of the TUI (`hlbench.filters`).

        `deliveries` are those that one of the selected events is evidence of: `where("conn:c3")` has what c3 got and
        what it missed.

        Raises:
            FilterError: a filter that cannot be read.
        """
        from hlbench.filters import parse

        return self._part(Matching(parse(text, newest_ms=self._newest_ms), self.names, self._capture))

    def of_account(self, account: str) -> "Timeline":
        """The part about an account: its address, the beginning of it, or its name."""
        return self.where(f'account:"{account}"')

    def of_order(self, *, cloid: str | None = None, oid: int | None = None, account: str | None = None) -> "Timeline":
        """The part that one order's paths consist of, and what proves its verdicts.

        Raises:
            ValueError: neither a cloid nor an oid.
        """
        answer = self.why(cloid=cloid, oid=oid, account=account)
        paths = (event.seq for paths in answer.paths.values() for path in paths for event in path)
        return self._part(Seqs(frozenset([*paths, *answer.evidence]), frozenset(answer.paths)))

    def _part(self, selection: Selection) -> "Timeline":
        part = Timeline((), grace_ms=self._grace_ms, late_ms=self._late_ms)
        part._capture, part._whole = self._capture, self._whole
        part._selections = (*self._selections, selection)
        return part

    @property
    def _extent(self) -> tuple[int, int] | None:
        """First and last seq, of a part that is all between two moments."""
        if not all(isinstance(selection, Between) for selection in self._selections):
            return None
        seqs = self.events.index
        return (int(seqs[0]), int(seqs[-1])) if len(seqs) else (0, -1)

    def _named(self, column: str) -> set[Any]:
        return known([self.events[column], self.deliveries[column]])

    @property
    def _newest_ms(self) -> int | None:
        return self._capture.newest_ms()

    # -- single answers -------------------------------------------------------------------------------------

    def event(self, seq: int) -> TraceEvent:
        """One event, whole: with its payload and detail.

        Raises:
            KeyError: it is not in the timeline.
        """
        found = self._capture.at([seq])
        if not found:
            raise KeyError(f"no event {seq} in {self!r}")
        return found[0]

    def of_stages(self, wanted: Collection[str]) -> Iterator[TraceEvent]:
        """The events of some stages, whole, oldest first."""
        found = self._capture.of_stages(wanted)
        if not self._selections:
            return found
        seqs = set(self.events.index)
        return (event for event in found if event.seq in seqs)

    def accounts(self) -> list[AccountState]:
        """The accounts at the timeline's end, with their roles, names and agents."""
        last = self._capture.last_seq()
        return list(self.state_at(last).accounts.values()) if last is not None else []

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of accounts by address, where they have one."""
        if self._whole is not self:
            return self._whole.names
        return {each.account: each.name for each in self.accounts() if each.name is not None}

    def state_at(self, seq: int) -> StreamState:
        """Connections, subscriptions, open orders and accounts after event `seq`."""
        before = [each for each in self._whole._checkpoints if each <= seq]
        return state_at(self._capture.between(before[-1] if before else 0, seq), seq)

    @cached_property
    def _checkpoints(self) -> list[int]:
        import pyarrow.compute as pc

        return [
            seq
            for table in self._capture.tables(CHUNK)
            for seq in table.column("seq").filter(pc.equal(table.column("stage"), stages.STATE_CHECKPOINT)).to_pylist()
        ]

    def why(
        self,
        what: str | int | None = None,
        *,
        cloid: str | None = None,
        oid: int | None = None,
        seq: int | None = None,
        account: str | None = None,
        all: bool = False,  # noqa: A002
    ) -> Answer:
        """Why each update of an order was delivered or not, and the path that each took.

        Args:
            what: a cloid, an oid, or the seq of an event: of the order that it is about.
            cloid: client order id; of an ambiguous one the candidates are named.
            oid: order id.
            seq: of an event. Give exactly one of the four.
            account: whose order.
            all: every order that used the cloid, not only the newest.

        Raises:
            ValueError: not exactly one of cloid, oid and seq; an event that is about no order.
        """
        whole = self._whole
        if what is not None:
            cloid, oid, seq = whole._meant(what, cloid, oid, seq)
        if sum(each is not None for each in (cloid, oid, seq)) != 1:
            raise ValueError("why needs one of a cloid, an oid and the seq of an event")
        if seq is not None:
            cloid, oid = whole._order_of(seq)
        explanation = whole._audit.why(cloid, oid, account, all_uses=all)
        paths = {order.oid: whole._paths_of(order.oid) for order in explanation.orders}
        proofs = {seq for order in explanation.orders for row in order.rows for seq in row.verdict.evidence}
        evidence = {event.seq: event for event in self._capture.at(proofs)}
        return Answer(explanation, paths, whole.names, evidence)

    def _meant(
        self, what: str | int, cloid: str | None, oid: int | None, seq: int | None
    ) -> tuple[str | None, int | None, int | None]:
        if cloid is not None or oid is not None or seq is not None:
            raise ValueError("why needs one of a cloid, an oid and the seq of an event")
        if isinstance(what, str) and not (what.isascii() and what.isdigit()):
            return what, None, None
        number = int(what)
        is_order = number in self._audit.tracker.orders or not self._capture.at([number])
        return (None, number, None) if is_order else (None, None, number)

    def _order_of(self, seq: int) -> tuple[str | None, int | None]:
        """cloid or oid of the order that an event is about: its own, else the first one of its tree."""
        event = self.event(seq)
        while event.oid is None and not isinstance(event.detail, PublicationCreated) and event.cause is not None:
            if not (causes := self._capture.at([event.cause])):
                break
            event = causes[0]
        if event.oid is not None:
            return None, event.oid
        if isinstance(event.detail, PublicationCreated) and event.detail.updates:
            return None, event.detail.updates[0].oid
        tree = self._capture.at(self._tree_of(seq))
        oid = next((each.oid for each in tree if each.stage == stages.ORDER_STORED), None)
        if oid is not None:
            return None, oid
        asked = [cloid for each in tree if each.payload is not None for cloid in cloids_in(each.payload)]
        if not asked:
            raise ValueError(f"event {seq} ({event.stage}) is about no order")
        return asked[0], None

    @cached_property
    def _roots(self) -> Any:
        return roots_of(self.events)

    def _tree_of(self, seq: int) -> list[int]:
        seqs = self.events.index.to_numpy()
        mine = self._roots[np.searchsorted(seqs, seq)]
        tree: list[int] = seqs[self._roots == mine].tolist()
        return tree

    def _paths_of(self, oid: int) -> list[list[TraceEvent]]:
        """The order's paths, oldest first."""
        is_change = (self.events["stage"] == stages.ORDER_STORED) & (self.events["oid"] == oid).fillna(False)
        roots = dict.fromkeys(self._roots[is_change.to_numpy(dtype=bool)].tolist())
        seqs = self.events.index.to_numpy()
        return [about(self._capture.at(seqs[self._roots == root].tolist()), oid) for root in roots]

    def violations(self, *, quiescent: bool = False, again: "Timeline | None" = None) -> "list[Violation]":
        """Where the events break one of the promises D1 to D8 of the exchange: a bug of the server, by seq.

        Args:
            quiescent: nothing is on its way any more, so what is not delivered never will be.
            again: another run of the same input, which D8 compares with this one; without it D8 is not checked.
        """
        from hlmock.verdicts.promises import check_promises, check_same

        whole = self._whole
        found = check_promises(whole._capture.events(), quiescent=quiescent, max_frames=None)
        if again is not None:
            found += check_same(list(whole._capture.events()), list(again._whole._capture.events()))
        if not self._selections:
            return found
        seqs = set(self.events.index)
        return [each for each in found if each.seq in seqs]

    def diff(self, other: "Timeline") -> pd.DataFrame:
        """What differs in another run, the first divergence first. Columns: `hlbench.timeline.DIFFERENCE_COLUMNS`."""
        from hlbench.timeline.diffing import diff

        return diff(self, other)

    def summary(self) -> "Summary":
        """Counts, latencies and problems: what `hlbench report` shows.

        One pass over the events, whose memory grows by some hundred bytes per order: made for recordings that fit into
        no frame, too.
        """
        from hlbench.timeline.summary import summarise

        return summarise(self)

    # -- for the modules beside this one --------------------------------------------------------------------

    @cached_property
    def _audit(self) -> DeliveryAudit:
        audit = self.new_audit()
        with without_collector():
            audit.apply_all(self._capture.events())
        return audit

    @property
    def known_audit(self) -> DeliveryAudit | None:
        """The audit of the whole timeline, if a frame needed it already."""
        found: DeliveryAudit | None = self._whole.__dict__.get("_audit")
        return found

    def new_audit(
        self, *, keep_orders: int | None = None, decided: Callable[[tuple[DeliveryRow, ...]], None] | None = None
    ) -> DeliveryAudit:
        """One with the timeline's settings, that has seen nothing yet."""
        return DeliveryAudit(grace_ms=self._grace_ms, late_ms=self._late_ms, keep_orders=keep_orders, decided=decided)

    def all_events(self) -> Iterable[TraceEvent]:
        """Of the whole timeline, oldest first."""
        return self._capture.events()

    def events_at(self, seqs: Collection[int]) -> list[TraceEvent]:
        """Events of the whole timeline by seq, oldest first."""
        return self._capture.at(seqs)

    @property
    def part(self) -> Seqs | None:
        """What makes this timeline a part; `None` where it is all of it."""
        if not self._selections:
            return None
        chosen: frozenset[int] | None = None
        for selection in self._selections:
            if isinstance(selection, Seqs) and selection.oids is not None:
                chosen = selection.oids if chosen is None else chosen & selection.oids
        return Seqs(frozenset(self.events.index), chosen)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In IPython's terminal."""
        from hlbench.notebook import overview_lines

        printer.text("\n".join(overview_lines(self)))

    def _repr_html_(self) -> str:
        from hlbench.notebook import overview

        return overview(self)
