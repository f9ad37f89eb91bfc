"""A whole session in a real terminal: a server driven by the official SDK is held, cut, explained, rewound and kept."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.terminal import HLBENCH, WAIT_S, Terminal, terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux (on Debian as root: make tools)")

CLIENT = """
import sys
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hlmock.signing import wallet

url, alice = sys.argv[1], wallet("alice")
info = Info(url)
info.subscribe({"type": "orderUpdates", "user": alice.address}, print)
exchange = Exchange(alice.account, url)
print("ready", flush=True)
for line in sys.stdin:
    print(exchange.order("BTC", True, 0.01, 60000, {"limit": {"tif": "Gtc"}}), flush=True)
"""


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """`hlbench serve` in a process of its own; its URL."""
    ready = folder / "ready"
    process = subprocess.Popen([HLBENCH, "serve", "--port", "0", "--ready-file", str(ready)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT_S
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield json.loads(ready.read_text())["url"]
    finally:
        process.terminate()
        process.wait(WAIT_S)


@contextmanager
def _sdk_client(url: str) -> Iterator["subprocess.Popen[str]"]:
    """The official SDK, subscribed to alice's order updates; it places an order per line that it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.kill()
        process.communicate()


def _verdict(text: str) -> str:
    """The verdict's code with its evidence, as the Why pane shows it."""
    found = re.search(r"([a-z_]+) open ▸ ([\d ]+)", text)
    return found[0].strip() if found else ""


def test_break_cut_continue_read_rewind_keep_and_open_again(tmp_path: Path) -> None:
    recording = tmp_path / "run.hlrec"
    with (
        _server(tmp_path) as url,
        _sdk_client(url) as client,
        terminal((120, 36), HLBENCH, "tui", "--attach", url) as tui,
    ):
        tui.until(lambda text: " 1 connection " in text, "the SDK's connection")
        tui.press("b")
        tui.until(lambda text: "Break at" in text, "the question")
        tui.press("Enter")
        tui.until(
            lambda text: "hlbench control gates stage=registry.resolved" in text or "g1" in text, "the breakpoint"
        )
        _place(client)
        tui.until(lambda text: "‖ 1 held" in text, "the held publisher")
        _abort(tui)
        tui.press("c")
        tui.press("1")
        before = _verdict(tui.until(lambda text: _verdict(text) != "", "the verdict"))
        assert before.startswith("closed_before_write")
        tui.press("Left")
        tui.press("Left")
        tui.until(lambda text: "◀ PAST" in text, "the past")
        tui.press("L")
        tui.until(lambda text: "● LIVE" in text, "the newest")
        tui.press("E")
        tui.until(lambda text: "Save a recording" in text, "the question")
        _answer(tui, str(recording))
        tui.until(lambda text: recording.exists() and "events" in text, "the recording")
        tui.press("q")
        tui.until(lambda text: "exit status 0" in text, "an exit status of 0")
    with terminal((120, 36), HLBENCH, "tui", str(recording)) as tui:
        after = tui.until(lambda text: _verdict(text) != "", "the verdict again")
        assert "■ RECORDING" in after
        assert _verdict(after) == before


def _place(client: "subprocess.Popen[str]") -> None:
    assert client.stdin is not None
    client.stdin.write("order\n")
    client.stdin.flush()


def _abort(tui: Terminal) -> None:
    """On the Control screen: drop the first connection without a close frame."""
    tui.press("6")
    tui.until(lambda text: "Connections · 1" in text, "the connection")
    tui.press("x")
    tui.until(lambda text: "What happens to c1" in text, "the question")
    tui.press("abort")
    tui.press("Enter")
    tui.until(lambda text: "connections/c1/abort" in text, "that it is done")


def _answer(tui: Terminal, text: str) -> None:
    """In place of what stands there."""
    tui.until(lambda screen: "│ run.hlrec" in screen, "what is suggested")
    tui.press("C-a")
    tui.press("C-k")
    tui.until(lambda screen: "run.hlrec" not in screen, "an empty line")
    tui.press(text)
    tui.until(lambda screen: "/run.hlrec" in screen, "the path")
    tui.press("Enter")
