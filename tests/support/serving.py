"""`hlbench serve` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.clients import eventually

HLBENCH = str(Path(sys.executable).with_name("hlbench"))


@contextmanager
def serving(
    ready: Path, *arguments: str, **environment: str
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    process = subprocess.Popen(
        [HLBENCH, "serve", "--port", "0", "--ready-file", str(ready), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        eventually(lambda: ready.exists() or process.poll() is not None, timeout_s=20, what="the ready file")
        assert process.poll() is None, process.communicate()
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()
