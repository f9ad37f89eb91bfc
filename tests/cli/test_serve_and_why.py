"""Two processes and a file: a server's answer while it runs, and its recording's afterwards, are the same."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from hlbench.demo.story import HASTY_CLOID, Story
from hlbench.exit_codes import ExitCode

LATE_NEWS = ("delivery.flushed", "delivery.acked")

HLBENCH = [sys.executable, "-c", "from hlbench.cli import main; main()"]


def why(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [*HLBENCH, "why", HASTY_CLOID, *arguments, "--json"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == ExitCode.FINDING, done.stderr
    plain: dict[str, Any] = json.loads(done.stdout)
    return plain


def told(plain: dict[str, Any]) -> list[Any]:
    """What must not depend on where it was read. How far the last frames came may still have been on its way."""
    (order,) = plain["orders"]
    return [
        order["oid"],
        order["delivered"],
        order["expected"],
        plain["verdict"]["code"],
        plain["verdict"]["sentence"],
        plain["verdict"]["evidence"],
        [(row["connection"], row["updated"], row["verdict"]["code"]) for row in order["rows"] if row["expected"]],
        [[step["seq"] for step in path if step["stage"] not in LATE_NEWS] for path in order["paths"]],
    ]


def test_a_verdict_is_the_same_from_the_server_and_from_its_recording(tmp_path: Path) -> None:
    recording, ready_file = tmp_path / "run.hlrec", tmp_path / "ready.json"
    command = [*HLBENCH, "serve", "--port", "0", "--record", str(recording), "--ready-file", str(ready_file), "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        ready = json.loads(server.stdout.readline())
        assert json.loads(ready_file.read_text()) == ready
        asyncio.run(Story(ready["url"], ready["ws_url"]).play())
        attached = why("--attach", ready["url"])
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    finally:
        server.kill()
        server.communicate()
    replayed = why(str(recording))
    assert told(replayed) == told(attached)
    assert attached["verdict"]["code"] == "before_subscription"
    assert (attached["source"], replayed["source"]) == (f"attached {ready['url']}", f"recording {recording}")
