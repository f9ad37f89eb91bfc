"""What every interop suite stands on: a server of its own, its event stream, and the day that its client had."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from hlbench import open_source
from hlbench.sources import EventSource
from support.interop import Day


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`hlbench serve` as its own process; its first line says that requests are accepted."""
    ready_file = tmp_path_factory.mktemp("serve") / "ready.json"
    command = [sys.executable, "-c", "from hlbench.cli import main; main()", "serve", "--port", "0", "--json"]
    process = subprocess.Popen([*command, "--ready-file", str(ready_file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready: dict[str, Any] = json.loads(process.stdout.readline())
        assert json.loads(ready_file.read_text()) == ready
        yield ready
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def source(server: dict[str, Any], day: Day) -> Iterator[EventSource]:
    """Everything that happened on the server while the module's `day` went by."""
    source = open_source(attach=server["url"])
    source.catch_up(20)
    yield source
    source.close()
