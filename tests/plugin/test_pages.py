"""`--hlbench-report`: a page per failing test."""

import html
import re
from pathlib import Path

import pytest

import hlbench.exports.page
import hlbench.plots.heat
import hlbench.plots.html
import hlbench.plots.lanes
import hlbench.timeline

LOADED = (hlbench.exports.page, hlbench.plots.heat, hlbench.plots.html, hlbench.plots.lanes, hlbench.timeline)
"""Before pytester notes what is loaded: it unloads the rest after each run, and half of a package would stay."""

TRAFFIC = """
import pytest
from hlbench.demo.traffic import play_once

"""


def run(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(TRAFFIC + test)
    return pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:faulthandler", "--hlbench-report", "pages", *arguments
    )


def pages(pytester: pytest.Pytester) -> list[str]:
    return sorted(each.name for each in (pytester.path / "pages").glob("*"))


def sentences(page: Path) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<p class="sentence">(.*?)</p>', page.read_text(), re.DOTALL)]


def test_a_failing_test_gets_a_page_and_a_passing_one_does_not(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_lost(mock_exchange):
    play_once(mock_exchange)
    assert "an <update>" == "missing"

def test_fine(mock_exchange):
    play_once(mock_exchange)

@pytest.mark.xfail(strict=True)
def test_known(mock_exchange):
    assert False

def test_of_something_else():
    assert False
""",
    )
    result.assert_outcomes(failed=2, passed=1, xfailed=1)
    (name,) = pages(pytester)
    assert name.endswith("test_lost.html")
    page = pytester.path / "pages" / name
    assert len(sentences(page)) == 1
    assert "published before the subscription took effect" in sentences(page)[0]
    assert "Failed in call" in page.read_text()
    assert "an &lt;update&gt;" in page.read_text()
    out = result.stdout.str()
    assert f"pages/{name}" in out
    assert "hlbench: 1 report in pages" in out
    assert "hlbench: 3 mock exchanges" in out


def test_a_fixture_that_fails_after_the_exchange_is_a_failure_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def broken(mock_exchange):
    play_once(mock_exchange)
    raise ValueError("no luck")

@pytest.fixture
def ends_badly(mock_exchange):
    yield
    play_once(mock_exchange)
    raise ValueError("at the end")

def test_setup(mock_exchange, broken):
    pass

def test_teardown(mock_exchange, ends_badly):
    pass
""",
    )
    result.assert_outcomes(passed=1, errors=2)
    setup, teardown = (pytester.path / "pages" / name for name in pages(pytester))
    assert "Failed in setup" in setup.read_text()
    assert "Failed in teardown" in teardown.read_text()
    assert len(sentences(setup)) == len(sentences(teardown)) == 1


def test_a_long_name_is_a_file_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.parametrize("text", ["x" * 400, "x" * 401])
def test_long(mock_exchange, text):
    assert False
""",
    )
    result.assert_outcomes(failed=2)
    assert len(pages(pytester)) == 2


def test_without_the_option_nothing_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TRAFFIC + "def test_lost(mock_exchange):\n    assert False")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:faulthandler")
    result.assert_outcomes(failed=1)
    assert "mock_exchange: report" not in result.stdout.str()
    assert not list(pytester.path.glob("**/*.html"))
