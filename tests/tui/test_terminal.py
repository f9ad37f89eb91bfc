"""The workbench in a real terminal (tmux), on real traffic: embedded and attached, at two sizes.

The dumps under `tests/golden/tui-terminal` are what the terminal showed; `UPDATE_GOLDENS=1 pytest -m soak` takes them
anew. Times and ports differ from run to run, so a run is compared by what must be on the screen, and by where the panes
are.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hlbench.demo.story import Story
from support.golden import GOLDEN
from support.terminal import HLBENCH, WAIT_S, terminal

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]

SIZES = ((120, 36), (200, 55))


@contextmanager
def _server(folder: Path) -> Iterator[dict[str, str]]:
    """`hlbench serve` in a process of its own, with two rounds of the demo played against it."""
    ready = folder / "ready"
    process = subprocess.Popen([HLBENCH, "serve", "--port", "0", "--ready-file", str(ready)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT_S
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait(WAIT_S)


def _shows_the_answer(text: str) -> bool:
    """The missing update, its verdict's sentence and code, and the order's path."""
    flat = re.sub(r"[\s│▐]+", " ", text)
    return (
        re.search(r"✗ [1-9]\d* missing", text) is not None
        and re.search(r"1/2 ✗", text) is not None
        and "published before the subscription took effect" in flat
        and "before_subscription open ▸" in flat
        and "request.received" in text
        and "not final" not in text
    )


def _corners(text: str) -> list[tuple[int, int, str]]:
    return [
        (y, x, character)
        for y, line in enumerate(text.splitlines())
        for x, character in enumerate(line)
        if character in "╭╮╰╯"
    ]


def _keep(name: str, text: str) -> None:
    """The panes are where they are in the dump that was read."""
    path = GOLDEN / "tui-terminal" / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert _corners(text) == _corners(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "200x55"])
def test_embedded_it_shows_the_missing_update_without_a_key_press(size: tuple[int, int]) -> None:
    with terminal(size, HLBENCH, "tui") as shown:
        text = shown.until(_shows_the_answer, "the missing update and its verdict")
        assert "● LIVE" in text
        _keep(f"embedded-{size[0]}x{size[1]}.txt", text)
        shown.press("q")
        shown.until(lambda text: "exit status 0" in text, "an exit status of 0")


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "200x55"])
def test_attached_it_shows_the_missing_update_without_a_key_press(size: tuple[int, int], tmp_path: Path) -> None:
    with (
        _server(tmp_path) as server,
        terminal(size, HLBENCH, "tui", "--attach", server["url"]) as shown,
    ):
        story = Story(server["url"], server["ws_url"])
        player = threading.Thread(target=lambda: asyncio.run(story.play(2)), name="demo")
        player.start()
        text = shown.until(_shows_the_answer, "the missing update and its verdict")
        player.join()
        assert f"attached {server['url'] if size[0] > 120 else 'http:'}" in text
        assert f"--attach {server['url']}" in text
        _keep(f"attached-{size[0]}x{size[1]}.txt", text)
        shown.press("q")
        shown.until(lambda text: "exit status 0" in text, "an exit status of 0")


def test_a_server_that_dies_is_said_to_be_lost_and_the_view_stays(tmp_path: Path) -> None:
    with _server(tmp_path) as server, terminal((120, 36), HLBENCH, "tui", "--attach", server["url"]) as shown:
        asyncio.run(Story(server["url"], server["ws_url"]).play(1))
        before = shown.until(_shows_the_answer, "the missing update")
        os.kill(int(server["pid"]), 9)
        after = shown.until(lambda text: "✗ LOST" in text, "that the server is lost")
        assert f"✗ {server['url']} " in after
        assert [line for line in before.splitlines() if "▶" in line] == [
            line for line in after.splitlines() if "▶" in line
        ]
