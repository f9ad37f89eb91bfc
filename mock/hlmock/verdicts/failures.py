"""What a failing test shows: updates that did not arrive, and requests that were refused.

The pytest plugin and the control API (for test helpers in other languages) show the same lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from hlmock.trace.events import ActionResult, RequestRefused, SignerUnknown, TraceEvent
from hlmock.trace.printable import printable
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.rows import DeliveryRow

MOST_LINES: Final = 20
"""Lines per part of a report; how many more there are is said."""


class FailureReport(msgspec.Struct, frozen=True):
    """Lines for people, printable whatever clients sent."""

    expected: int
    """Deliveries of order updates that were expected."""
    written: int
    """How many of them were written to their connection: where it is all of them, look at the client."""
    deliveries: tuple[str, ...]
    refusals: tuple[str, ...]


class FailureReporter:
    """Follows the events of one run; feed every event in order.

    Args:
        accounts: only what concerns these accounts, lower-case; empty for all. A request that was refused before its
            account was known concerns everybody.
    """

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        self.audit = DeliveryAudit()
        self._accounts = frozenset(accounts)
        self._refusals: list[str] = []

    def apply_all(self, events: Iterable[TraceEvent]) -> None:
        for event in events:
            self.audit.apply(event)
            if event.account is None or not self._accounts or event.account in self._accounts:
                self._refusals += _refusals(event)

    def report(self, *, all_deliveries: bool = False) -> FailureReport:
        """The report as it stands.

        Args:
            all_deliveries: show those that arrived, too.
        """
        rows = [
            row for row in self.audit.rows() if row.expected and (not self._accounts or row.account in self._accounts)
        ]
        shown = rows if all_deliveries else [row for row in rows if row.verdict.code.group == "missing"]
        return FailureReport(
            len(rows),
            sum(row.verdict.code.group in ("delivered", "late") for row in rows),
            _shown([_delivery(row) for row in shown]),
            _shown(self._refusals),
        )


def _delivery(row: DeliveryRow) -> str:
    """The order, its update, the verdict."""
    name = f"order #{row.oid}{f' {row.cloid}' if row.cloid else ''}"
    return f"{name} {row.coin} {row.status}: {row.verdict.sentence} [{row.verdict.code}]"


def _refusals(event: TraceEvent) -> Iterator[str]:
    """A line per refusal: which request, and why."""
    match event.detail:
        case RequestRefused(reason=reason, status=status):
            yield f"request {event.request}: {status}, {reason}"
        case SignerUnknown(reason=reason, must_have_signed=None):
            yield f"request {event.request}: {reason}"
        case SignerUnknown(reason=reason, must_have_signed=form):
            yield f"request {event.request}: {reason}; {form}"
        case ActionResult(action=action, reason=str(reason)):
            yield f"request {event.request}: {action}: {reason}"
        case ActionResult(action=action, statuses=statuses):
            errors = [each for each in statuses if " " in each]  # An error text; `resting` and the like are words.
            yield from (f"request {event.request}: {action}: {error}" for error in errors)


def _shown(lines: list[str]) -> tuple[str, ...]:
    shown = [printable(line) for line in lines[:MOST_LINES]]
    return (*shown, f"... and {len(lines) - MOST_LINES} more") if len(lines) > MOST_LINES else tuple(shown)
