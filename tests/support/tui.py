"""The TUI in tests: a source over a synthetic stream, one scene that shows everything, screens as plain text."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from hlbench.controls import Controls
from hlbench.sources.base import EventSource
from hlbench.sources.recording import RecordingSource
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.lab_run import LabRun
from hlbench.tui.screenshot import FOLDER, RECORDING
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.streams import ALICE, BOB, Published, Stream, cloid_of

CAROL = "0x" + "ca" * 20

SIZES = ((80, 24), (120, 36), (200, 55))
"""Usable, comfortable, roomy."""


class StreamSource:
    """An `EventSource` over a synthetic stream. The test emits, then calls `wake`."""

    def __init__(self, stream: Stream, *, is_live: bool = True, path: str | None = None) -> None:
        self._log = stream.log
        self.url = "http://127.0.0.1:8080" if path is None else None
        self.path = path
        self.description = "embedded ws://127.0.0.1:8080/ws" if path is None else f"recording {path}"
        self.is_live = is_live
        self.error: str | None = None
        self.is_closed = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def first_seq(self) -> int:
        return self._log.first_seq

    @property
    def last_seq(self) -> int:
        return self._log.last_seq

    def read(self, since: int, limit: int | None = None) -> list[TraceEvent]:
        return self._log.since(since, limit)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def wake(self) -> None:
        for callback in list(self._listeners):
            callback()

    def catch_up(self, timeout_s: float) -> None:
        """The log is read directly."""

    def close(self) -> None:
        self.is_closed = True


def trade(stream: Stream, account: str, coin: str, side: str, px: str, sz: str, number: int) -> list[Published]:
    """One whole order with its reply; each stage takes a while, as on a real machine."""
    stream.clock.advance(ms=0.2)
    made = stream.place(account, cloid=cloid_of(number), coin=coin, side=side, px=px, sz=sz)
    stream.clock.advance(ms=0.05)
    for publication in made:
        stream.deliver(publication)
    stream.clock.advance(ms=0.02)
    reply(stream)
    return made


def reply(stream: Stream) -> None:
    """The answer of the request that was made last."""
    request = stream.events[-1].request or max(event.request or 0 for event in stream.events)
    received = next(each.seq for each in stream.events if each.request == request)
    stream.log.emit(stages.REPLY_SENT, cause=received, request=request, detail=ev.ReplySent(200))


def name_accounts(stream: Stream) -> None:
    """alice, bob and carol, as test wallets are."""
    for account, name in ((ALICE, "alice"), (BOB, "bob"), (CAROL, "carol")):
        stream.accounts[account] = ev.AccountState(account, "user", name=name)
        created = ev.AccountCreated("wallet", "10000", name=name)
        stream.log.emit(stages.ACCOUNT_CREATED, account=account, detail=created)


def scene() -> Stream:
    """Three wallets, one reconnection, one update published before its subscription, one still on its way."""
    stream = Stream()
    name_accounts(stream)
    stream.subscribe("c1", ALICE)
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    stream.subscribe("c2", ALICE)
    stream.subscribe("c3", CAROL)
    for number in range(1, 4):
        trade(stream, ALICE, "BTC", "B", f"6634{number}", "0.02", number)
        stream.clock.advance(ms=310)
        trade(stream, CAROL, "SOL", "A", f"82.{number}", "40", 0x10 + number)
        stream.clock.advance(ms=425)
    stream.subscribe("c4", ALICE)
    stream.clock.advance(ms=7)
    stream.disconnect("c2")
    trade(stream, ALICE, "ETH", "B", "1900.5", "1.5", 4)
    stream.connect("c5")
    stream.clock.advance(ms=2)
    trade(stream, BOB, "ETH", "A", "1950", "3", 5)
    stream.clock.advance(ms=3)
    stream.subscribe("c5", BOB)
    for number in range(6, 9):
        stream.clock.advance(ms=330)
        trade(stream, BOB, "SOL", "B", f"80.{number}", "25", number)
    (late,) = stream.place(ALICE, cloid=cloid_of(9), coin="BTC", px="66344", sz="0.02")
    stream.resolve(late)
    for connection in ("c1", "c4"):
        stream.enqueue(late, connection)
    stream.write(late, "c1")
    return stream


def missing_order(stream: Stream, number: int = 99) -> int:
    """bob connects, orders, and subscribes too late. Returns the order's oid."""
    connection = f"c{number}"
    stream.connect(connection)
    (publication,) = trade(stream, BOB, "ETH", "A", "1950", "3", number)
    stream.subscribe(connection, BOB)
    stored = next(event for event in stream.events if event.commit == publication.commit and event.oid is not None)
    assert stored.oid is not None
    return stored.oid


@asynccontextmanager
async def running(
    source: EventSource,
    size: tuple[int, int] = (120, 36),
    *,
    lab: LabRun | None = None,
    controls: Controls | None = None,
    beside: EventSource | None = None,
    wait_s: float = 20,
) -> AsyncIterator[tuple[WorkbenchApp, Pilot[None]]]:
    """The application on a screen of that size, when it has shown all that the source has. Its clock stands still."""
    app = WorkbenchApp(source, lab=lab, controls=controls, beside=beside, clock_ns=lambda: 0)
    async with app.run_test(size=size, notifications=True) as pilot:
        await shown(app, pilot, wait_s)
        yield app, pilot


def recorded() -> RecordingSource:
    """The recording of the README's picture: a real run, with the bytes that went over the wire."""
    with contextlib.chdir(FOLDER):  # so that screens name the file without a path of this machine
        return RecordingSource(Path(RECORDING))


async def until(pilot: Pilot[None], is_met: Callable[[], bool], what: str, wait_s: float = 20) -> None:
    """Let the application work until a condition holds."""
    async with asyncio.timeout(wait_s):
        while not is_met():
            await asyncio.sleep(0)
            await pilot.pause(0)
    assert is_met(), what


async def shown(app: WorkbenchApp, pilot: Pilot[None], wait_s: float = 20) -> None:
    """Wait until the application has read all that the source has, judged it and drawn it."""
    session = app.session
    await until(pilot, lambda: app.screen_stack[-1].is_mounted and not session.behind, "everything is read", wait_s)
    session.look(at_once=True)
    app.live.update(is_new=True)
    await pilot.pause(0)


async def press(app: WorkbenchApp, pilot: Pilot[None], *keys: str) -> None:
    """Press keys and wait until the screen shows what they did: it does not change any more."""
    for key in keys:
        await pilot.press(key)
    same, before = 0, ""
    while same < 3:
        await pilot.pause(0)
        text = screen_text(app)
        same = same + 1 if text == before else 0
        before = text


def screen_text(app: WorkbenchApp) -> str:
    """What is on the screen, a line per row, without colours and trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


async def write(app: WorkbenchApp, pilot: Pilot[None], text: str) -> None:
    """Paste into the filter's line."""
    app.live.query_one(Input).value = text
    await press(app, pilot)


async def filter_by(app: WorkbenchApp, pilot: Pilot[None], text: str) -> None:
    """Filter the event log as a reader does."""
    await press(app, pilot, "slash")
    await write(app, pilot, text)
    await press(app, pilot, "enter")
