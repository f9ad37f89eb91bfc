"""The README's picture, drawn by the application itself from a recorded demo.

    python -m hlbench.tui.screenshot            the picture anew, from the recording beside it
    python -m hlbench.tui.screenshot --record   first another recording: the demo's traffic, as `hlbench tui` shows it

The same recording gives the same picture, byte for byte.
"""

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Final

from hlbench.sources.base import EventSource
from hlbench.tui.app import WorkbenchApp

FOLDER: Final = Path(__file__).parents[2]
PICTURE: Final = "hlbench-live.svg"
RECORDING: Final = "hlbench-live.hlrec"
"""In `FOLDER`, the one above the package; neither is part of the distribution."""

SIZE: Final = (120, 36)
ORDERS: Final = 14
"""Two rounds of the story."""

WAIT_S: Final = 60


def record(path: Path) -> None:
    """Record the demo's traffic until it has told its story."""
    from hlbench.demo.traffic import Traffic
    from hlmock import MockExchange
    from hlmock.trace import stages
    from hlmock.trace.recording import RecordingWriter

    path.unlink(missing_ok=True)
    with MockExchange() as exchange:
        traffic = Traffic(exchange)
        traffic.start()
        deadline = time.monotonic() + WAIT_S
        placed: set[int | None] = set()
        while len(placed) <= ORDERS and time.monotonic() < deadline:
            time.sleep(0.1)
            placed = {event.oid for event in exchange.log.since(0) if event.stage == stages.ORDER_STORED}
        events = exchange.log.since(0)
        traffic.stop()
    writer = RecordingWriter(path)
    writer.write(events)
    writer.close()


async def draw(source: EventSource) -> str:
    """The Live screen over a source that has ended, as SVG."""
    app = WorkbenchApp(source, clock_ns=lambda: 0)
    async with asyncio.timeout(WAIT_S), app.run_test(size=SIZE) as pilot:
        while app.session.behind:
            await pilot.pause()
        app.session.look(at_once=True)
        app.live.update(is_new=True)
        await pilot.pause()
        return app.export_screenshot(title="hlbench tui")


def picture() -> str:
    """The picture of the recording that is kept."""
    from hlbench.sources.recording import RecordingSource

    with contextlib.chdir(FOLDER):  # so that the picture names the file without a path of this machine
        return asyncio.run(draw(RecordingSource(Path(RECORDING))))


def main(arguments: list[str]) -> None:
    if "--record" in arguments:
        record(FOLDER / RECORDING)
    (FOLDER / PICTURE).write_text(picture(), encoding="utf-8")
    sys.stderr.write(f"wrote {FOLDER / PICTURE}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
