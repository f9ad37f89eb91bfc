"""Expected texts kept in files. `UPDATE_GOLDENS=1 pytest …` writes them; read the diff before you commit it."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """The text equals the file `tests/golden/<name>`."""
    assert_kept(GOLDEN / name, text)


def assert_kept(path: Path, text: str) -> None:
    """The text equals the file."""
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no {path}: make it with UPDATE_GOLDENS=1, then read it"
    assert text == path.read_text(encoding="utf-8"), (
        f"differs from {path}: UPDATE_GOLDENS=1 writes it, then read the diff"
    )
