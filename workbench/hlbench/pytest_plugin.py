"""pytest: one line at the end of a run that says what became of the updates of all mock exchanges.

The fixtures and the sections of a failing test's report are in `hlmock.pytest_plugin`. This module is imported by
every pytest run on the machine, so it loads nothing until a test has used the fixture.
"""

from collections import Counter
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from hlmock.trace.log import EventLog

FIXTURE: Final = "mock_exchange"

_totals = pytest.StashKey["Totals"]()


class Totals:
    """Deliveries of all exchanges of a run."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.updates = 0
        self.expected = 0
        self.groups: Counter[str] = Counter()
        """Expected deliveries by group."""
        self.missing: Counter[str] = Counter()
        """Missing ones by verdict."""

    def add(self, log: "EventLog") -> None:
        """Count one exchange."""
        from hlmock.verdicts.audit import DeliveryAudit

        audit = DeliveryAudit()
        audit.apply_all(log.since(0))
        self.exchanges += 1
        self.updates += audit.summary().updates
        for row in audit.rows():
            if row.expected:
                self.expected += 1
                self.groups[row.verdict.code.group] += 1
                if row.verdict.code.group == "missing":
                    self.missing[row.verdict.code.value] += 1

    def __str__(self) -> str:
        written = self.groups["delivered"] + self.groups["late"]
        parts = [
            _count(self.exchanges, "mock exchange"),
            _count(self.updates, "order update"),
            f"{written} of {_count(self.expected, 'expected delivery', 'expected deliveries')} written",
        ]
        if self.groups["late"]:
            parts.append(f"{self.groups['late']} of them late")
        if self.groups["pending"]:
            parts.append(f"{self.groups['pending']} on their way")
        if self.missing:
            codes = ", ".join(f"{count} {code}" for code, count in self.missing.most_common())
            parts.append(f"{self.missing.total()} missing ({codes})")
        return ", ".join(parts)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Count the test's exchange once its fixture has stopped it: nothing is on its way any more."""
    log = getattr(getattr(item, "funcargs", {}).get(FIXTURE), "log", None)
    yield
    if log is None:
        return
    from hlmock.trace.log import EventLog

    if isinstance(log, EventLog):
        item.config.stash.setdefault(_totals, Totals()).add(log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line, where the fixture was used."""
    totals = config.stash.get(_totals, None)
    if totals is not None:
        terminalreporter.write_line(f"hlbench: {totals}")
