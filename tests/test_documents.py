"""What the pages tell a reader to type or to look at is there: commands, options, make targets, files, links."""

import re
import shlex
from pathlib import Path

import pytest
from cyclopts import App

from hlbench.cli import app

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "mock/README.md", "workbench/README.md", "tests/interop/go/README.md")
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}

TYPED = [line[2:] for text in TEXTS.values() for line in text.splitlines() if line.startswith("$ hlbench ")]
"""Whole command lines of code blocks."""

SPOKEN = sorted({span for text in TEXTS.values() for span in re.findall(r"`(hlbench [a-z][^`]*)`", text)})
"""Command lines within the text and in tables; they may have placeholders."""


def options_of(command: App) -> set[str]:
    """Every option of a command, or of the commands below it."""
    below = [name for name in command if not name.startswith("-")]
    if below:
        return set().union(*(options_of(command[name]) for name in below))
    return {name for each in command.assemble_argument_collection() for name in each.names}


@pytest.mark.parametrize("line", TYPED)
def test_a_command_line_of_a_code_block_is_one(line: str) -> None:
    app.parse_args(shlex.split(line, comments=True)[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("line", SPOKEN)
def test_a_command_that_the_text_names_is_there_with_its_options(line: str) -> None:
    name = line.split()[1]
    assert name in list(app)
    assert set(re.findall(r"--[a-z][a-z-]*", line)) <= options_of(app[name])


def test_every_make_target_that_a_page_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for text in TEXTS.values() for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)}
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_exists(page: str) -> None:
    linked = re.findall(r"\]\((?!http)([^)#]+)", TEXTS[page])
    assert [path for path in linked if not ((ROOT / page).parent / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_names_exist(page: str) -> None:
    named = re.findall(r"`((?:mock|workbench|tests|notebooks)/[\w./-]+\w)`", TEXTS[page])
    assert [path for path in named if not (ROOT / path).exists()] == []
