"""The pictures of the papers, drawn by the application itself from a recorded demo and a run of the lab.

    python -m hlbench.tui.screenshot            the pictures anew, from the recording beside them
    python -m hlbench.tui.screenshot --record   first another recording: the demo's traffic, as `hlbench tui` shows it

The same recording gives the same picture, byte for byte.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hlbench.lab.batches import Target
from hlbench.lab.schedules import parse_schedule
from hlbench.sources.base import EventSource
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.lab_run import LabRun

FOLDER: Final = Path(__file__).parents[2]
PICTURES: Final = {
    "hlbench-live.svg": (),
    "hlbench-ladder.svg": ("2",),
    "hlbench-deliveries.svg": ("3",),
    "hlbench-lab.svg": ("5", "r", "p", "p", "p", "w"),
}
"""By file: the keys that are pressed before it is taken."""
RECORDING: Final = "hlbench-live.hlrec"
"""In `FOLDER`, the one above the package; none is part of the distribution."""

SIZE: Final = (120, 36)
ORDERS: Final = 14
"""Two rounds of the story."""

WAIT_S: Final = 60

SCHEDULE: Final = "c2.in@frame.received before c1.cleanup@connection.closing"
"""Of the lab's picture: the new connection subscribes before the end of the old one is noticed."""


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


async def draw(source: EventSource, keys: Sequence[str] = ()) -> str:
    """A screen over a source that has ended, as SVG."""
    run = LabRun(Target("S03"), parse_schedule(SCHEDULE)) if "5" in keys else None
    app = WorkbenchApp(source, lab=run, clock_ns=lambda: 0)
    async with asyncio.timeout(WAIT_S), app.run_test(size=SIZE) as pilot:
        while app.session.behind:
            await pilot.pause()
        app.session.look(at_once=True)
        app.current.update(is_new=True)
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
        await pilot.pause()
        return app.export_screenshot(title="hlbench tui")


def picture(name: str) -> str:
    """A picture of the recording that is kept."""
    from hlbench.sources.recording import RecordingSource

    with contextlib.chdir(FOLDER):  # so that the picture names the file without a path of this machine
        return asyncio.run(draw(RecordingSource(Path(RECORDING)), PICTURES[name]))


def main(arguments: list[str]) -> None:
    if "--record" in arguments:
        record(FOLDER / RECORDING)
    for name in PICTURES:
        (FOLDER / name).write_text(picture(name), encoding="utf-8")
        sys.stderr.write(f"wrote {FOLDER / name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
