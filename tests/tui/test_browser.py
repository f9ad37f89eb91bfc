"""`hlbench tui --web` in a real Chromium: who gets in, what is shown, that keys arrive."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from hlbench.tui.screenshot import FOLDER, RECORDING
from support.browser import chromium, needs_chromium

WAIT_S = 60


@pytest.fixture(scope="module")
def link() -> Iterator[str]:
    """A workbench over the recorded demo; its one-time link."""
    command = [sys.executable, "-c", "from hlbench.cli import main; main()", "tui", str(FOLDER / RECORDING)]
    process = subprocess.Popen([*command, "--web", "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    try:
        assert "open http://127.0.0.1:" in said, said + process.stderr.read()
        yield said.split()[2]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stderr.close()


def _base(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"


def test_without_the_link_nobody_gets_in(link: str) -> None:
    for path in ("/", "/?token=wrong", "/static/", "/ws", "/download/x"):
        answer = httpx.get(_base(link) + path, headers={"Origin": _base(link)} if path == "/ws" else {})
        assert answer.status_code == 401, path


def test_another_name_for_this_machine_is_refused(link: str) -> None:
    answer = httpx.get(link, headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "evil.example" in answer.text


def test_a_page_of_another_origin_is_refused(link: str) -> None:
    assert httpx.get(_base(link) + "/ws", headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.get(_base(link) + "/ws").status_code == 403
    assert httpx.get(link, headers={"Origin": "http://127.0.0.1:1"}).status_code == 403


@needs_chromium
def test_in_chromium_a_key_press_changes_the_view_and_the_link_works_once(link: str, tmp_path: Path) -> None:
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        terminal = Terminal(page)
        page.goto(link)
        assert page.url == _base(link) + "/"
        terminal.wait_for("1 missing")
        before = terminal.picture()
        page.locator("textarea").first.focus()
        page.keyboard.press("3")
        terminal.wait_for("order updates")
        terminal.wait_until_other_than(before)
        page.screenshot(path=os.environ.get("HLBENCH_SCREENSHOT", str(tmp_path / "page.png")))
        other = browser.new_context().new_page()
        answer = other.goto(link)
        assert answer is not None
        assert answer.status == 401


class Terminal:
    """The terminal in the page: what was written to it, and how it looks (it draws on a canvas)."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._written = ""
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, frame: bytes | str) -> None:
        text = frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame
        self._written += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)

    def picture(self) -> bytes:
        return self._page.screenshot()

    def wait_for(self, text: str) -> None:
        self._wait(lambda: text in self._written, f"{text!r} on the terminal")

    def wait_until_other_than(self, picture: bytes) -> None:
        self._wait(lambda: self.picture() != picture, "another picture")

    def _wait(self, is_met: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not is_met():
            assert time.monotonic() < deadline, f"no {what}"
            self._page.wait_for_timeout(50)  # lets Playwright take in what the page sent
