"""The TUI in tests: a source over a synthetic stream, one scene that shows everything, screens as plain text."""

from collections.abc import Callable

from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from textual.app import App

from support.streams import ALICE, BOB, MS, Stream, cloid_of

CAROL = "0x" + "ca" * 20


class StreamSource:
    """An `EventSource` over a synthetic stream. The test emits, then calls `wake`."""

    def __init__(self, stream: Stream, *, is_live: bool = True) -> None:
        self._log = stream.log
        self.url: str | None = "http://127.0.0.1:8080"
        self.path: str | None = None
        self.description = "embedded ws://127.0.0.1:8080/ws"
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


def scene() -> Stream:
    """Three wallets, one reconnection, one update that was published before its subscription took effect."""
    stream = Stream()
    for account, name in ((ALICE, "alice"), (BOB, "bob"), (CAROL, "carol")):
        stream.accounts[account] = ev.AccountState(account, "user", name=name)
        stream.log.emit(
            stages.ACCOUNT_CREATED,
            account=account,
            detail=ev.AccountCreated("wallet", "10000", name=name),
        )
    stream.subscribe("c1", ALICE)
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    stream.subscribe("c2", ALICE)
    stream.subscribe("c3", CAROL)
    for number in range(1, 4):
        stream.order(ALICE, cloid=cloid_of(number))
        stream.clock.advance(ms=40)
        stream.order(CAROL, cloid=cloid_of(0x10 + number))
        stream.clock.advance(ms=25)
    stream.subscribe("c4", ALICE)
    stream.disconnect("c2")
    stream.order(ALICE, cloid=cloid_of(4))
    stream.connect("c5")
    stream.clock.advance(ms=2)
    stream.order(BOB, cloid=cloid_of(5))
    stream.clock.advance(ms=3)
    stream.subscribe("c5", BOB)
    for number in range(6, 9):
        stream.clock.advance(ms=30)
        stream.order(BOB, cloid=cloid_of(number))
    (late,) = stream.place(ALICE, cloid=cloid_of(9))
    stream.resolve(late)
    for connection in ("c1", "c4"):
        stream.enqueue(late, connection)
    stream.write(late, "c1")
    stream.log.notify()
    return stream


def still_clock(stream: Stream) -> Callable[[], int]:
    """A clock for the application that stands still: silence takes no time."""
    return lambda: stream.clock.ns // MS * MS


def screen_text(app: App[None]) -> str:
    """What is on the screen, a line per row, without colours and trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"
