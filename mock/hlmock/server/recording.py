"""Keeping a recording up to date: a batch is written 50 ms after its first event, and nothing happens while idle."""

import asyncio
import contextlib
import logging
import os
from typing import Final

from hlmock.trace.log import EventLog
from hlmock.trace.recording import Recorder

LOGGER: Final = logging.getLogger("hlmock.server")

BATCH_S: Final = 0.05
"""Half of what a batch may take at most (100 ms), so that a busy loop keeps to it."""


class Recording:
    """Follows a log into a file from the loop's own thread.

    Raises:
        RecordingError: as for `Recorder`.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], log: EventLog) -> None:
        self._log = log
        self._recorder: Recorder | None = Recorder(path, log)
        self._stop_listening = log.listen(self._wake)
        self._timer: asyncio.TimerHandle | None = None
        self._recorder.flush()

    def close(self) -> None:
        """Write what is left and end the file."""
        recorder = self._end()
        if recorder is not None:
            recorder.close()

    def _wake(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_S, self._write)

    def _write(self) -> None:
        self._timer = None
        assert self._recorder is not None
        try:
            self._recorder.flush()
        except OSError as error:
            # The exchange goes on: a full disk must not end the test that it serves.
            LOGGER.error("recording to %s has stopped: %s", self._recorder.path, error)
            with contextlib.suppress(OSError):
                self.close()

    def _end(self) -> Recorder | None:
        self._stop_listening()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        recorder, self._recorder = self._recorder, None
        return recorder
