"""pytest: a fresh mock exchange per test, and what it knows in the report of a test that fails.

This module is imported by every pytest run on the machine: it loads nothing until a test uses the fixture.

    def test_my_bot(mock_exchange):
        ...                                     # point the bot at mock_exchange.url and mock_exchange.ws_url

    @pytest.fixture
    def mock_exchange_settings():               # in a module or conftest.py: other settings
        return {"strict": True}
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from hlmock import MockExchange
    from hlmock.trace.events import TraceEvent

FIXTURE: Final = "mock_exchange"

MOST_LINES: Final = 20
"""Lines per section of a report; how many more there are is said."""

_recordings = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the fixture."""
    group = parser.getgroup("hlbench")
    group.addoption(
        "--hlbench-record",
        metavar="DIR",
        help="record the event stream of every mock_exchange to DIR, one file per test",
    )
    group.addoption(
        "--hlbench-explain",
        choices=("missing", "all"),
        default="missing",
        help="deliveries in the report of a failing test: those that are missing (default), or all",
    )


@pytest.fixture
def mock_exchange_settings() -> dict[str, Any]:
    """Keyword arguments of `MockExchange`; override it in a module, a class or `conftest.py`."""
    return {}


@pytest.fixture
def mock_exchange(request: pytest.FixtureRequest, mock_exchange_settings: dict[str, Any]) -> "Iterator[MockExchange]":
    """A mock Hyperliquid exchange on a port of its own, fresh for this test, in a thread of its own."""
    from hlmock import MockExchange

    settings = dict(mock_exchange_settings)
    directory = request.config.getoption("--hlbench-record")
    if directory is not None:
        settings.setdefault("record", _recording_path(Path(directory), request.node.nodeid))
    if "record" in settings:
        request.node.stash[_recordings] = Path(settings["record"])
    with MockExchange(**settings) as exchange:
        yield exchange


def _recording_path(directory: Path, nodeid: str) -> Path:
    """A new file, named after the test."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (re.sub(r"[^\w.\[\]-]+", "-", nodeid) + ".hlrec")
    path.unlink(missing_ok=True)
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the exchange knows to the report of a test that fails."""
    report = yield
    exchange = getattr(item, "funcargs", {}).get(FIXTURE)
    if exchange is None or report.when != "call" or not report.failed:
        return report
    events = exchange.events()
    sections = {
        "deliveries": _deliveries(events, all_of_them=item.config.getoption("--hlbench-explain") == "all"),
        "refused requests": _refusals(events),
        "recording": [f"{item.stash[_recordings]}"] if _recordings in item.stash else [],
    }
    for title, lines in sections.items():
        if lines:
            report.sections.append((f"{FIXTURE}: {title}", "\n".join(lines)))
    return report


def _deliveries(events: "list[TraceEvent]", *, all_of_them: bool) -> list[str]:
    """A line per delivery: the order, its update, the verdict."""
    from hlmock.verdicts.audit import DeliveryAudit

    audit = DeliveryAudit()
    audit.apply_all(events)
    audit.finish()
    rows = [row for row in audit.rows() if row.expected] if all_of_them else audit.undelivered()
    lines = [
        f"order #{row.oid}{f' {row.cloid}' if row.cloid else ''} {row.coin} {row.status}: "
        f"{row.verdict.sentence} [{row.verdict.code}]"
        for row in rows
    ]
    return _shown(lines)


def _refusals(events: "list[TraceEvent]") -> list[str]:
    """A line per request that was refused: which, and why."""
    from hlmock.trace.events import ActionResult, RequestRefused, SignerUnknown

    lines = []
    for event in events:
        match event.detail:
            case RequestRefused(reason=reason, status=status):
                lines.append(f"request {event.request}: {status}, {reason}")
            case SignerUnknown(reason=reason, must_have_signed=None):
                lines.append(f"request {event.request}: {reason}")
            case SignerUnknown(reason=reason, must_have_signed=form):
                lines.append(f"request {event.request}: {reason}; {form}")
            case ActionResult(action=action, reason=str(reason)):
                lines.append(f"request {event.request}: {action}: {reason}")
            case ActionResult(action=action, statuses=statuses):
                errors = [each for each in statuses if " " in each]  # An error text; `resting` and the like are words.
                lines += [f"request {event.request}: {action}: {error}" for error in errors]
    return _shown(lines)


def _shown(lines: list[str]) -> list[str]:
    from hlmock.trace.printable import printable

    shown = [printable(line) for line in lines[:MOST_LINES]]
    return [*shown, f"... and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else shown
