"""The state at any seq, as a fold over the events up to there.

Rule 1: a fold reads events only, so live, scrubbed, attached and recorded views are the same code. Rule 2: a fold
that starts from a checkpoint ends in the same state as one that starts from seq 1. Rule 3: what no checkpoint holds
(closed connections, terminal orders, faults) is recent history, bounded, and no part of that equality.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hlmock.trace import stages
from hlmock.trace.events import (
    AccountChanged,
    AccountCreated,
    AccountState,
    Checkpoint,
    ConnectionEnded,
    ConnectionOpened,
    ConnectionState,
    Enqueued,
    Gap,
    GateEvent,
    OrderState,
    OrderStored,
    SubscriptionAdded,
    SubscriptionRemoved,
    SubscriptionState,
    TraceEvent,
)

LIVE_STATUSES: Final = frozenset({"open", "partiallyFilled", "triggered"})
"""Statuses of `order.stored` after which the order may still trade."""

RECENT: Final = 200
"""How many closed connections, terminal orders and faults a state remembers. Our choice."""


@dataclass(slots=True)
class ConnectionView:
    """One connection. `depth` is frames enqueued and not yet ended; `written` counts frames of every kind."""

    connection: str
    opened_seq: int
    opened_ms: int
    state: str = "open"
    """`open`, `closing`, `closed`."""
    peer: str | None = None
    depth: int = 0
    written: int = 0
    end: ConnectionEnded | None = None
    """Code, who and why, from `closing` on."""
    ended_seq: int | None = None
    """seq of its `connection.closing`, or of `closed` where nobody announced it."""


class StreamState:
    """Registry, connections, open orders, accounts and gates after the events applied so far.

    Read its attributes freely; only `apply` and `load` change them.
    """

    def __init__(self) -> None:
        self.seq = 0
        """seq of the last event applied."""
        self.time_ms = 0
        self.commit = 0
        """Highest commit seen."""
        self.epoch = 1
        self.connections: dict[str, ConnectionView] = {}
        """Open and closing ones, in the order in which they were opened."""
        self.subscriptions: dict[int, SubscriptionState] = {}
        """Active ones by id, oldest first."""
        self.orders: dict[int, OrderState] = {}
        """Open ones by oid."""
        self.accounts: dict[str, AccountState] = {}
        self.gates: list[GateEvent] = []
        """Paths held now, in the order in which they were held."""
        self.missing: list[tuple[int, int]] = []
        """Ranges of seq that the reader did not get, both ends included."""
        self.closed_connections: deque[ConnectionView] = deque(maxlen=RECENT)
        self.terminal_orders: deque[OrderState] = deque(maxlen=RECENT)
        self.faults: deque[TraceEvent] = deque(maxlen=RECENT)
        self._of_connection: dict[str, dict[int, SubscriptionState]] = {}
        self._of_key: dict[str, dict[int, SubscriptionState]] = {}
        self._of_account: dict[str, dict[int, SubscriptionState]] = {}
        self._resolved_seq = 0
        """seq of the last `registry.resolved`."""

    # -- queries --------------------------------------------------------------------------------------------

    def subscriptions_of(
        self, *, connection: str | None = None, key: str | None = None, account: str | None = None
    ) -> list[SubscriptionState]:
        """Active subscriptions of one connection, key or account (the first one given), oldest first."""
        if connection is not None:
            found = self._of_connection.get(connection)
        elif key is not None:
            found = self._of_key.get(key)
        elif account is not None:
            found = self._of_account.get(account)
        else:
            found = self.subscriptions
        return list(found.values()) if found else []

    def to_checkpoint(self) -> Checkpoint:
        """The state as a checkpoint, in canonical order: by age, orders by oid, accounts by address."""
        return Checkpoint(
            self.commit,
            self.epoch,
            tuple(
                ConnectionState(
                    each.connection, each.opened_seq, each.opened_ms, each.state, each.peer, each.depth, each.written
                )
                for each in sorted(self.connections.values(), key=lambda each: each.opened_seq)
            ),
            tuple(self.subscriptions[each] for each in sorted(self.subscriptions)),
            tuple(self.orders[each] for each in sorted(self.orders)),
            tuple(self.accounts[each] for each in sorted(self.accounts)),
            tuple(self.gates),
        )

    # -- folding --------------------------------------------------------------------------------------------

    def load(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint's state. Recent history stays, and what a kept connection's end is known to be."""
        self.commit = checkpoint.commit
        self.epoch = checkpoint.epoch
        known = self.connections
        self.connections = {}
        for state in checkpoint.connections:
            view = ConnectionView(
                state.connection, state.opened_seq, state.opened_ms, state.state, state.peer, state.depth, state.written
            )
            before = known.get(state.connection)
            if before is not None and before.opened_seq == state.opened_seq:
                view.end, view.ended_seq = before.end, before.ended_seq
            self.connections[state.connection] = view
        self.subscriptions = {}
        self._of_connection, self._of_key, self._of_account = {}, {}, {}
        for subscription in sorted(checkpoint.subscriptions, key=lambda each: each.subscription):
            self._add(subscription)
        self.orders = {order.oid: order for order in checkpoint.orders}
        self.accounts = {account.account: account for account in checkpoint.accounts}
        self.gates = list(checkpoint.gates)

    def apply(self, event: TraceEvent) -> None:
        """Fold one event in. Stages without a state are only counted by `seq`."""
        self.seq = event.seq
        self.time_ms = event.time_ms
        if event.commit is not None and event.commit > self.commit:
            self.commit = event.commit
        fold = _FOLDS.get(event.stage)
        if fold is not None:
            fold(self, event)

    def apply_all(self, events: Iterable[TraceEvent]) -> None:
        for event in events:
            self.apply(event)

    def _add(self, subscription: SubscriptionState) -> None:
        number = subscription.subscription
        self.subscriptions[number] = subscription
        self._of_connection.setdefault(subscription.connection, {})[number] = subscription
        self._of_key.setdefault(subscription.key, {})[number] = subscription
        if subscription.account is not None:
            self._of_account.setdefault(subscription.account, {})[number] = subscription

    def _remove(self, number: int) -> None:
        subscription = self.subscriptions.pop(number, None)
        if subscription is None:
            return
        _drop(self._of_connection, subscription.connection, number)
        _drop(self._of_key, subscription.key, number)
        if subscription.account is not None:
            _drop(self._of_account, subscription.account, number)


