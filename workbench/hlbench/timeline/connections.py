"""Frames of connections and subscriptions: who was there, from when to when, watching what."""

from typing import Any, Final

import pandas as pd

from hlbench.timeline.capture import Capture
from hlbench.timeline.columns import INTEGER, TEXT, TIME, Column, rows_to_columns, typed
from hlmock.trace import stages
from hlmock.trace.events import (
    Checkpoint,
    ConnectionEnded,
    ConnectionOpened,
    Enqueued,
    SubscriptionRemoved,
    SubscriptionState,
    Written,
)
from hlmock.trace.events import SubscriptionAdded as Added
from hlmock.trace.folds import StreamState

CONNECTION_COLUMNS: Final = (
    Column("connection", TEXT, "`c1`, `c2`, ... (the index)"),
    Column("accounts", TEXT, "accounts it was subscribed to, in that order, comma-separated"),
    Column("peer", TEXT, "address of the client"),
    Column("state", TEXT, "`open`, `closing`, `closed`, at the end of the timeline"),
    Column("opened_seq", INTEGER, "seq of its `connection.opened`"),
    Column("opened", TIME, "exchange clock"),
    Column("closed_seq", INTEGER, "seq of its `connection.closed`"),
    Column("closed", TIME, "exchange clock"),
    Column("code", INTEGER, "close code; 1006 is a loss without a close frame"),
    Column("who", TEXT, "who ended it: `client`, `server`, `control`, `network`"),
    Column("reason", TEXT, "of the close"),
    Column("frames", "int64", "frames written, of every kind, within the timeline"),
    Column("bytes", "int64", "bytes of those frames"),
    Column("max_depth", "int64", "most frames that waited in its outbox at once"),
    Column("max_queued_us", "int64", "µs, longest time that a written frame had waited"),
)

SUBSCRIPTION_COLUMNS: Final = (
    Column("subscription", "int64", "id (the index)"),
    Column("connection", TEXT, "who is subscribed"),
    Column("account", TEXT, "of user feeds"),
    Column("key", TEXT, "what it is subscribed to"),
    Column("type", TEXT, "of the subscription: `orderUpdates`, `l2Book`, ..."),
    Column("since_commit", INTEGER, "commits after this one are delivered to it"),
    Column("until_commit", INTEGER, "and none after this one; absent while it is active"),
    Column("added_seq", INTEGER, "seq of its `subscription.added`"),
    Column("added", TIME, "exchange clock"),
    Column("removed_seq", INTEGER, "seq of its `subscription.removed`"),
    Column("removed", TIME, "exchange clock"),
    Column("reason", TEXT, "why it ended: `unsubscribe`, `connection closed`"),
)

REGISTRY_COLUMNS: Final = SUBSCRIPTION_COLUMNS[:6] + SUBSCRIPTION_COLUMNS[7:9]

_ENQUEUED: Final = (
    stages.DELIVERY_ENQUEUED,
    stages.ACK_ENQUEUED,
    stages.SNAPSHOT_ENQUEUED,
    stages.FRAME_ENQUEUED,
    stages.HEARTBEAT_PONG,
)
OF_CONNECTIONS: Final = frozenset(
    {
        stages.STATE_CHECKPOINT,
        stages.CONNECTION_OPENED,
        stages.CONNECTION_CLOSING,
        stages.CONNECTION_CLOSED,
        stages.SUBSCRIPTION_ADDED,
        stages.DELIVERY_WRITTEN,
        *_ENQUEUED,
    }
)
_OF_SUBSCRIPTIONS: Final = frozenset({stages.STATE_CHECKPOINT, stages.SUBSCRIPTION_ADDED, stages.SUBSCRIPTION_REMOVED})

_Row = dict[str, Any]


def connections_frame(capture: Capture) -> pd.DataFrame:
    """One row per connection that was seen, oldest first."""
    rows: dict[str, _Row] = {}
    accounts: dict[str, dict[str, None]] = {}
    for event in capture.of_stages(OF_CONNECTIONS):
        detail = event.detail
        if isinstance(detail, Checkpoint):
            for state in detail.connections:
                row = rows.setdefault(
                    state.connection, _connection(state.connection, state.opened_seq, state.opened_ms)
                )
                row["peer"], row["state"] = state.peer, state.state
            for subscription in detail.subscriptions:
                if subscription.account is not None:
                    accounts.setdefault(subscription.connection, {})[subscription.account] = None
            continue
        if event.connection is None:
            continue
        if isinstance(detail, ConnectionOpened):
            rows[event.connection] = _connection(event.connection, event.seq, event.time_ms) | {"peer": detail.peer}
            continue
        row = rows.setdefault(event.connection, _connection(event.connection, None, None))
        match detail:
            case ConnectionEnded():
                row["state"] = "closing" if event.stage == stages.CONNECTION_CLOSING else "closed"
                if row.get("code") is None:
                    row |= {"code": detail.code, "who": detail.who, "reason": detail.reason}
                if row["state"] == "closed":
                    row |= {"closed_seq": event.seq, "closed": event.time_ms}
            case Enqueued():
                row["max_depth"] = max(row["max_depth"], detail.depth)
            case Written():
                row["frames"] += 1
                row["bytes"] += detail.bytes
                row["max_queued_us"] = max(row["max_queued_us"], detail.queued_us)
            case Added() if event.account is not None:
                accounts.setdefault(event.connection, {})[event.account] = None
    for connection, watched in accounts.items():
        if connection in rows:
            rows[connection]["accounts"] = ", ".join(watched)
    return typed(rows_to_columns(list(rows.values()), CONNECTION_COLUMNS), CONNECTION_COLUMNS, "connection")


def subscriptions_frame(capture: Capture) -> pd.DataFrame:
    """One row per subscription interval that was seen, oldest first."""
    rows: dict[int, _Row] = {}
    for event in capture.of_stages(_OF_SUBSCRIPTIONS):
        match event.detail:
            case Checkpoint(subscriptions=active):
                for state in active:
                    rows.setdefault(state.subscription, _subscription(state))
            case Added(subscription=number) if event.connection is not None and event.key is not None:
                state = SubscriptionState(
                    number, event.connection, event.key, event.commit or 0, event.seq, event.time_ms, event.account
                )
                rows[number] = _subscription(state)
            case SubscriptionRemoved(subscription=number, reason=reason) if number in rows:
                rows[number] |= {
                    "until_commit": event.commit,
                    "removed_seq": event.seq,
                    "removed": event.time_ms,
                    "reason": reason,
                }
    return typed(rows_to_columns(list(rows.values()), SUBSCRIPTION_COLUMNS), SUBSCRIPTION_COLUMNS, "subscription")


def registry_frame(state: StreamState) -> pd.DataFrame:
    """The subscriptions that are active in a state, oldest first."""
    rows = [_subscription(each) for each in state.subscriptions.values()]
    return typed(rows_to_columns(rows, REGISTRY_COLUMNS), REGISTRY_COLUMNS, "subscription")


def _connection(connection: str, opened_seq: int | None, opened_ms: int | None) -> _Row:
    return {
        "connection": connection,
        "state": "open",
        "opened_seq": opened_seq,
        "opened": opened_ms,
        "frames": 0,
        "bytes": 0,
        "max_depth": 0,
        "max_queued_us": 0,
    }


def _subscription(state: SubscriptionState) -> _Row:
    return {
        "subscription": state.subscription,
        "connection": state.connection,
        "account": state.account,
        "key": state.key,
        "type": state.key.partition(":")[0],
        "since_commit": state.since_commit,
        "added_seq": state.added_seq,
        "added": state.added_ms,
    }
