"""The loop of `hlbench lab step`: one command per line, from a terminal or a pipe."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TextIO

import msgspec
from rich.console import Console

from hlbench.commands.output import say
from hlbench.inert import inert
from hlbench.lab.conditions import ConditionError
from hlbench.lab.exporting import export_pytest
from hlbench.lab.schedules import ScheduleError
from hlbench.lab.states import State
from hlbench.lab.stepping import NotReady, Session
from hlmock.trace.events import TraceEvent, to_plain

HELP: Final = """\
n [N]        next: take N steps (1)
p [N]        previous: take N steps back (1)
a ACTOR      let this actor step
f ACTOR      flip: let this actor step, and leave the schedule
t CONDITION  go to an event: t registry.resolved found=0 while subscribed
o OID|CLOID  go to the next stage of an order
w            what would happen with each ready actor going here
r            run to the failure, or to the end
e FILE       export as a pytest file
s            show the state
q            quit"""


def interact(session: Session, commands: TextIO, out: Console, *, as_json: bool = False) -> bool:
    """Read commands until `q` or the end; whether the run, as it was left, is broken.

    Args:
        as_json: answer each command with the state, as one line of JSON.
    """
    stepper = _Stepper(session, out, as_json=as_json)
    stepper.show()
    is_typed = commands.isatty()
    while True:
        if is_typed:
            sys.stderr.write("step> ")
            sys.stderr.flush()
        line = commands.readline()
        if not line or line.strip() == "q":
            return bool(session.violations)
        try:
            stepper.do(line.strip())
        except (NotReady, ConditionError, ScheduleError, ValueError) as error:
            say(inert(error))
        except OSError as error:
            say(inert(f"cannot write: {error}"))


class _Stepper:
    def __init__(self, session: Session, out: Console, *, as_json: bool) -> None:
        self._session = session
        self._out = out
        self._as_json = as_json
        self._commands: dict[str, Callable[[str], None]] = {
            "n": self._next,
            "p": self._previous,
            "a": lambda actor: _ignore(session.step(actor)),
            "f": lambda actor: _ignore(session.flip(actor)),
            "t": self._to,
            "o": self._to_next_stage,
            "r": lambda _: _ignore(session.run(to_failure=True)),
            "s": lambda _: None,
        }

    def do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "e":
            Path(rest.strip()).write_text(export_pytest(self._session), encoding="utf-8")
            say(f"written to {inert(rest.strip())}")
        elif word == "w":
            self._tell_outcomes()
        elif word in ("h", "?", "help"):
            say(HELP)
        else:
            act = self._commands.get(word or "n")
            if act is None:
                raise ValueError(f"unknown command {word!r}; h shows all")
            act(rest.strip())
            self.show()

    def _next(self, rest: str) -> None:
        for _ in range(int(rest or 1)):
            self._session.step()

    def _previous(self, rest: str) -> None:
        self._session.back(int(rest or 1))

    def _to(self, rest: str) -> None:
        self._told(self._session.to(rest))

    def _to_next_stage(self, rest: str) -> None:
        is_oid = rest.isascii() and rest.isdigit()
        self._told(self._session.to_next_stage(oid=int(rest) if is_oid else None, cloid=None if is_oid else rest))

    def _told(self, event: TraceEvent | None) -> None:
        if event is None:
            say("it did not come: the run is over")

    def _tell_outcomes(self) -> None:
        for actor, violations in self._session.outcomes().items():
            what = f"breaks {violations[0].promise}" if violations else "passes"
            self._out.print(inert(f"{actor}: then FIFO {what}"))

    def show(self) -> None:
        """Where the session stands."""
        session, state = self._session, self._session.state
        broken = session.violations
        if self._as_json:
            plain = {
                "schema": "hlbench.lab.state/1",
                "schedule": str(session.schedule),
                "is_over": session.is_over,
                "violations": msgspec.to_builtins(broken),
                **_plain(state),
            }
            self._out.file.write(json.dumps(plain, ensure_ascii=True) + "\n")
            return
        for line in _state_lines(session, state):
            self._out.print(inert(line), soft_wrap=True)
        for each in broken:
            self._out.print(inert(f"  broken    {each.promise}: {each.sentence}"), soft_wrap=True)


def _ignore(_: object) -> None:
    """What a command returns is shown as the new state."""


def _plain(state: State) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(state, changed=()))
    return {**plain, "changed": [to_plain(event) for event in state.changed]}


def _state_lines(session: Session, state: State) -> Iterator[str]:
    names = {each.address: each.name for each in state.clients}
    over = ", over" if session.is_over else ""
    yield f"step {state.step}{over}: {state.last or 'the start'}"
    for event in state.changed:
        about = " ".join(
            filter(None, (event.connection, names.get(event.account or ""), event.key and _short(event.key)))
        )
        yield f"  {event.seq:>5}  {event.stage}  {about}".rstrip()
    for actor in state.actors:
        if actor.stage is not None:
            yield f"  {'▶' if actor.is_next else ' '} {actor.name}  {actor.stage}"
    for each in state.registry:
        yield f"  registry  {each.connection} {_short(each.key)} {names.get(each.account or '', '')}".rstrip()
    for key in state.waiting:
        yield f"  queue     {_short(key)}"
    for link in state.links:
        told = [f"outbox {', '.join(link.outbox)}"] if link.outbox else []
        told += [f"{link.up} up"] * bool(link.up) + [f"{link.down} down"] * bool(link.down) + list(link.faults)
        yield f"  {link.connection:<9} {link.client}, {link.server}" + "".join(f"; {each}" for each in told)
    for client in state.clients:
        view = ", ".join(f"#{oid} {status}" for oid, status in client.view.items()) or "no order"
        acked = f"; acked {', '.join(client.acked)}" if client.acked else ""
        yield f"  {client.name:<9} {view}{acked}"
    yield f"  schedule  {session.schedule}"


def _short(key: str) -> str:
    return key.partition(":")[0]
