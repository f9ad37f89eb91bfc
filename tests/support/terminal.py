"""Commands in a real terminal: tmux, keys in, screen out."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HLBENCH = str(Path(sys.executable).with_name("hlbench"))
WAIT_S = 40


class Terminal:
    """A tmux session of its own that runs one command, and says its exit status on the screen."""

    def __init__(self, size: tuple[int, int], *command: str) -> None:
        self._server = f"hlbench-{os.getpid()}-{time.monotonic_ns()}"
        width, height = size
        script = '"$@"; echo "exit status $?"; exec cat'
        # readline, which pytest imports, puts a size into the environment that would overrule the terminal's.
        shell = ("env", "-u", "COLUMNS", "-u", "LINES", "TERM=xterm-256color", "sh", "-c", script, "sh", *command)
        self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), "-s", "main", *shell)

    def text(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "main")

    def press(self, key: str) -> None:
        """A key by its name, or a text."""
        self._tmux("send-keys", "-t", "main", key)

    def until(self, is_met: Callable[[str], bool], what: str) -> str:
        """The screen, once a condition holds on it."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            text = self.text()
            if is_met(text):
                return text
            time.sleep(0.1)
        pytest.fail(f"{what} was not on the screen within {WAIT_S} s:\n{self.text()}")

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout


@contextmanager
def terminal(size: tuple[int, int], *command: str) -> Iterator[Terminal]:
    shown = Terminal(size, *command)
    try:
        yield shown
    finally:
        shown.close()
