"""Writing for people and for programs: text whose outside parts are inert, and JSON."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from hlbench.inert import inert
from hlbench.tui.details.lines import DetailLine
from hlbench.tui.spans import Role

PLAIN_WIDTH: Final = 120
"""Columns where there is no terminal (a pipe, a file, CI)."""

STYLES: Final[dict[Role, str]] = {
    "": "",
    "dim": "dim",
    "strong": "bold",
    "title": "bold",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "held": "magenta",
    "accent": "cyan",
}
"""Colour only repeats what a symbol or a word says."""


class Output(Console):
    """stdout. When its reader has gone (`| head`), nothing more is said, and the exit code is still the command's."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> Console:
    """stdout, for data. Nothing that is printed through it is parsed for markup."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH
    return Output(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=True)


def say(text: str) -> None:
    """Narrate on stderr."""
    sys.stderr.write(text + "\n")


def print_lines(to: Console, lines: Iterable[DetailLine]) -> None:
    """Lines of spans, as the TUI has them. Nothing gets out that is not inert, whoever made it."""
    for line in lines:
        text = Text()
        for part, role in line.spans:
            text.append(inert(part), STYLES[role])
        text.rstrip()
        to.print(text)


def print_json(plain: Any) -> None:
    """One JSON document on stdout, in ASCII: whatever a client sent cannot act on a terminal."""
    sys.stdout.write(json.dumps(plain, indent=2, ensure_ascii=True) + "\n")
