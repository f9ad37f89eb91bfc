"""The README's Python runs as printed."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FIXTURE_BLOCKS = [block for block in BLOCKS if block.startswith("def test_")]
PLAIN_BLOCKS = [block for block in BLOCKS if block not in FIXTURE_BLOCKS]


@pytest.mark.parametrize("block", PLAIN_BLOCKS, ids=lambda block: block.splitlines()[0])
def test_a_block_of_the_readme_runs(block: str) -> None:
    exec(compile(block, str(README), "exec"), {})


def test_the_readmes_test_passes_with_the_installed_plugin(pytester: pytest.Pytester) -> None:
    assert FIXTURE_BLOCKS
    pytester.makepyfile(*FIXTURE_BLOCKS)
    pytester.runpytest_subprocess().assert_outcomes(passed=len(FIXTURE_BLOCKS))
