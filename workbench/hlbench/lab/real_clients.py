"""Real clients: a schedule forced onto a client in its own process, over loopback, by gates of the real server.

The lab's worlds choose every step; of a real client they see only what it sends and what it is sent. So a schedule here
is a list of rules: hold this frame, wait until it is held, let something else happen, release it. Rule 1: no step waits
for a time; each waits for a condition and says what it was when it does not come about. Rule 2: the client is whatever
its users run; what a scenario changes about it is said in the scenario and in every verdict.

The client's program is told where the exchange is by its environment (`HLBENCH_URL`, `HLBENCH_KEY`). It says what it
has done as JSON lines on stdout, `{"did": "ordered", ...}`, and may read words from stdin.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from hlbench.lab.client_process import ClientProcess
from hlmock import MockExchange
from hlmock.gates import Gate
from hlmock.signing.wallets import wallet
from hlmock.trace import stages
from hlmock.trace.events import GateEvent, TraceEvent

LIMIT_S = 20.0
"""How long a condition may take to come about. Our choice: a slow machine starts a Python SDK in 3 s."""


# -- a schedule -------------------------------------------------------------------------------------------------


class Step(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="do", tag=str.lower):
    """One step of a schedule. Its JSON form is an object with `do`."""


class Hold(Step, frozen=True, omit_defaults=True):
    """Set a gate: whatever meets the rule from now on is held."""

    name: str
    """For `WaitHeld` and `Release`."""
    stage: str
    """`frame.received`: what a client sends; `delivery.written` with `before`: what it is sent; and every other."""
    account: str | None = None
    """An address, or the name of a test wallet."""
    connection: str | None = None
    channel: str | None = None
    nth: int | None = None
    before: bool = False

    @property
    def gate(self) -> Gate:
        account = _address(self.account)
        return Gate(
            self.stage,
            account=account,
            connection=self.connection,
            channel=self.channel,
            nth=self.nth,
            before=self.before,
        )


class WaitHeld(Step, frozen=True, omit_defaults=True):
    """Wait until a `Hold` holds so many paths."""

    name: str
    count: int = 1


class Release(Step, frozen=True, omit_defaults=True):
    """Let go what a `Hold` holds, and hold nothing more there."""

    name: str


class WaitFor(Step, frozen=True, omit_defaults=True):
    """Wait for an event of the server, the `count`th since the start."""

    stage: str
    account: str | None = None
    connection: str | None = None
    channel: str | None = None
    count: int = 1


class Close(Step, frozen=True, omit_defaults=True):
    """The server closes a connection; without a code it drops the transport."""

    connection: str
    code: int | None = 1000


class Fill(Step, frozen=True, omit_defaults=True):
    """The market takes an order."""

    cloid: str


class Tell(Step, frozen=True, omit_defaults=True):
    """Give the client's program a word on its stdin."""

    word: str


class Hear(Step, frozen=True, omit_defaults=True):
    """Wait until the client's program says that it has done something."""

    did: str


AnyStep = Hold | WaitHeld | Release | WaitFor | Close | Fill | Tell | Hear

Schedule = tuple[AnyStep, ...]


def schedule_to_json(schedule: Schedule) -> str:
    return msgspec.json.encode(schedule).decode()


def schedule_from_json(text: str) -> Schedule:
    """
    Raises:
        msgspec.DecodeError: not a schedule of a real client.
    """
    return msgspec.json.decode(text, type=tuple[AnyStep, ...])


class NotReached(RuntimeError):
    """A step's condition did not come about; says which step, and what the client has said and printed so far."""


# -- a run ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RealScenario:
    """A scenario of the catalogue, reproduced with a real client."""

    name: str
    """`S11`."""
    client: str
    """Which client, and what about it is not as it comes: `python-sdk 0.24.0, unmodified`."""
    story: str
    command: tuple[str, ...]
    schedule: Schedule
    folder: Path | None = None
    """That the command runs in."""
    owner: str = "alice"
    """Name of the test wallet that the client gets."""


