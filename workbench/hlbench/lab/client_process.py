"""A client program in its own process: what it says on stdout, and the words that it is told on stdin."""

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

import msgspec

from hlmock.signing.wallets import wallet


class ClientProcess:
    """A client program in its own process.

    Args:
        command: program and arguments.
        folder: that it runs in.
        url: of the exchange.
        owner: name of the test wallet whose key it gets.
        on_change: called from another thread when it has said something, or has ended.
    """

    def __init__(
        self, command: Sequence[str], folder: Path | None, url: str, owner: str, on_change: Callable[[], None]
    ) -> None:
        environment = {**os.environ, "HLBENCH_URL": url, "HLBENCH_KEY": wallet(owner).private_key}
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[dict[str, Any]] = []
        """Its JSON lines."""
        self.printed: list[str] = []
        """Its other lines, on stdout and stderr."""
        self._on_change = on_change
        self._lock = threading.Lock()
        self._streams_at_end = 0
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), name="client reader", daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def has_ended(self) -> bool:
        """It runs no more, and everything that it said is here."""
        return self._streams_at_end == len(self._readers)

    def tell(self, word: str) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{word}\n")
        stdin.flush()

    def end(self) -> None:
        """Kill it if it still runs, and let go of its pipes."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            try:
                said = msgspec.json.decode(line)
            except msgspec.DecodeError:
                said = None
            if isinstance(said, dict) and "did" in said:
                self.said.append(said)
            else:
                self.printed.append(line.rstrip())
            self._on_change()
        self._process.wait()
        with self._lock:
            self._streams_at_end += 1
        self._on_change()
