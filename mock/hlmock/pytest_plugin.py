"""pytest: a fresh mock exchange per test, and what it knows in the report of a test that fails.

This module is imported by every pytest run on the machine: it loads nothing until a test uses the fixture.

    def test_my_bot(mock_exchange):
        ...                                     # point the bot at mock_exchange.url and mock_exchange.ws_url

    @pytest.fixture
    def mock_exchange_settings():               # in a module or conftest.py: other settings
        return {"strict": True}
"""

import hashlib
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from hlmock import MockExchange

FIXTURE: Final = "mock_exchange"

LONGEST: Final = 200
"""Bytes of a file's name, without its ending: file systems take 255."""

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
    path = directory / file_name(nodeid, ".hlrec")
    path.unlink(missing_ok=True)
    return path


def file_name(nodeid: str, suffix: str) -> str:
    """A test's name as the name of a file: what no file system takes is replaced, a long one ends in a hash."""
    name = re.sub(r"[^\w.\[\]-]+", "-", nodeid)
    if len(name.encode()) > LONGEST:
        name = f"{name[: LONGEST // 4]}-{hashlib.sha256(nodeid.encode('utf-8', 'replace')).hexdigest()[:12]}"
    return name + suffix


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the exchange knows to the report of a test that fails."""
    report = yield
    exchange = getattr(item, "funcargs", {}).get(FIXTURE)
    if exchange is None or report.when != "call" or not report.failed:
        return report
    from hlmock.verdicts.failures import FailureReporter

    reporter = FailureReporter()
    reporter.apply_all(exchange.events())
    reporter.audit.finish()
    failures = reporter.report(all_deliveries=item.config.getoption("--hlbench-explain") == "all")
    sections: dict[str, Sequence[str]] = {
        "deliveries": failures.deliveries,
        "refused requests": failures.refusals,
        "recording": [f"{item.stash[_recordings]}"] if _recordings in item.stash else [],
    }
    for title, lines in sections.items():
        if lines:
            report.sections.append((f"{FIXTURE}: {title}", "\n".join(lines)))
    return report
