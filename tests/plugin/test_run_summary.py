"""The line at the end of a pytest run: what became of the updates."""

import pytest


def line_of(result: pytest.RunResult) -> str:
    (line,) = [line for line in result.outlines if line.startswith("hlbench: ")]
    return line


def test_a_run_with_the_fixture_ends_with_its_deliveries(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from hlbench.demo.traffic import play_once

        def test_one(mock_exchange):
            play_once(mock_exchange)

        def test_two(mock_exchange):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2)
    assert line_of(result) == (
        "hlbench: 2 mock exchanges, 14 order updates, 19 of 20 expected deliveries written,"
        " 1 missing (1 before_subscription)"
    )


def test_a_run_without_the_fixture_says_nothing_and_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_light():
            heavy = {"pandas", "pyarrow", "textual", "hlmock.verdicts", "hlbench.timeline", "hlmock.server"}
            assert not heavy & set(sys.modules)
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert not [line for line in result.outlines if line.startswith("hlbench: ")]


def test_a_fixture_of_the_same_name_that_is_something_else_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def mock_exchange():
            return "mine"

        def test_mine(mock_exchange):
            assert mock_exchange == "mine"
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    assert not [line for line in result.outlines if line.startswith("hlbench: ")]
