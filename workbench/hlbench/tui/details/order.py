"""An order: what went wrong first, then what it is, then its path."""

from collections.abc import Iterable, Iterator
from itertools import chain

from hlbench.describe import account_label, key_label
from hlbench.inert import inert
from hlbench.text import duration
from hlbench.tui.board import Board
from hlbench.tui.details.lines import BLANK, DetailLine, fact, paragraph, rule
from hlbench.tui.details.path import path_lines
from hlbench.tui.marks import NOT_EXPECTED, mark, side_of
from hlbench.tui.orders import OrderRow, symbol_of
from hlbench.tui.pages import EventPages
from hlbench.tui.trees import of_order
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.rows import DeliveryRow

PATHS_SHOWN = 20
"""Requests of one order whose paths are drawn, the latest ones. Our choice."""


def order_lines(board: Board, pages: EventPages, row: OrderRow, width: int) -> list[DetailLine]:
    """Everything about one order, in lines of `width` cells."""
    deliveries = board.deliveries(row.oid)
    bad = problems_among(deliveries)
    rest = [each for each in deliveries if each not in bad]
    lines = [_identity(row)]
    for each in sorted(bad, key=lambda each: each.verdict.code.severity):
        lines += verdict_lines(each, width)
    lines += (quiet_line(each, board) for each in rest)
    evidence = {seq for each in bad for seq in each.verdict.evidence}
    for events in paths_of(board, pages, row):
        beyond = list(read(pages, evidence_beyond(events, bad)))
        lines += [BLANK, *path_lines(events, row.oid, board.names, width, evidence=evidence, beyond=beyond)]
    if not row.trees:
        lines += [BLANK, *paragraph(("", ""), "Placed before the first event that is kept: no path.", width, "dim")]
    lines += [BLANK, *fact("account", inert(row.account), width), *fact("cloid", inert(row.cloid or ""), width)]
    return lines


def problems_among(deliveries: Iterable[DeliveryRow]) -> list[DeliveryRow]:
    """Those that are missing or late."""
    return [each for each in deliveries if each.expected and each.verdict.code.group in ("missing", "late")]


def paths_of(board: Board, pages: EventPages, row: OrderRow) -> Iterator[list[TraceEvent]]:
    """The order's latest requests, each as the events up to the cursor that concern the order."""
    for tree in row.trees[-PATHS_SHOWN:]:
        seen = tree if not board.is_past else [seq for seq in tree if seq <= board.seq]
        yield of_order(read(pages, seen), row.oid, row.account)


def evidence_beyond(events: Iterable[TraceEvent], deliveries: Iterable[DeliveryRow]) -> list[int]:
    """seqs that prove a delivery's verdict and are not in its request: a late subscription, a connection's end."""
    inside = {event.seq for event in events}
    proofs = (each.verdict.evidence for each in deliveries if each.updated in inside)
    return sorted(set(chain.from_iterable(proofs)) - inside)


def read(pages: EventPages, seqs: Iterable[int]) -> Iterator[TraceEvent]:
    """The events that are still there."""
    for seq in seqs:
        event = pages.get(seq)
        if event is not None and event.seq == seq:
            yield event


def _identity(row: OrderRow) -> DetailLine:
    return DetailLine(
        (
            (f"#{row.oid} ", "strong"),
            (f"{inert(row.coin)} ", "strong"),
            side_of(row.side),
            (f" {inert(row.orig_sz)} at {inert(row.px)}", ""),
            (f" {inert(row.tif)}" if row.tif else "", "dim"),
            (f"  {inert(row.status)}", "accent"),
        ),
        row.seq,
    )


def verdict_lines(row: DeliveryRow, width: int) -> Iterable[DetailLine]:
    """The verdict's sentence, then its code and the events that prove it."""
    code = row.verdict.code
    symbol, role = mark(symbol_of(code))
    yield from paragraph((f"{symbol} ", role), inert(row.verdict.sentence), width, "strong")
    evidence = " ".join(map(str, row.verdict.evidence))
    yield DetailLine(
        (
            (f"  {code.value}", role),
            (f" {inert(row.status)}", "dim"),
            (" ▸ ", "accent"),
            (evidence, "dim"),
            ("" if row.verdict.final else " not final", "dim"),
        ),
        row.verdict.evidence[-1] if row.verdict.evidence else None,
    )


def quiet_line(row: DeliveryRow, board: Board) -> DetailLine:
    """One line for what is as it should be, or what was not expected."""
    code, facts = row.verdict.code, row.verdict.facts
    where = row.connection or "nobody"
    key = key_label(row.key or "", row.account, board.names).partition(" ")[0]
    took = f" {duration(facts.latency_us * 1_000)}" if facts.latency_us is not None else ""
    what = took if code.value == "delivered" else f" {code.value}{took}"
    return DetailLine(
        (
            mark(symbol_of(code) if row.expected else NOT_EXPECTED),
            (f" {inert(row.status)} → {inert(where)} ", ""),
            (inert(key), "dim"),
            (what, "dim"),
        ),
        facts.ended or facts.updated,
    )


def heading(row: OrderRow, board: Board) -> str:
    """What the pane is called while it shows this order."""
    return f"Why · {account_label(row.account, board.names)} #{row.oid}"


def empty_lines(width: int, url: str | None) -> list[DetailLine]:
    """Before the first order: what to do."""
    lines = [rule("nothing to explain yet", width)]
    if url is not None:
        lines += [
            BLANK,
            *paragraph(("", ""), "Point a client at", width, "dim"),
            DetailLine(((f"  {url}", "accent"),)),
            *paragraph(
                ("", ""),
                "and its orders appear above. The first update that does not arrive is explained here.",
                width,
                "dim",
            ),
            BLANK,
            *paragraph(("", ""), "? explains the screens, 1 to 6 change them, ctrl+p has every command.", width, "dim"),
        ]
    return lines
