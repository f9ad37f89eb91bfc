"""The public door of the workbench: what users may import from `hlbench`, and what that costs."""

import subprocess
import sys

import hlbench

NAMES = ["Answer", "EventSource", "SourceError", "Timeline", "answer", "follow", "open_source"]


def test_the_door_has_exactly_these_names_and_each_opens() -> None:
    assert hlbench.__all__ == NAMES == sorted(NAMES)
    assert all(getattr(hlbench, name) is not None for name in NAMES)
    assert set(NAMES) <= set(dir(hlbench))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(hlbench, "Timelime")


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"pandas", "pyarrow", "textual", "httpx", "websockets", "rich", "hlmock.server"}
    code = f"import sys, hlbench\nloaded = {heavy!r} & set(sys.modules)\nassert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
