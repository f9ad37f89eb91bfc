"""Connections, accounts and single events: their facts, one per line."""

import json
from collections.abc import Iterator

import msgspec

from hlbench.describe import account_label, count, describe, key_label
from hlbench.inert import inert
from hlbench.text import clock
from hlbench.tui import marks
from hlbench.tui.board import Board
from hlbench.tui.details.lines import BLANK, DetailLine, fact, paragraph, rule
from hlbench.tui.details.path import stage_role
from hlmock.trace.events import TraceEvent, detail_to_plain
from hlmock.trace.folds import ConnectionView

PAYLOAD_LINES = 400
"""Lines of a payload that are shown. Our choice."""

MISSING_SHOWN = 50
"""Orders that are named as missing on one connection. Our choice."""


def find_connection(board: Board, name: str) -> ConnectionView | None:
    """A connection by its name, also one that has ended a while ago."""
    view = board.state.connections.get(name)
    if view is not None:
        return view
    return next((each for each in reversed(board.state.closed_connections) if each.connection == name), None)


def connection_lines(board: Board, name: str, width: int) -> list[DetailLine]:
    """A connection: state, what it misses, what it is subscribed to."""
    view = find_connection(board, name)
    if view is None:
        return [DetailLine(((f"{inert(name)} ended too long ago to be remembered", "dim"),))]
    owner = board.registry.owner_of(name)
    lines = [
        DetailLine(
            ((f"{inert(name)} ", "strong"), (view.state, "good" if view.state == "open" else "warn")), view.opened_seq
        ),
        *fact("account", account_label(owner, board.names), width),
        *fact("opened", f"{clock(view.opened_ms)} at seq {view.opened_seq}", width),
        *fact("from", inert(view.peer or ""), width),
        *fact("outbox", f"{view.depth} waiting, {view.written} written", width),
    ]
    if view.end is not None:
        reason = f": {view.end.reason}" if view.end.reason else ""
        lines += fact("ended", inert(f"{view.end.code} by {view.end.who}{reason}, seq {view.ended_seq}"), width, "warn")
    lines += _missing(board, name, width)
    subscriptions = board.state.subscriptions_of(connection=name)
    lines += [BLANK, rule(f"{count(len(subscriptions), 'subscription')} in effect", width)]
    for each in subscriptions:
        label = inert(key_label(each.key, each.account, board.names))
        since = f"  since {clock(each.added_ms)}, after commit {each.since_commit}"
        lines.append(DetailLine(((f"  {label}", ""), (since, "dim")), each.added_seq))
    return lines


def _missing(board: Board, connection: str, width: int) -> Iterator[DetailLine]:
    missing = board.missing_of[connection]
    if not missing:
        return
    yield BLANK
    yield rule(f"{missing} missing here", width, "bad")
    shown = 0
    for order in list(board.problems.values()):
        for row in board.deliveries(order.oid):
            if row.connection == connection and row.expected and row.verdict.code.group == "missing":
                yield from paragraph(
                    (f"{marks.MISSING} ", "bad"), f"#{row.oid} {inert(row.status)}: {row.verdict.code.meaning}", width
                )
                shown += 1
        if shown >= MISSING_SHOWN:
            return


def account_lines(board: Board, account: str, width: int) -> list[DetailLine]:
    """An account: who it is, and who listens to it."""
    known = board.state.accounts.get(account)
    subscriptions = board.state.subscriptions_of(account=account)
    orders = sum(order.account == account for order in board.state.orders.values())
    lines = [
        DetailLine(((account_label(account, board.names, 42), "strong"),)),
        *fact("address", inert(account), width),
    ]
    if known is not None:
        lines += [
            *fact("role", inert(known.role), width),
            *fact("master", inert(known.master or ""), width),
            *fact("agents", ", ".join(map(inert, known.agents)), width),
        ]
    lines += fact("open orders", str(orders), width)
    lines += [BLANK, rule(f"{count(len(subscriptions), 'subscription')} in effect", width)]
    for each in subscriptions:
        label = inert(key_label(each.key, account, board.names).partition(" ")[0])
        since = f"  since {clock(each.added_ms)}"
        lines.append(
            DetailLine(((f"  {inert(each.connection)} ", "accent"), (label, ""), (since, "dim")), each.added_seq)
        )
    return lines


def event_lines(event: TraceEvent, board: Board, width: int) -> list[DetailLine]:
    """Every field of one event, and its payload as JSON."""
    lines = [
        DetailLine(((f"seq {event.seq:,} ", "strong"), (inert(event.stage), stage_role(event) or "strong"))),
        *paragraph(("", ""), describe(event, board.names), width, "dim"),
        BLANK,
        *fact("time", clock(event.time_ms), width),
    ]
    if event.cause is not None:
        lines.append(DetailLine(((f"{'cause':<12} ", "dim"), (f"seq {event.cause}", "accent")), event.cause))
    for name in ("request", "connection", "account", "signer", "oid", "cloid", "coin", "channel", "key", "commit"):
        value = getattr(event, name)
        if value is not None:
            lines += fact(name, inert(value), width)
    if event.detail is not None:
        lines.append(BLANK)
        for name, value in detail_to_plain(event.detail).items():
            if name != "kind":
                shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                lines += fact(name, inert(shown, 2_000), width)
    if event.payload is not None:
        lines += [BLANK, *_payload(event, width)]
    return lines


def _payload(event: TraceEvent, width: int) -> Iterator[DetailLine]:
    payload = event.payload or b""
    length = event.payload_bytes or len(payload)
    yield rule(f"payload, {length:,} B" + (", its head" if event.payload_bytes else ""), width)
    try:
        text = msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = payload.decode("utf-8", "replace")
    lines = text.split("\n")
    for line in lines[:PAYLOAD_LINES]:
        yield DetailLine(((inert(line, 1_000), ""),))
    if len(lines) > PAYLOAD_LINES:
        yield DetailLine(((f"… {len(lines) - PAYLOAD_LINES:,} more lines", "dim"),))
