"""`hlbench why`: the verdict for one order, with its path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hlbench.answers import SCHEMA, Answer, answer, order_id
from hlbench.commands.output import console, print_json, print_lines, say
from hlbench.commands.reading import Attach, From, Token, address_of, opened
from hlbench.exit_codes import ExitCode
from hlbench.inert import inert
from hlbench.tui.details.lines import BLANK, DetailLine, paragraph
from hlbench.tui.details.path import path_lines
from hlbench.tui.marks import NOT_EXPECTED, mark
from hlbench.tui.orders import symbol_of
from hlbench.tui.spans import Span
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.explanation import Explanation, OrderExplanation
from hlmock.verdicts.rows import DeliveryRow


def why(
    order: str,
    recording: Path | None = None,
    /,
    *,
    account: str | None = None,
    attach: Attach = None,
    token: Token = None,
    from_: From = None,
    all_uses: Annotated[bool, Parameter(name="--all", negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> ExitCode:
    """Say why each update of an order arrived, or why it did not.

    Exit code 1 when an update is missing, the order was refused, or it was never seen.

    Args:
        order: client order id (0x...) or oid.
        recording: a file that `hlbench serve --record` wrote, or a foreign log.
        account: whose order, where several accounts use the cloid: an address, or a test wallet's name.
        attach: a running server instead of a recording; http://127.0.0.1:8080 when neither is given.
        token: the server's token, where it needs one.
        from_: what kind of foreign log the file is: jsonl, har, slog. Found out without it.
        all_uses: explain every use of the cloid, not only the newest.
        as_json: print one JSON document (schema hlbench.why/1, see workbench/README.md).
    """
    whose = address_of(account) if account is not None else None
    with opened(recording, attach, token, from_) as source:
        found = answer(source.read(0), **order_id(order), account=whose, all_uses=all_uses)
        if source.error is not None:
            say(f"hlbench: {inert(source.error)}")
        if as_json:
            print_json({"schema": SCHEMA, "source": source.description, **found.to_plain()})
        else:
            out = console()
            print_lines(out, answer_lines(found, out.width))
    if found.explanation.is_ambiguous:
        return ExitCode.USAGE
    return ExitCode.FINDING if found.has_finding else ExitCode.FINE


def answer_lines(found: Answer, width: int) -> Iterator[DetailLine]:
    """The whole answer, in lines of at most `width` cells where no word is longer."""
    explanation = found.explanation
    if explanation.is_ambiguous or not (explanation.orders or explanation.requests):
        yield from _no_order(explanation, width)
    for number, order in enumerate(explanation.orders):
        if number:
            yield BLANK
        yield from _order_lines(order, found, width)
    for verdict in explanation.requests:
        yield from paragraph(_lead(verdict.code), inert(verdict.sentence), width, "strong")


def _lead(code: VerdictCode) -> Span:
    symbol, role = mark(symbol_of(code))
    return f"{symbol} ", role


def _no_order(explanation: Explanation, width: int) -> Iterator[DetailLine]:
    for number, line in enumerate(explanation.lines()):
        yield from paragraph(("✗ ", "bad") if number == 0 else ("  ", ""), inert(line.strip()), width, "")
    if not explanation.is_ambiguous:
        for each in explanation.candidates:
            yield from paragraph(("  ", ""), inert(f"it is an order of {each.account} (#{each.oid})"), width)


def _order_lines(order: OrderExplanation, found: Answer, width: int) -> Iterator[DetailLine]:
    name = found.names.get(order.account or "")
    cloid = f"  {inert(order.cloid)}" if order.cloid else ""
    yield DetailLine(((f"order #{order.oid}", "strong"), (cloid, "")))
    who = f"{inert(name)} {order.account}" if name else str(order.account)
    delivered = f"{order.delivered}/{order.expected} delivered"
    yield DetailLine(((f"{inert(order.coin or '?')} of {inert(who)}: {inert(order.status)}, {delivered}", ""),))
    yield BLANK
    rows = sorted(order.rows, key=lambda row: (not row.expected, row.verdict.code.severity))
    for row in rows:
        if row.expected or row.connection is not None or len(rows) == 1:
            yield from _delivery(row, width)
    for path in found.paths.get(order.oid, []):
        inside = {event.seq for event in path}
        proof = found.proof(order, path)
        seqs, beyond = [event.seq for event in proof], [event for event in proof if event.seq not in inside]
        yield BLANK
        yield from path_lines(path, order.oid, found.names, width, evidence=seqs, beyond=beyond)
    if not found.paths.get(order.oid):
        yield from paragraph(("", ""), "Placed before the first event that is kept: no path.", width, "dim")


def _delivery(row: DeliveryRow, width: int) -> Iterator[DetailLine]:
    verdict = row.verdict
    key = (row.key or "").partition(":")[0]
    what = f"{row.status} on {key}" if key else row.status
    yield from paragraph(_lead(verdict.code) if row.expected else (f"{NOT_EXPECTED} ", "dim"), inert(what), width)
    is_bad = row.expected and verdict.code.group in ("missing", "late")
    yield from paragraph(("    ", ""), inert(verdict.sentence), width, "strong" if is_bad else "")
    notes = [verdict.code.value]
    if not row.expected:
        notes.append("not expected")
    if not verdict.final and verdict.code.group in ("missing", "pending"):
        notes.append("may still change")
    notes.append("evidence: " + " ".join(f"seq {seq}" for seq in verdict.evidence))
    yield from paragraph(("    ", ""), " · ".join(notes), width, "dim")