def state_at(events: Sequence[TraceEvent], seq: int) -> StreamState:
    """The state after the event `seq`, from the newest checkpoint at or before it.

    Args:
        events: consecutive events, such as `EventLog.since` gives them.
        seq: where to stand; beyond the last event means at the end.
    """
    state = StreamState()
    end = len(events)
    while end and events[end - 1].seq > seq:
        end -= 1
    start = end
    while start and events[start - 1].stage != stages.STATE_CHECKPOINT:
        start -= 1
    state.apply_all(events[max(start - 1, 0) : end])
    return state


def _drop(index: dict[str, dict[int, SubscriptionState]], slot: str, number: int) -> None:
    held = index[slot]
    del held[number]
    if not held:
        del index[slot]


def _checkpoint(state: StreamState, event: TraceEvent) -> None:
    if isinstance(event.detail, Checkpoint):
        state.load(event.detail)


def _gap(state: StreamState, event: TraceEvent) -> None:
    if isinstance(event.detail, Gap):
        state.missing.append((event.detail.from_, event.detail.to))


def _restored(state: StreamState, event: TraceEvent) -> None:
    state.epoch += 1


def _opened(state: StreamState, event: TraceEvent) -> None:
    if event.connection is not None:
        peer = event.detail.peer if isinstance(event.detail, ConnectionOpened) else None
        state.connections[event.connection] = ConnectionView(event.connection, event.seq, event.time_ms, peer=peer)


def _closing(state: StreamState, event: TraceEvent) -> None:
    view = state.connections.get(event.connection or "")
    if view is not None:
        view.state = "closing"
        _end(view, event)


def _closed(state: StreamState, event: TraceEvent) -> None:
    view = state.connections.pop(event.connection or "", None)
    if view is not None:
        view.state = "closed"
        view.depth = 0
        _end(view, event)
        state.closed_connections.append(view)


def _end(view: ConnectionView, event: TraceEvent) -> None:
    if view.end is None and isinstance(event.detail, ConnectionEnded):
        view.end, view.ended_seq = event.detail, event.seq


def _enqueued(state: StreamState, event: TraceEvent) -> None:
    view = state.connections.get(event.connection or "")
    if view is not None and isinstance(event.detail, Enqueued):
        view.depth = event.detail.depth