@dataclass(slots=True)
class RealRun:
    """What a run showed; the exchange has stopped, and can still be asked."""

    scenario: RealScenario
    exchange: MockExchange
    said: list[dict[str, Any]] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def heard(self, did: str) -> dict[str, Any]:
        """The first report of this name.

        Raises:
            LookupError: there is none.
        """
        for report in self.said:
            if report["did"] == did:
                return report
        raise LookupError(f"the client never said {did!r}; it said {self.said}")

    def verdict(self, oid: int) -> str:
        """Why the client has, or has not, heard of an order; and which client it was."""
        verdict = self.exchange.why(oid=oid).verdict
        assert verdict is not None, "an oid is never ambiguous"
        return f"{verdict.sentence} Client: {self.scenario.client}."


class Director:
    """Carries out a schedule. Use it as a context manager: it ends the client."""

    def __init__(self, exchange: MockExchange, scenario: RealScenario, *, limit_s: float = LIMIT_S) -> None:
        self.exchange = exchange
        self.scenario = scenario
        self._limit_s = limit_s
        self._changed = threading.Condition()
        self._gates: dict[str, str] = {}
        """Ids of the gates, by the names of their `Hold`."""
        self._stop_listening = exchange.log.listen(self._notify)
        self._client: ClientProcess | None = None

    @property
    def client(self) -> ClientProcess:
        """The client's process. It starts with the first step that is not a `Hold`, so that no hold comes too late."""
        if self._client is None:
            asked = self.scenario
            self._client = ClientProcess(asked.command, asked.folder, self.exchange.url, asked.owner, self._notify)
        return self._client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        if self._client is not None:
            self._client.end()

    def take(self, step: AnyStep) -> None:
        """
        Raises:
            NotReached: what the step waits for did not come about.
        """
        if isinstance(step, Hold):
            self._gates[step.name] = self.exchange.add_gate(**_conditions(step.gate))
            return
        client = self.client
        match step:
            case WaitHeld(name, count):
                self._wait(step, lambda: self._times_held(name) >= count)
            case Release(name):
                self.exchange.release(self._gates.pop(name))
            case WaitFor():
                self._wait(step, lambda: sum(_meets(step, event) for event in self.exchange.events()) >= step.count)
            case Close(connection, code):
                if code is None:
                    self.exchange.disconnect(connection, abort=True)
                else:
                    self.exchange.disconnect(connection, code=code)
            case Fill(cloid):
                self.exchange.fill(cloid=cloid, account=wallet(self.scenario.owner).address)
            case Tell(word):
                client.tell(word)
            case Hear(did):
                self._wait(step, lambda: any(report["did"] == did for report in client.said))

    def _times_held(self, name: str) -> int:
        return sum(
            event.stage == stages.GATE_HELD
            and isinstance(event.detail, GateEvent)
            and event.detail.gate == self._gates[name]
            for event in self.exchange.events()
        )

    def _wait(self, step: AnyStep, condition: Callable[[], bool]) -> None:
        client = self.client
        deadline = time.monotonic() + self._limit_s
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or (client.has_ended and not condition()):
                    how = "the client ended" if client.has_ended else f"{self._limit_s:g} s passed"
                    raise NotReached(f"{step}: {how}; the client said {client.said} and printed {client.printed}")
                self._changed.wait(left)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def run_real(scenario: RealScenario, *, limit_s: float = LIMIT_S) -> RealRun:
    """Start an exchange and the scenario's client, carry out the schedule, end both.

    Raises:
        NotReached: a step's condition did not come about.
    """
    with MockExchange() as exchange:
        exchange.wallet(scenario.owner)
        run = RealRun(scenario, exchange)
        with Director(exchange, scenario, limit_s=limit_s) as director:
            for step in scenario.schedule:
                director.take(step)
            run.said, run.printed = director.client.said, director.client.printed
    return run


def python_module(name: str) -> tuple[str, ...]:
    """The command of a client program for this interpreter."""
    return (sys.executable, "-m", name)


def _address(name: str | None) -> str | None:
    """An address as events have it; a name is a test wallet's."""
    if name is None:
        return None
    return name.lower() if name.startswith("0x") else wallet(name).address


def _conditions(gate: Gate) -> dict[str, Any]:
    return {name: getattr(gate, name) for name in gate.__struct_fields__}


def _meets(step: WaitFor, event: TraceEvent) -> bool:
    account = _address(step.account)
    return (
        event.stage == step.stage
        and account in (None, event.account)
        and step.connection in (None, event.connection)
        and step.channel in (None, event.channel)
    )
