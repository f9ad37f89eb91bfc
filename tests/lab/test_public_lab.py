"""The public names of `hlbench.lab`: they are there, and cost nothing before they are used."""

import subprocess
import sys

import hlbench.lab


def test_every_public_name_can_be_had() -> None:
    assert hlbench.lab.__all__ == sorted(hlbench.lab.__all__)
    assert all(getattr(hlbench.lab, name) is not None for name in hlbench.lab.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(hlbench.lab, "nonsense")


def test_importing_the_lab_loads_neither_scenarios_nor_the_server() -> None:
    code = (
        "import sys, hlbench.lab; print([name for name in sys.modules if name.startswith(('hlbench.lab.', 'hlmock'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "hlbench.lab." not in done.stdout