def _written(state: StreamState, event: TraceEvent) -> None:
    view = state.connections.get(event.connection or "")
    if view is not None:
        view.depth = max(view.depth - 1, 0)
        view.written += 1


def _resolved(state: StreamState, event: TraceEvent) -> None:
    state._resolved_seq = event.seq


def _ended(state: StreamState, event: TraceEvent) -> None:
    view = state.connections.get(event.connection or "")
    if view is not None and event.cause != state._resolved_seq:  # else it ended before it was enqueued
        view.depth = max(view.depth - 1, 0)


def _subscribed(state: StreamState, event: TraceEvent) -> None:
    detail, connection, key = event.detail, event.connection, event.key
    if isinstance(detail, SubscriptionAdded) and connection is not None and key is not None:
        state._add(
            SubscriptionState(
                detail.subscription, connection, key, event.commit or 0, event.seq, event.time_ms, event.account
            )
        )


def _unsubscribed(state: StreamState, event: TraceEvent) -> None:
    if isinstance(event.detail, SubscriptionRemoved):
        state._remove(event.detail.subscription)


def _stored(state: StreamState, event: TraceEvent) -> None:
    detail = event.detail
    if not isinstance(detail, OrderStored) or event.oid is None:
        return
    before = state.orders.get(event.oid)
    order = OrderState(
        event.oid,
        event.account or "",
        event.coin or "",
        detail.side,
        detail.px,
        detail.sz,
        detail.orig_sz,
        "open" if detail.status == "partiallyFilled" else detail.status,
        before.time_ms if before is not None else event.time_ms,
        event.cloid,
    )
    if detail.status in LIVE_STATUSES:
        state.orders[event.oid] = order
        return
    state.orders.pop(event.oid, None)
    state.terminal_orders.append(order)


def _account_created(state: StreamState, event: TraceEvent) -> None:
    detail = event.detail
    if isinstance(detail, AccountCreated) and event.account is not None:
        state.accounts[event.account] = AccountState(
            event.account, detail.role, detail.named, detail.name, detail.master
        )


def _account_changed(state: StreamState, event: TraceEvent) -> None:
    detail = event.detail
    if isinstance(detail, AccountChanged) and event.account is not None:
        state.accounts[event.account] = AccountState(
            event.account, detail.role, detail.named, detail.name, detail.master, detail.agents
        )


def _held(state: StreamState, event: TraceEvent) -> None:
    if isinstance(event.detail, GateEvent):
        state.gates.append(event.detail)


def _released(state: StreamState, event: TraceEvent) -> None:
    detail = event.detail
    if isinstance(detail, GateEvent):
        state.gates = [held for held in state.gates if (held.gate, held.path) != (detail.gate, detail.path)]


def _fault(state: StreamState, event: TraceEvent) -> None:
    state.faults.append(event)


_FOLDS: Final[dict[str, Callable[[StreamState, TraceEvent], None]]] = {
    stages.STATE_CHECKPOINT: _checkpoint,
    stages.STATE_RESTORED: _restored,
    stages.EVENTS_GAP: _gap,
    stages.CONNECTION_OPENED: _opened,
    stages.CONNECTION_CLOSING: _closing,
    stages.CONNECTION_CLOSED: _closed,
    stages.ACK_ENQUEUED: _enqueued,
    stages.SNAPSHOT_ENQUEUED: _enqueued,
    stages.FRAME_ENQUEUED: _enqueued,
    stages.HEARTBEAT_PONG: _enqueued,
    stages.DELIVERY_ENQUEUED: _enqueued,
    stages.REGISTRY_RESOLVED: _resolved,
    stages.DELIVERY_WRITTEN: _written,
    stages.DELIVERY_FAILED: _ended,
    stages.DELIVERY_DROPPED: _ended,
    stages.DELIVERY_SUPERSEDED: _ended,
    stages.SUBSCRIPTION_ADDED: _subscribed,
    stages.SUBSCRIPTION_REMOVED: _unsubscribed,
    stages.ORDER_STORED: _stored,
    stages.ACCOUNT_CREATED: _account_created,
    stages.ACCOUNT_CHANGED: _account_changed,
    stages.GATE_HELD: _held,
    stages.GATE_RELEASED: _released,
    stages.FAULT_INJECTED: _fault,
}
