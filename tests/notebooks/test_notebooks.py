"""Every notebook runs from top to bottom, asserts what it claims, and is kept without outputs."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

read: Callable[..., nbformat.NotebookNode] = nbformat.read
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

HEAVIER = {
    "04-exploring-interleavings.ipynb": ("SCHEDULES = 200", "SCHEDULES = 2_000"),
    "05-latency-under-load.ipynb": ("ROUNDS = 40", "ROUNDS = 300"),
}
"""By notebook: a count in it, and the count with which its claims have to hold in a long run."""


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[nbformat.NotebookNode, int], None]:
    """Runs a notebook in an empty folder; so long a cell may take, s."""
    for variable in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))

    def run(notebook: nbformat.NotebookNode, timeout_s: int) -> None:
        resources = {"metadata": {"path": tmp_path}}
        NotebookClient(notebook, timeout=timeout_s, kernel_name="python3", resources=resources).execute()

    return run


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_its_claims_hold(path: Path, execute: Callable[[nbformat.NotebookNode, int], None]) -> None:
    notebook = read(path, as_version=4)
    assert any("assert " in cell.source for cell in notebook.cells if cell.cell_type == "code")
    execute(notebook, 60)
    exporter = HTMLExporter(mathjax_url="", require_js_url="")  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(notebook)
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=.https?:[^>]*>", page) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", HEAVIER)
def test_its_claims_hold_with_greater_counts(name: str, execute: Callable[[nbformat.NotebookNode, int], None]) -> None:
    notebook = read(next(path for path in NOTEBOOKS if path.name == name), as_version=4)
    few, many = HEAVIER[name]
    assert sum(few in cell.source for cell in notebook.cells) == 1
    for cell in notebook.cells:
        cell.source = cell.source.replace(few, many)
    execute(notebook, 600)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    """Clear them with `nbstripout notebooks/*.ipynb`."""
    notebook = read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[] for _ in code]
    assert [cell.execution_count for cell in code] == [None for _ in code]
