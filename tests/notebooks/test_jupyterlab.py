"""The live widget in a real JupyterLab in a real Chromium: it shows, it follows, it closes, and nothing in it acts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Dialog, Page
from websockets.sync.client import connect

from hlbench.trading import NewOrder, Trader
from hlmock import MockExchange
from support.browser import chromium, needs_chromium
from support.clients import subscription
from support.hostile import HOSTILE

WAIT_S = 50
TOKEN = "for-this-test-only"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """A JupyterLab of its own, on a free port, in an empty folder; its address."""
    runtime = tmp_path / "runtime"
    folders = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    config = Path(folders["JUPYTER_CONFIG_DIR"], "labconfig", "page_config.json")
    config.parent.mkdir(parents=True)
    config.write_text('{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}')
    command = [sys.executable, "-P", "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.token={TOKEN}", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    command += [f"--ServerApp.root_dir={tmp_path}", f"--LabApp.workspaces_dir={tmp_path}/workspaces"]
    command += [f"--LabApp.user_settings_dir={tmp_path}/settings"]
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **folders, "JUPYTER_RUNTIME_DIR": str(runtime)}
        )
    try:
        deadline = time.monotonic() + WAIT_S
        while not (found := list(runtime.glob("jpserver-*.json"))):
            assert process.poll() is None, (tmp_path / "lab.log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "lab.log").read_text()
            time.sleep(0.05)
        yield str(json.loads(found[0].read_text())["url"])
    finally:
        process.terminate()
        process.wait(20)


def write_notebook(path: Path, *cells: str) -> None:
    new: Any = nbformat.v4
    notebook = new.new_notebook(cells=[new.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def run(page: Page, command: str) -> None:
    page.evaluate("command => void window.jupyterapp.commands.execute(command)", command)


def wait_for(page: Page, is_met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_met():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what}; the page says: {page.locator('body').inner_text()}")
        page.wait_for_timeout(50)


@needs_chromium
def test_in_jupyterlab_the_widget_follows_a_server_and_closes(lab: str, tmp_path: Path) -> None:
    with MockExchange() as exchange, chromium() as browser:
        alice = exchange.wallet("alice").address
        exchange.wallet(HOSTILE["html"])
        exchange.wallet(HOSTILE["html attribute"])
        write_notebook(
            tmp_path / "live.ipynb",
            f"from hlbench import follow\nview = follow({exchange.url!r})\nview",
            "import threading\nview.close()\nprint('followers left:', [t.name for t in threading.enumerate()"
            " if t.name.startswith(('hlbench', 'follow'))])",
        )
        page = browser.new_context(viewport={"width": 1500, "height": 900}).new_page()
        popped: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            popped.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.goto(f"{lab}lab/tree/live.ipynb?token={TOKEN}")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=WAIT_S * 1_000)
        run(page, "notebook:run-cell-and-select-next")
        live = page.locator(".hlbench-live")
        wait_for(page, lambda: live.count() == 1, "widget")
        wait_for(page, lambda: "waiting for the first order" in live.inner_text(), "empty view")

        trader = Trader(exchange.url)
        trader.place(NewOrder("alice", "buy", "0.01", "BTC", "60000"))
        wait_for(page, lambda: live.locator("tbody tr").count() == 1, "row of the first order")
        with connect(exchange.ws_url, proxy=None) as socket:
            socket.send(subscription("orderUpdates", user=alice))
            socket.recv(10)
            trader.place(NewOrder("alice", "sell", "1", "ETH", "2500"))
            wait_for(page, lambda: "1/1 ✓" in live.inner_text(), "delivery of the second order")
            wait_for(page, lambda: "before the subscription" in live.inner_text(), "what became of the first order")
            assert "ETH" in live.locator("tbody tr").first.inner_text(), "the newest order comes first"
            assert "c1 orderUpdates" in live.inner_text()
            page.screenshot(path=os.environ.get("HLBENCH_SCREENSHOT", str(tmp_path / "lab.png")))

        assert "<script>alert" in live.inner_text(), "hostile text is shown as text"
        assert live.locator("script, img, svg, a, iframe").count() == 0
        assert popped == []

        run(page, "notebook:run-cell-and-select-next")
        said = page.locator(".jp-OutputArea-output", has_text="followers left")
        said.wait_for(timeout=WAIT_S * 1_000)
        assert "followers left: []" in said.inner_text()
        wait_for(page, lambda: live.count() == 0, "end of the widget")
