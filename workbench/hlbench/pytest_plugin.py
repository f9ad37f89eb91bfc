"""pytest: one line at the end of a run that says what became of the updates of all mock exchanges, and a page per
failing test with `--hlbench-report`.

The fixtures and the sections of a failing test's report are in `hlmock.pytest_plugin`. This module is imported by
every pytest run on the machine, so it loads nothing until a test has used the fixture.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from hlmock.trace.log import EventLog

FIXTURE: Final = "mock_exchange"

_totals = pytest.StashKey["Totals"]()
_pages = pytest.StashKey[list[Path]]()
_logs = pytest.StashKey["EventLog"]()
_failures = pytest.StashKey["Failed"]()


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


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option for reports; those of the fixture are in `hlmock.pytest_plugin`."""
    parser.getgroup("hlbench").addoption(
        "--hlbench-report",
        metavar="DIR",
        help="write what the mock_exchange of each failing test saw to DIR, one HTML page per test",
    )


@dataclass
class Failed:
    """A test that failed, with what its report says."""

    said: list[tuple[str, str]] = field(default_factory=list)
    """When (`setup`, `call`, `teardown`), and the failure as pytest tells it."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure, and say in its report where the page is going to be."""
    report = yield
    directory = item.config.getoption("--hlbench-report")
    log = item.stash.get(_logs, None) or _log_of(item)
    if directory is None or log is None or not report.failed:
        return report
    failed = item.stash.setdefault(_failures, Failed())
    failed.said.append((report.when, report.longreprtext))
    path = _page_path(item, directory)
    report.sections.append((f"{FIXTURE}: report", str(path)))
    if report.when == "teardown":  # the others' pages are written when the exchange has stopped
        _write_page(item, log, path)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Count the test's exchange once its fixture has stopped it: nothing is on its way any more."""
    log = _log_of(item)
    if log is not None:
        item.stash[_logs] = log
    try:
        yield
    finally:
        if log is not None:
            item.config.stash.setdefault(_totals, Totals()).add(log)
            if _failures in item.stash:
                _write_page(item, log, _page_path(item, item.config.getoption("--hlbench-report")))


def _log_of(item: pytest.Item) -> "EventLog | None":
    log = getattr(getattr(item, "funcargs", {}).get(FIXTURE), "log", None)
    if log is None:
        return None
    from hlmock.trace.log import EventLog

    return log if isinstance(log, EventLog) else None


def _page_path(item: pytest.Item, directory: str) -> Path:
    from hlmock.pytest_plugin import file_name

    return Path(directory) / file_name(item.nodeid, ".html")


def _write_page(item: pytest.Item, log: "EventLog", path: Path) -> None:
    from hlbench.exports import About
    from hlbench.exports.files import folder, replacing
    from hlbench.exports.page import outcome, page
    from hlbench.timeline import Timeline

    folder(path.parent)
    with replacing(path) as file:
        before = outcome(item.stash[_failures].said)
        file.writelines(page(Timeline(log.since(0)), About(item.nodeid), before=before))
    item.config.stash.setdefault(_pages, []).append(path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A line, where the fixture was used, and one more where pages were written."""
    totals = config.stash.get(_totals, None)
    if totals is not None:
        terminalreporter.write_line(f"hlbench: {totals}")
    pages = config.stash.get(_pages, None)
    if pages:
        terminalreporter.write_line(f"hlbench: {_count(len(set(pages)), 'report')} in {pages[0].parent}")
