"""The gates of a running exchange. Every function runs on the loop's thread."""

from typing import TYPE_CHECKING

from hlmock.gates import Gate
from hlmock.server.errors import UnknownGate, nearest
from hlmock.server.operations import called
from hlmock.server.views import GateView

if TYPE_CHECKING:
    from hlmock.server.session import Session


def gates(session: "Session") -> list[GateView]:
    """Gates that are set, and what they hold."""
    held = session.driver.held
    return [
        GateView(gate_id, gate.stage, gate.conditions, tuple([run.name for run in held if run.held_by == gate_id]))
        for gate_id, gate in session.driver.gates.by_id.items()
    ]


def add_gate(session: "Session", gate: Gate, controller: str | None = None) -> str:
    """Hold paths at a stage; returns the gate's id.

    Args:
        controller: a reader of the event stream: when it ends, the gate is removed and what it holds goes on.

    Raises:
        ValueError: no event stream of this controller is open.
    """
    if controller is not None and not any(each.controller == controller for each in session.streams):
        raise ValueError(f"no event stream with controller={controller} is open")
    gate_id = session.driver.add_gate(gate)
    if controller is not None:
        session.controllers[gate_id] = controller
    called(session, "gate", f"{gate_id} {gate.stage}")
    session.log.notify()
    return gate_id


def release(
    session: "Session", gate_id: str | None = None, *, keep: bool | None = None, count: int | None = None
) -> int:
    """Let held paths go on; returns how many.

    Args:
        gate_id: only those that this gate holds; all held paths without it.
        keep: whether the gate (or every gate) stays set; by default only when a `count` is given.
        count: at most so many, in the order in which they were held (1 is a single step).

    Raises:
        UnknownGate: no such gate.
    """
    known = session.driver.gates.by_id
    if gate_id is not None and gate_id not in known:
        raise UnknownGate(f"no gate {gate_id!r}", nearest(gate_id, known))
    called(session, "release", gate_id or "all")
    return session.driver.release(gate_id, keep=count is not None if keep is None else keep, count=count)


def leave(session: "Session", controller: str) -> None:
    """A controller has disconnected: remove its gates, and let what they hold go on."""
    if any(each.controller == controller for each in session.streams):
        return
    theirs = [gate_id for gate_id, owner in session.controllers.items() if owner == controller]
    for gate_id in theirs:
        del session.controllers[gate_id]
        if gate_id in session.driver.gates.by_id:
            release(session, gate_id)
